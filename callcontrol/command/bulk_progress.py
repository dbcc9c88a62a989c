"""The progress of a run over many calls: counts by outcome, the rate, the limiter's state and the time left, on stderr."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol, Self

from bxml.command.standard_streams import tell
from callcontrol.adaptive_rate_limiter import LimiterState
from callcontrol.command.output import NAME, count_of_calls
from callcontrol.command.stderr_display import is_shown, start, stop
from callcontrol.ledger import OUTCOME_KINDS

if TYPE_CHECKING:
    from rich.live import Live

SKIPPED: Final = "skipped"
"""The outcome of a call for which nothing was sent. Such calls do not count in the rate."""

DELAY: Final = 1.0
"""Seconds before the progress appears on a terminal."""

INTERVAL: Final = 30.0
"""Seconds between two lines if stderr is not a terminal."""

WINDOW: Final = 10.0
"""Seconds over which the rate is measured."""


class Ended(Protocol):
    """A flag that says whether a run has ended, such as a :class:`threading.Event`."""

    def set(self) -> None:
        """Record that the run has ended."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait for a number of seconds, or until the end of the run. Return whether the run has ended."""
        ...


class BulkProgress:
    """The progress of a run over many calls, shown in a ``with`` block.

    ::

        with BulkProgress(len(ids), lambda: client.limiter_state) as progress:
            client.interrupt_many(ids, document, on_outcome=lambda outcome: progress.add(outcome.outcome))

    On a terminal, the progress appears after a second, is redrawn twice a second, and disappears at the end. If stderr is not a
    terminal, a line is printed every 30 seconds.

    Args:
        total: Number of calls.
        limiter_state: Function that returns the state of the client's limiter. Another thread calls it.
        quiet: True to print nothing, and only to count.
        clock: Function that returns the current time in seconds.
        ended: Flag that says whether the run has ended.
    """

    def __init__(
        self,
        total: int,
        limiter_state: Callable[[], LimiterState],
        *,
        quiet: bool = False,
        clock: Callable[[], float] = monotonic,
        ended: Ended | None = None,
    ) -> None:
        self._total, self._limiter_state, self._quiet, self._clock = total, limiter_state, quiet, clock
        self._counts: dict[str, int] = dict.fromkeys((*OUTCOME_KINDS, SKIPPED), 0)
        self._samples = deque([(clock(), 0)])
        self._ended = ended or threading.Event()
        self._thread = threading.Thread(target=self._show, name="progress", daemon=True)
        self._display: Live | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of calls with each outcome so far."""
        return dict(self._counts)

    def add(self, outcome: str, calls: int = 1) -> None:
        """Count the outcome of a call, or the same outcome of several calls. Must be called by one thread at a time.

        Args:
            outcome: ``delivered``, ``gone``, ``refused``, ``unknown`` or ``skipped``. Other outcomes are counted under their
                own names.
            calls: Number of calls.
        """
        self._counts[outcome] = self._counts.get(outcome, 0) + calls

    def __enter__(self) -> Self:
        """Begin to show the progress."""
        if not self._quiet:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the progress from the terminal."""
        self._ended.set()
        if not self._quiet:
            self._thread.join()
        if self._display is not None:
            stop(self._display)

    def _show(self) -> None:
        """Show the progress in a thread of its own, because the progress also changes while no outcome arrives."""
        if is_shown():
            if not self._ended.wait(DELAY):
                self._display = start(self.line)
            return
        while not self._ended.wait(INTERVAL):
            tell(NAME, self.line())

    def line(self) -> str:
        """Return the progress as a sentence. The rate is measured between this use of the method and earlier uses."""
        counts, now = self.counts, self._clock()
        done = sum(counts.values())
        found = ", ".join(f"{number:,} {outcome}" for outcome, number in counts.items() if number or outcome == "delivered")
        rate = self._rate(now, done - counts[SKIPPED])
        shown_rate = f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"  # noqa: PLR2004  three digits
        left = _duration((self._total - done) / rate) if rate else "unknown time"
        progress = f"{done:,} of {count_of_calls(self._total)}: {found}; {shown_rate} calls/s, {self._limiter_state()}"
        return progress if done >= self._total else f"{progress}; {left} left"

    def _rate(self, now: float, sent: int) -> float:
        """Return the number of calls per second in the last :data:`WINDOW` seconds."""
        samples = self._samples
        while len(samples) > 1 and samples[1][0] <= now - WINDOW:
            samples.popleft()
        start, before = samples[0]
        samples.append((now, sent))
        return (sent - before) / (now - start) if now > start else 0.0


def _duration(seconds: float) -> str:
    """Return a duration with two units at most, such as ``about 1 min 20 s``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"about {hours:,} h {minutes} min"
    return f"about {minutes} min {rest} s" if minutes else f"about {rest} s"
