"""Gender or locale beside a voice.

What it does
Reports a `gender` or a `locale` beside a `voice`, unless it matches the voice. The defaults `female` and
`en_US` are also accepted, because the Java SDK always writes them.

Why is this bad?
A voice has a fixed language and gender, and the platform ignores the other two attributes if `voice` is
given. The text is spoken in the language of the voice, even if it was written for the `locale`.

Example::

    <Response><SpeakSentence voice="susan" locale="fr">Bonjour.</SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence voice="jolie">Bonjour.</SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence voice="jolie" gender="female" locale="en_US">Bonjour.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation, differs_from_default
from bxml.lint.rules.unknown_voice import VOICES, Voice
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("SpeakSentence/@voice",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a gender or locale beside a voice, unless its value is the default or matches the voice."""
    name = element.attributes["voice"]
    voice = VOICES.get(name)
    properties = f", which is {voice.gender} and speaks {voice.locale}" if voice else ""
    for attribute in Voice._fields:
        written = element.attributes.get(attribute)
        if differs_from_default(element, attribute) and written != getattr(voice, attribute, None):
            useless = f"{assignment(attribute, written)} has no effect with {assignment('voice', name)}"
            yield Violation.at_attribute(element, attribute, f"{useless}{properties}; remove one of them")
