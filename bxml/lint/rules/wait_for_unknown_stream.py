"""The document waits for a stream by a name that none of its streams has.

`StopStream` for a name that no stream has does nothing, also with `wait="true"`: the call does not wait and may end while the
stream runs. A stream without a name gets one that only its events tell. A stream of an earlier document is possible: where this
document starts none before, nothing is said, and otherwise this is a warning.

Bad::

    <Response>
      <StartStream mode="bidirectional" destination="wss://app.example/assistant"/>
      <StopStream name="assistant" wait="true"/>
    </Response>

Good::

    <Response>
      <StartStream name="assistant" mode="bidirectional" destination="wss://app.example/assistant"/>
      <StopStream name="assistant" wait="true"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/stopStream
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow, takes_time
from bxml.lint.rule import Found, on_value
from bxml.messages.text import assignment, shown
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("StopStream/@wait",)


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """A wait for a name that is not among those of the streams before it."""
    if not takes_time(element) or "name" not in element.attributes or not flow.reaches(element):
        return
    name = element.attributes["name"]
    before = [verb for verb in flow.before(element) if verb.name == "StartStream"]
    if before and name not in {verb.attributes.get("name") or None for verb in before}:
        yield on_value(element, "name", _message(name, flow.named(before[-1]), before[-1].attributes.get("name")))


def _message(name: str, stream: str, its_name: str | None) -> str:
    is_named = f"is named {shown(its_name)}" if its_name else "has no name"
    return f"{assignment('name', name)} is no stream that this document has started; {stream} {is_named}"
