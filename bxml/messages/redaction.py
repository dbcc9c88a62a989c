"""Redaction: hides passwords and user names in values, URLs and documents before they are shown."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

HIDDEN: Final = "•"
"""The character that replaces each character of a password in a document."""


def is_secret(name: str) -> bool:
    """Return whether the value of an attribute is secret; the name can be spelled as in XML or as in Python."""
    return name.lower().endswith("password")


def redact_urls(text: str) -> str:
    """Return a string in which the user and the password of each URL are replaced by ``…``."""
    return _hide_users(text, lambda _: "…")


def redact_document(text: str, *, is_xml: bool) -> str:
    """Return a document with its passwords hidden; every other character keeps its position.

    Args:
        text: The document.
        is_xml: True if the document is well-formed. In a malformed document, the end of a password is unknown, so the rest of
            the tag is hidden as well.
    """
    if is_xml:
        return _redact(text, _dotted)
    return _hide_users(_password_and_more().sub(lambda found: found[1] + _dotted(found[2]), text), _dotted)


def redact_for_log(text: str) -> str:
    """Return a well-formed document in which each password, and the user of each URL, is replaced by ``…``.

    In contrast to :func:`redact_document`, the result does not show the length of a secret.
    """
    return _redact(text, lambda _: "…")


def _redact(text: str, hidden: Callable[[str], str]) -> str:
    """Return a well-formed document with each password, and the user of each URL, replaced."""

    def attribute(found: re.Match[str]) -> str:
        start, name, value = found.group("start", "name", "value")
        quote, content = value[0], value[1:-1]
        # A quote is a legal character of a password in a URL, so only white space ends a URL in an attribute.
        shown = hidden(content) if is_secret(name) else _hide_users(content, hidden, _NO_SPACE)
        return f"{start}{quote}{shown}{quote}"

    return _hide_users(_ATTRIBUTE.sub(attribute, text), hidden)


def _dotted(secret: str) -> str:
    """Return a secret with each character replaced by ``•``; white space and quotes stay."""
    return re.sub(r"[^\s\"']", HIDDEN, secret)


# Text can look like an attribute, but it cannot hide a real attribute, because no match contains a "<". Attributes with other
# names match too, so a password= inside their values is not taken for an attribute.
_ATTRIBUTE: Final = re.compile(r"(?P<start>(?<![\w:.-])(?P<name>[\w:.-]++)\s*+=\s*+)(?P<value>\"[^\"<]*\"|'[^'<]*')")


@cache
def _password_and_more() -> re.Pattern[str]:
    """Return the pattern of a password and the rest of its XML tag. Most runs do not need this pattern."""
    return re.compile(rf"(password\s*=)((?:{_TEMPLATE_TAG}|[^>])*+)", re.IGNORECASE)


# A ">" in a tag of a template does not end the XML tag. No tag contains its first character again, so that many tags without
# an end take linear time.
_TEMPLATE_TAG: Final = (
    r"\{\{(?:[^{}]|\}(?!\}))*+\}\}|\{%(?:[^{%]|%(?!\}))*+%\}|<%(?:[^<%]|%(?!>))*+%>|<\?(?:[^<?]|\?(?!>))*+\?>"
)

# In XML a character of a URL can be written as a character reference.
_SLASH: Final = "(?:/|&#0*47;|&#x0*2f;)"
_AT_SIGN: Final = re.compile("@|&#0*64;|&#x0*40;", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\s\"'<>]+")
_NO_SPACE: Final = re.compile(r"\S+")
# The user of a SIP URI is part of its address, so the user is hidden only if a password follows.
_SCHEME: Final = re.compile(
    rf"(?:https?|wss?):{_SLASH}{{0,2}}|{_SLASH}{{2}}|sips?:(?=[^:@]*:)",
    re.IGNORECASE,
)
_AUTHORITY: Final = re.compile(rf"(?:(?!{_SLASH})[^?#])*+", re.IGNORECASE)
_USER_AND_COLON: Final = re.compile(r"[^/?#:]*+:(?!\d*(?:[/?#]|\Z))")
"""Matches a user name and the colon after it, unless a port follows the colon."""


def _hide_users(text: str, hidden: Callable[[str], str], words: re.Pattern[str] = _WORD) -> str:
    """Return a string with the user and password of each URL replaced.

    Args:
        text: The string.
        hidden: Function that returns the replacement for a user and password.
        words: Pattern of the parts of the string that can each contain URLs.
    """
    return words.sub(lambda word: _hide_users_of(word[0], hidden), text) if _AT_SIGN.search(text) else text


def _hide_users_of(word: str, hidden: Callable[[str], str]) -> str:
    """Return a word with the user and the password of each URL replaced. A word has no white space.

    A single regular expression would take quadratic time, because it would search the rest of the word after each scheme.
    """
    at_signs = [found.start() for found in _AT_SIGN.finditer(word)]
    pieces: list[str] = []
    written = place = 0
    while at_signs and (scheme := _SCHEME.search(word, place)) and scheme.end() <= at_signs[-1]:
        start = scheme.end()
        end = _end_of_user(word, start, at_signs)
        if end is None:
            place = scheme.start() + 1
        else:
            pieces += word[written:start], hidden(word[start:end])
            written = place = end
    return "".join((*pieces, word[written:]))


def _end_of_user(word: str, start: int, at_signs: Sequence[int]) -> int | None:
    """Return the index of the @ after the user that begins at ``start``, or ``None`` if the URL has no user.

    The user ends at the last @ before the path. Without such an @, the user ends at the last @ of the word, because a
    password can contain a slash. This holds only if a colon comes before that @ and no port follows the colon.
    """
    authority = _AUTHORITY.match(word, start)
    assert authority, "the expression matches an empty string"
    last = bisect_right(at_signs, authority.end())
    if last and at_signs[last - 1] >= start:
        return at_signs[last - 1]
    user = _USER_AND_COLON.match(word, start)
    return at_signs[-1] if user and user.end() <= at_signs[-1] else None
