"""Parts of messages: quoted values, lists of names, and the nearest legal name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from bxml.messages.string_likes import is_a, plain

LONGEST_QUOTE: Final = 60
"""Maximum number of characters of a value that a message quotes."""


def quote(value: object) -> str:
    """Return a value as its author wrote it, shortened and on one line, without the passwords in its URLs."""
    from bxml.messages.redaction import redact_urls  # its expressions are not needed until something is invalid

    try:
        text = f'"{plain(value)}"' if is_a(value, str) else repr(value)
    except Exception:  # noqa: BLE001  a foreign __repr__ may raise anything, and must not hide the problem
        text = "a very large integer" if isinstance(value, int) else f"a value of type {type(value).__name__}"
    return shorten(redact_urls(text))


def shorten(text: str) -> str:
    """Return a string on one line, cut off if it is long."""
    return escape_unprintable(text[:LONGEST_QUOTE] + "…" if len(text) > LONGEST_QUOTE else text)


def escape_unprintable(text: str) -> str:
    """Return a string with its line breaks and control characters escaped, so that it cannot move the cursor of a terminal."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def assignment(name: str, value: object) -> str:
    """Return ``name="value"``; the value of a password is hidden."""
    from bxml.messages.redaction import is_secret

    return f"{name}=" + ('"…"' if is_secret(name) else quote(value))


def join_names(names: Iterable[str], conjunction: str = "and") -> str:
    """Return the names as ``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def did_you_mean(name: str, legal: Iterable[str], spelled: Callable[[str], str] = str) -> str:
    """Return ``; did you mean …?``, or an empty string if the name is not similar to a legal name.

    Args:
        name: The name that was found.
        legal: The names that are allowed.
        spelled: Function that spells a legal name for the reader.
    """
    from difflib import get_close_matches  # imported here because it takes a millisecond

    by_lower_case = {candidate.lower(): candidate for candidate in legal}
    found = get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.75)
    return f"; did you mean {spelled(by_lower_case[found[0]])}?" if found else ""


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun: ``1 file``, ``2 files``."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
