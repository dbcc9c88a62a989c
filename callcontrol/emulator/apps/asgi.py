"""An ASGI application (Starlette, FastAPI, Django) in this process."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as TooLate
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from callcontrol.emulator.apps.base import READ_AT_MOST, host_of, port_of
from callcontrol.emulator.apps.exceptions import logged_exceptions, raised
from callcontrol.emulator.tasks import Failed, too_late
from callcontrol.http_messages import Headers, Reply, Request

SHUTDOWN_SECONDS: Final = 5.0
"""How long an application has to shut down."""

ASGI: Final = {"version": "3.0"}

log = logging.getLogger(__name__)
Asgi = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


class AsgiApplication:
    """An application of ASGI (Starlette, FastAPI, Django), in an event loop of its own that lasts as long as the emulator."""

    def __init__(self, app: Asgi) -> None:
        """Take the application; its loop begins with the first request."""
        self._app = app
        self._lock = threading.Lock()
        self._life: _Lifetime | None = None

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """The answer, if it comes in time; it counts once it is there as a whole, whatever the application does after it."""
        end = time.monotonic() + seconds
        with self._lock:
            if self._life is None:
                self._life = _Lifetime(self._app)
            life = self._life
        try:
            failed = life.started.result(seconds)
            if failed is not None:
                return failed
            future = asyncio.run_coroutine_threadsafe(life.answer(request), life.loop)
            try:
                return future.result(end - time.monotonic())
            finally:
                future.cancel()
        except TooLate:
            return too_late(seconds)
        except CancelledError:
            return Failed("the application broke off before it answered")

    def close(self) -> None:
        """Let the application shut down, and end its loop."""
        with self._lock:
            if self._life is not None:
                self._life.end()
            self._life = None


class _Lifetime:
    """An ASGI application from its startup to its shutdown, in a thread of its own."""

    def __init__(self, app: Asgi) -> None:
        self.started: Future[Failed | None] = Future()
        """Done once requests can be answered, or with why none can."""
        self.loop: asyncio.AbstractEventLoop
        self._app = app
        self._state: dict[str, Any] = {}
        self._after_answers: set[asyncio.Task[Failed | None]] = set()
        self._runs = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="an application", daemon=True)
        self._thread.start()
        self._runs.wait()

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self._over.set)
        self._thread.join(2 * SHUTDOWN_SECONDS)

    async def _live(self) -> None:
        """Start the application up, keep the loop until it is ended, and shut the application down."""
        self.loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._runs.set()
        incoming: asyncio.Queue[Mapping[str, str]] = asyncio.Queue()
        outgoing: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        lifespan = asyncio.create_task(self._lifespan(incoming, outgoing))
        over = asyncio.create_task(self._over.wait())
        said = asyncio.create_task(outgoing.get())
        await incoming.put({"type": "lifespan.startup"})
        await asyncio.wait({said, over}, return_when=asyncio.FIRST_COMPLETED)
        if said.done():
            self.started.set_result(_startup_failure(said.result()))
            await over
            await incoming.put({"type": "lifespan.shutdown"})
            with suppress(TimeoutError):
                await asyncio.wait_for(outgoing.get(), SHUTDOWN_SECONDS)
        said.cancel()
        lifespan.cancel()

    async def _lifespan(self, incoming: asyncio.Queue[Mapping[str, str]], outgoing: asyncio.Queue[Mapping[str, Any]]) -> None:
        """The application's own beginning and end; one that knows of none is left alone."""
        with suppress(Exception, SystemExit):  # so an application says that it takes no part, in whatever way
            await self._app({"type": "lifespan", "asgi": ASGI, "state": self._state}, incoming.get, outgoing.put)
        # What it may not have said: that it has begun, and that it has ended.
        outgoing.put_nowait({})
        outgoing.put_nowait({})

    async def answer(self, request: Request) -> Reply | Failed:
        """What the application answers; with what it does after that it goes on by itself."""
        answer = _Answer(request.body)
        complete = asyncio.create_task(answer.complete.wait())
        with logged_exceptions() as tracebacks:
            app = asyncio.create_task(self._asked(request, answer))
            try:
                await asyncio.wait({app, complete}, return_when=asyncio.FIRST_COMPLETED)
                if answer.is_error:  # for which it may raise an exception, once it has answered, so that its server knows
                    await asyncio.wait({app})
            except asyncio.CancelledError:
                app.cancel()
                raise
            finally:
                complete.cancel()
            answer.complete.set()
            failed = app.result() if app.done() else None
            if not app.done():
                self._after_answers.add(app)
                app.add_done_callback(self._after_answers.discard)
            return failed or tracebacks.of(answer.reply())

    async def _asked(self, request: Request, answer: _Answer) -> Failed | None:
        try:
            await self._app(_scope(request, self._state), answer.receive, answer.send)
        except (Exception, SystemExit) as error:  # whatever it is, it is the application's
            if answer.complete.is_set() and not answer.is_error:
                log.exception("the application raised an exception after it had answered")
                return None
            return raised(error)
        return None if answer.status else Failed("the application did not begin an answer")


def _startup_failure(said: Mapping[str, Any]) -> Failed | None:
    if said.get("type") != "lifespan.startup.failed":
        return None
    return Failed(f"the application did not start up\n{said.get('message', '')}".rstrip())


class _Answer:
    """What an ASGI application is given of a request, and what it answers."""

    def __init__(self, request: bytes) -> None:
        self.status = 0
        self.complete = asyncio.Event()
        self._request: bytes | None = request
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    @property
    def is_error(self) -> bool:
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    def reply(self) -> Reply:
        return Reply(self.status, Headers(self._headers), bytes(self._body[:READ_AT_MOST]))

    async def receive(self) -> Mapping[str, Any]:
        if self._request is not None:
            body, self._request = self._request, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.complete.wait()  # an application that learns of an end before it has answered gives up
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message.get("headers", ())}
        elif message["type"] == "http.response.body" and not self.complete.is_set():
            self._body += message.get("body", b"")
            if not message.get("more_body", False) or len(self._body) >= READ_AT_MOST:
                self.complete.set()


def _scope(request: Request, state: Mapping[str, Any]) -> dict[str, Any]:
    """A request as ASGI has it."""
    url = urlsplit(request.url)
    return {
        "type": "http",
        "asgi": ASGI,
        "state": dict(state),
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote(url.path or "/"),
        "raw_path": (url.path or "/").encode(),
        "query_string": url.query.encode(),
        "root_path": "",
        "headers": [
            (b"host", host_of(request.url).encode()),
            *((name.lower().encode(), value.encode("latin-1")) for name, value in request.headers.items()),
        ],
        "server": (url.hostname, port_of(request.url)),
        "client": ("127.0.0.1", 0),
    }
