"""A verb after a conference runs only if the conference is ended through the REST API.

Whoever hangs up has left both the conference and the call; the rest of the document is for those who are still there when an
API request ends the conference. It is off by default, because programs that end their conferences so rely on it.

Bad::

    <Response>
      <Conference>support</Conference>
      <SpeakSentence>Goodbye.</SpeakSentence>
    </Response>

Good::

    <Response>
      <SpeakSentence>You are joining the conference.</SpeakSentence>
      <Conference>support</Conference>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/conference
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from bxml.lint.call_flow import ROOTS, Flow
from bxml.lint.rule import Found, on_name
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ROOTS


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """The first such verb; where the document is not a call's, the conference is not allowed at all."""
    for last, verb in pairwise(element.children) if flow.context == "call" else ():
        if last.name == "Conference":
            yield on_name(verb, f"<{verb.name}> is run only if the REST API ends the conference of {flow.named(last)}")
            return
