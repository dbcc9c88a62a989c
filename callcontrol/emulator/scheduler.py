"""The scheduler of the emulator's timers; its time jumps from one timer to the next, or follows a clock."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from callcontrol.request_fields import Field

Action = Callable[[], None]
"""A function that a timer calls."""

LONGEST: Final = 10**9
"""Largest number of seconds that an argument may have."""


def seconds(name: str, *, required: bool = False) -> Field:
    """Return a request field that holds a number of seconds."""
    return Field(name, "number", required=required, minimum=0, maximum=LONGEST)


SECONDS: Final = seconds("seconds")
"""Field definition that checks the argument ``seconds``."""


@dataclass(order=True)
class Timer:
    """A scheduled action.

    Attributes:
        at: Due time, in seconds since the start of the emulator's time.
        number: Serial number; timers with the same due time run in the order of their creation.
        action: The function to call.
    """

    at: float
    number: int
    action: Action | None = field(compare=False)
    """The function to call; ``None`` once the timer is canceled."""

    def cancel(self) -> None:
        """Cancel the timer."""
        self.action = None


class Scheduler:
    """The emulator's time, and its timers in the order of their due times."""

    def __init__(self) -> None:
        """Start at zero, without timers."""
        self._now = 0.0
        self._clock: Callable[[], float] | None = None
        self._in_action = False
        self._timers: list[Timer] = []
        self._numbers = itertools.count()

    @property
    def now(self) -> float:
        """The time, in seconds since the start; it never decreases.

        While an action runs, the time stays at the due time of its timer. Therefore the timers that follow are not
        delayed if a thread wakes up late.
        """
        if not self._in_action:
            self._now = self._read()
        return self._now

    def _read(self) -> float:
        return self._now if self._clock is None else max(self._now, self._clock())

    def follow(self, clock: Callable[[], float] | None) -> None:
        """Follow a clock, or stop following it.

        Args:
            clock: Function that returns the time in seconds since the start; ``None`` to stop following a clock.
        """
        self._now, self._clock = self.now, clock

    def after(self, seconds: float, action: Action) -> Timer:
        """Schedule an action, and return its timer.

        Args:
            seconds: Seconds from now; with 0 the action runs after everything that is already due.
            action: The function to call.
        """
        timer = Timer(self.now + seconds, next(self._numbers), action)
        heapq.heappush(self._timers, timer)
        return timer

    @property
    def next_at(self) -> float | None:
        """The due time of the next timer, in seconds since the start; ``None`` without timers."""
        # A canceled timer stays in the heap until it is the first one, because a heap has no cheap removal.
        while self._timers and self._timers[0].action is None:
            heapq.heappop(self._timers)
        return self._timers[0].at if self._timers else None

    @property
    def due_in(self) -> float | None:
        """Seconds until the next timer is due, negative if it is late; ``None`` without timers."""
        at = self.next_at
        return None if at is None else at - self._read()

    def run_next(self, until: float) -> bool:
        """Run the next timer if it is due by this time, and return whether a timer ran."""
        at = self.next_at
        if at is None or at > until:
            return False
        timer = heapq.heappop(self._timers)
        assert timer.action is not None  # next_at drops canceled timers
        self._now, self._in_action = max(self._now, at), True
        try:
            timer.action()
        finally:
            self._in_action = False
        return True

    def advance_to(self, at: float) -> None:
        """Advance time to this moment, unless the moment has passed."""
        self._now = max(self._now, at)
