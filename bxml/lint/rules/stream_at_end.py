"""The document ends right after it has started a stream.

`StartStream` does not wait. If no verb that takes time follows, the call ends at once, and the websocket is closed before it
has carried anything. A `StopStream` with `wait="true"` keeps the call until the far end closes the stream; a `Pause`, a
`Transfer` or a `Redirect` keep it as well. In other contexts than a call the call goes on after the document, so that this
speaks in the context of a call only.

Bad::

    <Response>
      <SpeakSentence>You are being connected to our assistant.</SpeakSentence>
      <StartStream name="assistant" mode="bidirectional" destination="wss://app.example/assistant"/>
    </Response>

Good::

    <Response>
      <SpeakSentence>You are being connected to our assistant.</SpeakSentence>
      <StartStream name="assistant" mode="bidirectional" destination="wss://app.example/assistant"/>
      <StopStream name="assistant" wait="true"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.background_state import is_at_end
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
AT: Final = ("StartStream",)


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """A stream that is started when all that takes time is over."""
    if flow.context == "call" and is_at_end(element, flow):
        wait = f"<StopStream> with {assignment('wait', 'true')}"
        message = f"the call ends at once; keep it, such as by {wait}"
        yield on_name(element, f"<StartStream> is followed by nothing that takes time, so that {message}")
