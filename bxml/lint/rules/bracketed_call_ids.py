"""A list of call ids is written as a programming language shows it.

The attribute takes call ids with commas between them. Who gives a list where a text is wanted sends its brackets and quotes
along, as Bandwidth's Python SDK does up to 23.3.1. The schema allows it, and no call has such an id, so that nobody hears the
coach; therefore a warning.

Bad::

    <Response><Conference callIdsToCoach="['c-1', 'c-2']">support</Conference></Response>

Good::

    <Response><Conference callIdsToCoach="c-1,c-2">support</Conference></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/conference
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_value
from bxml.messages.text import assignment, cut
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Conference/@callIdsToCoach",)

_NOT_OF_IDS: Final = re.compile(r"[\[\](){}\"'\s]+").sub


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A list with brackets or quotes."""
    written = element.attributes["callIdsToCoach"]
    plain = _NOT_OF_IDS("", written)
    if any(sign in written for sign in "[]()\"'"):
        offender = assignment("callIdsToCoach", written)
        instead = f'write "{cut(plain)}"' if plain.strip(",") else "leave it out"
        yield on_value(element, "callIdsToCoach", f"{offender} holds brackets or quotes; {instead}")
