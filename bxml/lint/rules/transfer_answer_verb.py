"""A document for the called party of a transfer holds a verb that would take the call elsewhere.

It is run between the answer and the connection, and the vendor's page rules `Bridge`, `Conference`, `Forward` and `Transfer`
out there; it does not say what happens to a document that has one. `Connect` and `Refer` are on neither of its lists, and
are left alone.

Bad (--context transfer-answer)::

    <Response>
      <SpeakSentence>A caller is waiting.</SpeakSentence>
      <Conference>support</Conference>
    </Response>

Good (--context transfer-answer)::

    <Response>
      <SpeakSentence>A caller is waiting.</SpeakSentence>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.call_flow import ROOTS, Flow
from bxml.lint.rule import Found, on_name
from bxml.messages.text import listed
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
AT: Final = ROOTS


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """Every verb that the called party may not run before it is connected."""
    if flow.context != "transfer-answer":
        return
    known = schema.law().elements[element.name].children
    forbidden = [name for name, verb in known.items() if "transfer-answer" not in verb.behavior.contexts]
    for verb in element.children:
        if verb.name in forbidden:
            others = listed((f"<{name}>" for name in forbidden if name != verb.name), "or")
            yield on_name(verb, f"<{verb.name}> may not run before the called party is connected, nor may {others}")
