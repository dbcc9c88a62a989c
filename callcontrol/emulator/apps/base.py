"""Applications under test: behind a URL, or as a WSGI or ASGI object that is called without any port.

What an application answers comes as a :class:`callcontrol.http_messages.Reply`, of which no more is read than a document may have.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import logging
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, MutableMapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as TooLate
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, Final, Protocol, cast
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError, NameResolutionError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as NoAnswer

from bxml import schema
from callcontrol.deadlines import Pool, SecurePool
from callcontrol.emulator.apps.tracebacks import line, report
from callcontrol.emulator.tasks import Failed, too_late
from callcontrol.http_messages import Headers, Reply, Request

READ_AT_MOST: Final = schema.maximum_bytes() + 1
"""Bytes of an answer that are read: one more than a document may have tells that it is too large."""

HOST_OF_OBJECTS: Final = "https://app.example"
"""Where an application is that was given as an object, for URLs that are relative."""

CONNECTIONS: Final = 256
"""Connections kept open to each host; in real time, as many applications are asked at once."""

SHUTDOWN_SECONDS: Final = 5.0
"""How long an application has to shut down."""

ASGI: Final = {"version": "3.0"}

log = logging.getLogger(__name__)

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Asgi = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


class Application(Protocol):
    """What webhooks are sent to."""

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """The answer to a request, if it comes within so many seconds."""
        ...

    def close(self) -> None:
        """Give back what is held."""
        ...


def application_of(given: object | None) -> Application:
    """The application that was given: a URL or none for what is asked over HTTP, or a WSGI or ASGI object.

    Raises:
        TypeError: if it is none of these.
        ValueError: if it is a text and no such URL.
    """
    if isinstance(given, str) and not given.lower().startswith(("http://", "https://")):
        raise ValueError(f"the URL of an application begins with http:// or https://, and {given!r} does not")
    if given is None or isinstance(given, str):
        return OverHttp()
    if not callable(given):
        raise TypeError(f"an application is a URL, or a WSGI or ASGI object; {type(given).__name__} is none")
    if inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(type(given).__call__):
        return InAsgi(cast("Asgi", given))
    return InWsgi(cast("Wsgi", given))


class OverHttp:
    """An application on whatever host a URL names."""

    def __init__(self) -> None:
        """Hold no connection yet. Redirections are not followed, and nothing is repeated."""
        self._pool = urllib3.PoolManager(retries=False, maxsize=CONNECTIONS)
        # What the library's own types allow here is less than what it documents.
        self._pool.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}  # pyright: ignore[reportAttributeAccessIssue]

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """The answer over HTTP, if it is there as a whole in time."""
        try:
            with self._pool.request(
                request.method,
                request.url,
                body=request.body,
                headers=request.headers.as_dict(),
                timeout=urllib3.Timeout(seconds),
                preload_content=False,
            ) as response:
                body = bytearray()
                while len(body) < READ_AT_MOST and (part := response.read1(READ_AT_MOST - len(body))):
                    body += part
                return Reply(response.status, Headers(dict(response.headers)), bytes(body))
        except (HTTPError, OSError) as error:
            host = _host(request.url)
            return next((failed(host, seconds) for cls, failed in _FAILURES if isinstance(error, cls)), _broken_off(host))

    def close(self) -> None:
        """End the connections."""
        self._pool.clear()


def _broken_off(host: str) -> Failed:
    return Failed(f"{host} broke the connection off, or does not speak HTTP", is_unreachable=True)


_FAILURES: Final[tuple[tuple[type[Exception], Callable[[str, float], Failed]], ...]] = (
    (LocationParseError, lambda host, _: Failed(f"there can be no host {host}")),
    (NameResolutionError, lambda host, _: Failed(f"there is no host {host}", is_unreachable=True)),
    (NewConnectionError, lambda host, _: Failed(f"nothing listens at {host}", is_unreachable=True)),
    (NoAnswer, lambda _, seconds: too_late(seconds)),
    (SSLError, lambda host, _: Failed(f"{host} speaks no TLS, or has a certificate that is not trusted", is_unreachable=True)),
)
"""What kept an answer from coming, by the first class that fits; some of these classes are kinds of others below them."""


def _raised(error: BaseException) -> Failed:
    """What an application raised, with its traceback, for whoever wrote it."""
    return Failed(f"the application raised {line(error)}\n{report(error)}")


_listener: ContextVar[_Tracebacks | None] = ContextVar("_listener", default=None)


class _Tracebacks(logging.Handler):
    """Keeps what is logged of exceptions while an application is asked.

    Flask and Django turn an exception into an answer with the status 500, which says nothing of it, and log it.
    """

    def __init__(self) -> None:
        # Flask would not log to where it does by default if somebody listened at its own level.
        super().__init__(logging.ERROR)
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and _listener.get() is self:  # other requests may be answered at the same time
            self.errors.append(error)

    def of(self, reply: Reply) -> Reply | Failed:
        """What an application has answered, with the exceptions for which it is an error."""
        if reply.status < HTTPStatus.INTERNAL_SERVER_ERROR or not self.errors:
            return reply
        what = f"the application answered {reply.status}, for it raised {line(self.errors[0])}"
        return Failed("\n".join([what, *map(report, self.errors)]))


@contextmanager
def _listening() -> Generator[_Tracebacks]:
    tracebacks = _Tracebacks()
    token = _listener.set(tracebacks)
    logging.getLogger().addHandler(tracebacks)
    try:
        yield tracebacks
    finally:
        logging.getLogger().removeHandler(tracebacks)
        _listener.reset(token)


class InWsgi:
    """An application of WSGI (Flask, Django), called in the thread that moves the emulator's time; in real time in several."""

    def __init__(self, app: Wsgi) -> None:
        """Take the application."""
        self._app = app

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """The answer, however long it takes: a call in the same thread cannot be broken off."""
        del seconds
        with _listening() as tracebacks:
            try:
                reply = self._answer(request)
            except (Exception, SystemExit) as error:  # noqa: BLE001  whatever it is, it is the application's
                return _raised(error)
            return Failed("the application did not begin an answer") if reply is None else tracebacks.of(reply)

    def _answer(self, request: Request) -> Reply | None:
        began: list[tuple[str, list[tuple[str, str]]]] = []
        body = bytearray()

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], None]:
            del exc_info
            began[:] = [(status, headers)]
            return body.extend

        parts = self._app(_environ(request), start_response)
        try:
            for part in parts:
                body += part
                if len(body) >= READ_AT_MOST:
                    break
        finally:
            getattr(parts, "close", lambda: None)()
        if not began:
            return None
        status, headers = began[0]
        return Reply(int(status.split()[0]), Headers(dict(headers)), bytes(body[:READ_AT_MOST]))

    def close(self) -> None:
        """There is nothing to give back."""


def _environ(request: Request) -> dict[str, Any]:
    """A request as WSGI has it (PEP 3333)."""
    url = urlsplit(request.url)
    fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    content_type = fields.pop("HTTP_CONTENT_TYPE", "")
    return {
        **fields,
        "HTTP_HOST": _host(request.url),
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path or "/", "latin-1"),
        "QUERY_STRING": url.query,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(request.body)),
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(_port(request.url)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


class InAsgi:
    """An application of ASGI (Starlette, FastAPI, Django), in an event loop of its own that lasts as long as the emulator."""

    def __init__(self, app: Asgi) -> None:
        """Take the application; its loop begins with the first request."""
        self._app = app
        self._lock = threading.Lock()
        self._life: _Life | None = None

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """The answer, if it comes in time; it counts once it is there as a whole, whatever the application does after it."""
        end = time.monotonic() + seconds
        with self._lock:
            if self._life is None:
                self._life = _Life(self._app)
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


class _Life:
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
        with _listening() as tracebacks:
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
            return _raised(error)
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
            (b"host", _host(request.url).encode()),
            *((name.lower().encode(), value.encode("latin-1")) for name, value in request.headers.items()),
        ],
        "server": (url.hostname, _port(request.url)),
        "client": ("127.0.0.1", 0),
    }
