"""Characters and white space of XML: legal characters, escaping and normalization."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

WHITE_SPACE: Final = " \t\r\n"
"""White space of XML; Python's ``str.isspace`` accepts more characters."""


@cache
def _illegal_characters() -> re.Pattern[str]:
    """Return the expression for characters that XML does not allow. This expression takes the longest to compile."""
    return re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def illegal_character(text: str) -> re.Match[str] | None:
    """Return the first character that XML does not allow, even if it is escaped; ``None`` if every character is legal."""
    return _illegal_characters().search(text)


NEEDS_NO_ESCAPE: Final = "[ !#-%'-;=?-\xff]*"
"""Regular expression for strings that need no escape in text and attributes.

A string with a character beyond Latin-1 never matches, which makes the check faster.
"""

needs_no_escape: Final = re.compile(NEEDS_NO_ESCAPE).fullmatch
"""Matches strings that need no escape in text and attributes, as :data:`NEEDS_NO_ESCAPE` describes them."""


def is_attribute_name(name: str) -> bool:
    """Return whether a name is valid for an extra attribute. XML allows more letters, but Bandwidth has never used them."""
    return re.fullmatch(r"(?![Xx][Mm][Ll])[A-Za-z_][A-Za-z0-9._-]*", name) is not None


_IN_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# A parser replaces tabs and line breaks in attributes with spaces unless they are escaped.
_IN_ATTRIBUTE: Final = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


def without_illegal_characters(text: str) -> str:
    """Remove every character that XML does not allow."""
    return _illegal_characters().sub("", text)


def escape_text(text: str) -> str:
    """Escape a string for use between tags; a parser returns the same characters."""
    return text if needs_no_escape(text) else text.translate(_IN_TEXT)


def escape_attribute(text: str) -> str:
    """Escape a string for use between double quotes; a parser returns the same characters."""
    return text if needs_no_escape(text) else text.translate(_IN_ATTRIBUTE)


_split: Final = re.compile(f"[{WHITE_SPACE}]").split
_is_not_collapsed: Final = re.compile(r"[\t\r\n]|\A |  | \Z").search


def collapse(text: str) -> str:
    """Remove white space from the ends of a string, and replace every other sequence of white space with one space."""
    return " ".join(filter(None, _split(text))) if _is_not_collapsed(text) else text
