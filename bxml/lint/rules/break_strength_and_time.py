"""A break has a strength and a time, of which it takes one.

Both say how long the pause is, the one in a word, the other in seconds. The vendor's page offers the one or the other, and does
not say which of two counts, so the pause may be shorter or longer than was meant. Nothing fails by it: a warning.

Bad::

    <Response><SpeakSentence>One <break strength="weak" time="2s"/> two.</SpeakSentence></Response>

Good::

    <Response><SpeakSentence>One <break time="2s"/> two.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_attribute
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("break/@strength",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A strength that has a time beside it, which is the more exact of the two."""
    strength, time = element.attributes["strength"], element.attributes.get("time")
    if time is not None:
        both = f"{assignment('strength', strength)} stands beside {assignment('time', time)}"
        yield on_attribute(element, "strength", f"{both}; a <break> takes one of the two")
