"""Prompts are repeated so often that more are played than a Gather may play.

Each repetition counts: the number of prompts in a `Gather`, multiplied by its `repeatCount`, is at most 20. What becomes of the
call beyond that is not published. An older page had a limit of 25 for `repeatCount` alone, and comments of an SDK still have
30: neither is the rule. Too many prompts without repetition are found by the schema.

Bad::

    <Response>
      <Gather gatherUrl="https://app.example/menu" repeatCount="11">
        <PlayAudio>https://app.example/welcome.mp3</PlayAudio>
        <SpeakSentence>Press 1.</SpeakSentence>
      </Gather>
    </Response>

Good::

    <Response>
      <Gather gatherUrl="https://app.example/menu" repeatCount="10">
        <PlayAudio>https://app.example/welcome.mp3</PlayAudio>
        <SpeakSentence>Press 1.</SpeakSentence>
      </Gather>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, number, on_value
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
AT: Final = ("Gather/@repeatCount",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """More repetitions than the number of prompts allows."""
    most = schema.law().elements[element.name].occurrence.most
    times, prompted = number(element, "repeatCount") or 0, len(prompts(element))
    if times > 1 and times * prompted > most:
        too_large = f"{assignment('repeatCount', element.attributes['repeatCount'])} is too large"
        product = f"multiplied by the number of prompts, which is {prompted}, it is at most {most}"
        yield on_value(element, "repeatCount", f"{too_large}; {product}")


def prompts(gather: Node) -> list[Node]:
    """What a Gather plays and repeats."""
    legal = schema.law().elements[gather.name].children
    return [child for child in gather.children if child.name in legal]
