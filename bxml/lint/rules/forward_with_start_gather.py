"""A call is forwarded while digits are collected in the background.

The vendor rules the two out together: after `Forward` the application has lost the call, so there is nobody to tell of the
digits. What happens to a document that does it is not published. `StopGather` does not help, for `StartGather` has answered the
call; an answered call is connected by `Transfer`.

Bad::

    <Response>
      <StartGather dtmfUrl="https://app.example/digit"/>
      <Forward to="+12125550123"/>
    </Response>

Good::

    <Response><Forward to="+12125550123"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startGather
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
AT: Final = ("Forward",)


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """A forward while a gather of this document runs; where no call comes in, the verb is not allowed at all."""
    running = running_gather(element, flow)
    if running and flow.context == "call":
        yield on_name(element, f"<Forward> does not go with {flow.named(running)}, which still runs; use <Transfer>")


def running_gather(element: Node, flow: Flow) -> Node | None:
    """The gather that was started before an element and is not stopped."""
    gathers = [verb for verb in flow.before(element) if verb.name in {"StartGather", "StopGather"}]
    return gathers[-1] if gathers and gathers[-1].name == "StartGather" else None
