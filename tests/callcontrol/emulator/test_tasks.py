"""Processes: what waits is resumed by what it waits for, once, and never from within something else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from callcontrol.emulator.scheduler import Scheduler
from callcontrol.emulator.tasks import CallWebhook, Failed, Signal, Steps, Task, Wait, too_late
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
    """An scheduler, and processes that write down what they get, and when."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.got: list[tuple[float, Any]] = []
        self.asked: list[CallWebhook] = []
        self.ended: list[Any] = []

    def begin(self, *wanted: Wait | CallWebhook) -> Task:
        """A task that wants these, one after the other."""
        task = Task(self.scheduler, self._steps(*wanted), lambda _, ask: self.asked.append(ask), self.ended.append)
        task.start()
        return task

    def _steps(self, *wanted: Wait | CallWebhook) -> Steps[str]:
        try:
            self.got.append((self.scheduler.now, "begun"))
            for each in wanted:
                came = yield each
                self.got.append((self.scheduler.now, came))
        finally:
            self.got.append((self.scheduler.now, "cleaned up"))
        return "result"

    def go(self, until: float = 0) -> None:
        """Let all happen that is due by then."""
        while self.scheduler.run_next(until):
            pass


ASK = CallWebhook(Request("POST", "https://app.example/"), 15)


def test_a_process_begins_after_what_goes_on_now() -> None:
    """And ends with its result."""
    scene = Scene()
    task = scene.begin()
    assert (scene.got, task.over) == ([], False)
    scene.go()
    assert scene.got == [(0, "begun"), (0, "cleaned up")]
    assert (scene.ended, task.over) == (["result"], True)


def test_the_time_is_up() -> None:
    """Nothing is sent then; a wait without seconds has no end."""
    scene = Scene()
    task = scene.begin(Wait(3, (Bell,)), Wait(None, (Bell,)))
    scene.go(100)
    assert (scene.got, task.over) == ([(0, "begun"), (3, None)], False)
    assert scene.scheduler.next_at is None


def test_a_signal_that_is_waited_for_comes_at_once() -> None:
    """But not before what goes on is done; of several kinds any counts, and a kind of a kind too."""
    scene = Scene()
    task = scene.begin(Wait(9, (Light, Bell)))
    scene.go()
    assert task.waits_for(Knock)
    assert task.signal(Knock()) is True
    assert scene.got == [(0, "begun")]
    scene.go(100)
    assert scene.got == [(0, "begun"), (0, Knock()), (0, "cleaned up")]


def test_only_what_is_waited_for_is_taken() -> None:
    """Another signal is not, nor is any before the task waits, nor a second one before it has gone on."""
    scene = Scene()
    task = scene.begin(Wait(9, (Bell,)), Wait(9))
    assert task.signal(Bell()) is False  # it has not begun
    scene.go()
    assert not task.waits_for(Light)
    assert task.signal(Light()) is False
    assert task.signal(Bell()) is True
    assert task.signal(Bell()) is False
    scene.go(5)
    assert task.signal(Bell()) is False  # this wait is for time alone
    scene.go(9)
    assert scene.got == [(0, "begun"), (0, Bell()), (9, None), (9, "cleaned up")]


def test_an_answer_is_sent_to_who_asked() -> None:
    """Once, and not before what goes on is done."""
    scene = Scene()
    task = scene.begin(ASK)
    scene.go()
    (ask,) = scene.asked
    assert task.signal(Bell()) is False
    assert task.resume(ask, Reply(200)) is True
    assert task.resume(ask, Reply(204)) is False
    assert scene.got == [(0, "begun")]
    scene.go()
    assert scene.got[1] == (0, Reply(200))


def test_an_answer_to_another_question_is_refused() -> None:
    """As is one that comes after the task was stopped."""
    scene = Scene()
    other = CallWebhook(Request("POST", "https://app.example/"), 15)
    task = scene.begin(ASK)
    scene.go()
    assert task.resume(other, Reply(200)) is False
    task.stop()
    assert task.resume(scene.asked[0], Reply(200)) is False
    scene.go()
    assert scene.got == [(0, "begun"), (0, "cleaned up")]


@pytest.mark.parametrize("wanted", [Wait(3), Wait(None, (Bell,)), ASK], ids=["time", "signal", "answer"])
def test_a_process_is_stopped_where_it_is(wanted: Wait | CallWebhook) -> None:
    """It cleans up, gets nothing more, and has no result."""
    scene = Scene()
    task = scene.begin(wanted)
    scene.go(1)
    task.stop()
    assert task.over
    assert scene.got == [(0, "begun"), (0, "cleaned up")]
    assert task.signal(Bell()) is False
    scene.go(100)
    assert len(scene.got) == 2
    assert scene.ended == []


def test_a_process_is_stopped_between_a_signal_and_what_follows() -> None:
    """The signal is lost then."""
    scene = Scene()
    task = scene.begin(Wait(3, (Bell,)))
    scene.go()
    task.signal(Bell())
    task.stop()
    scene.go(100)
    assert scene.got == [(0, "begun"), (0, "cleaned up")]


def test_a_process_is_stopped_before_it_begins() -> None:
    """It never does, and there is nothing to clean up."""
    scene = Scene()
    scene.begin().stop()
    assert scene.scheduler.next_at is None
    scene.go()
    assert (scene.got, scene.ended) == ([], [])


def test_a_question_shows_no_secret() -> None:
    """The request, which may hold credentials, is not in what is printed of it; what is ignored goes nowhere by default."""
    assert "app.example" not in repr(ASK)
    ASK.ignored(Reply(200))


def test_too_late_is_said_in_seconds() -> None:
    """As they were given."""
    assert too_late(2.5) == Failed("no response within 2.5 s", is_unreachable=False)
    assert too_late(15.0).reason == "no response within 15 s"


class TestStoppedByItself:
    """What a task does may end what it belongs to."""

    def test_it_cleans_up_where_it_waits_next(self) -> None:
        """It gets nothing more, and it has not ended by itself."""
        scene = Scene()

        def steps() -> Steps[None]:
            try:
                task.stop()
                scene.got.append((scene.scheduler.now, "goes on"))
                yield Wait(5)
                scene.got.append((scene.scheduler.now, "never"))
            finally:
                scene.got.append((scene.scheduler.now, "cleaned up"))

        task = Task(scene.scheduler, steps(), lambda *_: None, scene.ended.append)
        task.start()
        scene.go(9)
        assert scene.got == [(0, "goes on"), (0, "cleaned up")]
        assert (task.over, scene.ended) == (True, [])

    def test_it_may_be_at_its_end(self) -> None:
        """Which is not told, for it was stopped before."""
        scene = Scene()

        def steps() -> Steps[str]:
            yield Wait(1)
            task.stop()
            return "result"

        task = Task(scene.scheduler, steps(), lambda *_: None, scene.ended.append)
        task.start()
        scene.go(9)
        assert (task.over, scene.ended) == (True, [])
