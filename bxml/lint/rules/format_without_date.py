"""A format of dates stands where no date is read.

`format` is the order of day, month and year. Whatever else is read, such as a time or a telephone number, goes without it, and
the platform passes over it: harmless, unless a date was meant.

Bad::

    <Response><SpeakSentence>Floor <say-as interpret-as="ordinal" format="d">3</say-as>.</SpeakSentence></Response>

Good::

    <Response><SpeakSentence>Floor <say-as interpret-as="ordinal">3</say-as>.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_attribute
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("say-as/@format",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A format beside a way to read that is legal, and is not that of dates."""
    legal = schema.law().elements["SpeakSentence"].children[element.name].attributes["interpret-as"].type.words
    what = element.attributes.get("interpret-as")
    if what in legal and what != "date":
        useless = f"{assignment('format', element.attributes['format'])} has no effect"
        yield on_attribute(element, "format", f"{useless} with {assignment('interpret-as', what)}; only dates have one")
