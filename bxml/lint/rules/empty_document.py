"""Document without verbs.

What it does
Reports a document for a call that contains no verb. An empty document is accepted in a conference and for the
called party of a transfer, where it means that there is nothing to do. This rule is off by default, because
an empty document is a common response to events that need no verbs.

Why is this bad?
An empty document acts like a single `Hangup`: it ends the call, or rejects a call that is not answered yet.
Often a branch of the program forgot to add its verbs.

Example::

    <Response/>

Use instead::

    <Response><Hangup/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/hangup
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import ROOTS, Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ROOTS


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report a root without children."""
    if flow.context == "call" and not list(element.children):
        message = f"<{element.name}> is empty, which ends the call; write <Hangup/> if this is intended"
        yield Violation.at_name(element, message)
