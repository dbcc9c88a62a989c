"""Requests over the network: one pool of connections, an end to each wait, nothing kept and nothing followed.

It stands on urllib3 alone, for what requests adds to it (sessions, hooks, cookies, redirects) would have to be switched off
again, and takes as long as all the rest.
"""

from __future__ import annotations

import os
import queue
import ssl
import threading
import urllib.request
from collections.abc import Callable, Generator
from contextlib import closing
from http.client import HTTPException
from typing import Any, Final, NamedTuple, TypeAlias, cast
from urllib.parse import unquote, urlsplit

import certifi
import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ClosedPoolError,
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    IncompleteRead,
    LocationValueError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from callcontrol.deadlines import Connection, InterimResponseError, Pool, SecureConnection, SecurePool
from callcontrol.errors import TransportError
from callcontrol.forks import renew_after_fork
from callcontrol.http_messages import Headers, Reply, Request

LARGEST_REPLY: Final = 64 * 1024 * 1024
"""Bytes of an answer that are read; a page of 10,000 calls is about a fifth of that."""

CONNECTIONS: Final = 64
"""Connections kept open for the threads of a client."""

Reasons: TypeAlias = tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]

_REASONS: Final[Reasons] = (
    (ReadTimeoutError, "{host} did not answer within {timeout:g} seconds"),
    (SSLError, "no secure connection to {host} could be made"),
    (ProxyError, "the connection to {host}, or to the proxy, ended before a response"),
    (DecodeError, "{host} answered what cannot be unpacked"),
    (ProtocolError, "{host} could not be reached, or ended the connection"),
)
"""What happened, by the first class that fits."""

_OTHERWISE: Final = "the request to {host} could not be made"

_NO_CONNECTION: Final[Reasons] = (
    (NewConnectionError, "{host} could not be reached, or ended the connection"),
    ((ssl.SSLError, SSLError), "no secure connection to {host} could be made"),
    ((ConnectTimeoutError, TimeoutError), "{host} could not be reached within {timeout:g} seconds"),
)
"""Why there is no connection, by the first class that fits; any other reason is the first one."""


class Transport:
    """Sends requests, and reads what comes back."""

    def __init__(self, timeout: float) -> None:
        """Open nothing yet."""
        self._timeout = timeout
        self._timeouts = urllib3.Timeout(connect=timeout, read=timeout)
        self.renew_after_fork()
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """Forget the parent's connections without a word to the other side, and open new ones when they are needed.

        The copies of the sockets are closed, but neither TCP nor TLS is shut down: the parent goes on with them.
        """
        self._lock = threading.Lock()
        self._origins: dict[tuple[str, str], _Origin] = {}

    def __call__(self, request: Request) -> Reply:
        """The answer to a request.

        Raises:
            TransportError: if none comes back, or too much of one.
        """
        scheme, _, rest = request.url.partition("://")
        host, _, target = rest.partition("/")
        # Compression is not asked for, unless by name: a small answer could unpack to one that fills the memory.
        headers = {"User-Agent": "bxml-callcontrol", **request.headers.as_dict()}
        try:
            origin = self._origin(scheme, host)
            response = origin.urlopen(
                request.method,
                request.url if origin.is_proxy else f"/{target}",
                redirect=False,
                body=request.body or None,
                headers=headers,
                timeout=self._timeouts,
                retries=False,
                preload_content=False,
            )
            return Reply(response.status, Headers(response.headers), _body(response, host))
        except HTTPError as error:
            reason = _reason(error).format(host=host, timeout=self._timeout)
            raise TransportError(reason, sent=not isinstance(error, _NOTHING_SENT)) from None

    def _origin(self, scheme: str, host: str) -> _Origin:
        """The way to a host."""
        with self._lock:
            if (scheme, host) not in self._origins:
                self._origins[scheme, host] = _way_to(scheme, host)
            return self._origins[scheme, host]

    def discard_connections(self) -> None:
        """Use no connection again; those of requests under way are closed after their responses."""
        with self._lock:
            self._origins = {}  # urllib3 closes the connections of a pool that nothing refers to

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        with self._lock:
            origins, self._origins = self._origins, {}
        for origin in origins.values():
            origin.close()


class _Origin(NamedTuple):
    """The connections to one host."""

    close: Callable[[], None]
    urlopen: Callable[..., urllib3.BaseHTTPResponse]
    is_proxy: bool
    """Whether they are a proxy's, which wants to be told the whole URL."""


def _way_to(scheme: str, host: str) -> _Origin:
    """Directly, or by the proxy that the environment names for a host."""
    arguments: dict[str, Any] = {"maxsize": CONNECTIONS}
    if scheme == "https":
        arguments["ssl_context"] = _secure()
    proxy = None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get(scheme)
    if proxy:
        pool: urllib3.PoolManager = urllib3.ProxyManager(proxy, proxy_headers=_for_proxy(proxy), **arguments)
    else:
        pool = urllib3.PoolManager(**arguments)
    # What the library's own types allow here is less than what it documents.
    pool.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}  # pyright: ignore[reportAttributeAccessIssue]
    # The pool of the one host is asked directly, for to look it up each time takes as long as to check a document.
    if proxy:
        return _Origin(pool.clear, pool.urlopen, is_proxy=True)
    direct = pool.connection_from_url(f"{scheme}://{host}")
    return _Origin(direct.close, direct.urlopen, is_proxy=False)


def _secure() -> ssl.SSLContext:
    """Trust in the authorities of certifi, unless the environment names others, as is usual behind a company's proxy."""
    named = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
    return ssl.create_default_context(cafile=named or certifi.where())


def _for_proxy(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    return dict(urllib3.make_headers(proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}"))


def _body(response: urllib3.BaseHTTPResponse, host: str) -> bytes:
    body = bytearray()
    try:
        # To close it closes the connection too, unless all was read.
        with closing(cast("Generator[bytes]", response.stream(64 * 1024))) as parts:
            for part in parts:
                body += part
                if len(body) > LARGEST_REPLY:
                    raise TransportError(f"{host} answered more than {LARGEST_REPLY} bytes")
    except (ProtocolError, IncompleteRead):
        raise TransportError(f"{host} ended its answer too early") from None
    return bytes(body)


class _NotConnected(HTTPError):
    """There is no connection, so nothing of the request was sent.

    The errors of urllib3 do not tell: a proxy that resets the connection after a request raises the same ProxyError as a proxy
    that refuses the connection. urllib3 and requests let this error through unchanged.
    """

    def __init__(self, cause: Exception, *, by_proxy: bool) -> None:
        super().__init__(cause)
        self.cause, self.by_proxy = cause, by_proxy


_NOTHING_SENT: Final = (_NotConnected, ClosedPoolError, LocationValueError)
"""Errors that come before anything of a request is sent."""


def _reason(error: HTTPError) -> str:
    """Return what happened, for a person."""
    if isinstance(error, _NotConnected):
        if error.by_proxy:
            return "the proxy did not let through to {host}"
        return _first(_NO_CONNECTION, error.cause) or _NO_CONNECTION[0][1]
    if isinstance(error, InterimResponseError):
        return f"{{host}} {error}"
    return _first(_REASONS, error) or _OTHERWISE


def _first(reasons: Reasons, error: Exception) -> str | None:
    return next((reason for cls, reason in reasons if isinstance(error, cls)), None)


class _Connecting(HTTPConnection):
    """Tells an error that comes before the connection is made from one that comes after a request."""

    def connect(self) -> None:
        """Connect to the host, or to the proxy and through its tunnel, and shake hands.

        Raises:
            _NotConnected: if that fails, whatever the reason.
        """
        try:
            super().connect()
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            # Behind an open tunnel, TLS is between this client and the host.
            reached = isinstance(error, ssl.SSLError | SSLError) and self.has_connected_to_proxy
            raise _NotConnected(error, by_proxy=bool(self.proxy) and not reached) from None


class _Connection(_Connecting, Connection):
    """A connection without TLS."""


class _SecureConnection(_Connecting, SecureConnection):
    """A connection by TLS."""


class _IdleConnections:
    """The stack of a pool's idle connections, without the lock of :class:`queue.LifoQueue`.

    When a pool is forgotten, urllib3 empties its stack. In a child process it would wait for a lock that a thread of the parent
    held, so there is none: ``append`` and ``pop`` of a list are atomic.
    """

    def __init__(self, maxsize: int) -> None:
        self._maxsize = maxsize
        self._stack: list[Any] = []

    def put(self, item: Any, block: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002  the signature of a queue
        if len(self._stack) >= self._maxsize:
            raise queue.Full
        self._stack.append(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ARG002, FBT001, FBT002  likewise
        try:
            return self._stack.pop()
        except IndexError:
            raise queue.Empty from None

    def qsize(self) -> int:
        return len(self._stack)


class _Pool(Pool):
    ConnectionCls = _Connection
    QueueCls: Any = _IdleConnections


class _SecurePool(SecurePool):
    ConnectionCls = _SecureConnection
    QueueCls: Any = _IdleConnections
