"""Many calls are interrupted: one outcome for each, none lost, and nothing twice that was delivered."""

from __future__ import annotations

import gc
import json
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from callcontrol import (
    ApiError,
    BadRequest,
    BasicAuth,
    CallControlError,
    CallNotActive,
    CallState,
    Client,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    Reply,
    Retries,
    ServerError,
    TooManyRequests,
    TransportError,
    Unauthorized,
    UnreadableReply,
)
from callcontrol.bulk import MOST_WORKERS, Deliver, Pause, Tally, interrupt_many, outcome_of
from callcontrol.iso8601 import in_iso
from callcontrol.ledger import FINAL, Ledger, Outcome
from tests.callcontrol import bulk_server

DOCUMENT: Final = b"<Bxml><Hangup/></Bxml>"
OPERATION: Final = "UpdateCallBxml"
TOKEN: Final = "the token request"
SOON: Final = 10.0
"""Seconds within which what should happen at once has happened, on a machine that is busy."""

AT_ONCE: Final = Retries(first_pause=0)


class Api:
    """Takes the document for any call, unless it is told otherwise."""

    def __init__(self, **otherwise: Exception | int) -> None:
        self._otherwise = {name.replace("_", "-"): value for name, value in otherwise.items()}
        self.asked: list[str] = []

    def __call__(self, call_id: str, _: Pause) -> Reply:
        self.asked.append(call_id)
        answer = self._otherwise.get(call_id, 204)
        if isinstance(answer, Exception):
            raise answer
        return Reply(answer)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Whatever happens, the workers end."""
    before = set(threading.enumerate())
    yield
    end = time.monotonic() + SOON
    while set(threading.enumerate()) - before and time.monotonic() < end:
        time.sleep(0.01)
    assert not set(threading.enumerate()) - before


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def outcomes(path: Path) -> dict[str, str]:
    return {line["call_id"]: line["outcome"] for line in lines(path)}


def not_active(status: int, state: str | None = None, *, known: bool = True) -> CallNotActive:
    return CallNotActive(Reply(status), OPERATION, "c-1", CallState(call_id="c-1", state=state) if known else None)


class TestOutcomes:
    """Each error is one outcome, and certainty is claimed only where there is some."""

    @pytest.mark.parametrize(
        ("error", "word"),
        [
            (not_active(409, "disconnected"), "gone"),
            (not_active(404, "disconnected"), "gone"),
            (not_active(404, known=False), "gone"),
            (not_active(404, None), "gone"),
            (not_active(409, known=False), "refused"),
            (not_active(409, "queued"), "refused"),
            (not_active(409, "initiated"), "refused"),
            (not_active(409, "answered"), "refused"),
            (not_active(404, "answered"), "refused"),
            (not_active(409, "a newer state"), "refused"),
            (NotFound(Reply(404), OPERATION, "c-1"), "gone"),
            (Conflict(Reply(409), OPERATION, "c-1"), "refused"),
            (BadRequest(Reply(400), OPERATION, "c-1"), "refused"),
            (ApiError(Reply(418), OPERATION, "c-1"), "refused"),
            (TooManyRequests(Reply(429), OPERATION, "c-1"), "refused"),
            (ServerError(Reply(503), OPERATION, "c-1"), "refused"),
            (ServerError(Reply(500), OPERATION, "c-1"), "unknown"),
            (ServerError(Reply(502), OPERATION, "c-1"), "unknown"),
            (ServerError(Reply(504), OPERATION, "c-1"), "unknown"),
            (ApiError(Reply(302), OPERATION, "c-1"), "unknown"),
            (ApiError(Reply(600), OPERATION, "c-1"), "unknown"),
            (UnreadableReply(Reply(200), OPERATION, "c-1"), "unknown"),
            (TransportError("it was cut", OPERATION, "c-1"), "unknown"),
            (TransportError("there was no connection", OPERATION, "c-1", sent=False), "refused"),
            (InvalidRequest("it is not an id"), "refused"),
            (CallControlError("something else"), "unknown"),
            (TransportError("it was cut", TOKEN), "refused"),
            (ServerError(Reply(500), TOKEN), "refused"),
            (NotFound(Reply(404), TOKEN), "refused"),
            (UnreadableReply(Reply(200), TOKEN), "refused"),
        ],
        ids=lambda value: str(value) if isinstance(value, str) else f"{type(value).__name__} {value}",
    )
    def test_an_error_is_an_outcome(self, error: CallControlError, word: str, path: Path) -> None:
        """What the API or the network said is in the ledger as the word for it, with the status and the error's own words."""
        assert outcome_of(error) == word
        told: list[Outcome] = []
        tally = interrupt_many(Api(c_1=error), ["c-1", "c-2"], DOCUMENT, ledger=path, workers=1, on_outcome=told.append)
        assert asdict(tally) == asdict(Tally()) | {"delivered": 1} | {word: 1}
        assert [(each.call_id, each.outcome, each.status, each.detail) for each in told] == [
            ("c-1", word, getattr(error, "status", None), str(error)),
            ("c-2", "delivered", 204, None),
        ]
        written = [(line["call_id"], line["outcome"], line["status"], line["detail"], line["time"]) for line in lines(path)]
        assert written == [(each.call_id, each.outcome, each.status, each.detail, in_iso(each.time)) for each in told]

    def test_any_success_is_one(self, path: Path) -> None:
        """Whatever status a success has, it is in the ledger."""
        assert interrupt_many(Api(c_1=200), ["c-1"], DOCUMENT, ledger=path).delivered == 1
        assert lines(path)[0]["status"] == 200

    def test_no_ledger_is_needed(self) -> None:
        """Without a ledger, outcomes are counted and told."""
        told: list[Outcome] = []
        assert interrupt_many(Api(), ["c-1"], DOCUMENT, on_outcome=told.append) == Tally(delivered=1)
        assert [outcome.call_id for outcome in told] == ["c-1"]

    def test_nothing_is_to_be_done(self, path: Path) -> None:
        """No ids are no error."""
        assert interrupt_many(Api(), [], DOCUMENT, ledger=path) == Tally()
        assert path.read_bytes() == b""

    def test_all_ids_count(self) -> None:
        """The total is the number of ids, those included for which nothing was sent."""
        assert Tally(delivered=1, gone=2, refused=3, unknown=4, skipped=5).total == 15

    def test_outcomes_are_told_in_their_order(self, path: Path) -> None:
        """A progress bar hears of one outcome at a time, in the order of the ledger."""
        told: list[str] = []
        inside = threading.Lock()

        def tell(outcome: Outcome) -> None:
            assert inside.acquire(blocking=False)
            time.sleep(0.0001)
            told.append(outcome.call_id)
            inside.release()

        interrupt_many(Api(), bulk_server.ids(500), DOCUMENT, ledger=path, on_outcome=tell)
        assert told == [line["call_id"] for line in lines(path)]
        assert len(told) == 500


class TestArguments:
    """What cannot be is refused before anything is sent."""

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"call_ids": "c-1"}, "call_ids is one text; it takes an iterable of them"),
            ({"call_ids": b"c-1"}, "call_ids is one text; it takes an iterable of them"),
            ({"workers": 0}, "workers=0 is not a whole number from 1 to 64"),
            ({"workers": MOST_WORKERS + 1}, "workers=65 is not a whole number from 1 to 64"),
            ({"workers": True}, "workers=True is not a whole number from 1 to 64"),
            ({"workers": 1.0}, "workers=1.0 is not a whole number from 1 to 64"),
            ({"rate": 0}, "rate=0 is not a number of calls a second from 0.001 to 1000000"),
            ({"rate": -1}, "rate=-1 is not a number of calls a second from 0.001 to 1000000"),
            ({"rate": float("nan")}, "rate=nan is not a number of calls a second from 0.001 to 1000000"),
            ({"rate": float("inf")}, "rate=inf is not a number of calls a second from 0.001 to 1000000"),
            ({"rate": True}, "rate=True is not a number of calls a second from 0.001 to 1000000"),
            ({"rate": "5"}, 'rate="5" is not a number of calls a second from 0.001 to 1000000'),
            ({"ledger": 5}, "ledger=5 is no path"),
        ],
        ids=str,
    )
    def test_an_argument_is_refused(self, arguments: dict[str, Any], message: str) -> None:
        """It is said what is wrong, and nothing was sent."""
        api = Api()
        with pytest.raises(InvalidRequest) as caught:
            interrupt_many(api, **{"call_ids": ["c-1"], "document": DOCUMENT, **arguments})
        assert str(caught.value) == message
        assert api.asked == []

    def test_a_ledger_of_another_document_is_refused(self, path: Path) -> None:
        """What was delivered of another document is not taken for this one, and nothing is sent."""
        interrupt_many(Api(), ["c-1"], DOCUMENT, ledger=path)
        api = Api()
        with pytest.raises(InvalidRequest, match="is of another document"):
            interrupt_many(api, ["c-2"], b"<Bxml/>", ledger=path)
        assert api.asked == []

    def test_a_ledger_in_use_is_refused(self, path: Path) -> None:
        """Two runs with one ledger at once would both interrupt the same calls; afterwards it is free."""
        api = Api()
        with Ledger(path, DOCUMENT), pytest.raises(InvalidRequest, match="is in use"):
            interrupt_many(api, ["c-1"], DOCUMENT, ledger=path)
        assert api.asked == []
        interrupt_many(api, ["c-1"], DOCUMENT, ledger=path)
        interrupt_many(api, ["c-2"], DOCUMENT, ledger=path)
        assert api.asked == ["c-1", "c-2"]

    def test_an_id_is_text(self, path: Path) -> None:
        """Anything else among the ids ends the run; what was begun is in the ledger."""
        with pytest.raises(InvalidRequest, match="call_ids holds 5, which is no text"):
            interrupt_many(Api(), ["c-1", 5], DOCUMENT, ledger=path)  # type: ignore[list-item]
        assert set(outcomes(path)) <= {"c-1"}


class TestIds:
    """Ids are read as they are needed, and each is tried once."""

    def test_an_id_that_stands_twice_is_tried_once(self, path: Path) -> None:
        """The second is skipped, whatever became of the first."""
        api = Api(c_2=TransportError("it was cut", OPERATION, "c-2"))
        tally = interrupt_many(api, ["c-1", "c-2", "c-1", "c-2", "c-2"], DOCUMENT, ledger=path)
        assert tally == Tally(delivered=1, unknown=1, skipped=3)
        assert sorted(api.asked) == ["c-1", "c-2"]
        assert tally.total == 5

    def test_ids_are_read_as_they_are_needed(self) -> None:
        """No more ids are read than calls are under way, and as many again and one."""
        read: list[str] = []
        ended = most = 0

        def reading() -> Iterator[str]:
            for call_id in bulk_server.ids(200):
                read.append(call_id)
                yield call_id

        def tell(_: Outcome) -> None:
            nonlocal ended, most
            ended += 1
            most = max(most, len(read) - ended)

        interrupt_many(Api(), reading(), DOCUMENT, workers=4, on_outcome=tell)
        assert len(read) == 200
        assert most <= 2 * 4 + 1

    def test_ids_are_read_by_the_thread_that_asks(self) -> None:
        """An iterator that belongs to a thread, as a cursor of a database does, is used in no other."""
        threads: set[threading.Thread] = set()

        def reading() -> Iterator[str]:
            for call_id in bulk_server.ids(50):
                threads.add(threading.current_thread())
                yield call_id

        interrupt_many(Api(), reading(), DOCUMENT)
        assert threads == {threading.current_thread()}

    @pytest.mark.parametrize("rate", [None, 1_000_000])
    @pytest.mark.parametrize("workers", [1, 3, MOST_WORKERS])
    def test_no_more_calls_than_workers_are_under_way(self, workers: int, rate: float | None) -> None:
        """As many calls as there are workers are under way at once, and never one more."""
        under_way, most = Counter[str](), 0
        all_there = threading.Barrier(workers)

        def deliver(call_id: str, _: Pause) -> Reply:
            nonlocal most
            under_way[call_id] = 1
            most = max(most, under_way.total())
            all_there.wait(SOON)
            under_way[call_id] = 0
            return Reply(204)

        assert (
            interrupt_many(deliver, bulk_server.ids(3 * workers), DOCUMENT, workers=workers, rate=rate).delivered == 3 * workers
        )
        assert most == workers

    def test_a_rate_is_not_exceeded(self) -> None:
        """However many workers there are, the calls take as long as their number divided by the rate."""
        begun: list[float] = []

        def deliver(_: str, __: Pause) -> Reply:
            begun.append(time.monotonic())
            return Reply(204)

        interrupt_many(deliver, bulk_server.ids(30), DOCUMENT, workers=8, rate=100)
        assert begun[-1] - begun[0] >= 29 / 100 - 0.01

    def test_what_was_late_is_not_made_up_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """After a call that took long, the next ones are an interval apart like any others."""
        clock = SimpleNamespace(now=0.0)
        monkeypatch.setattr("callcontrol.bulk.time", clock)
        clock.monotonic = lambda: clock.now
        clock.sleep = lambda seconds: setattr(clock, "now", clock.now + seconds)
        begun: list[float] = []

        def deliver(call_id: str, _: Pause) -> Reply:
            begun.append(clock.now)
            clock.now += 5 if len(begun) == 3 else 0.25
            return Reply(204)

        interrupt_many(deliver, bulk_server.ids(6), DOCUMENT, workers=1, rate=2)
        assert begun == pytest.approx([0, 0.5, 1, 6, 6.5, 7])

    def test_calls_that_are_done_are_skipped(self, path: Path) -> None:
        """A new run tries what was refused or unknown, and what it has not come to; not what was delivered or is gone."""
        faults = {
            "c_2": NotFound(Reply(404), OPERATION, "c-2"),
            "c_3": TransportError("it was cut", OPERATION, "c-3"),
            "c_4": BadRequest(Reply(400), OPERATION, "c-4"),
        }
        ids = ["c-1", "c-2", "c-3", "c-4"]
        assert interrupt_many(Api(**faults), ids, DOCUMENT, ledger=path) == Tally(delivered=1, gone=1, refused=1, unknown=1)
        api = Api()
        assert interrupt_many(api, [*ids, "c-5"], DOCUMENT, ledger=path) == Tally(delivered=3, skipped=2)
        assert sorted(api.asked) == ["c-3", "c-4", "c-5"]
        assert [line["outcome"] for line in lines(path) if line["call_id"] == "c-3"] == ["unknown", "delivered"]


def stopped(
    path: Path, deliver: Deliver, expected: type[BaseException], ids: Iterable[str] | None = None, **arguments: Any
) -> BaseException:
    """What ends a run of many calls; they would take hours in all."""
    start = time.monotonic()
    with pytest.raises(expected) as caught:
        interrupt_many(deliver, bulk_server.ids(10_000_000) if ids is None else ids, DOCUMENT, ledger=path, **arguments)
    assert time.monotonic() - start < SOON
    return caught.value


class TestStopping:
    """Whatever ends a run, no call is begun after it, those under way end, and their outcomes are written."""

    @pytest.mark.parametrize("cls", [Unauthorized, Forbidden])
    @pytest.mark.parametrize("rate", [None, 0.001])
    def test_wrong_credentials_end_the_run(self, path: Path, cls: type[ApiError], rate: float | None) -> None:
        """Each further call would fail alike: the one that did is refused, and the error is raised."""
        error = cls(Reply(403 if cls is Forbidden else 401), OPERATION, "c-1")
        api = Api(c_1=error)
        assert stopped(path, api, cls, ids=("c-1" if n == 0 else f"c-{n + 1}" for n in range(10_000_000)), rate=rate) is error
        assert not getattr(error, "__notes__", None)
        assert outcomes(path)["c-1"] == "refused"
        assert Counter(api.asked) == Counter(line["call_id"] for line in lines(path))

    def test_credentials_that_are_wrong_for_all_are_told_once(self, path: Path) -> None:
        """Calls that were under way fail alike, and are refused each; one error is raised, without notes."""
        all_there = threading.Barrier(4)

        def deliver(call_id: str, _: Pause) -> Reply:
            all_there.wait(SOON)
            raise Unauthorized(Reply(401), OPERATION, call_id)

        error = stopped(path, deliver, Unauthorized, workers=4)
        assert not getattr(error, "__notes__", None)
        assert [line["outcome"] for line in lines(path)] == ["refused"] * 4

    def test_an_error_of_the_ids_ends_the_run(self, path: Path) -> None:
        """What the iterator raises is raised when the calls under way have ended."""

        def reading() -> Iterator[str]:
            yield from bulk_server.ids(100)
            raise LookupError("the list ends here")

        api = Api()
        stopped(path, api, LookupError, reading())
        assert Counter(api.asked) == Counter(line["call_id"] for line in lines(path))

    def test_an_error_of_whoever_is_told_ends_the_run(self, path: Path) -> None:
        """It is raised, its outcome is in the ledger like those of the calls under way, and nothing more is told."""
        four, told = threading.Barrier(4), list[Outcome]()

        def deliver(_: str, __: Pause) -> Reply:
            four.wait(SOON)
            return Reply(204)

        def tell(outcome: Outcome) -> None:
            told.append(outcome)
            raise LookupError("no more")

        stopped(path, deliver, LookupError, bulk_server.ids(4), workers=4, on_outcome=tell)
        assert len(told) == 1
        assert outcomes(path) == dict.fromkeys(bulk_server.ids(4), "delivered")

    @pytest.mark.parametrize("error", [LookupError("a defect"), SystemExit(1)], ids=["Exception", "BaseException"])
    def test_a_defect_ends_the_run(self, path: Path, error: BaseException) -> None:
        """An error that nobody has foreseen is raised, and its call may have got the document."""

        def deliver(_: str, __: Pause) -> Reply:
            raise error

        assert stopped(path, deliver, type(error), workers=1) is error
        assert [(line["outcome"], line["detail"]) for line in lines(path)] == [
            ("unknown", f"an error of type {type(error).__name__}")
        ]

    def test_a_thread_that_cannot_be_had_ends_the_run(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the system has no more threads, those that it had end."""
        start = threading.Thread.start
        started: list[threading.Thread] = []

        def limited(thread: threading.Thread) -> None:
            started.append(thread)
            if len(started) > 3:
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", limited)
        stopped(path, Api(), RuntimeError)
        assert len(started) == 4

    def test_a_ledger_that_is_full_ends_the_run(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing is claimed of a call whose outcome cannot be written: the error names it, and each that was under way."""
        told: list[str] = []
        written: list[str] = []
        asked, others = set(bulk_server.ids(4)), list[str]()
        four = threading.Barrier(4)
        write = Ledger._append

        def limited(ledger: Ledger, line: bytes) -> None:
            if len(written) == 2:
                raise OSError(28, "No space left on device")
            written.append(json.loads(line)["call_id"])
            write(ledger, line)

        def deliver(call_id: str, _: Pause) -> Reply:
            if call_id in asked:
                four.wait(SOON)
            else:
                others.append(call_id)
            return Reply(204)

        monkeypatch.setattr(Ledger, "_append", limited)
        error = stopped(path, deliver, CallControlError, workers=4, on_outcome=lambda outcome: told.append(outcome.call_id))
        sentences = [str(error), *error.__notes__]
        asked |= set(others)
        assert all("cannot be written: No space left on device" in sentence for sentence in sentences)
        assert {call_id for call_id in asked for sentence in sentences if call_id in sentence} == asked - set(written)
        assert len(sentences) == len(asked) - 2 >= 2
        assert set(told) == set(written) == set(outcomes(path))

    def test_a_pause_ends_with_the_run(self, path: Path) -> None:
        """A call that waits for another attempt when the run ends is given up at once, and unknown."""
        paused = threading.Event()

        def deliver(call_id: str, pause: Pause) -> Reply:
            if call_id == "c-1":
                paused.set()
                pause(3600)
            paused.wait(SOON)
            raise Unauthorized(Reply(401), OPERATION, call_id)

        stopped(path, deliver, Unauthorized, ["c-1", "c-2"], workers=2)
        (given_up,) = (line for line in lines(path) if line["call_id"] == "c-1")
        assert (given_up["outcome"], given_up["status"]) == ("unknown", None)
        assert given_up["detail"] == "it was given up between two attempts"

    def test_a_pause_is_one(self) -> None:
        """Unless the run ends, a pause lasts as long as it should, and the next attempt follows."""

        def deliver(_: str, pause: Pause) -> Reply:
            start = time.monotonic()
            pause(0.05)
            assert time.monotonic() - start >= 0.05
            return Reply(204)

        assert interrupt_many(deliver, ["c-1"], DOCUMENT) == Tally(delivered=1)


def press(pressed: Callable[[], bool], released: threading.Event, times: int) -> threading.Thread:
    """Press Ctrl-C so many times once it is time to, and then have the calls under way go on."""

    def run() -> None:
        main = threading.main_thread().ident
        assert main is not None
        end = time.monotonic() + SOON
        while not pressed() and time.monotonic() < end:
            time.sleep(0.001)
        for _ in range(times):
            signal.pthread_kill(main, signal.SIGINT)
            time.sleep(0.1)
        released.set()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="the system has no signals for threads")
class TestCtrlC:
    """Ctrl-C ends a run and loses nothing, wherever it is and however often it is pressed."""

    @pytest.mark.parametrize("times", [1, 3])
    def test_calls_under_way_end(self, path: Path, times: int) -> None:
        """No call is begun, those under way are recorded, and only then the interruption goes on."""
        api, released = Api(), threading.Event()

        def deliver(call_id: str, pause: Pause) -> Reply:
            reply = api(call_id, pause)
            released.wait(SOON)
            return reply

        pressing = press(lambda: len(api.asked) == 8, released, times)
        stopped(path, deliver, KeyboardInterrupt, workers=8)
        assert released.is_set()
        pressing.join()
        assert len(api.asked) == 8
        assert outcomes(path) == dict.fromkeys(api.asked, "delivered")

    def test_ids_that_are_waited_for_are_not_waited_for(self, path: Path) -> None:
        """Where the next id takes long, as from a terminal, the wait ends at once."""

        def reading() -> Iterator[str]:
            yield "c-1"
            while True:
                time.sleep(0.01)

        pressing = press(lambda: path.exists() and path.stat().st_size > 0, threading.Event(), 1)
        stopped(path, Api(), KeyboardInterrupt, reading())
        pressing.join()
        assert outcomes(path) == {"c-1": "delivered"}

    def test_a_turn_is_not_waited_for(self, path: Path) -> None:
        """Where the rate has the next call wait, the wait ends at once."""
        api = Api()
        pressing = press(lambda: bool(api.asked), threading.Event(), 1)
        stopped(path, api, KeyboardInterrupt, rate=0.001)
        pressing.join()
        assert len(api.asked) == 1

    def test_pauses_end(self, path: Path) -> None:
        """Where calls wait for another attempt, they are given up at once, and unknown."""
        paused: list[str] = []

        def deliver(call_id: str, pause: Pause) -> Reply:
            paused.append(call_id)
            pause(3600)
            raise AssertionError("it was not given up")

        pressing = press(lambda: len(paused) == 16, threading.Event(), 1)
        stopped(path, deliver, KeyboardInterrupt)
        pressing.join()
        assert outcomes(path) == dict.fromkeys(paused, "unknown")

    PROGRAM: Final = """
import sys
from callcontrol import BasicAuth, Client
from callcontrol.bulk import interrupt_many
from tests.callcontrol import bulk_server

url, ledger = sys.argv[1:]
document = b"<Bxml><Hangup/></Bxml>"
with Client("1", BasicAuth("user", "pass"), base_url=url) as client:
    deliver = lambda call_id, _: client.update_call_bxml(call_id, document)
    ids = (f"c-{n}0-5550100" for n in range(3000))  # with none of them anything goes wrong
    try:
        print(interrupt_many(deliver, ids, document, ledger=ledger))
    except KeyboardInterrupt:
        print("interrupted")
"""

    def test_a_process_goes_on_where_it_was_interrupted(self, path: Path) -> None:
        """A process that Ctrl-C has ended has told of each request that was answered, and no call is interrupted twice."""
        with bulk_server.serving(0.005) as server:
            command = [sys.executable, "-c", self.PROGRAM, server.url, str(path)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
                end = time.monotonic() + 3 * SOON
                while server.delivered.total() < 300 and time.monotonic() < end:
                    time.sleep(0.01)
                process.send_signal(signal.SIGINT)
                assert process.communicate(timeout=SOON)[0] == "interrupted\n"
            begun = server.delivered.total()
            assert 300 <= begun < 3000
            assert outcomes(path) == dict.fromkeys(server.delivered, "delivered")
            again = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
            tally = Tally(delivered=3000 - begun, skipped=begun)
            assert again.stdout == f"{tally}\n"
            assert len(lines(path)) == len(outcomes(path)) == 3000
            assert set(server.delivered.values()) == {1}


class TestManyCalls:
    """Ten thousand calls, of which one in ten fails in its own way."""

    def test_each_of_ten_thousand_has_its_line(self, path: Path) -> None:
        """Each call has the line that its id decides, retries included; a new run repeats none that is done."""
        with (
            bulk_server.serving() as server,
            Client("1", BasicAuth("user", "pass"), base_url=server.url, retries=AT_ONCE) as client,
        ):
            self.has_its_line(path, server, client, 10_000)

    def has_its_line(self, path: Path, server: bulk_server.Crowd, client: Client, number: int) -> None:
        """So many calls are interrupted, and then again."""
        thousands = number // 1000

        def deliver(call_id: str, _: Pause) -> Reply:
            return client.update_call_bxml(call_id, DOCUMENT)

        tally = interrupt_many(deliver, bulk_server.ids(number), DOCUMENT, ledger=path)
        assert tally == Tally(delivered=910 * thousands, gone=30 * thousands, refused=40 * thousands, unknown=20 * thousands)
        written = lines(path)
        assert len(written) == len(outcomes(path)) == number
        wrong = [line for line in written if (line["outcome"], line["status"]) != bulk_server.way(line["call_id"])[2:]]
        assert wrong == []
        assert server.delivered.total() == 910 * thousands
        assert set(server.delivered.values()) <= {0, 1}
        server.attempts.clear()
        again = interrupt_many(deliver, bulk_server.ids(number), DOCUMENT, ledger=path)
        assert again == Tally(refused=40 * thousands, unknown=20 * thousands, skipped=940 * thousands)
        assert set(server.attempts) == {call_id for call_id, word in outcomes(path).items() if word not in FINAL}

    def test_what_was_stopped_in_the_middle_goes_on(self, path: Path) -> None:
        """However often a run is stopped, each call is delivered once, as the server counts it."""
        server = bulk_server.Crowd()

        def deliver(call_id: str, _: Pause) -> Reply:
            going = bulk_server.way(call_id)
            if going.outcome != "delivered":
                raise TransportError("it was cut", OPERATION, call_id)
            server.delivered[call_id] += 1
            return Reply(204)

        def stop_after(number: int) -> Callable[[Outcome], None]:
            left = iter(range(number))

            def tell(_: Outcome) -> None:
                if next(left, None) is None:
                    raise LookupError("stopped")

            return tell

        for _ in range(5):
            with pytest.raises(LookupError, match="stopped"):
                interrupt_many(deliver, bulk_server.ids(2000), DOCUMENT, ledger=path, on_outcome=stop_after(200))
        tally = interrupt_many(deliver, bulk_server.ids(2000), DOCUMENT, ledger=path)
        assert tally.total == 2000
        assert set(server.delivered.values()) == {1}
        assert len(server.delivered) == 1820
        assert sum(line["outcome"] == "delivered" for line in lines(path)) == 1820

    def test_memory_is_flat(self, tmp_path: Path) -> None:
        """But for the ids, ten thousand calls need as much memory as a thousand, to within a few kilobytes."""

        def deliver(call_id: str, _: Pause) -> Reply:
            going = bulk_server.way(call_id)
            if going.outcome != "delivered":
                raise ServerError(Reply(500, body=b"x" * 1000), OPERATION, call_id)
            return Reply(204, body=b"x" * 1000)

        def run(ids: list[str]) -> None:
            interrupt_many(deliver, ids, DOCUMENT, ledger=tmp_path / str(len(ids)))

        def remember(ids: list[str]) -> None:
            seen = set[str]()
            for call_id in ids:
                seen.add(call_id)

        def peak(act: Callable[[list[str]], object], number: int) -> int:
            ids = list(bulk_server.ids(number))
            gc.collect()
            tracemalloc.start()
            try:
                act(ids)
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        run(list(bulk_server.ids(100)))
        few, many = (peak(run, number) - peak(remember, number) for number in (1000, 10_000))
        assert many - few < 64 * 1024  # 7 bytes for each; what is kept of a call, if only its id, is more
