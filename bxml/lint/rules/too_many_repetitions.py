"""Too many repeated prompts.

What it does
Reports a `Gather` whose number of prompts, multiplied by its `repeatCount`, is above 20. Too many prompts
without repetition are reported by the rule too-many-children.

Why is this bad?
The platform plays at most 20 prompts in one `Gather`, and each repetition counts. Bandwidth does not document
what happens to the call above the limit. An older page limits `repeatCount` alone to 25, and comments in an
SDK limit it to 30; neither limit applies.

Example::

    <Response>
      <Gather gatherUrl="https://app.example/menu" repeatCount="11">
        <PlayAudio>https://app.example/welcome.mp3</PlayAudio>
        <SpeakSentence>Press 1.</SpeakSentence>
      </Gather>
    </Response>

Use instead::

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
from bxml.lint.rule import Violation, effective_number
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
TARGETS: Final = ("Gather/@repeatCount",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a repeat count that is too large for the number of prompts."""
    limit = schema.vocabulary().elements[element.name].occurrence.most
    repeat_count, prompt_count = effective_number(element, "repeatCount") or 0, len(prompts(element))
    if repeat_count > 1 and repeat_count * prompt_count > limit:
        too_large = f"{assignment('repeatCount', element.attributes['repeatCount'])} is too large"
        product = f"multiplied by the number of prompts ({prompt_count}), it must be at most {limit}"
        yield Violation.at_value(element, "repeatCount", f"{too_large}; {product}")


def prompts(gather: Node) -> list[Node]:
    """Return the children of a gather that are played and repeated."""
    known = schema.vocabulary().elements[gather.name].children
    return [child for child in gather.children if child.name in known]
