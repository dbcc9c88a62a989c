"""Characters and white space of XML: which a document can carry, and how text is escaped."""

from __future__ import annotations

import re
from typing import Final

WHITE_SPACE: Final = " \t\r\n"
"""What XML calls white space, which is less than what Python does."""

illegal_character: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]").search
"""Finds the first character that no XML document can carry, not even escaped."""

stands_as_it_is: Final = re.compile("[ !#-%'-;=?-\xff]*").fullmatch
"""Whether a text needs no escape, in text or attributes. A quick no, rather than a yes, is given beyond Latin-1."""

is_attribute_name: Final = re.compile(r"(?![Xx][Mm][Ll])[A-Za-z_][A-Za-z0-9._-]*").fullmatch
"""Whether an attribute may be called so; XML allows more letters, which the vendor has never used."""

_IN_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# A parser turns white space in attributes into blanks unless it is escaped.
_IN_ATTRIBUTE: Final = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


def escape_text(text: str) -> str:
    """As it stands between tags, so that a parser gives back the same characters."""
    return text if stands_as_it_is(text) else text.translate(_IN_TEXT)


def escape_attribute(text: str) -> str:
    """As it stands between double quotes, so that a parser gives back the same characters."""
    return text if stands_as_it_is(text) else text.translate(_IN_ATTRIBUTE)


_split: Final = re.compile(f"[{WHITE_SPACE}]").split
_is_loose: Final = re.compile(r"[\t\r\n]|\A |  | \Z").search


def collapse(text: str) -> str:
    """Without white space at the ends, and with one blank for each run of it."""
    return " ".join(filter(None, _split(text))) if _is_loose(text) else text
