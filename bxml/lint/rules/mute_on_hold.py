"""A member of a conference is muted and on hold, which mutes already.

Somebody on hold neither hears the others nor is heard. `mute` only takes the voice away, so it adds nothing. It is harmless,
and a sign that one of the two was meant.

Bad::

    <Response><Conference hold="true" mute="true">support</Conference></Response>

Good::

    <Response><Conference mute="true">support</Conference></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/conference
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_attribute
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Conference/@mute",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """Both at once."""
    if element.attributes["mute"] == element.attributes.get("hold") == "true":
        yield on_attribute(element, "mute", 'mute="true" adds nothing to hold="true", which mutes already; keep one of them')
