"""A call is to ring without being answered, and has been answered before.

`answerCall` matters only on an incoming call that nobody has answered yet. After a verb that answers it is too late: every verb
does, except `Forward`, `Hangup`, `Redirect`, `Tag` and another `Ring` with `answerCall="false"`. The called party of a transfer
has always answered. The ringing is heard all the same.

Bad::

    <Response>
      <SpeakSentence>One moment, please.</SpeakSentence>
      <Ring answerCall="false" duration="10"/>
      <Redirect redirectUrl="https://app.example/next"/>
    </Response>

Good::

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

from bxml.lint.call_flow import Flow, answers
from bxml.lint.rule import Found, on_attribute
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Ring/@answerCall",)


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """Such a ring once the call is answered; a conference does not take the verb at all."""
    if element.attributes["answerCall"] != "false" or flow.context == "conference":
        return
    answer = next(filter(answers, flow.before(element)), None)
    why = f"{flow.named(answer)} has answered the call" if answer else ""
    if flow.context == "transfer-answer":
        why = "the called party has answered"
    if why:
        yield on_attribute(element, "answerCall", f'answerCall="false" comes too late; {why}')
