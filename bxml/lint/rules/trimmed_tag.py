"""A tag has white space at its ends, which the platform removes.

What comes back in the webhooks is not what was sent, so a program that compares the two finds a difference; a tag of nothing
but white space is cleared. It is off by default, because white space around text is also what tools write that lay out XML.

Bad::

    <Response><Tag> order 17 </Tag><Pause duration="1"/></Response>

Good::

    <Response><Tag>order 17</Tag><Pause duration="1"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/tag
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_text
from bxml.messages.text import shown
from bxml.parsing.tree import Node
from bxml.xml_text import WHITE_SPACE

SEVERITY: Final = "warning"
AT: Final = ("Tag",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A text that is longer than what is left of it."""
    tag = element.text
    left = tag.strip(WHITE_SPACE)
    if tag != left:
        meant = f"the tag is {shown(left)}" if left else "the tag is cleared; write <Tag/> if that is meant"
        yield on_text(element, f"{shown(tag)} has white space at its ends, which is removed; {meant}")
