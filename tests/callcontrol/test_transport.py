"""Over real sockets, the transport handles errors, timeouts, proxies and large responses, and ignores redirects and cookies."""

import gzip
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from http.client import IncompleteRead
from pathlib import Path
from typing import Any, Final

import pytest
import urllib3

from callcontrol import ApiError, BasicAuth, Client, OAuth2, TransportError, response_timeout
from callcontrol.retries import NO_RETRIES
from callcontrol.urllib3_connections import MAX_LINE_BYTES, _Input, _UntilDeadline
from tests.callcontrol.faulty_server import Loopback, Script, answering, hang_up, sending, wait
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL

FOREIGN_WORDS: Final = re.compile(
    r"urllib3|requests|HTTPConnectionPool|Max retries|Errno|object at|Exception|Error\(", re.IGNORECASE
)
"""A pattern that matches messages of other libraries."""

TIMEOUT: Final = 0.3


Serve = Callable[[Script], Loopback]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that starts a server, and close the servers after the test."""
    with ExitStack() as servers:

        def start(script: Script) -> Loopback:
            server = Loopback(script)
            servers.callback(server.close)
            return server

        yield start


@pytest.fixture
def client_at() -> Iterator[Callable[[str], Client]]:
    """Return a function that creates a client for a host, and close the clients after the test."""
    with ExitStack() as clients:
        yield lambda host: clients.enter_context(client_of(f"http://{host}/api/v2"))


ClientAt = Callable[[str], Client]


def client_of(base_url: str) -> Client:
    """Return a client with a short timeout and without retries."""
    return Client(ACCOUNT, BasicAuth("user", "pass"), base_url=base_url, timeout=TIMEOUT, retries=NO_RETRIES)


class TestNoResponse:
    """If there is no complete response, a TransportError with a message of this package is raised."""

    @pytest.mark.parametrize(
        ("script", "reason"),
        [
            pytest.param(wait, "did not respond within 0.3 s", id="nothing comes"),
            pytest.param(
                sending(b"HTTP/1.1 200 OK\r\nContent-Le", then=wait),
                "did not respond within 0.3 s",
                id="half a head comes",
            ),
            pytest.param(
                sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", then=wait),
                "did not respond within 0.3 s",
                id="half a body comes",
            ),
            pytest.param(hang_up, "closed the connection without a response", id="cut before the answer"),
            pytest.param(sending(b"HTTP/1."), "sent an invalid HTTP response", id="cut in the first line"),
            pytest.param(
                sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["),
                "closed the connection before its response was complete",
                id="cut in the body",
            ),
            pytest.param(
                sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1"),
                "closed the connection before its response was complete",
                id="cut in a chunk",
            ),
            pytest.param(sending(b"SSH-2.0-demo\r\n"), "sent an invalid HTTP response", id="no HTTP"),
        ],
    )
    def test_message_has_the_cause(self, serve: Serve, client_at: ClientAt, script: Script, reason: str) -> None:
        """The message has the operation, the call, the host and the cause."""
        server = serve(script)
        with pytest.raises(TransportError) as caught:
            client_at(server.host).get_call_state(CALL_ID)
        assert str(caught.value) == f"GetCallState of call {CALL_ID}: {server.host} {reason}"

    def test_refused_connection(self, closed_host: str, client_at: ClientAt) -> None:
        """The error says that nothing was sent."""
        with pytest.raises(TransportError) as caught:
            client_at(closed_host).create_call(**NEW_CALL)
        assert not caught.value.sent
        assert str(caught.value) == f"CreateCall: {closed_host} refused the connection; nothing was sent"

    def test_server_without_tls_fails_the_handshake(self) -> None:
        """With an https URL, no password is sent to a server without TLS."""
        with plain_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as host:
            with client_of(f"https://{host}/api/v2") as client, pytest.raises(TransportError) as caught:
                client.create_call(**NEW_CALL)
            assert (
                str(caught.value)
                == f"CreateCall: the TLS handshake with {host} failed: its response is not TLS; check the scheme and the port; "
                "nothing was sent"
            )
            assert not caught.value.sent

    def test_unreachable_proxy_is_the_cause(self, monkeypatch: pytest.MonkeyPatch, closed_host: str) -> None:
        """If the environment sets a proxy that refuses connections, the message names the proxy."""
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("http_proxy", f"http://{closed_host}")
        with client_of("http://voice.example/api/v2") as client, pytest.raises(TransportError) as caught:
            client.list_calls()
        assert str(caught.value) == f"ListCalls: the proxy {closed_host} refused the connection"

    @pytest.mark.parametrize("label", ["a" * 64, "a..b"], ids=["long", "empty"])
    def test_invalid_host_name(self, client_at: ClientAt, label: str) -> None:
        """``TransportError`` is raised if a label of the host name is empty or too long."""
        with pytest.raises(TransportError, match=rf"^ListCalls: .*{label}\.example"):
            client_at(f"{label}.example").list_calls()

    def test_token_request_fails_with_the_same_messages(self, closed_host: str) -> None:
        """The message names the token request instead of the operation."""
        auth = OAuth2("id", "secret")
        with (
            Client(ACCOUNT, auth, base_url=f"http://{closed_host}/api/v2", retries=NO_RETRIES) as client,
            pytest.raises(TransportError) as caught,
        ):
            client.hang_up(CALL_ID)
        assert str(caught.value) == f"the token request: {closed_host} refused the connection"

    FAILURES: Final = [
        cls
        for cls in vars(urllib3.exceptions).values()
        if isinstance(cls, type)
        and issubclass(cls, urllib3.exceptions.HTTPError)
        and not issubclass(cls, Warning)
        and cls.__module__ == urllib3.exceptions.__name__
    ]

    @pytest.mark.parametrize("failure", FAILURES)
    def test_errors_of_urllib3_are_replaced(
        self, monkeypatch: pytest.MonkeyPatch, client_at: ClientAt, failure: type[urllib3.exceptions.HTTPError]
    ) -> None:
        """Every error of urllib3 becomes an error of this package, with its own message and no chained exception."""

        def fail(*_: object, **__: object) -> None:
            error: Any = failure.__new__(failure)  # without the arguments of its constructor
            error.reason = None
            Exception.__init__(error, "HTTPConnectionPool(host='voice.example', port=443): Max retries exceeded")
            raise error

        monkeypatch.setattr("urllib3.HTTPConnectionPool.urlopen", fail)
        with pytest.raises(TransportError) as caught:
            client_at("voice.example").list_calls()
        error = caught.value
        assert str(error).startswith("ListCalls: ")
        assert "voice.example" in str(error)
        assert FOREIGN_WORDS.search(str(error)) is None
        assert error.__cause__ is None
        assert error.__suppress_context__

    def test_connection_timeout_differs_from_response_timeout(
        self, monkeypatch: pytest.MonkeyPatch, client_at: ClientAt
    ) -> None:
        """After a connection timeout the error says that nothing was sent."""

        def fail(*_: object, **__: object) -> None:
            raise TimeoutError

        monkeypatch.setattr("urllib3.util.connection.create_connection", fail)
        with pytest.raises(TransportError, match=r"^ListCalls: connecting to voice\.example timed out after 0\.3 s$") as caught:
            client_at("voice.example").list_calls()
        assert not caught.value.sent


@contextmanager
def plain_server(response: bytes) -> Iterator[str]:
    """Run a server that responds without TLS to the first bytes it receives, and return its host and port."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(response)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join()


class TestSlowResponses:
    """Single bytes from a slow server do not extend the timeout."""

    @pytest.mark.parametrize(
        "start",
        [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"],
        ids=["in the head", "in the body"],
    )
    def test_timeout_covers_the_whole_response(self, serve: Serve, client_at: ClientAt, start: bytes) -> None:
        """A slow response fails at the timeout, with the same message as no response."""
        ended = threading.Event()

        def drip(connection: socket.socket) -> None:
            connection.sendall(start)
            while not ended.wait(TIMEOUT / 5):
                connection.sendall(b" ")

        server = serve(drip)
        begin = time.monotonic()
        try:
            with pytest.raises(TransportError, match=r"did not respond within 0\.3 s$"):
                client_at(server.host).get_call_state(CALL_ID)
        finally:
            ended.set()
        assert time.monotonic() - begin < TIMEOUT * 10

    def test_nothing_is_read_after_the_timeout(self) -> None:
        """After the timeout the reader raises TimeoutError, even if more bytes are available."""
        with socket.socket() as silent:
            silent.settimeout(0.0)
            answer = _UntilDeadline(io.BytesIO(b"xy"), silent)  # type: ignore[arg-type]
            assert answer.readinto(bytearray(1)) == 1
            with pytest.raises(TimeoutError):
                answer.readinto(bytearray(1))


def test_line_without_a_limit_is_bounded() -> None:
    """The line of a chunk size is limited, although older releases of urllib3 read it without a limit."""
    for size, is_read in ((MAX_LINE_BYTES, True), (MAX_LINE_BYTES + 1, False)):
        with socket.socket() as silent:
            silent.settimeout(5.0)
            reader = _Input(_UntilDeadline(io.BytesIO(b"x" * size), silent))  # type: ignore[arg-type]
            with nullcontext() if is_read else pytest.raises(IncompleteRead):
                assert len(reader.readline()) == size


class TestProxies:
    """The environment variables for proxies are used."""

    def test_proxy_with_tls_has_the_certificates_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """TLS connections to a proxy and to the API trust the same certificate file. The pools of a proxy are kept."""
        trusted: list[object] = []

        def create(verify: str, _: object) -> ssl.SSLContext:
            trusted.append(verify)
            return ssl.create_default_context()

        monkeypatch.setattr(response_timeout, "tls_context", create)
        monkeypatch.setenv("SSL_CERT_FILE", "own.pem")
        adapter = response_timeout.ResponseTimeoutAdapter()
        pools = adapter.proxy_manager_for("https://proxy.example:3128")
        assert trusted == ["own.pem"]
        assert adapter.proxy_manager_for("https://proxy.example:3128") is pools

    def test_proxy_with_a_password(self, monkeypatch: pytest.MonkeyPatch, serve: Serve, client_at: ClientAt) -> None:
        """The request is sent to the proxy, with the credentials from the proxy's URL."""
        server = serve(answering())
        monkeypatch.setenv("http_proxy", f"http://me:p%40ss@{server.host}")
        client_at("voice.example").list_calls()
        assert server.heads[0].startswith("GET http://voice.example/api/v2/accounts/")
        assert server.header("Proxy-Authorization") == ["Basic bWU6cEBzcw=="]

    def test_proxy_without_a_password(self, monkeypatch: pytest.MonkeyPatch, serve: Serve, client_at: ClientAt) -> None:
        """The request has no credentials for the proxy."""
        server = serve(answering())
        monkeypatch.setenv("http_proxy", f"http://{server.host}")
        client_at("voice.example").list_calls()
        assert server.header("Proxy-Authorization") == [None]

    def test_no_proxy_excludes_a_host(
        self, monkeypatch: pytest.MonkeyPatch, serve: Serve, client_at: ClientAt, closed_host: str
    ) -> None:
        """Requests to a host in ``no_proxy`` are sent directly."""
        server = serve(answering())
        monkeypatch.setenv("http_proxy", f"http://{closed_host}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        client_at(server.host).list_calls()
        assert len(server.heads) == 1


class TestIsolation:
    """A request contains only what the client sets, and does not depend on earlier responses or on files."""

    def test_redirect_is_not_followed(self, serve: Serve, client_at: ClientAt) -> None:
        """Credentials are not sent to the target of a redirect."""
        server = serve(answering(b"", "302 Found", Location="/elsewhere"))
        with pytest.raises(ApiError, match=r"^ListCalls: 302 Found: ") as caught:
            client_at(server.host).list_calls()
        assert caught.value.reply.headers["location"] == "/elsewhere"
        assert len(server.heads) == 1

    def test_cookie_is_not_kept(self, serve: Serve, client_at: ClientAt) -> None:
        """The next request has no cookie."""
        server = serve(answering(Set_Cookie="visit=1; Path=/"))
        client = client_at(server.host)
        for _ in range(2):
            client.list_calls()
        assert server.header("Cookie") == [None, None]

    def test_compression_is_not_requested(self, serve: Serve, client_at: ClientAt) -> None:
        """Compression is not requested, because a small compressed response could fill the memory."""
        server = serve(answering())
        client_at(server.host).list_calls()
        assert server.header("Accept-Encoding") == ["identity"]

    def test_netrc_is_not_read(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, serve: Serve, client_at: ClientAt
    ) -> None:
        """Credentials in the netrc file do not replace those of the client."""
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        server = serve(answering())
        client_at(server.host).list_calls()
        assert server.header("Authorization") == ["Basic dXNlcjpwYXNz"]

    def test_request_has_a_user_agent(self, serve: Serve, client_at: ClientAt) -> None:
        """The user agent lets the vendor distinguish this package from others."""
        server = serve(answering())
        client_at(server.host).list_calls()
        assert server.header("User-Agent") == ["bxml-callcontrol"]


class TestConnections:
    """Connections are kept for the next request, until the client is closed."""

    def test_connection_is_reused(self, serve: Serve, client_at: ClientAt) -> None:
        """Successive requests use the same connection, even after an error."""
        server = serve(answering(b"{}", "404 Not Found"))
        client = client_at(server.host)
        for _ in range(5):
            with pytest.raises(ApiError):
                client.list_calls()
        assert (len(server.heads), len(server.connections)) == (5, 1)

    def test_no_more_connections_are_kept_than_allowed(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        """If two connections were in use but only one may be kept, the second connection is closed."""
        monkeypatch.setattr("callcontrol.response_timeout.POOL_SIZE", 1)
        both = threading.Barrier(2, timeout=10)

        def respond(connection: socket.socket) -> None:
            both.wait()
            answering()(connection)

        server = serve(respond)
        with Client(ACCOUNT, BasicAuth("user", "pass"), base_url=f"http://{server.host}/api/v2") as client:
            threads = [threading.Thread(target=client.list_calls) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert server.ended.acquire(timeout=10)
        assert len(server.connections) == 2

    def test_closed_client_has_no_connections(self, serve: Serve) -> None:
        """The server sees the end of the connection at the end of the ``with`` statement."""
        server = serve(answering())
        with client_of(f"http://{server.host}/api/v2") as client:
            client.list_calls()
        assert server.ended.acquire(timeout=10)


class TestSize:
    """The size of a response is limited."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Limit responses to 1000 bytes."""
        monkeypatch.setattr("callcontrol.transport.LARGEST_RESPONSE", 1000)

    def test_response_at_the_limit_is_read(self, serve: Serve, client_at: ClientAt) -> None:
        """A response of exactly 1000 bytes is complete."""
        server = serve(answering(b"[]".ljust(1000)))
        assert len(client_at(server.host).list_calls().reply.body) == 1000

    @pytest.mark.parametrize(
        "script",
        [
            pytest.param(answering(b"[]".ljust(1001)), id="with Content-Length"),
            pytest.param(
                sending(
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"1f4\r\n" + b" " * 500 + b"\r\n") * 3,
                    then=wait,
                ),
                id="chunked",
            ),
            pytest.param(
                answering(gzip.compress(b" " * 10_000_000), Content_Encoding="gzip"), id="compressed without a request for it"
            ),
        ],
    )
    def test_larger_response_raises(self, serve: Serve, client_at: ClientAt, script: Script) -> None:
        """The client stops reading at the limit."""
        server = serve(script)
        with pytest.raises(TransportError) as caught:
            client_at(server.host).list_calls()
        assert str(caught.value) == f"ListCalls: {server.host} sent a response of more than 1000 bytes"

    def test_invalid_compression_raises(self, serve: Serve, client_at: ClientAt) -> None:
        """``TransportError`` is raised if the header of a response says gzip, but the body is not gzip."""
        server = serve(answering(b"[]", Content_Encoding="gzip"))
        with pytest.raises(TransportError) as caught:
            client_at(server.host).list_calls()
        assert str(caught.value) == f"ListCalls: {server.host} sent a body that is not valid gzip"
