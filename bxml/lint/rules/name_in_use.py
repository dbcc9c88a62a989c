"""A stream or a transcription takes the name of one that is running.

Names are unique among the streams of a call, and among its transcriptions. One that is in use makes the new one fail with a
rejected event; the call goes on without it. A name is free again once it is stopped by that name, or for transcriptions once
all are stopped; a stream may well have the name of a transcription. Where there is no name, the platform makes one up. The far
end of a websocket may close it while a verb takes time, so that only what stands close together is certain.

Bad::

    <Response>
      <StartStream name="audio" destination="wss://app.example/caller"/>
      <StartStream name="audio" destination="wss://app.example/agent" tracks="outbound"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Good::

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

from bxml.lint.background_state import outcome
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_value
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
AT: Final = ("StartStream/@name", "StartTranscription/@name")


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """A start that is refused for its name."""
    found = outcome(element, flow)
    if found and found.fault == "name in use":
        name = assignment("name", element.attributes["name"])
        user = flow.named(found.since)
        yield on_value(element, "name", f"{name} is in use by {user}; stop that first, or take another name")
