"""A verb controls what the document itself has stopped, paused or resumed before.

`StopRecording` without a recording, `PauseRecording` while it is paused, `StopStream` for a stream that is stopped: all of them
are ignored without a word. Often the second of a pair was meant to be another verb, and what should go on stays paused. An
earlier document may have started what this one stops, so that only what this document makes certain is judged. The REST API can
pause and resume a recording between two verbs, which cannot be seen here; where it does, allow the verb by a comment.

Bad::

    <Response>
      <PauseRecording/>
      <SpeakSentence>Now your card number, which is not recorded.</SpeakSentence>
      <PauseRecording/>
      <Gather gatherUrl="https://app.example/card"/>
    </Response>

Good::

    <Response>
      <PauseRecording/>
      <SpeakSentence>Now your card number, which is not recorded.</SpeakSentence>
      <ResumeRecording/>
      <Gather gatherUrl="https://app.example/card"/>
    </Response>

Bad::

    <Response>
      <StopTranscription/>
      <StopTranscription name="sales"/>
      <Redirect redirectUrl="https://app.example/next"/>
    </Response>

Good::

    <Response>
      <StopTranscription/>
      <Redirect redirectUrl="https://app.example/next"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/pauseRecording
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.background_state import outcome
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
ACTS: Final = {
    "StopRecording": "stop",
    "PauseRecording": "pause",
    "ResumeRecording": "resume",
    "StopGather": "stop",
    "StopStream": "stop",
    "StopTranscription": "stop",
}
"""What each of these verbs is there for."""

AT: Final = tuple(ACTS)

DONE: Final = {
    "StartRecording": "has begun a recording that is not paused",
    "PauseRecording": "has paused the recording already",
    "ResumeRecording": "has resumed the recording already",
    "StopRecording": "has stopped the recording already",
    "StopGather": "has stopped the gather already",
    "StopStream": "has stopped the stream already",
    "StopTranscription": "has stopped the transcription already",
}
"""What each verb has made of that before."""


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """A control verb that certainly has nothing to act on."""
    found = outcome(element, flow)
    if found:
        why = f"{flow.named(found.since)} {DONE[found.since.name]}"
        yield on_name(element, f"<{element.name}> has nothing to {ACTS[element.name]}; {why}")
