"""SpeakSentence with markup but no text.

What it does
Reports a `SpeakSentence` that contains elements but no text. The `alias` of a `sub` counts as text.

Why is this bad?
The schema does not allow a blank `SpeakSentence`. It is inferred, not documented, that the platform also
rejects a `SpeakSentence` with pauses only, so this is a warning. For silence, use `Pause`.

Example::

    <Response><SpeakSentence><break time="2s"/></SpeakSentence></Response>

Use instead::

    <Response><Pause duration="2"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node
from bxml.xml_text import collapse

SEVERITY: Final = "warning"
TARGETS: Final = ("SpeakSentence",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a SpeakSentence that has elements but no text; the schema check reports a SpeakSentence without any content."""
    if any(element.children) and not _has_text(element):
        yield Violation.at_name(element, f"<{element.name}> contains no text to speak; add text, or use <Pause> for silence")


def _has_text(element: Node) -> bool:
    if collapse(element.text) or element.attributes.get("alias"):
        return True
    return any(map(_has_text, element.children))
