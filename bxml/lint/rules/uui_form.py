"""A User-To-User header has not the form that the pages of BXML describe.

They take one value of at most 256 characters with its `encoding` parameter, which is `base64` or `jwt`. The REST API and some
SDKs go further: hexadecimal values, lists with commas, 350 characters. Whether BXML takes those as well is not published, so
this is a warning, and the schema allows them.

Bad::

    <Response><Forward to="sip:desk@example.com" uui="Y2FzZSA3"/></Response>

Bad::

    <Response><Forward to="sip:desk@example.com" uui="636173652037;encoding=hex"/></Response>

Good::

    <Response><Forward to="sip:desk@example.com" uui="Y2FzZSA3;encoding=base64"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_value
from bxml.messages import findings
from bxml.messages.text import assignment, counted, listed, shown
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Forward/@uui", "PhoneNumber/@uui", "SipUri/@uui")

ENCODINGS: Final = ("base64", "jwt")
"""The encodings that the pages know."""

LONGEST: Final = 256
"""Characters of a value with its encoding, on the pages of BXML."""

# RFC 7433 takes the case of parameters and blanks around their signs lightly, and so does this.
_ENCODING: Final = re.compile(r';\s*encoding\s*=\s*"?([^\s;"]*)', re.IGNORECASE)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """The first thing that is wrong with the value, unless the schema refuses it as well."""
    uui = element.attributes["uui"]
    if findings.unfit(uui, schema.law().elements["Forward"].attributes["uui"].type) is None:
        fault = _encoding_fault(uui) or _size_fault(uui)
        if fault:
            yield on_value(element, "uui", f"{assignment('uui', uui)} {fault}")


def _encoding_fault(uui: str) -> str | None:
    """What is wrong with the encodings, of which each value of a list has its own."""
    found = [match and match[1] for match in map(_ENCODING.search, uui.split(","))]
    unknown = [encoding for encoding in found if encoding and encoding.lower() not in (*ENCODINGS, "hex")]
    if not all(found):
        return "lacks its encoding; add ;encoding=base64 or ;encoding=jwt"
    if unknown:
        return f"has the encoding {shown(unknown[0])}; allowed are {listed(ENCODINGS)}"
    if not all(encoding and encoding.lower() in ENCODINGS for encoding in found):
        return f"is in hex, which only the REST API and the Ruby SDK know; use {listed(ENCODINGS, 'or')}"
    return None


def _size_fault(uui: str) -> str | None:
    if "," in uui:
        return "is a list, which the pages of BXML do not know; give one value"
    if len(uui) > LONGEST:
        return f"has {counted(len(uui), 'character')}; the pages of BXML allow {LONGEST}"
    return None
