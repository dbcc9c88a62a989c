"""Rate limiting: when the API responds with 429, all requests of the client slow down, not only the refused request.

Each client has one limiter, which does no I/O and never waits. It tells each request when the request may be sent, and adapts
its rate to the responses:

- Before the first 429 there is no limit.
- A 429 sets the rate to a fraction of the rate that the API accepted recently, and pauses all requests for the time that
  ``Retry-After`` asks for.
- Each second without a 429 raises the rate by a small fraction. After a minute without a 429 the limit is removed.

If a request was sent before the rate was lowered, a 429 for it does not lower the rate again.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from callcontrol.fork_safety import renew_after_fork

BACKOFF: Final = 0.8
"""Fraction of the accepted rate that remains after a 429."""

RECOVERY: Final = 0.02
"""Fraction by which the rate grows in each second without a 429."""

FORGET_AFTER: Final = 60.0
"""Seconds without a 429 after which the limit is removed."""

WINDOW: Final = 1.0
"""Seconds over which the accepted rate is measured."""

DEFAULT_PAUSE: Final = 1.0
"""Seconds for which all requests pause after a 429 without ``Retry-After``. The API counts requests per second."""

SLOWEST: Final = 0.5
"""Minimum rate, in requests per second."""


class Turn(NamedTuple):
    """The time at which one request may be sent.

    Attributes:
        wait: Seconds until the request may be sent.
        epoch: Number of times that the rate had been lowered when the turn was given.
    """

    wait: float
    epoch: int


@dataclass(frozen=True, slots=True)
class LimiterState:
    """The state of a client's limiter, for progress displays and logs.

    Attributes:
        rate: Maximum requests per second; ``None`` if there is no limit.
        paused: Seconds until the next request may be sent; 0 if the requests are not paused.
    """

    rate: float | None = None
    paused: float = 0.0

    def __str__(self) -> str:
        """Return the state as it is shown in a progress display."""
        if self.rate is None:
            return "not limited"
        paused = f", paused for {self.paused:.0f} s" if self.paused >= 1 else ""
        return f"limited to {self.rate:.3g} requests/s{paused}"


class RateLimiter:
    """Limiter that gives each request its turn.

    The argument ``now`` of its methods is the time, in seconds of any clock that never goes back.
    """

    def __init__(self) -> None:
        self._epoch = 0
        self._rate: float | None = None
        self._paused_until = 0.0
        self._next_turn = 0.0
        self._lowered_at = 0.0
        self._raised_at = 0.0
        self._accepted: deque[float] = deque(maxlen=4096)
        self.renew_after_fork()
        renew_after_fork(self)

    def __reduce__(self) -> tuple[type[RateLimiter], tuple[()]]:
        """Return the class without the state, because another process has its own limit and time."""
        return type(self), ()

    def renew_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent process may have held."""
        self._lock = threading.Lock()

    def turn(self, now: float) -> Turn:
        """Take the next turn, and return it."""
        if self._rate is None:  # the usual case, in which no lock is needed
            return Turn(0.0, self._epoch)
        with self._lock:
            self._recover(now)
            at = max(now, self._paused_until, self._next_turn)
            self._next_turn = at + 1 / self._rate if self._rate else at
            return Turn(at - now, self._epoch)

    def is_current(self, turn: Turn) -> bool:
        """Return whether a turn is still valid. A turn is valid until the rate is lowered."""
        return turn.epoch == self._epoch

    def accepted(self, now: float) -> None:
        """Record a response whose status is not 429."""
        with self._lock:  # `refused` counts these times, and a deque that grows cannot be iterated
            self._accepted.append(now)

    def refused(self, now: float, turn: Turn, retry_after: float | None) -> LimiterState | None:
        """Record a response whose status is 429.

        Args:
            now: The time.
            turn: The turn of the request.
            retry_after: Seconds that the API asks to wait; ``None`` if it does not say.

        Returns:
            The new state if this 429 lowered the rate; otherwise ``None``.
        """
        with self._lock:
            if turn.epoch != self._epoch and not retry_after:  # sent before the rate was lowered
                return None
            self._paused_until = max(self._paused_until, now + (DEFAULT_PAUSE if retry_after is None else retry_after))
            if turn.epoch != self._epoch:
                return None
            self._recover(now)
            measured = sum(1 for at in self._accepted if at > now - WINDOW) / WINDOW
            current = measured if self._rate is None else min(self._rate, max(measured, self._rate / 2))
            self._rate = max(SLOWEST, current * BACKOFF)
            self._epoch += 1
            self._lowered_at = self._raised_at = now
            self._next_turn = max(now + 1 / self._rate, self._paused_until)
            return self._state(now)

    def state(self, now: float) -> LimiterState:
        """Return the current state."""
        with self._lock:
            self._recover(now)
            return self._state(now)

    def _state(self, now: float) -> LimiterState:
        return LimiterState(self._rate, max(0.0, self._paused_until - now))

    def _recover(self, now: float) -> None:
        if self._rate is None or now < self._paused_until:
            return
        start = max(self._raised_at, self._paused_until)
        if now - max(self._lowered_at, self._paused_until) > FORGET_AFTER:
            self._rate = None
        elif now > start:
            self._rate *= (1 + RECOVERY) ** (now - start)
            self._raised_at = now
