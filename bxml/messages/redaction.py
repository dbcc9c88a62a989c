"""Hide passwords and user names in values, URLs and documents before they are shown."""

from __future__ import annotations

import re
from typing import Final


def is_secret(name: str) -> bool:
    """Whether the value of an attribute, in either spelling of its name, must not be shown."""
    return name.lower().endswith("password")


def without_user(text: str) -> str:
    """A text in which no URL shows its user and password."""
    return _USER.sub(r"\1…", text)


def without_secrets(text: str, *, is_xml: bool) -> str:
    """A document in which no password can be read, with all characters where they were.

    Of a text that is not XML nobody can say where the value of a password ends, so that all is hidden as far as its tag goes.
    """
    return _USER.sub(_hidden, (_PASSWORD if is_xml else _PASSWORD_AND_MORE).sub(_hidden, text))


def _hidden(found: re.Match[str]) -> str:
    return found[1] + re.sub(r"[^\s\"']", "•", found[2])


_PASSWORD: Final = re.compile(r"(password\s*=\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_PASSWORD_AND_MORE: Final = re.compile(r"(password\s*=)([^>]*)", re.IGNORECASE)

_SLASH: Final = "(?:/|&#0*47;|&#x0*2f;)"
_USER: Final = re.compile(
    rf"((?:https?|wss?):{_SLASH}{{0,2}}|{_SLASH}{{2}}|sips?:(?=[^\s\"'<>:@]*:))"
    # Up to an @ before the path begins, or to any if what stands behind the colon is no port, as in a password with a slash.
    rf"((?:(?!{_SLASH}|[?#\s\"'<>]).){{0,300}}|[^\s\"'<>/?#:]{{0,300}}:(?!\d*(?:[/?#\s\"'<>]|\Z))[^\s\"'<>]{{0,300}})"
    r"(?=@|&#0*64;|&#x0*40;)",
    re.IGNORECASE,
)
"""A URL as far as its user and password, also where its signs are written as references."""
