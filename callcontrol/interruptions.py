"""One document pushed into many calls: some at a time, one outcome for each, and none lost when it is stopped.

The thread that asks reads the ids, and hands them to workers. It is the one that Ctrl-C interrupts, wherever the ids come from,
and an iterator may belong to its thread, as the cursor of a database does.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Final

from bxml.words import shown
from callcontrol.auth import TOKEN_REQUEST
from callcontrol.errors import (
    ApiError,
    CallControlError,
    CallNotActive,
    Forbidden,
    InvalidRequest,
    NotFound,
    TransportError,
    Unauthorized,
)
from callcontrol.forks import renew_after_fork
from callcontrol.http import Reply
from callcontrol.ledger import Ledger, Outcome, Word
from callcontrol.retries import NOT_PROCESSED
from callcontrol.states import DISCONNECTED

Pause = Callable[[float], object]
"""Waits for a number of seconds, or raises if the operation is to be given up."""

Deliver = Callable[[str, Pause], Reply]
"""Pushes the document into the call with this id, and pauses between attempts by means of what it is given."""

MOST_WORKERS: Final = 64

RATES: Final = (0.001, 1_000_000.0)
"""Calls a second, at least and at most."""

LONGEST_WAIT: Final = 0.1
"""Seconds of a wait in one piece: a Ctrl-C that comes just before a wait begins is noticed only after it."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many interruptions ended how.

    Attributes:
        delivered: Calls that have the document now.
        gone: Calls that are over, or that nobody knows.
        refused: Calls that certainly did not get it, and may still be there.
        unknown: Calls that may have got it.
        skipped: Ids for which nothing was sent: the ledger had their calls as delivered or gone, or they had stood before.
    """

    delivered: int = 0
    gone: int = 0
    refused: int = 0
    unknown: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        """The number of ids that were given."""
        return self.delivered + self.gone + self.refused + self.unknown + self.skipped


def interrupt_many(  # noqa: PLR0913  what is sent where, and how it is to be done
    deliver: Deliver,
    call_ids: Iterable[str],
    document: bytes,
    *,
    ledger: str | os.PathLike[str] | None = None,
    workers: int = 16,
    rate: float | None = None,
    on_outcome: Callable[[Outcome], object] | None = None,
) -> Tally:
    """Push a document into many calls.

    Each outcome is in the ledger before the next call of its worker begins. A run with the ledger of an earlier one skips the
    calls that were delivered or gone, and tries again those that were refused or unknown.

    Whatever ends the run early - Ctrl-C, an error of ``call_ids``, ``on_outcome`` or the ledger, wrong credentials - is raised
    once the calls under way have ended and their outcomes are written. No further call is begun then, and pauses between
    attempts end at once; a call that was in one is unknown. While the next id is waited for, only Ctrl-C is noticed.

    Args:
        deliver: Pushes the document into one call.
        call_ids: The ids, read as they are needed. One that stands twice is interrupted once.
        document: The document, which is in nothing but a digest in the ledger.
        ledger: The file for the outcomes; ``None`` for none.
        workers: Calls under way at once, 1 to 64.
        rate: The most calls begun in a second, from 0.001 on; ``None`` for no limit.
        on_outcome: Is told of each outcome once it is in the ledger, one at a time, by the threads of the workers.

    Raises:
        InvalidRequest: if an argument cannot be, or the ledger cannot be used; nothing was sent, unless an id is no text.
        Unauthorized: if the credentials are wrong, which would be so for each further call.
        Forbidden: if they give no access; likewise.
        CallControlError: if the ledger cannot be written; it says which outcomes are not in it.
    """
    _check(call_ids, workers, rate)
    ids = iter(call_ids)
    with contextlib.ExitStack() as stack:
        book = stack.enter_context(Ledger(ledger, document)) if ledger is not None else None
        run = _Run(deliver, book, workers, on_outcome)
        try:
            return run.through(ids, 1 / rate if rate else 0.0)
        finally:
            run.end()  # once more, for Ctrl-C may have been pressed again at the very door of the first


def _check(call_ids: object, workers: object, rate: object) -> None:
    if isinstance(call_ids, str | bytes):  # whose characters would be taken for ids
        raise InvalidRequest("call_ids is one text; it takes an iterable of them")
    if not isinstance(workers, int) or isinstance(workers, bool) or not 1 <= workers <= MOST_WORKERS:
        raise InvalidRequest(f"workers={shown(workers)} is not a whole number from 1 to {MOST_WORKERS}")
    least, most = RATES
    if rate is not None and not (isinstance(rate, int | float) and not isinstance(rate, bool) and least <= rate <= most):
        raise InvalidRequest(f"rate={shown(rate)} is not a number of calls a second from {least:g} to {most:.0f}")


class _GivenUp(Exception):
    """The run ends, and with it a pause between two attempts."""


class _Run:
    """Workers, and the queues through which they get ids and give them back as room for others."""

    def __init__(
        self, deliver: Deliver, ledger: Ledger | None, workers: int, on_outcome: Callable[[Outcome], object] | None
    ) -> None:
        self._deliver, self._ledger, self._workers, self._on_outcome = deliver, ledger, workers, on_outcome
        self._ids: SimpleQueue[str | None] = SimpleQueue()
        self._room: SimpleQueue[None] = SimpleQueue()
        self._working: set[object] = set()
        self._stopped = threading.Event()
        self._recording = threading.Lock()
        self._counts: dict[Word, int] = {"delivered": 0, "gone": 0, "refused": 0, "unknown": 0}
        self._skipped = 0
        self._failure: BaseException | None = None
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """End the run in this process, which has one thread of it at most; it goes on in the parent."""
        self._ids, self._room = SimpleQueue(), SimpleQueue()
        self._ids.put(None)
        self._room.put(None)
        self._working = set()
        self._stopped = threading.Event()
        self._stopped.set()
        self._recording = threading.Lock()
        self._failure = CallControlError("the process was forked during interrupt_many(), which continues in the parent only")

    # The thread that asks

    def through(self, call_ids: Iterator[str], interval: float) -> Tally:
        """Interrupt all calls, beginning one in each interval, in seconds."""
        # Without a rate each worker has an id waiting for it. With one nothing may wait, or two calls would begin at once.
        room = self._workers if interval else 2 * self._workers
        try:
            for _ in range(self._workers):
                threading.Thread(target=self._work, name="interruptions").start()
            for _ in range(room):
                self._room.put(None)
            self._hand_out(call_ids, interval)
            for _ in range(room):
                if not self._stopped.is_set():
                    self._take_room()
        except BaseException as error:  # noqa: BLE001  it is raised once all is at rest
            self._fail(error)
        self.end()
        if self._failure:
            raise self._failure
        return Tally(**self._counts, skipped=self._skipped)

    def _hand_out(self, call_ids: Iterator[str], interval: float) -> None:
        """Give the workers the ids that are to be tried, and count the others."""
        seen = self._ledger.done if self._ledger else set[str]()
        turn = time.monotonic()
        for call_id in call_ids:
            if not isinstance(call_id, str):  # pyright: ignore[reportUnnecessaryIsInstance]  it comes from outside
                raise InvalidRequest(f"call_ids holds {shown(call_id)}, which is no text")
            if call_id in seen:
                self._skipped += 1
                continue
            seen.add(call_id)
            self._take_room()
            if interval:
                turn = self._wait_for(turn) + interval
            if self._stopped.is_set():
                return
            self._ids.put(call_id)

    def _take_room(self) -> None:
        """Wait until a worker has ended a call, or has ended."""
        while True:
            with contextlib.suppress(Empty):
                return self._room.get(timeout=LONGEST_WAIT)

    def _wait_for(self, turn: float) -> float:
        """Wait until a time, and say what time it is then."""
        # Sleep, for Ctrl-C in the middle of the wait for an event can leave Python's own locks in disorder.
        while (now := time.monotonic()) < turn and not self._stopped.is_set():
            time.sleep(min(turn - now, LONGEST_WAIT))
        return now

    def end(self) -> None:
        """Have no call begun, and wait for those under way, however often Ctrl-C is pressed meanwhile."""
        try:
            self._stopped.set()
            for _ in range(self._workers):
                self._ids.put(None)
            # Not by Thread.join, which takes a thread for ended once Ctrl-C has interrupted it, up to Python 3.12.
            while self._working:
                self._take_room()
        except BaseException:
            self.end()
            raise

    # The threads of the workers

    def _work(self) -> None:
        """Interrupt one call after the other."""
        me = object()
        self._working.add(me)  # before it is looked whether to stop: whoever stops the run either sees this, or is seen
        try:
            while (call_id := self._ids.get()) is not None and not self._stopped.is_set():
                self._interrupt(call_id)
                self._room.put(None)
        except BaseException as error:  # noqa: BLE001  it is raised in the thread that asks
            self._fail(error)
        finally:
            self._working.discard(me)
            self._room.put(None)

    def _interrupt(self, call_id: str) -> None:
        failure: BaseException | None = None
        word: Word = "delivered"
        status: int | None = None
        detail: str | None = None
        try:
            status = self._deliver(call_id, self._pause).status
        except _GivenUp:
            word, detail = "unknown", "it was given up between two attempts"
        except CallControlError as error:
            word, status, detail = outcome_of(error), getattr(error, "status", None), str(error)
            failure = error if isinstance(error, Unauthorized | Forbidden) else None
        except BaseException as error:  # noqa: BLE001  there is an outcome whatever happened
            word, detail, failure = "unknown", f"an error of type {type(error).__name__}", error
        self._record(call_id, word, status, detail)
        if failure:
            raise failure

    def _record(self, call_id: str, word: Word, status: int | None, detail: str | None) -> None:
        with self._recording:
            outcome = Outcome(call_id, word, status, detail, datetime.now(UTC))
            if self._ledger:
                self._ledger.write(outcome)
            self._counts[word] += 1
            tell, self._on_outcome = self._on_outcome, None  # so that it is told nothing more if it fails
            if tell:
                tell(outcome)
            self._on_outcome = tell

    def _pause(self, seconds: float) -> None:
        """Wait, unless the run ends."""
        if self._stopped.wait(seconds):
            raise _GivenUp

    def _fail(self, error: BaseException) -> None:
        """End the run with the first error; what the ledger loses after that is in its notes."""
        self._stopped.set()
        with self._recording:
            if self._failure is None:
                self._failure = error
            elif isinstance(error, CallControlError) and not isinstance(error, ApiError):
                self._failure.add_note(str(error))


def outcome_of(error: CallControlError) -> Word:
    """What an error says of the interruption that it is about."""
    if _is_over(error):
        return "gone"
    return "refused" if _is_certain(error) else "unknown"


def _is_over(error: CallControlError) -> bool:
    """Whether there is no call any more."""
    if isinstance(error, CallNotActive):
        state = error.state.state if error.state else None
        # A call that is known but cannot be seen may be one that was just created, unless the API says that there is none.
        return state == DISCONNECTED or (state is None and error.status == _NOT_FOUND)
    return isinstance(error, NotFound) and error.operation != TOKEN_REQUEST


def _is_certain(error: CallControlError) -> bool:
    """Whether the call certainly did not get the document."""
    if isinstance(error, ApiError | TransportError):
        if error.doubt:
            return False
        if error.operation == TOKEN_REQUEST:  # the document was not sent
            return True
    if isinstance(error, ApiError):
        return 400 <= error.status < 500 or error.status in NOT_PROCESSED  # noqa: PLR2004  the API refuses with 4xx
    return isinstance(error, InvalidRequest) or (isinstance(error, TransportError) and not error.sent)


_NOT_FOUND: Final = 404
