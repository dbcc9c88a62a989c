"""Suggestions of E.164 forms for phone numbers in other forms.

Suggestions are limited to North American numbers and to numbers with a plus sign. The library ``phonenumbers`` could convert
the national numbers of other countries, but neither a document nor a request names a country. The library is also large: its
wheel has 2.6 MB, and its import takes about 0.1 s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

_SEPARATED: Final = re.compile(r"\+?[0-9 ().-]+")
"""Matches digits with spaces, parentheses, points and hyphens, which people write between groups of digits."""

_NORTH_AMERICAN: Final = re.compile("1?([2-9][0-9]{2}[2-9][0-9]{6})")
"""Matches the digits of a North American number, with or without the country code 1."""

_AFTER_LOST_PLUS: Final = re.compile(" ([1-9][0-9]+)")

LOST_PLUS: Final = "; a + in a query string becomes a space, unless it is written as %2B"


def e164_hint(text: str, is_valid: Callable[[str], bool]) -> str:
    """Return a clause such as ``; did you mean "+12125550123"?``; empty if the text does not have exactly one E.164 form.

    Args:
        text: The text in place of a phone number.
        is_valid: Function that returns whether the schema allows a number.
    """
    numbers = {number for number in _e164_forms(text) if is_valid(number)}
    if len(numbers) != 1:
        return ""
    reason = LOST_PLUS if _AFTER_LOST_PLUS.fullmatch(text) else ""
    return f'{reason}; did you mean "{numbers.pop()}"?'


def _e164_forms(text: str) -> Iterator[str]:
    """Yield the numbers that a text can mean."""
    trimmed = text.strip()
    if not _SEPARATED.fullmatch(trimmed):
        return
    # The zero of +44 (0)20 is dialed only inside the country.
    digits = re.sub("[^0-9]", "", trimmed.replace("(0)", ""))
    if trimmed.startswith("+"):
        yield f"+{digits}"
    elif found := _NORTH_AMERICAN.fullmatch(digits):
        yield f"+1{found[1]}"
    # A space and ten digits can be a North American number, or a number whose plus sign became a space.
    if found := _AFTER_LOST_PLUS.fullmatch(text):
        yield f"+{found[1]}"
