"""Processes: what waits is resumed by what it waits for, once, and never from within something else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from callcontrol.emulator.scheduler import Agenda
from callcontrol.emulator.tasks import Ask, Failed, Process, Signal, Steps, Wait, too_late
from callcontrol.http_messages import Reply, Request


@dataclass(frozen=True)
class Bell(Signal):
    """Somebody rings."""


@dataclass(frozen=True)
class Knock(Bell):
    """Somebody knocks, which is a kind of ringing."""


@dataclass(frozen=True)
class Light(Signal):
    """Something else."""


class Scene:
    """An agenda, and processes that write down what they get, and when."""

    def __init__(self) -> None:
        self.agenda = Agenda()
        self.got: list[tuple[float, Any]] = []
        self.asked: list[Ask] = []
        self.ended: list[Any] = []

    def begin(self, *wanted: Wait | Ask) -> Process:
        """A process that wants these, one after the other."""
        process = Process(self.agenda, self._steps(*wanted), lambda _, ask: self.asked.append(ask), self.ended.append)
        process.start()
        return process

    def _steps(self, *wanted: Wait | Ask) -> Steps[str]:
        try:
            self.got.append((self.agenda.now, "begun"))
            for each in wanted:
                came = yield each
                self.got.append((self.agenda.now, came))
        finally:
            self.got.append((self.agenda.now, "cleaned up"))
        return "result"

    def go(self, until: float = 0) -> None:
        """Let all happen that is due by then."""
        while self.agenda.happen(until):
            pass


ASK = Ask(Request("POST", "https://app.example/"), 15)


def test_a_process_begins_after_what_goes_on_now() -> None:
    """And ends with its result."""
    scene = Scene()
    process = scene.begin()
    assert (scene.got, process.over) == ([], False)
    scene.go()
    assert scene.got == [(0, "begun"), (0, "cleaned up")]
    assert (scene.ended, process.over) == (["result"], True)


def test_the_time_is_up() -> None:
    """Nothing is sent then; a wait without seconds has no end."""
    scene = Scene()
    process = scene.begin(Wait(3, (Bell,)), Wait(None, (Bell,)))
    scene.go(100)
    assert (scene.got, process.over) == ([(0, "begun"), (3, None)], False)
    assert scene.agenda.next_at is None


def test_a_signal_that_is_waited_for_comes_at_once() -> None:
    """But not before what goes on is done; of several kinds any counts, and a kind of a kind too."""
    scene = Scene()
    process = scene.begin(Wait(9, (Light, Bell)))
    scene.go()
    assert process.waits_for(Knock)
    assert process.signal(Knock()) is True
    assert scene.got == [(0, "begun")]
    scene.go(100)
    assert scene.got == [(0, "begun"), (0, Knock()), (0, "cleaned up")]


def test_only_what_is_waited_for_is_taken() -> None:
    """Another signal is not, nor is any before the process waits, nor a second one before it has gone on."""
    scene = Scene()
    process = scene.begin(Wait(9, (Bell,)), Wait(9))
    assert process.signal(Bell()) is False  # it has not begun
    scene.go()
    assert not process.waits_for(Light)
    assert process.signal(Light()) is False
    assert process.signal(Bell()) is True
    assert process.signal(Bell()) is False
    scene.go(5)
    assert process.signal(Bell()) is False  # this wait is for time alone
    scene.go(9)
    assert scene.got == [(0, "begun"), (0, Bell()), (9, None), (9, "cleaned up")]


def test_an_answer_is_sent_to_who_asked() -> None:
    """Once, and not before what goes on is done."""
    scene = Scene()
    process = scene.begin(ASK)
    scene.go()
    (ask,) = scene.asked
    assert process.signal(Bell()) is False
    assert process.resume(ask, Reply(200)) is True
    assert process.resume(ask, Reply(204)) is False
    assert scene.got == [(0, "begun")]
    scene.go()
    assert scene.got[1] == (0, Reply(200))


def test_an_answer_to_another_question_is_refused() -> None:
    """As is one that comes after the process was stopped."""
    scene = Scene()
    other = Ask(Request("POST", "https://app.example/"), 15)
    process = scene.begin(ASK)
    scene.go()
    assert process.resume(other, Reply(200)) is False
    process.stop()
    assert process.resume(scene.asked[0], Reply(200)) is False
    scene.go()
    assert scene.got == [(0, "begun"), (0, "cleaned up")]


@pytest.mark.parametrize("wanted", [Wait(3), Wait(None, (Bell,)), ASK], ids=["time", "signal", "answer"])
def test_a_process_is_stopped_where_it_is(wanted: Wait | Ask) -> None:
    """It cleans up, gets nothing more, and has no result."""
    scene = Scene()
    process = scene.begin(wanted)
    scene.go(1)
    process.stop()
    assert process.over
    assert scene.got == [(0, "begun"), (0, "cleaned up")]
    assert process.signal(Bell()) is False
    scene.go(100)
    assert len(scene.got) == 2
    assert scene.ended == []


def test_a_process_is_stopped_between_a_signal_and_what_follows() -> None:
    """The signal is lost then."""
    scene = Scene()
    process = scene.begin(Wait(3, (Bell,)))
    scene.go()
    process.signal(Bell())
    process.stop()
    scene.go(100)
    assert scene.got == [(0, "begun"), (0, "cleaned up")]


def test_a_process_is_stopped_before_it_begins() -> None:
    """It never does, and there is nothing to clean up."""
    scene = Scene()
    scene.begin().stop()
    assert scene.agenda.next_at is None
    scene.go()
    assert (scene.got, scene.ended) == ([], [])


def test_a_question_shows_no_secret() -> None:
    """The request, which may hold credentials, is not in what is printed of it; what is ignored goes nowhere by default."""
    assert "app.example" not in repr(ASK)
    ASK.ignored(Reply(200))


def test_too_late_is_said_in_seconds() -> None:
    """As they were given."""
    assert too_late(2.5) == Failed("no answer within 2.5 s", is_unreachable=False)
    assert too_late(15.0).reason == "no answer within 15 s"


class TestStoppedByItself:
    """What a process does may end what it belongs to."""

    def test_it_cleans_up_where_it_waits_next(self) -> None:
        """It gets nothing more, and it has not ended by itself."""
        scene = Scene()

        def steps() -> Steps[None]:
            try:
                process.stop()
                scene.got.append((scene.agenda.now, "goes on"))
                yield Wait(5)
                scene.got.append((scene.agenda.now, "never"))
            finally:
                scene.got.append((scene.agenda.now, "cleaned up"))

        process = Process(scene.agenda, steps(), lambda *_: None, scene.ended.append)
        process.start()
        scene.go(9)
        assert scene.got == [(0, "goes on"), (0, "cleaned up")]
        assert (process.over, scene.ended) == (True, [])

    def test_it_may_be_at_its_end(self) -> None:
        """Which is not told, for it was stopped before."""
        scene = Scene()

        def steps() -> Steps[str]:
            yield Wait(1)
            process.stop()
            return "result"

        process = Process(scene.agenda, steps(), lambda *_: None, scene.ended.append)
        process.start()
        scene.go(9)
        assert (process.over, scene.ended) == (True, [])
