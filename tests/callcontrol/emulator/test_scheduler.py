"""What is to happen does so in the order of its time, and time goes on from one to the next."""

from callcontrol.emulator.scheduler import Agenda


def happened(agenda: Agenda, until: float) -> None:
    """Let all happen that is due by then."""
    while agenda.happen(until):
        pass


def test_the_earlier_comes_first_whenever_it_was_made() -> None:
    """Of two at the same time the first made does; and each happens at its own time."""
    agenda, seen = Agenda(), list[tuple[float, str]]()
    for seconds, name in [(2, "b"), (1, "a"), (2, "c"), (0, "at once")]:
        agenda.after(seconds, lambda name=name: seen.append((agenda.now, name)))  # type: ignore[misc]
    happened(agenda, 10)
    assert seen == [(0, "at once"), (1, "a"), (2, "b"), (2, "c")]
    assert agenda.now == 2  # nothing has let the rest of the time pass


def test_what_is_made_for_now_comes_after_all_that_is_due() -> None:
    """So that nothing is overtaken by what it brings about."""
    agenda, seen = Agenda(), list[str]()

    def first() -> None:
        agenda.after(0, lambda: seen.append("third"))
        seen.append("first")

    agenda.after(1, first)
    agenda.after(1, lambda: seen.append("second"))
    happened(agenda, 1)
    assert seen == ["first", "second", "third"]


def test_what_is_called_off_does_not_happen() -> None:
    """Nor does it keep anybody waiting."""
    agenda, seen = Agenda(), list[str]()
    off = agenda.after(1, lambda: seen.append("off"))
    agenda.after(2, lambda: seen.append("on"))
    off.call_off()
    assert agenda.next_at == 2
    happened(agenda, 2)
    assert seen == ["on"]
    assert agenda.next_at is None


def test_what_is_not_due_waits() -> None:
    """And says so."""
    agenda = Agenda()
    assert agenda.happen(float("inf")) is False
    agenda.after(5, lambda: None)
    assert agenda.happen(4.9) is False
    assert agenda.now == 0
    assert agenda.happen(5) is True
    assert agenda.now == 5


def test_time_does_not_go_back() -> None:
    """Neither to a moment that has passed, nor to something that is late."""
    agenda = Agenda()
    agenda.after(1, lambda: None)
    agenda.pass_to(3)
    agenda.pass_to(2)
    assert agenda.now == 3
    assert agenda.happen(3)
    assert agenda.now == 3
