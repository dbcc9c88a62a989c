"""An HTTP method is given for a request that is never made.

Each of these methods is for the request to one URL. Without the URL there is no request, and the method has no effect: the URL
was forgotten, or the method of another one is meant. The default, POST, is tolerated, for the Java SDK writes it always.

Bad::

    <Response>
      <Transfer transferCompleteMethod="GET">
        <PhoneNumber>+12125550123</PhoneNumber>
      </Transfer>
    </Response>

Good::

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
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, is_set, on_attribute
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("@*Method",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """Each method that is not the default, and has no URL."""
    for name, attribute in schema.attributes().get(element.name, {}).items():
        url = attribute.method_of
        if url and url not in element.attributes and is_set(element, name):
            written = assignment(name, element.attributes[name])
            yield on_attribute(element, name, f"{written} has no effect without {url}; give that too or leave both out")
