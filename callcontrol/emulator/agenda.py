"""What is to happen, and when: the emulator's time, which goes on only from one appointment to the next."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

Action = Callable[[], None]


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
    """Appointments in the order of their times.

    Attributes:
        now: Seconds since the emulator's time began.
    """

    def __init__(self) -> None:
        """Begin at zero, with nothing to happen."""
        self.now = 0.0
        self._appointments: list[Appointment] = []
        self._numbers = itertools.count()

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

    def happen(self, until: float) -> bool:
        """Let the next thing happen if it is due by then, at its time; whether there was one."""
        at = self.next_at
        if at is None or at > until:
            return False
        appointment = heapq.heappop(self._appointments)
        self.now = max(self.now, at)
        assert appointment.action is not None
        appointment.action()
        return True

    def pass_to(self, at: float) -> None:
        """Let time go on to this moment, if it is not there yet."""
        self.now = max(self.now, at)
