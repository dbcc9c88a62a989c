"""Gender that the locale does not have.

What it does
Reports a `gender` for which the `locale` has no voice. Eight locales have only female or only male voices.
`gender="female"` is accepted, because it is the default, which the Java SDK always writes. A `gender` beside
a `voice` is reported by the rule voice-decides.

Why is this bad?
The platform uses the voice that exists, so a female voice may speak a text that was written for a man.

Example::

    <Response><SpeakSentence gender="male" locale="es_MX">Hola.</SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence gender="male" locale="es_US">Hola.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation, differs_from_default, effective_value
from bxml.lint.rules.unknown_locale import LOCALES
from bxml.lint.rules.unknown_voice import VOICES
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment, join_names
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("SpeakSentence/@gender",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a known gender for which the locale has no voice."""
    gender, locale = element.attributes["gender"], effective_value(element, "locale")
    available = LOCALES.get(locale or "", frozenset())
    missing = {voice.gender for voice in VOICES.values()} - available
    if available and gender in missing and differs_from_default(element, "gender") and "voice" not in element.attributes:
        problem = f"{assignment('gender', gender)} is not available in {assignment('locale', locale)}"
        fix = f"use {join_names((assignment('gender', other) for other in available), 'or')} or another locale"
        yield Violation.at_value(element, "gender", f"{problem}; {fix}")
