"""Applications answer, or it is said in words why they did not: over HTTP, and called as objects of WSGI and of ASGI."""

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
from callcontrol.emulator.apps.base import HOST_OF_OBJECTS, READ_AT_MOST, Application
from callcontrol.emulator.tasks import Failed, too_late
from callcontrol.events import InitiateEvent
from callcontrol.http_messages import Headers, Reply, Request
from callcontrol.webhooks import django_answer, flask_answer, starlette_answer
from tests.callcontrol.emulator.recording_application import create
from tests.callcontrol.faulty_server import Loopback, answering, dripping, hang_up, in_turn, sending, wait

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

SHORT: Final = 0.15
"""Seconds that an application has which never answers."""


def post(url: str) -> Request:
    """An event for a URL."""
    return Request("POST", url, Headers({"Content-Type": "application/json"}), b"{}")


@pytest.fixture
def application(request: pytest.FixtureRequest) -> Iterator[Callable[[object], Application]]:
    """Makes applications, which shut down after the test."""
    with contextlib.ExitStack() as stack:

        def make(given: object) -> Application:
            made = application_of(given)
            stack.callback(made.close)
            return made

        yield make


Make = Callable[[object], Application]


class TestOverHttp:
    """An application behind a URL, with all that a network does to it."""

    @pytest.fixture
    def serve(self) -> Iterator[Callable[..., Loopback]]:
        """Starts servers that do what their scripts say."""
        with contextlib.ExitStack() as stack:

            def start(*scripts: Callable[[socket.socket], None]) -> Loopback:
                server = Loopback(in_turn(*scripts))
                stack.callback(server.close)
                return server

            yield start

    def test_what_it_answers_comes_as_it_is(self, application: Make, serve: Callable[..., Loopback]) -> None:
        """Status, headers and body; and what is sent to it is the request, on one connection until that is closed."""
        server = serve(answering(b"<Response/>", "201 Made", Content_Type="text/html"))
        app = application(None)
        for _ in range(2):
            reply = app(post(f"http://{server.host}/answer?x=1"), 5)
            assert isinstance(reply, Reply)
            assert (reply.status, reply.headers["content-type"], reply.body) == (201, "text/html", b"<Response/>")
        assert server.heads[0].startswith("POST /answer?x=1 HTTP/1.1\r\n")
        assert server.header("content-length") == ["2", "2"]
        assert len(server.connections) == 1
        app.close()
        assert isinstance(app(post(f"http://{server.host}/"), 5), Reply)
        assert len(server.connections) == 2

    @pytest.mark.parametrize(
        ("status", "location"), [("302 Found", "/elsewhere"), ("307 Temporary Redirect", "https://app.example/")]
    )
    def test_a_redirection_is_not_followed(
        self, application: Make, serve: Callable[..., Loopback], status: str, location: str
    ) -> None:
        """It is an answer like any other, and no success."""
        server = serve(answering(b"", status, Location=location))
        reply = application(None)(post(f"http://{server.host}/"), 5)
        assert isinstance(reply, Reply)
        assert (reply.status, reply.is_success, len(server.heads)) == (int(status[:3]), False, 1)

    def test_no_more_is_read_than_a_document_may_have(self, application: Make, serve: Callable[..., Loopback]) -> None:
        """One byte more tells that it is too large; the connection is not used again."""
        sent = threading.Event()

        def pour(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
            try:
                for _ in range(1000):
                    connection.sendall(b"x" * 10_000)
                sent.set()
            except OSError:  # nobody reads it
                return

        server = serve(pour, answering(b"<Response/>"))
        app = application(None)
        reply = app(post(f"http://{server.host}/"), 5)
        assert isinstance(reply, Reply)
        assert len(reply.body) == READ_AT_MOST == 64 * 1024 + 1
        assert not sent.is_set()
        assert isinstance(app(post(f"http://{server.host}/"), 5), Reply)
        assert len(server.connections) == 2

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
    def test_an_answer_has_to_be_there_in_time(
        self, application: Make, serve: Callable[..., Loopback], script: Callable[[socket.socket], None]
    ) -> None:
        """As a whole: however often something comes, the time-out is that of all."""
        began = time.monotonic()
        assert application(None)(post(f"http://{serve(script).host}/"), SHORT) == too_late(SHORT)
        assert SHORT <= time.monotonic() - began < 5

    @pytest.mark.parametrize(
        "script",
        [
            hang_up,
            sending(b"hello\r\n\r\n"),
            sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<Respon"),
            sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"),
            sending(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
        ],
        ids=["cuts", "speaks no HTTP", "cuts the body", "chunks badly", "packs badly"],
    )
    def test_a_connection_that_breaks_off_is_none(
        self, application: Make, serve: Callable[..., Loopback], script: Callable[[socket.socket], None]
    ) -> None:
        """The words name the host and no library, and it counts as a connection that failed."""
        host = serve(script).host
        expected = Failed(f"{host} broke the connection off, or does not speak HTTP", is_unreachable=True)
        assert application(None)(post(f"http://{host}/"), 5) == expected

    def test_nothing_listens(self, application: Make) -> None:
        """Which is no time-out, though the library has it as a kind of that."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            host = f"127.0.0.1:{server.getsockname()[1]}"
        assert application(None)(post(f"http://user:pass@{host}/"), 5) == Failed(
            f"nothing listens at {host}", is_unreachable=True
        )

    def test_there_is_no_such_host(self, application: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        """And there are some that there cannot be."""

        def nobody(*_: object) -> None:
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr("socket.getaddrinfo", nobody)
        app = application(None)
        assert app(post("http://app.example/"), 5) == Failed("there is no host app.example", is_unreachable=True)
        label = "a" * 64
        assert app(post(f"http://{label}.example/"), 5) == Failed(f"there can be no host {label}.example")

    def test_a_host_without_tls(self, application: Make) -> None:
        """A URL with https at a server that speaks only http."""

        def answer() -> None:
            with listening.accept()[0] as connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        with socket.create_server(("127.0.0.1", 0)) as listening:
            host = f"127.0.0.1:{listening.getsockname()[1]}"
            expected = Failed(f"{host} speaks no TLS, or has a certificate that is not trusted", is_unreachable=True)
            thread = threading.Thread(target=answer)
            thread.start()
            assert application(None)(post(f"https://{host}/"), 5) == expected
            thread.join()


def echo(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Tells what it was sent."""
    names = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_AUTHORIZATION", "HTTP_HOST")
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield "\n".join(environ.get(name, "") for name in names).encode("latin-1")
    yield b"\n" + environ["wsgi.input"].read()
    yield f"\n{environ['wsgi.url_scheme']} {environ['SERVER_NAME']} {environ['SERVER_PORT']}".encode()


class TestInWsgi:
    """An application of WSGI is called with what PEP 3333 says, in the thread that asks."""

    def test_it_is_sent_the_request(self, application: Make) -> None:
        """Without the user of the URL, and with the path as bytes that are written as Latin-1."""
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

    def test_it_may_write_and_close(self, application: Make) -> None:
        """What start_response gives writes too; and what is returned is closed, also if it is too long to be read."""
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
        assert (reply.status, reply.body[:8], len(reply.body)) == (200, b"writtenx", READ_AT_MOST)
        assert closed == ["closed"]

    @pytest.mark.parametrize("error", [RuntimeError("no menu"), SystemExit("no menu")])
    def test_what_it_raises_is_kept_for_who_wrote_it(self, application: Make, error: BaseException) -> None:
        """With the traceback, after a first line for everybody."""

        def app(_: Environ, __: StartResponse) -> list[bytes]:
            raise error

        failed = application(app)(EVENT, 15)
        assert isinstance(failed, Failed)
        first, *more = failed.reason.splitlines()
        assert first == f"the application raised {type(error).__name__}: no menu"
        assert more[0] == "Traceback (most recent call last):"
        assert more[-1] == f"{type(error).__name__}: no menu"
        assert failed.is_unreachable is False

    def test_what_it_raises_while_it_is_read_counts_too(self, application: Make) -> None:
        """As does a status that is none."""

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

    def test_it_may_answer_nothing(self, application: Make) -> None:
        """An answer has to begin."""
        assert application(lambda *_: [])(EVENT, 15) == Failed("the application did not begin an answer")

    def test_a_failed_test_in_it_fails_the_test(self, application: Make) -> None:
        """What pytest raises is nobody's but pytest's."""
        with pytest.raises(pytest.fail.Exception, match="not so"):
            application(lambda *_: pytest.fail("not so"))(EVENT, 15)

    def test_flask(self, application: Make) -> None:
        """A view gives a document; one that raises is answered 500, and the traceback is there all the same."""
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
        assert lines[0] == "the application answered 500, for it raised LookupError: no menu"
        assert lines[-1] == "LookupError: no menu"
        missing = given(post("https://app.example/missing"), 15)
        assert isinstance(missing, Reply)
        assert missing.status == 404

    def test_only_what_is_logged_of_this_request_is_told(self, application: Make) -> None:
        """Neither what is no exception, nor what another thread logs, nor what was answered well."""
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
        assert not any(type(handler).__name__ == "_Tracebacks" for handler in logging.getLogger().handlers)

    def test_django(self, application: Make) -> None:
        """By WSGI and by ASGI, and with the traceback of a view that raises."""
        with override_settings(ROOT_URLCONF=__name__, DEBUG_PROPAGATE_EXCEPTIONS=False):
            for app in (application(WSGIHandler()), application(ASGIHandler())):
                reply = app(Request("POST", "https://app.example/answer", EVENT.headers, EVENT.body), 15)
                assert isinstance(reply, Reply), reply.reason
                assert (reply.status, reply.text) == (200, "<Response/><!-- 23 https://app.example/answer -->")
                failed = app(post("https://app.example/broken"), 15)
                assert isinstance(failed, Failed)
                assert failed.reason.splitlines()[0] == "the application answered 500, for it raised LookupError: no menu"
                assert failed.reason.splitlines()[-1] == "LookupError: no menu"


def answer_in_django(request: django.http.HttpRequest) -> django.http.HttpResponse:
    """A view."""
    return django.http.HttpResponse(f"<Response/><!-- {len(request.body)} {request.build_absolute_uri()} -->")


def broken_in_django(_: django.http.HttpRequest) -> django.http.HttpResponse:
    """A view that raises."""
    raise LookupError("no menu")


urlpatterns = [path("answer", answer_in_django), path("broken", broken_in_django)]
"""Those of Django."""


async def answer_in_starlette(request: StarletteRequest) -> PlainTextResponse:
    """An endpoint."""
    return PlainTextResponse(f"{request.method} {request.url} {request.client} {len(await request.body())}")


def starlette(*endpoints: Callable[..., Any], **choices: Any) -> Starlette:
    """An application with endpoints at the paths of their names."""
    return Starlette(routes=[Route(f"/{each.__name__}", each, methods=["POST"]) for each in endpoints], **choices)


class TestInAsgi:
    """An application of ASGI lives in an event loop of its own, from its startup to its shutdown."""

    def test_it_is_sent_the_request(self, application: Make) -> None:
        """As ASGI has it."""
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

    def test_starlette(self, application: Make) -> None:
        """An endpoint answers with the request it understood."""
        reply = application(starlette(answer_in_starlette))(post("http://app.example/answer_in_starlette?x=1"), 15)
        assert isinstance(reply, Reply)
        text = "POST http://app.example/answer_in_starlette?x=1 Address(host='127.0.0.1', port=0) 2"
        assert (reply.status, reply.text) == (200, text)

    def test_fastapi(self, application: Make) -> None:
        """An endpoint that is no coroutine, which runs in a thread."""
        app = FastAPI()

        @app.post("/answer")
        def answer(body: dict[str, str]) -> FastApiResponse:
            return FastApiResponse(f"<Response/><!-- {body['eventType']} -->")

        reply = application(app)(Request("POST", "https://app.example/answer", EVENT.headers, EVENT.body), 15)
        assert isinstance(reply, Reply)
        assert (reply.status, reply.text) == (200, "<Response/><!-- answer -->")

    def test_it_starts_up_once_and_shuts_down(self, application: Make) -> None:
        """What its startup gave is there for its requests; after the end it can be started again."""
        seen: list[str] = []

        @contextlib.asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[dict[str, str]]:
            seen.append("up")
            yield {"menu": "sales"}
            seen.append("down")

        async def menu(request: StarletteRequest) -> PlainTextResponse:
            seen.append("asked")
            return PlainTextResponse(request.state.menu)

        app = application(starlette(menu, lifespan=lifespan))
        app.close()  # which there is nothing to do for yet
        for _ in range(2):
            for _ in range(2):
                reply = app(post("https://app.example/menu"), 15)
                assert isinstance(reply, Reply)
                assert reply.text == "sales"
            app.close()
        assert seen == ["up", "asked", "asked", "down"] * 2

    def test_it_may_fail_to_start_up(self, application: Make) -> None:
        """Then each request fails, with the traceback of the startup."""

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
            assert failed.reason.splitlines()[0] == "the application did not start up"
            assert failed.reason.splitlines()[-1] == "ConnectionError: no database"

    @pytest.mark.parametrize("error", [ValueError("only http"), SystemExit(1)])
    def test_it_may_know_nothing_of_lifespans(self, application: Make, error: BaseException) -> None:
        """Whatever it does when it is told of one."""

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

    def test_it_may_never_start_up_or_shut_down(self, application: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither is waited for without end."""
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

    def test_it_may_never_answer(self, application: Make) -> None:
        """Then it is broken off, and other requests are answered as ever."""
        broken_off = threading.Event()

        async def hang(_: StarletteRequest) -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                broken_off.set()

        app = application(starlette(hang, answer_in_starlette))
        assert app(post("https://app.example/hang"), SHORT) == too_late(SHORT)
        assert broken_off.wait(5)
        assert isinstance(app(post("https://app.example/answer_in_starlette"), 15), Reply)

    def test_what_it_does_after_its_answer_is_its_own(self, application: Make, caplog: pytest.LogCaptureFixture) -> None:
        """The answer counts once it is there, and what is raised then is logged."""
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
            "the application raised an exception after it had answered"
        ]

    def test_it_may_answer_piece_by_piece(self, application: Make) -> None:
        """It learns of no end before its answer has one; and is read no further than a document may be."""

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
        assert len(reply.body) == READ_AT_MOST

    def test_it_learns_when_its_answer_has_ended(self, application: Make) -> None:
        """The body comes once, and what comes next is that nobody listens any more."""
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
    def test_what_it_raises_is_kept_for_who_wrote_it(self, application: Make, error: BaseException) -> None:
        """Whatever the framework makes of it: Starlette answers 500, and raises it again."""

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

    def test_it_may_raise_some_time_after_an_error(self, application: Make) -> None:
        """Which is waited for, as it tells why."""

        async def app(scope: Mapping[str, Any], _: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await send({"type": "http.response.start", "status": 500})
                await send({"type": "http.response.body"})
                await asyncio.sleep(0.05)
                raise LookupError("no menu")

        failed = application(app)(EVENT, 15)
        assert isinstance(failed, Failed)
        assert failed.reason.splitlines()[-1] == "LookupError: no menu"

    def test_it_may_answer_nothing(self, application: Make) -> None:
        """An answer has to begin; one that has no end ends with the application."""

        async def nothing(*_: object) -> None: ...

        async def half(scope: Mapping[str, Any], _: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await send({"type": "http.response.start", "status": 200})
                await send({"type": "http.response.body", "body": b"<Resp", "more_body": True})

        assert application(nothing)(EVENT, 15) == Failed("the application did not begin an answer")
        reply = application(half)(EVENT, 15)
        assert isinstance(reply, Reply)
        assert reply.body == b"<Resp"

    def test_it_may_break_off(self, application: Make) -> None:
        """As an application does that cancels itself."""

        async def app(scope: Mapping[str, Any], *_: object) -> None:
            if scope["type"] == "http":
                raise asyncio.CancelledError

        assert application(app)(EVENT, 15) == Failed("the application broke off before it answered")

    def test_a_failed_test_in_it_fails_the_test(self, application: Make) -> None:
        """What pytest raises is nobody's but pytest's."""

        async def app(scope: Mapping[str, Any], *_: object) -> None:
            if scope["type"] == "http":
                pytest.fail("not so")

        with pytest.raises(pytest.fail.Exception, match="not so"):
            application(app)(EVENT, 15)

    def test_an_error_that_it_logs_is_told(self, application: Make) -> None:
        """With a status of its own; and requests at the same time do not get each other's."""

        async def app(scope: Mapping[str, Any], _: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return
            await asyncio.sleep(0.05)
            logging.getLogger("tests.app").error("failed", exc_info=LookupError(scope["path"]))
            await send({"type": "http.response.start", "status": 503})
            await send({"type": "http.response.body"})

        given = application(app)
        failures: dict[str, Reply | Failed] = {}

        def ask(name: str) -> None:
            failures[name] = given(post(f"https://app.example/{name}"), 15)

        threads = [threading.Thread(target=ask, args=name) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name, failed in failures.items():
            assert isinstance(failed, Failed)
            assert failed.reason.splitlines()[0] == f"the application answered 503, for it raised LookupError: /{name}"
            assert [line for line in failed.reason.splitlines() if line.startswith("LookupError")] == [f"LookupError: /{name}"]


class TestGiven:
    """What is given as an application is known for what it is."""

    def test_a_url_is_asked_over_http(self) -> None:
        """As is every other when none is given."""
        assert type(application_of("https://app.example/voice")) is type(application_of(None))

    def test_objects_are_told_apart(self) -> None:
        """By whether a call of them is a coroutine."""

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
    def test_a_text_has_to_be_a_url(self, given: str) -> None:
        """That can be asked."""
        with pytest.raises(ValueError, match=r"^the URL of an application begins with http:// or https://, and '.*' does not$"):
            application_of(given)

    def test_anything_else_is_none(self) -> None:
        """The message says of what type it was."""
        with pytest.raises(TypeError, match=r"^an application is a URL, or a WSGI or ASGI object; int is none$"):
            application_of(8000)

    def test_objects_have_a_host(self) -> None:
        """A made-up one, whose URLs are https, as credentials want it."""
        assert HOST_OF_OBJECTS.startswith("https://")


class TestCalls:
    """A whole call is the same with any framework."""

    def test_whatever_answers(self) -> None:
        """Flask, FastAPI, and Django in both ways: the event is read, and the document run."""
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

    def test_it_interrupts_its_call_from_another_thread(self) -> None:
        """As an endpoint does that runs in a thread of FastAPI's own, while the emulator waits for its answer."""
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
    """A document for an event."""
    event = parse_event(body)
    assert isinstance(event, InitiateEvent)
    return bxml.Response().speak_sentence(f"Hello, {event.from_}.")


def greet_in_django(request: django.http.HttpRequest) -> django.http.HttpResponse:
    """A view."""
    return django_answer(greeting(request.body))


urlpatterns.append(path("greet", greet_in_django))
