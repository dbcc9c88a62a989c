"""A call that hides its caller shows a name of its own.

With privacy, the only display names that are allowed are the four words that say why there is no name. The vendor names the
rule and not what becomes of a call that breaks it. Without privacy any name may be shown.

Bad::

    <Response><Forward to="+12125550123" privacy="true" callerDisplayName="Ada Lovelace"/></Response>

Good::

    <Response><Forward to="+12125550123" privacy="true" callerDisplayName="Private"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_value
from bxml.lint.rules.privacy_word_as_caller_id import CALLERS, PRIVACY_WORDS
from bxml.messages.text import assignment, listed, near
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
AT: Final = ("Forward/@callerDisplayName", "Transfer/@transferCallerDisplayName")


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A name beside privacy that is none of the words."""
    attribute = CALLERS[element.name].name
    name = element.attributes[attribute]
    if element.attributes.get("privacy") == "true" and name not in PRIVACY_WORDS:
        allowed = f"allowed are {listed(PRIVACY_WORDS)}{near(name, PRIVACY_WORDS)}"
        message = f'{assignment(attribute, name)} may not stand beside privacy="true"; {allowed}'
        yield on_value(element, attribute, message)
