"""Background verb at the end of the document.

What it does
Reports a `StartGather`, `StartRecording` or `StartTranscription` without a later verb that takes time, such
as a prompt or `Pause`. Only documents for a call are checked. In a conference, and for the called party of a
transfer, the call continues after the document.

Why is this bad?
These verbs do not wait. The call ends when the document ends, so nothing is gathered, recorded or
transcribed. Bandwidth documents this for streams only. For these verbs it is inferred, so this is a warning.

Example::

    <Response>
      <SpeakSentence>This call is recorded.</SpeakSentence>
      <StartRecording recordingAvailableUrl="https://app.example/recordings"/>
    </Response>

Use instead::

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
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
CONSEQUENCES: Final = {
    "StartGather": "no digits are collected",
    "StartRecording": "nothing is recorded",
    "StartTranscription": "nothing is transcribed",
}
"""The consequence of each verb if the call ends immediately, by the name of the verb."""

TARGETS: Final = tuple(CONSEQUENCES)


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report a background verb without a later verb that takes time."""
    if flow.context == "call" and is_at_end(element, flow):
        consequence = f"so the call ends and {CONSEQUENCES[element.name]}"
        message = f"is not followed by a verb that takes time, {consequence}; add a verb such as <Pause>"
        yield Violation.at_name(element, f"<{element.name}> {message}")
