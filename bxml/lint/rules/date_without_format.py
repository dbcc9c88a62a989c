"""A date is to be read, and nothing says which of its numbers is the day.

`03/04/2027` is in March or in April. The page of the vendor asks for a `format` with every date, and does not say what becomes
of one without: the speech may fail, or the wrong day be read.

Bad::

    <Response><SpeakSentence>Until <say-as interpret-as="date">03/04/2027</say-as>.</SpeakSentence></Response>

Good::

    <Response><SpeakSentence>Until <say-as interpret-as="date" format="dmy">03/04/2027</say-as>.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.messages import findings
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
AT: Final = ("say-as/@interpret-as",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A date that has no format."""
    what = element.attributes["interpret-as"]
    if what == "date" and "format" not in element.attributes:
        format_ = schema.law().elements["SpeakSentence"].children[element.name].attributes["format"]
        lacking = f"<{element.name}> lacks format, which {assignment('interpret-as', what)} needs"
        yield on_name(element, f"{lacking}; it takes {findings.expected(format_.type)}")
