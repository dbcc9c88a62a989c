"""The outcomes of ``interrupt_many``: which outcome an error has, and how outcomes are written, counted and reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from bxml.messages.text import quote
from callcontrol.auth import TOKEN_REQUEST
from callcontrol.call_states import DISCONNECTED
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
from callcontrol.ledger import Ledger, Outcome, OutcomeKind
from callcontrol.retries import NOT_PROCESSED

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
        skipped: Ids for which nothing was sent: duplicates, and calls that are delivered or gone according to the ledger.
    """

    delivered: int = 0
    gone: int = 0
    refused: int = 0
    unknown: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        """The number of ids, including skipped ones."""
        return self.delivered + self.gone + self.refused + self.unknown + self.skipped


def check_settings(call_ids: object, workers: object, rate: object, most_workers: int) -> None:
    """Check the settings of ``interrupt_many``.

    Args:
        call_ids: The ids of the calls.
        workers: Number of calls that are interrupted at once.
        rate: Number of calls per second; ``None`` for unlimited.
        most_workers: Maximum of ``workers``.

    Raises:
        InvalidRequest: If an argument is invalid.
    """
    if isinstance(call_ids, str | bytes):  # iterating over a string would interrupt one call per character
        raise InvalidRequest(f"call_ids={quote(call_ids)} is a single id; expected a list or another iterable of strings")
    if not isinstance(workers, int) or isinstance(workers, bool) or not 1 <= workers <= most_workers:
        raise InvalidRequest(f"workers={quote(workers)} is not an integer from 1 to {most_workers}")
    least, most = RATES
    if rate is not None and not (isinstance(rate, int | float) and not isinstance(rate, bool) and least <= rate <= most):
        raise InvalidRequest(f"rate={quote(rate)} is not a number of calls per second from {least:g} to {most:.0f}")


class RunEnded(Exception):
    """The run ended during a pause between two attempts."""


class Result(NamedTuple):
    """The result of one interruption."""

    kind: OutcomeKind
    status: int | None = None
    detail: str | None = None
    failure: BaseException | None = None
    """The error that ends the run; ``None`` if the run continues."""


def result_of(error: BaseException) -> Result:
    """Return the result of an interruption that raised an error."""
    if isinstance(error, RunEnded):
        return Result("unknown", detail="the run ended between two attempts")
    if isinstance(error, CallControlError):
        failure = error if isinstance(error, Unauthorized | Forbidden) else None
        return Result(outcome_of(error), getattr(error, "status", None), str(error), failure)
    return Result("unknown", detail=f"an error of type {type(error).__name__}", failure=error)


class Recorder:
    """Recorder of outcomes. It writes an outcome to the ledger, counts it, and passes it to ``on_outcome``, in this order.

    Args:
        ledger: The ledger; ``None`` for no ledger.
        on_outcome: Function that is called with each outcome after the outcome is written.
    """

    def __init__(self, ledger: Ledger | None, on_outcome: Callable[[Outcome], object] | None) -> None:
        self._ledger, self._on_outcome = ledger, on_outcome
        self._seen = ledger.done if ledger else set[str]()
        self._counts: dict[OutcomeKind, int] = {"delivered": 0, "gone": 0, "refused": 0, "unknown": 0}
        self._skipped = 0

    @property
    def tally(self) -> Tally:
        """The number of calls with each outcome."""
        return Tally(**self._counts, skipped=self._skipped)

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
        return True

    def record(self, call_id: str, result: Result) -> None:
        """Write an outcome to the ledger, count it, and report it."""
        if self._ledger is None and self._on_outcome is None:
            self._counts[result.kind] += 1
            return
        outcome = Outcome(call_id, result.kind, result.status, result.detail, datetime.now(UTC))
        if self._ledger:
            self._ledger.write(outcome)
        self._counts[result.kind] += 1
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
