"""Fallback URL without its primary URL.

What it does
Reports a fallback URL without the primary URL that it belongs to.

Why is this bad?
The platform requests a fallback URL only if the request to the primary URL fails. Without a primary URL the
fallback URL is never requested, and the call continues or ends as if no URL had been given.

Example::

    <Response>
      <Transfer transferCompleteFallbackUrl="https://backup.example/done">
        <PhoneNumber>+12125550123</PhoneNumber>
      </Transfer>
    </Response>

Use instead::

    <Response>
      <Transfer transferCompleteUrl="https://app.example/done" transferCompleteFallbackUrl="https://backup.example/done">
        <PhoneNumber>+12125550123</PhoneNumber>
      </Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("@*FallbackUrl",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report each fallback URL without its primary URL."""
    for name, attribute in schema.attributes().get(element.name, {}).items():
        primary = attribute.fallback_of
        if primary and name in element.attributes and primary not in element.attributes:
            unused = f"{assignment(name, element.attributes[name])} is never requested"
            yield Violation.at_attribute(element, name, f"{unused} without {primary}; add that URL or remove the fallback URL")
