"""Mute on a conference member who is on hold.

What it does
Reports a `Conference` with both `mute="true"` and `hold="true"`.

Why is this bad?
A member on hold neither hears the others nor is heard, so `mute` has no effect. Probably only one of the two
was intended.

Example::

    <Response><Conference hold="true" mute="true">support</Conference></Response>

Use instead::

    <Response><Conference mute="true">support</Conference></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/conference
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Conference/@mute",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report mute beside hold."""
    if element.attributes["mute"] == element.attributes.get("hold") == "true":
        message = 'mute="true" has no effect with hold="true", which also mutes; remove one of them'
        yield Violation.at_attribute(element, "mute", message)
