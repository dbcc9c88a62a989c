"""A word that hides the caller stands where the caller's number belongs.

`Restricted`, `Anonymous`, `Private` and `Unavailable` were caller ids until 2023, and comments in the SDKs still say so. The
newer pages want a phone number there, and the word as the display name of a call with privacy. What the platform makes of
the old way is not published, which is why this is a warning.

Bad::

    <Response>
      <Transfer transferCallerId="Anonymous"><PhoneNumber>+12125550123</PhoneNumber></Transfer>
    </Response>

Good::

    <Response>
      <Transfer privacy="true" transferCallerDisplayName="Anonymous"><PhoneNumber>+12125550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_value
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Forward/@from", "Transfer/@transferCallerId")

PRIVACY_WORDS: Final = ("Restricted", "Anonymous", "Private", "Unavailable")
"""What is shown of a caller who is hidden."""


class Caller(NamedTuple):
    """The attributes of a verb that say who calls."""

    number: str
    name: str


CALLERS: Final = {
    "Forward": Caller("from", "callerDisplayName"),
    "Transfer": Caller("transferCallerId", "transferCallerDisplayName"),
}
"""By the verb."""


def check(element: Node, _: Flow) -> Iterator[Found]:
    """One of the words instead of a number."""
    caller = CALLERS[element.name]
    word = element.attributes[caller.number]
    if word in PRIVACY_WORDS:
        instead = f'use privacy="true" and {assignment(caller.name, word)}'
        yield on_value(element, caller.number, f"{assignment(caller.number, word)} is no phone number; {instead}")
