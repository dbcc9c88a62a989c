"""White space around a tag.

What it does
Reports a `Tag` whose text begins or ends with white space. This rule is off by default, because tools that
indent XML also add such white space.

Why is this bad?
The platform removes the white space, so the tag in webhooks differs from the tag in the document, and
comparing the two fails. A `Tag` with only white space clears the tag.

Example::

    <Response><Tag> order 17 </Tag><Pause duration="1"/></Response>

Use instead::

    <Response><Tag>order 17</Tag><Pause duration="1"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/tag
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import quote
from bxml.parsing.tree import Node
from bxml.xml_text import WHITE_SPACE

SEVERITY: Final = "warning"
TARGETS: Final = ("Tag",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a tag that begins or ends with white space."""
    tag = element.text
    trimmed = tag.strip(WHITE_SPACE)
    if tag != trimmed:
        removed = f"begins or ends with white space, which is removed; write {quote(trimmed)}"
        cleared = "contains only white space, which clears the tag; write <Tag/> if this is intended"
        yield Violation.at_text(element, f"{quote(tag)} {removed if trimmed else cleared}")
