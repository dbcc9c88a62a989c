"""An ASGI application (Starlette, FastAPI, Django) in this process."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as ResponseTimeout
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from callcontrol.emulator.apps.asgi_websocket import ASGI, Asgi, AsgiWebSocket
from callcontrol.emulator.apps.base import host_header, host_of, max_body_bytes, port_of
from callcontrol.emulator.apps.exceptions import logged_exceptions, raised
from callcontrol.emulator.apps.virtual_time_loop import Advance, VirtualTimeLoop
from callcontrol.emulator.generator_tasks import Failed, too_late
from callcontrol.emulator.scheduler import Action
from callcontrol.emulator.stream_connections import Destination, Listener
from callcontrol.http_messages import Headers, Reply, Request

SHUTDOWN_SECONDS: Final = 5.0
"""Maximum number of seconds for the shutdown of the application."""

log = logging.getLogger(__name__)


class AsgiApplication:
    """An ASGI application that runs in its own thread and event loop, from the first request until :meth:`close`.

    Args:
        app: The ASGI application.
    """

    def __init__(self, app: Asgi) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._running: _RunningApp | None = None
        self._clock: Callable[[], float] | None = None

    def use_virtual_time(self, clock: Callable[[], float]) -> None:
        """Let the application's timers follow the emulator's time; called before the first request.

        Args:
            clock: Function that returns the emulator's time in seconds.
        """
        self._clock = clock

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """Call the application and return its response as soon as the response is complete, or a failure after the timeout.

        Args:
            request: The request that carries an event.
            seconds: The timeout for startup and response together, in seconds.
        """
        # Computed before the application is started, because the timeout covers the startup too.
        end = time.monotonic() + seconds
        running = self._started()
        try:
            failed = running.started.result(seconds)
            if failed is not None:
                return failed
            future = asyncio.run_coroutine_threadsafe(running.respond(request), running.loop)
            try:
                return future.result(end - time.monotonic())
            finally:
                future.cancel()
        except ResponseTimeout:
            return too_late(seconds)
        except CancelledError:
            return Failed("the application canceled the request before it responded")

    def _started(self) -> _RunningApp:
        with self._lock:
            if self._running is None:
                self._running = _RunningApp(self._app, self._clock)
            return self._running

    # Virtual time

    def begin(self, request: Request, seconds: float) -> Future[Reply | Failed]:
        """Call the application in virtual time, and return its response, which may come later.

        Args:
            request: The request that carries an event.
            seconds: The timeout in seconds; it also limits the real time of the startup and of outside work.
        """
        running = self._started()
        result: Future[Reply | Failed] = Future()
        try:
            failed = running.started.result(seconds)
            if failed is not None:
                result.set_result(failed)
                return result
            loop = running.virtual_loop
            loop.post(lambda: running.respond_later(request, result))
            loop.settle(seconds)
            loop.wait_for_outside_work(result.done, seconds)
        except TimeoutError:  # of the startup or of a blocked event loop
            result.cancel()
            late: Future[Reply | Failed] = Future()
            late.set_result(too_late(seconds))
            return late
        return result

    def settle(self, advance: Advance | None = None) -> bool:
        """Run everything that the application has to do at this moment, and return whether something was sent to it.

        Args:
            advance: Function that is called in the thread of the application when it has nothing left to do at this moment.

        Raises:
            TimeoutError: If the application blocks its event loop.
        """
        return self._running is not None and self._running.virtual_loop.settle(advance=advance)

    @property
    def deadline(self) -> float | None:
        """The due time of the application's next timer, in seconds of the emulator's time; ``None`` without timers."""
        return None if self._running is None else self._running.virtual_loop.deadline

    def wake(self) -> None:
        """Run the due timers of the application during the next :meth:`settle`."""
        if self._running is not None:
            self._running.virtual_loop.post(lambda: None)

    # WebSockets

    def connect(self, destination: Destination, listener: Listener) -> AsgiWebSocket:
        """Begin to open a WebSocket to the application.

        Args:
            destination: The URL and the credentials.
            listener: The object whose methods are called when something happens; it must not be called by other threads.
        """
        running = self._started()
        socket = AsgiWebSocket(self._app, destination, listener, running.post, running.advance)
        running.post(lambda: running.open_socket(socket))
        return socket

    def close(self) -> None:
        """Shut the application down and stop its event loop."""
        with self._lock:
            if self._running is not None:
                self._running.stop()
            self._running = None


class _RunningApp:
    """An ASGI application in its thread, from startup to shutdown."""

    def __init__(self, app: Asgi, clock: Callable[[], float] | None = None) -> None:
        self.started: Future[Failed | None] = Future()
        """Future of the startup; its result is ``None``, or the failure if the application did not start."""
        self.loop: asyncio.AbstractEventLoop = asyncio.new_event_loop() if clock is None else VirtualTimeLoop(clock)
        self._app = app
        self._state: dict[str, Any] = {}
        self._unfinished: set[asyncio.Task[Any]] = set()  # a task without a reference may be garbage-collected
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run_loop, name="an application", daemon=True)
        self._thread.start()

    def _run_loop(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._run())

    @property
    def virtual_loop(self) -> VirtualTimeLoop:
        """The event loop of an application that runs in virtual time."""
        assert isinstance(self.loop, VirtualTimeLoop)
        return self.loop

    def post(self, action: Action) -> None:
        """Run a function in the event loop as soon as possible. In virtual time, run it during the next ``settle``."""
        if isinstance(self.loop, VirtualTimeLoop):
            self.loop.post(action)
        else:
            with suppress(RuntimeError):  # the loop is closed
                self.loop.call_soon_threadsafe(action)

    @property
    def advance(self) -> Callable[[], bool]:
        """The function that advances virtual time during a callback of the event loop, and returns whether it did."""
        return self.loop.advance_from_callback if isinstance(self.loop, VirtualTimeLoop) else lambda: False

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(2 * SHUTDOWN_SECONDS)

    async def _run(self) -> None:
        """Start the application, keep the event loop running until :meth:`stop`, and shut the application down."""
        to_app: asyncio.Queue[Mapping[str, str]] = asyncio.Queue()
        from_app: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        lifespan = asyncio.create_task(self._lifespan(to_app, from_app))
        stopping = asyncio.create_task(self._stopping.wait())
        startup = asyncio.create_task(from_app.get())
        await to_app.put({"type": "lifespan.startup"})
        await asyncio.wait({startup, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if startup.done():
            if isinstance(self.loop, VirtualTimeLoop):
                self.loop.start_virtual_time()
            self.started.set_result(_startup_failure(startup.result()))
            await stopping
            if isinstance(self.loop, VirtualTimeLoop):
                self.loop.stop_virtual_time()
            await to_app.put({"type": "lifespan.shutdown"})
            with suppress(TimeoutError):
                await asyncio.wait_for(from_app.get(), SHUTDOWN_SECONDS)
        startup.cancel()
        lifespan.cancel()

    def respond_later(self, request: Request, result: Future[Reply | Failed]) -> None:
        """Start to respond to a request; canceling the result cancels the application's task."""
        if result.cancelled():
            return
        task = asyncio.create_task(self.respond(request))

        def report(task: asyncio.Task[Reply | Failed]) -> None:
            if result.cancelled():
                return
            canceled = Failed("the application canceled the request before it responded")
            result.set_result(canceled if task.cancelled() else task.result())

        def cancel(result: Future[Reply | Failed]) -> None:
            if result.cancelled():
                self.post(task.cancel)

        task.add_done_callback(report)
        result.add_done_callback(cancel)

    def open_socket(self, socket: AsgiWebSocket) -> None:
        """Pass a WebSocket to the application when its startup is complete."""
        self._keep(asyncio.create_task(self._serve(socket)))

    async def _serve(self, socket: AsgiWebSocket) -> None:
        try:
            await socket.run(await asyncio.wrap_future(self.started), self._state)
        except asyncio.CancelledError:
            if not self._stopping.is_set():  # when the emulator stops, it cancels this task
                socket.cancel()
            raise

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)

    async def _lifespan(self, to_app: asyncio.Queue[Mapping[str, str]], from_app: asyncio.Queue[Mapping[str, Any]]) -> None:
        """Run the lifespan protocol; the application need not support this protocol."""
        with suppress(Exception, SystemExit):  # an application without lifespan support may raise any exception
            await self._app({"type": "lifespan", "asgi": ASGI, "state": self._state}, to_app.get, from_app.put)
        # These replace the two messages that the application may not have sent: startup complete and shutdown complete.
        from_app.put_nowait({})
        from_app.put_nowait({})

    async def respond(self, request: Request) -> Reply | Failed:
        """Return the response as soon as it is complete, even if the application continues to run."""
        exchange = _Exchange(request)
        complete = asyncio.create_task(exchange.complete.wait())
        with logged_exceptions() as exceptions:
            call = asyncio.create_task(self._call(request, exchange))
            try:
                await asyncio.wait({call, complete}, return_when=asyncio.FIRST_COMPLETED)
                if exchange.is_error:  # Starlette sends its error response before it raises the exception
                    await asyncio.wait({call})
            except asyncio.CancelledError:
                call.cancel()
                raise
            finally:
                complete.cancel()
            exchange.complete.set()
            failed = call.result() if call.done() else None
            if not call.done():
                self._keep(call)
            return failed or exceptions.reply_or_failure(exchange.reply())

    async def _call(self, request: Request, exchange: _Exchange) -> Failed | None:
        try:
            await self._app(_scope(request, self._state), exchange.receive, exchange.send)
        except (Exception, SystemExit) as error:  # any exception is a failure of the application
            if exchange.complete.is_set() and not exchange.is_error:
                log.exception("the application raised an exception after its response")
                return None
            return raised(error)
        return None if exchange.status else Failed("the application did not start a response")


def _startup_failure(message: Mapping[str, Any]) -> Failed | None:
    if message.get("type") != "lifespan.startup.failed":
        return None
    return Failed(f"the application failed to start\n{message.get('message', '')}".rstrip())


class _Exchange:
    """One request to an ASGI application and the response to it."""

    def __init__(self, request: Request) -> None:
        self.status = 0
        self.complete = asyncio.Event()
        self._request: bytes | None = request.body
        self._most = max_body_bytes(request)
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    @property
    def is_error(self) -> bool:
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    def reply(self) -> Reply:
        return Reply(self.status, Headers(self._headers), bytes(self._body[: self._most]))

    async def receive(self) -> Mapping[str, Any]:
        if self._request is not None:
            body, self._request = self._request, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.complete.wait()  # frameworks stop a response when they receive a disconnect before its end
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message.get("headers", ())}
        elif message["type"] == "http.response.body" and not self.complete.is_set():
            self._body += message.get("body", b"")
            if not message.get("more_body", False) or len(self._body) >= self._most:
                self.complete.set()


def _scope(request: Request, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ASGI scope of a request."""
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
            (b"host", (host_header(request.url) or host_of(request.url)).encode()),
            *((name.lower().encode(), value.encode("latin-1")) for name, value in request.headers.items()),
        ],
        "server": (url.hostname, port_of(request.url)),
        "client": ("127.0.0.1", 0),
    }
