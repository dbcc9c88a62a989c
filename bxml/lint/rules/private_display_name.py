"""Display name on a private call.

What it does
Reports a display name on a call with `privacy="true"`, unless it is `Restricted`, `Anonymous`, `Private` or
`Unavailable`.

Why is this bad?
With privacy Bandwidth allows only these four words, and does not document what happens to a call with another
name. Without privacy any name is allowed.

Example::

    <Response><Forward to="+12125550123" privacy="true" callerDisplayName="Ada Lovelace"/></Response>

Use instead::

    <Response><Forward to="+12125550123" privacy="true" callerDisplayName="Private"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.rules.privacy_word_as_caller_id import CALLER_ATTRIBUTES, PRIVACY_WORDS
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment, did_you_mean, join_names
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
TARGETS: Final = ("Forward/@callerDisplayName", "Transfer/@transferCallerDisplayName")


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report the display name of a call with privacy if the name is not a privacy word."""
    attribute = CALLER_ATTRIBUTES[element.name].name
    name = element.attributes[attribute]
    if element.attributes.get("privacy") == "true" and name not in PRIVACY_WORDS:
        allowed = f"allowed are {join_names(PRIVACY_WORDS)}{did_you_mean(name, PRIVACY_WORDS)}"
        message = f'{assignment(attribute, name)} is not allowed with privacy="true"; {allowed}'
        yield Violation.at_value(element, attribute, message)
