"""Pushing one document into many calls on an event loop: several calls at once, with one outcome for each call."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from functools import partial
from typing import Final, Protocol, TypeVar

from callcontrol.errors import ApiError, CallControlError
from callcontrol.file_ledger import FileLedger
from callcontrol.fork_safety import renew_after_fork
from callcontrol.http_messages import Reply
from callcontrol.ledger import LedgerKey, Outcome
from callcontrol.push_outcomes import (
    FORKED,
    MOST_TASKS,
    BulkSettings,
    Recorder,
    Result,
    Tally,
    opened,
    result_of,
)
from callcontrol.steps_and_drivers import PauseAborted

Pause = Callable[[float], Awaitable[object]]
"""Asynchronous function that waits for a number of seconds, and raises PauseAborted if ``interrupt_many`` ends meanwhile."""

Deliver = Callable[[str, Pause], Awaitable[Reply]]
"""Asynchronous function that pushes the document into the call with the given id, and pauses with the given function."""

ReadId = Callable[[], Awaitable[str | None]]
"""Function that reads the id of the next call, or returns ``None`` after the last id."""

T = TypeVar("T")


class CallLedger(Protocol):
    """Asynchronous function that calls a method of a ledger and returns its result."""

    def __call__(self, function: Callable[[], T], /) -> Awaitable[T]:
        """Call the method."""
        ...


async def interrupt_many(
    deliver: Deliver,
    call_ids: Iterable[str] | AsyncIterable[str],
    key: LedgerKey,
    settings: BulkSettings,
) -> Tally:
    """Push a document into many calls, and return the number of calls with each outcome.

    The same as :func:`callcontrol.push_to_many_calls.interrupt_many`, but with tasks instead of threads. When the calling task
    is canceled, no further call is interrupted, and the requests in progress are canceled. The outcomes of these requests are
    written as unknown before the cancellation continues. A ledger that is not a file may block, so its methods run in threads.

    Args:
        deliver: Function that pushes the document into one call.
        call_ids: The ids of the calls, read when they are needed. Duplicates are skipped.
        key: The account, the host and the digest of the document, for the ledger.
        settings: The ledger, the number of workers, the rate, and the function for outcomes.

    Raises:
        InvalidRequest: If an argument is invalid, or the ledger cannot be used.
        Unauthorized: If the credentials are wrong.
        Forbidden: If the credentials have no access.
        CallControlError: If the ledger cannot be written. The message and the notes of the error name the missing outcomes.
    """
    settings.check(call_ids, MOST_TASKS)
    next_id = _reader_of(call_ids)
    call = _directly if isinstance(settings.ledger, str | os.PathLike | FileLedger | None) else _in_thread
    opening = opened(settings.ledger, key)
    open_ledger = await call(opening.__enter__)
    try:
        recorder = await call(partial(Recorder, open_ledger, settings.on_outcome, repeat_unknown=settings.repeat_unknown))
        await _Run(deliver, recorder, next_id, settings.interval, call).interrupt_all(settings.workers)
        return recorder.tally
    finally:
        await call(partial(opening.__exit__, None, None, None))


async def _directly(function: Callable[[], T]) -> T:
    """Call a function that never waits long, such as a method of a file ledger."""
    return function()


async def _in_thread(function: Callable[[], T]) -> T:
    """Call a function in a thread. If the task is canceled meanwhile, wait for the function, and cancel the task again."""
    calling = asyncio.ensure_future(asyncio.to_thread(function))
    canceled = False
    while not calling.done():
        try:
            await asyncio.wait([calling])
        except asyncio.CancelledError:
            canceled = True
    if canceled and (task := asyncio.current_task()):
        task.cancel()
    return calling.result()


def _reader_of(call_ids: Iterable[str] | AsyncIterable[str]) -> ReadId:
    """Return the function that reads from an iterable of ids."""
    if isinstance(call_ids, AsyncIterable):
        async_ids, reading = aiter(call_ids), asyncio.Lock()

        async def read_async() -> str | None:
            async with reading:  # an asynchronous iterator serves one task at a time
                return await anext(async_ids, None)

        return read_async
    ids = iter(call_ids)

    async def read() -> str | None:
        return next(ids, None)

    return read


_NOT_SENT: Final = Result("refused", detail="the run ended before the request")
"""The result of a call that was claimed, but for which no request was sent because the run had ended."""


class _Run:
    """One run of :func:`interrupt_many`: the state that the tasks of the run share."""

    def __init__(self, deliver: Deliver, recorder: Recorder, read: ReadId, interval: float, call: CallLedger) -> None:
        self._deliver, self._recorder, self._read, self._interval, self._call = deliver, recorder, read, interval, call
        self._taking_turns = asyncio.Lock()
        self._next_start = 0.0
        self._workers: list[asyncio.Task[None]] = []
        self._delivering: set[asyncio.Task[None] | None] = set()
        self._stopped = asyncio.Event()
        self._failure: BaseException | None = None
        self._is_forked = False
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """End the run in the child process. The run continues in the parent process."""
        self._is_forked = True
        self._stopped = asyncio.Event()
        self._stopped.set()
        self._failure = CallControlError(FORKED)
        for worker in self._workers:
            worker.cancel()

    async def interrupt_all(self, workers: int) -> None:
        """Interrupt all calls. If an error ends the run, raise the error after the requests in progress have ended."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(workers)]
        while not all(worker.done() for worker in self._workers):
            try:
                await asyncio.wait(self._workers)
            except asyncio.CancelledError as error:  # may come more than once; the ledger stays open meanwhile
                self._cancel(error)
        if self._failure:
            raise self._failure

    async def _work(self) -> None:
        """Interrupt one call after the other until the run ends."""
        task = asyncio.current_task()
        next_id = self._next_in_turn if self._interval else self._next_new_id
        try:
            while not self._stopped.is_set() and (call_id := await next_id()) is not None:
                self._delivering.add(task)
                await self._interrupt(call_id)
                self._delivering.discard(task)
        except BaseException as error:  # noqa: BLE001  raised by interrupt_all()
            self._fail(error)

    async def _next_in_turn(self) -> str | None:
        """Read the id of the next call, wait until the rate allows the call, and return the id. At the end, return ``None``."""
        async with self._taking_turns:  # an id is read only when it is the next one, so no further id is read ahead
            call_id = await self._next_new_id()
            if call_id is not None:
                await self._wait_for_turn()
            return call_id

    async def _next_new_id(self) -> str | None:
        """Return the id of the next call that has no final outcome; ``None`` after the last call."""
        while (call_id := await self._read()) is not None and not self._stopped.is_set():
            if self._recorder.is_new(call_id):
                return call_id
        return None

    async def _wait_for_turn(self) -> None:
        now = asyncio.get_running_loop().time()
        start = max(now, self._next_start)
        self._next_start = start + self._interval
        await asyncio.sleep(start - now)

    async def _interrupt(self, call_id: str) -> None:
        """Interrupt one call, and record the outcome. If an error ends the run, raise the error."""
        state = await self._call(partial(self._recorder.claim, call_id)) if self._recorder.has_ledger else None
        if state is not None:  # another run claimed the call, or finished it, after this run had read the ledger
            self._recorder.skip(state)
            return
        result = _NOT_SENT
        if not self._stopped.is_set():  # the run may have ended during the claim
            try:
                result = Result("delivered", (await self._deliver(call_id, self._pause)).status)
            except asyncio.CancelledError as error:
                result = Result("unknown", detail="the run was canceled during the request", failure=error)
            except BaseException as error:  # noqa: BLE001  the ledger needs an outcome after any error
                result = result_of(error)
        if not self._is_forked:  # otherwise the parent records the outcome
            if self._recorder.is_silent:  # saves two microseconds for each call
                self._recorder.count(result.kind)
            else:
                await self._record(result.outcome_of(call_id))
            if result.failure:
                raise result.failure

    async def _record(self, outcome: Outcome) -> None:
        """Write an outcome to the ledger, and report it."""
        await self._call(partial(self._recorder.write, outcome))
        self._recorder.report(outcome)

    async def _pause(self, seconds: float) -> None:
        """Wait for a number of seconds.

        Raises:
            PauseAborted: If the run ends meanwhile.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            return
        except asyncio.CancelledError as error:
            raise PauseAborted from error
        raise PauseAborted

    def _cancel(self, error: asyncio.CancelledError) -> None:
        """End the run because its task was canceled. An earlier error is added to the cancellation as a note."""
        if self._failure is not None and self._failure is not error:
            error.add_note(str(self._failure))
        self._failure = error
        self._stopped.set()
        for worker in self._workers:
            worker.cancel()

    def _fail(self, error: BaseException) -> None:
        """End the run with the first error. Later errors that name lost outcomes are added to the first error as notes."""
        self._stopped.set()
        if self._failure is None:
            self._failure = error
            for worker in self._workers:
                if worker not in self._delivering:
                    worker.cancel()
        elif isinstance(error, CallControlError) and not isinstance(error, ApiError):
            self._failure.add_note(str(error))
