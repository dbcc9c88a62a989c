"""A call is connected to several endpoints, where the vendor describes one.

Most SDKs take a list of endpoints and the schema allows it, but the page of `Connect` speaks of one endpoint and does not say
what more of them do: whether they ring together, in turn, or not at all. So this is a warning.

Bad::

    <Response>
      <Connect eventCallbackUrl="https://app.example/connect"><Endpoint>e-15ac29a2</Endpoint><Endpoint>e-7d0c1f6b</Endpoint></Connect>
    </Response>

Good::

    <Response>
      <Connect eventCallbackUrl="https://app.example/connect"><Endpoint>e-15ac29a2</Endpoint></Connect>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Connect",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """The second endpoint; the others go without saying."""
    endpoints = [child for child in element.children if child.name == "Endpoint"]
    for second in endpoints[1:2]:
        message = f"<Endpoint> is one of {len(endpoints)} in <Connect>; the vendor describes one, and not what more would do"
        yield on_name(second, message)
