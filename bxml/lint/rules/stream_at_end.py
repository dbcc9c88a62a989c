"""Stream at the end of the document.

What it does
Reports a `StartStream` without a later verb that takes time, such as a prompt or `Pause`. Only documents for
a call are checked. In a conference, and for the called party of a transfer, the call continues after the
document.

Why is this bad?
`StartStream` does not wait. The call ends when the document ends, and the websocket is closed before it
carries any audio. `StopStream` with `wait="true"` keeps the call connected until the remote end closes the
stream. `Pause`, `Transfer` and `Redirect` also keep the call connected.

Example::

    <Response>
      <SpeakSentence>You are being connected to our assistant.</SpeakSentence>
      <StartStream name="assistant" mode="bidirectional" destination="wss://app.example/assistant"/>
    </Response>

Use instead::

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
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
TARGETS: Final = ("StartStream",)


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report a stream without a later verb that takes time."""
    if flow.context == "call" and is_at_end(element, flow):
        problem = "is not followed by a verb that takes time, so the call ends immediately"
        fix = f"add a verb such as <StopStream> with {assignment('wait', 'true')}"
        yield Violation.at_name(element, f"<StartStream> {problem}; {fix}")
