"""What the emulator knows of its calls, and how they change."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, Literal, TypeVar

from bxml.builder.frozen import Frozen
from callcontrol import call_states
from callcontrol.iso8601 import in_iso
from callcontrol.redaction import redacted

FORGET_AFTER: Final = timedelta(days=7)
"""How long a call can be read after its end."""

Clock = Callable[[], datetime]


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@redacted
@dataclass
class Record:
    """One call."""

    call_id: str
    account_id: str
    application_id: str
    from_: str
    to: str
    direction: Literal["inbound", "outbound"] = "outbound"
    parent_call_id: str | None = None
    request: Mapping[str, Any] = field(default_factory=Frozen, repr=False)
    """The body of the CreateCall that made it, if one did."""
    enqueued_time: datetime | None = None
    state: str = call_states.QUEUED
    start_time: datetime | None = None
    answer_time: datetime | None = None
    end_time: datetime | None = None
    last_update: datetime = field(default_factory=now)
    disconnect_cause: str | None = None
    error_message: str | None = None
    error_id: str | None = None
    tag: str | None = None
    documents: list[str] = field(default_factory=list[str], repr=False)
    """The documents that UpdateCallBxml has pushed, in order."""
    redirects: list[str] = field(default_factory=list[str], repr=False)
    """The URLs that UpdateCall has redirected to, in order."""

    def move(self, state: str, when: datetime, *, cause: str | None = None, error: str | None = None) -> None:
        """Go on to another state.

        Raises:
            ValueError: if it may not follow the present one.
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
        """Make sure that a state may follow the present one.

        Raises:
            ValueError: if it may not.
        """
        if state not in call_states.NEXT[self.state]:
            raise ValueError(f"a call that is {self.state} cannot become {state}")

    def as_json(self) -> dict[str, Any]:
        """The call as GetCallState gives it."""
        return {
            "applicationId": self.application_id,
            "accountId": self.account_id,
            "callId": self.call_id,
            "parentCallId": self.parent_call_id,
            "to": self.to,
            "from": self.from_,
            "direction": self.direction,
            "state": self.state,
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
    """All calls, by account and id, but for those that ended long ago.

    Args:
        clock: Gives the time of day.
        grace: How long changes of a call that has ended are refused before they find it no more.
        most_ended: How many calls that have ended are kept.
    """

    def __init__(self, clock: Clock, grace: timedelta, most_ended: int) -> None:
        self._clock = clock
        self._grace = grace
        self._most_ended = most_ended
        self._numbers = itertools.count(1)
        self._ended: deque[R] = deque()
        self.by_id: dict[str, R] = {}

    def new_id(self) -> str:
        """An id for a call. It has the vendor's form, and counts up so that runs are alike."""
        return written_id("c", next(self._numbers))

    def add(self, record: R) -> None:
        """Know of a call."""
        self.by_id[record.call_id] = record
        self._forget()

    def ended(self, record: R) -> None:
        """Know that a call has ended, which makes room for others in its time."""
        self._ended.append(record)
        self._forget()

    def _forget(self) -> None:
        """Let go of calls that ended long ago, and of the first that ended where there are too many."""
        while self._ended and (len(self._ended) > self._most_ended or self._ended_for(self._ended[0], FORGET_AFTER)):
            del self.by_id[self._ended.popleft().call_id]

    def get(self, account_id: str, call_id: str) -> R | None:
        """A call of an account, unless it ended so long ago that it is forgotten."""
        record = self.by_id.get(call_id)
        return record if record and record.account_id == account_id and not self._ended_for(record, FORGET_AFTER) else None

    def of_account(self, account_id: str) -> list[R]:
        """The calls of an account, oldest first."""
        return [record for record in self.by_id.values() if self.get(account_id, record.call_id) is record]

    def is_gone(self, record: R) -> bool:
        """Whether a call ended so long ago that changes find it no more."""
        return self._ended_for(record, self._grace)

    def _ended_for(self, record: R, span: timedelta) -> bool:
        return record.end_time is not None and self._clock() - record.end_time > span


def written_id(prefix: str, number: int) -> str:
    """An id of the vendor's form."""
    return f"{prefix}-{number:08x}-00000000-0000-0000-0000-{number:012x}"
