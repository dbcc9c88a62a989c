"""Unknown voice.

What it does
Reports a `voice` that Bandwidth does not list. The list grows without notice, so this is a warning. If a
voice is newer than this package, suppress the problem with a comment.

Why is this bad?
Bandwidth's migration notes say that an unknown voice makes the call fail. Its reference pages do not say what
happens.

Example::

    <Response><SpeakSentence voice="Susan">Hello.</SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence voice="susan">Hello.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from bxml import schema
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment, did_you_mean
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("SpeakSentence/@voice",)


class Voice(NamedTuple):
    """The locale and the gender of a voice."""

    locale: str
    gender: str


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report an unknown voice."""
    voice = element.attributes["voice"]
    if voice not in VOICES:
        hint = did_you_mean(voice, VOICES) or f"; see {schema.vocabulary().elements[element.name].page}"
        replacement = voice.lower() if voice.lower() in VOICES else None
        yield Violation.at_value(element, "voice", f"{assignment('voice', voice)} is not a known voice{hint}", replacement)


# Spelled as on Bandwidth's page, which has cmn-CN beside en_US, and en_UK beside en_GB.
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
"""The locale and the gender of each voice, by its name. Bandwidth listed these 49 voices in November 2026."""
