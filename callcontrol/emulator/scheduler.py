"""What is to happen, and when: the emulator's time, which goes on from one timer to the next, or as a clock has it."""

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
class Timer:
    """Something that is to happen.

    Attributes:
        at: Seconds since the emulator's time began.
        number: Counts up, so that of two at the same time the first made comes first.
    """

    at: float
    number: int
    action: Action | None = field(compare=False)
    """``None`` once it is canceled."""

    def cancel(self) -> None:
        """Let it not happen."""
        self.action = None


class Scheduler:
    """Timers in the order of their times."""

    def __init__(self) -> None:
        """Begin at zero, with nothing to happen."""
        self._now = 0.0
        self._clock: Callable[[], float] | None = None
        self._happening = False
        self._timers: list[Timer] = []
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

    def after(self, seconds: float, action: Action) -> Timer:
        """Have something happen so many seconds from now; with zero, after all that is to happen now already."""
        timer = Timer(self.now + seconds, next(self._numbers), action)
        heapq.heappush(self._timers, timer)
        return timer

    @property
    def next_at(self) -> float | None:
        """When the next thing happens, if anything does."""
        while self._timers and self._timers[0].action is None:
            heapq.heappop(self._timers)
        return self._timers[0].at if self._timers else None

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
        timer = heapq.heappop(self._timers)
        assert timer.action is not None
        self._now, self._happening = max(self._now, at), True
        try:
            timer.action()
        finally:
            self._happening = False
        return True

    def pass_to(self, at: float) -> None:
        """Let time go on to this moment, if it is not there yet."""
        self._now = max(self._now, at)
