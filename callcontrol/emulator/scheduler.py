"""The scheduler of the emulator's timers; its time jumps from one timer to the next, or follows a clock."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from callcontrol.request_fields import Field

Action = Callable[[], object]
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
        in_background: Whether :attr:`Scheduler.has_work` ignores the timer, such as the timer of a stream that never ends.
    """

    at: float
    number: int
    action: Action | None = field(compare=False)
    """The function to call; ``None`` once the timer is canceled."""
    in_background: bool = field(default=False, compare=False)

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
        # Two heaps, so that it is known at once whether all timers left are in the background.
        self._timers: list[Timer] = []
        self._background: list[Timer] = []
        self._numbers = itertools.count()
        self._held: list[Timer] | None = None
        self._held_back = 0

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
        return self.at(self.now + seconds, action)

    def at(self, moment: float, action: Action, *, in_background: bool = False) -> Timer:
        """Schedule an action at a moment, and return its timer.

        Args:
            moment: The due time, in seconds since the start.
            action: The function to call.
            in_background: Whether the timer does not count for :attr:`has_work`. A stream that never ends, for example, has
                such a timer.
        """
        timer = Timer(moment, next(self._numbers), action, in_background)
        if self._held is None:
            self._push(timer)
        else:
            self._held.append(timer)
            self._held_back += 1
        return timer

    def _push(self, timer: Timer) -> None:
        heapq.heappush(self._background if timer.in_background else self._timers, timer)

    @contextmanager
    def hold(self, held: list[Timer]) -> Generator[None]:
        """Hold back the timers that the block sets.

        Args:
            held: The list that receives these timers; pass it to :meth:`release` later.
        """
        self._held = held
        try:
            yield
        finally:
            self._held = None

    def release(self, held: list[Timer]) -> None:
        """Let timers run that were held back; a timer whose due time has passed runs as soon as possible."""
        for timer in held:
            self._push(timer)
        self._held_back -= len(held)

    @property
    def is_holding(self) -> bool:
        """True if timers are held back."""
        return self._held_back > 0

    @property
    def has_work(self) -> bool:
        """True if there is a timer that is not in the background."""
        return self.is_holding or _first(self._timers) is not None

    @property
    def next_work_at(self) -> float | None:
        """The due time of the next timer that is not in the background; ``None`` without such timers."""
        timer = _first(self._timers)
        return None if timer is None else timer.at

    def _next(self) -> Timer | None:
        timer, background = _first(self._timers), _first(self._background)
        if timer is None or background is None:
            return timer or background
        return min(timer, background)

    @property
    def next_at(self) -> float | None:
        """The due time of the next timer, in seconds since the start; ``None`` without timers."""
        timer = self._next()
        return None if timer is None else timer.at

    @property
    def due_in(self) -> float | None:
        """Seconds until the next timer is due, negative if it is late; ``None`` without timers."""
        at = self.next_at
        return None if at is None else at - self._read()

    def run_next(self, until: float, *, only_background: bool = False) -> bool:
        """Run the next timer if it is due by this time, and return whether a timer ran.

        Args:
            until: The time in seconds since the start.
            only_background: Whether to run the timer only if it is in the background.
        """
        timer = self._next()
        if timer is None or timer.at > until or (only_background and not timer.in_background):
            return False
        heapq.heappop(self._background if timer.in_background else self._timers)
        assert timer.action is not None  # _next drops canceled timers
        self._now, self._in_action = max(self._now, timer.at), True
        try:
            timer.action()
        finally:
            self._in_action = False
        return True

    def clear(self) -> None:
        """Cancel all timers."""
        for timer in (*self._timers, *self._background):
            timer.cancel()

    def advance_to(self, at: float) -> None:
        """Advance time to this moment, unless the moment has passed."""
        self._now = max(self._now, at)


def _first(timers: list[Timer]) -> Timer | None:
    """Return the first timer of a heap, after dropping canceled timers."""
    # A canceled timer stays in the heap until it is the first one, because a heap has no cheap removal.
    while timers and timers[0].action is None:
        heapq.heappop(timers)
    return timers[0] if timers else None
