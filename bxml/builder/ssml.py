"""SSML, the Speech Synthesis Markup Language, as values.

``SpeakSentence(["One ", ssml.Break(time="1s"), " two"])`` mixes strings with elements; a string never becomes markup. To
convert a string of SSML to these values, use :func:`parse`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from bxml.builder.element import Element
from bxml.errors import InvalidDocument

if TYPE_CHECKING:
    from dataclasses import KW_ONLY
    from datetime import timedelta


class Ssml(Element):
    """Base class of the elements of SSML."""


Speech: TypeAlias = "str | Ssml | Sequence[str | Ssml | None]"
"""A string, an SSML element, or a list of both; ``None`` in the list is skipped."""

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


class Break(Ssml):
    """A pause.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        strength: Length of the pause as a word; default medium.
        time: Length of the pause as a number with the unit s or ms, at most 10 seconds; no default.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    _: KW_ONLY
    strength: BreakStrength | None = None
    time: str | timedelta | None = None


class Emphasis(Ssml):
    """Text that is spoken with more or less stress.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text to speak: a string, an SSML element, or a list of both.
        level: Amount of stress; the default is not published.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: Speech
    _: KW_ONLY
    level: EmphasisLevel | None = None


class Lang(Ssml):
    """Text in another language.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text to speak: a string, an SSML element, or a list of both.
        xml_lang: Language of the text, such as fr-FR.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: Speech
    _: KW_ONLY
    xml_lang: Language


class P(Ssml):
    """A paragraph, followed by a pause.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text to speak: a string, an SSML element, or a list of both.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: Speech


class Phoneme(Ssml):
    """Text with a phonetic spelling of its pronunciation.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text that the pronunciation belongs to.
        ph: Pronunciation in the symbols of the International Phonetic Alphabet.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: str
    _: KW_ONLY
    ph: str


class Prosody(Ssml):
    """Text that is spoken higher or lower, faster or slower, louder or softer.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text to speak: a string, an SSML element, or a list of both.
        pitch: Pitch of the voice, as a word or a relative percentage; no default.
        rate: Speed of the speech, as a word or a percentage; no default.
        volume: Volume of the voice, as a word or in decibels; no default.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: Speech
    _: KW_ONLY
    pitch: str | None = None
    rate: str | None = None
    volume: str | None = None


class S(Ssml):
    """A sentence, followed by a pause.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text to speak: a string, an SSML element, or a list of both.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: Speech


class SayAs(Ssml):
    """Text that is read in a special way, for example as a date or as single characters.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text to read.
        interpret_as: Kind of text: date, time, telephone, characters, cardinal or ordinal.
        format: Order of day, month and year; required for a date; no default.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: str
    _: KW_ONLY
    interpret_as: InterpretAs
    format: DateFormat | None = None


class Sub(Ssml):
    """Text that is replaced when it is spoken.

    https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence

    Args:
        text: Text to replace by alias.
        alias: Text that is spoken instead.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem.
    """

    text: str
    _: KW_ONLY
    alias: str


def parse(text: str) -> tuple[str | Ssml, ...]:
    """Return the strings and elements of an SSML fragment, such as ``One <break time="1s"/> two``.

    Args:
        text: The fragment, without ``<speak>``.

    Raises:
        NotWellFormed: If the fragment is not well-formed XML.
        InvalidDocument: If SpeakSentence does not allow the fragment; the error lists every problem with its position.
    """
    from bxml.builder.from_tree import contents
    from bxml.parsing.schema_check import check_speech

    root, problems = check_speech(text)
    if problems:
        raise InvalidDocument(problems)
    return tuple(cast("list[str | Ssml]", contents(root)))
