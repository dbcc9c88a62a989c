"""A call is forwarded while digits are collected in the background.

The vendor rules the two out together: after `Forward` the application has lost the call, so there is nobody to tell of the
digits. What happens to a document that does it is not published. Once `StopGather` has ended the collection, the call can go.

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

from bxml.flow import ROOTS, Flow
from bxml.rule import Found, on_name
from bxml.source import Node

SEVERITY: Final = "error"
AT: Final = ROOTS


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """Every forward while a gather of this document runs; where no call comes in, the verb is not allowed at all."""
    running = None
    for verb in element.children if flow.context == "call" else ():
        if running and verb.name == "Forward":
            yield on_name(verb, f"<Forward> does not go with {flow.named(running)}, which still runs; use <StopGather> before")
        if verb.name in {"StartGather", "StopGather"}:
            running = verb if verb.name == "StartGather" else None
