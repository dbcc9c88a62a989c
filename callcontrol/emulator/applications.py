"""Applications under test: behind a URL, or as a WSGI or ASGI object that is called without any port.

What an application answers comes as a :class:`callcontrol.http.Reply`, of which no more is read than a document may have.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import sys
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as TooLate
from typing import Any, Final, Protocol, cast
from urllib.parse import unquote, urlsplit

import urllib3

from bxml import schema
from callcontrol.emulator.processes import Failed
from callcontrol.http import Headers, Reply, Request

READ_AT_MOST: Final = schema.maximum_bytes() + 1
"""Bytes of an answer that are read: one more than a document may have tells that it is too large."""

HOST_OF_OBJECTS: Final = "https://app.example"
"""Where an application is that was given as an object, for URLs that are relative."""

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
    """
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
        self._pool = urllib3.PoolManager(retries=False)

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """The answer over HTTP."""
        end = time.monotonic() + seconds
        try:
            with self._pool.request(
                request.method,
                request.url,
                body=request.body,
                headers=request.headers.as_dict(),
                timeout=urllib3.Timeout(seconds),
                redirect=False,
                preload_content=False,
            ) as response:
                body = bytearray()
                while len(body) < READ_AT_MOST and (part := response.read1(READ_AT_MOST - len(body))):
                    body += part
                    if time.monotonic() > end:
                        return _too_late(seconds)
                if response.closed or len(body) < READ_AT_MOST:
                    response.drain_conn()
                return Reply(response.status, Headers(dict(response.headers)), bytes(body))
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            if _is_too_late(error):
                return _too_late(seconds)
            return Failed(_in_words(error, request.url), is_unreachable=True)

    def close(self) -> None:
        """End the connections."""
        self._pool.clear()


def _too_late(seconds: float) -> Failed:
    return Failed(f"no answer within {seconds:g} s")


def _raised() -> Failed:
    """What an application raised, with its traceback, for whoever wrote it."""
    return Failed(f"the application raised an exception\n{traceback.format_exc()}")


def _is_too_late(error: Exception) -> bool:
    """Whether time was up; urllib3 calls it that as well if there was no connection at all."""
    exceptions = urllib3.exceptions
    return isinstance(error, exceptions.TimeoutError) and not isinstance(error, exceptions.NewConnectionError)


def _in_words(error: Exception, url: str) -> str:
    """What kept an answer from coming, without another library's words."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return f"there is no host {host}"
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return f"nothing listens at {host}"
    if isinstance(error, urllib3.exceptions.SSLError):
        return f"{host} speaks no TLS, or has a certificate that is not trusted"
    return f"{host} broke the connection off, or does not speak HTTP"


class InWsgi:
    """An application of WSGI (Flask, Django), called in the thread that moves the emulator's time; in real time in several."""

    def __init__(self, app: Wsgi) -> None:
        """Take the application."""
        self._app = app

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """The answer, however long it takes: a call in the same thread cannot be broken off."""
        del seconds
        began: list[tuple[str, list[tuple[str, str]]]] = []
        body = bytearray()

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], None]:
            del exc_info
            began[:] = [(status, headers)]
            return body.extend

        try:
            parts = self._app(_environ(request), start_response)
            try:
                for part in parts:
                    body += part
                    if len(body) >= READ_AT_MOST:
                        break
            finally:
                getattr(parts, "close", lambda: None)()
        except Exception:  # noqa: BLE001  whatever it is, it is the application's
            return _raised()
        if not began:
            return Failed("the application did not begin an answer")
        status, headers = began[0]
        return Reply(int(status.split()[0]), Headers(dict(headers)), bytes(body[:READ_AT_MOST]))

    def close(self) -> None:
        """There is nothing to give back."""


def _environ(request: Request) -> dict[str, Any]:
    """A request as WSGI has it (PEP 3333)."""
    url = urlsplit(request.url)
    fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    return {
        **fields,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path or "/", "latin-1"),
        "QUERY_STRING": url.query,
        "CONTENT_TYPE": fields.get("HTTP_CONTENT_TYPE", ""),
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


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


class InAsgi:
    """An application of ASGI (Starlette, FastAPI), in an event loop of its own that lasts as long as the emulator."""

    def __init__(self, app: Asgi) -> None:
        """Take the application; its loop begins with the first request."""
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """The answer, if it comes in time."""
        future = asyncio.run_coroutine_threadsafe(self._answer(request), self._running())
        try:
            return future.result(seconds)
        except TooLate:
            future.cancel()
            return _too_late(seconds)
        except CancelledError:
            return Failed("the application broke off")
        except Exception:  # noqa: BLE001  whatever it is, it is the application's
            return _raised()

    def close(self) -> None:
        """Let the application shut down, and end its loop."""
        if self._loop is not None and self._thread is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._loop = None

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            ready = threading.Event()
            self._thread = threading.Thread(target=lambda: asyncio.run(self._live(ready)), daemon=True)
            self._thread.start()
            ready.wait()
        assert self._loop is not None
        return self._loop

    async def _live(self, ready: threading.Event) -> None:
        """Start the application up, keep the loop until it is closed, and shut the application down."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        incoming: asyncio.Queue[Mapping[str, str]] = asyncio.Queue()
        outgoing: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        lifespan = asyncio.create_task(self._lifespan(incoming, outgoing))
        await incoming.put({"type": "lifespan.startup"})
        await outgoing.get()
        ready.set()
        await self._stop.wait()
        await incoming.put({"type": "lifespan.shutdown"})
        await outgoing.get()
        lifespan.cancel()

    async def _lifespan(self, incoming: asyncio.Queue[Mapping[str, str]], outgoing: asyncio.Queue[Mapping[str, Any]]) -> None:
        """The application's own beginning and end; one that knows of none is left alone."""
        try:
            await self._app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, incoming.get, outgoing.put)
        except Exception:  # noqa: BLE001  so an application says that it takes no part, in whatever way
            await outgoing.put({})
        await outgoing.put({})

    async def _answer(self, request: Request) -> Reply | Failed:
        status, sent, body = 0, False, bytearray()
        headers: dict[str, str] = {}

        async def receive() -> Mapping[str, Any]:
            nonlocal sent
            if sent:
                return {"type": "http.disconnect"}
            sent = True
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message.get("headers", ())}
            elif message["type"] == "http.response.body" and len(body) < READ_AT_MOST:
                body.extend(message.get("body", b""))

        await self._app(_scope(request), receive, send)
        if not status:
            return Failed("the application did not begin an answer")
        return Reply(status, Headers(headers), bytes(body[:READ_AT_MOST]))


def _scope(request: Request) -> dict[str, Any]:
    """A request as ASGI has it."""
    url = urlsplit(request.url)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote(url.path or "/"),
        "raw_path": (url.path or "/").encode(),
        "query_string": url.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in request.headers.items()],
        "server": (url.hostname, _port(request.url)),
        "client": ("127.0.0.1", 0),
    }
