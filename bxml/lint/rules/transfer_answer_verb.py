"""Verb that is not allowed for the called party of a transfer.

What it does
Reports `Bridge`, `Conference`, `Forward` and `Transfer` in a document for the called party of a transfer.
Bandwidth's page lists `Connect` and `Refer` neither as allowed nor as forbidden, so these are accepted.

Why is this bad?
Such a document runs after the called party answers and before the two parties are connected. Bandwidth's page
does not allow the document to connect the call to another party, and does not say what happens if the
document contains one of these four verbs.

Example (--context transfer-answer)::

    <Response>
      <SpeakSentence>A caller is waiting.</SpeakSentence>
      <Conference>support</Conference>
    </Response>

Use instead (--context transfer-answer)::

    <Response>
      <SpeakSentence>A caller is waiting.</SpeakSentence>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import ROOTS, Flow
from bxml.messages.text import join_names
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
TARGETS: Final = ROOTS


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report every verb that is not allowed before the called party is connected."""
    if flow.context != "transfer-answer":
        return
    known = schema.vocabulary().elements[element.name].children
    forbidden = [name for name, verb in known.items() if "transfer-answer" not in verb.behavior.contexts]
    for verb in flow.each(element.children):
        if verb.name in forbidden:
            others = join_names(f"<{name}>" for name in forbidden if name != verb.name)
            message = f"is not allowed before the called party is connected; remove it ({others} are not allowed either)"
            yield Violation.at_name(verb, f"<{verb.name}> {message}")
