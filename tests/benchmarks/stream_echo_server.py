"""A WebSocket server that echoes media streams in a process of its own, and measures how regularly their audio arrives."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from time import monotonic

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


@dataclass
class Arrivals:
    """The arrivals of one stream's messages.

    Attributes:
        times: The time of each ``media`` message, in seconds.
    """

    times: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Messages per second."""
        return (len(self.times) - 1) / (self.times[-1] - self.times[0])

    @property
    def longest_gap(self) -> float:
        """The longest time between two messages, in seconds."""
        return max(later - earlier for earlier, later in zip(self.times, self.times[1:], strict=False))


def run(pipe: Connection) -> None:
    """Send the port, serve until anything is received, and send a list with the arrivals of each stream."""
    asyncio.run(_run(pipe))


async def _run(pipe: Connection) -> None:
    streams: list[Arrivals] = []

    async def echo(socket: ServerConnection) -> None:
        arrivals = Arrivals()
        streams.append(arrivals)
        with suppress(ConnectionClosed):
            async for text in socket:
                message = json.loads(text)
                if message["eventType"] == "media":
                    arrivals.times.append(monotonic())
                    media = {"contentType": "audio/pcmu", "payload": message["payload"]}
                    await socket.send(json.dumps({"eventType": "playAudio", "media": media}))

    async with serve(echo, "127.0.0.1", 0, compression=None) as server:
        pipe.send(next(iter(server.sockets)).getsockname()[1])
        await asyncio.to_thread(pipe.recv)
        pipe.send(streams)
