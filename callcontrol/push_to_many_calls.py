"""Pushing one document into many calls: several calls at once, with one outcome for each call.

The ledger keeps the outcomes, even if the run is stopped. The calling thread reads the ids and passes them to worker threads,
for two reasons: Ctrl-C interrupts the calling thread, and some iterators, such as a database cursor, can be used only in the
thread that created them.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import Final

from callcontrol.errors import (
    ApiError,
    CallControlError,
)
from callcontrol.fork_safety import renew_after_fork
from callcontrol.http_messages import Reply
from callcontrol.ledger import LedgerKey
from callcontrol.push_outcomes import (
    FORKED,
    MOST_WORKERS,
    BulkSettings,
    Recorder,
    Result,
    Tally,
    opened,
    result_of,
)
from callcontrol.steps_and_drivers import PauseAborted

Pause = Callable[[float], object]
"""Function that waits for a number of seconds, and raises PauseAborted if ``interrupt_many`` ends meanwhile."""

Deliver = Callable[[str, Pause], Reply]
"""Function that pushes the document into the call with the given id, and pauses between attempts with the given function."""

LONGEST_WAIT: Final = 0.1
"""Maximum seconds of one wait. Waits are short, because a Ctrl-C just before a wait takes effect only after the wait."""


def interrupt_many(
    deliver: Deliver,
    call_ids: Iterable[str],
    key: LedgerKey,
    settings: BulkSettings,
) -> Tally:
    """Push a document into many calls, and return the number of calls with each outcome.

    A worker claims a call in the ledger before the request, and writes the outcome before it claims the next call. A run with
    the ledger of an earlier run interrupts the calls that are refused or not in the ledger. It skips calls that are delivered
    or gone. It also skips calls that may have received the document, unless ``settings.repeat_unknown`` is true.

    The run ends early after Ctrl-C, after an error of ``call_ids``, ``on_outcome`` or the ledger, and if the credentials are
    wrong. Then no further call is interrupted, and pauses between attempts end immediately. The error is raised after the
    requests in progress have ended and their outcomes are written. While ``call_ids`` waits for the next id, only Ctrl-C ends
    the run.

    Args:
        deliver: Function that pushes the document into one call.
        call_ids: The ids of the calls, read when they are needed. Duplicates are skipped.
        key: The account, the host and the digest of the document, for the ledger.
        settings: The ledger, the number of workers, the rate, and the function for outcomes.

    Raises:
        InvalidRequest: If an argument is invalid, or the ledger cannot be used. Nothing was sent, unless the invalid argument
            is an item of ``call_ids`` that is not a string: earlier items may have been interrupted.
        Unauthorized: If the credentials are wrong.
        Forbidden: If the credentials have no access.
        CallControlError: If the ledger cannot be written. The message and the notes of the error name the missing outcomes.
    """
    settings.check(call_ids, MOST_WORKERS)
    ids = iter(call_ids)
    with opened(settings.ledger, key) as open_ledger:
        run = _Run(
            deliver, Recorder(open_ledger, settings.on_outcome, repeat_unknown=settings.repeat_unknown), settings.workers
        )
        try:
            return run.interrupt_all(ids, settings.interval)
        finally:
            run.end()  # again, because a second Ctrl-C may have prevented the first call of end()


class _Run:
    """One run of :func:`interrupt_many`: its worker threads, and two queues.

    The workers take ids from one queue. The other queue contains free slots, and limits the number of ids in progress.
    """

    def __init__(self, deliver: Deliver, recorder: Recorder, workers: int) -> None:
        self._deliver, self._recorder, self._workers = deliver, recorder, workers
        self._ids: SimpleQueue[str | None] = SimpleQueue()
        self._slots: SimpleQueue[None] = SimpleQueue()
        self._running: set[object] = set()
        self._stopped = threading.Event()
        self._recording = threading.Lock()
        self._failure: BaseException | None = None
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """End the run in the child process, which has at most one of the run's threads. The run continues in the parent."""
        self._ids, self._slots = SimpleQueue(), SimpleQueue()
        self._ids.put(None)
        self._slots.put(None)
        self._running = set()
        self._stopped = threading.Event()
        self._stopped.set()
        self._recording = threading.Lock()
        self._failure = CallControlError(FORKED)

    # Called in the calling thread

    def interrupt_all(self, call_ids: Iterator[str], interval: float) -> Tally:
        """Interrupt all calls, and return the number of calls with each outcome.

        Args:
            call_ids: The ids.
            interval: Minimum seconds between the beginnings of two interruptions.
        """
        # Without a rate, one id for each worker may wait in the queue. With a rate, no id may wait, because two waiting ids
        # could be interrupted at the same time.
        slots = self._workers if interval else 2 * self._workers
        try:
            for _ in range(self._workers):
                threading.Thread(target=self._work, name="interruptions").start()
            for _ in range(slots):
                self._slots.put(None)
            self._distribute(call_ids, interval)
            for _ in range(slots):
                if not self._stopped.is_set():
                    self._take_slot()
        except BaseException as error:  # noqa: BLE001  raised after the requests in progress have ended
            self._fail(error)
        self.end()
        if self._failure:
            raise self._failure
        return self._recorder.tally

    def _distribute(self, call_ids: Iterator[str], interval: float) -> None:
        """Pass the ids to the workers, and count the skipped ids."""
        next_start = time.monotonic()
        for call_id in call_ids:
            with self._recording:
                is_new = self._recorder.is_new(call_id)
            if not is_new:
                continue
            self._take_slot()
            if interval:
                next_start = self._wait_until(next_start) + interval
            if self._stopped.is_set():
                return
            self._ids.put(call_id)

    def _take_slot(self) -> None:
        """Take a slot. If no slot is free, wait until a worker finishes a call or ends."""
        while True:
            with contextlib.suppress(Empty):
                return self._slots.get(timeout=LONGEST_WAIT)

    def _wait_until(self, start: float) -> float:
        """Wait until a time of the monotonic clock or the end of the run, and return the time after the wait."""
        # Not Event.wait, because Ctrl-C during it can leave Python's own locks in an inconsistent state.
        while (now := time.monotonic()) < start and not self._stopped.is_set():
            time.sleep(min(start - now, LONGEST_WAIT))
        return now

    def end(self) -> None:
        """Stop interrupting calls, and wait for the requests in progress, even if Ctrl-C is pressed again meanwhile."""
        try:
            self._stopped.set()
            for _ in range(self._workers):
                self._ids.put(None)
            # Not Thread.join: up to Python 3.12, a join that Ctrl-C interrupts marks the thread as ended.
            while self._running:
                self._take_slot()
        except BaseException:
            self.end()
            raise

    # Called in the worker threads

    def _work(self) -> None:
        """Interrupt one call after the other until the run ends."""
        worker = object()
        # Added before the check of _stopped: either end() waits for this worker, or this worker sees that the run has ended.
        self._running.add(worker)
        try:
            while (call_id := self._ids.get()) is not None and not self._stopped.is_set():
                self._interrupt(call_id)
                self._slots.put(None)
        except BaseException as error:  # noqa: BLE001  raised in the calling thread
            self._fail(error)
        finally:
            self._running.discard(worker)
            self._slots.put(None)

    def _interrupt(self, call_id: str) -> None:
        """Interrupt one call, and record the outcome. If an error ends the run, raise the error."""
        state = self._recorder.claim(call_id)
        if state is not None:  # another run claimed the call, or finished it, after this run had read the ledger
            with self._recording:
                self._recorder.skip(state)
            return
        try:
            result = Result("delivered", self._deliver(call_id, self._pause).status)
        except BaseException as error:  # noqa: BLE001  the ledger needs an outcome after any error
            result = result_of(error)
        self._record(call_id, result)
        if result.failure:
            raise result.failure

    def _record(self, call_id: str, result: Result) -> None:
        """Write an outcome to the ledger, and report it."""
        if self._recorder.is_silent:  # saves two microseconds for each call
            with self._recording:
                self._recorder.count(result.kind)
            return
        outcome = result.outcome_of(call_id)
        self._recorder.write(outcome)
        with self._recording:
            self._recorder.report(outcome)

    def _pause(self, seconds: float) -> None:
        """Wait for a number of seconds.

        Raises:
            PauseAborted: If the run ends meanwhile.
        """
        if self._stopped.wait(seconds):
            raise PauseAborted

    def _fail(self, error: BaseException) -> None:
        """End the run with the first error. Later errors that name lost outcomes are added to the first error as notes."""
        self._stopped.set()
        with self._recording:
            if self._failure is None:
                self._failure = error
            elif isinstance(error, CallControlError) and not isinstance(error, ApiError):
                self._failure.add_note(str(error))
