"""A clock for pauses, deadlines and limits, which also counts pauses in virtual time."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable


class Clock:
    """A clock that never goes back: the system's monotonic clock, plus pauses that took no real time.

    The pause function can be the function of an emulator that advances virtual time. Such a function returns at once. If
    the clock did not count these pauses, a deadline would never be reached.

    Args:
        pause: Function that waits for a number of seconds.
    """

    def __init__(self, pause: Callable[[float], object] = time.sleep) -> None:
        self._pause = pause
        self._skipped = 0.0

    def __reduce__(self) -> tuple[type[Clock], tuple[object]]:
        """Return the class and the pause function, without the time, because another process has its own time."""
        return type(self), (self._pause,)

    def now(self) -> float:
        """Return the time in seconds."""
        return time.monotonic() + self._skipped

    def pause(self, seconds: float) -> None:
        """Wait for a number of seconds."""
        start = time.monotonic()
        self._pause(seconds)
        self._count(seconds, start)

    def _count(self, seconds: float, start: float) -> None:
        """Count the part of a pause that took no real time. The pause began at ``start``."""
        self._skipped += max(0.0, seconds - (time.monotonic() - start))


class AsyncClock(Clock):
    """A clock for an event loop. It also counts pauses that take no real time.

    Args:
        pause: Coroutine function that waits for a number of seconds.
    """

    def __init__(self, pause: Callable[[float], Awaitable[object]]) -> None:
        super().__init__()
        self._async_pause = pause

    async def async_pause(self, seconds: float) -> None:
        """Wait for a number of seconds."""
        start = time.monotonic()
        await self._async_pause(seconds)
        self._count(seconds, start)
