"""An ASGI application with webhooks and a WebSocket, written without a framework so that tests can send anything."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

import numpy as np

from bxml import Bxml, Response
from callcontrol.emulator import Call, Core
from callcontrol.emulator.audio import Audio, encode_pcmu
from callcontrol.events import Event, parse_event
from tests.callcontrol.emulator.scripted_application import TODAY

DESTINATION = "wss://bot.example/audio?room=7"


def tone(seconds: float = 1, hertz: float = 440, rate: int = 8000) -> Audio:
    """Return a sine wave."""
    times = np.arange(round(seconds * rate)) / rate
    return Audio((np.sin(2 * np.pi * hertz * times) * 16000).astype(np.int16).reshape(-1, 1), rate)


def streaming(**attributes: Any) -> Response:
    """Return a document with a bidirectional stream that the call waits for."""
    given: dict[str, Any] = {
        "name": "bot",
        "destination": DESTINATION,
        "mode": "bidirectional",
        "stream_event_url": "/events",
        **attributes,
    }
    return Response().start_stream(**given).stop_stream(name=given["name"], wait=True).speak_sentence("Bye.")


def play_audio(pcmu: bytes, content_type: object = "audio/pcmu") -> dict[str, Any]:
    """Return a message that plays audio."""
    return {"eventType": "playAudio", "media": {"contentType": content_type, "payload": b64encode(pcmu).decode()}}


class Socket:
    """The application's side of a WebSocket.

    Attributes:
        scope: The scope of the connection.
        received: All messages received, as JSON objects.
        ended: The message with which the emulator closed the connection; ``None`` until then.
    """

    def __init__(self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]):
        self.scope = scope
        self.received: list[dict[str, Any]] = []
        self.ended: Mapping[str, Any] | None = None
        self.receive_raw = receive
        self.send_raw = send

    async def accept(self) -> None:
        await self.receive_raw()
        await self.send_raw({"type": "websocket.accept"})

    async def receive(self) -> dict[str, Any] | None:
        """Return the next message, or ``None`` if the connection is closed."""
        message = await self.receive_raw()
        if message["type"] == "websocket.disconnect":
            self.ended = message
            return None
        self.received.append(json.loads(message["text"]))
        return self.received[-1]

    async def receive_all(self) -> None:
        """Receive messages until the connection is closed."""
        while await self.receive() is not None:
            pass

    async def send(self, message: object) -> None:
        await self.send_raw({"type": "websocket.send", "text": message if isinstance(message, str) else json.dumps(message)})

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self.send_raw({"type": "websocket.close", "code": code, "reason": reason})

    def audio(self, track: str = "inbound") -> list[str]:
        """The payloads of a track."""
        return [each["payload"] for each in self.received if each["eventType"] == "media" and each["track"] == track]


Handler: TypeAlias = Callable[[Socket], Awaitable[None]]


class Bot:
    """The application.

    Args:
        handle: The function that handles each WebSocket.
        documents: The document of each path. A keyword is a path without its slash.

    Attributes:
        sockets: The WebSockets, in order.
        events: The events that were received, with their paths.
        files: The audio files that the application serves, by path.
    """

    def __init__(self, handle: Handler, **documents: Response | Bxml) -> None:
        self.documents = {f"/{name}": document for name, document in documents.items()}
        self.handle = handle
        self.sockets: list[Socket] = []
        self.events: list[tuple[str, Event]] = []
        self.files: dict[str, bytes] = {}

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        if scope["type"] == "http" and scope["path"] in self.files:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"audio/wav")]})
            await send({"type": "http.response.body", "body": self.files[scope["path"]]})
        elif scope["type"] == "http":
            body = (await receive())["body"]
            self.events.append((scope["path"], parse_event(body)))
            document = self.documents.get(scope["path"])
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/xml")]})
            await send({"type": "http.response.body", "body": document.to_bytes() if document else b""})
        elif scope["type"] == "websocket":
            self.sockets.append(Socket(scope, receive, send))
            await self.handle(self.sockets[-1])
        else:
            raise RuntimeError

    @property
    def stream_events(self) -> list[Event]:
        """The events of streams."""
        return [event for path, event in self.events if path == "/events"]


async def listen(socket: Socket) -> None:
    """Accept the connection, and only listen."""
    await socket.accept()
    await socket.receive_all()


async def echo(socket: Socket) -> None:
    """Play all received audio."""
    await socket.accept()
    while (message := await socket.receive()) is not None:
        if message["eventType"] == "media":
            await socket.send({"eventType": "playAudio", "media": {"contentType": "audio/pcmu", "payload": message["payload"]}})


def calling(handle: Handler, document: Response | None = None, **choices: Any) -> tuple[Core, Bot, Call]:
    """Return a call that has run its first document up to the first pause, with the emulator and the application."""
    bot = Bot(handle, answer=document or streaming())
    voice = Core(bot, clock=lambda: TODAY, **choices)
    call = voice.dial("/answer", status_url="/status")
    voice.advance(0)
    return voice, bot, call


__all__ = ["Bot", "Socket", "calling", "echo", "encode_pcmu", "listen", "play_audio", "streaming", "tone"]
