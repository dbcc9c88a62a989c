"""Replacements for the beginnings of URLs, so that requests to public URLs reach a program on this machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

HTTP_SCHEMES: Final = frozenset({"http", "https"})
"""The schemes of webhooks and audio files."""

STREAM_SCHEMES: Final = frozenset({"ws", "wss"})
"""The schemes of media streams."""

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
            raise ValueError(f'"{pair[0]}" cannot be replaced with "{pair[1]}": only one is a WebSocket URL; {EXPECTED}')


def is_this_machine(url: str) -> bool:
    """Return whether the host of a URL is this machine: a loopback address or ``localhost``."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:  # the URL is malformed, or the host is neither localhost nor an address
        return False


def no_tls(url: str) -> str:
    """Return the reason why a connection with TLS failed, without the host.

    If the host is this machine, the reason contains the option that connects without TLS: a local program often does not
    support TLS, although the public URL of the application begins with https or wss.

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
    """Return a URL whose beginning is replaced.

    Args:
        url: The URL.
        prefixes: Replacements for the beginnings of URLs. A key matches if the rest of the URL is empty or begins with ``/`` or
            ``?``. The longest key that matches is used.
    """
    for prefix in sorted(prefixes, key=len, reverse=True):
        beginning = prefix.rstrip("/")
        rest = url[len(beginning) :]
        if url.lower().startswith(beginning.lower()) and rest[:1] in ("", "/", "?"):
            return prefixes[prefix].rstrip("/") + rest
    return url
