"""A fallback URL stands without the URL that it is the fallback of.

A fallback URL is tried when the first URL does not respond. Without a first one there is no request that could fail: neither
URL is ever asked, and the call goes on, or ends, as if nothing had been given.

Bad::

    <Response>
      <Transfer transferCompleteFallbackUrl="https://backup.example/done">
        <PhoneNumber>+12125550123</PhoneNumber>
      </Transfer>
    </Response>

Good::

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
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_attribute
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("@*FallbackUrl",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """Each fallback that is alone."""
    for name, attribute in schema.attributes().get(element.name, {}).items():
        primary = attribute.fallback_of
        if primary and name in element.attributes and primary not in element.attributes:
            written = assignment(name, element.attributes[name])
            yield on_attribute(element, name, f"{written} is never tried without {primary}; give both or neither")
