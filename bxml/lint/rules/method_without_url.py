"""HTTP method without its URL.

What it does
Reports an HTTP method whose URL is missing. The default `POST` is accepted, because the Java SDK always
writes it.

Why is this bad?
Without the URL no request is sent, so the method has no effect. Either the URL was forgotten, or the method
is intended for another URL.

Example::

    <Response>
      <Transfer transferCompleteMethod="GET">
        <PhoneNumber>+12125550123</PhoneNumber>
      </Transfer>
    </Response>

Use instead::

    <Response>
      <Transfer transferCompleteUrl="https://app.example/done" transferCompleteMethod="GET">
        <PhoneNumber>+12125550123</PhoneNumber>
      </Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.rule import Violation, differs_from_default
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("@*Method",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report each method without its URL, unless the method is the default."""
    for name, attribute in schema.attributes().get(element.name, {}).items():
        url = attribute.method_of
        if url and url not in element.attributes and differs_from_default(element, name):
            useless = f"{assignment(name, element.attributes[name])} has no effect"
            yield Violation.at_attribute(element, name, f"{useless} without {url}; add the URL or remove the method")
