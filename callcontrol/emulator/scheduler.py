"""What is to happen, and when: the emulator's time, which goes on from one appointment to the next, or as a clock has it."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from callcontrol.request_fields import Field

Action = Callable[[], None]

LONGEST: Final = 10**9
"""Seconds that anything takes at most."""


def seconds(name: str, *, required: bool = False) -> Field:
    """A field that has a time."""
    return Field(name, "number", required=required, minimum=0, maximum=LONGEST)


SECONDS: Final = seconds("seconds")
"""How long somebody waits."""


@dataclass(order=True)
class Appointment:
    """Something that is to happen.

    Attributes:
        at: Seconds since the emulator's time began.
        number: Counts up, so that of two at the same time the first made comes first.
    """

    at: float
    number: int
    action: Action | None = field(compare=False)
    """``None`` once it is called off."""

    def call_off(self) -> None:
        """Let it not happen."""
        self.action = None


class Agenda:
    """Appointments in the order of their times."""

    def __init__(self) -> None:
        """Begin at zero, with nothing to happen."""
        self._now = 0.0
        self._clock: Callable[[], float] | None = None
        self._happening = False
        self._appointments: list[Appointment] = []
        self._numbers = itertools.count()

    @property
    def now(self) -> float:
        """Seconds since the emulator's time began, which never go back.

        While something happens it is the time for which that was appointed, so that a thread which comes a little late does not
        put off what follows.
        """
        if not self._happening:
            self._now = self._read()
        return self._now

    def _read(self) -> float:
        return self._now if self._clock is None else max(self._now, self._clock())

    def follow(self, clock: Callable[[], float] | None) -> None:
        """Let time go on as a clock has it, which gives the seconds of this time; without one only when it is moved."""
        self._now, self._clock = self.now, clock

    def after(self, seconds: float, action: Action) -> Appointment:
        """Have something happen so many seconds from now; with zero, after all that is to happen now already."""
        appointment = Appointment(self.now + seconds, next(self._numbers), action)
        heapq.heappush(self._appointments, appointment)
        return appointment

    @property
    def next_at(self) -> float | None:
        """When the next thing happens, if anything does."""
        while self._appointments and self._appointments[0].action is None:
            heapq.heappop(self._appointments)
        return self._appointments[0].at if self._appointments else None

    @property
    def due_in(self) -> float | None:
        """Seconds until the next thing is to happen, if anything is; below zero if it is late."""
        at = self.next_at
        return None if at is None else at - self._read()

    def happen(self, until: float) -> bool:
        """Let the next thing happen if it is due by then, at its time; whether there was one."""
        at = self.next_at
        if at is None or at > until:
            return False
        appointment = heapq.heappop(self._appointments)
        assert appointment.action is not None
        self._now, self._happening = max(self._now, at), True
        try:
            appointment.action()
        finally:
            self._happening = False
        return True

    def pass_to(self, at: float) -> None:
        """Let time go on to this moment, if it is not there yet."""
        self._now = max(self._now, at)
