"""A gender or a locale stands beside a voice, where it has no effect.

A voice has its own language and its own gender, and the platform looks at nothing else once there is a `voice`. A text that
was meant to be spoken in the `locale` is spoken in the language of the voice instead. What the voice is anyway may be said
again, and so may the defaults, `female` and `en_US`, for the Java SDK always writes them.

Bad::

    <Response><SpeakSentence voice="susan" locale="fr">Bonjour.</SpeakSentence></Response>

Good::

    <Response><SpeakSentence voice="jolie">Bonjour.</SpeakSentence></Response>

Good::

    <Response><SpeakSentence voice="jolie" gender="female" locale="en_US">Bonjour.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, is_set, on_attribute
from bxml.lint.rules.unknown_voice import VOICES, Voice
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("SpeakSentence/@voice",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """What is asked for beside the voice, and is neither what the voice is nor a default."""
    name = element.attributes["voice"]
    voice = VOICES.get(name)
    is_ = f", which is {voice.gender} and speaks {voice.locale}" if voice else ""
    for attribute in Voice._fields:
        if is_set(element, attribute) and element.attributes[attribute] != getattr(voice, attribute, None):
            useless = f"{assignment(attribute, element.attributes[attribute])} has no effect"
            yield on_attribute(element, attribute, f"{useless} beside {assignment('voice', name)}{is_}; leave one out")
