"""The words that programming languages write for a missing value."""

from __future__ import annotations

from typing import Final

MISSING_VALUES: Final = {
    "undefined": "JavaScript writes for a missing value",
    "None": "Python writes for a missing value",
    "null": "many languages write for a missing value",
    "NaN": "JavaScript writes for an invalid number",
    "[object Object]": "JavaScript writes for an object",
}
"""The origins of the words, as clauses that complete "which …"."""

SDK_NONE: Final = "python-sdk 15 and 16 write for a missing argument"
"""Clause about ``None`` for a number or a boolean; found by running bandwidth-sdk 15.0, 16.0 and 17.0."""


def missing_value_hint(text: str, *, is_number_or_boolean: bool) -> str:
    """Return a clause such as ``; None is what python-sdk 15 and 16 write for a missing argument``.

    Args:
        text: The invalid value.
        is_number_or_boolean: True if the value should be a number or a boolean in a document.

    Returns:
        An empty string if the text is not a word for a missing value.
    """
    origin = MISSING_VALUES.get(text)
    if origin is None:
        return ""
    origin = SDK_NONE if is_number_or_boolean and text == "None" else origin
    return f"; {text} is what {origin}; write a value or leave it out"
