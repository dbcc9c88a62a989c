"""SSML, the markup of speech, as values.

``SpeakSentence(["One ", ssml.Break(time="1s"), " two"])`` mixes text with elements; text never becomes markup. Who has SSML
as text calls :func:`parse`, which makes the same values of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from bxml.builder.element import Element
from bxml.problem import InvalidDocument

if TYPE_CHECKING:
    from datetime import timedelta

Ssml: TypeAlias = "Break | Emphasis | Lang | P | Phoneme | Prosody | S | SayAs | Sub"
Speech: TypeAlias = "str | Ssml | Sequence[str | Ssml]"
"""Text, an SSML element, or a list that mixes both."""

__all__ = ["Break", "Emphasis", "Lang", "P", "Phoneme", "Prosody", "S", "SayAs", "Speech", "Ssml", "Sub", "parse"]

BreakStrength = Literal["none", "x-weak", "weak", "medium", "strong", "x-strong"]
EmphasisLevel = Literal["strong", "moderate", "reduced"]
Language = Literal[
    "arb",
    "cmn-CN",
    "cy-GB",
    "da-DK",
    "de-DE",
    "en-AU",
    "en-GB",
    "en-IN",
    "en-US",
    "es-ES",
    "es-MX",
    "es-US",
    "fr-CA",
    "fr-FR",
    "hi-IN",
    "is-IS",
    "it-IT",
    "ja-JP",
    "ko-KR",
    "nb-NO",
    "nl-NL",
    "pl-PL",
    "pt-BR",
    "pt-PT",
    "ro-RO",
    "ru-RU",
    "sv-SE",
    "tr-TR",
]
InterpretAs = Literal["date", "time", "telephone", "characters", "cardinal", "ordinal"]
DateFormat = Literal["mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y"]


class Break(Element):
    """A pause.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        strength: Length of the pause in words; default medium.
        time: Length of the pause as a number with its unit, s or ms, up to 10 seconds; no default.
    """

    _: KW_ONLY
    strength: BreakStrength | None = None
    time: str | timedelta | None = None


class Emphasis(Element):
    """Text spoken with more or less stress.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text, an element of SSML, or a list that mixes both.
        level: How much stress; the default is not published.
    """

    text: Speech
    _: KW_ONLY
    level: EmphasisLevel | None = None


class Lang(Element):
    """Text in another language.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text, an element of SSML, or a list that mixes both.
        xml_lang: Language of the text, such as fr-FR.
    """

    text: Speech
    _: KW_ONLY
    xml_lang: Language


class P(Element):
    """A paragraph, with a pause after it.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text, an element of SSML, or a list that mixes both.
    """

    text: Speech


class Phoneme(Element):
    """Text spoken as its phonetic spelling says.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Its text, text.
        ph: Pronunciation in the symbols of the International Phonetic Alphabet.
    """

    text: str
    _: KW_ONLY
    ph: str


class Prosody(Element):
    """Text spoken higher or lower, faster or slower, louder or softer.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text, an element of SSML, or a list that mixes both.
        pitch: Height of the voice; no default.
        rate: Speed of speech; no default.
        volume: Loudness; no default.
    """

    text: Speech
    _: KW_ONLY
    pitch: str | None = None
    rate: str | None = None
    volume: str | None = None


class S(Element):
    """A sentence, with a pause after it.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text, an element of SSML, or a list that mixes both.
    """

    text: Speech


class SayAs(Element):
    """Text read as what it is, such as a date or single characters.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Its text, text.
        interpret_as: What the text is.
        format: Order of day, month and year in a date, which needs it; no default.
    """

    text: str
    _: KW_ONLY
    interpret_as: InterpretAs
    format: DateFormat | None = None


class Sub(Element):
    """Text for which another is spoken.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Its text, text.
        alias: Text that is spoken instead.
    """

    text: str
    _: KW_ONLY
    alias: str


def parse(text: str) -> tuple[str | Ssml, ...]:
    """The text and elements that a piece of SSML is: ``parse('One <break time="1s"/> two')``.

    Raises:
        NotWellFormed: if it is not XML.
        InvalidDocument: if it holds what SpeakSentence does not; with every problem and its place.
    """
    from bxml.builder.from_tree import contents
    from bxml.parsing.schema_check import check_speech

    root, problems = check_speech(text)
    if problems:
        raise InvalidDocument(problems)
    return tuple(cast("list[str | Ssml]", contents(root)))
