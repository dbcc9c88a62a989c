"""Connections over which an answer has to come as a whole within its time-out.

A time-out of urllib3 is one for each piece of an answer, which a server that sends a byte now and then never meets.
"""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from socket import socket
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection


class _Answer(HTTPResponse):
    """An answer that has to be there, whole, within the time-out that its connection has when it begins."""

    def __init__(self, sock: socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp = io.BufferedReader(_InTime(self.fp.detach(), sock))


class _InTime(io.RawIOBase):
    """What a socket receives until a moment."""

    def __init__(self, raw: io.RawIOBase, sock: socket) -> None:
        self._raw, self._socket = raw, sock
        self._end = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class Connection(HTTPConnection):
    """A connection without TLS."""

    response_class = _Answer


class SecureConnection(HTTPSConnection):
    """A connection by TLS."""

    response_class = _Answer


class Pool(urllib3.HTTPConnectionPool):
    """Such connections to one host."""

    ConnectionCls = Connection  # pyright: ignore[reportAssignmentType]


class SecurePool(urllib3.HTTPSConnectionPool):
    """Such connections by TLS to one host."""

    ConnectionCls = SecureConnection  # pyright: ignore[reportAssignmentType]
