"""Redirecting and ending many calls, with both clients."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callcontrol import BasicAuth, Client, InvalidRequest, NotFound, Outcome, Reply, Request, Tally, Unauthorized
from callcontrol.emulator import Core
from callcontrol.file_ledger import read_ledger
from tests.callcontrol.blocking_async_client import BOTH, ClientType
from tests.callcontrol.emulator.scripted_application import App, response
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL, Scripted, replied

pytestmark = pytest.mark.parametrize("make", BOTH.values(), ids=BOTH)


def client(make: ClientType, send: Any) -> Client:
    return make(ACCOUNT, BasicAuth("user", "pass"), send=send, pause=lambda _: None)


@pytest.fixture
def core() -> Core:
    """An emulator of calls that are answered and then wait."""
    waiting = response('<Pause duration="3600"/>')
    return Core(App(answer=waiting, closing=waiting))


def answered(core: Core, make: ClientType, number: int) -> list[str]:
    """Create calls, and return their ids when they are answered."""
    with client(make, core.handle) as api:
        ids = [api.create_call(**NEW_CALL).call_id for _ in range(number)]
    core.advance(5)
    return ids


def test_calls_are_redirected(make: ClientType, core: Core) -> None:
    """Each call requests the URL, with the method and the tag that were given."""
    ids = answered(core, make, 3)
    with client(make, core.handle) as api:
        tally = api.redirect_many(ids, "https://app.example/closing", redirect_method="GET", tag="closing", workers=2)
    assert tally == Tally(delivered=3)
    bodies = [json.loads(exchange.request.body) for exchange in core.exchanges[-3:]]
    expected = {"state": "active", "redirectUrl": "https://app.example/closing", "redirectMethod": "GET", "tag": "closing"}
    assert bodies == [{name: value for name, value in expected.items() if name in bodies[0]}] * 3
    assert bodies[0].keys() >= {"redirectUrl", "redirectMethod", "tag"}


def test_calls_are_ended(make: ClientType, core: Core) -> None:
    """``delivered`` counts the calls that the run ended. ``gone`` counts the calls that had already ended."""
    ids = answered(core, make, 3)
    core.disconnect(ids[0])
    with client(make, core.handle) as api:
        tally = api.hang_up_many(ids)
    assert tally == Tally(delivered=2, gone=1)
    assert [core.call(call_id).state for call_id in ids] == ["disconnected"] * 3


@pytest.mark.parametrize(
    ("method", "arguments", "attempts"), [("redirect_many", ["https://app.example/"], 1), ("hang_up_many", [], 4)]
)
def test_only_harmless_requests_are_repeated(make: ClientType, method: str, arguments: list[str], attempts: int) -> None:
    """A redirect is not retried if it may have been processed, because the call would run it twice. A hang-up is retried."""
    send = Scripted(replied(500))
    with client(make, send) as api:
        assert getattr(api, method)(["c-1"], *arguments) == Tally(unknown=1)
    assert len(send.requests) == attempts


@pytest.mark.parametrize(("method", "arguments"), [("redirect_many", ["https://app.example/"]), ("hang_up_many", [])])
def test_run_is_resumed(make: ClientType, method: str, arguments: list[str], tmp_path: Path) -> None:
    """The next run with the ledger skips delivered calls. It repeats unknown calls only with ``repeat_unknown``."""
    reported: list[Outcome] = []
    path = tmp_path / "ledger.jsonl"

    def send(request: Request) -> Reply:
        return Reply(500 if "c-2" in request.url and not reported else 200)

    def change(ids: list[str], **settings: Any) -> Tally:
        with client(make, send) as api:
            tally: Tally = getattr(api, method)(ids, *arguments, ledger=path, rate=1000, workers=1, **settings)
            return tally

    assert change(["c-2", "c-1"]) == Tally(delivered=1, unknown=1)
    assert change(["c-1", "c-2"]) == Tally(skipped=2, skipped_unknown=1)
    reported.append(Outcome("", "delivered", None, None, read_ledger(path)[1][0].time))
    assert change(["c-1", "c-2"], repeat_unknown=True, on_outcome=reported.append) == Tally(delivered=1, skipped=1)
    assert [outcome.call_id for outcome in reported[1:]] == ["c-2"]


def test_ledger_of_another_request_is_rejected(make: ClientType, tmp_path: Path) -> None:
    """A ledger is for one URL. A redirect to another URL needs its own ledger, and so does a hang-up."""
    with client(make, lambda _: Reply(200)) as api:
        api.redirect_many(["c-1"], "https://app.example/a", ledger=tmp_path / "ledger")
        with pytest.raises(InvalidRequest, match="belongs to another document"):
            api.redirect_many(["c-2"], "https://app.example/b", ledger=tmp_path / "ledger")
        with pytest.raises(InvalidRequest, match="belongs to another document"):
            api.hang_up_many(["c-2"], ledger=tmp_path / "ledger")


def test_invalid_arguments_are_rejected(make: ClientType) -> None:
    """An invalid URL is reported before anything is sent. Wrong credentials end the run."""
    send = Scripted(replied(401))
    with client(make, send) as api:
        with pytest.raises(InvalidRequest, match="redirect_url"):
            api.redirect_many(["c-1"], "/relative")
        assert not send.requests
        with pytest.raises(Unauthorized):
            api.hang_up_many(["c-1", "c-2"], workers=1)
    with client(make, Scripted(NotFound(replied(404)))) as api:
        assert api.hang_up_many(["c-1"]) == Tally(gone=1)
