"""A repetition is asked for, and there is nothing to repeat.

`repeatCount` is how often the prompts inside a `Gather` are played. What is spoken before the `Gather` is not among them, and
is heard once: who has not understood it waits in silence. A count of 1 is the default, which some SDKs always write.

Bad::

    <Response>
      <SpeakSentence>Press 1.</SpeakSentence>
      <Gather gatherUrl="https://app.example/menu" repeatCount="3"/>
    </Response>

Good::

    <Response>
      <Gather gatherUrl="https://app.example/menu" repeatCount="3"><SpeakSentence>Press 1.</SpeakSentence></Gather>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, number, on_attribute
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Gather/@repeatCount",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A repetition of nothing."""
    if (number(element, "repeatCount") or 0) > 1 and not any(element.children):
        useless = f"{assignment('repeatCount', element.attributes['repeatCount'])} has no effect"
        yield on_attribute(element, "repeatCount", f"{useless} without prompts; put them into <{element.name}>")
