"""A recording is started while the document has one running.

A call has one recording at a time: a second `StartRecording` is ignored, with all its attributes, until `StopRecording` has
ended the first, and nothing says so. Only a recording that this document has started counts, since nobody knows here what an
earlier one did.

Bad::

    <Response>
      <StartRecording recordingAvailableUrl="https://app.example/greeting"/>
      <SpeakSentence>Hello.</SpeakSentence>
      <StartRecording recordingAvailableUrl="https://app.example/talk"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Good::

    <Response>
      <StartRecording recordingAvailableUrl="https://app.example/greeting"/>
      <SpeakSentence>Hello.</SpeakSentence>
      <StopRecording/>
      <StartRecording recordingAvailableUrl="https://app.example/talk"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startRecording
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.background_state import outcome
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("StartRecording",)

WHY: Final = {
    "StartRecording": "has begun one that still runs; end it by <StopRecording> first",
    "PauseRecording": "has only paused the one before; <ResumeRecording> goes on with it",
    "ResumeRecording": "has gone on with one that still runs; end it by <StopRecording> first",
}
"""What the last verb that changed the recording has made of it."""


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """A start that is ignored."""
    found = outcome(element, flow)
    if found:
        yield on_name(element, f"<StartRecording> starts no recording; {flow.named(found.since)} {WHY[found.since.name]}")
