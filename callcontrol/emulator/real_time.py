"""Real time: a thread that runs timers when they are due, and worker threads that send webhooks meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

from callcontrol.emulator.simulation import Simulation

MAX_WORKERS: Final = 256
"""Maximum number of webhooks that are sent at the same time; further webhooks wait for a free worker."""

log = logging.getLogger(__name__)


class RealTimeDriver:
    """Advances the time of a simulation continuously.

    Args:
        simulation: The simulation.
        speed: Seconds of the simulation's time for each second of real time.
    """

    def __init__(self, simulation: Simulation, speed: float) -> None:
        self._simulation = simulation
        self._speed = speed
        self._workers = Workers()
        self._thread = threading.Thread(target=self._run, name="emulator time", daemon=True)
        self._stopped = False

    def start(self) -> None:
        """Start to advance time."""
        self._simulation.follow_real_time(self._speed, self._workers)
        self._thread.start()

    def stop(self) -> None:
        """Stop time; threads that wait for something stop waiting."""
        # Set before stop_time is called, because stop_time wakes the thread that reads this.
        self._stopped = True
        self._simulation.stop_time()
        self._thread.join()
        self._workers.close()

    def _run(self) -> None:
        while (due := self._wait()) is not None:
            try:
                self._simulation.step(due)
            except Exception:  # an internal error in one call must not stop all others
                log.exception("internal error of the emulator in a timer of a call")

    def _wait(self) -> float | None:
        """Wait until the next timer is due, and return its time, or ``None`` once time has stopped."""
        simulation = self._simulation
        with simulation.changed:
            while not self._stopped:
                seconds = simulation.scheduler.due_in
                if seconds is not None and seconds <= 0:
                    return simulation.scheduler.next_at
                # A wait longer than TIMEOUT_MAX raises OverflowError.
                simulation.changed.wait(None if seconds is None else min(seconds / self._speed, threading.TIMEOUT_MAX))
        return None


class Workers:
    """Daemon threads that run functions; a new thread starts only if no thread is idle.

    ``concurrent.futures`` is not used, because it waits for its threads when the program exits. If an application never
    responded, the program would then never exit.

    Args:
        max_workers: Maximum number of threads.
    """

    def __init__(self, max_workers: int = MAX_WORKERS) -> None:
        self._max_workers = max_workers
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._count = 0

    def __call__(self, function: Callable[[], None]) -> None:
        """Run a function in a worker thread."""
        self._queue.put(function)
        # Called only in the thread that advances time, so the count needs no lock.
        if not self._idle.acquire(blocking=False) and self._count < self._max_workers:
            self._count += 1
            threading.Thread(target=self._run, name="emulator webhook", daemon=True).start()

    def close(self) -> None:
        """End each thread after its current function."""
        for _ in range(self._count):
            self._queue.put(None)

    def _run(self) -> None:
        while (function := self._queue.get()) is not None:
            function()
            self._idle.release()
