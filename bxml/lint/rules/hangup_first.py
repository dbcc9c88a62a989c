"""A document begins with a hangup, which rejects an incoming call that is not answered.

The caller hears that the call is refused, and it is not charged. Bandwidth's own migration notes say otherwise, that the call
is answered first; its page of the verb is followed here. It is off by default, because this is the way to reject a call, and on
a call that is answered the verb only ends it.

Bad::

    <Response><Hangup/></Response>

Good::

    <Response><SpeakSentence>We are closed. Goodbye.</SpeakSentence><Hangup/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/hangup
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Response",)


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """A first verb that hangs up; a pushed document comes when the call is under way."""
    for verb in islice(element.children, 1):
        if flow.context == "call" and verb.name == "Hangup":
            message = "<Hangup> rejects an incoming call if it is not answered; if it is to be answered, speak or ring before"
            yield on_name(verb, message)
