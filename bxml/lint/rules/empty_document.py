"""A document without verbs ends the call, or rejects it if it is not answered.

It is the same as a document with nothing but `Hangup`. On a live call that is seldom meant: often a branch of the program
forgot to add what it had to say. It is off by default, because an empty document is a usual answer to events that take none,
and in a conference, or for the called party of a transfer, it just means that there is nothing to do.

Bad::

    <Response/>

Good::

    <Response><Hangup/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/hangup
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import ROOTS, Flow
from bxml.lint.rule import Found, on_name
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ROOTS


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """A root that holds no element."""
    if flow.context == "call" and not list(element.children):
        yield on_name(element, f"<{element.name}> is empty, which ends the call; write <Hangup/> if that is meant")
