"""Duplicate parameter name.

What it does
Reports a `StreamParam` or `CustomParam` with the same name as an earlier parameter in the same verb.

Why is this bad?
The parameters are sent as an object with unique names, so only one of the values arrives. Bandwidth does not
document which value.

Example::

    <Response>
      <StartStream destination="wss://app.example/audio">
        <StreamParam name="topic" value="sales"/>
        <StreamParam name="topic" value="support"/>
      </StartStream>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Use instead::

    <Response>
      <StartStream destination="wss://app.example/audio">
        <StreamParam name="topics" value="sales,support"/>
      </StartStream>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("StartStream", "StartTranscription")

PARAMETERS: Final = frozenset({"StreamParam", "CustomParam"})
"""The elements that are parameters."""


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report each parameter with the name of an earlier parameter; the schema check reports empty names."""
    first: dict[str, Node] = {}
    for child in element.children:
        name = child.attributes.get("name", "") if child.name in PARAMETERS else ""
        if name and first.setdefault(name, child) is not child:
            message = f"is also the name of {flow.describe(first[name])}, and only one of the two arrives; use another name"
            yield Violation.at_value(child, "name", f"{assignment('name', name)} {message}")
