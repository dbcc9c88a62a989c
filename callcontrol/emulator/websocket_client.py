"""WebSocket connections over the network, in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from socket import SO_SNDBUF, SOL_SOCKET, gaierror
from ssl import SSLError
from typing import Final
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedError,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
)
from websockets.frames import CloseCode

from callcontrol.emulator.apps.base import host_of
from callcontrol.emulator.scheduler import Action
from callcontrol.emulator.stream_connections import Destination, Listener
from callcontrol.emulator.stream_messages import MAX_UNREAD_FRAMES, UNREAD
from callcontrol.emulator.url_map import no_tls, unresolved

MAX_BYTES: Final = 16 * 1024 * 1024
"""Maximum size of a message of the application, in bytes."""

_CLOSED_BY_EMULATOR: Final[Mapping[int, str]] = {
    CloseCode.PROTOCOL_ERROR: "data that is not a valid WebSocket frame",
    CloseCode.INVALID_DATA: "a text frame that is not valid UTF-8",
    CloseCode.MESSAGE_TOO_BIG: f"a message of more than {MAX_BYTES} bytes",
}
"""For each code with which the emulator closes a connection because of a fault of the application: the fault."""

CLOSE_SECONDS: Final = 1.0
"""Seconds in which the application must reply when the emulator closes a connection."""

SEND_BUFFER: Final = 64 * 1024
"""Size in bytes of the operating system's buffer for each connection. The default size would hold minutes of unread audio."""


class _Connect(connect):
    """Opens a connection. As for webhooks, redirects are not followed; the credentials belong to the destination only."""

    def process_redirect(self, exc: Exception) -> Exception:
        """Return the exception that refused the connection."""
        return exc


class WebSocketClient:
    """A thread with an event loop that keeps WebSocket connections."""

    def __init__(self) -> None:
        """Start the thread."""
        self._loop = asyncio.new_event_loop()
        self._outbox: list[Action] = []
        self._lock = threading.Lock()
        self._stopping = asyncio.Event()
        self._sockets: set[NetworkWebSocket] = set()
        self._thread = threading.Thread(target=self._run_loop, name="emulator streams", daemon=True)
        self._thread.start()

    def connect(self, destination: Destination, listener: Listener) -> NetworkWebSocket:
        """Begin to open a connection.

        Args:
            destination: The URL and the credentials.
            listener: The object whose methods are called in the thread of this client.
        """
        socket = NetworkWebSocket(destination, listener, self)
        self.post(partial(self._begin, socket))
        return socket

    def _begin(self, socket: NetworkWebSocket) -> None:
        self._sockets.add(socket)
        socket.begin().add_done_callback(lambda _: self._sockets.discard(socket))

    @property
    def is_stopping(self) -> bool:
        """True if the client closes all connections."""
        return self._stopping.is_set()

    def post(self, action: Action) -> None:
        """Run a function in the thread of this client, after the functions of earlier calls."""
        with self._lock:
            # The thread is woken once for the messages of all streams that are sent at the same time.
            is_first = not self._outbox
            self._outbox.append(action)
        if is_first:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._deliver)

    def close(self) -> None:
        """Close all connections, and end the thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run_loop(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._run())

    async def _run(self) -> None:
        await self._stopping.wait()
        self._deliver()
        for socket in tuple(self._sockets):
            socket.deliver((None,))
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=2 * CLOSE_SECONDS)

    def _deliver(self) -> None:
        with self._lock:
            outbox, self._outbox = self._outbox, []
        for action in outbox:
            action()


class NetworkWebSocket:
    """A WebSocket connection over the network.

    Args:
        destination: The URL and the credentials.
        listener: The object whose methods are called when something happens.
        client: The client that keeps the connection.
    """

    def __init__(self, destination: Destination, listener: Listener, client: WebSocketClient) -> None:
        self._destination = destination
        self._listener = listener
        self._client = client
        self._to_send: asyncio.Queue[tuple[str | None, ...]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        """The network connection; ``None`` until it is open."""
        self._is_unread = False
        """True once the application has left too many messages unread."""

    # Called by the emulator

    def send(self, messages: Sequence[str]) -> None:
        """Send text frames, or close the connection if the application has left too many of them unread."""
        self._client.post(partial(self.deliver, tuple(messages)))

    def close(self) -> None:
        """Close the connection after the remaining frames are sent."""
        self._client.post(partial(self.deliver, (None,)))

    # Called in the thread of the client

    def begin(self) -> asyncio.Task[None]:
        """Start to open the connection, and return the task that keeps it."""
        self._task = asyncio.create_task(self._run())
        return self._task

    def deliver(self, messages: tuple[str | None, ...]) -> None:
        """Queue messages; ``None`` closes the connection."""
        if None not in messages:
            self._queue(messages)
            return
        self._to_send.put_nowait(messages)
        if self._transport is not None:  # an application that reads nothing would keep the connection open
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)
        else:
            assert self._task is not None  # the connection begins before its first message is delivered
            self._task.cancel()

    def _queue(self, messages: tuple[str | None, ...]) -> None:
        """Queue messages, or close the connection if the queue is full."""
        if self._to_send.qsize() < MAX_UNREAD_FRAMES:
            self._to_send.put_nowait(messages)
        elif self._transport is not None and not self._is_unread:
            self._is_unread = True
            self._transport.abort()

    async def _run(self) -> None:
        try:
            socket = await self._connect()
        except InvalidStatus as error:
            self._listener.failed(f"the application refused the connection with status {error.response.status_code}")
            return
        except (InvalidHandshake, InvalidURI, OSError, ValueError) as error:
            self._listener.failed(_failure(error, self._destination))
            return
        self._transport = socket.transport
        self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER)
        self._listener.opened()
        sender = asyncio.create_task(self._send_all(socket))
        message = None
        try:
            async for received in socket:
                self._listener.received(received)
        except ConnectionClosedError as error:
            message = UNREAD if self._is_unread else _closing(error)
        finally:
            sender.cancel()
        if not self._client.is_stopping:  # the application did not end the stream
            self._listener.closed(message)

    async def _connect(self) -> ClientConnection:
        url = urlsplit(self._destination.url)
        return await _Connect(
            # The credentials of the URL are in the headers.
            url._replace(netloc=host_of(self._destination.url), fragment="").geturl(),
            additional_headers=self._destination.headers,
            compression=None,
            max_size=MAX_BYTES,
            open_timeout=None,  # the stream has a timeout of its own
            close_timeout=CLOSE_SECONDS,
            proxy=None,  # as for webhooks
        )

    async def _send_all(self, socket: ClientConnection) -> None:
        """Send the queued messages, and close the connection once the queue says so."""
        with suppress(ConnectionClosed):
            while True:
                for message in await self._to_send.get():
                    await (socket.close() if message is None else socket.send(message))


def _failure(error: Exception, destination: Destination) -> str:
    """Return the reason why a connection could not be opened."""
    url = destination.url
    host = host_of(url)
    if isinstance(error, gaierror | UnicodeError):  # a name with an empty or a too long label cannot be encoded
        return unresolved(url, is_replaced=destination.is_replaced)
    # A server that does not understand TLS may also close the connection.
    if isinstance(error, SSLError | ConnectionResetError) and urlsplit(url).scheme == "wss":
        return f"{host} {no_tls(url)}"
    if isinstance(error, OSError):
        return f"cannot connect to {host}"
    if isinstance(error, ValueError):  # such as a port above 65535
        return f"{host} is not a valid host and port"
    if isinstance(error, InvalidMessage):
        is_closed = isinstance(error.__cause__, EOFError)
        return f"{host} {'closed the connection without a response' if is_closed else 'sent a response that is not valid HTTP'}"
    return f"{host} does not support WebSockets"


def _closing(error: ConnectionClosedError) -> str:
    """Return the reason why a connection was not closed normally."""
    if error.rcvd is None and error.sent is not None and error.sent.code in _CLOSED_BY_EMULATOR:
        return f"the application sent {_CLOSED_BY_EMULATOR[error.sent.code]}"
    if error.rcvd is None:
        return "the connection was lost"
    return f"the application closed the connection with code {error.rcvd.code} {error.rcvd.reason}".rstrip()
