"""Streams over the network: real WebSockets to a server in this process."""

from __future__ import annotations

import json
import socket
import sys
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.sync.server import ServerConnection, serve

from callcontrol.emulator import Core
from callcontrol.emulator.stream_connections import Destination
from callcontrol.emulator.stream_destinations import StreamDestinations
from callcontrol.emulator.stream_messages import UNREAD
from callcontrol.emulator.websocket_client import WebSocketClient
from tests.callcontrol.emulator.scripted_application import core
from tests.callcontrol.emulator.streams.bot_application import Bot, Socket, encode_pcmu, play_audio, streaming, tone
from tests.callcontrol.emulator.table_application import Answers

SOON = 10.0
"""Seconds within which an immediate event happens, even on a busy machine."""

SPEED = 20.0

NO_TLS = (
    "{0} does not support TLS, or its certificate is not trusted; "
    "to connect without TLS, add --map wss://{0}=ws://{0} (in Python, url_map)"
)
"""The message about a server on this machine that does not support TLS."""


@contextmanager
def serving(handle: Callable[[ServerConnection], None], **options: Any) -> Iterator[str]:
    """Run a WebSocket server in threads, and return its address."""
    # With a limit, the server cannot read the end of the connection while messages wait that the function does not read.
    with serve(handle, "127.0.0.1", 0, max_queue=None, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
    thread.join()


def accept(server: socket.socket) -> None:
    """Accept a WebSocket by hand, and read nothing after the handshake."""
    protocol = ServerProtocol()
    protocol.receive_data(server.recv(4096))
    (request,) = protocol.events_received()
    assert isinstance(request, Request)
    protocol.send_response(protocol.accept(request))
    server.sendall(b"".join(protocol.data_to_send()))


class Log:
    """A listener that records the calls of its methods."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.is_open = threading.Event()
        self.is_over = threading.Event()

    def opened(self) -> None:
        self.is_open.set()

    def failed(self, message: str) -> None:
        self.calls.append(("failed", message))
        self.is_over.set()

    def received(self, message: str | bytes) -> None:
        self.calls.append(("received", message))

    def closed(self, message: str | None) -> None:
        self.calls.append(("closed", message))
        self.is_over.set()


@pytest.fixture
def client() -> Iterator[WebSocketClient]:
    """A client that is closed after the test."""
    client = WebSocketClient()
    yield client
    client.close()


def log_of(client: WebSocketClient, url: str, **credentials: Any) -> list[tuple[str, Any]]:
    """Open a connection, wait for its end, and return the calls of the listener."""
    log = Log()
    client.connect(Destination(url, **credentials), log)
    assert log.is_over.wait(SOON)
    return log.calls


class TestConnections:
    """A connection of the client."""

    def test_handshake_and_messages(self, client: WebSocketClient) -> None:
        """The credentials of the URL are sent in a header, and text and bytes are received in order."""
        requests = []

        def handle(server: ServerConnection) -> None:
            requests.append(server.request)
            server.send("text")
            server.send(b"bytes")

        with serving(handle) as address:
            calls = log_of(client, f"ws://a%40b:c@{address}/audio?room=7#top")
        assert calls == [("received", "text"), ("received", b"bytes"), ("closed", None)]
        (request,) = requests
        assert request is not None
        assert (request.path, request.headers["Host"]) == ("/audio?room=7", address)
        assert b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"a@b:c"

    def test_connection_that_is_closed_before_it_begins(self, client: WebSocketClient) -> None:
        """A stream that starts and stops while the thread is busy is not connected, and other streams lose no message."""
        received: list[str | bytes] = []

        with serving(received.extend) as address:
            log, other = Log(), Log()
            connection = client.connect(Destination(f"ws://{address}"), log)
            assert log.is_open.wait(SOON)
            busy, ready = threading.Event(), threading.Event()
            client._loop.call_soon_threadsafe(busy.set)
            client._loop.call_soon_threadsafe(ready.wait, SOON)
            assert busy.wait(SOON)
            connection.send(["1"])
            client.connect(Destination(f"ws://{address}"), other).close()
            connection.send(["2"])
            ready.set()
            connection.close()
            assert log.is_over.wait(SOON)
        assert (received, other.calls) == (["1", "2"], [])

    def test_messages_are_sent_before_the_connection_is_closed(self, client: WebSocketClient) -> None:
        """Messages are sent in order, including messages that are sent before the connection is open."""
        received: list[str | bytes] = []

        with serving(received.extend) as address:
            log = Log()
            connection = client.connect(Destination(f"ws://{address}"), log)
            connection.send(["1", "2"])
            assert log.is_open.wait(SOON)
            connection.send(["3"])
            connection.close()
            assert log.is_over.wait(SOON)
        assert received == ["1", "2", "3"]
        assert log.calls == [("closed", None)]

    def test_connection_is_closed_before_it_is_open(self, client: WebSocketClient) -> None:
        """The attempt is canceled, and the listener is not called."""
        log = Log()
        with socket.create_server(("127.0.0.1", 0)) as silent:
            connection = client.connect(Destination(f"ws://127.0.0.1:{silent.getsockname()[1]}"), log)
            accepted, _ = silent.accept()
            connection.close()
            with accepted:
                while accepted.recv(4096):
                    pass
        assert log.calls == []

    def test_closed_client_sends_nothing(self) -> None:
        """A stream may still send when the emulator is closed."""
        client, log, received = WebSocketClient(), Log(), list[str | bytes]()
        with serving(received.extend) as address:
            connection = client.connect(Destination(f"ws://{address}"), log)
            assert log.is_open.wait(SOON)
            connection.close()
            client.close()
            connection.send(["late"])
        assert received == []

    def test_closed_client_closes_its_connections(self) -> None:
        """The application reads the end of the connection, and is not said to have closed it."""
        client, log, codes = WebSocketClient(), Log(), list[int | None]()

        def handle(server: ServerConnection) -> None:
            list(server)
            codes.append(server.close_code)

        with serving(handle) as address:
            client.connect(Destination(f"ws://{address}"), log)
            assert log.is_open.wait(SOON)
            client.close()
        assert (codes, log.calls) == ([1000], [])

    def test_client_is_closed_while_an_application_does_not_respond(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Closing takes no longer than the time in which an application must respond."""
        monkeypatch.setattr("callcontrol.emulator.websocket_client.CLOSE_SECONDS", 0.05)
        client, log = WebSocketClient(), Log()
        with socket.create_server(("127.0.0.1", 0)) as silent:
            client.connect(Destination(f"ws://127.0.0.1:{silent.getsockname()[1]}"), log)
            accepted, _ = silent.accept()
            with accepted:
                client.close()
        assert log.calls == []

    @pytest.mark.parametrize(
        ("code", "reason", "message"),
        [
            (1001, "", None),
            (1011, "", "the application closed the connection with code 1011"),
            (4000, "No room.", "the application closed the connection with code 4000 No room."),
        ],
    )
    def test_code_of_a_closed_connection(self, client: WebSocketClient, code: int, reason: str, message: str | None) -> None:
        """Only an error code has a message."""
        with serving(lambda server: server.close(code, reason)) as address:
            assert log_of(client, f"ws://{address}") == [("closed", message)]

    def test_lost_connection(self, client: WebSocketClient) -> None:
        """The application's process may die."""
        with serving(lambda server: server.socket.shutdown(socket.SHUT_RDWR)) as address:
            assert log_of(client, f"ws://{address}") == [("closed", "the connection was lost")]

    @pytest.mark.parametrize(
        ("frame", "message"),
        [
            (b"\x83\x00", "data that is not a valid WebSocket frame"),
            (b"\x81\x01\xff", "a text frame that is not valid UTF-8"),
            (b"\x81\x7f\x00\x00\x00\x00\x01\x00\x00\x01", "a message of more than 16777216 bytes"),
        ],
    )
    def test_frame_that_closes_the_connection(self, client: WebSocketClient, frame: bytes, message: str) -> None:
        """The fault of the application is named; the connection was not lost."""

        def send(server: ServerConnection) -> None:
            server.socket.sendall(frame)
            with suppress(ConnectionClosed):
                server.recv()

        with serving(send) as address:
            assert log_of(client, f"ws://{address}") == [("closed", f"the application sent {message}")]

    def test_application_that_reads_nothing(self, client: WebSocketClient, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its connection is closed although messages for it are left."""
        monkeypatch.setattr("callcontrol.emulator.websocket_client.CLOSE_SECONDS", 0.05)
        log = Log()
        with socket.create_server(("127.0.0.1", 0)) as server:
            connection = client.connect(Destination(f"ws://127.0.0.1:{server.getsockname()[1]}"), log)
            accepted, _ = server.accept()
            with accepted:
                accept(accepted)
                assert log.is_open.wait(SOON)
                connection.send(["x" * 1_000_000] * 20)
                connection.close()
                assert log.is_over.wait(SOON)
        assert log.calls == [("closed", "the connection was lost")]

    def test_unread_audio_is_limited(self, client: WebSocketClient, monkeypatch: pytest.MonkeyPatch) -> None:
        """The connection is closed when too many messages are unread, and the queue does not grow."""
        monkeypatch.setattr("callcontrol.emulator.websocket_client.MAX_UNREAD_FRAMES", 10)
        log = Log()
        with socket.create_server(("127.0.0.1", 0)) as server:
            connection = client.connect(Destination(f"ws://127.0.0.1:{server.getsockname()[1]}"), log)
            accepted, _ = server.accept()
            with accepted:
                accept(accepted)
                assert log.is_open.wait(SOON)
                for _ in range(100):
                    connection.send(["x" * 1_000_000])
                assert log.is_over.wait(SOON)
                assert connection._to_send.qsize() <= 10
        assert log.calls == [("closed", UNREAD)]
        assert UNREAD.startswith("the application left 60 s of audio unread; ")


class TestFailures:
    """A connection that cannot be opened. The reported reason contains no password."""

    def test_status(self, client: WebSocketClient) -> None:
        """The application refuses the connection with a status."""

        def refuse(server: ServerConnection, _: object) -> Any:
            return server.respond(HTTPStatus.UNAUTHORIZED, "No.")

        with serving(lambda _: None, process_request=refuse) as address:
            message = "the application refused the connection with status 401"
            assert log_of(client, f"ws://{address}") == [("failed", message)]

    def test_redirects_are_not_followed(self, client: WebSocketClient) -> None:
        """Another host gets neither a request nor the credentials."""
        asked: list[str] = []

        def note(_: ServerConnection, request: Any) -> None:
            asked.append(request.path)

        with serving(lambda _: None, process_request=note) as other:

            def redirect(server: ServerConnection, _: object) -> Any:
                response = server.respond(HTTPStatus.FOUND, "")
                response.headers["Location"] = f"ws://{other}/"
                return response

            with serving(lambda _: None, process_request=redirect) as address:
                message = "the application refused the connection with status 302"
                assert log_of(client, f"ws://user:secret@{address}") == [("failed", message)]
        assert asked == []

    def test_port_that_does_not_exist(self, client: WebSocketClient) -> None:
        """A document may have any port."""
        message = "127.0.0.1:99999 is not a valid host and port"
        assert log_of(client, "ws://127.0.0.1:99999/") == [("failed", message)]

    def test_closed_port(self, client: WebSocketClient) -> None:
        """No server listens on the port."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = f"127.0.0.1:{server.getsockname()[1]}"
        assert log_of(client, f"ws://user:secret@{address}") == [("failed", f"cannot connect to {address}")]

    @pytest.mark.parametrize("host", ["bot.invalid", "bot..invalid"])
    def test_unknown_host(self, client: WebSocketClient, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
        """The host does not exist, or its name is not valid."""

        def fail(host: str, *_: object, **__: object) -> None:
            host.encode("idna")
            raise socket.gaierror

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        reason = f"the host name {host} cannot be resolved"
        advice = f"if its program runs on this machine, add --map wss://{host}=ws://localhost:PORT (in Python, url_map)"
        assert log_of(client, f"wss://user:secret@{host}/a") == [("failed", f"{reason}; {advice}")]
        log = Log()
        client.connect(Destination(f"ws://{host}/", is_replaced=True), log)
        assert log.is_over.wait(SOON)
        assert log.calls == [("failed", reason)]

    @pytest.mark.parametrize(
        ("scheme", "response", "message"),
        [
            ("wss", b"220 mail.example\r\n", NO_TLS),
            ("wss", b"", NO_TLS),
            ("ws", b"HTTP/1.1 101 OK\r\n\r\n", "{} does not support WebSockets"),
            ("ws", b"220 mail.example\r\n", "{} sent a response that is not valid HTTP"),
            ("ws", b"", "{} closed the connection without a response"),
        ],
    )
    def test_other_protocol(self, client: WebSocketClient, scheme: str, response: bytes, message: str) -> None:
        """The server does not use TLS, or responds without the headers of a WebSocket."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            log, address = Log(), f"127.0.0.1:{server.getsockname()[1]}"
            client.connect(Destination(f"{scheme}://{address}"), log)
            accepted, _ = server.accept()
            with accepted:
                accepted.recv(4096)
                accepted.sendall(response)
                accepted.shutdown(socket.SHUT_WR)
                assert log.is_over.wait(SOON)
        assert log.calls == [("failed", message.format(address))]


class TestCalls:
    """A call whose stream is redirected to the server."""

    def test_echo(self) -> None:
        """The call hears what it says, and continues when the application closes the connection."""
        kinds: list[str] = []

        def handle(server: ServerConnection) -> None:
            heard = 0
            for text in server:
                message = json.loads(text)
                kinds.append(message["eventType"])
                if message.get("payload", "////").strip("/=") != "":
                    server.send(json.dumps(play_audio(b64decode(message["payload"]))))
                    heard += 1
                if heard == 5:
                    return

        with (
            serving(handle) as address,
            core(
                Answers(answer=streaming()),
                speed=SPEED,
                url_map={"wss://bot.example": f"ws://{address}"},
            ) as voice,
        ):
            call = voice.dial("/answer")
            voice._simulation.until(lambda: "stream" in {entry.kind for entry in call.timeline}, SOON * SPEED)
            call.say("Hello.", audio=tone(0.1))
            call.expect_audio("bot", SOON * SPEED)
            call.expect_speech("Bye.", SOON * SPEED)
        assert kinds[0] == "start"
        assert set(kinds[1:]) == {"media"}
        assert call.timeline.texts("stream")[0] == 'stream "bot" started'
        assert call.timeline.texts("stream")[-1] == 'stream "bot" stopped'

    def test_two_streams_have_one_client(self) -> None:
        """All connections are in one thread."""
        connected = threading.Barrier(3)

        def handle(server: ServerConnection) -> None:
            server.recv()
            connected.wait(SOON)

        with serving(handle) as address:
            answers, prefixes = Answers(answer=streaming()), {"wss://bot.example": f"ws://{address}"}
            with core(answers, speed=SPEED, url_map=prefixes) as voice:
                for _ in range(2):
                    voice.dial("/answer")
                connected.wait(SOON)
                assert [each.name for each in threading.enumerate()].count("emulator streams") == 1

    def test_application_object_in_real_time(self) -> None:
        """In real time too, an ASGI application in this process needs no network."""

        async def greet(socket: Socket) -> None:
            await socket.accept()
            await socket.send(play_audio(encode_pcmu(tone(0.1))))
            await socket.receive_all()

        bot = Bot(greet, answer=streaming())
        with Core(bot, speed=SPEED) as voice:
            call = voice.dial("/answer")
            call.expect_audio("bot", SOON * SPEED)
            call.hang_up()
            assert voice._simulation.until(lambda: bool(bot.stream_events) and bot.sockets[0].ended is not None, SOON * SPEED)
        assert bot.sockets[0].received[-1]["eventType"] == "stop"

    def test_application_that_reads_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """After a minute of unread audio the stream stops with an error, and the call continues."""
        monkeypatch.setattr("callcontrol.emulator.websocket_client.MAX_UNREAD_FRAMES", 100)
        answers = Answers(answer=streaming())
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            core(answers, speed=200, url_map={"wss://bot.example": f"ws://127.0.0.1:{server.getsockname()[1]}"}) as voice,
        ):
            call = voice.dial("/answer")
            accepted, _ = server.accept()
            with accepted:
                accept(accepted)
                call.expect_speech("Bye.", within=SOON * 200)
            stopped = next(entry for entry in call.timeline if entry.text == 'stream "bot" stopped')
            assert dict(stopped.details) == {"by": "the application", "error": UNREAD}
            event = next(entry for entry in call.timeline if entry.text == "mediaStreamStopped")
            assert (event.content["cause"], event.content["errorMessage"]) == ("connection-error", UNREAD)


class TestLibrary:
    """The library for WebSockets."""

    def test_missing_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The error names the extra."""
        monkeypatch.delitem(sys.modules, "callcontrol.emulator.websocket_client", raising=False)
        monkeypatch.setitem(sys.modules, "websockets.asyncio.client", None)
        destinations = StreamDestinations(lambda *_: None, {}, is_virtual=False)  # type: ignore[arg-type]
        with pytest.raises(ModuleNotFoundError, match=r"needs websockets.*install bxml-callcontrol\[emulator\]"):
            destinations.connect(Destination("ws://localhost"), Log())
        destinations.close()
