"""Wait for an unknown stream.

What it does
Reports a `StopStream` with `wait="true"` whose `name` is not the name of a stream that this document has
started. If the document has started no stream, the stream may come from an earlier document, so the wait is
accepted. For the same reason this is a warning.

Why is this bad?
A `StopStream` with an unknown name has no effect: the call does not wait, and may end while the stream is
running. A stream without a name gets a generated name, which only its events contain.

Example::

    <Response>
      <StartStream mode="bidirectional" destination="wss://app.example/assistant"/>
      <StopStream name="assistant" wait="true"/>
    </Response>

Use instead::

    <Response>
      <StartStream name="assistant" mode="bidirectional" destination="wss://app.example/assistant"/>
      <StopStream name="assistant" wait="true"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/stopStream
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow, takes_time
from bxml.messages.text import assignment, quote
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("StopStream/@wait",)


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report a wait for a name that no earlier stream has."""
    if not takes_time(element) or "name" not in element.attributes or not flow.reaches(element):
        return
    name = element.attributes["name"]
    started = [verb for verb in flow.before(element) if verb.name == "StartStream"]
    if started and name not in {verb.attributes.get("name") or None for verb in started}:
        last = started[-1]
        message = _message(name, flow.describe(last), last.attributes.get("name"))
        yield Violation.at_value(element, "name", message)


def _message(name: str, stream: str, stream_name: str | None) -> str:
    fix = f"is named {quote(stream_name)}; use that name" if stream_name else "has no name; add one"
    return f"{assignment('name', name)} is not the name of a stream that this document started; {stream} {fix}"
