"""Connect with several endpoints.

What it does
Reports a `Connect` with more than one `Endpoint`.

Why is this bad?
Most SDKs and the schema allow several endpoints, but Bandwidth's page of `Connect` describes one. It does not
say if several endpoints ring together, in turn or not at all, so this is a warning.

Example::

    <Response>
      <Connect eventCallbackUrl="https://app.example/connect"><Endpoint>e-15ac29a2</Endpoint><Endpoint>e-7d0c1f6b</Endpoint></Connect>
    </Response>

Use instead::

    <Response>
      <Connect eventCallbackUrl="https://app.example/connect"><Endpoint>e-15ac29a2</Endpoint></Connect>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Connect",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report one problem, at the second endpoint; its message gives the number of all endpoints."""
    endpoints = [child for child in element.children if child.name == "Endpoint"]
    for second in endpoints[1:2]:
        message = f"is one of {len(endpoints)} in <Connect>, but Bandwidth documents only one; keep one of them"
        yield Violation.at_name(second, f"<Endpoint> {message}")
