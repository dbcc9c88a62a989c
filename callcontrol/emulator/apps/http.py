"""An application that receives webhooks over HTTP."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from functools import lru_cache
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from socket import socket
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import (
    DecodeError,
    HTTPError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as ResponseTimeout
from urllib3.util.ssl_ import create_urllib3_context

from bxml.messages.text import escape_unprintable
from callcontrol.emulator.apps.base import host_header, host_of, max_body_bytes
from callcontrol.emulator.basic_credentials import credentials, without_credentials
from callcontrol.emulator.generator_tasks import Failed, too_late
from callcontrol.emulator.url_map import mapped, no_tls, unresolved
from callcontrol.http_messages import Headers, Reply, Request
from callcontrol.urllib3_connections import Pool, SecureConnection, SecurePool

MAX_SHOWN: Final = 100
"""Maximum number of characters of an invalid status line that are shown."""


class HttpApplication:
    """An application that receives webhooks over HTTP, at the URL of each request.

    Redirects are not followed, and requests are not retried.

    Each request has a connection of its own. An application can close a connection at any time, for example uvicorn after an
    exception, or any server after a few idle seconds. A request that is on its way at that moment gets no response, and cannot
    be sent again, because the application may have received it.

    If the beginning of a URL is replaced, the request has the header ``Host`` of the original URL, and its scheme in
    ``X-Forwarded-Proto``, as a tunnel sends them. An application that builds URLs from them thus builds its public URLs. If the
    replacement contains a user and a password, they are sent instead of those of the request.

    Args:
        url_map: Replacements for the beginnings of URLs.
    """

    def __init__(self, url_map: Mapping[str, str] = MappingProxyType({})) -> None:
        self._url_map = url_map

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """Send a request over HTTP and return the response, or a failure if no complete response arrives in time.

        Args:
            request: The request that carries an event.
            seconds: The timeout for the whole response, in seconds.
        """
        replaced = mapped(request.url, self._url_map)
        url = without_credentials(replaced)
        headers = request.headers.plus("Connection", "close").as_dict()
        if replaced != request.url:
            public_host = host_header(request.url)
            if public_host is None:
                return _invalid_host(host_of(request.url))
            own = credentials(replaced, None, None)
            headers |= {"Authorization": own.header} if own else {}
            headers |= {"Host": public_host, "X-Forwarded-Proto": urlsplit(request.url).scheme}
        try:
            with (
                urllib3.PoolManager(retries=False) as pool,
                _with_deadlines(pool).request(
                    request.method,
                    url,
                    body=request.body,
                    headers=headers,
                    timeout=urllib3.Timeout(seconds),
                    redirect=False,  # urllib3 before 2.5 ignores the retries of a PoolManager
                    preload_content=False,
                ) as response,
            ):
                body, most = bytearray(), max_body_bytes(request)
                # A loop, because read1 of urllib3 returns only the bytes that have arrived.
                while len(body) < most and (part := response.read1(most - len(body))):
                    body += part
                return Reply(response.status, Headers(dict(response.headers)), bytes(body))
        except (HTTPError, OSError) as error:
            host = host_of(url)
            if isinstance(error, NameResolutionError):
                return Failed(unresolved(url, is_replaced=replaced != request.url), is_unreachable=True)
            failures = (failure(host, seconds) for cls, failure in _FAILURES if isinstance(error, cls))
            return next(failures, None) or _broken_response(host, error)

    def close(self) -> None:
        """Do nothing: each connection was closed after its response."""


@lru_cache(maxsize=4)
def _tls_context(*_locations: str | None) -> ssl.SSLContext:
    """Return TLS settings that trust the default certificates, whose locations the environment may set."""
    context = create_urllib3_context()
    context.load_default_certs()
    return context


class _SecureConnection(SecureConnection):
    """A connection that shares its TLS settings, because reading the certificates takes longer than a TLS handshake."""

    def _new_conn(self) -> socket:
        """Return a new TCP connection, and set the TLS settings that urllib3 uses next."""
        connected = super()._new_conn()
        self.ssl_context = _tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        return connected


class _SecurePool(SecurePool):
    """A pool of connections with TLS to one host."""

    ConnectionCls = _SecureConnection


def _with_deadlines(pool: urllib3.PoolManager) -> urllib3.PoolManager:
    """Change the pool, so that the timeout of a request bounds the whole response."""
    # urllib3 documents this assignment, but its type annotations do not allow it.
    pool.pool_classes_by_scheme = {"http": Pool, "https": _SecurePool}  # pyright: ignore[reportAttributeAccessIssue]
    return pool


def _invalid_host(host: str) -> Failed:
    return Failed(f"{host} is not a valid host name")


def _broken_response(host: str, error: Exception) -> Failed:
    """Return the failure of a request without a complete and valid response.

    Only a broken connection counts as unreachable, so that the event is sent again. After an invalid response, the application
    has certainly received the event.
    """
    # urllib3 passes the error of the system or of the standard library as the last argument.
    cause = error.args[-1] if isinstance(error, ProtocolError) else error
    if isinstance(cause, OSError):
        ending = "closed the connection without a response" if isinstance(cause, RemoteDisconnected) else "reset the connection"
        return Failed(f"{host} {ending}", is_unreachable=True)
    if isinstance(cause, BadStatusLine) and str(cause).endswith("\n"):
        line = escape_unprintable(str(cause).rstrip())[:MAX_SHOWN]
        return Failed(f'{host} sent "{line}", which is not a status line of HTTP')
    is_incomplete = isinstance(cause, IncompleteRead) and not isinstance(cause.__context__, ValueError)
    if is_incomplete or isinstance(cause, BadStatusLine):
        return Failed(f"{host} closed the connection before its response was complete", is_unreachable=True)
    if isinstance(cause, DecodeError):
        return Failed(f"{host} sent a body that does not have the encoding of its header Content-Encoding")
    return Failed(f"{host} sent a response that is not valid HTTP")


# The first matching class applies. The order matters: some of these classes of urllib3 are subclasses of later ones.
_FAILURES: Final[tuple[tuple[type[Exception], Callable[[str, float], Failed]], ...]] = (
    (LocationParseError, lambda host, _: _invalid_host(host)),
    (NewConnectionError, lambda host, _: Failed(f"cannot connect to {host}", is_unreachable=True)),
    (ResponseTimeout, lambda _, seconds: too_late(seconds)),
    (SSLError, lambda host, _: Failed(f"{host} {no_tls(f'https://{host}')}", is_unreachable=True)),
)
"""Pairs of an exception class and the function that returns the failure for it."""
