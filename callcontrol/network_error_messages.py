"""Messages for the exceptions of TLS, of sockets, and of the libraries ``requests`` and ``urllib3``.

This module also finds out from an exception whether any part of the request was sent.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException, RemoteDisconnected
from http.client import IncompleteRead as HttpIncompleteRead
from typing import Any, Final, TypeAlias

import requests
from urllib3.exceptions import (
    ClosedPoolError,
    ConnectTimeoutError,
    EmptyPoolError,
    InvalidChunkLength,
    LocationValueError,
    NewConnectionError,
    ProtocolError,
    ProxySchemeUnknown,
    ReadTimeoutError,
    SSLError,
)

from bxml.messages.text import escape_unprintable
from callcontrol import transport_error_wording as reasons
from callcontrol.redacted_url_repr import redacted
from callcontrol.urllib3_connections import InterimResponseError, NotConnected

MAX_DETAIL: Final = 300
"""Maximum number of characters that a message of this package repeats from the message of another library."""


class UnusableResponse(ValueError):
    """The body of a response is too large, or cannot be decompressed. The message has no subject: "sent a response …"."""


class UnreadableCertificates(requests.exceptions.SSLError):
    """A file of certificates or keys is missing or broken, so no connection was made."""


@redacted
@dataclass(frozen=True, slots=True)
class Route:
    """The host and the proxy of a request, for messages.

    Attributes:
        host: Host of the URL, with its port if the URL has one.
        proxy: Host and port of the proxy, without its user and password; ``None`` if the connection is direct.
        is_retried: Whether the adapter repeats requests. If it does, an earlier attempt may have been sent.
    """

    host: str
    proxy: str | None = None
    is_retried: bool = False


def explain(error: Exception, route: Route, timeout: float) -> tuple[str, bool]:
    """Return the message for an exception, and whether anything of the request may have been sent.

    Args:
        error: An exception of ``requests``, ``urllib3``, ``http.client``, ``ssl`` or a socket.
        route: The host and the proxy of the request.
        timeout: The timeout, in seconds.
    """
    chain = tuple(_chain(error))
    connected = not any(map(_is_before_request, chain))
    if connected:
        peer = reasons.response_peer(route.host, route.proxy)
    else:
        peer = f"the proxy {route.proxy}" if _is_by_proxy(chain, route) else route.host
    case = _Case(route, peer, timeout)
    message = _first(_AFTER_CONNECTING if connected else _CONNECTING, chain, case) or _otherwise(error, chain, case)
    return message, connected or route.is_retried


@redacted
@dataclass(frozen=True, slots=True)
class _Case:
    """The values that a message can contain.

    Attributes:
        route: The host and the proxy of the request.
        peer: The host or proxy that the message is about.
        timeout: The timeout, in seconds.
    """

    route: Route
    peer: str
    timeout: float


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all exceptions that it wraps, the outermost first."""
    pending, seen = [error], set[int]()
    while pending:
        link = pending.pop(0)
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        # PySocks and urllib3 leave the cause of a failed connection in the context.
        context = link.__context__ if isinstance(link, NewConnectionError) else None
        named = (getattr(link, name, None) for name in ("cause", "reason", "original_error", "socket_err"))
        wrapped = (*link.args, link.__cause__, context, *named)
        pending += [inner for inner in wrapped if isinstance(inner, BaseException)]


_BEFORE_REQUEST: Final = (
    NotConnected,
    ClosedPoolError,
    ConnectTimeoutError,
    EmptyPoolError,
    LocationValueError,
    NewConnectionError,
    UnreadableCertificates,
    requests.ConnectTimeout,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    ssl.SSLCertVerificationError,
)
"""Exceptions that are raised before anything of a request is sent."""

_TUNNEL: Final = re.compile(r"Tunnel connection failed: (?P<status>\d{3}.*)")
"""Message of http.client if a proxy refuses CONNECT."""

_MISSING_FILE: Final = re.compile(r"Could not find .*TLS .*, invalid path: (?P<path>.*)")
"""Message of ``requests`` if a file of certificates or keys does not exist."""


def _is_before_request(error: BaseException) -> bool:
    if isinstance(error, _BEFORE_REQUEST) or _is_broken_file(error):
        return True
    return isinstance(error, OSError) and bool(_TUNNEL.match(str(error)) or _MISSING_FILE.match(str(error)))


def _is_broken_file(error: BaseException) -> bool:
    """Return whether a file of certificates or keys could not be parsed. A handshake raises no PEM or X509 errors."""
    return isinstance(error, ssl.SSLError) and error.library in {"PEM", "X509"}


def _is_by_proxy(chain: tuple[BaseException, ...], route: Route) -> bool:
    """Return whether the proxy, or the connection to it, failed."""
    for error in chain:
        if isinstance(error, NotConnected):
            return error.by_proxy
    return route.proxy is not None and not any(isinstance(error, ssl.SSLError | SSLError) for error in chain)


Message: TypeAlias = str | Callable[[Any, _Case], str]
"""A template with the fields {peer}, {host}, {timeout} and {error}, or a function that returns a message or an empty string."""

Row: TypeAlias = tuple[type[BaseException] | tuple[type[BaseException], ...], Message]


def _unresolved(_: Any, case: _Case) -> str:
    return reasons.UNRESOLVED.format(name=reasons.without_port(case.peer))


def _invalid_host(_: Any, case: _Case) -> str:
    if case.route.proxy:
        return f'{case.route.host} cannot be reached: this name or the name of the proxy "{case.route.proxy}" is invalid'
    return reasons.INVALID_HOST.format(host=case.route.host)


def _untrusted(error: ssl.SSLCertVerificationError, case: _Case) -> str:
    return reasons.UNTRUSTED.format(peer=case.peer, detail=reasons.detail_of(error))


def _no_adapter(error: Exception, case: _Case) -> str:
    if "SOCKS" in str(error):
        return f"the SOCKS proxy {case.route.proxy} requires the package PySocks; install it, or use an HTTP proxy"
    return f"the session has no adapter for the URL of {case.route.host}"


def _handshake(error: ssl.SSLError, case: _Case) -> str:
    if _is_broken_file(error):
        return f"the certificates for {case.route.host} cannot be read; expected a file in PEM format"
    return reasons.HANDSHAKE_FAILED.format(peer=case.peer, detail=reasons.detail_of(error))


def _broken_tls(error: ssl.SSLError, case: _Case) -> str:
    return reasons.BROKEN_TLS.format(peer=case.peer, detail=reasons.tls_reason(error))


def _system(error: OSError, case: _Case) -> str:
    """Return the message for an error of the system, a refused tunnel or a missing file, or "" if the error has no detail."""
    if tunnel := _TUNNEL.match(str(error)):
        detail = reasons.tunnel_refusal(escape_unprintable(tunnel["status"].strip()[:MAX_DETAIL]))
        return reasons.NO_TUNNEL.format(proxy=case.route.proxy, host=case.route.host, detail=detail)
    if missing := _MISSING_FILE.match(str(error)):
        return f"{missing['path']} cannot be read: no such file; expected certificates or a key in PEM format"
    detail = reasons.detail_of(error)
    return reasons.UNREACHABLE_BECAUSE.format(peer=case.peer, detail=detail) if detail else ""


_CONNECTING: Final[tuple[Row, ...]] = (
    (UnreadableCertificates, "{error}"),
    (
        ProxySchemeUnknown,
        "{host} cannot be reached: the scheme of its proxy is unknown; expected http, https, socks5 or socks5h",
    ),
    (
        requests.exceptions.InvalidProxyURL,
        "{host} cannot be reached: the URL of its proxy is invalid; expected http://host:port",
    ),
    (requests.exceptions.InvalidSchema, _no_adapter),
    ((LocationValueError, requests.exceptions.InvalidURL, requests.exceptions.MissingSchema), _invalid_host),
    (ClosedPoolError, "another thread closed the connections to {host}"),
    (EmptyPoolError, "the session has no free connection to {host}"),
    (socket.gaierror, _unresolved),
    (ConnectionRefusedError, reasons.REFUSED),
    (ssl.SSLCertVerificationError, _untrusted),
    (ssl.SSLEOFError, reasons.HANDSHAKE_CLOSED),
    (TimeoutError, reasons.CONNECTING_TIMED_OUT),
    (ssl.SSLError, _handshake),
    (RemoteDisconnected, reasons.CLOSED_BEFORE_REQUEST),
    (reasons.CONNECTION_ENDED, reasons.RESET_BEFORE_REQUEST),
    ((HTTPException, ProtocolError), reasons.INVALID_BEFORE_REQUEST),
    (requests.Timeout, reasons.CONNECTING_TIMED_OUT),
    (OSError, _system),
    (Exception, reasons.UNREACHABLE),
)
"""Messages if the request was not sent. The first row that matches an exception or one of its causes applies."""

_AFTER_CONNECTING: Final[tuple[Row, ...]] = (
    ((UnusableResponse, InterimResponseError), "{peer} {error}"),
    ((ReadTimeoutError, TimeoutError, requests.Timeout), reasons.TIMED_OUT),
    (RemoteDisconnected, reasons.CLOSED),
    (InvalidChunkLength, reasons.INVALID_CHUNK),
    ((HttpIncompleteRead, ssl.SSLEOFError), reasons.INCOMPLETE),
    (reasons.CONNECTION_ENDED, reasons.RESET),
    (ssl.SSLError, _broken_tls),
    (requests.exceptions.RetryError, "the session's adapter repeated the request to {peer} without success"),
    ((HTTPException, ProtocolError), reasons.INVALID),
)
"""Messages if the request may have been sent. The first row that matches an exception or one of its causes applies."""


def _first(rows: tuple[Row, ...], chain: tuple[BaseException, ...], case: _Case) -> str | None:
    """Return the message of the first row that matches and has a message. Without such a row, return ``None``."""
    for classes, message in rows:
        for error in chain:
            if isinstance(error, classes) and (text := _text(message, error, case)):
                return text
    return None


def _text(message: Message, error: BaseException, case: _Case) -> str:
    if callable(message):
        return message(error, case)
    return message.format(peer=case.peer, host=case.route.host, timeout=case.timeout, error=error)


def _otherwise(error: Exception, chain: tuple[BaseException, ...], case: _Case) -> str:
    """Return the message for an unknown error.

    The text of a ConnectionError is quoted, because packages for tests name the request in this text.
    """
    own = isinstance(error, requests.ConnectionError) and len(chain) == 1
    detail = f": {escape_unprintable(' '.join(str(error).split())[:MAX_DETAIL])}" if own else ""
    return f"{reasons.FAILED.format(peer=case.peer)}{detail}"
