"""The user name and password that the emulator sends to a URL of the application."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from callcontrol.redacted_url_repr import redacted


@redacted
@dataclass(frozen=True)
class Credentials:
    """A user name and a password."""

    username: str
    password: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of the header ``Authorization``."""
        return f"Basic {b64encode(f'{self.username}:{self.password}'.encode()).decode()}"


def credentials(url: str, username: str | None, password: str | None) -> Credentials | None:
    """Return the credentials for a URL: the given user name and password, or else those in the URL.

    Args:
        url: The URL.
        username: The user name from a separate attribute or field. If only the password is given, the user name is empty.
        password: The password from a separate attribute or field. If only the user name is given, the password is empty.
    """
    if username is not None or password is not None:
        return Credentials(username or "", password or "")
    parts = urlsplit(url)
    if parts.username or parts.password:
        return Credentials(unquote(parts.username or ""), unquote(parts.password or ""))
    return None


def without_credentials(url: str) -> str:
    """Return a URL without its user name and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
