"""Call records: the fields of a call that the API shows, its state changes, and the registry of all calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, Literal, TypeVar

from bxml.builder.frozen_dict import Frozen
from callcontrol import call_states
from callcontrol.iso8601 import in_iso
from callcontrol.redacted_url_repr import redacted

FORGET_AFTER: Final = timedelta(days=7)
"""Time after the end of a call during which the API can return the call."""

Clock = Callable[[], datetime]
"""A function that returns the time of day, in UTC."""


def now() -> datetime:
    """Return the current time, in UTC."""
    return datetime.now(UTC)


@redacted
@dataclass
class Record:
    """The fields of one call, as the API shows them."""

    call_id: str
    account_id: str = field(repr=False)
    application_id: str = field(repr=False)
    from_: str
    to: str
    direction: Literal["inbound", "outbound"] = "outbound"
    parent_call_id: str | None = field(default=None, repr=False)
    request: Mapping[str, Any] = field(default_factory=Frozen, repr=False)
    """The body of the CreateCall request; empty for an inbound call and for a leg of a Transfer."""
    enqueued_time: datetime | None = field(default=None, repr=False)
    state: str = call_states.QUEUED
    start_time: datetime | None = field(default=None, repr=False)
    answer_time: datetime | None = field(default=None, repr=False)
    end_time: datetime | None = field(default=None, repr=False)
    last_update: datetime = field(default_factory=now, repr=False)
    disconnect_cause: str | None = None
    error_message: str | None = field(default=None, repr=False)
    error_id: str | None = field(default=None, repr=False)
    tag: str | None = field(default=None, repr=False)
    documents: list[str] = field(default_factory=list[str], repr=False)
    """The documents that UpdateCallBxml pushed, in order."""
    redirections: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]], repr=False)
    """The bodies of the UpdateCall requests that redirected the call, in order."""

    @property
    def redirects(self) -> list[str]:
        """The URLs that UpdateCall redirected the call to, in order."""
        return [str(body["redirectUrl"]) for body in self.redirections]

    def move(self, state: str, when: datetime, *, cause: str | None = None, error: str | None = None) -> None:
        """Change the state, and set the times that belong to the new state.

        Args:
            state: The new state.
            when: Time of the change, in UTC.
            cause: Disconnect cause, if the call ends.
            error: Error message, if the call ends with an error.

        Raises:
            ValueError: If the new state cannot follow the current state.
        """
        self.check(state)
        self.state, self.last_update = state, when
        if state == call_states.INITIATED:
            self.start_time = when
        elif state == call_states.ANSWERED:
            self.answer_time = when
        else:
            self.end_time, self.disconnect_cause, self.error_message = when, cause, error

    def check(self, state: str) -> None:
        """Check that a state can follow the current state.

        Raises:
            ValueError: If the state cannot follow the current state.
        """
        if state not in call_states.NEXT[self.state]:
            following = " or ".join(sorted(call_states.NEXT[self.state]))
            hint = f"expected {following}" if following else "the call has ended"
            raise ValueError(f"a call that is {self.state} cannot become {state}; {hint}")

    def as_json(self) -> dict[str, Any]:
        """Return the fields of the call as GetCallState returns them."""
        return {
            "applicationId": self.application_id,
            "accountId": self.account_id,
            "callId": self.call_id,
            "parentCallId": self.parent_call_id,
            "to": self.to,
            "from": self.from_,
            "direction": self.direction,
            "state": self.state,
            # The platform sets these two for some inbound calls only; otherwise they are null.
            "stirShaken": None,
            "identity": None,
            "enqueuedTime": _written(self.enqueued_time),
            "startTime": _written(self.start_time),
            "answerTime": _written(self.answer_time),
            "endTime": _written(self.end_time),
            "disconnectCause": self.disconnect_cause,
            "errorMessage": self.error_message,
            "errorId": self.error_id,
            "lastUpdate": _written(self.last_update),
        }


def _written(when: datetime | None) -> str | None:
    return None if when is None else in_iso(when)


R = TypeVar("R", bound=Record)


class Records(Generic[R]):
    """A registry that finds calls by account and id, and drops calls that ended long ago.

    Args:
        clock: Function that returns the time of day.
        grace: Time after the end of a call during which updates return 409; later updates return 404.
        max_ended: Maximum number of ended calls that are kept.
    """

    def __init__(self, clock: Clock, grace: timedelta, max_ended: int) -> None:
        self._clock = clock
        self._grace = grace
        self._max_ended = max_ended
        self._ended: deque[R] = deque()
        self.by_id: dict[str, R] = {}

    def add(self, record: R) -> None:
        """Add a call."""
        self.by_id[record.call_id] = record
        self._forget()

    def ended(self, record: R) -> None:
        """Record the end of a call, and drop the oldest ended calls if too many are kept."""
        self._ended.append(record)
        self._forget()

    def _forget(self) -> None:
        """Drop the calls that ended long ago, and the oldest ended calls if too many are kept."""
        # Calls are appended when they end, so the first one is the oldest.
        while self._ended and (len(self._ended) > self._max_ended or self._ended_before(self._ended[0], FORGET_AFTER)):
            del self.by_id[self._ended.popleft().call_id]

    def clear(self) -> None:
        """Drop all calls."""
        self.by_id.clear()
        self._ended.clear()

    def get(self, account_id: str, call_id: str) -> R | None:
        """Return a call of an account, or ``None`` if it is unknown or ended more than seven days ago."""
        record = self.by_id.get(call_id)
        return record if record and record.account_id == account_id and not self._ended_before(record, FORGET_AFTER) else None

    def of_account(self, account_id: str) -> list[R]:
        """Return the calls of an account, oldest first."""
        # The registry drops old calls only when another call is added or ends, so each call is checked here too.
        return [record for record in self.by_id.values() if self.get(account_id, record.call_id) is record]

    def is_gone(self, record: R) -> bool:
        """Return whether a call ended so long ago that updates return 404."""
        return self._ended_before(record, self._grace)

    def _ended_before(self, record: R, span: timedelta) -> bool:
        return record.end_time is not None and self._clock() - record.end_time > span
