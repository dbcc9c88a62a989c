"""A server on a real socket for tests that interrupt many calls. One call in ten has a fault, which its id selects."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from callcontrol import Reply, Request, TransportError
from callcontrol.ledger import OutcomeKind


class Way(NamedTuple):
    """The responses to the interruption of one call, and its expected outcome."""

    answers: tuple[int | None, ...]
    """The statuses of the responses to the attempts. The last status is repeated, and ``None`` closes the connection."""
    state: str | None
    """The state of the call in the response to GetCallState. If it is ``None``, the response is 404."""
    outcome: OutcomeKind
    """The expected outcome in the ledger."""
    status: int | None
    """The expected status in the ledger."""


WELL: Final = Way((204,), "answered", "delivered", 204)
"""The responses and the outcome for a call without a fault. Nine in ten calls have no fault."""

FAULTS: Final = (
    Way((404,), None, "gone", 404),
    Way((404,), "disconnected", "gone", 404),
    Way((409,), "disconnected", "gone", 409),
    Way((409,), "queued", "refused", 409),
    Way((400,), "answered", "refused", 400),
    Way((429,), "answered", "refused", 429),
    Way((503,), "answered", "refused", 503),
    Way((500,), "answered", "unknown", 500),
    Way((None,), "answered", "unknown", None),
    Way((500, None, 204), "answered", "delivered", 204),
)
"""The responses and the outcome for each fault. One call in ten meets a fault, and the faults take turns."""


def ids(number: int) -> Iterator[str]:
    """Yield the given number of call ids. Each id is created when it is needed."""
    return (f"c-{n:08}-5550100" for n in range(number))


def way(call_id: str) -> Way:
    """Return the responses and the outcome for a call. Every tenth call gets the next fault of :data:`FAULTS`."""
    n = int(call_id.split("-")[1])
    return FAULTS[n // 10 % len(FAULTS)] if n % 10 == 7 else WELL


class Crowd:
    """A server that counts its requests and delays each response by a fixed time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.url = ""
        self.attempts: Counter[str] = Counter()
        self.delivered: Counter[str] = Counter()

    def answer(self, method: str, path: str) -> Reply | None:
        """Return the response to a request, or ``None`` to close the connection."""
        call_id = path.removeprefix("/api/v2").split("/")[4]
        going = way(call_id)
        if method == "GET":
            body = {"callId": call_id, "state": going.state}
            return Reply(404) if going.state is None else Reply(200, body=json.dumps(body).encode())
        status = going.answers[min(self.attempts[call_id], len(going.answers) - 1)]
        self.attempts[call_id] += 1
        self.delivered[call_id] += status == 204
        return None if status is None else Reply(status)

    def send(self, request: Request) -> Reply:
        """Return the response to a request without a socket."""
        reply = self.answer(request.method, request.url.split("/api/v2")[1])
        if reply is None:
            raise TransportError("the connection was closed")
        return reply


def _serialized(reply: Reply) -> bytes:
    length = "" if reply.status == 204 else f"Content-Length: {len(reply.body)}\r\n"
    return f"HTTP/1.1 {reply.status} \r\nContent-Type: application/json\r\n{length}\r\n".encode() + reply.body


async def _serve(crowd: Crowd, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lengths = [line.partition(":")[2] for line in head.lower().splitlines() if line.startswith("content-length:")]
            await reader.readexactly(int(lengths[0]) if lengths else 0)
            await asyncio.sleep(crowd.seconds)
            answer = crowd.answer(*head.split(" ", 2)[:2])
            if answer is None:
                break
            writer.write(_serialized(answer))
    except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
        return  # the client has closed the connection, or the server ends
    finally:
        writer.close()


@contextmanager
def serving(seconds: float = 0.0) -> Iterator[Crowd]:
    """Run a server in a thread. The server delays each response by ``seconds``."""
    crowd, loop, ready = Crowd(seconds), asyncio.new_event_loop(), threading.Event()

    async def run(ended: asyncio.Event) -> None:
        server = await asyncio.start_server(lambda reader, writer: _serve(crowd, reader, writer), "127.0.0.1", 0)
        crowd.url = "http://{}:{}".format(*server.sockets[0].getsockname())
        ready.set()
        await ended.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    ended = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run(ended)))
    thread.start()
    ready.wait()
    try:
        yield crowd
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
