"""The clock of the frames of media streams."""

from __future__ import annotations

from callcontrol.emulator.scheduler import Scheduler
from callcontrol.emulator.stream_connections import FrameClock


def test_each_frame_has_one_timer() -> None:
    """A stream that starts just after the only other stream stopped does not set a second timer."""
    scheduler, frames = Scheduler(), list[int]()
    clock = FrameClock(scheduler)
    for _ in range(10):
        clock.add("one", frames.append)
        clock.remove("one")
    clock.add("two", frames.append)
    timers = 0
    while scheduler.run_next(0.1):
        timers += 1
    assert (frames, timers) == ([1, 2, 3, 4, 5], 5)


def test_clock_stops_and_starts_again() -> None:
    """Without streams there is no timer; a later stream gets its first frame at the next multiple of 20 ms."""
    scheduler, frames = Scheduler(), list[int]()
    clock = FrameClock(scheduler)
    clock.remove("unknown")

    def run_once(number: int) -> None:
        frames.append(number)
        clock.remove("one")

    clock.add("one", run_once)
    while scheduler.run_next(1):
        pass
    assert (frames, scheduler.next_at) == ([1], None)
    clock.add("two", frames.append)
    scheduler.run_next(1)
    assert frames == [1, 2]
