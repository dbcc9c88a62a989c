"""What the emulator knows of its calls, and how they change."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from callcontrol import states
from callcontrol.times import in_iso

FORGET_AFTER: Final = timedelta(days=7)
"""How long a call can be read after its end."""

GRACE: Final = timedelta(seconds=60)
"""How long an ended call answers changes with 409 instead of 404; the vendor gives no figure."""

Clock = Callable[[], datetime]


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass
class Record:
    """One call."""

    call_id: str
    account_id: str
    request: Mapping[str, Any] = field(repr=False)
    """The body of the CreateCall that made it."""
    enqueued_time: datetime
    state: str = states.QUEUED
    start_time: datetime | None = None
    answer_time: datetime | None = None
    end_time: datetime | None = None
    last_update: datetime = field(default_factory=now)
    disconnect_cause: str | None = None
    error_message: str | None = None
    tag: str | None = None
    documents: list[str] = field(default_factory=list[str], repr=False)
    """The documents that UpdateCallBxml has pushed, in order."""
    redirects: list[str] = field(default_factory=list[str])
    """The URLs that UpdateCall has redirected to, in order."""

    def move(self, state: str, when: datetime, *, cause: str | None = None, error: str | None = None) -> None:
        """Go on to another state.

        Raises:
            ValueError: if it may not follow the present one.
        """
        if state not in states.NEXT[self.state]:
            raise ValueError(f"a call that is {self.state} cannot become {state}")
        self.state, self.last_update = state, when
        if state == states.INITIATED:
            self.start_time = when
        elif state == states.ANSWERED:
            self.answer_time = when
        else:
            self.end_time, self.disconnect_cause, self.error_message = when, cause, error

    def as_json(self) -> dict[str, Any]:
        """The call as GetCallState gives it."""
        return {
            "applicationId": self.request["applicationId"],
            "accountId": self.account_id,
            "callId": self.call_id,
            "parentCallId": None,
            "to": self.request["to"],
            "from": self.request["from"],
            "direction": "outbound",
            "state": self.state,
            "stirShaken": None,
            "identity": None,
            "enqueuedTime": _written(self.enqueued_time),
            "startTime": _written(self.start_time),
            "answerTime": _written(self.answer_time),
            "endTime": _written(self.end_time),
            "disconnectCause": self.disconnect_cause,
            "errorMessage": self.error_message,
            "errorId": None,
            "lastUpdate": _written(self.last_update),
        }


def _written(when: datetime | None) -> str | None:
    return None if when is None else in_iso(when)


class Records:
    """All calls, by account and id."""

    def __init__(self, clock: Clock) -> None:
        """Know no call yet."""
        self._clock = clock
        self._numbers = itertools.count(1)
        self.by_id: dict[str, Record] = {}

    def add(self, account_id: str, request: Mapping[str, Any]) -> Record:
        """A new call, in the queue. Its id has the vendor's form, and counts up so that runs are alike."""
        number = next(self._numbers)
        call_id = f"c-{number:08x}-00000000-0000-0000-0000-{number:012x}"
        when = self._clock()
        record = Record(call_id, account_id, request, enqueued_time=when, last_update=when, tag=request.get("tag"))
        self.by_id[call_id] = record
        return record

    def get(self, account_id: str, call_id: str) -> Record | None:
        """A call of an account, unless it ended so long ago that it is forgotten."""
        record = self.by_id.get(call_id)
        return record if record and record.account_id == account_id and not self._ended_for(record, FORGET_AFTER) else None

    def of_account(self, account_id: str) -> list[Record]:
        """The calls of an account, oldest first."""
        return [record for record in self.by_id.values() if self.get(account_id, record.call_id) is record]

    def is_gone(self, record: Record) -> bool:
        """Whether a call ended so long ago that changes find it no more."""
        return self._ended_for(record, GRACE)

    def _ended_for(self, record: Record, span: timedelta) -> bool:
        return record.end_time is not None and self._clock() - record.end_time > span
