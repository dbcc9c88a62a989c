"""What is to happen does so in the order of its time, and time goes on from one to the next."""

from callcontrol.emulator.scheduler import Scheduler


def happened(scheduler: Scheduler, until: float) -> None:
    """Let all happen that is due by then."""
    while scheduler.run_next(until):
        pass


def test_the_earlier_comes_first_whenever_it_was_made() -> None:
    """Of two at the same time the first made does; and each happens at its own time."""
    scheduler, seen = Scheduler(), list[tuple[float, str]]()
    for seconds, name in [(2, "b"), (1, "a"), (2, "c"), (0, "at once")]:
        scheduler.after(seconds, lambda name=name: seen.append((scheduler.now, name)))  # type: ignore[misc]
    happened(scheduler, 10)
    assert seen == [(0, "at once"), (1, "a"), (2, "b"), (2, "c")]
    assert scheduler.now == 2  # nothing has let the rest of the time pass


def test_what_is_made_for_now_comes_after_all_that_is_due() -> None:
    """So that nothing is overtaken by what it brings about."""
    scheduler, seen = Scheduler(), list[str]()

    def first() -> None:
        scheduler.after(0, lambda: seen.append("third"))
        seen.append("first")

    scheduler.after(1, first)
    scheduler.after(1, lambda: seen.append("second"))
    happened(scheduler, 1)
    assert seen == ["first", "second", "third"]


def test_what_is_called_off_does_not_happen() -> None:
    """Nor does it keep anybody waiting."""
    scheduler, seen = Scheduler(), list[str]()
    off = scheduler.after(1, lambda: seen.append("off"))
    scheduler.after(2, lambda: seen.append("on"))
    off.cancel()
    assert scheduler.next_at == 2
    happened(scheduler, 2)
    assert seen == ["on"]
    assert scheduler.next_at is None


def test_what_is_not_due_waits() -> None:
    """And says so."""
    scheduler = Scheduler()
    assert scheduler.run_next(float("inf")) is False
    scheduler.after(5, lambda: None)
    assert scheduler.run_next(4.9) is False
    assert scheduler.now == 0
    assert scheduler.run_next(5) is True
    assert scheduler.now == 5


def test_time_does_not_go_back() -> None:
    """Neither to a moment that has passed, nor to something that is late."""
    scheduler = Scheduler()
    scheduler.after(1, lambda: None)
    scheduler.advance_to(3)
    scheduler.advance_to(2)
    assert scheduler.now == 3
    assert scheduler.run_next(3)
    assert scheduler.now == 3
