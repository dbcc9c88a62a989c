"""Both clients handle every fault of a server in every operation, with the expected error and number of requests.

A fault happens always, or only once before the server works again. The table ``FAULTS`` has the expected result for four
kinds of operations: reads, writes that can be repeated, writes that cannot be repeated, and CreateCall.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final, NamedTuple

import pytest

from callcontrol import BasicAuth, CallControlError, Client, OAuth2, Retries
from tests.callcontrol.blocking_async_client import BOTH
from tests.callcontrol.faulty_server import Loopback, Script, answering, dripping, hang_up, in_turn, sending, wait
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL

TIMEOUT: Final = 1.0

ATTEMPTS: Final = 2

NEXT_URL: Final = "https://app.example/next"
HEARD: Final = "<Bxml><SpeakSentence>Please hold.</SpeakSentence></Bxml>"

Operate = Callable[[Client], object]

READS: Final[dict[str, Operate]] = {
    "GetCallState": lambda client: client.get_call_state(CALL_ID),
    "ListCalls": lambda client: list(client.list_calls()),
}
REPEATABLE: Final[dict[str, Operate]] = {
    "UpdateCallBxml": lambda client: client.update_call_bxml(CALL_ID, HEARD),
    "UpdateCall completed": lambda client: client.hang_up(CALL_ID),
    "UpdateCall with repeat": lambda client: client.redirect(CALL_ID, NEXT_URL, repeat=True),
    "UpdateConference completed": lambda client: client.update_conference("conf-1", status="completed"),
}
CREATES: Final[dict[str, Operate]] = {"CreateCall": lambda client: client.create_call(**NEW_CALL)}
NOT_REPEATABLE: Final[dict[str, Operate]] = {
    "UpdateCall active": lambda client: client.redirect(CALL_ID, NEXT_URL),
    "UpdateConference active": lambda client: client.update_conference("conf-1", redirect_url=NEXT_URL),
    "UpdateConferenceBxml": lambda client: client.update_conference_bxml("conf-1", HEARD),
}
OPERATIONS: Final = READS | REPEATABLE | CREATES | NOT_REPEATABLE

Expected = tuple[bool, str]
"""An expected result: true if the request is retried, and the error if the fault is permanent (empty for a success)."""

RETRIED, ONCE = True, False


class Fault(NamedTuple):
    """A fault of the server, and the expected result of each kind of operation."""

    script: Script
    reads: Expected
    repeatable: Expected
    not_repeatable: Expected
    creates: Expected

    def expected(self, name: str) -> Expected:
        """Return the expected result of an operation."""
        kinds = (
            (READS, self.reads),
            (REPEATABLE, self.repeatable),
            (NOT_REPEATABLE, self.not_repeatable),
            (CREATES, self.creates),
        )
        return next(expected for operations, expected in kinds if name in operations)


def status(line: str, **headers: str) -> Script:
    """Return a script that sends an error in the API's format."""
    body = json.dumps({"type": "error", "description": "No.", "id": None}).encode()
    return answering(body, line, Content_Type="application/json", **headers)


def soon(connection: socket.socket) -> None:
    """Send 429 with a Retry-After date that is two seconds from now."""
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    status("429 Too Many Requests", Retry_After=when)(connection)


TOO_MANY: Final = "429 Too Many Requests"
HTML: Final = b"<html>Something is wrong.</html>"

# If the request may have been processed, CreateCall raises CallMayExist, and operations that change what callers hear run once.
UNKNOWN: Final = ((RETRIED, "TransportError"), (RETRIED, "TransportError"), (ONCE, "TransportError"), (ONCE, "CallMayExist"))
FAILED: Final = ((RETRIED, "ServerError"), (RETRIED, "ServerError"), (ONCE, "ServerError"), (ONCE, "CallMayExist"))


def same_for_all(is_retried: bool, error: str) -> tuple[Expected, Expected, Expected, Expected]:  # noqa: FBT001  a row of the table
    """Return the same expected result for every kind of operation."""
    return ((is_retried, error),) * 4


FAULTS: Final = {
    "hangs before reading": Fault(wait, *UNKNOWN),
    "hangs after reading": Fault(wait, *UNKNOWN),
    "closes before responding": Fault(hang_up, *UNKNOWN),
    "closes in the head": Fault(sending(b"HTTP/1.1 20"), *UNKNOWN),
    "hangs in the head": Fault(sending(b"HTTP/1.1 200 OK\r\nContent-Le", then=wait), *UNKNOWN),
    "closes in the body": Fault(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[{"), *UNKNOWN),
    "hangs in the body": Fault(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[{", then=wait), *UNKNOWN),
    "sends byte by byte": Fault(dripping, *UNKNOWN),
    "not HTTP": Fault(sending(b"SSH-2.0-demo\r\n"), *UNKNOWN),
    "200 with HTML": Fault(
        answering(HTML, Content_Type="text/html"), (ONCE, "UnreadableReply"), (ONCE, ""), (ONCE, ""), (ONCE, "CallMayExist")
    ),
    "502 with HTML": Fault(answering(HTML, "502 Bad Gateway", Content_Type="text/html"), *FAILED),
    "500": Fault(status("500 Internal Server Error"), *FAILED),
    "504": Fault(status("504 Gateway Timeout"), *FAILED),
    "503": Fault(status("503 Service Unavailable"), *same_for_all(RETRIED, "ServerError")),
    "429": Fault(status(TOO_MANY), *same_for_all(RETRIED, "TooManyRequests")),
    "429 with seconds": Fault(status(TOO_MANY, Retry_After="2"), *same_for_all(RETRIED, "TooManyRequests")),
    "429 with a date": Fault(soon, *same_for_all(RETRIED, "TooManyRequests")),
    "429 with words": Fault(status(TOO_MANY, Retry_After="later"), *same_for_all(RETRIED, "TooManyRequests")),
    "429 with a negative number": Fault(status(TOO_MANY, Retry_After="-5"), *same_for_all(RETRIED, "TooManyRequests")),
    "429 with years": Fault(status(TOO_MANY, Retry_After="99999999"), *same_for_all(ONCE, "TooManyRequests")),
    "429 with a far date": Fault(
        status(TOO_MANY, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"), *same_for_all(ONCE, "TooManyRequests")
    ),
    "400": Fault(status("400 Bad Request"), *same_for_all(ONCE, "BadRequest")),
    "401": Fault(status("401 Unauthorized"), *same_for_all(ONCE, "Unauthorized")),
    "403": Fault(status("403 Forbidden"), *same_for_all(ONCE, "Forbidden")),
    "302 to another host": Fault(
        answering(b"", "302 Found", Location="http://127.0.0.2/"),
        (ONCE, "ApiError"),
        (ONCE, "ApiError"),
        (ONCE, "ApiError"),
        (ONCE, "CallMayExist"),
    ),
}

LONGEST: Final = 5.0
"""The longest pause, in seconds."""


class Observed(NamedTuple):
    """The outcome of an operation: the error, the number of requests, and the pauses in seconds."""

    error: str
    requests: int
    pauses: list[float]


def success(name: str) -> Script:
    """Return a script that sends a success with a wrong content type. Clients ignore the content type."""
    body = b"[]" if name == "ListCalls" else json.dumps({"callId": CALL_ID}).encode()
    return answering(body, "201 Created" if name == "CreateCall" else "200 OK", Content_Type="text/plain")


def observe(kind: str, name: str, fault: str, *, always: bool) -> Observed:
    """Call an operation of a client once with a faulty server."""
    script = FAULTS[fault].script if always else in_turn(FAULTS[fault].script, success(name))
    unread = 0
    if fault == "hangs before reading":
        script, unread = success(name), ATTEMPTS if always else 1
    pauses: list[float] = []
    with ExitStack() as stack:
        server = Loopback(script, unread=unread)
        stack.callback(server.close)
        retries = Retries(attempts=ATTEMPTS, longest_pause=LONGEST)
        base_url = f"http://{server.host}/api/v2"
        settings: dict[str, Any] = {"base_url": base_url, "timeout": TIMEOUT, "retries": retries, "pause": pauses.append}
        client = stack.enter_context(BOTH[kind](ACCOUNT, BasicAuth("user", "pass"), **settings))
        error = ""
        try:
            OPERATIONS[name](client)
        except CallControlError as raised:
            error = type(raised).__name__
        return Observed(error, len(server.heads), pauses)


Cell = tuple[str, str, str, bool]
"""A cell of the table: a client, an operation, a fault, and true if the fault happens always."""

CELLS: Final = [
    (kind, name, fault, always) for kind in BOTH for name in OPERATIONS for fault in FAULTS for always in (False, True)
]


@pytest.fixture(scope="module")
def observed() -> dict[Cell, Observed]:
    """Run all cells of the table in parallel, because they mostly wait, and return their results."""
    with ThreadPoolExecutor(24) as threads:
        return dict(zip(CELLS, threads.map(lambda cell: observe(*cell[:3], always=cell[3]), CELLS), strict=True))


@pytest.mark.parametrize(
    ("kind", "name", "fault", "always"),
    CELLS,
    ids=["-".join((*cell[:3], "always" if cell[3] else "once")) for cell in CELLS],
)
def test_fault_has_the_expected_result(
    observed: dict[Cell, Observed], kind: str, name: str, fault: str, *, always: bool
) -> None:
    """The error and the number of requests are those of the table ``FAULTS``."""
    is_retried, error = FAULTS[fault].expected(name)
    found = observed[kind, name, fault, always]
    assert found.error == ("" if is_retried and not always else error)
    assert found.requests == (2 if is_retried else 1)
    assert all(pause <= LONGEST for pause in found.pauses)
    # After a 429 the limiter of the client may add a second pause.
    longer = is_retried and fault.startswith("429")
    assert is_retried <= len(found.pauses) <= is_retried + longer


@pytest.mark.parametrize("kind", BOTH)
def test_no_call_is_created_twice(observed: dict[Cell, Observed], kind: str) -> None:
    """The server got a second request only if the first was certainly not processed."""
    results = {cell: found for cell, found in observed.items() if cell[:2] == (kind, "CreateCall")}
    twice = {fault for (_, _, fault, _), found in results.items() if found.requests > 1}
    assert twice == {fault for fault in FAULTS if fault == "503" or fault.startswith("429")} - {
        "429 with years",
        "429 with a far date",
    }


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("name", OPERATIONS)
def test_refused_connection_is_retried(kind: str, name: str) -> None:
    """While the server refuses connections, nothing is sent. When the server listens, it gets exactly one request."""
    with ExitStack() as stack:
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        heads: list[str] = []

        def listen() -> None:
            if not heads:
                closed.listen()
                threads.submit(respond)
                heads.append("")

        def respond() -> None:
            connection, _ = closed.accept()
            with connection:
                heads.append(connection.recv(65536).decode())
                success(name)(connection)

        settings: dict[str, Any] = {"base_url": f"http://{host}/api/v2", "timeout": TIMEOUT, "pause": lambda _: listen()}
        client = stack.enter_context(BOTH[kind](ACCOUNT, BasicAuth("user", "pass"), **settings))
        threads = stack.enter_context(ThreadPoolExecutor())
        OPERATIONS[name](client)
    assert len(heads) == 2


@pytest.fixture
def api() -> Iterator[Callable[[list[str]], Loopback]]:
    """Return a function that starts an API. The API issues tokens, and sends the given statuses in order."""
    with ExitStack() as stack:

        def start(statuses: list[str]) -> Loopback:
            def script(connection: socket.socket) -> None:
                if "oauth2" in server.heads[-1].splitlines()[0]:
                    answering(json.dumps({"access_token": f"t{len(server.heads)}"}).encode())(connection)
                else:
                    answering(json.dumps({"callId": CALL_ID}).encode(), statuses.pop(0))(connection)

            server = Loopback(script)
            stack.callback(server.close)
            return server

        yield start


@pytest.mark.parametrize("kind", BOTH)
class TestTokens:
    """After 401 the token is renewed once, because the request was not processed."""

    @pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "ListCalls"])
    def test_rejected_token_is_renewed(self, api: Callable[[list[str]], Loopback], kind: str, name: str) -> None:
        """The request is sent again with a new token, even if it creates a call."""
        server = api(["401 Unauthorized", "200 OK"])
        with BOTH[kind](ACCOUNT, OAuth2("id", "secret"), base_url=f"http://{server.host}/api/v2", timeout=TIMEOUT) as client:
            OPERATIONS[name](client)
        sent = [value for value in server.header("Authorization") if value and value.startswith("Bearer")]
        assert sent == ["Bearer t1", "Bearer t3"]

    def test_token_is_renewed_once(self, api: Callable[[list[str]], Loopback], kind: str) -> None:
        """If the API rejects the new token too, the error is raised."""
        server = api(["401 Unauthorized"] * 9)
        client = BOTH[kind](ACCOUNT, OAuth2("id", "secret"), base_url=f"http://{server.host}/api/v2", timeout=TIMEOUT)
        with client, pytest.raises(CallControlError) as caught:
            client.create_call(**NEW_CALL)
        assert type(caught.value).__name__ == "Unauthorized"
        assert len(server.heads) == 4


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("name", OPERATIONS)
def test_redirect_is_not_followed(kind: str, name: str) -> None:
    """The target of a redirect gets no request."""
    with ExitStack() as stack:
        target = Loopback(success(name))
        stack.callback(target.close)
        server = Loopback(answering(b"", "302 Found", Location=f"http://{target.host}/"))
        stack.callback(server.close)
        client = BOTH[kind](ACCOUNT, BasicAuth("user", "pass"), base_url=f"http://{server.host}/api/v2", timeout=TIMEOUT)
        with client, pytest.raises(CallControlError):
            OPERATIONS[name](client)
        assert (len(server.heads), len(target.connections)) == (1, 0)


@pytest.mark.parametrize("kind", BOTH)
def test_deadline_counts_attempts_that_hang(kind: str) -> None:
    """No attempt begins after the deadline, even if more attempts are allowed."""
    attempts: list[Any] = []
    with ExitStack() as stack:
        server = Loopback(wait)
        stack.callback(server.close)
        retries = Retries(attempts=50, first_pause=0.01, longest_pause=0.01, deadline=0.5, on_attempt=attempts.append)
        base_url = f"http://{server.host}/api/v2"
        client = BOTH[kind](ACCOUNT, BasicAuth("user", "pass"), base_url=base_url, timeout=0.2, retries=retries)
        with client, pytest.raises(CallControlError):
            client.get_call_state(CALL_ID)
    assert 2 <= len(attempts) <= 4
    assert attempts[-1].pause is None
