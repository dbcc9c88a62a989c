"""Parts of sentences: quoted values, lists of names, and the nearest legal name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from bxml.messages.redaction import is_secret, without_user

LONGEST_QUOTE: Final = 60
"""Characters of the offender that a sentence repeats."""


# Parts of sentences


def shown(value: object) -> str:
    """A value as its author wrote it, but short and on one line."""
    try:
        text = f'"{value}"' if isinstance(value, str) else repr(value)
    except Exception:  # noqa: BLE001  a foreign __repr__ may raise anything, and must not hide the problem
        text = "an enormous number" if isinstance(value, int) else f"a value of type {type(value).__name__}"
    return cut(without_user(text))


def cut(text: str) -> str:
    """The beginning of a text, on one line."""
    return one_line(text[:LONGEST_QUOTE] + "…" if len(text) > LONGEST_QUOTE else text)


def one_line(text: str) -> str:
    """A text in which line breaks, and what would move a terminal, are spelled out."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def assignment(name: str, value: object) -> str:
    """An attribute and its value, which is not shown if it is a password."""
    return f"{name}=" + ('"…"' if is_secret(name) else shown(value))


def listed(names: Iterable[str], conjunction: str = "and") -> str:
    """``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def near(name: str, legal: Iterable[str], spelled: Callable[[str], str] = str) -> str:
    """``; did you mean …?``, or nothing if no legal name is close."""
    from difflib import get_close_matches  # only here, for its import takes a millisecond

    by_lower_case = {candidate.lower(): candidate for candidate in legal}
    found = get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.75)
    return f"; did you mean {spelled(by_lower_case[found[0]])}?" if found else ""


def counted(count: int, noun: str) -> str:
    """``1 child``, ``2 children``."""
    plurals = {"child": "children", "character": "characters"}
    return f"{count} {noun if count == 1 else plurals[noun]}"
