"""Replacements for the beginnings of URLs, so that requests to public URLs reach a program on this machine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from bxml.messages.redaction import redact_urls

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


def check_url_map(pairs: Iterable[tuple[str, str]]) -> None:
    """Check replacements for the beginnings of URLs. The messages contain no passwords.

    Args:
        pairs: Pairs of a beginning and its replacement.

    Raises:
        ValueError: If a URL is not absolute, or has a query or a fragment; if only one URL of a pair is that of a media stream;
            or if two replacements are for the same URL.
    """
    known: dict[_Beginning, str] = {}
    for prefix, replacement in pairs:
        for url in (prefix, replacement):
            if not is_absolute(url, HTTP_SCHEMES | STREAM_SCHEMES):
                raise ValueError(f"{_shown(url)} is not an http, https, ws or wss URL; {EXPECTED}")
            if not {"?", "#"}.isdisjoint(url):
                raise ValueError(
                    f"{_shown(url)} has a query or a fragment; only the beginnings of URLs are replaced; {EXPECTED}"
                )
        if (urlsplit(prefix).scheme in STREAM_SCHEMES) is not (urlsplit(replacement).scheme in STREAM_SCHEMES):
            shown = f"{_shown(prefix)} cannot be replaced with {_shown(replacement)}"
            raise ValueError(f"{shown}: only one is a WebSocket URL; {EXPECTED}")
        other = known.setdefault(_beginning(prefix), replacement)
        if other != replacement:
            raise ValueError(f"{_shown(prefix)} has two replacements: {_shown(other)} and {_shown(replacement)}")


def _shown(url: str) -> str:
    """Return a URL in quotes, without its user and password. The part before an @ may be those of a URL without a scheme."""
    hidden = redact_urls(url)
    return f'"{hidden if "//" in url else hidden[hidden.rfind("@") + 1 :]}"'


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


def unresolved(url: str, *, is_replaced: bool) -> str:
    """Return the reason why the host of a URL cannot be reached: its name cannot be resolved.

    The public host of an application often does not exist yet. Then the reason says what to do.

    Args:
        url: The URL.
        is_replaced: Whether the URL is a replacement, which is not replaced again.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    reason = f"the host name {host} cannot be resolved"
    if is_replaced:
        return reason
    mapping = f"{parts.scheme}://{host}={parts.scheme.removesuffix('s')}://localhost:PORT"
    return f"{reason}; if its program runs on this machine, add --map {mapping} (in Python, url_map)"


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
        prefixes: Replacements for the beginnings of URLs. A key matches if the rest of the URL is empty or begins with ``/`` or
            ``?``. The longest key that matches is used.
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
