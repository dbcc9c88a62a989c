"""A voice has a name that is on none of the vendor's lists.

Bandwidth's own migration notes say that an unknown voice makes the call fail; its pages do not say what happens. The list grows
without notice, so this is a warning: a voice that is newer than this package is no mistake, and can be allowed by a comment.

Bad::

    <Response><SpeakSentence voice="Susan">Hello.</SpeakSentence></Response>

Good::

    <Response><SpeakSentence voice="susan">Hello.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_value
from bxml.messages.text import assignment, near
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("SpeakSentence/@voice",)


class Voice(NamedTuple):
    """What a voice speaks, and as whom."""

    locale: str
    gender: str


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A name that no voice has."""
    voice = element.attributes["voice"]
    if voice not in VOICES:
        allowed = near(voice, VOICES) or "; see the vendor's page of <SpeakSentence> for the list"
        yield on_value(element, "voice", f"{assignment('voice', voice)} is no voice that is known{allowed}")


VOICES: Final = {
    name: Voice(locale, gender)
    for locale, gender, names in (
        ("en_US", "female", "susan julie kate ruth salli salli_enh ivy ivy_enh"),
        ("en_US", "male", "paul dave stephen joey joey_enh justin"),
        ("en_UK", "female", "bridget"),
        ("en_UK", "male", "simon"),
        ("en_GB", "female", "emma emma_enh"),
        ("en_GB_WLS", "male", "geraint"),
        ("en_AU", "female", "nicole"),
        ("en_AU", "male", "russell"),
        ("en_IN", "female", "raveena"),
        ("de", "female", "katrin"),
        ("de", "male", "stefan"),
        ("es", "female", "esperanza violeta"),
        ("es", "male", "jorge"),
        ("es_MX", "female", "rosa"),
        ("es_US", "female", "lupe penelope"),
        ("es_US", "male", "pedro miguel"),
        ("fr", "female", "jolie"),
        ("fr", "male", "bernard"),
        ("fr_CA", "female", "gabrielle chantal"),
        ("fr_CA", "male", "liam"),
        ("it", "female", "paola"),
        ("it", "male", "luca"),
        ("ja", "female", "masako"),
        ("ja", "male", "kenji"),
        ("ru", "female", "nadiya"),
        ("ru", "male", "anatoli"),
        ("arb", "female", "zeina"),
        ("cmn-CN", "female", "zhiyu"),
        ("da_DK", "female", "naja"),
        ("da_DK", "male", "mads"),
        ("ro_RO", "female", "carmen"),
        ("nl_NL", "male", "ruben"),
    )
    for name in names.split()
}
"""The 49 voices of November 2026 by their names."""
