"""The document ends right after it has started something that runs in the background.

`StartGather`, `StartRecording` and `StartTranscription` do not wait. If no verb that takes time follows, the call ends at once,
and there is nothing to gather, record or transcribe. The vendor says so of streams only, and the same follows for these: a
warning. In other contexts than a call the call goes on after the document, so that this speaks in the context of a call only.

Bad::

    <Response>
      <SpeakSentence>This call is recorded.</SpeakSentence>
      <StartRecording recordingAvailableUrl="https://app.example/recordings"/>
    </Response>

Good::

    <Response>
      <SpeakSentence>This call is recorded.</SpeakSentence>
      <StartRecording recordingAvailableUrl="https://app.example/recordings"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startRecording
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.background_state import is_at_end
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
LOST: Final = {
    "StartGather": "no key can be pressed",
    "StartRecording": "nothing is recorded",
    "StartTranscription": "nothing is transcribed",
}
"""What comes of each of these verbs if the call ends."""

AT: Final = tuple(LOST)


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """One that is started when all that takes time is over."""
    if flow.context == "call" and is_at_end(element, flow):
        message = f"the call ends at once and {LOST[element.name]}; let a verb follow that keeps the call"
        yield on_name(element, f"<{element.name}> is followed by nothing that takes time, so that {message}")
