"""Interrupting many calls on an event loop. Each call has one outcome, even if the run fails or is canceled."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from callcontrol import (
    ApiError,
    AsyncClient,
    BasicAuth,
    CallControlError,
    CallNotActive,
    Client,
    Forbidden,
    InvalidRequest,
    NotFound,
    Outcome,
    Reply,
    Retries,
    ServerError,
    Tally,
    TransportError,
    Unauthorized,
    async_push_to_many_calls,
)
from callcontrol.adaptive_rate_limiter import RateLimiter
from callcontrol.async_push_to_many_calls import Pause
from callcontrol.file_ledger import FileLedger, OpenFileLedger
from callcontrol.fork_safety import renew_all
from callcontrol.push_outcomes import MOST_TASKS, MOST_WORKERS, BulkSettings
from tests.callcontrol import interruption_server
from tests.callcontrol.ledger_files import DOCUMENT, KEY, outcomes
from tests.callcontrol.scripted_api import ACCOUNT

OPERATION: Final = "UpdateCallBxml"
SOON: Final = 10.0
"""Seconds within which an immediate event happens, even on a busy machine."""


class Api:
    """A stand-in for the API that responds with 204, or with the status or error that is given for a call."""

    def __init__(self, **results: BaseException | int) -> None:
        self._results = {name.replace("_", "-"): value for name, value in results.items()}
        self.requested: list[str] = []

    async def __call__(self, call_id: str, _: Pause) -> Reply:
        self.requested.append(call_id)
        await asyncio.sleep(0)
        result = self._results.get(call_id, 204)
        if isinstance(result, BaseException):
            raise result
        return Reply(result)


class Waiting:
    """A stand-in for the API that responds to requests only after the test sets ``may_end``."""

    def __init__(self) -> None:
        self.requested: list[str] = []
        self.began, self.may_end = asyncio.Event(), asyncio.Event()

    async def __call__(self, call_id: str, _: Pause) -> Reply:
        self.requested.append(call_id)
        self.began.set()
        await self.may_end.wait()
        return Reply(204)


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    """Run work on a new event loop, and fail if it takes more than :data:`SOON` seconds."""

    async def main() -> Any:
        async with asyncio.timeout(SOON):
            return await work()

    return asyncio.run(main())


async def interrupt_many(deliver: Any, ids: Any, **settings: Any) -> Tally:
    """Interrupt many calls for the account of :data:`KEY`."""
    return await async_push_to_many_calls.interrupt_many(deliver, ids, KEY, BulkSettings(**settings))


def many(deliver: Any, call_ids: Any, **named: Any) -> Tally:
    """Interrupt many calls on a new event loop."""
    tally: Tally = run(lambda: interrupt_many(deliver, call_ids, **named))
    return tally


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


class TestOutcomes:
    """Each call has one outcome."""

    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (NotFound(Reply(404), OPERATION), "gone"),
            (CallNotActive(Reply(409), OPERATION, "c-1", None), "refused"),
            (ServerError(Reply(500), OPERATION), "unknown"),
            (ServerError(Reply(503), OPERATION), "refused"),
            (TransportError("no response", OPERATION), "unknown"),
            (TransportError("refused", OPERATION, sent=False), "refused"),
        ],
    )
    def test_error_has_an_outcome(self, error: CallControlError, kind: str, path: Path) -> None:
        """An error of one call becomes the outcome of that call and does not end the run."""
        tally = many(Api(c_1=error), ["c-1", "c-2"], ledger=path)
        assert outcomes(path) == {"c-1": kind, "c-2": "delivered"}
        assert (tally.total, getattr(tally, kind), tally.delivered) == (2, 1, 1)

    def test_ids_may_be_an_asynchronous_iterable(self) -> None:
        """The ids may come from an asynchronous iterable, and duplicate ids are skipped."""

        async def ids() -> AsyncIterator[str]:
            for call_id in ("c-1", "c-2", "c-1"):
                await asyncio.sleep(0)
                yield call_id

        api = Api()
        assert many(api, ids()) == Tally(delivered=2, skipped=1)
        assert sorted(api.requested) == ["c-1", "c-2"]
        assert many(api, []) == Tally()

    def test_next_run_skips_final_outcomes(self, path: Path) -> None:
        """A second run skips calls whose outcome is ``delivered`` or ``gone``, and tries refused calls again."""
        refused = ServerError(Reply(503), OPERATION)
        first = many(Api(c_2=NotFound(Reply(404), OPERATION), c_3=refused), ["c-1", "c-2", "c-3"], ledger=path)
        assert first == Tally(delivered=1, gone=1, refused=1)
        again = Api()
        assert many(again, ["c-1", "c-2", "c-3"], ledger=path) == Tally(delivered=1, skipped=2, skipped_gone=1)
        assert again.requested == ["c-3"]

    def test_outcome_is_reported_after_it_is_written(self, path: Path) -> None:
        """``on_outcome`` gets each outcome once, after the outcome is written to the ledger."""
        seen: list[tuple[Outcome, int]] = []
        many(Api(), ["c-1", "c-2"], ledger=path, on_outcome=lambda outcome: seen.append((outcome, len(outcomes(path)))))
        assert [(outcome.call_id, written) for outcome, written in seen] == [("c-1", 1), ("c-2", 2)]


class TestArguments:
    """The arguments are checked before any request is sent."""

    @pytest.mark.parametrize("arguments", [{"workers": 0}, {"workers": MOST_TASKS + 1}, {"rate": 0}, {"call_ids": "c-1"}])
    def test_invalid_argument_is_rejected(self, arguments: dict[str, Any]) -> None:
        """Arguments are rejected here too if the blocking client rejects them, and nothing is sent."""
        api = Api()
        with pytest.raises(InvalidRequest):
            many(api, **({"call_ids": ["c-1"]} | arguments))
        assert api.requested == []

    def test_ledger_in_use_is_rejected(self, path: Path) -> None:
        """A ledger that is in use is rejected, and nothing is sent."""
        api = Api()
        with FileLedger(path).open(KEY), pytest.raises(InvalidRequest, match="in use"):
            many(api, ["c-1"], ledger=path)
        assert api.requested == []

    def test_id_that_is_not_a_string_ends_the_run(self, path: Path) -> None:
        """If an id is not a string, the run ends, and the calls before that id have outcomes."""
        with pytest.raises(InvalidRequest, match="expected strings"):
            many(Api(), ["c-1", 2], ledger=path, workers=1)
        assert outcomes(path) == {"c-1": "delivered"}


class TestLimits:
    """Limits of the number of calls in progress, and of the rate at which calls begin."""

    @pytest.mark.parametrize("workers", [1, 3, 100])
    def test_workers_limit_the_calls_in_progress(self, workers: int) -> None:
        """The number of calls in progress reaches the number of workers and never exceeds it."""
        now, most = 0, 0

        async def deliver(_: str, __: Pause) -> Reply:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.001)
            now -= 1
            return Reply(204)

        assert many(deliver, interruption_server.ids(4 * workers), workers=workers).delivered == 4 * workers
        assert most == workers

    def test_rate_is_not_exceeded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """At a rate of two calls per second, each call begins half a second after the previous call."""
        pauses: list[float] = []
        sleep = asyncio.sleep

        async def record(seconds: float) -> None:
            pauses.append(seconds)
            await sleep(0)

        monkeypatch.setattr("callcontrol.async_push_to_many_calls.asyncio.sleep", record)

        async def deliver(_: str, __: Pause) -> Reply:
            return Reply(204)

        many(deliver, interruption_server.ids(5), rate=2)
        assert pauses == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0], abs=0.2)


class TestStopping:
    """After an error that ends the run, no further call begins and the calls in progress are completed."""

    @pytest.mark.parametrize("cls", [Unauthorized, Forbidden])
    def test_wrong_credentials_end_the_run(self, path: Path, cls: type[ApiError]) -> None:
        """Wrong credentials end the run. The outcome of the call is ``refused``, so that another run tries the call again."""
        api = Api(c_1=cls(Reply(401), OPERATION))
        with pytest.raises(cls):
            many(api, ["c-1", "c-2"], ledger=path, workers=1)
        assert api.requested == ["c-1"]
        assert outcomes(path) == {"c-1": "refused"}

    @pytest.mark.parametrize("is_async", [False, True])
    def test_error_of_the_ids_ends_the_run(self, path: Path, *, is_async: bool) -> None:
        """If the iterable of ids raises, the call in progress is completed and its outcome is written."""

        async def main() -> None:
            api = Waiting()

            def ids() -> Iterator[str]:
                yield "c-1"
                api.may_end.set()
                raise OSError("the database has gone away")

            async def async_ids() -> AsyncIterator[str]:
                for call_id in ids():
                    yield call_id

            with pytest.raises(OSError, match="the database has gone away"):
                await interrupt_many(api, async_ids() if is_async else ids(), ledger=path, workers=2)

        run(main)
        assert outcomes(path) == {"c-1": "delivered"}

    @pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
    def test_error_of_on_outcome_ends_the_run(self, path: Path, error: BaseException) -> None:
        """After ``on_outcome`` raises, it is not called again, and the calls in progress have outcomes in the ledger."""
        reported: list[Outcome] = []

        def report(outcome: Outcome) -> None:
            reported.append(outcome)
            raise error

        api = Api()
        with pytest.raises(type(error)):
            many(api, interruption_server.ids(100), ledger=path, workers=4, on_outcome=report)
        assert len(reported) == 1
        assert len(api.requested) == len(outcomes(path)) == 4
        assert set(outcomes(path).values()) == {"delivered"}

    @pytest.mark.parametrize("error", [RuntimeError("no"), SystemExit(3)])
    def test_unexpected_error_ends_the_run(self, path: Path, error: BaseException) -> None:
        """An error of an unexpected class is raised, and the outcome of its call is ``unknown``."""
        with pytest.raises(type(error)):
            many(Api(c_1=error), ["c-1", "c-2"], ledger=path, workers=1)
        assert outcomes(path) == {"c-1": "unknown"}

    def test_full_disk_ends_the_run(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The error and its notes name each call whose outcome could not be written."""
        write = OpenFileLedger._append

        def fail(ledger: OpenFileLedger, line: bytes) -> None:
            if b"delivered" in line:
                raise OSError(28, "No space left on device")
            write(ledger, line)

        monkeypatch.setattr(OpenFileLedger, "_append", fail)
        with pytest.raises(CallControlError, match="No space left on device") as caught:
            many(Api(), ["c-1", "c-2", "c-3"], ledger=path, workers=2)
        messages = " ".join([str(caught.value), *caught.value.__notes__])
        assert ['"c-1"' in messages, '"c-2"' in messages, '"c-3"' in messages] == [True, True, False]

    def test_end_of_the_run_ends_a_pause(self, path: Path) -> None:
        """If the run ends while a call pauses, and the API has processed no request, the outcome of the call is ``refused``."""

        async def deliver(call_id: str, pause: Pause) -> Reply:
            if call_id == "c-2":
                raise Unauthorized(Reply(401), OPERATION)
            await pause(3600)
            raise AssertionError

        with pytest.raises(Unauthorized):
            many(deliver, ["c-1", "c-2"], ledger=path, workers=2)
        assert outcomes(path) == {"c-1": "refused", "c-2": "refused"}

    def test_canceled_pause_has_an_outcome(self, path: Path) -> None:
        """If the run is canceled while a call pauses before its request, the outcome of the call is ``refused``."""

        async def main() -> None:
            task = asyncio.create_task(interrupt_many(lambda _, pause: pause(3600), ["c-1"], ledger=path))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        run(main)
        assert outcomes(path) == {"c-1": "refused"}

    def test_pause_lasts_its_seconds(self) -> None:
        """Unless the run ends, a pause is as long as requested."""

        async def deliver(_: str, pause: Pause) -> Reply:
            begin = asyncio.get_running_loop().time()
            await pause(0.05)
            assert asyncio.get_running_loop().time() - begin > 0.04
            return Reply(204)

        assert many(deliver, ["c-1"]).delivered == 1


class TestCancellation:
    """A canceled run begins no further call, and its ledger has an outcome for each call that began."""

    @pytest.mark.parametrize("times", [1, 2])
    @pytest.mark.parametrize("workers", [1, 3, 100])
    def test_calls_in_progress_are_unknown(self, path: Path, workers: int, times: int) -> None:
        """Requests in progress are canceled and their outcomes are ``unknown``, even if the run is canceled twice."""

        async def main() -> None:
            api = Waiting()
            task = asyncio.create_task(interrupt_many(api, interruption_server.ids(500), ledger=path, workers=workers))
            await asyncio.sleep(0.05)
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0)
            with pytest.raises(asyncio.CancelledError):
                await task
            assert outcomes(path) == dict.fromkeys(api.requested, "unknown")
            assert len(api.requested) == workers
            assert asyncio.all_tasks() == {asyncio.current_task()}

        run(main)
        again = many(Api(), interruption_server.ids(500), ledger=path)
        assert again == Tally(delivered=500 - workers, skipped=workers, skipped_unknown=workers)

    def test_timeout_cancels_the_run(self, path: Path) -> None:
        """A timeout cancels the run, and another run can use the ledger immediately."""

        async def main() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await interrupt_many(Waiting(), ["c-1"], ledger=path)
            assert outcomes(path) == {"c-1": "unknown"}
            await interrupt_many(Api(), ["c-1"], ledger=path)

        run(main)

    def test_wait_for_an_id_is_canceled(self, path: Path) -> None:
        """A run can be canceled while it waits for the next id of an asynchronous iterable."""

        async def main() -> None:
            waits = asyncio.Event()

            async def ids() -> AsyncIterator[str]:
                yield "c-1"
                waits.set()
                await asyncio.Event().wait()

            task = asyncio.create_task(interrupt_many(Api(), ids(), ledger=path, workers=2))
            await waits.wait()
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        run(main)
        assert outcomes(path) == {"c-1": "delivered"}

    def test_cancellation_after_an_error_names_the_error(self, path: Path) -> None:
        """If a run is canceled while it waits for calls after an error, a note of ``CancelledError`` names the error."""

        async def main() -> None:
            api = Waiting()
            failed = asyncio.Event()

            async def deliver(call_id: str, pause: Pause) -> Reply:
                if call_id == "c-2":
                    failed.set()
                    raise Unauthorized(Reply(401), OPERATION)
                return await api(call_id, pause)

            task = asyncio.create_task(interrupt_many(deliver, ["c-1", "c-2"], ledger=path, workers=2))
            await failed.wait()
            await asyncio.sleep(0.01)
            assert not task.done()
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert "401" in caught.value.__notes__[0]

        run(main)
        assert outcomes(path) == {"c-1": "unknown", "c-2": "refused"}


@pytest.mark.parametrize("place", ["on_outcome", "call_ids"])
def test_run_ends_in_a_child(path: Path, place: str) -> None:
    """After a fork, the run in the child begins no further call, cancels the parent's requests, and writes no outcomes."""

    async def main() -> None:
        waiting = Waiting()

        async def deliver(call_id: str, pause: Pause) -> Reply:
            return await waiting(call_id, pause) if call_id == "c-1" else Reply(204)

        def ids() -> Iterator[str]:
            yield "c-1"
            yield "c-2"
            if place == "call_ids":
                renew_all()
            yield "c-3"

        def report(_: Outcome) -> None:
            if place == "on_outcome":
                renew_all()

        with pytest.raises(CallControlError, match="the process was forked"):
            await interrupt_many(deliver, ids(), ledger=path, workers=2, on_outcome=report)
        assert waiting.requested == ["c-1"]

    run(main)
    assert outcomes(path) == {"c-2": "delivered"}


@pytest.mark.parametrize("workers", [16, 100])
def test_each_of_a_thousand_calls_has_its_outcome(path: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    """The ledger and the counts agree with a server on a real socket. One call in ten meets one of ten faults."""
    monkeypatch.setattr(RateLimiter, "refused", lambda *_: None)  # its pauses would take minutes
    ids = list(interruption_server.ids(1000))

    async def main(url: str) -> Tally:
        retries = Retries(attempts=3, first_pause=0.01, longest_pause=0.01)
        async with AsyncClient(ACCOUNT, BasicAuth("user", "pass"), base_url=url, retries=retries) as client:
            return await client.interrupt_many(ids, DOCUMENT, ledger=path, workers=workers)

    with interruption_server.serving() as crowd:
        tally = asyncio.run(main(crowd.url))
    expected = {call_id: interruption_server.way(call_id).outcome for call_id in ids}
    assert outcomes(path) == expected
    counts = Counter(expected.values())
    assert (tally.delivered, tally.gone, tally.refused, tally.unknown) == tuple(
        counts[kind] for kind in ("delivered", "gone", "refused", "unknown")
    )
    assert max(crowd.delivered.values()) == 1


def test_documentation_has_the_limits_of_workers() -> None:
    """The limits that the code checks are in the docstrings of both clients, and on the page about interrupting calls."""
    page = (Path(__file__).parents[2] / "docs" / "interrupting.md").read_text(encoding="utf-8")
    assert f"1 to {MOST_WORKERS};" in (Client.interrupt_many.__doc__ or "")
    assert f"1 to {MOST_TASKS};" in (AsyncClient.interrupt_many.__doc__ or "")
    assert f"from 1 to {MOST_WORKERS}, or to {MOST_TASKS} with `AsyncClient`" in " ".join(page.split())


def test_with_a_rate_no_id_is_read_ahead(path: Path) -> None:
    """At a low rate, only the next id is read before its turn, however many tasks there are."""
    read: list[str] = []

    def reading() -> Iterator[str]:
        for call_id in interruption_server.ids(100):
            read.append(call_id)
            yield call_id

    async def main() -> None:
        task = asyncio.create_task(interrupt_many(Waiting(), reading(), ledger=path, workers=16, rate=0.001))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert len(read) == 2
