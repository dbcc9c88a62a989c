"""Name of a running stream or transcription.

What it does
Reports a `StartStream` or `StartTranscription` with the name of a stream or transcription that is still
running. A name can be used again after a verb has stopped the stream or transcription with that name. A
`StopTranscription` without a name frees the names of all transcriptions. A stream and a transcription may
have the same name. The remote end may close a websocket while a verb takes time, so names that were used
before such a verb are not reported.

Why is this bad?
Names are unique among the streams of a call, and among its transcriptions. If a verb has a name that is in
use, the verb fails with a rejected event, and the call continues without the new stream or transcription.

Example::

    <Response>
      <StartStream name="audio" destination="wss://app.example/caller"/>
      <StartStream name="audio" destination="wss://app.example/agent" tracks="outbound"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Use instead::

    <Response>
      <StartStream name="caller" destination="wss://app.example/caller"/>
      <StartStream name="agent" destination="wss://app.example/agent" tracks="outbound"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.background_state import fault_of
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
TARGETS: Final = ("StartStream/@name", "StartTranscription/@name")


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report a verb that is rejected because of its name."""
    fault = fault_of(element, flow)
    if fault and fault.kind == "name in use":
        name = assignment("name", element.attributes["name"])
        message = f"{name} is already used by {flow.describe(fault.cause)}; stop it first or use another name"
        yield Violation.at_value(element, "name", message)
