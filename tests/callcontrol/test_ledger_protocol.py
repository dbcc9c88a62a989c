"""Every ledger follows the protocol: the file, and the database in SQLite and in PostgreSQL."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from callcontrol import BasicAuth, Client, SqlLedger, Tally
from callcontrol.emulator import Core
from callcontrol.file_ledger import FileLedger
from callcontrol.ledger import OUTCOME_KINDS, Ledger, LedgerKey, LedgerState, OpenLedger, Outcome, OutcomeKind
from tests.callcontrol.emulator.document_application import MENU, answering
from tests.callcontrol.ledger_files import KEY

TIME: Final = datetime(2025, 1, 2, 3, 4, 5, 678_000, UTC)
STRINGS: Final = st.text(st.characters(exclude_categories=()))
"""Any string, including NUL and lone surrogates."""

NewLedger = Callable[[], tuple[Ledger, LedgerKey]]
"""Function that returns a ledger without entries, and its key."""

_numbers: Final = itertools.count()


def outcome(
    call_id: str = "c-1", kind: OutcomeKind = "delivered", status: int | None = 204, detail: str | None = None
) -> Outcome:
    return Outcome(call_id, kind, status, detail, TIME)


@pytest.fixture(params=["file", "sqlite", "postgresql"])
def new_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewLedger]:
    """Return a function that returns a new ledger each time."""
    if request.param == "file":
        yield lambda: (FileLedger(tmp_path / f"{next(_numbers)}.jsonl"), KEY)
        return
    url = f"sqlite:///{tmp_path}/l.db" if request.param == "sqlite" else request.getfixturevalue("postgresql").new_database()
    with SqlLedger(url) as ledger:
        yield lambda: (ledger, replace(KEY, document=f"{next(_numbers):016x}"))


@pytest.fixture
def opened(new_ledger: NewLedger) -> Iterator[OpenLedger]:
    ledger, key = new_ledger()
    with ledger.open(key) as open_ledger:
        yield open_ledger


def test_claim_and_finish(opened: OpenLedger) -> None:
    """At first, a call has no state. After a claim, it is in progress. Then it has its outcome."""
    assert opened.states() == {}
    assert opened.claim("c-1") is None
    assert opened.states() == {"c-1": "in progress"}
    assert opened.claim("c-1") == "in progress"
    assert opened.claim("c-1", repeat_unknown=True) == "in progress"
    opened.finish(outcome())
    assert opened.states() == {"c-1": "delivered"}


@pytest.mark.parametrize(
    ("kind", "plain", "repeated"),
    [
        ("delivered", "delivered", "delivered"),
        ("gone", "gone", "gone"),
        ("refused", None, None),
        ("unknown", "unknown", None),
    ],
)
def test_state_decides_on_a_claim(
    new_ledger: NewLedger, kind: OutcomeKind, plain: LedgerState | None, repeated: LedgerState | None
) -> None:
    """A refused call can be claimed again. An unknown call can be claimed again only with ``repeat_unknown``."""
    ledger, key = new_ledger()
    with ledger.open(key) as opened:
        for call_id in ("c-1", "c-2"):
            opened.claim(call_id)
            opened.finish(outcome(call_id, kind))
        assert opened.claim("c-1") == plain
        assert opened.claim("c-2", repeat_unknown=True) == repeated


def test_claim_without_an_outcome_is_in_doubt(new_ledger: NewLedger) -> None:
    """If a run ends before a claimed call has an outcome, the next run does not interrupt this call."""
    ledger, key = new_ledger()
    with ledger.open(key) as opened:
        opened.claim("c-1")
    with ledger.open(key) as opened:
        assert opened.states() == {"c-1": "in doubt"}
        assert opened.claim("c-1") == "in doubt"
        assert opened.claim("c-1", repeat_unknown=True) is None
        opened.finish(outcome(kind="refused"))
        assert opened.states() == {"c-1": "in doubt"}


def test_states_of_some_calls(opened: OpenLedger) -> None:
    """``states`` returns the states of the given calls, even of many calls."""
    for number in range(3):
        opened.claim(f"c-{number}")
        opened.finish(outcome(f"c-{number}", "gone"))
    assert opened.states(["c-1", "c-7"]) == {"c-1": "gone"}
    assert opened.states([]) == {}
    assert len(opened.states([f"c-{number}" for number in range(1_700)])) == 3
    assert len(opened.states()) == 3


@given(st.lists(st.tuples(STRINGS, st.sampled_from(OUTCOME_KINDS), st.none() | st.integers(100, 599), st.none() | STRINGS)))
@example([("\0\\u0000\ud800", "refused", None, "\0\\\udfff")])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_string_can_be_recorded(new_ledger: NewLedger, rows: list[tuple[str, OutcomeKind, int | None, str | None]]) -> None:
    """The next run reads every state, whatever strings the ids and details contain."""
    ledger, key = new_ledger()
    with ledger.open(key) as opened:
        for row in rows:
            opened.claim(row[0])
            opened.finish(outcome(*row))
    with ledger.open(key) as opened:
        assert opened.states().keys() == {row[0] for row in rows}
        assert opened.states([row[0] for row in rows]) == opened.states()


Step = tuple[str, str, bool, OutcomeKind]
"""A step of a generated sequence: the action, the id of the call, ``repeat_unknown``, and the outcome of a finished call."""

STEPS: Final = st.tuples(
    st.sampled_from(["claim", "claim", "finish", "reopen"]),
    st.sampled_from("ab"),
    st.booleans(),
    st.sampled_from(OUTCOME_KINDS),
)


@given(st.lists(STEPS, max_size=25))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_claims_and_outcomes(new_ledger: NewLedger, steps: list[Step]) -> None:
    """In any sequence, the strongest result of a call is its state. The state decides if the next claim succeeds."""
    order = ["refused", "in doubt", "unknown", "gone", "delivered"]
    results: dict[str, list[str]] = {"a": [], "b": []}
    claimed = set[str]()

    def expected(call_id: str) -> str | None:
        return "in progress" if call_id in claimed else max(results[call_id], key=order.index, default=None)

    ledger, key = new_ledger()
    opened = ledger.open(key)
    try:
        for action, call_id, repeat_unknown, kind in steps:
            if action == "claim":
                before = expected(call_id)
                allowed = before in {None, "refused"} or (repeat_unknown and before in {"unknown", "in doubt"})
                assert opened.claim(call_id, repeat_unknown=repeat_unknown) == (None if allowed else before)
                if allowed:
                    claimed.add(call_id)
            elif action == "finish" and call_id in claimed:
                opened.finish(outcome(call_id, kind))
                claimed.remove(call_id)
                results[call_id].append(kind)
            elif action == "reopen":
                opened.__exit__(None, None, None)
                for lost in claimed:
                    results[lost].append("in doubt")
                claimed.clear()
                opened = ledger.open(key)
            assert dict(opened.states()) == {name: state for name in "ab" if (state := expected(name))}
    finally:
        opened.__exit__(None, None, None)


def test_several_threads_claim_each_call_once(opened: OpenLedger) -> None:
    """If several threads claim the same calls, each call is claimed once."""
    together = threading.Barrier(4)

    def claim_all(_: int) -> list[str]:
        together.wait(30)
        return [call_id for call_id in map(str, range(50)) if opened.claim(call_id) is None]

    with ThreadPoolExecutor(4) as threads:
        claimed = [call_id for part in threads.map(claim_all, range(4)) for call_id in part]
    assert sorted(claimed) == sorted(map(str, range(50)))


def test_run_of_a_client(new_ledger: NewLedger) -> None:
    """``interrupt_many`` works with the ledger, and the next run skips the calls that have the document."""
    ledger, _ = new_ledger()
    core = Core(answering(MENU))
    calls = [core.dial("/answer").call_id for _ in range(3)]
    core.advance(5)
    client = Client("9900123", BasicAuth("user", "password"), send=core.handle, pause=core.advance)

    def run() -> Tally:
        return client.interrupt_many([*calls, "c-7"], "<Bxml><Hangup/></Bxml>", ledger=ledger, workers=1)

    assert run() == Tally(delivered=3, gone=1)
    assert run() == Tally(skipped=4, skipped_gone=1)
