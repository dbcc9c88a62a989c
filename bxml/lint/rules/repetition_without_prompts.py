"""Repeat count without prompts.

What it does
Reports a `Gather` without prompts whose `repeatCount` is above 1. A count of 1 is accepted, because it is the
default, which some SDKs always write.

Why is this bad?
`repeatCount` repeats the prompts inside the `Gather`. A prompt before the `Gather` is played only once. If
callers do not understand it, they wait in silence.

Example::

    <Response>
      <SpeakSentence>Press 1.</SpeakSentence>
      <Gather gatherUrl="https://app.example/menu" repeatCount="3"/>
    </Response>

Use instead::

    <Response>
      <Gather gatherUrl="https://app.example/menu" repeatCount="3"><SpeakSentence>Press 1.</SpeakSentence></Gather>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation, effective_number
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Gather/@repeatCount",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a repeat count above 1 on a gather without prompts."""
    if (effective_number(element, "repeatCount") or 0) > 1 and not any(element.children):
        useless = f"{assignment('repeatCount', element.attributes['repeatCount'])} has no effect without prompts"
        yield Violation.at_attribute(element, "repeatCount", f"{useless}; put the prompts inside <{element.name}>")
