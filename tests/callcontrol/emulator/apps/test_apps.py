"""HTTP, WSGI and ASGI applications return a response, or a failure with a reason."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Final

import django.http
import flask
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from django.urls import path
from fastapi import FastAPI
from fastapi import Response as FastApiResponse
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request as StarletteRequest
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

import bxml
from callcontrol import BasicAuth, Client, parse_event
from callcontrol.emulator import Core
from callcontrol.emulator.apps import application_of
from callcontrol.emulator.apps.asgi import SHUTDOWN_SECONDS, AsgiApplication
from callcontrol.emulator.apps.base import HOST_OF_OBJECTS, MAX_BODY_BYTES, Application
from callcontrol.emulator.generator_tasks import Failed, too_late
from callcontrol.events import InitiateEvent
from callcontrol.http_messages import Headers, Reply, Request
from callcontrol.webhooks import django_answer, flask_answer, starlette_answer
from tests.callcontrol.emulator.scripted_application import create
from tests.callcontrol.faulty_server import Loopback, answering, dripping, hang_up, in_turn, reset, sending, wait

Environ = Mapping[str, Any]
StartResponse = Callable[..., Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

EVENT: Final = Request(
    "POST",
    "https://app.example/a%20b/%C3%A9?x=1&y=%2B",
    Headers({"Content-Type": "application/json", "Authorization": "Basic dTpw"}),
    b'{"eventType": "answer"}',
)

INCOMPLETE: Final = "closed the connection before its response was complete"

SHORT: Final = 0.15
"""Timeout in seconds for applications that never respond."""


def post(url: str) -> Request:
    """Return a request that carries an event to a URL."""
    return Request("POST", url, Headers({"Content-Type": "application/json"}), b"{}")


@pytest.fixture
def application(request: pytest.FixtureRequest) -> Iterator[Callable[[object], Application]]:
    """Return a function that makes applications, and close the applications after the test."""
    with contextlib.ExitStack() as stack:

        def make(given: object) -> Application:
            made = application_of(given)
            stack.callback(made.close)
            return made

        yield make


Make = Callable[[object], Application]


class TestOverHttp:
    """An application behind a URL is called over HTTP, and network errors become failures."""

    @pytest.fixture
    def serve(self) -> Iterator[Callable[..., Loopback]]:
        """Return a function that starts a server with scripted responses."""
        with contextlib.ExitStack() as stack:

            def start(*scripts: Callable[[socket.socket], None]) -> Loopback:
                server = Loopback(in_turn(*scripts))
                stack.callback(server.close)
                return server

            yield start

    def test_response_is_returned_unchanged(self, application: Make, serve: Callable[..., Loopback]) -> None:
        """The server receives the request unchanged, even after the application was closed."""
        server = serve(answering(b"<Response/>", "201 Made", Content_Type="text/html"))
        app = application(None)
        for _ in range(2):
            reply = app(post(f"http://{server.host}/answer?x=1"), 5)
            assert isinstance(reply, Reply)
            assert (reply.status, reply.headers["content-type"], reply.body) == (201, "text/html", b"<Response/>")
            app.close()
        assert server.heads[0].startswith("POST /answer?x=1 HTTP/1.1\r\n")
        assert server.header("content-length") == ["2", "2"]

    @pytest.mark.parametrize(
        ("status", "location"), [("302 Found", "/elsewhere"), ("307 Temporary Redirect", "https://app.example/")]
    )
    def test_redirect_is_not_followed(
        self, application: Make, serve: Callable[..., Loopback], status: str, location: str
    ) -> None:
        """The redirect is returned, and it is not a success."""
        server = serve(answering(b"", status, Location=location))
        reply = application(None)(post(f"http://{server.host}/"), 5)
        assert isinstance(reply, Reply)
        assert (reply.status, reply.is_success, len(server.heads)) == (int(status[:3]), False, 1)

    def test_body_is_read_up_to_one_byte_over_the_maximum(self, application: Make, serve: Callable[..., Loopback]) -> None:
        """The extra byte shows that the body is too large."""
        sent = threading.Event()

        def pour(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
            try:
                for _ in range(1000):
                    connection.sendall(b"x" * 10_000)
                sent.set()
            except OSError:  # the client has stopped reading
                return

        reply = application(None)(post(f"http://{serve(pour).host}/"), 5)
        assert isinstance(reply, Reply)
        assert len(reply.body) == MAX_BODY_BYTES == 64 * 1024 + 1
        assert not sent.is_set()

    @pytest.mark.parametrize(
        "script",
        [
            wait,
            dripping,
            sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<Respon", then=wait),
            sending(b"HTTP/1.1 200 OK\r\n", then=wait),
        ],
        ids=["hangs", "drips", "stops in the body", "stops in the head"],
    )
    def test_timeout_is_for_the_whole_response(
        self, application: Make, serve: Callable[..., Loopback], script: Callable[[socket.socket], None]
    ) -> None:
        """Bytes that arrive slowly do not extend the timeout."""
        began = time.monotonic()
        assert application(None)(post(f"http://{serve(script).host}/"), SHORT) == too_late(SHORT)
        assert SHORT <= time.monotonic() - began < 5

    @pytest.mark.parametrize(
        ("script", "reason"),
        [
            (hang_up, "closed the connection without a response"),
            (reset, "reset the connection"),
            (sending(b"HTTP/1.1 20"), INCOMPLETE),
            (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<Respon"), INCOMPLETE),
            (sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), INCOMPLETE),
        ],
        ids=["closed", "reset", "closed in the head", "closed in the body", "closed in a chunk"],
    )
    def test_broken_connection_is_unreachable(
        self, application: Make, serve: Callable[..., Loopback], script: Callable[[socket.socket], None], reason: str
    ) -> None:
        """The reason of the failure names the host, but not the HTTP library."""
        host = serve(script).host
        assert application(None)(post(f"http://{host}/"), 5) == Failed(f"{host} {reason}", is_unreachable=True)

    @pytest.mark.parametrize(
        ("response", "reason"),
        [
            (b"HTTP/1.1 72846\r\n\r\n", 'sent "HTTP/1.1 72846", which is not a status line of HTTP'),
            (b"\x1b[2Jhello\r\n\r\n", r'sent "\x1b[2Jhello", which is not a status line of HTTP'),
            (b"HTTP/9.1 200 OK\r\n\r\n", "sent a response that is not valid HTTP"),
            (b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 200 + b"\r\n", "sent a response that is not valid HTTP"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nabc", "sent a response that is not valid HTTP"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "sent a response that is not valid HTTP"),
            (
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
                "sent a body that does not have the encoding of its header Content-Encoding",
            ),
        ],
        ids=["status", "not HTTP", "version", "headers", "lengths", "invalid chunk", "invalid gzip"],
    )
    def test_invalid_response_is_a_response(
        self, application: Make, serve: Callable[..., Loopback], response: bytes, reason: str
    ) -> None:
        """The application has handled the request, so the failure is not one of the connection."""
        host = serve(sending(response)).host
        assert application(None)(post(f"http://{host}/"), 5) == Failed(f"{host} {reason}", is_unreachable=False)

    def test_closed_port_is_unreachable(self, application: Make) -> None:
        """A closed port is not reported as a timeout, although its error in urllib3 is a subclass of a timeout error."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            host = f"127.0.0.1:{server.getsockname()[1]}"
        assert application(None)(post(f"http://user:pass@{host}/"), 5) == Failed(
            f"cannot connect to {host}", is_unreachable=True
        )

    def test_unknown_host_is_unreachable(self, application: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        """An unknown host is unreachable, and an invalid host name is a different failure."""

        def fail(*_: object) -> None:
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr("socket.getaddrinfo", fail)
        app = application(None)
        reason = "the host name app.example:81 cannot be resolved"
        advice = (
            "if its program runs on this machine, add --map https://app.example:81=http://localhost:PORT (in Python, url_map)"
        )
        expected = Failed(f"{reason}; {advice}", is_unreachable=True)
        assert app(post("https://user:pass@app.example:81/a"), 5) == expected
        replaced = application_of(None, {"https://other.example": "http://app.example:81"})
        assert replaced(post("https://other.example/"), 5) == Failed(reason, is_unreachable=True)
        label = "a" * 64
        assert app(post(f"http://{label}.example/"), 5) == Failed(f"{label}.example is not a valid host name")

    def test_host_without_tls_is_unreachable(self, application: Make) -> None:
        """A server that only supports HTTP is unreachable at an https URL."""

        def answer() -> None:
            with listening.accept()[0] as connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        with socket.create_server(("127.0.0.1", 0)) as listening:
            host = f"127.0.0.1:{listening.getsockname()[1]}"
            advice = f"to connect without TLS, add --map https://{host}=http://{host} (in Python, url_map)"
            reason = f"{host} does not support TLS, or its certificate is not trusted; {advice}"
            expected = Failed(reason, is_unreachable=True)
            thread = threading.Thread(target=answer)
            thread.start()
            assert application(None)(post(f"https://{host}/"), 5) == expected
            thread.join()


def echo(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Respond with the parts of the request."""
    names = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_AUTHORIZATION", "HTTP_HOST")
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield "\n".join(environ.get(name, "") for name in names).encode("latin-1")
    yield b"\n" + environ["wsgi.input"].read()
    yield f"\n{environ['wsgi.url_scheme']} {environ['SERVER_NAME']} {environ['SERVER_PORT']}".encode()


class TestWsgi:
    """A WSGI application is called as PEP 3333 describes, in the thread of the caller."""

    def test_environ_describes_the_request(self, application: Make) -> None:
        """The Host header omits the user name of the URL. The path consists of bytes that are decoded as Latin-1."""
        reply = application(echo)(EVENT, 15)
        assert isinstance(reply, Reply)
        assert reply.headers["content-type"] == "text/plain"
        assert reply.body.decode("latin-1").splitlines() == [
            "POST",
            "/a b/\u00c3\u00a9",
            "x=1&y=%2B",
            "application/json",
            "23",
            "Basic dTpw",
            "app.example",
            '{"eventType": "answer"}',
            "https app.example 443",
        ]
        other = application(echo)(Request("GET", "http://user:pass@app.example:8080"), 15)
        assert isinstance(other, Reply)
        lines = other.text.splitlines()
        assert (lines[1], lines[6], lines[-1]) == ("/", "app.example:8080", "http app.example 8080")

    def test_write_and_close_are_supported(self, application: Make) -> None:
        """The emulator closes the application's iterable, even if the iterable is too large to be read completely."""
        closed: list[str] = []

        class Parts:
            def __iter__(self) -> Iterator[bytes]:
                while True:
                    yield b"x" * 50_000

            def close(self) -> None:
                closed.append("closed")

        def app(_: Environ, start_response: StartResponse) -> Parts:
            start_response("500 Oh", [])
            start_response("200 OK", [], exc_info=None)(b"written")
            return Parts()

        reply = application(app)(EVENT, 15)
        assert isinstance(reply, Reply)
        assert (reply.status, reply.body[:8], len(reply.body)) == (200, b"writtenx", MAX_BODY_BYTES)
        assert closed == ["closed"]

    @pytest.mark.parametrize("error", [RuntimeError("no menu"), SystemExit("no menu")])
    def test_exception_is_reported_with_its_traceback(self, application: Make, error: BaseException) -> None:
        """The first line of the failure's reason is a summary of the exception."""

        def app(_: Environ, __: StartResponse) -> list[bytes]:
            raise error

        failed = application(app)(EVENT, 15)
        assert isinstance(failed, Failed)
        first, *more = failed.reason.splitlines()
        assert first == f"the application raised {type(error).__name__}: no menu"
        assert more[0] == "Traceback (most recent call last):"
        assert more[-1] == f"{type(error).__name__}: no menu"
        assert failed.is_unreachable is False

    def test_exception_while_the_body_is_read_is_reported(self, application: Make) -> None:
        """An exception during iteration is reported, and so is an invalid status line."""

        def app(_: Environ, start_response: StartResponse) -> Iterator[bytes]:
            start_response("200 OK", [])
            yield b"<Response>"
            raise KeyError("menu")

        def bad(_: Environ, start_response: StartResponse) -> list[bytes]:
            start_response("fine", [])
            return []

        for each, last in [(app, "KeyError: 'menu'"), (bad, "ValueError: invalid literal for int() with base 10: 'fine'")]:
            failed = application(each)(EVENT, 15)
            assert isinstance(failed, Failed)
            assert failed.reason.splitlines()[-1] == last

    def test_missing_response_is_a_failure(self, application: Make) -> None:
        """The application must call start_response."""
        assert application(lambda *_: [])(EVENT, 15) == Failed("the application did not start a response")

    def test_failed_assertion_in_the_application_fails_the_test(self, application: Make) -> None:
        """Exceptions of pytest are not reported as failures of the application."""
        with pytest.raises(pytest.fail.Exception, match="not so"):
            application(lambda *_: pytest.fail("not so"))(EVENT, 15)

    def test_flask_view_is_called(self, application: Make) -> None:
        """An exception in a view is a failure with its traceback, although Flask responds with 500."""
        app = flask.Flask("app")

        @app.post("/answer")
        def answer() -> str:
            return f"<Response/><!-- {flask.request.get_json()['eventType']} {flask.request.url} -->"

        @app.post("/broken")
        def broken() -> str:
            raise LookupError("no menu")

        given = application(app)
        reply = given(Request("POST", "https://app.example/answer?x=1", EVENT.headers, EVENT.body), 15)
        assert isinstance(reply, Reply)
        assert (reply.status, reply.text) == (200, "<Response/><!-- answer https://app.example/answer?x=1 -->")
        failed = given(post("https://app.example/broken"), 15)
        assert isinstance(failed, Failed)
        lines = failed.reason.splitlines()
        assert lines[0] == "the application returned status 500: it raised LookupError: no menu"
        assert lines[-1] == "LookupError: no menu"
        missing = given(post("https://app.example/missing"), 15)
        assert isinstance(missing, Reply)
        assert missing.status == 404

    def test_only_exceptions_logged_in_this_request_count(self, application: Make) -> None:
        """An exception is reported only if it was logged in the thread of the request, and the response is a server error."""
        log = logging.getLogger("tests.app")

        def answered(status: str, *, is_elsewhere: bool = False, is_exception: bool = True) -> Reply | Failed:
            def complain() -> None:
                log.error("failed", exc_info=LookupError("no menu") if is_exception else None)

            def app(_: Environ, start_response: StartResponse) -> list[bytes]:
                thread = threading.Thread(target=complain)
                (thread.start if is_elsewhere else complain)()
                if is_elsewhere:
                    thread.join()
                start_response(status, [])
                return []

            return application(app)(EVENT, 15)

        assert isinstance(answered("503 Later"), Failed)
        assert answered("503 Later", is_elsewhere=True) == Reply(503)
        assert answered("503 Later", is_exception=False) == Reply(503)
        assert answered("404 Not Found") == Reply(404)
        assert not any(type(handler).__name__ == "LoggedExceptions" for handler in logging.getLogger().handlers)

    def test_django_view_is_called(self, application: Make) -> None:
        """Django works over WSGI and ASGI, and an exception in a view is a failure with its traceback."""
        with override_settings(ROOT_URLCONF=__name__, DEBUG_PROPAGATE_EXCEPTIONS=False):
            for app in (application(WSGIHandler()), application(ASGIHandler())):
                reply = app(Request("POST", "https://app.example/answer", EVENT.headers, EVENT.body), 15)
                assert isinstance(reply, Reply), reply.reason
                assert (reply.status, reply.text) == (200, "<Response/><!-- 23 https://app.example/answer -->")
                failed = app(post("https://app.example/broken"), 15)
                assert isinstance(failed, Failed)
                assert failed.reason.splitlines()[0] == "the application returned status 500: it raised LookupError: no menu"
                assert failed.reason.splitlines()[-1] == "LookupError: no menu"


def answer_in_django(request: django.http.HttpRequest) -> django.http.HttpResponse:
    """Return the size of the body and the URL."""
    return django.http.HttpResponse(f"<Response/><!-- {len(request.body)} {request.build_absolute_uri()} -->")


def broken_in_django(_: django.http.HttpRequest) -> django.http.HttpResponse:
    """Raise an exception."""
    raise LookupError("no menu")


urlpatterns = [path("answer", answer_in_django), path("broken", broken_in_django)]
"""The URL configuration of Django."""


async def answer_in_starlette(request: StarletteRequest) -> PlainTextResponse:
    """Return the request as Starlette reads it."""
    return PlainTextResponse(f"{request.method} {request.url} {request.client} {len(await request.body())}")


def starlette(*endpoints: Callable[..., Any], **choices: Any) -> Starlette:
    """Return an application in which the path of each endpoint is the endpoint's name."""
    return Starlette(routes=[Route(f"/{each.__name__}", each, methods=["POST"]) for each in endpoints], **choices)


class TestAsgi:
    """An ASGI application runs in its own event loop, from startup to shutdown."""

    def test_scope_describes_the_request(self, application: Make) -> None:
        """The response body consists of all body messages that the application sends."""
        scopes: list[Mapping[str, Any]] = []

        async def app(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                return
            scopes.append(scope)
            message = await receive()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Y", b"z")]})
            await send({"type": "http.response.body", "body": message["body"], "more_body": True})
            await send({"type": "http.response.body"})

        reply = application(app)(EVENT, 15)
        assert isinstance(reply, Reply)
        assert (reply.status, reply.headers["x-y"], reply.body) == (200, "z", EVENT.body)
        (scope,) = scopes
        assert {name: scope[name] for name in ("method", "scheme", "path", "raw_path", "query_string", "server")} == {
            "method": "POST",
            "scheme": "https",
            "path": "/a b/é",
            "raw_path": b"/a%20b/%C3%A9",
            "query_string": b"x=1&y=%2B",
            "server": ("app.example", 443),
        }
        assert [*scope["headers"]] == [
            (b"host", b"app.example"),
            (b"content-type", b"application/json"),
            (b"authorization", b"Basic dTpw"),
        ]

    def test_starlette_endpoint_is_called(self, application: Make) -> None:
        """The endpoint reads the request as it was sent."""
        reply = application(starlette(answer_in_starlette))(post("http://app.example/answer_in_starlette?x=1"), 15)
        assert isinstance(reply, Reply)
        text = "POST http://app.example/answer_in_starlette?x=1 Address(host='127.0.0.1', port=0) 2"
        assert (reply.status, reply.text) == (200, text)

    def test_fastapi_endpoint_is_called(self, application: Make) -> None:
        """The endpoint runs in a thread, because it is not a coroutine function."""
        app = FastAPI()

        @app.post("/answer")
        def answer(body: dict[str, str]) -> FastApiResponse:
            return FastApiResponse(f"<Response/><!-- {body['eventType']} -->")

        reply = application(app)(Request("POST", "https://app.example/answer", EVENT.headers, EVENT.body), 15)
        assert isinstance(reply, Reply)
        assert (reply.status, reply.text) == (200, "<Response/><!-- answer -->")

    def test_lifespan_starts_once_and_shuts_down(self, application: Make) -> None:
        """The lifespan state is available to requests. A closed application can start again."""
        seen: list[str] = []

        @contextlib.asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[dict[str, str]]:
            seen.append("up")
            yield {"menu": "sales"}
            seen.append("down")

        async def menu(request: StarletteRequest) -> PlainTextResponse:
            seen.append("requested")
            return PlainTextResponse(request.state.menu)

        app = application(starlette(menu, lifespan=lifespan))
        app.close()  # has no effect before the first request
        for _ in range(2):
            for _ in range(2):
                reply = app(post("https://app.example/menu"), 15)
                assert isinstance(reply, Reply)
                assert reply.text == "sales"
            app.close()
        assert seen == ["up", "requested", "requested", "down"] * 2

    def test_failed_startup_fails_each_request(self, application: Make) -> None:
        """The reason of the failure has the traceback of the exception at startup."""

        @contextlib.asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            app.state.database = await connect()
            yield

        async def connect() -> str:
            raise ConnectionError("no database")

        app = application(starlette(answer_in_starlette, lifespan=lifespan))
        for _ in range(2):
            failed = app(post("https://app.example/answer_in_starlette"), 15)
            assert isinstance(failed, Failed)
            assert failed.reason.splitlines()[0] == "the application failed to start"
            assert failed.reason.splitlines()[-1] == "ConnectionError: no database"

    @pytest.mark.parametrize("error", [ValueError("only http"), SystemExit(1)])
    def test_application_without_lifespan_works(self, application: Make, error: BaseException) -> None:
        """The application can raise any exception for a lifespan scope."""

        async def app(scope: Mapping[str, Any], _: Receive, send: Send) -> None:
            if scope["type"] != "http":
                raise error
            await send({"type": "http.response.start", "status": 204})
            await send({"type": "http.response.body"})

        given = application(app)
        assert given(EVENT, 15) == Reply(204)
        began = time.monotonic()
        given.close()
        assert time.monotonic() - began < SHUTDOWN_SECONDS / 2

    def test_startup_and_shutdown_have_timeouts(self, application: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        """The emulator does not wait indefinitely for an application that hangs at startup or shutdown."""
        monkeypatch.setattr("callcontrol.emulator.apps.asgi.SHUTDOWN_SECONDS", 0.05)

        async def never_up(*_: object) -> None:
            await asyncio.sleep(3600)

        async def never_down(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await receive()
                await send({"type": "lifespan.startup.complete"})
                await asyncio.sleep(3600)
            await send({"type": "http.response.start", "status": 204})
            await send({"type": "http.response.body"})

        app = application(never_up)
        assert app(EVENT, SHORT) == too_late(SHORT)
        app.close()
        app = application(never_down)
        assert app(EVENT, 15) == Reply(204)
        began = time.monotonic()
        app.close()
        assert time.monotonic() - began < 3

    def test_request_that_hangs_is_cancelled(self, application: Make) -> None:
        """Other requests still receive their responses."""
        was_cancelled = threading.Event()

        async def hang(_: StarletteRequest) -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                was_cancelled.set()

        app = application(starlette(hang, answer_in_starlette))
        assert app(post("https://app.example/hang"), SHORT) == too_late(SHORT)
        assert was_cancelled.wait(5)
        assert isinstance(app(post("https://app.example/answer_in_starlette"), 15), Reply)

    def test_exception_after_the_response_is_logged(self, application: Make, caplog: pytest.LogCaptureFixture) -> None:
        """The response is returned as soon as it is complete."""
        go, done = threading.Event(), threading.Event()

        async def later() -> None:
            await asyncio.to_thread(go.wait)
            done.set()
            raise LookupError("too late")

        async def answer(_: StarletteRequest) -> PlainTextResponse:
            return PlainTextResponse("<Response/>", background=BackgroundTask(later))

        app = application(starlette(answer))
        reply = app(post("https://app.example/answer"), 15)
        assert isinstance(reply, Reply)
        assert (reply.text, done.is_set()) == ("<Response/>", False)
        go.set()
        assert done.wait(5)
        app.close()
        assert [record.getMessage() for record in caplog.records if record.name.startswith("callcontrol")] == [
            "the application raised an exception after its response"
        ]

    def test_streamed_response_is_read_to_its_end_or_maximum(self, application: Make) -> None:
        """The application receives no disconnect before its response ends."""

        async def parts(_: StarletteRequest) -> StreamingResponse:
            async def several() -> AsyncIterator[bytes]:
                for _ in range(3):
                    await asyncio.sleep(0)
                    yield b"part "

            return StreamingResponse(several())

        async def endless(_: StarletteRequest) -> StreamingResponse:
            async def without_end() -> AsyncIterator[bytes]:
                while True:
                    await asyncio.sleep(0)
                    yield b"x" * 50_000

            return StreamingResponse(without_end())

        app = application(starlette(parts, endless))
        reply = app(post("https://app.example/parts"), 15)
        assert isinstance(reply, Reply)
        assert reply.text == "part part part "
        reply = app(post("https://app.example/endless"), 15)
        assert isinstance(reply, Reply)
        assert len(reply.body) == MAX_BODY_BYTES

    def test_disconnect_follows_the_end_of_the_response(self, application: Make) -> None:
        """The application receives the request body once. It receives a disconnect message after the end of its response."""
        seen: list[str] = []
        done = threading.Event()

        async def app(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                return
            seen.append((await receive())["type"])
            await send({"type": "http.response.start", "status": 204})
            await send({"type": "http.response.body"})
            await send({"type": "http.response.body", "body": b"more"})
            await send({"type": "http.response.trailers"})
            seen.append((await receive())["type"])
            done.set()

        assert application(app)(EVENT, 15) == Reply(204)
        assert done.wait(5)
        assert seen == ["http.request", "http.disconnect"]

    @pytest.mark.parametrize("error", [LookupError("no menu"), TimeoutError("no menu"), SystemExit("no menu")])
    def test_exception_is_reported_with_its_traceback(self, application: Make, error: BaseException) -> None:
        """Starlette returns 500 and raises the exception again."""

        async def broken(_: StarletteRequest) -> None:
            raise error

        async def bare(scope: Mapping[str, Any], *_: object) -> None:
            if scope["type"] == "http":
                raise error

        for app in (starlette(broken), bare):
            failed = application(app)(post("https://app.example/broken"), 15)
            assert isinstance(failed, Failed)
            assert failed.reason.splitlines()[0] == f"the application raised {type(error).__name__}: no menu"
            assert failed.reason.splitlines()[-1] == f"{type(error).__name__}: no menu"

    def test_exception_after_an_error_response_is_waited_for(self, application: Make) -> None:
        """The exception is the reason of the failure."""

        async def app(scope: Mapping[str, Any], _: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await send({"type": "http.response.start", "status": 500})
                await send({"type": "http.response.body"})
                await asyncio.sleep(0.05)
                raise LookupError("no menu")

        failed = application(app)(EVENT, 15)
        assert isinstance(failed, Failed)
        assert failed.reason.splitlines()[-1] == "LookupError: no menu"

    def test_missing_response_is_a_failure(self, application: Make) -> None:
        """The request fails if the application starts no response. An incomplete response ends when the application returns."""

        async def nothing(*_: object) -> None: ...

        async def half(scope: Mapping[str, Any], _: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await send({"type": "http.response.start", "status": 200})
                await send({"type": "http.response.body", "body": b"<Resp", "more_body": True})

        assert application(nothing)(EVENT, 15) == Failed("the application did not start a response")
        reply = application(half)(EVENT, 15)
        assert isinstance(reply, Reply)
        assert reply.body == b"<Resp"

    def test_cancelled_request_is_a_failure(self, application: Make) -> None:
        """The application cancels the request itself."""

        async def app(scope: Mapping[str, Any], *_: object) -> None:
            if scope["type"] == "http":
                raise asyncio.CancelledError

        assert application(app)(EVENT, 15) == Failed("the application canceled the request before it responded")

    def test_failed_assertion_in_the_application_fails_the_test(self, application: Make) -> None:
        """Exceptions of pytest are not reported as failures of the application."""

        async def app(scope: Mapping[str, Any], *_: object) -> None:
            if scope["type"] == "http":
                pytest.fail("not so")

        with pytest.raises(pytest.fail.Exception, match="not so"):
            application(app)(EVENT, 15)

    def test_exception_logged_before_an_error_response_is_reported(self, application: Make) -> None:
        """Concurrent requests do not receive each other's exceptions."""

        async def app(scope: Mapping[str, Any], _: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return
            await asyncio.sleep(0.05)
            logging.getLogger("tests.app").error("failed", exc_info=LookupError(scope["path"]))
            await send({"type": "http.response.start", "status": 503})
            await send({"type": "http.response.body"})

        given = application(app)
        failures: dict[str, Reply | Failed] = {}

        def send(name: str) -> None:
            failures[name] = given(post(f"https://app.example/{name}"), 15)

        threads = [threading.Thread(target=send, args=name) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name, failed in failures.items():
            assert isinstance(failed, Failed)
            assert failed.reason.splitlines()[0] == f"the application returned status 503: it raised LookupError: /{name}"
            assert [line for line in failed.reason.splitlines() if line.startswith("LookupError")] == [f"LookupError: /{name}"]


class TestApplicationOf:
    """The argument decides how an application is called."""

    def test_url_or_none_is_http(self) -> None:
        """A URL and None each give an HTTP application."""
        assert type(application_of("https://app.example/voice")) is type(application_of(None))

    def test_coroutine_functions_are_asgi(self) -> None:
        """An object is ASGI if it or its ``__call__`` is a coroutine function. Any other callable object is WSGI."""

        class WithMethod:
            async def __call__(self, *_: object) -> None: ...

        async def coroutine(*_: object) -> None: ...

        for each in (coroutine, functools.partial(coroutine, 1), WithMethod(), FastAPI(), ASGIHandler()):
            assert isinstance(application_of(each), AsgiApplication)
        for each in (echo, functools.partial(echo), flask.Flask("app"), WSGIHandler()):
            made = application_of(each)
            assert not isinstance(made, AsgiApplication)
            made.close()

    @pytest.mark.parametrize("given", ["app.example", "ftp://app.example/", ""])
    def test_string_must_be_a_url(self, given: str) -> None:
        """The scheme must be http or https."""
        with pytest.raises(
            ValueError, match=r"^'.*' is not the URL of an application: it must start with http:// or https://$"
        ):
            application_of(given)

    def test_other_objects_raise(self) -> None:
        """The message names the type."""
        with pytest.raises(TypeError, match=r"^an application must be a URL, or a WSGI or ASGI object, got int$"):
            application_of(8000)

    def test_host_of_objects_is_https(self) -> None:
        """Relative URLs resolve to https, because credentials in a document require https URLs."""
        assert HOST_OF_OBJECTS.startswith("https://")


class TestCalls:
    """A call works in the same way with every framework."""

    def test_each_framework_answers_a_call(self) -> None:
        """Flask, FastAPI and Django (WSGI and ASGI) read the event and return the document."""
        in_flask, in_fastapi = flask.Flask("app"), FastAPI()

        @in_flask.post("/answer")
        def answer_in_flask() -> flask.Response:
            return flask_answer(greeting(flask.request.data))

        @in_fastapi.post("/answer")
        async def answer_in_fastapi(request: StarletteRequest) -> FastApiResponse:
            return starlette_answer(greeting(await request.body()))

        with override_settings(ROOT_URLCONF=__name__):
            for app in (in_flask, in_fastapi, WSGIHandler(), ASGIHandler()):
                with Core(app) as voice:
                    call = voice.dial("/greet" if "django" in type(app).__module__ else "/answer")
                    call.expect_speech("hello, +12125550123")
                    assert call.expect_end() == "hangup"
                assert not [entry for entry in call.timeline if entry.kind == "problem" or "warning" in entry.details]

    def test_endpoint_can_interrupt_its_own_call(self) -> None:
        """FastAPI runs the endpoint in a thread while the emulator waits for the response."""
        app = FastAPI()

        @app.post("/answer")
        def answer(event: dict[str, str]) -> FastApiResponse:
            client = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)
            client.interrupt(event["callId"], bxml.Response().speak_sentence("Pushed."))
            return starlette_answer(bxml.Response().speak_sentence("Answered."))

        with Core(app) as voice:
            call = create(voice)
            call.expect_speech("pushed")
            call.expect_end()
        assert call.timeline.spoken == ["Pushed."]
        assert call.timeline.texts("ignored") == ["the response to answer came after the call was interrupted or ended"]


def greeting(body: bytes) -> bxml.Response:
    """Return the document for an event."""
    event = parse_event(body)
    assert isinstance(event, InitiateEvent)
    return bxml.Response().speak_sentence(f"Hello, {event.from_}.")


def greet_in_django(request: django.http.HttpRequest) -> django.http.HttpResponse:
    """Return a greeting."""
    return django_answer(greeting(request.body))


urlpatterns.append(path("greet", greet_in_django))
