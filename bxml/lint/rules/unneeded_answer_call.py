"""Ring with answerCall="false" on an answered call.

What it does
Reports `answerCall="false"` on a `Ring` after the call is answered. Every verb answers the call, except
`Forward`, `Hangup`, `Redirect`, `Tag` and another `Ring` with `answerCall="false"`. The called party of a
transfer has always answered.

Why is this bad?
`answerCall` has an effect only on an incoming call that is not answered yet. The ringing is still played.

Example::

    <Response>
      <SpeakSentence>One moment, please.</SpeakSentence>
      <Ring answerCall="false" duration="10"/>
      <Redirect redirectUrl="https://app.example/next"/>
    </Response>

Use instead::

    <Response>
      <SpeakSentence>One moment, please.</SpeakSentence>
      <Ring duration="10"/>
      <Redirect redirectUrl="https://app.example/next"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/ring
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow, answers
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Ring/@answerCall",)


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report ``answerCall="false"`` in an answered call; in a conference, the rule conference-verb reports every Ring."""
    if element.attributes["answerCall"] != "false" or flow.context == "conference":
        return
    answering = next(filter(answers, flow.before(element)), None)
    reason = f"{flow.describe(answering)} has already answered the call" if answering else ""
    if flow.context == "transfer-answer":
        reason = "the called party has already answered"
    if reason:
        message = f'answerCall="false" has no effect, because {reason}; remove it'
        yield Violation.at_attribute(element, "answerCall", message)
