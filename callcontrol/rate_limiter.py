"""One limiter for each client: when the API answers 429, all requests of the client slow down, not only the refused one.

The limiter does no I/O and never waits. It tells each request when its turn is, and learns from the responses:

- Before the first 429 there is no limit.
- A 429 sets the rate to a part of what the API accepted lately, and pauses everyone as long as ``Retry-After`` asks.
- Each second without a 429 raises the rate by a small part. After a minute without one the limit is gone.

Requests that were sent before the rate was lowered do not lower it again, however many of them the API refuses.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

from callcontrol.fork_safety import renew_after_fork

BACKOFF: Final = 0.8
"""Part of the accepted rate that remains after a 429."""

RECOVERY: Final = 0.02
"""Part by which the rate grows in each second without a 429."""

FORGET_AFTER: Final = 60.0
"""Seconds without a 429 after which there is no limit any more."""

WINDOW: Final = 1.0
"""Seconds over which the accepted rate is measured."""

DEFAULT_PAUSE: Final = 1.0
"""Seconds that everyone pauses after a 429 without ``Retry-After``: the API counts requests by the second."""

SLOWEST: Final = 0.5
"""Requests a second that the rate never falls below."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn of one request.

    Attributes:
        wait: Seconds until the request may be sent.
        epoch: Number of the rate that the turn was given under.
    """

    wait: float
    epoch: int


@dataclass(frozen=True, slots=True)
class LimiterState:
    """The state of a client's limiter, for progress displays and logs.

    Attributes:
        rate: Requests a second; ``None`` if there is no limit.
        paused: Seconds until the next request may be sent; 0 if nothing is paused.
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
    """Gives requests their turns; every method takes the time, in seconds of any clock that never goes back."""

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
        """Return the class; another process has its own limit and time."""
        return type(self), ()

    def renew_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent process may have held."""
        self._lock = threading.Lock()

    def turn(self, now: float) -> Turn:
        """Return the next turn, which is then taken."""
        if self._rate is None:  # as in most runs, and then no lock is needed
            return Turn(0.0, self._epoch)
        with self._lock:
            self._recover(now)
            at = max(now, self._paused_until, self._next_turn)
            self._next_turn = at + 1 / self._rate if self._rate else at
            return Turn(at - now, self._epoch)

    def is_current(self, turn: Turn) -> bool:
        """Return whether a turn is still valid: no 429 has come since it was given."""
        return turn.epoch == self._epoch

    def accepted(self, now: float) -> None:
        """Note a response that is not 429."""
        self._accepted.append(now)

    def refused(self, now: float, turn: Turn, retry_after: float | None) -> LimiterState | None:
        """Note a 429.

        Args:
            now: The time.
            turn: The turn that the request was sent in.
            retry_after: Seconds that the API asks to wait; ``None`` if it does not say.

        Returns:
            The new state, if the rate was lowered by this 429.
        """
        with self._lock:
            if turn.epoch != self._epoch and not retry_after:  # it was sent before the rate was lowered
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
        """Return the present state."""
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
