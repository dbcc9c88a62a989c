"""A server on a real socket that misbehaves on purpose: it hangs, closes connections, or sends slow or invalid responses."""

import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

TLS_HANDSHAKE = b"\x16"
"""First byte of a TLS connection."""

Script = Callable[[socket.socket], None]
"""Function that responds to a request on a connection. The server has already read the request."""


class Loopback:
    """A server that runs a script for each request. A connection may carry any number of requests.

    Args:
        script: Function that responds to each request.
        respond: Function that gets the head of a request, and returns bytes to send after the script has run.
        unread: Number of connections, counted from the first, that are accepted but never read.
        tls: TLS context. With a context, the server also accepts TLS connections. As a proxy, it opens tunnels to itself.
        on_accept: Function that runs on each new connection before a request is read.
        on_connect: Function that responds to a CONNECT request. Default: open the tunnel.
    """

    def __init__(  # noqa: PLR0913  each argument changes one step of a connection
        self,
        script: Script,
        *,
        respond: Callable[[str], bytes] | None = None,
        unread: int = 0,
        tls: ssl.SSLContext | None = None,
        on_accept: Script | None = None,
        on_connect: Script | None = None,
    ) -> None:
        self._script = script
        self._respond = respond or (lambda _: b"")
        self._tls = tls
        self._on_accept = on_accept or wait
        self._on_connect = on_connect or sending(b"HTTP/1.1 200 OK\r\n\r\n", then=wait)
        self._unread = unread
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._closing = False
        self._over = threading.Event()
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.heads: list[str] = []
        self.connections: list[socket.socket] = []
        self.ended = threading.Semaphore(0)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """Close all connections and wait for all threads."""
        self._closing = True
        self._over.set()
        with self._socket:
            socket.create_connection(self._socket.getsockname()).close()  # wakes the thread that waits in accept()
            self._threads[0].join()
        for connection in self.connections:
            hang_up(connection)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            if self._closing:
                connection.close()
                return
            self.connections.append(connection)
            self._threads.append(threading.Thread(target=self._serve, args=[connection]))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the client may close the connection at any time
            if len(self.connections) <= self._unread:
                self.heads.append("")
                self._over.wait()
                return
            self._on_accept(connection)
            self._answer_all(connection)
        self.ended.release()

    def _answer_all(self, connection: socket.socket) -> None:
        if self._tls and connection.recv(1, socket.MSG_PEEK) == TLS_HANDSHAKE:
            plain = self.connections.index(connection)
            connection = self._tls.wrap_socket(connection, server_side=True)
            self.connections[plain] = connection
        with connection:
            while head := read_request(connection):
                self.heads.append(head)
                if head.startswith("CONNECT "):
                    self._on_connect(connection)
                    self._answer_all(connection)
                    return
                self._script(connection)
                connection.sendall(self._respond(head))

    def requests(self, method: str) -> int:
        """Return the number of requests with this method."""
        return sum(head.startswith(f"{method} ") for head in self.heads)

    def header(self, name: str) -> list[str | None]:
        """Return the values of a header field, one per request."""
        fields = [dict(line.split(": ", 1) for line in head.splitlines()[1:] if line) for head in self.heads]
        return [{key.lower(): value for key, value in each.items()}.get(name.lower()) for each in fields]


def read_request(connection: socket.socket) -> str:
    """Read a request with its body and return its head, or an empty string if the connection has ended."""
    received = b""
    while b"\r\n\r\n" not in received:
        try:
            part = connection.recv(65536)
        except OSError:
            part = b""
        if not part:
            return ""
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while length and len(body) < int(length[1]):
        part = connection.recv(65536)
        if not part:  # the client closed the connection in the middle of the body
            return ""
        body += part
    return head.decode()


def hang_up(connection: socket.socket) -> None:
    """Close a connection in both directions; do nothing if it is already closed."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """Close a connection with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answering(body: bytes = b"[]", status: str = "200 OK", **headers: str) -> Script:
    """Return a script that sends a response. Header names are written with underscores."""
    fields = {"Content-Length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return lambda connection: connection.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)


def sending(content: bytes, *, then: Script = hang_up) -> Script:
    """Return a script that sends the bytes and then runs ``then``, which by default hangs up."""

    def script(connection: socket.socket) -> None:
        connection.sendall(content)
        then(connection)

    return script


def wait(_: socket.socket) -> None:
    """Send nothing until the client closes the connection."""


def dripping(connection: socket.socket) -> None:
    """Send one byte at a time without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        time.sleep(0.05)
        connection.sendall(b"x")


def in_turn(*scripts: Script) -> Script:
    """Return a script that runs the given scripts in order, one per request, and then repeats the last script."""
    left = list(scripts)

    def script(connection: socket.socket) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection)

    return script
