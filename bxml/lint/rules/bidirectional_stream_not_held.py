"""Bidirectional stream that no verb waits for.

What it does
Reports a bidirectional `StartStream` that is followed only by short verbs, such as prompts. `StopStream` with
`wait="true"` waits for the stream; `Pause`, `Gather`, `Transfer` and similar verbs also keep the call
connected. If no later verb takes time at all, the rule stream-at-end reports the stream instead.

Why is this bad?
The remote end of a bidirectional stream talks with the caller until the call ends. The call ends when the
document ends. If only prompts follow, the call may end in the middle of the conversation. A prompt may be
long enough, so this is a warning.

Example::

    <Response>
      <StartStream name="assistant" mode="bidirectional" destination="wss://app.example/assistant"/>
      <SpeakSentence>Our assistant is listening.</SpeakSentence>
    </Response>

Use instead::

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
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("StartStream/@mode",)


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report a bidirectional stream that is followed only by short verbs."""
    if element.attributes["mode"] != "bidirectional" or flow.context != "call":
        return
    if is_not_held(element, flow) and not is_at_end(element, flow):
        problem = "is bidirectional, but no later verb waits for it, so the call may end too early"
        fix = f"add <StopStream> with {assignment('wait', 'true')}"
        yield Violation.at_name(element, f"<StartStream> {problem}; {fix}")
