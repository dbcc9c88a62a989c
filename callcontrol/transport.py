"""Requests over the network, with a pool of connections and a timeout, without cookies and without redirects.

It uses urllib3 directly. What requests adds to it (sessions, hooks, cookies, redirects) would have to be switched off again,
and doubles the time of a request.
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
"""Maximum size of a response in bytes; a page of 10,000 calls has about a fifth of that."""

CONNECTIONS: Final = 64
"""Maximum number of idle connections to each host, for the threads of a client."""

Reasons: TypeAlias = tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]
"""Messages by class of the error; the first entry that matches applies."""

_REASONS: Final[Reasons] = (
    (ReadTimeoutError, "{host} did not respond within {timeout:g} seconds"),
    (SSLError, "the TLS handshake with {host} failed; check base_url and the certificates"),
    (ProxyError, "the connection to {host}, or to the proxy, ended before a response"),
    (DecodeError, "the response of {host} cannot be decompressed"),
    (ProtocolError, "{host} could not be reached, or closed the connection"),
)
"""Messages for errors of urllib3 after a connection was made."""

_OTHERWISE: Final = "the request to {host} failed"
"""Message for any other error of urllib3."""

_NO_CONNECTION: Final[Reasons] = (
    (NewConnectionError, "{host} could not be reached, or closed the connection"),
    ((ssl.SSLError, SSLError), "the TLS handshake with {host} failed; check base_url and the certificates"),
    ((ConnectTimeoutError, TimeoutError), "{host} could not be reached within {timeout:g} seconds"),
)
"""Messages for a connection that could not be made; the first one is for any other error, too."""


class Transport:
    """A function that sends a request over the network and returns the response.

    Args:
        timeout: Seconds to wait for a connection, and then for the whole response.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._timeouts = urllib3.Timeout(connect=timeout, read=timeout)
        self.renew_after_fork()
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """Discard the parent's connections without shutting them down, and open new ones when they are needed.

        Closing the child's copies of the sockets sends nothing, so the parent can continue to use its connections.
        """
        self._lock = threading.Lock()
        self._origins: dict[tuple[str, str], _Origin] = {}

    def __call__(self, request: Request) -> Reply:
        """Send a request and return the response.

        Args:
            request: The request, with an absolute URL.

        Raises:
            TransportError: If no complete response arrives, or the response is too large.
        """
        scheme, _, rest = request.url.partition("://")
        host, _, target = rest.partition("/")
        # Compression is not requested, because a small response could decompress to one that fills the memory.
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
        """Return the pool of connections to a host."""
        with self._lock:
            if (scheme, host) not in self._origins:
                self._origins[scheme, host] = _connect_to(scheme, host)
            return self._origins[scheme, host]

    def discard_connections(self) -> None:
        """Use no open connection again; those of requests in progress are closed after their responses."""
        with self._lock:
            self._origins = {}  # urllib3 closes the connections of a pool when it is garbage collected

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        with self._lock:
            origins, self._origins = self._origins, {}
        for origin in origins.values():
            origin.close()


class _Origin(NamedTuple):
    """The pool of connections to one host, direct or through a proxy."""

    close: Callable[[], None]
    urlopen: Callable[..., urllib3.BaseHTTPResponse]
    is_proxy: bool
    """True if the connections lead to a proxy, which needs the absolute URL of each request."""


def _connect_to(scheme: str, host: str) -> _Origin:
    """Return a pool of connections to a host, through the proxy that the environment sets for it."""
    arguments: dict[str, Any] = {"maxsize": CONNECTIONS}
    if scheme == "https":
        arguments["ssl_context"] = _tls_context()
    proxy = None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get(scheme)
    if proxy:
        pool: urllib3.PoolManager = urllib3.ProxyManager(proxy, proxy_headers=_proxy_headers(proxy), **arguments)
    else:
        pool = urllib3.PoolManager(**arguments)
    # The documentation of urllib3 allows other classes here, its type annotations do not.
    pool.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}  # pyright: ignore[reportAttributeAccessIssue]
    # The pool of the host is kept, because urllib3 takes as long to look it up as this package takes to validate a document.
    if proxy:
        return _Origin(pool.clear, pool.urlopen, is_proxy=True)
    direct = pool.connection_from_url(f"{scheme}://{host}")
    return _Origin(direct.close, direct.urlopen, is_proxy=False)


def _tls_context() -> ssl.SSLContext:
    """Return a TLS context that trusts the authorities in the file of the environment, or else those of certifi.

    A company's proxy often has certificates of the company's own authority.
    """
    named = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
    return ssl.create_default_context(cafile=named or certifi.where())


def _proxy_headers(proxy: str) -> dict[str, str]:
    """Return the header with the credentials in a proxy's URL, if it has any."""
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    return dict(urllib3.make_headers(proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}"))


def _body(response: urllib3.BaseHTTPResponse, host: str) -> bytes:
    """Read and return the body of a response.

    Raises:
        TransportError: If the connection ends too early, or the body is too large.
    """
    body = bytearray()
    try:
        # Closing the generator closes the connection, unless the body was read to its end.
        with closing(cast("Generator[bytes]", response.stream(64 * 1024))) as parts:
            for part in parts:
                body += part
                if len(body) > LARGEST_REPLY:
                    raise TransportError(f"the response of {host} is larger than {LARGEST_REPLY} bytes")
    except (ProtocolError, IncompleteRead):
        raise TransportError(f"{host} closed the connection before the end of the response") from None
    return bytes(body)


class _NotConnected(HTTPError):
    """No connection was made, so nothing of the request was sent.

    The errors of urllib3 do not distinguish this case: a proxy that resets the connection after a request raises the same
    ProxyError as a proxy that refuses the connection. urllib3 passes this error through unchanged.
    """

    def __init__(self, cause: Exception, *, by_proxy: bool) -> None:
        super().__init__(cause)
        self.cause, self.by_proxy = cause, by_proxy


_NOTHING_SENT: Final = (_NotConnected, ClosedPoolError, LocationValueError)
"""Errors that are raised before any part of a request is sent."""


def _reason(error: HTTPError) -> str:
    """Return the message for an error, with placeholders for the host and the timeout."""
    if isinstance(error, _NotConnected):
        if error.by_proxy:
            return "the proxy could not be reached, or did not connect to {host}"
        return _first(_NO_CONNECTION, error.cause) or _NO_CONNECTION[0][1]
    if isinstance(error, InterimResponseError):
        return f"{{host}} {error}"
    return _first(_REASONS, error) or _OTHERWISE


def _first(reasons: Reasons, error: Exception) -> str | None:
    """Return the first message whose classes match the error."""
    return next((reason for cls, reason in reasons if isinstance(error, cls)), None)


class _Connecting(HTTPConnection):
    """A connection that raises ``_NotConnected`` for any error before it is made, to distinguish it from later errors."""

    def connect(self) -> None:
        """Connect to the host, or to the proxy and through its tunnel, including the TLS handshake.

        Raises:
            _NotConnected: If that fails for any reason.
        """
        try:
            super().connect()
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            # Once the tunnel is open, the TLS handshake is with the host, so its failure is not the proxy's.
            reached = isinstance(error, ssl.SSLError | SSLError) and self.has_connected_to_proxy
            raise _NotConnected(error, by_proxy=bool(self.proxy) and not reached) from None


class _Connection(_Connecting, Connection):
    """A connection without TLS."""


class _SecureConnection(_Connecting, SecureConnection):
    """A connection with TLS."""


class _IdleConnections:
    """The stack of a pool's idle connections, without the lock of :class:`queue.LifoQueue`.

    When a pool is garbage collected, urllib3 empties its stack. In a child process it would wait for a lock that a thread of
    the parent held. No lock is needed, because ``append`` and ``pop`` of a list are atomic.
    """

    def __init__(self, maxsize: int) -> None:
        self._maxsize = maxsize
        self._stack: list[Any] = []

    def put(self, item: Any, block: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002  the signature of a queue
        if len(self._stack) >= self._maxsize:
            raise queue.Full
        self._stack.append(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ARG002, FBT001, FBT002  the signature of a queue
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
