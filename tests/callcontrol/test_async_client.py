"""``AsyncClient`` has the methods, results and errors of ``Client``, and works on several event loops in turn."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from flask import Flask

from bxml import InvalidDocument, Response
from callcontrol import (
    AsyncClient,
    BasicAuth,
    CallControlError,
    Client,
    InvalidRequest,
    NotAnswered,
    NotFound,
    OAuth2,
    RepeatedPage,
    Reply,
    Request,
    Retries,
    TransportError,
)
from callcontrol.emulator import Emulator
from callcontrol.pagination import AsyncCallList, CallList
from callcontrol.retries import NO_RETRIES
from callcontrol.webhooks import flask_answer
from tests.callcontrol import generate_async_client
from tests.callcontrol.blocking_async_client import BlockingAsyncClient
from tests.callcontrol.faulty_server import Loopback, answering, wait
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL, Scripted, replied

BASIC: Final = BasicAuth("user", "pass")
HOST: Final = "https://voice.example"
CALLS: Final = f"{HOST}/api/v2/accounts/{ACCOUNT}/calls"
HEARD: Final = "<Bxml><SpeakSentence>Please hold.</SpeakSentence></Bxml>"
HANGUP: Final = "<Response><Hangup/></Response>"
SOON: Final = 10.0
"""Seconds within which an immediate event happens, even on a busy machine."""


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    """Run work on a new event loop, and fail if it takes more than :data:`SOON` seconds."""

    async def main() -> Any:
        async with asyncio.timeout(SOON):
            return await work()

    return asyncio.run(main())


def scripted(api: Scripted) -> AsyncClient:
    """Return a client that gets scripted responses."""

    async def send(request: Request) -> Reply:
        return api(request)

    return AsyncClient(ACCOUNT, BASIC, base_url=HOST, retries=NO_RETRIES, send=send)


@pytest.fixture
def voice() -> Iterator[Emulator]:
    """Return an emulator on a real socket, with an application that lets each answered call pause for an hour."""
    app = Flask(__name__)
    app.add_url_rule("/<path>", "wait", lambda path: flask_answer(Response().pause(duration=3600)), methods=["POST"])
    with Emulator(app) as emulator:
        yield emulator


@pytest.fixture
def serve() -> Iterator[Callable[..., Loopback]]:
    """Return a function that starts a server, and close the servers after the test."""
    with ExitStack() as servers:

        def start(*arguments: Any, **named: Any) -> Loopback:
            server = Loopback(*arguments, **named)
            servers.callback(server.close)
            return server

        yield start


@asynccontextmanager
async def client_for(server: Loopback, **settings: Any) -> AsyncIterator[AsyncClient]:
    """Return a client that sends its requests to a server."""
    auth = settings.pop("auth", BASIC)
    async with AsyncClient(ACCOUNT, auth, base_url=f"http://{server.host}/api/v2", **settings) as client:
        yield client


async def until(condition: Callable[[], object]) -> None:
    """Wait until another thread makes a condition true."""
    while not condition():  # noqa: ASYNC110  a thread cannot set an event of asyncio
        await asyncio.sleep(0.01)


class TestMethods:
    """Every method works with the emulator."""

    def test_every_operation(self, voice: Emulator, tmp_path: Path) -> None:
        """A call is created, answered, read, listed, interrupted, redirected and ended."""

        async def main() -> None:
            async with AsyncClient(ACCOUNT, OAuth2("id", "secret"), base_url=voice.url) as client:
                created = await client.create_call(**NEW_CALL)
                call_id = created.call_id
                assert (await client.wait_until_answered(call_id)).call_id == call_id
                assert (await client.get_call_state(call_id)).state == "answered"
                assert [call.call_id async for call in client.list_calls()] == [call_id]
                assert (await client.update_call_bxml(call_id, HEARD)).status == 204
                assert (await client.interrupt(call_id, HEARD)).status == 204
                tally = await client.interrupt_many([call_id, "c-unknown"], HEARD, ledger=tmp_path / "ledger")
                assert (tally.delivered, tally.gone) == (1, 1)
                assert (await client.redirect(call_id, "https://app.example/next")).status == 200
                assert (await client.update_call(call_id, state="completed")).status == 200
                assert (await client.hang_up(call_id)).status in {404, 409}
                assert await error_of(client.update_conference("conf-1", status="completed")) is NotFound
                assert await error_of(client.update_conference_bxml("conf-1", HEARD)) is NotFound

        run(main)

    def test_invalid_arguments_raise(self) -> None:
        """Invalid arguments raise, and nothing is sent."""
        api = Scripted(replied(200))

        async def main() -> None:
            client = scripted(api)
            assert await error_of(client.update_call_bxml(CALL_ID, "<Response><Foo/></Response>")) is InvalidDocument
            assert await error_of(client.get_call_state("../x")) is InvalidRequest
            assert await error_of(client.create_call(**NEW_CALL | {"to": "x"})) is InvalidRequest
            with pytest.raises(InvalidRequest):
                client.list_calls(page_size=0)

        run(main)
        assert api.requests == []

    def test_virtual_time_reaches_the_deadline(self) -> None:
        """A wait ends at its timeout even if a custom ``pause`` takes no real time."""
        pauses: list[float] = []

        async def send(_: Request) -> Reply:
            return replied(200, {"callId": CALL_ID, "state": "queued"})

        async def pause(seconds: float) -> None:
            pauses.append(seconds)

        client = AsyncClient(ACCOUNT, BASIC, send=send, pause=pause)
        with pytest.raises(NotAnswered):
            run(lambda: client.wait_until_answered(CALL_ID, timeout=3600))
        assert sum(pauses) == pytest.approx(3600, abs=5)

    def test_client_from_the_environment(self) -> None:
        """``AsyncClient.from_env`` reads the same variables as ``Client.from_env``."""
        environ = {"BW_ACCOUNT_ID": ACCOUNT, "BW_USERNAME": "user", "BW_PASSWORD": "pass", "BW_VOICE_URL": HOST}
        client = AsyncClient.from_env(environ)
        assert (client.account_id, client.auth, client.base_url) == (ACCOUNT, BASIC, f"{HOST}/api/v2")
        assert client.retries == Client.from_env(environ).retries
        assert repr(client) == f"Async{Client.from_env(environ)!r}"
        assert str(client.limiter_state) == "not limited"

    def test_closing_a_client_with_its_own_send(self) -> None:
        """A client with a custom ``send`` has no connections, but can be closed."""
        run(scripted(Scripted(replied(200))).close)


async def error_of(work: Awaitable[object]) -> type[BaseException]:
    """Await ``work``, and return the class of the error that it raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  the caller compares the class
        await work
    return caught.type


def page(*ids: str, token: str = "") -> Reply:
    """Return a response with a page of calls and a link to the next page."""
    link = {"Link": f'<{CALLS}?pageToken={token}>; rel="next"'} if token else {}
    return replied(200, [{"callId": each} for each in ids], **link)


class TestListCalls:
    """Each page of a list of calls is requested when the iteration needs it, including the first page."""

    def test_all_calls_are_returned_in_order(self) -> None:
        """All calls are returned in order, and the list has the current page, its response and the token of the next page."""
        replies = page("c-1", "c-2", token="t"), page(token="u"), page("c-3")
        api = Scripted(*replies)

        async def main() -> None:
            calls = scripted(api).list_calls()
            assert (api.requests, calls.page, calls.reply, calls.next_page_token) == ([], (), None, None)
            assert repr(calls) == "AsyncCallList(not started)"
            assert (await anext(calls)).call_id == "c-1"
            assert ([call.call_id for call in calls.page], calls.reply, calls.next_page_token) == (
                ["c-1", "c-2"],
                replies[0],
                "t",
            )
            assert repr(calls).endswith(", next_page_token='t')")
            assert [call.call_id async for call in calls] == ["c-2", "c-3"]
            assert [call async for call in calls] == []

        run(main)
        assert len(api.requests) == 3

    def test_pages_yields_the_remaining_calls(self) -> None:
        """Calls that were already returned are not repeated, and empty pages are skipped."""

        async def main() -> None:
            calls = scripted(Scripted(page("c-1", "c-2", token="t"), page(token="u"), page("c-3"))).list_calls()
            await anext(calls)
            assert [[call.call_id for call in each] async for each in calls.pages()] == [["c-2"], ["c-3"]]

        run(main)

    def test_iteration_continues_after_an_error(self) -> None:
        """After an error, the iteration continues, and no call is lost or returned twice."""
        failure = TransportError("no response")

        async def main() -> None:
            calls = scripted(Scripted(failure, page("c-1", token="t"), failure, page("c-2"))).list_calls()
            assert await error_of(anext(calls)) is TransportError
            assert (await anext(calls)).call_id == "c-1"
            assert await error_of(anext(calls)) is TransportError
            assert (await anext(calls)).call_id == "c-2"

        run(main)

    def test_list_is_resumed_with_a_token(self) -> None:
        """If a list is created with a page token, the token is sent."""
        api = Scripted(page("c-3"))

        async def main() -> None:
            assert [call.call_id async for call in scripted(api).list_calls(page_token="t")] == ["c-3"]

        run(main)
        assert api.requests[0].url == f"{CALLS}?pageToken=t"

    def test_repeated_page_raises(self) -> None:
        """``RepeatedPage`` is raised for a link to a page that was already read."""

        async def main() -> None:
            calls = scripted(Scripted(page("c-1", token="t"), page("c-2", token="t"))).list_calls()
            assert await error_of(_collect(calls)) is RepeatedPage

        run(main)


async def _collect(calls: AsyncCallList) -> list[object]:
    return [call async for call in calls]


FAILURES: Final = {
    "404": replied(404, {"description": "Call not found"}),
    "409": replied(409, {"description": "Call is not active"}),
    "429": replied(429, {"description": "Slow down"}, Retry_After="2"),
    "500": replied(500),
    "HTML": replied(200, b"<html>"),
    "no response": TransportError("voice.example did not respond within 10 s"),
}

OPERATIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "create_call": lambda client: client.create_call(**NEW_CALL),
    "get_call_state": lambda client: client.get_call_state(CALL_ID),
    "list_calls": lambda client: client.list_calls(),
    "update_call_bxml": lambda client: client.update_call_bxml(CALL_ID, HEARD),
    "hang_up": lambda client: client.hang_up(CALL_ID),
    "redirect": lambda client: client.redirect(CALL_ID, "https://app.example/next"),
    "update_conference_bxml": lambda client: client.update_conference_bxml("conf-1", HEARD),
    "interrupt_many": lambda client: client.interrupt_many(["c-1", "c-2"], HEARD, workers=1),
}


class TestSameAsClient:
    """Both clients have the same methods, results and errors."""

    @pytest.mark.parametrize("operation", OPERATIONS)
    @pytest.mark.parametrize("failure", FAILURES.values(), ids=list(FAILURES))
    def test_results_and_errors_are_equal(self, operation: str, failure: Reply | Exception) -> None:
        """Both clients send equal requests, and return equal results or raise equal errors."""
        seen: list[tuple[str, list[Request]]] = []
        for client in (Client, BlockingAsyncClient):
            api = Scripted(failure)
            kind: Any = client
            with kind(ACCOUNT, BASIC, base_url=HOST, retries=NO_RETRIES, send=api) as made:
                try:
                    result = str(OPERATIONS[operation](made))
                except CallControlError as error:
                    result = f"{type(error).__name__}: {error}"
            seen.append((re.sub(r"\d\d:\d\d[\d.:]*", "", result), api.requests))
        assert seen[0] == seen[1]

    def test_signatures_are_equal(self) -> None:
        """Methods of both clients have the same parameters. Four parameters have different defaults and annotations."""
        differences = {"session", "send", "pause", "call_ids"}
        for name in public(Client):
            mine, theirs = getattr(AsyncClient, name), getattr(Client, name)
            if not callable(theirs):
                assert mine.__doc__ == theirs.__doc__
                continue
            ours, blocking = inspect.signature(mine).parameters, inspect.signature(theirs).parameters
            assert list(ours) == list(blocking)
            assert {each for each in ours if ours[each] != blocking[each]} <= differences, name
            sends_later = {"list_calls", "from_env"}
            assert inspect.iscoroutinefunction(mine) is (name not in sends_later), name
        assert public(Client) == public(AsyncClient)

    def test_docstrings_are_equal(self) -> None:
        """Only the docstrings of ``list_calls`` and of the bulk operations differ between the two clients."""
        differ = {name for name in public(Client) if getattr(Client, name).__doc__ != getattr(AsyncClient, name).__doc__}
        assert differ == {"list_calls", "interrupt_many", "redirect_many", "hang_up_many"}
        assert [public(CallList) - public(AsyncCallList), public(AsyncCallList) - public(CallList)] == [set(), set()]

    def test_source_is_up_to_date(self) -> None:
        """``async_client.py`` equals the source that is generated from ``client.py``."""
        written = generate_async_client.async_source(generate_async_client.SOURCE.read_text(encoding="utf-8"))
        assert generate_async_client.TARGET.read_text(encoding="utf-8") == written

    def test_changed_client_is_noticed(self) -> None:
        """An error is raised if a text to replace is missing in ``client.py``."""
        with pytest.raises(ValueError, match="no longer contains"):
            generate_async_client.async_source('"""Client."""\n')


def public(cls: type) -> set[str]:
    """Return the names of the public attributes of a class."""
    return {name for name in vars(cls) if not name.startswith("_")}


class TestCancellation:
    """A canceled operation ends at once, and the client can be used again."""

    def test_pause_is_canceled(self, serve: Callable[..., Loopback]) -> None:
        """Cancellation ends the pause before a retry."""
        server = serve(answering(b"", "503 Service Unavailable", Retry_After="30"))

        async def main() -> None:
            async with client_for(server) as client:
                await cancel(client.get_call_state(CALL_ID), lambda: server.heads)

        run(main)
        assert len(server.heads) == 1

    def test_request_is_canceled(self, serve: Callable[..., Loopback]) -> None:
        """The connection of a canceled request is not used again."""
        may_respond = threading.Event()

        def script(connection: socket.socket) -> None:
            if len(server.heads) > 1:
                answering(json.dumps({"callId": CALL_ID}).encode())(connection)
            else:
                may_respond.wait(SOON)

        server = serve(script)

        async def main() -> None:
            async with client_for(server) as client:
                await cancel(client.get_call_state(CALL_ID), lambda: server.heads)
                assert (await client.get_call_state(CALL_ID)).call_id == CALL_ID

        try:
            run(main)
        finally:
            may_respond.set()
        assert len(server.connections) == 2

    def test_wait_for_a_token_is_canceled(self, serve: Callable[..., Loopback]) -> None:
        """A task that waits for a token can be canceled, whether that task or another task sends the token request."""
        tokens = TokenApi(hold=True)
        server = tokens.server = serve(tokens)

        async def main() -> None:
            async with client_for(server, auth=OAuth2("id", "secret")) as client:
                first = asyncio.create_task(client.get_call_state(CALL_ID))
                await until(lambda: server.heads)
                await cancel(client.get_call_state(CALL_ID), lambda: True)
                third = asyncio.create_task(client.get_call_state(CALL_ID))
                await asyncio.sleep(0.01)
                first.cancel()
                tokens.may_respond.set()
                assert (await third).call_id == CALL_ID
                with pytest.raises(asyncio.CancelledError):
                    await first

        run(main)
        assert tokens.count == 2  # one token request of the canceled first task, and one of the third task


async def cancel(work: Any, when: Callable[[], object]) -> None:
    """Cancel work once a condition is true, and check that the work raises ``CancelledError``."""
    task = asyncio.create_task(work)
    await until(when)
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


class TokenApi:
    """A server script for an API with OAuth2 tokens. It counts the token requests, and can delay its responses to them."""

    server: Loopback

    def __init__(self, *, hold: bool = False) -> None:
        self.may_respond = threading.Event()
        self.count = 0
        if not hold:
            self.may_respond.set()

    def __call__(self, connection: socket.socket) -> None:
        if any("oauth2" in head.splitlines()[0] for head in self.server.heads[-1:]):
            self.count += 1
            self.may_respond.wait(SOON)
            answering(b'{"access_token": "t"}')(connection)
        else:
            answering(json.dumps({"callId": CALL_ID}).encode())(connection)


class TestEventLoops:
    """The tasks of an event loop share connections and tokens."""

    def test_many_tasks_send_one_token_request(self, serve: Callable[..., Loopback]) -> None:
        """If many tasks need a token, one task sends the token request and the other tasks wait for its response."""
        tokens = TokenApi(hold=True)
        server = tokens.server = serve(tokens)

        async def main() -> None:
            async with client_for(server, auth=OAuth2("id", "secret")) as client:
                tasks = [asyncio.create_task(client.get_call_state(CALL_ID)) for _ in range(10)]
                await until(lambda: server.heads)
                tokens.may_respond.set()
                assert {state.call_id for state in await asyncio.gather(*tasks)} == {CALL_ID}

        run(main)
        assert tokens.count == 1

    def test_client_works_in_one_event_loop_after_the_other(self, serve: Callable[..., Loopback]) -> None:
        """If a client is used on two event loops in turn, it keeps its token, and opens a connection on each event loop."""
        tokens = TokenApi()
        server = tokens.server = serve(tokens)
        client = AsyncClient(ACCOUNT, OAuth2("id", "secret"), base_url=f"http://{server.host}/api/v2")
        for _ in range(2):
            assert run(lambda: client.get_call_state(CALL_ID)).call_id == CALL_ID
        assert tokens.count == 1
        assert len(server.connections) == 2

    def test_closed_client_opens_a_new_connection(self, serve: Callable[..., Loopback]) -> None:
        """The connections are closed at the end of ``async with``, and a later request opens a new connection."""
        server = serve(answering(json.dumps({"callId": CALL_ID}).encode()))

        async def main() -> None:
            async with client_for(server) as client:
                await client.get_call_state(CALL_ID)
            assert await asyncio.to_thread(server.ended.acquire, timeout=SOON)
            await client.get_call_state(CALL_ID)
            await client.close()

        run(main)
        assert len(server.connections) == 2

    def test_session_of_the_user_is_not_closed(self, serve: Callable[..., Loopback]) -> None:
        """The client sends the header fields of the user's session, and does not close the session."""
        server = serve(answering(json.dumps({"callId": CALL_ID}).encode()))

        async def main() -> None:
            async with aiohttp.ClientSession(headers={"X-Trace": "1"}) as session:
                async with client_for(server, session=session) as client:
                    await client.get_call_state(CALL_ID)
                assert not session.closed

        run(main)
        assert server.header("X-Trace") == ["1"]

    def test_timeout_is_that_of_the_client(self, serve: Callable[..., Loopback]) -> None:
        """The error for a request without a response names the timeout of the client."""
        server = serve(wait)

        async def main() -> None:
            async with client_for(server, timeout=0.1, retries=Retries(attempts=1)) as client:
                with pytest.raises(TransportError, match=r"did not respond within 0\.1 s"):
                    await client.get_call_state(CALL_ID)

        run(main)
