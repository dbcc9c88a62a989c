"""A SpeakSentence holds markup, and nothing to be said.

Text that is blank is refused by the schema. That the platform takes a sentence of pauses alone for blank as well is inferred,
so this is a warning: for silence there is `Pause`. What a `sub` says instead of its text counts as text.

Bad::

    <Response><SpeakSentence><break time="2s"/></SpeakSentence></Response>

Good::

    <Response><Pause duration="2"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.parsing.tree import Node
from bxml.xml_text import collapse

SEVERITY: Final = "warning"
AT: Final = ("SpeakSentence",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A sentence of markup alone; of one that holds nothing at all the schema speaks."""
    if any(element.children) and not _says_something(element):
        yield on_name(element, f"<{element.name}> holds nothing to be said; write text, or <Pause> for silence")


def _says_something(element: Node) -> bool:
    if collapse(element.text) or element.attributes.get("alias"):
        return True
    return any(map(_says_something, element.children))
