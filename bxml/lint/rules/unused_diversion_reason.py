"""Diversion reason without a diversion.

What it does
Reports a `diversionReason` without `diversionTreatment="stack"`. `unknown` is accepted, because it is the
default, which the Java SDK always writes.

Why is this bad?
The reason is part of the SIP Diversion header that `diversionTreatment="stack"` adds. The other treatments
remove the header or copy it unchanged, and the reason is ignored without an error.

Example::

    <Response><Forward to="+12125550123" diversionTreatment="propagate" diversionReason="no-answer"/></Response>

Use instead::

    <Response><Forward to="+12125550123" diversionTreatment="stack" diversionReason="no-answer"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation, differs_from_default, effective_value
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Forward/@diversionReason", "Transfer/@diversionReason")


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a reason without the treatment that uses it."""
    if differs_from_default(element, "diversionReason") and effective_value(element, "diversionTreatment") != "stack":
        reason = assignment("diversionReason", element.attributes["diversionReason"])
        message = f'{reason} has no effect without diversionTreatment="stack"; add it or remove diversionReason'
        yield Violation.at_attribute(element, "diversionReason", message)
