"""Nothing keeps the call while the far end of a stream could speak.

The far end of a bidirectional stream talks with the caller for as long as the call lasts, and the call lasts as long as the
document does. If only prompts follow, it ends in the middle of the talk. `StopStream` with `wait="true"` waits for the far end;
`Pause`, `Gather`, `Transfer` and others that are written to keep a call are taken for enough. A prompt may happen to be as long
as the talk, so this is a warning. A document that ends without any verb that takes time breaks stream-at-end instead.

Bad::

    <Response>
      <StartStream name="assistant" mode="bidirectional" destination="wss://app.example/assistant"/>
      <SpeakSentence>Our assistant is listening.</SpeakSentence>
    </Response>

Good::

    <Response>
      <StartStream name="assistant" mode="bidirectional" destination="wss://app.example/assistant"/>
      <SpeakSentence>Our assistant is listening.</SpeakSentence>
      <StopStream name="assistant" wait="true"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.background_state import is_at_end, is_not_held
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("StartStream/@mode",)


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """Such a stream after which only what is soon over takes time."""
    if element.attributes["mode"] != "bidirectional" or flow.context != "call":
        return
    if is_not_held(element, flow) and not is_at_end(element, flow):
        wait = f"<StopStream> with {assignment('wait', 'true')}"
        yield on_name(element, f"<StartStream> is bidirectional, but nothing keeps the call for it; let {wait} follow")
