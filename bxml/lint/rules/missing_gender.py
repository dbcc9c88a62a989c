"""The locale has no voice of the gender that is asked for.

Eight of the locales have women's voices only, or men's: the platform takes the voice that there is, so a prompt that says "I am
your waiter" is spoken by a waitress. `gender="female"` is the default, which the Java SDK always writes, and is passed over; so
is a `gender` beside a `voice`, which has no effect at all.

Bad::

    <Response><SpeakSentence gender="male" locale="es_MX">Hola.</SpeakSentence></Response>

Good::

    <Response><SpeakSentence gender="male" locale="es_US">Hola.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, is_set, on_value, value
from bxml.lint.rules.unknown_locale import LOCALES
from bxml.lint.rules.unknown_voice import VOICES
from bxml.messages.text import assignment, listed
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("SpeakSentence/@gender",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A gender that is some locale's, and not this one's."""
    gender, locale = element.attributes["gender"], value(element, "locale")
    there = LOCALES.get(locale or "", frozenset())
    elsewhere = {voice.gender for voice in VOICES.values()} - there
    if there and gender in elsewhere and is_set(element, "gender") and "voice" not in element.attributes:
        missing = f"{assignment('gender', gender)} has no voice in {assignment('locale', locale)}"
        yield on_value(element, "gender", f"{missing}; the voice that speaks is {listed(there)}")
