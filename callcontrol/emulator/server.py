"""Answers to requests behind a real socket: a thin shell around :class:`callcontrol.emulator.core.Core`."""

from __future__ import annotations

import os
import socket
import threading
from ipaddress import ip_address
from typing import Final, Self

import uvicorn
from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect
from starlette.requests import Request as ServerRequest
from starlette.responses import Response as ServerResponse
from starlette.types import Receive, Scope, Send

from callcontrol.emulator.api import API_PATH
from callcontrol.emulator.control_api import takes_long
from callcontrol.emulator.core import Core
from callcontrol.http_messages import Headers, Request
from callcontrol.http_messages import Send as Handle

LARGEST_REQUEST: Final = 1024 * 1024
"""Bytes of a request that are read; the API's documents have at most a sixteenth of that."""

IPV6: Final = 6

LOOPBACK: Final = "127.0.0.1"
"""The address that only this machine reaches."""

MOST_WAITERS: Final = 1_000
"""Requests at once that wait until something happens; each has a thread."""

MOST_OTHERS: Final = 40
"""Requests at once that do something."""


class Server:
    """A socket, from the beginning of a ``with`` block to its end.

    Args:
        handle: What answers requests.
        host: The address it listens on, or a name of it.
        port: The port; 0 is a free one.
    """

    def __init__(self, handle: Handle, host: str = LOOPBACK, port: int = 0) -> None:
        self._handle = handle
        self._host = host
        self._port = port
        # Apart, so that whoever waits for something to happen keeps nobody from doing it.
        self._waiters, self._others = CapacityLimiter(MOST_WAITERS), CapacityLimiter(MOST_OTHERS)

    def __enter__(self) -> Self:
        """Listen, and return once requests are answered.

        Raises:
            OSError: if there is no such address, or its port is taken.
        """
        family, kind, protocol, _, address = socket.getaddrinfo(self._host, self._port, proto=socket.IPPROTO_TCP)[0]
        # The protocol is named, for only then is the socket known to be TCP and its delay of small packets switched off.
        self._socket = socket.socket(family, kind, protocol)
        try:
            # So that a port can be had again at once; elsewhere it would let two programs listen on one port.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(os.name == "posix"))
            self._socket.bind(address)
            self._socket.listen()
        except OSError:
            self._socket.close()
            raise
        config = uvicorn.Config(
            self._application,
            log_level="warning",
            lifespan="off",
            access_log=False,
            interface="asgi3",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening, and let the application shut down."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    @property
    def address(self) -> str:
        """The address it listens on."""
        return str(self._socket.getsockname()[0])

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """Where it is from this machine."""
        address = ip_address(self.address)
        host = "localhost" if address.is_unspecified else f"[{address}]" if address.version == IPV6 else str(address)
        return f"http://{host}:{self.port}"

    @property
    def is_reached_from_elsewhere(self) -> bool:
        """Whether other machines can ask it."""
        return not ip_address(self.address).is_loopback

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reads a request, lets it be answered, and writes the reply."""
        asked = ServerRequest(scope, receive)
        body = bytearray()
        try:
            async for part in asked.stream():
                body += part
                if len(body) > LARGEST_REQUEST:
                    return await ServerResponse(status_code=413)(scope, receive, send)
        except ClientDisconnect:  # in the middle of the request: there is nobody to answer
            return None
        # The path as it came: unescaped, a line break in it would be lost.
        query = scope["query_string"].decode("ascii", "replace")
        path = scope["raw_path"].decode("ascii", "replace")
        url = f"{asked.url.scheme}://{asked.url.netloc}{path}{'?' + query if query else ''}"
        try:
            request = Request(asked.method, url, Headers(asked.headers), bytes(body))
            reply = await to_thread.run_sync(self._handle, request, limiter=self._waiters if takes_long(path) else self._others)
        except ConnectionResetError:  # a body that never comes makes the server cut the connection
            return await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        return await ServerResponse(reply.body, reply.status, dict(reply.headers))(scope, receive, send)


class Emulator(Core):
    """The API on this machine, from the beginning of a ``with`` block to its end.

    ::

        with Emulator() as voice:
            client = Client("9900123", OAuth2("id", "secret"), base_url=voice.url)

    It listens on the loopback address only. Any account and any credentials are accepted unless told otherwise; its arguments
    are those of :class:`Core`.
    """

    _server: Server | None = None

    @property
    def url(self) -> str:
        """The base URL for a client.

        Raises:
            RuntimeError: outside the ``with`` block.
        """
        if self._server is None:
            raise RuntimeError("the emulator listens only inside its with block")
        return self._server.url + API_PATH

    def __enter__(self) -> Self:
        """Listen on a free port, and return once requests are answered."""
        self._server = Server(self.handle).__enter__()
        self.base_url = self.url
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        super().__exit__()  # first, so that no request waits for time to go on
        assert self._server is not None
        self._server.__exit__()
        self._server = None
