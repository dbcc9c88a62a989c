"""Every operation beside every fault, over a real socket: what comes of it, and how often the server was asked.

A fault comes once, and then the server behaves; or it comes always. The table says what is expected of three kinds of
operations: those that do no harm when they are repeated, of which some read and some do not, and those that do.
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
from tests.callcontrol.faulty_server import Loopback, Script, answering, dripping, hang_up, in_turn, sending, wait
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL

TIMEOUT: Final = 0.5

ATTEMPTS: Final = 2

NEXT_URL: Final = "https://app.example/next"
HEARD: Final = "<Bxml><SpeakSentence>Please hold.</SpeakSentence></Bxml>"

Ask = Callable[[Client], object]

READS: Final[dict[str, Ask]] = {
    "GetCallState": lambda client: client.get_call_state(CALL_ID),
    "ListCalls": lambda client: list(client.list_calls()),
}
HARMLESS: Final[dict[str, Ask]] = {
    "UpdateCallBxml": lambda client: client.update_call_bxml(CALL_ID, HEARD),
    "UpdateCall completed": lambda client: client.hang_up(CALL_ID),
    "UpdateCall with repeat": lambda client: client.redirect(CALL_ID, NEXT_URL, repeat=True),
    "UpdateConference completed": lambda client: client.update_conference("conf-1", status="completed"),
}
CREATES: Final[dict[str, Ask]] = {"CreateCall": lambda client: client.create_call(**NEW_CALL)}
CAREFUL: Final[dict[str, Ask]] = {
    "UpdateCall active": lambda client: client.redirect(CALL_ID, NEXT_URL),
    "UpdateConference active": lambda client: client.update_conference("conf-1", redirect_url=NEXT_URL),
    "UpdateConferenceBxml": lambda client: client.update_conference_bxml("conf-1", HEARD),
}
OPERATIONS: Final = READS | HARMLESS | CREATES | CAREFUL

Expected = tuple[bool, str]
"""Whether there is another attempt, and what comes of it if the fault is always there: the name of an error, or nothing."""

AGAIN, ONCE = True, False


class Fault(NamedTuple):
    """What the server does, and what is expected of each kind of operation."""

    script: Script
    reads: Expected
    harmless: Expected
    careful: Expected
    creates: Expected

    def expected(self, name: str) -> Expected:
        """What is expected of an operation."""
        kinds = (READS, self.reads), (HARMLESS, self.harmless), (CAREFUL, self.careful), (CREATES, self.creates)
        return next(expected for operations, expected in kinds if name in operations)


def status(line: str, **headers: str) -> Script:
    """An error in the API's form."""
    body = json.dumps({"type": "error", "description": "No.", "id": None}).encode()
    return answering(body, line, Content_Type="application/json", **headers)


def soon(connection: socket.socket) -> None:
    """429, and a date in two seconds."""
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    status("429 Too Many Requests", Retry_After=when)(connection)


TOO_MANY: Final = "429 Too Many Requests"
HTML: Final = b"<html>Something is wrong.</html>"

# Where nobody can know whether the request was processed, a create says so, and what is heard is not begun again.
UNKNOWN: Final = ((AGAIN, "TransportError"), (AGAIN, "TransportError"), (ONCE, "TransportError"), (ONCE, "CallMayExist"))
FAILED: Final = ((AGAIN, "ServerError"), (AGAIN, "ServerError"), (ONCE, "ServerError"), (ONCE, "CallMayExist"))


def alike(again: bool, error: str) -> tuple[Expected, Expected, Expected, Expected]:  # noqa: FBT001  it reads as a table
    """The same for every operation."""
    return ((again, error),) * 4


FAULTS: Final = {
    "hangs before reading": Fault(wait, *UNKNOWN),
    "hangs after reading": Fault(wait, *UNKNOWN),
    "cuts before answering": Fault(hang_up, *UNKNOWN),
    "cuts in the head": Fault(sending(b"HTTP/1.1 20"), *UNKNOWN),
    "hangs in the head": Fault(sending(b"HTTP/1.1 200 OK\r\nContent-Le", then=wait), *UNKNOWN),
    "half a body": Fault(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[{"), *UNKNOWN),
    "hangs in the body": Fault(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[{", then=wait), *UNKNOWN),
    "drips": Fault(dripping, *UNKNOWN),
    "no HTTP": Fault(sending(b"SSH-2.0-demo\r\n"), *UNKNOWN),
    "200 with HTML": Fault(
        answering(HTML, Content_Type="text/html"), (ONCE, "UnreadableReply"), (ONCE, ""), (ONCE, ""), (ONCE, "CallMayExist")
    ),
    "502 with HTML": Fault(answering(HTML, "502 Bad Gateway", Content_Type="text/html"), *FAILED),
    "500": Fault(status("500 Internal Server Error"), *FAILED),
    "504": Fault(status("504 Gateway Timeout"), *FAILED),
    "503": Fault(status("503 Service Unavailable"), *alike(AGAIN, "ServerError")),
    "429": Fault(status(TOO_MANY), *alike(AGAIN, "TooManyRequests")),
    "429 with seconds": Fault(status(TOO_MANY, Retry_After="2"), *alike(AGAIN, "TooManyRequests")),
    "429 with a date": Fault(soon, *alike(AGAIN, "TooManyRequests")),
    "429 with words": Fault(status(TOO_MANY, Retry_After="later"), *alike(AGAIN, "TooManyRequests")),
    "429 with a negative number": Fault(status(TOO_MANY, Retry_After="-5"), *alike(AGAIN, "TooManyRequests")),
    "429 with years": Fault(status(TOO_MANY, Retry_After="99999999"), *alike(ONCE, "TooManyRequests")),
    "429 with a far date": Fault(
        status(TOO_MANY, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"), *alike(ONCE, "TooManyRequests")
    ),
    "400": Fault(status("400 Bad Request"), *alike(ONCE, "BadRequest")),
    "401": Fault(status("401 Unauthorized"), *alike(ONCE, "Unauthorized")),
    "403": Fault(status("403 Forbidden"), *alike(ONCE, "Forbidden")),
    "302 to another host": Fault(
        answering(b"", "302 Found", Location="http://127.0.0.2/"),
        (ONCE, "ApiError"),
        (ONCE, "ApiError"),
        (ONCE, "ApiError"),
        (ONCE, "CallMayExist"),
    ),
}

LONGEST: Final = 5.0


class Seen(NamedTuple):
    """What came of it."""

    error: str
    requests: int
    pauses: list[float]


def good(name: str) -> Script:
    """What the API answers when all is well; its content type is wrong, which does not matter."""
    body = b"[]" if name == "ListCalls" else json.dumps({"callId": CALL_ID}).encode()
    return answering(body, "201 Created" if name == "CreateCall" else "200 OK", Content_Type="text/plain")


def tried(name: str, fault: str, *, always: bool) -> Seen:
    """An operation asked for once, while the server does what it does."""
    script = FAULTS[fault].script if always else in_turn(FAULTS[fault].script, good(name))
    unread = 0
    if fault == "hangs before reading":
        script, unread = good(name), ATTEMPTS if always else 1
    pauses: list[float] = []
    with ExitStack() as stack:
        server = Loopback(script, unread=unread)
        stack.callback(server.close)
        retries = Retries(attempts=ATTEMPTS, longest_pause=LONGEST)
        base_url = f"http://{server.host}/api/v2"
        client = stack.enter_context(
            Client(ACCOUNT, BasicAuth("user", "pass"), base_url=base_url, timeout=TIMEOUT, retries=retries)
        )
        client._pause = pauses.append
        error = ""
        try:
            OPERATIONS[name](client)
        except CallControlError as raised:
            error = type(raised).__name__
        return Seen(error, len(server.heads), pauses)


CELLS: Final = [(name, fault, always) for name in OPERATIONS for fault in FAULTS for always in (False, True)]


@pytest.fixture(scope="module")
def seen() -> dict[tuple[str, str, bool], Seen]:
    """All cells of the table, tried at the same time, for most of it is waiting."""
    with ThreadPoolExecutor(24) as threads:
        return dict(zip(CELLS, threads.map(lambda cell: tried(cell[0], cell[1], always=cell[2]), CELLS), strict=True))


@pytest.mark.parametrize(
    ("name", "fault", "always"),
    CELLS,
    ids=[f"{cell[0]}-{cell[1]}-{'always' if cell[2] else 'once'}" for cell in CELLS],
)
def test_what_comes_of_it(seen: dict[tuple[str, str, bool], Seen], name: str, fault: str, *, always: bool) -> None:
    """What the table says, after as many requests as it says."""
    again, error = FAULTS[fault].expected(name)
    found = seen[name, fault, always]
    assert found.error == ("" if again and not always else error)
    assert found.requests == (2 if again else 1)
    assert all(pause <= LONGEST for pause in found.pauses)
    assert len(found.pauses) == again


def test_no_call_is_created_twice(seen: dict[tuple[str, str, bool], Seen]) -> None:
    """A second request was sent only where the first certainly failed, as the server knows that counted them."""
    twice = {fault for (name, fault, _), found in seen.items() if name == "CreateCall" and found.requests > 1}
    assert twice == {fault for fault in FAULTS if fault == "503" or fault.startswith("429")} - {
        "429 with years",
        "429 with a far date",
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_who_is_not_there_is_asked_again(name: str) -> None:
    """A refused connection is certainly no request: once the server listens, it gets exactly one."""
    with ExitStack() as stack:
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        client = stack.enter_context(
            Client(ACCOUNT, BasicAuth("user", "pass"), base_url=f"http://{host}/api/v2", timeout=TIMEOUT)
        )
        heads: list[str] = []

        def listen(_: float) -> None:
            if not heads:
                closed.listen()
                threads.submit(answer)
                heads.append("")

        def answer() -> None:
            connection, _ = closed.accept()
            with connection:
                heads.append(connection.recv(65536).decode())
                good(name)(connection)

        client._pause = listen
        threads = stack.enter_context(ThreadPoolExecutor())
        OPERATIONS[name](client)
    assert len(heads) == 2


@pytest.fixture
def api() -> Iterator[Callable[[list[str]], Loopback]]:
    """Starts an API with tokens that answers the given statuses in turn."""
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


class TestTokens:
    """A token that is refused before its time is renewed once, for the request has not been processed."""

    @pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "ListCalls"])
    def test_a_refused_token_is_renewed(self, api: Callable[[list[str]], Loopback], name: str) -> None:
        """And the request is sent once more, also one that creates a call."""
        server = api(["401 Unauthorized", "200 OK"])
        with Client(ACCOUNT, OAuth2("id", "secret"), base_url=f"http://{server.host}/api/v2", timeout=TIMEOUT) as client:
            OPERATIONS[name](client)
        sent = [value for value in server.header("Authorization") if value and value.startswith("Bearer")]
        assert sent == ["Bearer t1", "Bearer t3"]

    def test_it_is_renewed_once(self, api: Callable[[list[str]], Loopback]) -> None:
        """If the new one is refused as well, that is the answer."""
        server = api(["401 Unauthorized"] * 9)
        client = Client(ACCOUNT, OAuth2("id", "secret"), base_url=f"http://{server.host}/api/v2", timeout=TIMEOUT)
        with client, pytest.raises(CallControlError) as caught:
            client.create_call(**NEW_CALL)
        assert type(caught.value).__name__ == "Unauthorized"
        assert len(server.heads) == 4


@pytest.mark.parametrize("name", OPERATIONS)
def test_nobody_is_followed_elsewhere(name: str) -> None:
    """The host that a redirect names is never spoken to."""
    with ExitStack() as stack:
        elsewhere = Loopback(good(name))
        stack.callback(elsewhere.close)
        server = Loopback(answering(b"", "302 Found", Location=f"http://{elsewhere.host}/"))
        stack.callback(server.close)
        client = Client(ACCOUNT, BasicAuth("user", "pass"), base_url=f"http://{server.host}/api/v2", timeout=TIMEOUT)
        with client, pytest.raises(CallControlError):
            OPERATIONS[name](client)
        assert (len(server.heads), len(elsewhere.connections)) == (1, 0)


def test_the_deadline_covers_attempts_that_hang() -> None:
    """After it no attempt is begun, however many there might be."""
    attempts: list[Any] = []
    with ExitStack() as stack:
        server = Loopback(wait)
        stack.callback(server.close)
        retries = Retries(attempts=50, first_pause=0.01, longest_pause=0.01, deadline=0.5, on_attempt=attempts.append)
        base_url = f"http://{server.host}/api/v2"
        client = Client(ACCOUNT, BasicAuth("user", "pass"), base_url=base_url, timeout=0.2, retries=retries)
        with client, pytest.raises(CallControlError):
            client.get_call_state(CALL_ID)
    assert 2 <= len(attempts) <= 4
    assert attempts[-1].pause is None
