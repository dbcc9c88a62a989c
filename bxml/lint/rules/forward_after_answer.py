"""Forward of an answered call.

What it does
Reports a `Forward` after a verb that answers the call. Every verb answers the call, except `Forward`,
`Hangup`, `Redirect`, `Tag` and `Ring` with `answerCall="false"`.

Why is this bad?
`Forward` passes on an incoming call that is not answered yet. Bandwidth documents that the call must not have
been answered before. It is inferred, not documented, that an earlier verb of the same document makes the
forward fail. To connect an answered call, use `Transfer`.

Example::

    <Response>
      <SpeakSentence>One moment, please.</SpeakSentence>
      <Forward to="+12125550123"/>
    </Response>

Use instead::

    <Response>
      <SpeakSentence>One moment, please.</SpeakSentence>
      <Transfer><PhoneNumber>+12125550123</PhoneNumber></Transfer>
    </Response>

Use instead::

    <Response><Ring answerCall="false" duration="10"/><Forward to="+12125550123"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.rules.forward_with_start_gather import running_gather
from bxml.lint.verb_order_and_effects import Flow, answers
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
TARGETS: Final = ("Forward",)


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report a forward after a verb that answers; in contexts other than a call, another rule reports the forward itself."""
    running = running_gather(element, flow)  # the rule forward-with-start-gather reports this verb
    answering = next((verb for verb in flow.before(element) if answers(verb) and verb is not running), None)
    if answering and flow.context == "call":
        message = f"is not allowed after {flow.describe(answering)}, which answers the call; use <Transfer>"
        yield Violation.at_name(element, f"<Forward> {message}")
