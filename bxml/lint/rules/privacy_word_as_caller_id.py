"""Privacy word instead of a caller number.

What it does
Reports `Restricted`, `Anonymous`, `Private` or `Unavailable` in place of the number of the caller.

Why is this bad?
These words were caller ids until 2023, and comments in the SDKs still list them. The current pages require a
phone number, and use such a word as the display name of a call with privacy. They do not say what the
platform does with the old form, so this is a warning.

Example::

    <Response>
      <Transfer transferCallerId="Anonymous"><PhoneNumber>+12125550123</PhoneNumber></Transfer>
    </Response>

Use instead::

    <Response>
      <Transfer privacy="true" transferCallerDisplayName="Anonymous"><PhoneNumber>+12125550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Forward/@from", "Transfer/@transferCallerId")

PRIVACY_WORDS: Final = ("Restricted", "Anonymous", "Private", "Unavailable")
"""The display names of a caller whose number is hidden."""


class CallerAttributes(NamedTuple):
    """The attributes of a verb that identify the caller."""

    number: str
    name: str


CALLER_ATTRIBUTES: Final = {
    "Forward": CallerAttributes("from", "callerDisplayName"),
    "Transfer": CallerAttributes("transferCallerId", "transferCallerDisplayName"),
}
"""The attributes of each verb that identify the caller, by the name of the verb."""


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a privacy word in place of a number."""
    caller = CALLER_ATTRIBUTES[element.name]
    word = element.attributes[caller.number]
    if word in PRIVACY_WORDS:
        fix = f'use privacy="true" and {assignment(caller.name, word)}'
        message = f"{assignment(caller.number, word)} is not a phone number; {fix}"
        yield Violation.at_value(element, caller.number, message)
