"""Interrupting many calls: each call has one outcome, no outcome is lost, and no call gets the document twice."""

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
from dataclasses import asdict, replace
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
    operation_steps,
    push_to_many_calls,
)
from callcontrol.file_ledger import FileLedger, OpenFileLedger
from callcontrol.iso8601 import in_iso
from callcontrol.ledger import Outcome, digest
from callcontrol.push_outcomes import MOST_WORKERS, BulkSettings, Tally, outcome_of
from callcontrol.push_to_many_calls import Deliver, Pause
from callcontrol.steps_and_drivers import drive
from tests.callcontrol import interruption_server
from tests.callcontrol.ledger_files import DOCUMENT, KEY, attempted, lines, outcomes

OPERATION: Final = "UpdateCallBxml"
TOKEN: Final = "the token request"
SOON: Final = 10.0
"""Seconds within which an immediate event happens, even on a busy machine."""

NO_PAUSE: Final = Retries(first_pause=0, deadline=86_400)
"""Retries without pauses. The deadline is long, because the clock adds up the skipped pauses of all threads."""


class Api:
    """A stand-in for the API that responds with 204, or with the status or error that is given for a call."""

    def __init__(self, **results: Exception | int) -> None:
        self._results = {name.replace("_", "-"): value for name, value in results.items()}
        self.requested: list[str] = []

    def __call__(self, call_id: str, _: Pause) -> Reply:
        self.requested.append(call_id)
        result = self._results.get(call_id, 204)
        if isinstance(result, Exception):
            raise result
        return Reply(result)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@pytest.fixture(autouse=True)
def _all_threads_end() -> Iterator[None]:
    """Check that all workers have ended after each test."""
    before = set(threading.enumerate())
    yield
    end = time.monotonic() + SOON
    while set(threading.enumerate()) - before and time.monotonic() < end:
        time.sleep(0.01)
    assert not set(threading.enumerate()) - before


def interrupt_many(deliver: Deliver, ids: Iterable[str], **settings: Any) -> Tally:
    """Interrupt many calls for the account of :data:`KEY`."""
    return push_to_many_calls.interrupt_many(deliver, ids, KEY, BulkSettings(**settings))


def not_active(status: int, state: str | None = None, *, known: bool = True) -> CallNotActive:
    return CallNotActive(Reply(status), OPERATION, "c-1", CallState(call_id="c-1", state=state) if known else None)


class TestOutcomes:
    """Each error becomes an outcome, which is ``unknown`` if the call may have been interrupted."""

    @pytest.mark.parametrize(
        ("error", "kind"),
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
            (TransportError("connection lost", OPERATION, "c-1"), "unknown"),
            (TransportError("no connection", OPERATION, "c-1", sent=False), "refused"),
            (InvalidRequest("not an id"), "refused"),
            (CallControlError("something else"), "unknown"),
            (TransportError("connection lost", TOKEN), "refused"),
            (ServerError(Reply(500), TOKEN), "refused"),
            (NotFound(Reply(404), TOKEN), "refused"),
            (UnreadableReply(Reply(200), TOKEN), "refused"),
        ],
        ids=lambda value: str(value) if isinstance(value, str) else f"{type(value).__name__} {value}",
    )
    def test_error_has_an_outcome(self, error: CallControlError, kind: str, path: Path) -> None:
        """For each error, the ledger and ``on_outcome`` get the outcome, the status and the message."""
        assert outcome_of(error) == kind
        reported: list[Outcome] = []
        tally = interrupt_many(Api(c_1=error), ["c-1", "c-2"], ledger=path, workers=1, on_outcome=reported.append)
        assert asdict(tally) == asdict(Tally()) | {"delivered": 1} | {kind: 1}
        assert [(each.call_id, each.outcome, each.status, each.detail) for each in reported] == [
            ("c-1", kind, getattr(error, "status", None), str(error)),
            ("c-2", "delivered", 204, None),
        ]
        written = [(line["call_id"], line["outcome"], line["status"], line["detail"], line["time"]) for line in lines(path)]
        assert written == [(each.call_id, each.outcome, each.status, each.detail, in_iso(each.time)) for each in reported]

    def test_every_2xx_status_is_delivered(self, path: Path) -> None:
        """Any 2xx status counts as delivered, and the ledger has the status."""
        assert interrupt_many(Api(c_1=200), ["c-1"], ledger=path).delivered == 1
        assert lines(path)[0]["status"] == 200

    def test_ledger_is_optional(self) -> None:
        """Without a ledger, outcomes are counted and reported."""
        reported: list[Outcome] = []
        assert interrupt_many(Api(), ["c-1"], on_outcome=reported.append) == Tally(delivered=1)
        assert [outcome.call_id for outcome in reported] == ["c-1"]

    def test_no_ids_are_allowed(self, path: Path) -> None:
        """An empty iterable results in a ledger without outcomes."""
        assert interrupt_many(Api(), [], ledger=path) == Tally()
        assert (attempted(path), lines(path)) == ([], [])

    def test_attempt_is_written_before_the_request(self, path: Path) -> None:
        """The ledger has an attempt for the call, and no outcome, before the request is sent."""

        def deliver(call_id: str, _: Pause) -> Reply:
            assert (attempted(path)[-1], outcomes(path).get(call_id)) == (call_id, None)
            return Reply(204)

        assert interrupt_many(deliver, ["c-1", "c-2"], ledger=path, workers=1) == Tally(delivered=2)

    def test_total_includes_skipped_ids(self) -> None:
        """The total counts all ids, including skipped ids."""
        assert Tally(delivered=1, gone=2, refused=3, unknown=4, skipped=5).total == 15

    def test_outcomes_are_reported_one_at_a_time(self, path: Path) -> None:
        """``on_outcome`` is called with one outcome at a time, after the outcome is written to the ledger."""
        reported: list[str] = []
        inside = threading.Lock()

        def report(outcome: Outcome) -> None:
            assert inside.acquire(blocking=False)
            time.sleep(0.0001)
            assert outcomes(path)[outcome.call_id] == outcome.outcome
            reported.append(outcome.call_id)
            inside.release()

        interrupt_many(Api(), interruption_server.ids(100), ledger=path, on_outcome=report)
        assert sorted(reported) == list(interruption_server.ids(100))


class TestArguments:
    """Invalid arguments raise before anything is sent."""

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"ids": "c-1"}, 'call_ids="c-1" is a single id; expected a list or another iterable of strings'),
            ({"ids": b"c-1"}, "call_ids=b'c-1' is a single id; expected a list or another iterable of strings"),
            ({"workers": 0}, "workers=0 is not an integer from 1 to 64"),
            ({"workers": MOST_WORKERS + 1}, "workers=65 is not an integer from 1 to 64"),
            ({"workers": True}, "workers=True is not an integer from 1 to 64"),
            ({"workers": 1.0}, "workers=1.0 is not an integer from 1 to 64"),
            ({"rate": 0}, "rate=0 is not a number of calls per second from 0.001 to 1000000"),
            ({"rate": -1}, "rate=-1 is not a number of calls per second from 0.001 to 1000000"),
            ({"rate": float("nan")}, "rate=nan is not a number of calls per second from 0.001 to 1000000"),
            ({"rate": float("inf")}, "rate=inf is not a number of calls per second from 0.001 to 1000000"),
            ({"rate": True}, "rate=True is not a number of calls per second from 0.001 to 1000000"),
            ({"rate": "5"}, 'rate="5" is not a number of calls per second from 0.001 to 1000000'),
            ({"ledger": 5}, "ledger=5 is neither a path nor a ledger; expected a string, os.PathLike or a ledger"),
        ],
        ids=str,
    )
    def test_invalid_argument_is_rejected(self, arguments: dict[str, Any], message: str) -> None:
        """The message says what is expected, and nothing is sent."""
        api = Api()
        with pytest.raises(InvalidRequest) as caught:
            interrupt_many(api, **{"ids": ["c-1"], **arguments})
        assert str(caught.value) == message
        assert api.requested == []

    def test_ledger_of_another_document_is_rejected(self, path: Path) -> None:
        """A ledger of another document is rejected, and nothing is sent."""
        interrupt_many(Api(), ["c-1"], ledger=path)
        api, other = Api(), replace(KEY, document=digest(b"<Bxml/>"))
        with pytest.raises(InvalidRequest, match="belongs to another document"):
            push_to_many_calls.interrupt_many(api, ["c-2"], other, BulkSettings(ledger=path))
        assert api.requested == []

    def test_ledger_in_use_is_rejected(self, path: Path) -> None:
        """A ledger cannot be used before the previous run ends, because two runs would interrupt the same calls."""
        api = Api()
        with FileLedger(path).open(KEY), pytest.raises(InvalidRequest, match="is in use"):
            interrupt_many(api, ["c-1"], ledger=path)
        assert api.requested == []
        interrupt_many(api, ["c-1"], ledger=path)
        interrupt_many(api, ["c-2"], ledger=path)
        assert api.requested == ["c-1", "c-2"]

    def test_id_that_is_not_a_string_ends_the_run(self, path: Path) -> None:
        """If an id is not a string, the run ends, and the ledger has only calls before that id."""
        with pytest.raises(InvalidRequest, match="call_ids contains 5; expected strings"):
            interrupt_many(Api(), ["c-1", 5], ledger=path)  # type: ignore[list-item]
        assert set(outcomes(path)) <= {"c-1"}


class TestIds:
    """Ids are read when they are needed, and each call is interrupted once."""

    def test_duplicate_id_is_skipped(self, path: Path) -> None:
        """A duplicate id is skipped, whatever outcome the first occurrence of the id had."""
        api = Api(c_2=TransportError("connection lost", OPERATION, "c-2"))
        tally = interrupt_many(api, ["c-1", "c-2", "c-1", "c-2", "c-2"], ledger=path)
        assert tally == Tally(delivered=1, unknown=1, skipped=3)
        assert sorted(api.requested) == ["c-1", "c-2"]
        assert tally.total == 5

    def test_ids_are_read_when_they_are_needed(self) -> None:
        """The number of ids that are read in advance is at most twice the number of workers, plus one."""
        read: list[str] = []
        ended = most = 0

        def reading() -> Iterator[str]:
            for call_id in interruption_server.ids(200):
                read.append(call_id)
                yield call_id

        def report(_: Outcome) -> None:
            nonlocal ended, most
            ended += 1
            most = max(most, len(read) - ended)

        interrupt_many(Api(), reading(), workers=4, on_outcome=report)
        assert len(read) == 200
        assert most <= 2 * 4 + 1

    def test_ids_are_read_in_the_calling_thread(self) -> None:
        """Ids are read in the thread that starts the run, because some iterators, such as database cursors, need one thread."""
        threads: set[threading.Thread] = set()

        def reading() -> Iterator[str]:
            for call_id in interruption_server.ids(50):
                threads.add(threading.current_thread())
                yield call_id

        interrupt_many(Api(), reading())
        assert threads == {threading.current_thread()}

    @pytest.mark.parametrize("rate", [None, 1_000_000])
    @pytest.mark.parametrize("workers", [1, 3, MOST_WORKERS])
    def test_workers_limit_the_calls_in_progress(self, workers: int, rate: float | None) -> None:
        """The number of calls in progress reaches the number of workers and never exceeds it."""
        in_progress, most = Counter[str](), 0
        all_started = threading.Barrier(workers)

        def deliver(call_id: str, _: Pause) -> Reply:
            nonlocal most
            in_progress[call_id] = 1
            most = max(most, in_progress.total())
            all_started.wait(SOON)
            in_progress[call_id] = 0
            return Reply(204)

        assert (
            interrupt_many(deliver, interruption_server.ids(3 * workers), workers=workers, rate=rate).delivered == 3 * workers
        )
        assert most == workers

    def test_rate_is_not_exceeded(self) -> None:
        """Eight workers together begin no more than 100 calls per second at a rate of 100."""
        starts: list[float] = []

        def deliver(_: str, __: Pause) -> Reply:
            starts.append(time.monotonic())
            return Reply(204)

        interrupt_many(deliver, interruption_server.ids(30), workers=8, rate=100)
        assert starts[-1] - starts[0] >= 29 / 100 - 0.01

    def test_delay_is_not_made_up_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """If one call is slow, the next calls are not begun faster. They are still one interval apart."""
        clock = SimpleNamespace(now=0.0)
        monkeypatch.setattr("callcontrol.push_to_many_calls.time", clock)
        clock.monotonic = lambda: clock.now
        clock.sleep = lambda seconds: setattr(clock, "now", clock.now + seconds)
        starts: list[float] = []

        def deliver(call_id: str, _: Pause) -> Reply:
            starts.append(clock.now)
            clock.now += 5 if len(starts) == 3 else 0.25
            return Reply(204)

        interrupt_many(deliver, interruption_server.ids(6), workers=1, rate=2)
        assert starts == pytest.approx([0, 0.5, 1, 6, 6.5, 7])

    def test_next_run_skips_final_outcomes(self, path: Path) -> None:
        """A new run tries refused and new calls. It tries unknown calls only with ``repeat_unknown``."""
        faults = {
            "c_2": NotFound(Reply(404), OPERATION, "c-2"),
            "c_3": TransportError("connection lost", OPERATION, "c-3"),
            "c_4": BadRequest(Reply(400), OPERATION, "c-4"),
        }
        ids = ["c-1", "c-2", "c-3", "c-4"]
        assert interrupt_many(Api(**faults), ids, ledger=path) == Tally(delivered=1, gone=1, refused=1, unknown=1)
        api = Api()
        tally = Tally(delivered=2, skipped=3, skipped_gone=1, skipped_unknown=1)
        assert interrupt_many(api, [*ids, "c-5"], ledger=path) == tally
        assert sorted(api.requested) == ["c-4", "c-5"]
        again = interrupt_many(api, ids, ledger=path, repeat_unknown=True)
        assert again == Tally(delivered=1, skipped=3, skipped_gone=1)
        assert api.requested[2:] == ["c-3"]
        assert [line["outcome"] for line in lines(path) if line["call_id"] == "c-3"] == ["unknown", "delivered"]


def stopped(
    path: Path, deliver: Deliver, expected: type[BaseException], ids: Iterable[str] | None = None, **arguments: Any
) -> BaseException:
    """Interrupt many calls, and return the error that ends the run early."""
    start = time.monotonic()
    with pytest.raises(expected) as caught:
        interrupt_many(deliver, interruption_server.ids(100_000) if ids is None else ids, ledger=path, **arguments)
    assert time.monotonic() - start < SOON
    return caught.value


class TestStopping:
    """After an error that ends a run, no further call begins, and calls in progress are completed and have outcomes."""

    @pytest.mark.parametrize("cls", [Unauthorized, Forbidden])
    @pytest.mark.parametrize("rate", [None, 0.001])
    def test_wrong_credentials_end_the_run(self, path: Path, cls: type[ApiError], rate: float | None) -> None:
        """Wrong credentials end the run, because every further call would fail too. The outcome of the call is ``refused``."""
        error = cls(Reply(403 if cls is Forbidden else 401), OPERATION, "c-1")
        api = Api(c_1=error)
        assert stopped(path, api, cls, ids=("c-1" if n == 0 else f"c-{n + 1}" for n in range(100_000)), rate=rate) is error
        assert not getattr(error, "__notes__", None)
        assert outcomes(path)["c-1"] == "refused"
        assert Counter(api.requested) == Counter(line["call_id"] for line in lines(path))

    def test_wrong_credentials_raise_one_error(self, path: Path) -> None:
        """All calls in progress are refused, and one error without notes is raised."""
        all_started = threading.Barrier(4)

        def deliver(call_id: str, _: Pause) -> Reply:
            all_started.wait(SOON)
            raise Unauthorized(Reply(401), OPERATION, call_id)

        error = stopped(path, deliver, Unauthorized, workers=4)
        assert not getattr(error, "__notes__", None)
        assert [line["outcome"] for line in lines(path)] == ["refused"] * 4

    def test_error_of_the_ids_ends_the_run(self, path: Path) -> None:
        """An error of the iterable of ids is raised after the calls in progress have ended."""

        def reading() -> Iterator[str]:
            yield from interruption_server.ids(100)
            raise LookupError("the list ends here")

        api = Api()
        stopped(path, api, LookupError, reading())
        assert Counter(api.requested) == Counter(line["call_id"] for line in lines(path))

    def test_error_of_on_outcome_ends_the_run(self, path: Path) -> None:
        """An error of ``on_outcome`` is raised after all calls in progress have outcomes. No further outcome is reported."""
        four, reported = threading.Barrier(4), list[Outcome]()

        def deliver(_: str, __: Pause) -> Reply:
            four.wait(SOON)
            return Reply(204)

        def report(outcome: Outcome) -> None:
            reported.append(outcome)
            raise LookupError("no more")

        stopped(path, deliver, LookupError, interruption_server.ids(4), workers=4, on_outcome=report)
        assert len(reported) == 1
        assert outcomes(path) == dict.fromkeys(interruption_server.ids(4), "delivered")

    @pytest.mark.parametrize("error", [LookupError("a defect"), SystemExit(1)], ids=["Exception", "BaseException"])
    def test_unexpected_error_ends_the_run(self, path: Path, error: BaseException) -> None:
        """An error of an unexpected class is raised, and the outcome of its call is ``unknown``."""

        def deliver(_: str, __: Pause) -> Reply:
            raise error

        assert stopped(path, deliver, type(error), workers=1) is error
        assert [(line["outcome"], line["detail"]) for line in lines(path)] == [
            ("unknown", f"an error of type {type(error).__name__}")
        ]

    def test_thread_that_cannot_start_ends_the_run(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the system cannot start a thread, the threads that were started end."""
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

    def test_full_disk_ends_the_run(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The error and its notes name every call whose outcome could not be written. No further call is interrupted."""
        reported: list[str] = []
        written: list[str] = []
        first, others = set(interruption_server.ids(4)), list[str]()
        four = threading.Barrier(4)
        write = OpenFileLedger._append

        def limited(ledger: OpenFileLedger, line: bytes) -> None:
            record = json.loads(line)
            if record.get("outcome") == "delivered":
                if len(written) == 2:
                    raise OSError(28, "No space left on device")
                written.append(record["call_id"])
            write(ledger, line)

        def deliver(call_id: str, _: Pause) -> Reply:
            if call_id in first:
                four.wait(SOON)
            else:
                others.append(call_id)
            return Reply(204)

        monkeypatch.setattr(OpenFileLedger, "_append", limited)
        error = stopped(path, deliver, CallControlError, workers=4, on_outcome=lambda outcome: reported.append(outcome.call_id))
        sentences = [str(error), *error.__notes__]
        first |= set(others)
        assert all("cannot be written: No space left on device" in sentence for sentence in sentences)
        lost = [sentence for sentence in sentences if "is lost" in sentence]
        assert {call_id for call_id in first for sentence in lost if call_id in sentence} == first - set(written)
        assert len(lost) == len(first) - 2 >= 2
        assert set(reported) == set(written) == set(outcomes(path))

    def test_end_of_the_run_ends_a_pause(self, path: Path) -> None:
        """If the run ends while a call pauses, and the API has processed no request, the outcome of the call is ``refused``."""
        paused = threading.Event()

        def deliver(call_id: str, pause: Pause) -> Reply:
            if call_id == "c-1":
                paused.set()
                pause(3600)
            paused.wait(SOON)
            raise Unauthorized(Reply(401), OPERATION, call_id)

        stopped(path, deliver, Unauthorized, ["c-1", "c-2"], workers=2)
        (ended,) = (line for line in lines(path) if line["call_id"] == "c-1")
        assert (ended["outcome"], ended["status"]) == ("refused", None)
        assert ended["detail"] == "the run ended before the API accepted the document"

    @pytest.mark.parametrize(
        ("statuses", "kind"),
        [
            ([503], "refused"),
            ([429], "refused"),
            ([500], "unknown"),
            ([500, 503], "unknown"),
            ([429, 409], "refused"),  # the pause is before the request for the state of the call
            ([429, 500, 409], "unknown"),
        ],
    )
    def test_outcome_after_a_pause_depends_on_the_attempts(self, path: Path, statuses: list[int], kind: str) -> None:
        """If the run ends between two attempts, the outcome is ``unknown`` only if an attempt may have been processed."""
        responses, paused = list(statuses), threading.Event()
        account = Client("9900123", BasicAuth("user", "pass"), retries=Retries(first_pause=0))._account

        def deliver(call_id: str, pause: Pause) -> Reply:
            def pause_after_the_last_status(seconds: float) -> None:
                if not responses:
                    paused.set()
                    pause(3600)

            if call_id == "c-2":
                paused.wait(SOON)
                raise Unauthorized(Reply(401), OPERATION, call_id)
            steps = operation_steps.push(account, call_id, DOCUMENT)
            return drive(steps, lambda _: Reply(responses.pop(0)), pause_after_the_last_status)

        stopped(path, deliver, Unauthorized, ["c-1", "c-2"], workers=2)
        assert outcomes(path)["c-1"] == kind

    def test_pause_lasts_its_seconds(self) -> None:
        """Unless the run ends, a pause is as long as requested, and the next attempt follows."""

        def deliver(_: str, pause: Pause) -> Reply:
            start = time.monotonic()
            pause(0.05)
            assert time.monotonic() - start >= 0.05
            return Reply(204)

        assert interrupt_many(deliver, ["c-1"]) == Tally(delivered=1)


def press(pressed: Callable[[], bool], released: threading.Event, times: int) -> threading.Thread:
    """Once a condition is true, press Ctrl-C a number of times, and then let the calls in progress continue."""

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


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="the system cannot send signals to threads")
class TestCtrlC:
    """Ctrl-C ends a run at any point, and no outcome is lost, however often Ctrl-C is pressed."""

    @pytest.fixture(autouse=True)
    def without_garbage_collection(self) -> Iterator[None]:
        """Disable garbage collection during a test.

        Python discards a KeyboardInterrupt in a callback of the garbage collector, and Hypothesis registers such a callback.
        """
        gc.disable()
        yield
        gc.enable()

    @pytest.mark.parametrize("times", [1, 3])
    def test_calls_in_progress_end(self, path: Path, times: int) -> None:
        """After Ctrl-C no further call begins. After the calls in progress have outcomes, ``KeyboardInterrupt`` is raised."""
        api, released = Api(), threading.Event()

        def deliver(call_id: str, pause: Pause) -> Reply:
            reply = api(call_id, pause)
            released.wait(SOON)
            return reply

        pressing = press(lambda: len(api.requested) == 8, released, times)
        stopped(path, deliver, KeyboardInterrupt, workers=8)
        assert released.is_set()
        pressing.join()
        assert len(api.requested) == 8
        assert outcomes(path) == dict.fromkeys(api.requested, "delivered")

    def test_wait_for_an_id_ends(self, path: Path) -> None:
        """Ctrl-C immediately ends the wait for the next id, which may come from a terminal."""

        def reading() -> Iterator[str]:
            yield "c-1"
            while True:
                time.sleep(0.01)

        pressing = press(lambda: path.exists() and b"delivered" in path.read_bytes(), threading.Event(), 1)
        stopped(path, Api(), KeyboardInterrupt, reading())
        pressing.join()
        assert outcomes(path) == {"c-1": "delivered"}

    def test_wait_for_the_rate_ends(self, path: Path) -> None:
        """Ctrl-C immediately ends the wait that the rate requires before the next call."""
        api = Api()
        pressing = press(lambda: bool(api.requested), threading.Event(), 1)
        stopped(path, api, KeyboardInterrupt, rate=0.001)
        pressing.join()
        assert len(api.requested) == 1

    def test_pauses_end(self, path: Path) -> None:
        """If calls pause before their first request, Ctrl-C ends the pauses at once, and the outcomes are ``refused``."""
        paused: list[str] = []

        def deliver(call_id: str, pause: Pause) -> Reply:
            paused.append(call_id)
            pause(3600)
            raise AssertionError("the pause did not end")

        pressing = press(lambda: len(paused) == 16, threading.Event(), 1)
        stopped(path, deliver, KeyboardInterrupt)
        pressing.join()
        assert outcomes(path) == dict.fromkeys(paused, "refused")

    PROGRAM: Final = """
import sys
from callcontrol import BasicAuth, Client

url, ledger = sys.argv[1:]
with Client("1", BasicAuth("user", "pass"), base_url=url) as client:
    ids = (f"c-{n}0-5550100" for n in range(3000))  # the server has no fault for these ids
    try:
        print(client.interrupt_many(ids, "<Bxml><Hangup/></Bxml>", ledger=ledger))
    except KeyboardInterrupt:
        print("interrupted")
"""

    def test_second_process_resumes_the_run(self, path: Path) -> None:
        """After Ctrl-C ends a process, the ledger has each response, and the next process interrupts only the other calls."""
        with interruption_server.serving(0.005) as server:
            command = [sys.executable, "-c", self.PROGRAM, server.url, str(path)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
                end = time.monotonic() + 3 * SOON
                while server.delivered.total() < 300 and time.monotonic() < end:
                    time.sleep(0.01)
                process.send_signal(signal.SIGINT)
                assert process.communicate(timeout=SOON)[0] == "interrupted\n"
            delivered = server.delivered.total()
            assert 300 <= delivered < 3000
            assert outcomes(path) == dict.fromkeys(server.delivered, "delivered")
            again = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
            tally = Tally(delivered=3000 - delivered, skipped=delivered)
            assert again.stdout == f"{tally}\n"
            assert len(lines(path)) == len(outcomes(path)) == 3000
            assert set(server.delivered.values()) == {1}


class TestManyCalls:
    """Runs of thousands of calls. One call in ten fails, in a way that depends on its id."""

    def test_each_of_ten_thousand_calls_has_its_outcome(self, path: Path) -> None:
        """The ledger has the expected outcome of each call. A new run skips the calls that have a final outcome."""
        with (
            interruption_server.serving() as server,
            # With real pauses the limiter would wait for hours, because the server always responds to some calls with 429.
            Client("1", BasicAuth("user", "pass"), base_url=server.url, retries=NO_PAUSE, pause=lambda _: None) as client,
        ):
            self.check_outcomes(path, server, client, 10_000)

    def check_outcomes(self, path: Path, server: interruption_server.Crowd, client: Client, number: int) -> None:
        """Interrupt the same calls in two runs with the same ledger, and check the outcomes."""
        thousands = number // 1000

        def deliver(call_id: str, _: Pause) -> Reply:
            return client.update_call_bxml(call_id, DOCUMENT)

        tally = interrupt_many(deliver, interruption_server.ids(number), ledger=path)
        assert tally == Tally(delivered=910 * thousands, gone=30 * thousands, refused=40 * thousands, unknown=20 * thousands)
        written = lines(path)
        assert len(written) == len(outcomes(path)) == number
        wrong = [line for line in written if (line["outcome"], line["status"]) != interruption_server.way(line["call_id"])[2:]]
        assert wrong == []
        assert server.delivered.total() == 910 * thousands
        assert set(server.delivered.values()) <= {0, 1}
        server.attempts.clear()
        again = interrupt_many(deliver, interruption_server.ids(number), ledger=path)
        assert again == Tally(
            refused=40 * thousands, skipped=960 * thousands, skipped_gone=30 * thousands, skipped_unknown=20 * thousands
        )
        assert set(server.attempts) == {call_id for call_id, kind in outcomes(path).items() if kind == "refused"}

    def test_stopped_run_is_resumed(self, path: Path) -> None:
        """If a run is stopped and resumed several times, no call gets the document twice."""
        server = interruption_server.Crowd()

        def deliver(call_id: str, _: Pause) -> Reply:
            course = interruption_server.way(call_id)
            if course.outcome != "delivered":
                raise TransportError("connection lost", OPERATION, call_id)
            server.delivered[call_id] += 1
            return Reply(204)

        def stop_after(number: int) -> Callable[[Outcome], None]:
            left = iter(range(number))

            def report(_: Outcome) -> None:
                if next(left, None) is None:
                    raise LookupError("stopped")

            return report

        for _ in range(5):
            with pytest.raises(LookupError, match="stopped"):
                interrupt_many(deliver, interruption_server.ids(2000), ledger=path, on_outcome=stop_after(200))
        tally = interrupt_many(deliver, interruption_server.ids(2000), ledger=path)
        assert tally.total == 2000
        assert set(server.delivered.values()) == {1}
        assert len(server.delivered) == 1820
        assert sum(line["outcome"] == "delivered" for line in lines(path)) == 1820

    def test_memory_does_not_grow_with_the_calls(self, tmp_path: Path) -> None:
        """Apart from the ids and the states, ten thousand calls need less than 64 KiB more memory than a thousand calls."""

        def deliver(call_id: str, _: Pause) -> Reply:
            course = interruption_server.way(call_id)
            if course.outcome != "delivered":
                raise ServerError(Reply(500, body=b"x" * 1000), OPERATION, call_id)
            return Reply(204, body=b"x" * 1000)

        def run(ids: list[str]) -> None:
            interrupt_many(deliver, ids, ledger=tmp_path / str(len(ids)))

        def remember(ids: list[str]) -> None:
            seen, states = set[str](), dict[str, str]()
            for call_id in ids:
                seen.add(call_id)
                states[call_id] = "delivered"

        def peak(act: Callable[[list[str]], object], number: int) -> int:
            ids = list(interruption_server.ids(number))
            gc.collect()
            tracemalloc.start()
            try:
                act(ids)
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        run(list(interruption_server.ids(100)))
        few, many = (peak(run, number) - peak(remember, number) for number in (1000, 10_000))
        assert many - few < 64 * 1024  # 7 bytes per call, less than any object that could be kept for a call
