"""Connections of urllib3. Their timeout bounds the whole response, and each request gets its own response.

A timeout of urllib3 bounds each piece of a response, so a server never exceeds the timeout if it sends a byte now and then.

Interim responses are skipped, and a connection with unread bytes is not used again: the next request on such a connection would
get the response to the previous request.
"""

from __future__ import annotations

import io
import queue
import ssl
import time
from functools import cache
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, IncompleteRead, parse_headers
from socket import socket
from typing import Any, Final, cast

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ProtocolError, SSLError

from callcontrol.response_limits import MOST_INTERIM_RESPONSES
from callcontrol.transport_error_wording import SWITCHED, TOO_MANY_INTERIM

MAX_LINE_BYTES: Final = 65_536
"""Maximum number of bytes in a header line, or in a line with a chunk size."""


class InterimResponseError(ProtocolError):
    """The server sent too many interim responses, or the status 101, which the request did not ask for."""


class NotConnected(HTTPError):
    """The connection failed, so nothing of the request was sent.

    The errors of urllib3 do not show whether a request was sent: a ProxyError is raised if a proxy refuses the connection, and
    also if the proxy resets the connection after a request. urllib3 does not retry or convert the error NotConnected.

    Attributes:
        cause: The error of urllib3, http.client or the socket.
        by_proxy: Whether the error came from the proxy, or from the connection to the proxy.
    """

    def __init__(self, cause: Exception, *, by_proxy: bool) -> None:
        super().__init__(cause)
        self.cause, self.by_proxy = cause, by_proxy


class _Response(HTTPResponse):
    """A response that must be complete within the timeout that its connection has when the response begins."""

    def __init__(self, sock: socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.input = _Input(_UntilDeadline(self.fp.detach(), sock))
        self.fp = self.input

    def _read_status(self) -> tuple[str, int, str]:
        """Return the status line of the final response; http.client would return the status line of an interim response."""
        for _ in range(MOST_INTERIM_RESPONSES + 1):
            line = cast("tuple[str, int, str]", super()._read_status())  # type: ignore[misc]
            status = line[1]
            if status == HTTPStatus.SWITCHING_PROTOCOLS:
                raise InterimResponseError(SWITCHED)
            if status not in range(100, 200):
                return line
            parse_headers(self.fp)
        raise InterimResponseError(TOO_MANY_INTERIM)

    def _safe_read(self, amt: int) -> bytes:
        """Read and return ``amt`` bytes; urllib3 asks for a negative number if the server sent a negative chunk size.

        Raises:
            ProtocolError: If the number is negative; -1 would read until the connection ends.
        """
        if amt < 0:
            raise ProtocolError("negative chunk size")
        return cast("bytes", super()._safe_read(amt))  # type: ignore[misc]


class _Input(io.BufferedReader):
    """The bytes of one response, and any bytes that the server sent after the response."""

    def __init__(self, received: _UntilDeadline) -> None:
        super().__init__(received)
        self._received = received
        self.has_unread_bytes = True  # until the response is read to its end, and nothing else was received

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return a line; urllib3 before 2.7 sets no limit for a line with a chunk size.

        Raises:
            IncompleteRead: If the line is too long.
        """
        if size is not None and size >= 0:
            return super().readline(size)
        line = super().readline(MAX_LINE_BYTES + 1)
        if len(line) > MAX_LINE_BYTES:
            raise IncompleteRead(b"")
        return line

    def close(self) -> None:
        self._received.stop()
        self.has_unread_bytes = bool(self.peek(1))
        super().close()


class _UntilDeadline(io.RawIOBase):
    """The bytes that a socket receives. If the socket has a timeout, the bytes must arrive before a deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket) -> None:
        self._raw, self._socket = raw, sock
        timeout = sock.gettimeout()
        self._end = None if timeout is None else time.monotonic() + timeout
        self._stopped = False
        self._has_read = False

    def stop(self) -> None:
        """Receive nothing more."""
        self._stopped = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self._stopped:
            return None
        # The timeout of the socket is right for the first read, which is often the only one, and setting it is a system call.
        if self._has_read and self._end is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._socket.settimeout(left)
        self._has_read = True
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedConnection(HTTPConnection):
    """A connection with a deadline for each response, on which each request gets its own response."""

    _response: _Response | None = None

    def _next_response(self, *arguments: Any, **named: Any) -> _Response:
        self._response = _Response(*arguments, **named)
        return self._response

    response_class: Any = _next_response

    @property
    def is_connected(self) -> bool:
        """Return whether another request can be sent: the connection is open, and all bytes received on it were read."""
        if not super().is_connected or (self._response is not None and self._response.input.has_unread_bytes):
            return False
        pending = getattr(self.sock, "pending", lambda: 0)  # bytes that TLS has already decrypted
        return pending() == 0


class Connection(_BoundedConnection, HTTPConnection):
    """A connection without TLS, with a deadline for each response."""


class SecureConnection(_BoundedConnection, HTTPSConnection):
    """A connection with TLS, with a deadline for each response."""


class Pool(urllib3.HTTPConnectionPool):
    """A pool of connections without TLS to one host."""

    ConnectionCls = Connection  # pyright: ignore[reportAssignmentType]


class SecurePool(urllib3.HTTPSConnectionPool):
    """A pool of connections with TLS to one host."""

    ConnectionCls = SecureConnection  # pyright: ignore[reportAssignmentType]


class _ReportingConnection(HTTPConnection):
    """A connection that raises NotConnected if it cannot be made. Errors after a request have other classes."""

    def connect(self) -> None:
        """Connect to the host, or to the proxy and through its tunnel, and run the TLS handshake.

        Raises:
            NotConnected: If one of these steps fails.
        """
        try:
            super().connect()
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            # Through an open tunnel or a SOCKS proxy, the TLS handshake is with the host and not with the proxy.
            socks = hasattr(self, "_socks_options")
            reached = isinstance(error, ssl.SSLError | SSLError) and (socks or self.has_connected_to_proxy)
            raise NotConnected(error, by_proxy=(socks or bool(self.proxy)) and not reached) from None


class _IdleConnections:
    """The stack of a pool's idle connections, without the lock of :class:`queue.LifoQueue`.

    When a pool is deleted, urllib3 empties its stack. In a child process, urllib3 would then wait for a lock that a thread of
    the parent process held. This class needs no lock: ``append`` and ``pop`` of a list are atomic.
    """

    def __init__(self, maxsize: int) -> None:
        self._maxsize = maxsize
        self._stack: list[Any] = []

    def put(self, item: Any, block: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002  the signature of a queue
        if len(self._stack) >= self._maxsize:
            raise queue.Full
        self._stack.append(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ARG002, FBT001, FBT002  as above
        try:
            return self._stack.pop()
        except IndexError:
            raise queue.Empty from None

    def qsize(self) -> int:
        return len(self._stack)


@cache
def reporting_pool(pool: type[urllib3.HTTPConnectionPool]) -> type[urllib3.HTTPConnectionPool]:
    """Return a subclass of a pool class. Its connections have a deadline for each response, and raise NotConnected.

    Args:
        pool: A pool class of urllib3, such as the class for a SOCKS proxy.
    """
    bases = (_ReportingConnection, _BoundedConnection, pool.ConnectionCls)
    connection = type(f"Bounded{pool.ConnectionCls.__name__}", bases, {})
    return type(f"Bounded{pool.__name__}", (pool,), {"ConnectionCls": connection, "QueueCls": _IdleConnections})
