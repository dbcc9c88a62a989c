"""Over a real socket: what goes wrong is said in one way, and nothing is followed, kept, added or read without end."""

import gzip
import io
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest
import urllib3

from callcontrol import ApiError, BasicAuth, Client, OAuth2, TransportError
from callcontrol.deadlines import _TimedReader
from callcontrol.retries import NO_RETRIES
from tests.callcontrol.faulty_server import Loopback, Script, answering, hang_up, sending, wait
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL

OTHER_WORDS: Final = re.compile(
    r"urllib3|requests|HTTPConnectionPool|Max retries|Errno|object at|Exception|Error\(", re.IGNORECASE
)
"""What a message of another library has, and none of ours."""

TIMEOUT: Final = 0.3


Serve = Callable[[Script], Loopback]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers, and ends them."""
    with ExitStack() as servers:

        def start(script: Script) -> Loopback:
            server = Loopback(script)
            servers.callback(server.close)
            return server

        yield start


@pytest.fixture
def client_at() -> Iterator[Callable[[str], Client]]:
    """Makes clients of a host, and closes them."""
    with ExitStack() as clients:
        yield lambda host: clients.enter_context(client_of(f"http://{host}/api/v2"))


ClientAt = Callable[[str], Client]


def client_of(base_url: str) -> Client:
    """A client that does not wait long."""
    return Client(ACCOUNT, BasicAuth("user", "pass"), base_url=base_url, timeout=TIMEOUT, retries=NO_RETRIES)


class TestNoAnswer:
    """Without a whole answer there is a :class:`TransportError`, in words of this package."""

    @pytest.mark.parametrize(
        ("script", "reason"),
        [
            pytest.param(wait, "did not answer within 0.3 seconds", id="nothing comes"),
            pytest.param(
                sending(b"HTTP/1.1 200 OK\r\nContent-Le", then=wait),
                "did not answer within 0.3 seconds",
                id="half a head comes",
            ),
            pytest.param(
                sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", then=wait),
                "did not answer within 0.3 seconds",
                id="half a body comes",
            ),
            pytest.param(hang_up, "could not be reached, or ended the connection", id="cut before the answer"),
            pytest.param(sending(b"HTTP/1."), "could not be reached, or ended the connection", id="cut in the first line"),
            pytest.param(
                sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["), "ended its answer too early", id="cut in the body"
            ),
            pytest.param(
                sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1"),
                "ended its answer too early",
                id="cut in a chunk",
            ),
            pytest.param(sending(b"SSH-2.0-demo\r\n"), "could not be reached, or ended the connection", id="no HTTP"),
        ],
    )
    def test_it_is_told_what_happened(self, serve: Serve, client_at: ClientAt, script: Script, reason: str) -> None:
        """The operation, the call, the host, and the reason."""
        server = serve(script)
        with pytest.raises(TransportError) as caught:
            client_at(server.host).get_call_state(CALL_ID)
        assert str(caught.value) == f"GetCallState of call {CALL_ID}: {server.host} {reason}"

    def test_a_host_that_nobody_serves_cannot_be_reached(self, nobody: str, client_at: ClientAt) -> None:
        """A refused connection is told as such."""
        with pytest.raises(TransportError) as caught:
            client_at(nobody).create_call(**NEW_CALL)
        assert not caught.value.sent
        assert str(caught.value) == f"CreateCall: {nobody} could not be reached, or ended the connection"

    def test_a_host_without_tls_has_no_secure_connection(self) -> None:
        """Plain HTTP behind an https URL is not a reason to send a password in the clear; and nothing was sent."""
        with plain_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as host:
            with client_of(f"https://{host}/api/v2") as client, pytest.raises(TransportError) as caught:
                client.create_call(**NEW_CALL)
            assert str(caught.value) == f"CreateCall: no secure connection to {host} could be made"
            assert not caught.value.sent

    def test_a_proxy_that_is_not_there_is_named_as_the_reason(self, monkeypatch: pytest.MonkeyPatch, nobody: str) -> None:
        """If the environment asks for a proxy, the host is not blamed for it."""
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("http_proxy", f"http://{nobody}")
        with client_of("http://voice.example/api/v2") as client, pytest.raises(TransportError) as caught:
            client.list_calls()
        assert str(caught.value) == "ListCalls: the proxy did not let through to voice.example"

    @pytest.mark.parametrize("label", ["a" * 64, "a..b"], ids=["long", "empty"])
    def test_a_name_that_no_host_can_have_cannot_be_reached(self, client_at: ClientAt, label: str) -> None:
        """A host name with a label that is too long or empty is looked for nowhere."""
        with pytest.raises(TransportError, match=rf"^ListCalls: .*{label}\.example"):
            client_at(f"{label}.example").list_calls()

    def test_the_token_is_asked_for_in_the_same_way(self, nobody: str) -> None:
        """The exchange for a token fails in the same words, and it is said that it was the exchange."""
        auth = OAuth2("id", "secret")
        with (
            Client(ACCOUNT, auth, base_url=f"http://{nobody}/api/v2", retries=NO_RETRIES) as client,
            pytest.raises(TransportError) as caught,
        ):
            client.hang_up(CALL_ID)
        reason = "could not be reached, or ended the connection"
        assert str(caught.value) == f"the token request: {nobody} {reason}"

    FAILURES: Final = [
        cls
        for cls in vars(urllib3.exceptions).values()
        if isinstance(cls, type)
        and issubclass(cls, urllib3.exceptions.HTTPError)
        and not issubclass(cls, Warning)
        and cls.__module__ == urllib3.exceptions.__name__
    ]

    @pytest.mark.parametrize("failure", FAILURES)
    def test_no_other_library_is_heard(
        self, monkeypatch: pytest.MonkeyPatch, client_at: ClientAt, failure: type[urllib3.exceptions.HTTPError]
    ) -> None:
        """Whatever fails below, only our words come up, and no other exception is chained to them."""

        def fail(*_: object, **__: object) -> None:
            error = failure.__new__(failure)  # whatever it is made of
            Exception.__init__(error, "HTTPConnectionPool(host='voice.example', port=443): Max retries exceeded")
            raise error

        monkeypatch.setattr("urllib3.HTTPConnectionPool.urlopen", fail)
        with pytest.raises(TransportError) as caught:
            client_at("voice.example").list_calls()
        error = caught.value
        assert str(error).startswith("ListCalls: ")
        assert "voice.example" in str(error)
        assert OTHER_WORDS.search(str(error)) is None
        assert error.__cause__ is None
        assert error.__suppress_context__

    def test_a_connection_that_takes_too_long_is_told_from_a_silent_host(
        self, monkeypatch: pytest.MonkeyPatch, client_at: ClientAt
    ) -> None:
        """That nothing was sent is worth knowing."""

        def fail(*_: object, **__: object) -> None:
            raise TimeoutError

        monkeypatch.setattr("urllib3.util.connection.create_connection", fail)
        with pytest.raises(
            TransportError, match=r"^ListCalls: voice\.example could not be reached within 0\.3 seconds$"
        ) as caught:
            client_at("voice.example").list_calls()
        assert not caught.value.sent


@contextmanager
def plain_server(answer: bytes) -> Iterator[str]:
    """A server that answers a first greeting in the clear."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join()


class TestDrips:
    """A server that sends a byte now and then has no more time than one that sends nothing."""

    @pytest.mark.parametrize(
        "start",
        [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"],
        ids=["in the head", "in the body"],
    )
    def test_the_whole_answer_has_one_time_out(self, serve: Serve, client_at: ClientAt, start: bytes) -> None:
        """It ends when the time is up, and in the same words."""
        over = threading.Event()

        def drip(connection: socket.socket) -> None:
            connection.sendall(start)
            while not over.wait(TIMEOUT / 5):
                connection.sendall(b" ")

        server = serve(drip)
        begin = time.monotonic()
        try:
            with pytest.raises(TransportError, match=r"did not answer within 0\.3 seconds$"):
                client_at(server.host).get_call_state(CALL_ID)
        finally:
            over.set()
        assert time.monotonic() - begin < TIMEOUT * 10

    def test_when_the_time_is_up_nothing_more_is_read(self) -> None:
        """Though there be something to read."""
        with socket.socket() as silent:
            silent.settimeout(0.0)
            answer = _TimedReader(io.BytesIO(b"x"), silent)  # type: ignore[arg-type]
            with pytest.raises(TimeoutError):
                answer.readinto(bytearray(1))


class TestTheEnvironment:
    """What companies put between: a proxy, and their own certificates."""

    def test_a_proxy_is_used_with_its_password(
        self, monkeypatch: pytest.MonkeyPatch, serve: Serve, client_at: ClientAt
    ) -> None:
        """The request goes to the proxy, as the environment has it."""
        server = serve(answering())
        monkeypatch.setenv("http_proxy", f"http://me:p%40ss@{server.host}")
        client_at("voice.example").list_calls()
        assert server.heads[0].startswith("GET http://voice.example/api/v2/accounts/")
        assert server.header("Proxy-Authorization") == ["Basic bWU6cEBzcw=="]

    def test_a_proxy_without_one_is_used_too(self, monkeypatch: pytest.MonkeyPatch, serve: Serve, client_at: ClientAt) -> None:
        """And gets no credentials."""
        server = serve(answering())
        monkeypatch.setenv("http_proxy", f"http://{server.host}")
        client_at("voice.example").list_calls()
        assert server.header("Proxy-Authorization") == [None]

    def test_a_host_may_be_without(
        self, monkeypatch: pytest.MonkeyPatch, serve: Serve, client_at: ClientAt, nobody: str
    ) -> None:
        """``no_proxy`` is followed."""
        server = serve(answering())
        monkeypatch.setenv("http_proxy", f"http://{nobody}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        client_at(server.host).list_calls()
        assert len(server.heads) == 1


class TestNothingIsAdded:
    """A request says what the client says, and depends on nothing that came before or lies about."""

    def test_a_redirection_is_not_followed(self, serve: Serve, client_at: ClientAt) -> None:
        """Credentials do not go where an answer points."""
        server = serve(answering(b"", "302 Found", Location="/elsewhere"))
        with pytest.raises(ApiError, match=r"^ListCalls: 302 Found: ") as caught:
            client_at(server.host).list_calls()
        assert caught.value.reply.headers["location"] == "/elsewhere"
        assert len(server.heads) == 1

    def test_a_cookie_is_not_kept(self, serve: Serve, client_at: ClientAt) -> None:
        """No request has a mark of the one before."""
        server = serve(answering(Set_Cookie="visit=1; Path=/"))
        client = client_at(server.host)
        for _ in range(2):
            client.list_calls()
        assert server.header("Cookie") == [None, None]

    def test_compression_is_not_asked_for(self, serve: Serve, client_at: ClientAt) -> None:
        """A few bytes that unpack to many are not invited."""
        server = serve(answering())
        client_at(server.host).list_calls()
        assert server.header("Accept-Encoding") == ["identity"]

    def test_the_file_netrc_is_not_read(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, serve: Serve, client_at: ClientAt
    ) -> None:
        """Credentials that lie about for a host do not replace those of the client."""
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        server = serve(answering())
        client_at(server.host).list_calls()
        assert server.header("Authorization") == ["Basic dXNlcjpwYXNz"]

    def test_a_request_says_who_sends_it(self, serve: Serve, client_at: ClientAt) -> None:
        """The vendor can tell this package from others."""
        server = serve(answering())
        client_at(server.host).list_calls()
        assert server.header("User-Agent") == ["bxml-callcontrol"]


class TestConnections:
    """Connections are kept for the next request, and no longer than the client."""

    def test_a_connection_is_used_again(self, serve: Serve, client_at: ClientAt) -> None:
        """One after the other, requests share a connection, also after an error."""
        server = serve(answering(b"{}", "404 Not Found"))
        client = client_at(server.host)
        for _ in range(5):
            with pytest.raises(ApiError):
                client.list_calls()
        assert (len(server.heads), len(server.connections)) == (5, 1)

    def test_no_more_connections_are_kept_than_allowed(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of two connections that were used at the same time, one is closed."""
        monkeypatch.setattr("callcontrol.transport.CONNECTIONS", 1)
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

    def test_a_closed_client_has_no_connections(self, serve: Serve) -> None:
        """At the end of the block the server sees the connection end."""
        server = serve(answering())
        with client_of(f"http://{server.host}/api/v2") as client:
            client.list_calls()
        assert server.ended.acquire(timeout=10)


class TestSize:
    """No answer fills the memory."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the largest answer be small."""
        monkeypatch.setattr("callcontrol.transport.LARGEST_REPLY", 1000)

    def test_the_largest_answer_is_read(self, serve: Serve, client_at: ClientAt) -> None:
        """What just fits is read whole."""
        server = serve(answering(b"[]".ljust(1000)))
        assert len(client_at(server.host).list_calls().reply.body) == 1000

    @pytest.mark.parametrize(
        "script",
        [
            pytest.param(answering(b"[]".ljust(1001)), id="told before"),
            pytest.param(
                sending(
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"1f4\r\n" + b" " * 500 + b"\r\n") * 3,
                    then=wait,
                ),
                id="chunk by chunk",
            ),
            pytest.param(answering(gzip.compress(b" " * 10_000_000), Content_Encoding="gzip"), id="compressed unasked"),
        ],
    )
    def test_a_larger_answer_is_refused(self, serve: Serve, client_at: ClientAt, script: Script) -> None:
        """What does not fit is given up where it gets too large."""
        server = serve(script)
        with pytest.raises(TransportError) as caught:
            client_at(server.host).list_calls()
        assert str(caught.value) == f"ListCalls: {server.host} answered more than 1000 bytes"

    def test_what_cannot_be_unpacked_is_refused(self, serve: Serve, client_at: ClientAt) -> None:
        """An answer that says it is compressed and is not, is none."""
        server = serve(answering(b"[]", Content_Encoding="gzip"))
        with pytest.raises(TransportError) as caught:
            client_at(server.host).list_calls()
        assert str(caught.value) == f"ListCalls: {server.host} answered what cannot be unpacked"
