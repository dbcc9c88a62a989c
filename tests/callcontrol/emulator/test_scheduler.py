"""The scheduler runs timers in the order of their due times, and time jumps from one timer to the next."""

from callcontrol.emulator.scheduler import Scheduler


def run_all(scheduler: Scheduler, until: float) -> None:
    """Run all timers that are due by this time."""
    while scheduler.run_next(until):
        pass


def test_timers_run_in_order_of_due_time() -> None:
    """Each timer runs at its due time; timers with the same due time run in order of creation."""
    scheduler, seen = Scheduler(), list[tuple[float, str]]()
    for seconds, name in [(2, "b"), (1, "a"), (2, "c"), (0, "at once")]:
        scheduler.after(seconds, lambda name=name: seen.append((scheduler.now, name)))  # type: ignore[misc]
    run_all(scheduler, 10)
    assert seen == [(0, "at once"), (1, "a"), (2, "b"), (2, "c")]
    assert scheduler.now == 2  # time stops at the last timer, before the given limit


def test_a_timer_without_delay_runs_after_all_due_timers() -> None:
    """If an action sets a timer without delay, the new timer runs after the timers that are already due."""
    scheduler, seen = Scheduler(), list[str]()

    def first() -> None:
        scheduler.after(0, lambda: seen.append("third"))
        seen.append("first")

    scheduler.after(1, first)
    scheduler.after(1, lambda: seen.append("second"))
    run_all(scheduler, 1)
    assert seen == ["first", "second", "third"]


def test_a_canceled_timer_does_not_run() -> None:
    """A canceled timer does not run and does not count as the next timer."""
    scheduler, seen = Scheduler(), list[str]()
    off = scheduler.after(1, lambda: seen.append("off"))
    scheduler.after(2, lambda: seen.append("on"))
    off.cancel()
    assert scheduler.next_at == 2
    run_all(scheduler, 2)
    assert seen == ["on"]
    assert scheduler.next_at is None


def test_a_timer_runs_only_when_due() -> None:
    """run_next returns false if no timer is due."""
    scheduler = Scheduler()
    assert scheduler.run_next(float("inf")) is False
    scheduler.after(5, lambda: None)
    assert scheduler.run_next(4.9) is False
    assert scheduler.now == 0
    assert scheduler.run_next(5) is True
    assert scheduler.now == 5


def test_time_never_decreases() -> None:
    """Neither an earlier target nor a late timer moves time back."""
    scheduler = Scheduler()
    scheduler.after(1, lambda: None)
    scheduler.advance_to(3)
    scheduler.advance_to(2)
    assert scheduler.now == 3
    assert scheduler.run_next(3)
    assert scheduler.now == 3
