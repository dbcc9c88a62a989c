"""Date format without a date.

What it does
Reports a `say-as` that has a `format`, but whose `interpret-as` is not `date`.

Why is this bad?
`format` is the order of day, month and year, and the platform ignores it unless the text is read as a date.
This is harmless unless a date was intended.

Example::

    <Response><SpeakSentence>Floor <say-as interpret-as="ordinal" format="d">3</say-as>.</SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence>Floor <say-as interpret-as="ordinal">3</say-as>.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("say-as/@format",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a ``format`` next to a valid ``interpret-as`` that is not ``date``."""
    valid = schema.vocabulary().elements["SpeakSentence"].children[element.name].attributes["interpret-as"].type.words
    kind = element.attributes.get("interpret-as")
    if kind in valid and kind != "date":
        useless = f"{assignment('format', element.attributes['format'])} has no effect"
        fix = f"remove it or use {assignment('interpret-as', 'date')}"
        yield Violation.at_attribute(element, "format", f"{useless} with {assignment('interpret-as', kind)}; {fix}")
