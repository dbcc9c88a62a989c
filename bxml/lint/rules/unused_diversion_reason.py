"""A reason for a diversion is given, and no diversion is added that would carry it.

The reason goes into the SIP Diversion header that `diversionTreatment="stack"` adds. The other treatments drop the header or
copy it as it came, and the reason is quietly ignored. `unknown` is left alone: it is the default, and the Java SDK writes it
into every document.

Bad::

    <Response><Forward to="+12125550123" diversionTreatment="propagate" diversionReason="no-answer"/></Response>

Good::

    <Response><Forward to="+12125550123" diversionTreatment="stack" diversionReason="no-answer"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, is_set, on_attribute, value
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Forward/@diversionReason", "Transfer/@diversionReason")


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A reason without the treatment that uses it."""
    if is_set(element, "diversionReason") and value(element, "diversionTreatment") != "stack":
        reason = assignment("diversionReason", element.attributes["diversionReason"])
        message = f'{reason} is ignored without diversionTreatment="stack"; add it, or leave the reason out'
        yield on_attribute(element, "diversionReason", message)
