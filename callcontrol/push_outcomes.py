"""The outcomes of ``interrupt_many``: which outcome an error has, and how outcomes are written, counted and reported."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple, cast

from bxml.messages.text import quote
from callcontrol.auth import TOKEN_REQUEST
from callcontrol.call_states import DISCONNECTED
from callcontrol.errors import (
    ApiError,
    CallControlError,
    CallNotActive,
    InvalidRequest,
    NotFound,
    TransportError,
)
from callcontrol.file_ledger import FileLedger
from callcontrol.ledger import (
    UNSETTLED,
    Ledger,
    LedgerArgument,
    LedgerKey,
    LedgerState,
    OpenLedger,
    Outcome,
    OutcomeKind,
    may_be_interrupted,
)
from callcontrol.redacted_url_repr import redacted
from callcontrol.retries import NOT_PROCESSED
from callcontrol.steps_and_drivers import PauseAborted

MOST_WORKERS: Final = 64
"""Maximum number of threads that interrupt calls at once."""

MOST_TASKS: Final = 1000
"""Maximum number of tasks that interrupt calls at once on an event loop."""

FORKED: Final = "the process was forked during interrupt_many(), which continues in the parent only"
"""Message of the error that ends a run of ``interrupt_many`` in a child process."""

RATES: Final = (0.001, 1_000_000.0)
"""Minimum and maximum of the rate, in calls per second."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The number of calls with each outcome.

    Attributes:
        delivered: Calls for which the API accepted the document.
        gone: Calls that have ended or do not exist.
        refused: Calls that did not receive the document, and may still be active.
        unknown: Calls that may have received the document.
        skipped: Ids for which nothing was sent: duplicates, and calls whose state in the ledger forbids another attempt.
        skipped_gone: The skipped calls that are gone according to the ledger.
        skipped_unknown: The skipped calls that may have received the document in an earlier run, or that another run is
            interrupting.
    """

    delivered: int = 0
    gone: int = 0
    refused: int = 0
    unknown: int = 0
    skipped: int = 0
    skipped_gone: int = 0
    skipped_unknown: int = 0

    @property
    def total(self) -> int:
        """The number of ids, including skipped ids."""
        return self.delivered + self.gone + self.refused + self.unknown + self.skipped


@redacted
@dataclass(frozen=True, slots=True)
class BulkSettings:
    """The settings of a run, as a client passes them on; ``check`` checks them.

    Attributes:
        ledger: Path of the ledger file, or a ledger; ``None`` for no ledger.
        workers: Number of calls that are interrupted at once.
        rate: Maximum number of interruptions that begin per second; ``None`` for unlimited.
        on_outcome: Function that is called with each outcome after it is written.
        repeat_unknown: Whether to interrupt again the calls that may have received the document in an earlier run.
    """

    ledger: LedgerArgument | None = None
    workers: int = 16
    rate: float | None = None
    on_outcome: Callable[[Outcome], object] | None = None
    repeat_unknown: bool = False

    @property
    def interval(self) -> float:
        """Minimum seconds between the beginnings of two interruptions; 0 if the rate is unlimited."""
        return 1 / self.rate if self.rate else 0.0

    def check(self, call_ids: object, most_workers: int) -> None:
        """Check the settings and the ids.

        Args:
            call_ids: The ids of the calls.
            most_workers: Maximum of ``workers``.

        Raises:
            InvalidRequest: If an argument is invalid.
        """
        if isinstance(call_ids, str | bytes):  # iterating over a string would interrupt one call per character
            raise InvalidRequest(f"call_ids={quote(call_ids)} is a single id; expected a list or another iterable of strings")
        workers, rate = cast("object", self.workers), cast("object", self.rate)  # callers without a type checker pass anything
        if not isinstance(workers, int) or isinstance(workers, bool) or not 1 <= workers <= most_workers:
            raise InvalidRequest(f"workers={quote(workers)} is not an integer from 1 to {most_workers}")
        least, most = RATES
        if rate is not None and not (isinstance(rate, int | float) and not isinstance(rate, bool) and least <= rate <= most):
            raise InvalidRequest(f"rate={quote(rate)} is not a number of calls per second from {least:g} to {most:.0f}")


class Result(NamedTuple):
    """The result of one interruption."""

    kind: OutcomeKind
    status: int | None = None
    detail: str | None = None
    failure: BaseException | None = None
    """The error that ends the run; ``None`` if the run continues."""

    def outcome_of(self, call_id: str) -> Outcome:
        """Return the outcome of a call, with the current time."""
        return Outcome(call_id, self.kind, self.status, self.detail, datetime.now(UTC))


def result_of(error: BaseException) -> Result:
    """Return the result of an interruption that raised an error."""
    if isinstance(error, PauseAborted):
        if error.may_have_been_processed:
            return Result("unknown", None, "the run ended between two attempts", error.__cause__)
        return Result("refused", None, "the run ended before the API accepted the document", error.__cause__)
    if isinstance(error, CallControlError):
        failure = error if error.ends_run else None
        return Result(outcome_of(error), getattr(error, "status", None), str(error), failure)
    return Result("unknown", detail=f"an error of type {type(error).__name__}", failure=error)


@contextlib.contextmanager
def opened(ledger: LedgerArgument | None, key: LedgerKey) -> Generator[OpenLedger | None]:
    """Open a ledger during a ``with`` block.

    Args:
        ledger: The path of a file, or a ledger object; ``None`` for no ledger.
        key: The account, the host and the document of the run.

    Raises:
        InvalidRequest: If the argument is not a ledger, or the ledger cannot be used.
    """
    if ledger is None:
        yield None
        return
    with _ledger_of(ledger).open(key) as open_ledger:
        yield open_ledger


def _ledger_of(argument: LedgerArgument) -> Ledger:
    """Return the ledger of an argument.

    Raises:
        InvalidRequest: If the argument is neither a path nor a ledger.
    """
    if isinstance(argument, str | os.PathLike):  # checked first, because pathlib.Path has a method open() of its own
        return FileLedger(argument)
    if isinstance(cast("object", argument), Ledger):
        return argument
    raise InvalidRequest(f"ledger={quote(argument)} is neither a path nor a ledger; expected a string, os.PathLike or a ledger")


class Recorder:
    """Recorder of outcomes. It uses the ledger, counts outcomes, and passes them to ``on_outcome``.

    The methods ``claim`` and ``write`` may be called by several threads at once, the other methods by one thread at a time.

    Args:
        ledger: The ledger; ``None`` for no ledger.
        on_outcome: Function that is called with each outcome after the outcome is written.
        repeat_unknown: Whether to interrupt again the calls that may have received the document.
    """

    def __init__(
        self, ledger: OpenLedger | None, on_outcome: Callable[[Outcome], object] | None, *, repeat_unknown: bool
    ) -> None:
        self._ledger, self._on_outcome, self._repeat_unknown = ledger, on_outcome, repeat_unknown
        self.has_ledger = ledger is not None
        """True if there is a ledger."""
        self.is_silent = ledger is None and on_outcome is None
        """True if outcomes are only counted, because there is neither a ledger nor ``on_outcome``."""
        self._states: Mapping[str, LedgerState] = ledger.states() if ledger else {}
        self._seen = set[str]()
        self._counts: dict[OutcomeKind, int] = {"delivered": 0, "gone": 0, "refused": 0, "unknown": 0}
        self._skipped = self._skipped_gone = self._skipped_unknown = 0

    @property
    def tally(self) -> Tally:
        """The number of calls with each outcome."""
        return Tally(
            **self._counts,
            skipped=self._skipped,
            skipped_gone=self._skipped_gone,
            skipped_unknown=self._skipped_unknown,
        )

    def is_new(self, call_id: object) -> bool:
        """Return whether to interrupt a call. If not, count the call as skipped.

        Raises:
            InvalidRequest: If the id is not a string.
        """
        if not isinstance(call_id, str):
            raise InvalidRequest(f"call_ids contains {quote(call_id)}; expected strings")
        if call_id in self._seen:
            self._skipped += 1
            return False
        self._seen.add(call_id)
        state = self._states.get(call_id)
        if may_be_interrupted(state, repeat_unknown=self._repeat_unknown):
            return True
        self.skip(state)
        return False

    def skip(self, state: LedgerState | None) -> None:
        """Count a call that is skipped because of its state in the ledger."""
        self._skipped += 1
        self._skipped_gone += state == "gone"
        self._skipped_unknown += state in UNSETTLED

    def count(self, kind: OutcomeKind) -> None:
        """Count an outcome."""
        self._counts[kind] += 1

    def claim(self, call_id: str) -> LedgerState | None:
        """Claim a call in the ledger. If its state forbids an interruption, return the state.

        Raises:
            CallControlError: If the ledger cannot be written.
        """
        return self._ledger.claim(call_id, repeat_unknown=self._repeat_unknown) if self._ledger else None

    def write(self, outcome: Outcome) -> None:
        """Write an outcome to the ledger.

        Raises:
            CallControlError: If the ledger cannot be written.
        """
        if self._ledger:
            self._ledger.finish(outcome)

    def report(self, outcome: Outcome) -> None:
        """Count an outcome, and pass it to ``on_outcome``."""
        self.count(outcome.outcome)
        # Restored only if the function succeeds, so that a function that raised an error is not called again.
        report, self._on_outcome = self._on_outcome, None
        if report:
            report(outcome)
        self._on_outcome = report


def outcome_of(error: CallControlError) -> OutcomeKind:
    """Return the kind of outcome of an interruption that failed with this error."""
    if _has_ended(error):
        return "gone"
    return "refused" if _was_not_delivered(error) else "unknown"


def _has_ended(error: CallControlError) -> bool:
    """Return whether the call has ended or does not exist."""
    if isinstance(error, CallNotActive):
        # After 409, a call without a visible state may be new; after 404, it does not exist.
        return error.state == DISCONNECTED or (error.state is None and error.status == _NOT_FOUND)
    return isinstance(error, NotFound) and error.operation != TOKEN_REQUEST


def _was_not_delivered(error: CallControlError) -> bool:
    """Return whether the call certainly did not receive the document."""
    if isinstance(error, ApiError | TransportError):
        if error.doubt:
            return False
        if error.operation == TOKEN_REQUEST:  # the document was not sent
            return True
    if isinstance(error, ApiError):
        return 400 <= error.status < 500 or error.status in NOT_PROCESSED  # noqa: PLR2004  4xx: the API rejected the request
    return isinstance(error, InvalidRequest) or (isinstance(error, TransportError) and not error.sent)


_NOT_FOUND: Final = 404
