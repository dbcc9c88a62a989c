"""Two parameters of one stream or transcription have the same name.

The parameters arrive as a map, in which a name stands once: one of the two values is lost, and which one is not published.

Bad::

    <Response>
      <StartStream destination="wss://app.example/audio">
        <StreamParam name="topic" value="sales"/>
        <StreamParam name="topic" value="support"/>
      </StartStream>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Good::

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

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_value
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("StartStream", "StartTranscription")

PARAMETERS: Final = frozenset({"StreamParam", "CustomParam"})
"""The children that have a name and a value."""


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """Each parameter whose name stands there before; an empty name is the schema's affair."""
    first: dict[str, Node] = {}
    for child in element.children:
        name = child.attributes.get("name", "") if child.name in PARAMETERS else ""
        if name and first.setdefault(name, child) is not child:
            message = f"is the name of {flow.named(first[name])} too, and only one of them arrives; take another name"
            yield on_value(child, "name", f"{assignment('name', name)} {message}")
