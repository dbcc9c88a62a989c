"""A WebSocket to an ASGI application in this process."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from callcontrol.emulator.apps.base import host_of
from callcontrol.emulator.apps.tracebacks import report, summary
from callcontrol.emulator.generator_tasks import Failed
from callcontrol.emulator.scheduler import Action
from callcontrol.emulator.stream_connections import Destination, Listener
from callcontrol.emulator.stream_messages import MAX_UNREAD_FRAMES, UNREAD

log = logging.getLogger(__name__)

ASGI: Final = {"version": "3.0"}
"""The value of ``asgi`` in every scope: the version of ASGI."""

Asgi = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]
"""An ASGI application: a coroutine function with the arguments ``scope``, ``receive`` and ``send``."""

NORMAL_CODES: Final = frozenset({1000, 1001})
"""The codes with which a WebSocket is closed normally, because the work is done or one side leaves."""


DISCONNECT: Final = {"type": "websocket.disconnect", "code": 1000, "reason": ""}
"""The message that tells an application that the WebSocket is closed."""


class AsgiWebSocket:
    """A WebSocket to an ASGI application.

    Args:
        app: The ASGI application.
        destination: The URL and the credentials.
        listener: The object whose methods are called when the application does something.
        post: Function that runs another function in the application's event loop.
        advance: Function that advances the emulator's time during a callback of the event loop, and returns whether it did.
    """

    def __init__(
        self,
        app: Asgi,
        destination: Destination,
        listener: Listener,
        post: Callable[[Action], None],
        advance: Callable[[], bool],
    ) -> None:
        self._app = app
        self._destination = destination
        self._listener = listener
        self._post = post
        self._advance = advance
        self._to_app: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        # Before anything else, because the emulator may close the connection before the application begins to read.
        self._to_app.put_nowait({"type": "websocket.connect"})
        self._reader: asyncio.Task[Any] | None = None
        """The task that waited for a message most recently."""
        self._messages_per_frame = 1
        self._status = 0
        """The status of a response that refuses the WebSocket, as the extension of ASGI allows."""
        self._is_open = False
        self._is_over = False

    # Called by the emulator

    def send(self, messages: Sequence[str]) -> None:
        """Send text frames."""
        self._post(partial(self._receive_texts, messages))

    def close(self) -> None:
        """Close the connection after the remaining frames are sent."""
        self._post(self._disconnect)

    def _receive_texts(self, messages: Sequence[str]) -> None:
        """Queue messages, or close the connection if the queue is full."""
        self._messages_per_frame = max(self._messages_per_frame, len(messages))
        if self._to_app.qsize() >= MAX_UNREAD_FRAMES * self._messages_per_frame:
            self._close(UNREAD)
        if self._is_over:
            return
        for message in messages:
            self._to_app.put_nowait({"type": "websocket.receive", "text": message})

    def _disconnect(self) -> None:
        self._is_over = True
        self._to_app.put_nowait(dict(DISCONNECT))

    # Called in the event loop of the application

    async def run(self, failed: Failed | None, state: Mapping[str, Any]) -> None:
        """Run the application until it has finished with this WebSocket.

        Args:
            failed: The failure of the application's startup, if it failed.
            state: The state that the application set during its startup.
        """
        if failed is not None:
            self._listener.failed(failed.reason)
            return
        message = None
        try:
            await self._app(self._scope(state), self._receive, self._send)
        except (Exception, SystemExit) as error:
            if self._is_over:  # no one waits for the result of the application any more
                log.exception("the application raised an exception after the end of its WebSocket")
            message = f"the application raised {summary(error)}\n{report(error)}"
        self._close(message)

    def cancel(self) -> None:
        """Report the end of the connection, because the application canceled its own task."""
        self._close("the application canceled its task")

    async def _receive(self) -> Mapping[str, Any]:
        """Return the next message, as an ASGI server does."""
        task = asyncio.current_task()
        while self._to_app.empty():
            # Time advances only for a task that has waited here before: the event loop resumed it, so it may be the only work.
            # A task that is being canceled must wait, because only a task that waits is canceled.
            if task is None or task is not self._reader or task.cancelling() or not self._advance():
                self._reader = task
                return await self._to_app.get()
        return self._to_app.get_nowait()

    async def _send(self, message: Mapping[str, Any]) -> None:
        """Handle a message of the application, as an ASGI server does."""
        kind = message["type"]
        if kind == "websocket.accept" and not (self._is_open or self._is_over):
            self._is_open = True
            self._listener.opened()
        elif kind == "websocket.send" and self._is_open and not self._is_over:
            text = message.get("text")
            self._listener.received(message["bytes"] if text is None else text)
        elif kind == "websocket.close":
            code, reason = message.get("code", 1000), message.get("reason") or ""
            self._close(None if code in NORMAL_CODES else f"the application closed the connection with code {code} {reason}")
        elif kind == "websocket.http.response.start":
            self._status = message["status"]
        elif kind == "websocket.http.response.body" and not message.get("more_body", False):
            self._close(None)

    def _close(self, message: str | None) -> None:
        """Report the end of the connection, unless the end has been reported or the emulator closed the connection."""
        if self._is_over:
            return
        self._is_over = True
        if self._is_open:
            self._listener.closed(message and message.rstrip())
        else:  # 403 is the status with which servers refuse a WebSocket that the application closes before it accepts it
            self._listener.failed(message or f"the application refused the connection with status {self._status or 403}")
        # An application that still waits for a message is told that the connection is closed.
        self._to_app.put_nowait(dict(DISCONNECT))

    def _scope(self, state: Mapping[str, Any]) -> dict[str, Any]:
        url = urlsplit(self._destination.url)
        headers = {
            "host": host_of(self._destination.url),
            "upgrade": "websocket",
            "connection": "Upgrade",
            "sec-websocket-key": b64encode(bytes(16)).decode(),
            "sec-websocket-version": "13",
            **{name.lower(): value for name, value in self._destination.headers.items()},
        }
        return {
            "type": "websocket",
            "asgi": ASGI,
            "extensions": {"websocket.http.response": {}},
            "state": dict(state),
            "http_version": "1.1",
            "scheme": url.scheme,
            "path": unquote(url.path or "/"),
            "raw_path": (url.path or "/").encode(),
            "query_string": url.query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "subprotocols": [],
            "server": (url.hostname, url.port or (443 if url.scheme == "wss" else 80)),
            "client": ("127.0.0.1", 0),
        }
