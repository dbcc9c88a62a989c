"""Undocumented form of a User-To-User header.

What it does
Reports a `uui` with a value that lacks the parameter `encoding=base64` or `encoding=jwt`, and a single value with
more than 256 characters. Several values, separated by commas, are accepted.

Why is this bad?
The pages of BXML describe only single values of this form. According to the documentation of Bandwidth's packages,
`PhoneNumber` also accepts a list of values, with at most 350 characters. The REST API and some packages also accept
hexadecimal values.
Bandwidth does not document whether BXML accepts hexadecimal values or longer single values, and the schema allows
them, so this is a warning.

Example::

    <Response><Forward to="sip:desk@example.com" uui="Y2FzZSA3"/></Response>

Example::

    <Response><Forward to="sip:desk@example.com" uui="636173652037;encoding=hex"/></Response>

Use instead::

    <Response><Forward to="sip:desk@example.com" uui="Y2FzZSA3;encoding=base64"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages import schema_findings
from bxml.messages.text import assignment, counted, join_names, quote
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Forward/@uui", "PhoneNumber/@uui", "SipUri/@uui")

ENCODINGS: Final = ("base64", "jwt")
"""The encodings that the pages of BXML describe."""

MAX_LENGTH: Final = 256
"""The maximum number of characters, including the encoding parameter, that the pages of BXML allow."""

# RFC 7433 ignores the case of parameter names and allows spaces around ; and =.
_find_encoding: Final = re.compile(r';\s*encoding\s*=\s*"?([^\s;"]*)', re.IGNORECASE).search
"""Finds the encoding parameter of a value; group 1 is the encoding."""


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report the first fault of a value that the schema allows."""
    uui = element.attributes["uui"]
    if schema_findings.value_fault(uui, schema.vocabulary().elements["Forward"].attributes["uui"].type) is None:
        fault = _encoding_fault(uui) or _size_fault(uui)
        if fault:
            yield Violation.at_value(element, "uui", f"{assignment('uui', uui)} {fault}")


def _encoding_fault(uui: str) -> str | None:
    """Return the first fault of the encodings; each value of a list has its own encoding."""
    found = [match and match[1] for match in map(_find_encoding, uui.split(","))]
    unknown = [encoding for encoding in found if encoding and encoding.lower() not in (*ENCODINGS, "hex")]
    if not all(found):
        return "is missing its encoding; add ;encoding=base64 or ;encoding=jwt"
    if unknown:
        return f"has the unknown encoding {quote(unknown[0])}; allowed are {join_names(ENCODINGS)}"
    if not all(encoding and encoding.lower() in ENCODINGS for encoding in found):
        return f"is in hex, which only the REST API and the Ruby SDK accept; use {join_names(ENCODINGS, 'or')}"
    return None


def _size_fault(uui: str) -> str | None:
    # Bandwidth's packages document lists of values, with the limit of the schema.
    if "," not in uui and len(uui) > MAX_LENGTH:
        return f"has {counted(len(uui), 'character')}; the pages of BXML allow at most {MAX_LENGTH}"
    return None
