"""A call is forwarded after it has been answered.

`Forward` hands on an incoming call that nobody has answered. Every verb answers it, except `Forward`, `Hangup`, `Redirect`,
`Tag` and `Ring` with `answerCall="false"`. That an earlier verb of the same document makes the forward fail is inferred; the
vendor only says that the call must not be answered. An answered call is connected by `Transfer`.

Bad::

    <Response>
      <SpeakSentence>One moment, please.</SpeakSentence>
      <Forward to="+12125550123"/>
    </Response>

Good::

    <Response>
      <SpeakSentence>One moment, please.</SpeakSentence>
      <Transfer><PhoneNumber>+12125550123</PhoneNumber></Transfer>
    </Response>

Good::

    <Response><Ring answerCall="false" duration="10"/><Forward to="+12125550123"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow, answers
from bxml.lint.rule import Found, on_name
from bxml.lint.rules.forward_with_start_gather import running_gather
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
AT: Final = ("Forward",)


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """A forward behind a verb that answers; where no call comes in, the verb is not allowed at all."""
    running = running_gather(element, flow)  # which forward-with-start-gather reports
    answer = next((verb for verb in flow.before(element) if answers(verb) and verb is not running), None)
    if answer and flow.context == "call":
        yield on_name(element, f"<Forward> comes after {flow.named(answer)}, which answers the call; use <Transfer>")
