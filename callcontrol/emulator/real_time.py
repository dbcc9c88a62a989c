"""Real time: a thread that lets things happen when they are due, and others that ask applications meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

from callcontrol.emulator.simulation import Simulation

MOST_ASKERS: Final = 256
"""Applications that are asked at once; whatever is asked beyond waits for an answer to any of them."""

log = logging.getLogger(__name__)


class RealTimeDriver:
    """Lets time go by itself.

    Args:
        simulation: What lives in this time.
        speed: Its seconds for each real one.
    """

    def __init__(self, simulation: Simulation, speed: float) -> None:
        self._simulation = simulation
        self._speed = speed
        self._askers = Askers()
        self._thread = threading.Thread(target=self._go, name="emulator's time", daemon=True)
        self._stopped = False

    def start(self) -> None:
        """Let time go on."""
        self._simulation.go_by_itself(self._speed, self._askers)
        self._thread.start()

    def stop(self) -> None:
        """Let time stand still; whoever waits for something waits no longer."""
        self._stopped = True
        self._simulation.stand_still()
        self._thread.join()
        self._askers.close()

    def _go(self) -> None:
        while (due := self._wait()) is not None:
            try:
                self._simulation.step(due)
            except Exception:  # one call that the emulator fails is no reason for all others to stand still
                log.exception("the emulator has failed at something that was to happen in a call")

    def _wait(self) -> float | None:
        """When the next thing is to happen, once it is; nothing once time stands still."""
        simulation = self._simulation
        with simulation.changed:
            while not self._stopped:
                seconds = simulation.scheduler.due_in
                if seconds is not None and seconds <= 0:
                    return simulation.scheduler.next_at
                simulation.changed.wait(None if seconds is None else min(seconds / self._speed, threading.TIMEOUT_MAX))
        return None


class Askers:
    """Threads that do what they are given, as many as have something to do; they end with the program, whatever they do."""

    def __init__(self, most: int = MOST_ASKERS) -> None:
        """Begin with none."""
        self._most = most
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._count = 0

    def __call__(self, do: Callable[[], None]) -> None:
        """Have something done."""
        self._work.put(do)
        if not self._idle.acquire(blocking=False) and self._count < self._most:
            self._count += 1
            threading.Thread(target=self._ask, name="asks an application", daemon=True).start()

    def close(self) -> None:
        """Let each of them end once it has done what it does."""
        for _ in range(self._count):
            self._work.put(None)

    def _ask(self) -> None:
        while (do := self._work.get()) is not None:
            do()
            self._idle.release()
