"""Replacements for the beginnings of URLs, so that the public URLs of an application lead to a program on this machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

HTTP_SCHEMES: Final = frozenset({"http", "https"})
"""The schemes of webhooks and audio files."""

STREAM_SCHEMES: Final = frozenset({"ws", "wss"})
"""The schemes of media streams."""

_DEFAULT_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}
"""The port of a URL without a port, by its scheme."""

EXPECTED: Final = "expected https://app.example=http://localhost:5000 or wss://bot.example=ws://localhost:8765, for example"
"""End of the messages about an invalid replacement."""


def is_absolute(url: str, schemes: Collection[str]) -> bool:
    """Return whether a URL is absolute and has one of these schemes."""
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of the port, or of the brackets of an IPv6 address
        return False


def check_url_map(prefixes: Mapping[str, str]) -> None:
    """Check replacements for the beginnings of URLs.

    Raises:
        ValueError: If a key or a value is not an absolute URL, or only one of them is the URL of a media stream.
    """
    for pair in prefixes.items():
        for url in pair:
            if not is_absolute(url, HTTP_SCHEMES | STREAM_SCHEMES):
                raise ValueError(f'"{url}" is not an http, https, ws or wss URL; {EXPECTED}')
        if len({urlsplit(url).scheme in STREAM_SCHEMES for url in pair}) > 1:
            raise ValueError(f'"{pair[0]}" and "{pair[1]}" are of different kinds; {EXPECTED}')


def is_this_machine(url: str) -> bool:
    """Return whether the host of a URL is this machine: a loopback address or ``localhost``."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:  # the URL is malformed, or the host is neither localhost nor an address
        return False


def no_tls(url: str) -> str:
    """Return the reason why a connection with TLS failed, without the host.

    A program on this machine often has no TLS, although the public URL of the application has. Then the reason says what to do.

    Args:
        url: The https or wss URL.
    """
    reason = "does not support TLS, or its certificate is not trusted"
    if not is_this_machine(url):
        return reason
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    mapping = f"{origin}={parts.scheme.removesuffix('s')}{origin.removeprefix(parts.scheme)}"
    return f"{reason}; to connect without TLS, add --map {mapping} (in Python, url_map)"


def has_streams(prefixes: Mapping[str, str]) -> bool:
    """Return whether there is a replacement for media streams."""
    return any(urlsplit(url).scheme in STREAM_SCHEMES for url in prefixes)


def has_webhooks(prefixes: Mapping[str, str]) -> bool:
    """Return whether there is a replacement for webhooks."""
    return any(urlsplit(url).scheme in HTTP_SCHEMES for url in prefixes)


def mapped(url: str, prefixes: Mapping[str, str]) -> str:
    """Return a URL whose beginning is replaced, or the URL itself if no key matches.

    The schemes and the hosts are compared without regard to case. A missing port is the default port of the scheme. The user
    and the password of the URL are kept, unless the replacement has its own. The fragment is removed.

    Args:
        url: The URL.
        prefixes: Replacements; the keys are beginnings of URLs that end where a path, a query or a part of a path ends. The
            longest key that matches is used.
    """
    if not prefixes or not is_absolute(url, HTTP_SCHEMES | STREAM_SCHEMES):
        return url
    parts, origin = urlsplit(url), _beginning(url)._replace(path="")
    found = {_beginning(prefix): replacement for prefix, replacement in prefixes.items()}
    for beginning in sorted(found, key=lambda beginning: len(beginning.path), reverse=True):
        rest = parts.path[len(beginning.path) :]
        is_same_host = beginning._replace(path="") == origin
        if is_same_host and parts.path.startswith(beginning.path) and rest[:1] in ("", "/"):
            target = urlsplit(found[beginning])
            user, at_sign, _host = parts.netloc.rpartition("@")
            netloc = target.netloc if "@" in target.netloc else f"{user}{at_sign}{target.netloc}"
            return target._replace(netloc=netloc, path=target.path.rstrip("/") + rest, query=parts.query).geturl()
    return url


class _Beginning(NamedTuple):
    """The parts of a URL that are compared."""

    scheme: str
    host: str | None
    port: int | None
    path: str


def _beginning(url: str) -> _Beginning:
    parts = urlsplit(url)
    return _Beginning(parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS[parts.scheme], parts.path.rstrip("/"))
