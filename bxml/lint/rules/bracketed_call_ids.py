"""Brackets or quotes in a list of call ids.

What it does
Reports a `callIdsToCoach` that contains brackets, parentheses or quotes. The attribute takes call ids
separated by commas.

Why is this bad?
Such a value appears when a program converts a list to a string, as Bandwidth's Python SDK does up to version
23.3.1. No call has such an id, so nobody hears the coach. The schema allows the value, so this is a warning.

Example::

    <Response><Conference callIdsToCoach="['c-1', 'c-2']">support</Conference></Response>

Use instead::

    <Response><Conference callIdsToCoach="c-1,c-2">support</Conference></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/conference
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment, shorten
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Conference/@callIdsToCoach",)

_remove_brackets: Final = re.compile(r"[\[\](){}\"'\s]+").sub
"""Removes brackets, quotes and white space, which are not part of call ids."""


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a list that contains brackets or quotes."""
    call_ids = element.attributes["callIdsToCoach"]
    plain = _remove_brackets("", call_ids)
    if any(character in call_ids for character in "[]()\"'"):
        fix = f'write "{shorten(plain)}"' if plain.strip(",") else "remove the attribute"
        message = f"{assignment('callIdsToCoach', call_ids)} contains brackets or quotes; {fix}"
        replacement = plain if all(plain.split(",")) else None
        yield Violation.at_value(element, "callIdsToCoach", message, replacement)
