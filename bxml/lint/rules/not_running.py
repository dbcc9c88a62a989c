"""Control verb without effect.

What it does
Reports a verb that stops, pauses or resumes what an earlier verb of the same document has already stopped,
paused or resumed. An earlier document may also have started a recording, gather, stream or transcription, so
this rule reports only faults that are certain from this document. If your application pauses or resumes the
recording through the REST API between two verbs, suppress the problem with a comment.

Why is this bad?
The platform ignores such a verb without an error. Often another verb was intended; for example, a recording
stays paused although it should continue.

Example::

    <Response>
      <PauseRecording/>
      <SpeakSentence>Now your card number, which is not recorded.</SpeakSentence>
      <PauseRecording/>
      <Gather gatherUrl="https://app.example/card"/>
    </Response>

Use instead::

    <Response>
      <PauseRecording/>
      <SpeakSentence>Now your card number, which is not recorded.</SpeakSentence>
      <ResumeRecording/>
      <Gather gatherUrl="https://app.example/card"/>
    </Response>

Example::

    <Response>
      <StopTranscription/>
      <StopTranscription name="sales"/>
      <Redirect redirectUrl="https://app.example/next"/>
    </Response>

Use instead::

    <Response>
      <StopTranscription/>
      <Redirect redirectUrl="https://app.example/next"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/pauseRecording
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.background_state import fault_of
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("StopRecording", "PauseRecording", "ResumeRecording", "StopGather", "StopStream", "StopTranscription")

CAUSES: Final = {
    "StartRecording": "started a recording that is not paused",
    "PauseRecording": "already paused the recording",
    "ResumeRecording": "already resumed the recording",
    "StopRecording": "already stopped the recording",
    "StopGather": "already stopped the gather",
    "StopStream": "already stopped the stream",
    "StopTranscription": "already stopped the transcription",
}
"""The reasons why a verb has no effect, by the name of the earlier verb that is the cause."""


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report a control verb that certainly has no effect."""
    fault = fault_of(element, flow)
    if fault:
        reason = f"{flow.describe(fault.cause)} {CAUSES[fault.cause.name]}"
        message = f"<{element.name}> has no effect, because {reason}; remove it or use another verb"
        yield Violation.at_name(element, message)
