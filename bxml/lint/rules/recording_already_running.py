"""Recording started twice.

What it does
Reports a `StartRecording` while a recording of the same document is running or paused. Recordings of earlier
documents are not known and do not count.

Why is this bad?
A call has at most one recording. Until `StopRecording` ends the first recording, a second `StartRecording` is
ignored with all its attributes, and no error is reported.

Example::

    <Response>
      <StartRecording recordingAvailableUrl="https://app.example/greeting"/>
      <SpeakSentence>Hello.</SpeakSentence>
      <StartRecording recordingAvailableUrl="https://app.example/talk"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Use instead::

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

from bxml.lint.background_state import fault_of
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("StartRecording",)

CAUSES: Final = {
    "StartRecording": "started a recording that is still running; add <StopRecording> first",
    "PauseRecording": "only paused the recording; use <ResumeRecording> to continue it",
    "ResumeRecording": "resumed a recording that is still running; add <StopRecording> first",
}
"""The reasons why a StartRecording has no effect, each with the fix, by the name of the earlier verb that is the cause."""


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report a StartRecording that is ignored."""
    fault = fault_of(element, flow)
    if fault:
        reason = f"{flow.describe(fault.cause)} {CAUSES[fault.cause.name]}"
        yield Violation.at_name(element, f"<StartRecording> has no effect, because {reason}")
