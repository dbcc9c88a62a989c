"""Verb after a conference.

What it does
Reports the first verb after a `Conference`. This rule is off by default, because such verbs are useful in
applications that end their conferences through the REST API.

Why is this bad?
Callers leave both the conference and the call if they hang up. Later verbs run only for callers who are still
in the conference when a request to the REST API ends it.

Example::

    <Response>
      <Conference>support</Conference>
      <SpeakSentence>Goodbye.</SpeakSentence>
    </Response>

Use instead::

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

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import ROOTS, Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ROOTS


def check(_: Node, flow: Flow) -> Iterator[Violation]:
    """Report the first verb after a conference; in contexts other than a call, another rule reports the conference itself."""
    for previous, verb in pairwise(flow.verbs) if flow.context == "call" else ():
        if previous.name == "Conference":
            conference = flow.describe(previous)
            message = f"runs only if the REST API ends the conference of {conference}; move it before <Conference>"
            yield Violation.at_name(verb, f"<{verb.name}> {message}")
            return
