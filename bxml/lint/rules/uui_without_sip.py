"""User-To-User header to a phone number.

What it does
Reports a `uui` on a `Forward` to a phone number.

Why is this bad?
The header is part of the SIP request to the called party. A phone number is reached through the telephone
network, which does not carry the header. It is inferred, not documented, that the platform drops the header
and does not reject the call, so this is a warning.

Example::

    <Response><Forward to="+12125550123" uui="Y2FzZSA3;encoding=base64"/></Response>

Use instead::

    <Response><Forward to="sip:desk@example.com" uui="Y2FzZSA3;encoding=base64"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages import schema_findings
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Forward/@uui",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a header to a phone number; the schema check reports an invalid destination."""
    to = element.attributes.get("to")
    if to is not None and _is_phone_number(to):
        uui = assignment("uui", element.attributes["uui"])
        message = f"{uui} is sent only to SIP URIs, but {assignment('to', to)} is a phone number; remove uui"
        yield Violation.at_attribute(element, "uui", message)


def _is_phone_number(to: str) -> bool:
    type_ = schema.vocabulary().elements["Transfer"].children["PhoneNumber"].text
    return type_ is not None and schema_findings.value_fault(to, type_) is None
