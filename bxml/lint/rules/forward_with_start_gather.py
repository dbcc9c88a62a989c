"""Forward during a background gather.

What it does
Reports a `Forward` while a `StartGather` of the same document is running.

Why is this bad?
After `Forward` the application no longer controls the call, so the digits cannot be reported to it. Bandwidth
does not allow the combination, and does not document what happens. `StopGather` does not help, because
`StartGather` has already answered the call. To connect an answered call, use `Transfer`.

Example::

    <Response>
      <StartGather dtmfUrl="https://app.example/digit"/>
      <Forward to="+12125550123"/>
    </Response>

Use instead::

    <Response><Forward to="+12125550123"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startGather
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
TARGETS: Final = ("Forward",)


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report a forward while a gather is running; in contexts other than a call, another rule reports the forward itself."""
    running = running_gather(element, flow)
    if running and flow.context == "call":
        message = f"is not allowed while {flow.describe(running)} is running; use <Transfer>"
        yield Violation.at_name(element, f"<Forward> {message}")


def running_gather(element: Node, flow: Flow) -> Node | None:
    """Return the StartGather that is still running before an element, or ``None`` if no gather is running."""
    gathers = [verb for verb in flow.before(element) if verb.name in {"StartGather", "StopGather"}]
    return gathers[-1] if gathers and gathers[-1].name == "StartGather" else None
