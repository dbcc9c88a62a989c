"""Connections over which an answer has to come as a whole within its time-out.

A time-out of urllib3 is one for each piece of an answer, which a server that sends a byte now and then never meets.

Interim responses are skipped, and a connection with unread bytes is not used again: the next request on it would get the
response to the one before.
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
"""Interim responses (1xx) that are skipped before a response."""


class InterimResponseError(HTTPError):
    """The server sent interim responses without end, or 101, which no request asks for."""


class _Answer(HTTPResponse):
    """An answer that has to be there, whole, within the time-out that its connection has when it begins."""

    def __init__(self, sock: socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.input = _Input(_InTime(self.fp.detach(), sock))
        self.fp = self.input

    def _read_status(self) -> tuple[str, int, str]:
        """Return the status line of the response, without the interim responses that http.client would take for it."""
        for _ in range(MOST_INTERIM_RESPONSES + 1):
            line = cast("tuple[str, int, str]", super()._read_status())  # type: ignore[misc]
            status = line[1]
            if status == HTTPStatus.SWITCHING_PROTOCOLS:
                raise InterimResponseError("sent 101 Switching Protocols, which was not requested")
            if status not in range(100, 200):
                return line
            parse_headers(self.fp)
        raise InterimResponseError(f"sent more than {MOST_INTERIM_RESPONSES} interim responses (1xx)")


class _Input(io.BufferedReader):
    """The bytes of one response, and any that the server sent after them."""

    def __init__(self, received: _InTime) -> None:
        super().__init__(received)
        self._received = received
        self.has_unread_bytes = True  # until the response is read to its end, and found to be all that came

    def close(self) -> None:
        self._received.stop()
        self.has_unread_bytes = bool(self.peek(1))
        super().close()


class _InTime(io.RawIOBase):
    """What a socket receives until a moment."""

    def __init__(self, raw: io.RawIOBase, sock: socket) -> None:
        self._raw, self._socket = raw, sock
        self._end = time.monotonic() + (sock.gettimeout() or 0.0)
        self._stopped = False

    def stop(self) -> None:
        """Receive nothing more."""
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


class _InOrder(HTTPConnection):
    """A connection on which each request gets its own response."""

    _answer: _Answer | None = None

    def _next_answer(self, *arguments: Any, **named: Any) -> _Answer:
        self._answer = _Answer(*arguments, **named)
        return self._answer

    response_class: Any = _next_answer

    @property
    def is_connected(self) -> bool:
        """Return whether another request can be sent: the connection is open, and all bytes received on it were read."""
        if not super().is_connected or (self._answer is not None and self._answer.input.has_unread_bytes):
            return False
        pending = getattr(self.sock, "pending", lambda: 0)  # what TLS has decrypted already
        return pending() == 0


class Connection(_InOrder, HTTPConnection):
    """A connection without TLS."""


class SecureConnection(_InOrder, HTTPSConnection):
    """A connection by TLS."""


class Pool(urllib3.HTTPConnectionPool):
    """Such connections to one host."""

    ConnectionCls = Connection  # pyright: ignore[reportAssignmentType]


class SecurePool(urllib3.HTTPSConnectionPool):
    """Such connections by TLS to one host."""

    ConnectionCls = SecureConnection  # pyright: ignore[reportAssignmentType]
