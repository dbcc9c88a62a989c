"""Network faults must not create a call twice or mix up two responses. The tests use both clients on real sockets."""

import json
import os
import re
import select
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
import trustme

from callcontrol import (
    Auth,
    BasicAuth,
    CallControlError,
    CallMayExist,
    Client,
    MismatchedResponse,
    NotFound,
    OAuth2,
    Reply,
    Retries,
    TransportError,
)
from callcontrol.fork_safety import renew_all
from callcontrol.retries import NO_RETRIES
from tests.callcontrol.blocking_async_client import BOTH
from tests.callcontrol.faulty_server import Loopback, Script, answering, hang_up, in_turn, reset, sending, wait
from tests.callcontrol.ledger_files import attempted, outcomes
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL
from tests.forked_process import FORK_LIMIT, forks, in_child

HOST: Final = "voice.example"
"""Name of the host behind the proxy. No name server resolves this name."""

CONFERENCE_ID: Final = "conf-0a1b2c3d"
DOCUMENT: Final = "<Response><Hangup/></Response>"
CONFERENCE_DOCUMENT: Final = "<Bxml><PlayAudio>https://app.example/tone.wav</PlayAudio></Bxml>"
ATTEMPTS: Final = 4
TIMEOUT: Final = 5.0
BASIC: Final = BasicAuth("user", "pass")
CREATED: Final = answering(json.dumps({"callId": CALL_ID}).encode(), "201 Created")

Serve = Callable[..., Loopback]
ClientOf = Callable[..., Client]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Return a certificate authority that only these tests trust."""
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Return the TLS context of a server, with a certificate that the client trusts."""
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that starts a server, and close the servers after the test."""
    with ExitStack() as servers:

        def start(script: Script, **options: Any) -> Loopback:
            server = Loopback(script, **options)
            servers.callback(server.close)
            return server

        yield start


@pytest.fixture(params=BOTH)
def client_of(request: pytest.FixtureRequest) -> Iterator[ClientOf]:
    """Return a function that creates a client with retries but without pauses, and close the clients after the test."""
    with ExitStack() as clients:

        def create(base_url: str, *, auth: Auth = BASIC, **options: Any) -> Client:
            settings: dict[str, Any] = {"timeout": TIMEOUT, "retries": Retries(attempts=ATTEMPTS, first_pause=0)} | options
            return clients.enter_context(BOTH[request.param](ACCOUNT, auth, base_url=f"{base_url}/api/v2", **settings))

        yield create


# 1. Requests through a proxy


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    """Return the scheme of the API: a proxy forwards http requests, but opens a tunnel for https requests."""
    return str(request.param)


@pytest.fixture
def by_proxy(
    scheme: str, tls: ssl.SSLContext, serve: Serve, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Loopback, Client]]:
    """Return a function that starts a proxy, and creates a client that uses the proxy. The proxy is also the API."""

    def start(script: Script, *, on_connect: Script | None = None, timeout: float = TIMEOUT) -> tuple[Loopback, Client]:
        proxy = serve(script, tls=tls, on_connect=on_connect)
        use_proxy(monkeypatch, f"http://{proxy.host}")
        return proxy, client_of(f"{scheme}://{HOST}", timeout=timeout)

    return start


def use_proxy(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, url)


ByProxy = Callable[..., tuple[Loopback, Client]]

WRITES: Final[dict[str, tuple[str, Callable[[Client], object]]]] = {
    "create_call": ("POST", lambda client: client.create_call(**NEW_CALL)),
    "redirect": ("POST", lambda client: client.redirect(CALL_ID, "https://app.example/next")),
    "update_conference_bxml": ("PUT", lambda client: client.update_conference_bxml(CONFERENCE_ID, CONFERENCE_DOCUMENT)),
}
"""Operations that must not be sent twice. For each name: the HTTP method, and a function that runs the operation."""


@pytest.mark.parametrize("end", [hang_up, reset])
@pytest.mark.parametrize("warm", [False, True], ids=["new connection", "kept connection"])
@pytest.mark.parametrize("operation", WRITES)
class TestConnectionLostAfterRequest:
    """The API reads a request, and the connection ends without a response."""

    def test_request_is_sent_once_and_its_outcome_is_unknown(
        self, by_proxy: ByProxy, end: Script, operation: str, *, warm: bool
    ) -> None:
        """The server gets one request, and the error says that the request may have been processed."""
        proxy, client = by_proxy(in_turn(answering(), end) if warm else end)
        if warm:
            client.list_calls()
        method, call = WRITES[operation]
        with pytest.raises((CallMayExist, TransportError)) as caught:
            call(client)
        error = caught.value.error if isinstance(caught.value, CallMayExist) else caught.value
        assert proxy.requests(method) == 1
        assert isinstance(caught.value, CallMayExist) is (operation == "create_call")
        assert isinstance(error, TransportError)
        assert error.sent
        assert re.search(rf": {HOST} \(through the proxy {proxy.host}\) (reset the|closed the) connection", str(error))


@pytest.mark.parametrize("end", [hang_up, reset])
def test_ledger_says_unknown_if_the_connection_is_lost_after_delivery(by_proxy: ByProxy, end: Script, tmp_path: Path) -> None:
    """An interruption is retried, but its outcome stays unknown."""
    proxy, client = by_proxy(end)
    tally = client.interrupt_many([CALL_ID], DOCUMENT, ledger=tmp_path / "ledger.jsonl")
    assert proxy.requests("PUT") == ATTEMPTS
    assert (tally.unknown, tally.refused) == (1, 0)
    assert outcomes(tmp_path / "ledger.jsonl") == {CALL_ID: "unknown"}


FAILED_TUNNELS: Final = {
    "403": answering(b"", "403 Forbidden"),
    "407": answering(b"", "407 Proxy Authentication Required"),
    "502": answering(b"", "502 Bad Gateway"),
    "closed": hang_up,
    "reset": reset,
    "half a response": sending(b"HTTP/1.1 20"),
    "not HTTP": sending(b"SSH-2.0-demo\r\n"),
    "silence": wait,
    "no TLS behind it": sending(b"HTTP/1.1 200 OK\r\n\r\n"),
    "plain text behind it": sending(b"HTTP/1.1 200 OK\r\n\r\nhello"),
}
"""For each name of a refusal: a script that responds to CONNECT without opening a tunnel to a TLS server."""


class TestNothingSent:
    """If no connection or tunnel is opened, the operation is retried, and the error says that nothing was sent."""

    def test_refused_proxy(self, scheme: str, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, closed_host: str) -> None:
        """If the proxy refuses connections, the operation is retried, and nothing is sent."""
        use_proxy(monkeypatch, f"http://{closed_host}")
        attempts: list[object] = []
        client = client_of(f"{scheme}://{HOST}", retries=Retries(attempts=ATTEMPTS, first_pause=0, on_attempt=attempts.append))
        with pytest.raises(TransportError) as caught:
            client.create_call(**NEW_CALL)
        assert not caught.value.sent
        assert len(attempts) == ATTEMPTS
        assert str(caught.value) == f"CreateCall: the proxy {closed_host} refused the connection; nothing was sent"

    @pytest.mark.parametrize("scheme", ["https"])
    @pytest.mark.parametrize("failure", FAILED_TUNNELS.values(), ids=list(FAILED_TUNNELS))
    def test_refused_tunnel(self, scheme: str, by_proxy: ByProxy, failure: Script) -> None:
        """If the proxy opens no tunnel, the operation is retried, and nothing is sent."""
        proxy, client = by_proxy(CREATED, on_connect=failure, timeout=0.5)
        with pytest.raises(TransportError) as caught:
            client.create_call(**NEW_CALL)
        assert not caught.value.sent
        assert (proxy.requests("CONNECT"), proxy.requests("POST")) == (ATTEMPTS, 0)

    @pytest.mark.parametrize("scheme", ["https"])
    def test_retry_after_a_refused_tunnel_creates_one_call(self, scheme: str, by_proxy: ByProxy) -> None:
        """After two failed tunnels, the third tunnel is opened, and one call is created."""
        opened = sending(b"HTTP/1.1 200 OK\r\n\r\n", then=wait)
        proxy, client = by_proxy(CREATED, on_connect=in_turn(reset, answering(b"", "503 Busy"), opened))
        assert client.create_call(**NEW_CALL).call_id == CALL_ID
        assert (proxy.requests("CONNECT"), proxy.requests("POST")) == (3, 1)

    # CPython leaves a socket open if the reset comes just before the handshake.
    @pytest.mark.filterwarnings("ignore:.*unclosed <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
    @pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
    @pytest.mark.parametrize("end", [hang_up, reset, wait])
    def test_failed_tls_handshake(self, serve: Serve, client_of: ClientOf, end: Script) -> None:
        """If the TLS handshake fails or times out, the operation is retried, and nothing is sent."""
        server = serve(CREATED, on_accept=end)
        client = client_of(f"https://{server.host}", timeout=0.5)
        with pytest.raises(TransportError) as caught:
            client.create_call(**NEW_CALL)
        assert not caught.value.sent
        assert len(server.connections) == ATTEMPTS

    def test_closed_client_opens_a_new_connection(self, serve: Serve, client_of: ClientOf) -> None:
        """A request after close() is sent over a new connection."""
        server = serve(CREATED)
        client = client_of(f"http://{server.host}")
        client.create_call(**NEW_CALL)
        client.close()
        client.create_call(**NEW_CALL)
        assert len(server.connections) == 2


# 2. Forked processes


def state_of_the_call(head: str) -> bytes:
    """Return a response that has both the state of the requested call and a token."""
    call_id = head.split(" ", 2)[1].rpartition("/")[2]
    body = json.dumps({"callId": call_id, "state": "answered", "access_token": "t"}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def count_mixed_up_responses(client: Client, name: str) -> str:
    """Read the states of 200 calls, and return the number of responses that are about another call."""
    ids = [f"c-{name}-{n}" for n in range(200)]
    return str(sum(client.get_call_state(call_id).call_id != call_id for call_id in ids))


def waiting_for(event: threading.Event) -> Script:
    """Return a script that waits for an event."""

    def script(_: socket.socket) -> None:
        event.wait(FORK_LIMIT)

    return script


@forks
class TestFork:
    """A client works in the child process of a fork, and continues to work in the parent."""

    @pytest.mark.parametrize("route", ["http", "https", "http by proxy", "https by proxy"])
    def test_parent_and_child_use_separate_connections(
        self, serve: Serve, tls: ssl.SSLContext, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, route: str
    ) -> None:
        """Each process gets the states of its own calls. If the child closes the client, the parent keeps its connection."""
        server = serve(wait, tls=tls, respond=state_of_the_call)
        scheme, _, proxy = route.partition(" by ")
        if proxy:
            use_proxy(monkeypatch, f"http://{server.host}")
        client = client_of(f"{scheme}://{HOST if proxy else server.host}", retries=NO_RETRIES)
        client.get_call_state(CALL_ID)

        def work() -> str:
            try:
                return count_mixed_up_responses(client, "child")
            finally:
                client.close()

        child = in_child(work)
        assert count_mixed_up_responses(client, "parent") == "0"
        assert child() == "0"
        assert count_mixed_up_responses(client, "again") == "0"
        assert len(server.connections) == 2

    def test_fork_while_a_token_is_fetched(self, serve: Serve, client_of: ClientOf) -> None:
        """If the fork happens while the parent waits for a token, the child fetches its own token."""
        fetched = threading.Event()
        server = serve(in_turn(waiting_for(fetched), wait), respond=state_of_the_call)
        client = client_of(f"http://{server.host}", auth=OAuth2("id", "secret"))
        thread = threading.Thread(target=client.get_call_state, args=[CALL_ID])
        thread.start()
        while not server.heads:
            time.sleep(0.01)
        child = in_child(lambda: client.get_call_state(CALL_ID).state)
        result = child()
        fetched.set()
        thread.join()
        assert result == "answered"

    def test_fork_while_the_first_connection_is_made(
        self, serve: Serve, tls: ssl.SSLContext, client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """If the fork happens while the parent reads the certificates, the child reads the certificates again."""
        server = serve(wait, tls=tls, respond=state_of_the_call)
        client = client_of(f"https://{server.host}")
        certificates, slow = os.environ["SSL_CERT_FILE"], tmp_path / "slow.pem"
        os.mkfifo(slow)
        monkeypatch.setenv("SSL_CERT_FILE", str(slow))
        thread = threading.Thread(target=client.get_call_state, args=[CALL_ID])
        thread.start()
        with open(slow, "wb") as pipe:  # open() waits until the thread reads
            monkeypatch.setenv("SSL_CERT_FILE", certificates)
            result = in_child(lambda: client.get_call_state(CALL_ID).state)()
            pipe.write(Path(certificates).read_bytes())
        thread.join()
        assert result == "answered"

    def test_child_does_not_keep_the_lock_of_a_ledger(self, serve: Serve, client_of: ClientOf, tmp_path: Path) -> None:
        """The next run can use the ledger while a child that was forked during the first run still exists."""
        client = client_of(f"http://{serve(answering(b'')).host}")
        children = list[Callable[[], str]]()
        reader, writer = os.pipe()
        with os.fdopen(writer, "wb") as alive:

            def stay_alive() -> bytes:
                alive.close()
                return os.read(reader, 1)

            def fork(_: object) -> None:
                children.append(in_child(stay_alive))

            client.interrupt_many([CALL_ID], DOCUMENT, ledger=tmp_path / "ledger.jsonl", on_outcome=fork)
            tally = client.interrupt_many([CALL_ID], DOCUMENT, ledger=tmp_path / "ledger.jsonl")
        os.close(reader)
        assert children[0]() == "b''"
        assert tally.skipped == 1

    @pytest.mark.parametrize("place", ["on_outcome", "call_ids"])
    def test_run_does_not_continue_in_a_child(self, serve: Serve, client_of: ClientOf, tmp_path: Path, place: str) -> None:
        """Each call is interrupted once, even if a callback forks and then returns in both the parent and the child."""
        server = serve(answering(b""))
        client = client_of(f"http://{server.host}")
        parent, children, reports = os.getpid(), list[int](), os.pipe()
        ids = [f"c-{n}" for n in range(20)]

        def fork(where: str) -> None:
            if where == place and not children:
                children.append(os.fork())
                signal.alarm(0 if children[0] else int(FORK_LIMIT))

        def reading() -> Iterator[str]:
            for call_id in ids:
                yield call_id
                fork("call_ids")

        try:
            tally = client.interrupt_many(
                reading(), DOCUMENT, workers=1, ledger=tmp_path / "ledger.jsonl", on_outcome=lambda _: fork("on_outcome")
            )
        except CallControlError as error:
            os.write(reports[1], str(error).encode())
        finally:
            if os.getpid() != parent:
                os._exit(0)
        os.close(reports[1])
        with os.fdopen(reports[0], "rb") as pipe:
            report = pipe.read().decode()
        _, status = os.waitpid(children[0], 0)
        assert not os.WIFSIGNALED(status)
        assert tally.delivered == server.requests("PUT") == len(ids)
        assert outcomes(tmp_path / "ledger.jsonl") == dict.fromkeys(ids, "delivered")
        assert attempted(tmp_path / "ledger.jsonl") == ids
        forked = "the process was forked during interrupt_many(), which continues in the parent only"
        # The blocking client calls on_outcome in a worker thread. The child has no other thread that could raise the error.
        assert report == ("" if place == "on_outcome" and isinstance(client, Client) else forked)


def test_run_in_a_child_begins_no_further_call(serve: Serve, client_of: ClientOf, tmp_path: Path) -> None:
    """In a child process, the run ends with an error and begins no further call."""
    server = serve(answering(b""))
    client = client_of(f"http://{server.host}")
    with pytest.raises(CallControlError, match="the process was forked"):
        client.interrupt_many(
            (f"c-{n}" for n in range(20)), DOCUMENT, ledger=tmp_path / "ledger", workers=1, on_outcome=lambda _: renew_all()
        )
    assert server.requests("PUT") == 1


# 3. Extra and mixed-up responses


def interim(*statuses: int) -> bytes:
    """Return interim responses with these statuses."""
    return b"".join(b"HTTP/1.1 %d Interim\r\nX-Progress: 1\r\n\r\n" % status for status in statuses)


INTERIM: Final = {
    "100": [100],
    "102": [102],
    "103": [103],
    "several": [100, 102, 103, 103, 199],
    "as many as allowed": [102] * 100,
}


@pytest.fixture(params=["http", "https"])
def api(request: pytest.FixtureRequest, serve: Serve, tls: ssl.SSLContext, client_of: ClientOf) -> Callable[..., Any]:
    """Return a function that starts a server and creates a client for it."""

    def start(script: Script = wait, *, respond: Callable[[str], bytes], **options: Any) -> tuple[Loopback, Client]:
        server = serve(script, respond=respond, tls=tls)
        return server, client_of(f"{request.param}://{server.host}", **options)

    return start


Api = Callable[..., tuple[Loopback, Client]]


class TestInterimResponses:
    """Interim responses (1xx) are skipped."""

    @pytest.mark.parametrize("statuses", INTERIM.values(), ids=list(INTERIM))
    @pytest.mark.parametrize("pause", [0.0, 0.02], ids=["in one piece", "one by one"])
    def test_each_request_gets_its_own_response(self, api: Api, statuses: list[int], pause: float) -> None:
        """Ten requests get their own responses, although interim responses precede the second response."""

        def send_interim(connection: socket.socket) -> None:
            if len(server.heads) == 2:
                connection.sendall(interim(*statuses))
                time.sleep(pause)

        server, client = api(send_interim, respond=state_of_the_call, retries=NO_RETRIES)
        ids = [f"c-{n}" for n in range(10)]
        assert [client.get_call_state(call_id).call_id for call_id in ids] == ids
        assert len(server.connections) == 1

    @pytest.mark.parametrize(
        ("statuses", "reason"),
        [
            ([102] * 5000, "sent more than 100 interim responses (1xx)"),
            ([101], "sent 101 Switching Protocols, which was not requested"),
        ],
        ids=["thousands", "101"],
    )
    def test_too_many_or_101_raise(self, api: Api, statuses: list[int], reason: str) -> None:
        """After too many interim responses or a 101, the outcome of a write is unknown.

        The next request uses a new connection.
        """

        def send_interim(connection: socket.socket) -> None:
            if len(server.heads) == 1:
                connection.sendall(interim(*statuses))

        server, client = api(send_interim, respond=state_of_the_call)
        with pytest.raises(TransportError) as caught:
            client.redirect(CALL_ID, "https://app.example/next")
        assert caught.value.sent
        assert caught.value.reason == f"{server.host} {reason}"
        assert client.get_call_state("c-2").call_id == "c-2"
        assert len(server.connections) == 2


OTHER: Final = "c-of-another-request"


class TestUnreadBytes:
    """A connection with bytes after the response is not used again."""

    @pytest.mark.parametrize("head_size", [200, 8192], ids=["in the buffer", "after the buffer"])
    @pytest.mark.parametrize("late", [False, True], ids=["at once", "later"])
    def test_second_response_is_discarded(self, api: Api, head_size: int, *, late: bool) -> None:
        """If the server responds twice to the first request, the second response is discarded."""
        other = state_of_the_call(f"GET /{OTHER} HTTP/1.1")

        def twice(head: str) -> bytes:
            response = state_of_the_call(head)
            if len(server.heads) > 1:
                return response
            padding = b"X-Padding: ".ljust(head_size - len(response) - 2, b"x") + b"\r\n"
            return response.replace(b"\r\n", b"\r\n" + padding, 1) + (b"" if late else other)

        server, client = api(respond=twice, retries=NO_RETRIES)
        ids = [f"c-{n}" for n in range(3)]
        assert client.get_call_state(ids[0]).call_id == ids[0]
        if late:
            server.connections[0].sendall(other)
            select.select([], [], [], 0.1)
        assert [client.get_call_state(call_id).call_id for call_id in ids[1:]] == ids[1:]
        assert len(server.connections) == 2

    def test_connection_is_kept_after_a_response_without_a_body(self, api: Api) -> None:
        """A connection is kept after a response of 204, which has no body."""
        server, client = api(respond=lambda _: b"HTTP/1.1 204 No Content\r\n\r\n")
        for _ in range(3):
            client.interrupt(CALL_ID, DOCUMENT)
        assert len(server.connections) == 1


def error(status: str, description: str) -> bytes:
    """Return a response with an error of the API."""
    body = json.dumps({"type": "validation", "description": description}).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class TestMismatchedResponse:
    """A response about another call raises ``MismatchedResponse``."""

    def test_read_is_retried_on_a_new_connection(self, api: Api) -> None:
        """If the server responds with the call of the previous request, a read is retried on a new connection."""

        def one_behind(head: str) -> bytes:
            shifted = len(server.connections) == 1 and len(server.heads) > 1
            return state_of_the_call(server.heads[-2] if shifted else head)

        server, client = api(respond=one_behind)
        ids = [f"c-{n}" for n in range(5)]
        assert [client.get_call_state(call_id).call_id for call_id in ids] == ids
        assert len(server.connections) == 2
        assert len(server.heads) == len(ids) + 1
        assert server.ended.acquire(timeout=TIMEOUT)

    def test_error_names_both_calls(self, api: Api) -> None:
        """The message has the ids of the requested and of the received call."""
        _, client = api(respond=lambda _: state_of_the_call(f"GET /{OTHER} HTTP/1.1"), retries=NO_RETRIES)
        with pytest.raises(MismatchedResponse) as caught:
            client.get_call_state(CALL_ID)
        assert str(caught.value) == f'GetCallState of call {CALL_ID}: the response is about "{OTHER}"'
        with pytest.raises(MismatchedResponse, match=f'the response is about "{OTHER}"; the request may have been processed$'):
            client.hang_up(CALL_ID)

    @pytest.mark.parametrize(
        ("write", "response"),
        [
            (lambda client: client.redirect(CALL_ID, "https://app.example/next"), state_of_the_call(f"GET /{OTHER} HTTP/1.1")),
            (lambda client: client.redirect(CALL_ID, "https://app.example/next"), error("404 ", f"Call [{OTHER}] not found")),
            (
                lambda client: client.update_conference_bxml(CONFERENCE_ID, CONFERENCE_DOCUMENT),
                error("404 ", f"Conference [{OTHER}] not found"),
            ),
        ],
        ids=["success", "call not found", "conference not found"],
    )
    def test_outcome_of_a_write_is_unknown(self, api: Api, write: Callable[[Client], object], response: bytes) -> None:
        """A write is not sent again after a response about another call. The error says that it may have been processed."""
        server, client = api(respond=lambda _: response)
        with pytest.raises(MismatchedResponse) as caught:
            write(client)
        assert caught.value.sent
        assert str(caught.value).endswith("; the request may have been processed")
        assert len(server.heads) == 1

    @pytest.mark.parametrize("description", ["not found", "cannot be modified in its current state"])
    def test_ledger_says_unknown(self, api: Api, description: str, tmp_path: Path) -> None:
        """If the error response is about another call, the outcome is ``unknown``, not ``gone``."""
        server, client = api(respond=lambda _: error("404 ", f"Call [{OTHER}] {description}"))
        assert client.interrupt_many([CALL_ID], DOCUMENT, ledger=tmp_path / "ledger").unknown == 1
        assert len(server.heads) == len(server.connections) == ATTEMPTS

    def test_other_responses_are_not_affected(self) -> None:
        """An error response without an id raises its usual error. A mismatch raises an error even with a custom ``send``."""
        with pytest.raises(NotFound):
            client_with(error_reply("Not Found")).redirect(CALL_ID, "https://app.example/next")
        with pytest.raises(MismatchedResponse):
            client_with(error_reply(f"Call [{OTHER}] not found")).redirect(CALL_ID, "https://app.example/next")


def error_reply(description: str) -> Reply:
    return Reply(404, body=json.dumps({"description": description}).encode())


def client_with(reply: Reply) -> Client:
    return Client(ACCOUNT, BasicAuth("user", "pass"), send=lambda _: reply)
