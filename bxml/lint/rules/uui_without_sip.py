"""A call is forwarded to a phone number with a User-To-User header, which only SIP URIs get.

The header of `uui` travels in the SIP request to the callee. A phone number is reached through the telephone network, where
the header is lost, and nothing says so. That it is dropped rather than refused is inferred, so this is a warning.

Bad::

    <Response><Forward to="+12125550123" uui="Y2FzZSA3;encoding=base64"/></Response>

Good::

    <Response><Forward to="sip:desk@example.com" uui="Y2FzZSA3;encoding=base64"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_attribute
from bxml.messages import findings
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Forward/@uui",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A header that goes to a phone number; what is neither number nor URI is left to the schema."""
    to = element.attributes.get("to")
    if to is not None and _is_phone_number(to):
        uui = assignment("uui", element.attributes["uui"])
        message = f"{uui} is sent to SIP URIs only, and {assignment('to', to)} is a phone number; leave it out"
        yield on_attribute(element, "uui", message)


def _is_phone_number(text: str) -> bool:
    type_ = schema.law().elements["Transfer"].children["PhoneNumber"].text
    return type_ is not None and findings.unfit(text, type_) is None
