"""Hangup as the first verb.

What it does
Reports a document for a call that begins with `Hangup`. This rule is off by default, because such a
document is the usual way to reject a call, and because in an answered call `Hangup` only ends the call.

Why is this bad?
In an incoming call that is not answered yet, `Hangup` rejects the call: the caller hears that the call is
refused, and the call is not charged. Bandwidth's migration notes contradict its page of `Hangup`: the notes
say that the call is answered first. This rule follows the page.

Example::

    <Response><Hangup/></Response>

Use instead::

    <Response><SpeakSentence>We are closed. Goodbye.</SpeakSentence><Hangup/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/hangup
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Response",)


def check(_: Node, flow: Flow) -> Iterator[Violation]:
    """Report a first verb that hangs up; a pushed document is not checked, because its call is already answered."""
    for verb in islice(flow.verbs, 1):
        if flow.context == "call" and verb.name == "Hangup":
            message = "rejects an incoming call that is not answered; to answer it, add another verb first, such as <Ring>"
            yield Violation.at_name(verb, f"<Hangup> {message}")
