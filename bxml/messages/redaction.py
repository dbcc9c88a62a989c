"""Hide passwords and user names in values, URLs and documents before they are shown."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final


def is_secret(name: str) -> bool:
    """Whether the value of an attribute, in either spelling of its name, must not be shown."""
    return name.lower().endswith("password")


def without_user(text: str) -> str:
    """A text in which no URL shows its user and password."""
    return _hide_users(text, lambda _: "…")


def without_secrets(text: str, *, is_xml: bool) -> str:
    """A document in which no password can be read, with all characters where they were.

    Of a text that is not XML nobody can say where the value of a password ends, so that all is hidden as far as its tag goes.
    """
    hidden = (_PASSWORD if is_xml else _PASSWORD_AND_MORE).sub(lambda found: found[1] + _dotted(found[2]), text)
    return _hide_users(hidden, _dotted)


def _dotted(secret: str) -> str:
    return re.sub(r"[^\s\"']", "•", secret)


_PASSWORD: Final = re.compile(r"(password\s*=\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_PASSWORD_AND_MORE: Final = re.compile(r"(password\s*=)([^>]*)", re.IGNORECASE)

# A sign of a URL may be written as a reference.
_SLASH: Final = "(?:/|&#0*47;|&#x0*2f;)"
_AT_SIGN: Final = re.compile("@|&#0*64;|&#x0*40;", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\s\"'<>]+")
_SCHEME: Final = re.compile(
    rf"(?:https?|wss?):{_SLASH}{{0,2}}|{_SLASH}{{2}}|sips?:(?=[^:@]*:)",
    re.IGNORECASE,
)
_AUTHORITY: Final = re.compile(rf"(?:(?!{_SLASH})[^?#])*+", re.IGNORECASE)
_USER_AND_COLON: Final = re.compile(r"[^/?#:]*+:(?!\d*(?:[/?#]|\Z))")
"""Matches as far as a colon that no port follows."""


def _hide_users(text: str, hidden: Callable[[str], str]) -> str:
    """Return the text with the user and password of each URL replaced."""
    return _WORD.sub(lambda word: _hide_users_of(word[0], hidden), text) if _AT_SIGN.search(text) else text


def _hide_users_of(word: str, hidden: Callable[[str], str]) -> str:
    """Return a text without white space and quotes, likewise.

    One regular expression would do, but would look again from each scheme in a text at all that follows it.
    """
    signs = [found.start() for found in _AT_SIGN.finditer(word)]
    pieces: list[str] = []
    written = place = 0
    while signs and (scheme := _SCHEME.search(word, place)) and scheme.end() <= signs[-1]:
        start = scheme.end()
        end = _end_of_user(word, start, signs)
        if end is None:
            place = scheme.start() + 1
        else:
            pieces += word[written:start], hidden(word[start:end])
            written = place = end
    return "".join((*pieces, word[written:]))


def _end_of_user(word: str, start: int, signs: Sequence[int]) -> int | None:
    """Return the place of the @ behind a user that begins at ``start``; ``None`` if the URL has no user.

    It is the last @ before the path, or the last of all if what follows the colon is not a port, as in a password with a slash.
    """
    authority = _AUTHORITY.match(word, start)
    assert authority, "it may be empty"
    last = bisect_right(signs, authority.end())
    if last and signs[last - 1] >= start:
        return signs[last - 1]
    user = _USER_AND_COLON.match(word, start)
    return signs[-1] if user and user.end() <= signs[-1] else None
