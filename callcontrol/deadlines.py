"""Connections with one timeout for the whole response.

The read timeout of urllib3 applies to each read from the socket, so a server that sends a byte now and then never exceeds it.

Interim responses are skipped. A connection with unread bytes is not used again, because the next request on it would get the
response to the previous one.
"""

from __future__ import annotations

import io
import time
from http import HTTPStatus
from http.client import HTTPResponse, parse_headers
from socket import socket
from typing import Any, Final, cast

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

MOST_INTERIM_RESPONSES: Final = 100
"""Maximum number of interim responses (1xx) that are skipped before a response."""


class InterimResponseError(HTTPError):
    """The server sent too many interim responses, or 101, which no request asks for."""


class _TimedResponse(HTTPResponse):
    """A response that must arrive completely within the timeout of its socket."""

    def __init__(self, sock: socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.input = _ResponseReader(_TimedReader(self.fp.detach(), sock))
        self.fp = self.input

    def _read_status(self) -> tuple[str, int, str]:
        """Return the status line of the response, after the interim responses, which http.client would return as the response.

        Raises:
            InterimResponseError: If the server sends 101 or too many interim responses.
        """
        for _ in range(MOST_INTERIM_RESPONSES + 1):
            line = cast("tuple[str, int, str]", super()._read_status())  # type: ignore[misc]
            status = line[1]
            if status == HTTPStatus.SWITCHING_PROTOCOLS:
                raise InterimResponseError("sent 101 Switching Protocols, which was not requested")
            if status not in range(100, 200):
                return line
            parse_headers(self.fp)
        raise InterimResponseError(f"sent more than {MOST_INTERIM_RESPONSES} interim responses (1xx)")


class _ResponseReader(io.BufferedReader):
    """A reader of one response that notices bytes which the server sent after it."""

    def __init__(self, received: _TimedReader) -> None:
        super().__init__(received)
        self._received = received
        self.has_unread_bytes = True  # until close(), which is called at the end of the response

    def close(self) -> None:
        self._received.stop()
        self.has_unread_bytes = bool(self.peek(1))
        super().close()


class _TimedReader(io.RawIOBase):
    """A reader of a socket that times out at a deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket) -> None:
        self._raw, self._socket = raw, sock
        self._end = time.monotonic() + (sock.gettimeout() or 0.0)
        self._stopped = False

    def stop(self) -> None:
        """Read nothing more from the socket."""
        self._stopped = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self._stopped:
            return None
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _OrderedConnection(HTTPConnection):
    """A connection on which each request gets its own response."""

    _response: _TimedResponse | None = None

    def _new_response(self, *arguments: Any, **named: Any) -> _TimedResponse:
        self._response = _TimedResponse(*arguments, **named)
        return self._response

    response_class: Any = _new_response

    @property
    def is_connected(self) -> bool:
        """Return whether another request can be sent: the connection is open, and all bytes received on it were read."""
        if not super().is_connected or (self._response is not None and self._response.input.has_unread_bytes):
            return False
        pending = getattr(self.sock, "pending", lambda: 0)  # bytes that TLS has already decrypted
        return pending() == 0


class Connection(_OrderedConnection, HTTPConnection):
    """A connection without TLS."""


class SecureConnection(_OrderedConnection, HTTPSConnection):
    """A connection with TLS."""


class Pool(urllib3.HTTPConnectionPool):
    """A pool of connections without TLS to one host."""

    ConnectionCls = Connection  # pyright: ignore[reportAssignmentType]


class SecurePool(urllib3.HTTPSConnectionPool):
    """A pool of connections with TLS to one host."""

    ConnectionCls = SecureConnection  # pyright: ignore[reportAssignmentType]
