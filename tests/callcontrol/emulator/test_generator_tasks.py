"""A task is resumed once by the time, signal or response that it waits for, and never during another action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from callcontrol.emulator.generator_tasks import CallWebhook, Failed, Signal, Steps, Task, Wait, too_late
from callcontrol.emulator.scheduler import Scheduler
from callcontrol.http_messages import Reply, Request


@dataclass(frozen=True)
class Bell(Signal):
    """A signal."""


@dataclass(frozen=True)
class Knock(Bell):
    """A more specific kind of Bell."""


@dataclass(frozen=True)
class Light(Signal):
    """A signal that is not a Bell."""


class Recorder:
    """A scheduler with tasks that record what they receive and when."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.got: list[tuple[float, Any]] = []
        self.asked: list[CallWebhook] = []
        self.ended: list[Any] = []

    def begin(self, *wanted: Wait | CallWebhook) -> Task:
        """Start a task that yields the given waits and webhooks, one after the other."""
        task = Task(self.scheduler, self._steps(*wanted), lambda _, ask: self.asked.append(ask), self.ended.append)
        task.start()
        return task

    def _steps(self, *wanted: Wait | CallWebhook) -> Steps[str]:
        try:
            self.got.append((self.scheduler.now, "started"))
            for each in wanted:
                came = yield each
                self.got.append((self.scheduler.now, came))
        finally:
            self.got.append((self.scheduler.now, "cleaned up"))
        return "result"

    def run(self, until: float = 0) -> None:
        """Run all timers that are due by the given time."""
        while self.scheduler.run_next(until):
            pass


ASK = CallWebhook(Request("POST", "https://app.example/"), 15)


def test_a_task_starts_after_the_current_action() -> None:
    """A task starts when the next timer fires. When its generator returns, the task is over and has the result."""
    recorder = Recorder()
    task = recorder.begin()
    assert (recorder.got, task.over) == ([], False)
    recorder.run()
    assert recorder.got == [(0, "started"), (0, "cleaned up")]
    assert (recorder.ended, task.over) == (["result"], True)


def test_a_wait_times_out() -> None:
    """A wait returns None after its seconds. A wait without seconds never times out."""
    recorder = Recorder()
    task = recorder.begin(Wait(3, (Bell,)), Wait(None, (Bell,)))
    recorder.run(100)
    assert (recorder.got, task.over) == ([(0, "started"), (3, None)], False)
    assert recorder.scheduler.next_at is None


def test_a_signal_resumes_a_waiting_task() -> None:
    """A signal of any awaited kind, or of a subclass of that kind, resumes the task after the current action."""
    recorder = Recorder()
    task = recorder.begin(Wait(9, (Light, Bell)))
    recorder.run()
    assert task.waits_for(Knock)
    assert task.signal(Knock()) is True
    assert recorder.got == [(0, "started")]
    recorder.run(100)
    assert recorder.got == [(0, "started"), (0, Knock()), (0, "cleaned up")]


def test_other_signals_are_refused() -> None:
    """A signal is refused if the task has not started, waits for another kind or was signaled already."""
    recorder = Recorder()
    task = recorder.begin(Wait(9, (Bell,)), Wait(9))
    assert task.signal(Bell()) is False  # the task has not started
    recorder.run()
    assert not task.waits_for(Light)
    assert task.signal(Light()) is False
    assert task.signal(Bell()) is True
    assert task.signal(Bell()) is False
    recorder.run(5)
    assert task.signal(Bell()) is False  # this wait has no signals
    recorder.run(9)
    assert recorder.got == [(0, "started"), (0, Bell()), (9, None), (9, "cleaned up")]


def test_a_response_resumes_its_task() -> None:
    """A response resumes the task once, after the current action."""
    recorder = Recorder()
    task = recorder.begin(ASK)
    recorder.run()
    (ask,) = recorder.asked
    assert task.signal(Bell()) is False
    assert task.resume(ask, Reply(200)) is True
    assert task.resume(ask, Reply(204)) is False
    assert recorder.got == [(0, "started")]
    recorder.run()
    assert recorder.got[1] == (0, Reply(200))


def test_a_response_to_another_request_is_refused() -> None:
    """A response to another request, or to a stopped task, is refused."""
    recorder = Recorder()
    other = CallWebhook(Request("POST", "https://app.example/"), 15)
    task = recorder.begin(ASK)
    recorder.run()
    assert task.resume(other, Reply(200)) is False
    task.stop()
    assert task.resume(recorder.asked[0], Reply(200)) is False
    recorder.run()
    assert recorder.got == [(0, "started"), (0, "cleaned up")]


@pytest.mark.parametrize("wanted", [Wait(3), Wait(None, (Bell,)), ASK], ids=["time", "signal", "answer"])
def test_a_waiting_task_is_stopped(wanted: Wait | CallWebhook) -> None:
    """A stopped task runs its finally blocks, receives nothing more and has no result."""
    recorder = Recorder()
    task = recorder.begin(wanted)
    recorder.run(1)
    task.stop()
    assert task.over
    assert recorder.got == [(0, "started"), (0, "cleaned up")]
    assert task.signal(Bell()) is False
    recorder.run(100)
    assert len(recorder.got) == 2
    assert recorder.ended == []


def test_a_task_is_stopped_after_a_signal() -> None:
    """If a task is stopped before it resumes, it loses the signal."""
    recorder = Recorder()
    task = recorder.begin(Wait(3, (Bell,)))
    recorder.run()
    task.signal(Bell())
    task.stop()
    recorder.run(100)
    assert recorder.got == [(0, "started"), (0, "cleaned up")]


def test_a_task_is_stopped_before_it_starts() -> None:
    """A task that never started has no finally blocks to run."""
    recorder = Recorder()
    recorder.begin().stop()
    assert recorder.scheduler.next_at is None
    recorder.run()
    assert (recorder.got, recorder.ended) == ([], [])


def test_the_repr_of_a_webhook_hides_the_request() -> None:
    """The request is hidden because it may contain credentials. By default an ignored response has no effect."""
    assert "app.example" not in repr(ASK)
    ASK.ignored(Reply(200))


def test_the_failure_of_a_timeout_gives_the_seconds() -> None:
    """The reason has the seconds without trailing zeros."""
    assert too_late(2.5) == Failed("no response within 2.5 s", is_unreachable=False)
    assert too_late(15.0).reason == "no response within 15 s"


class TestStoppedByItself:
    """A task may stop itself."""

    def test_it_stops_at_its_next_yield(self) -> None:
        """The task runs its finally blocks at its next yield, and has no result."""
        recorder = Recorder()

        def steps() -> Steps[None]:
            try:
                task.stop()
                recorder.got.append((recorder.scheduler.now, "stopped itself"))
                yield Wait(5)
                recorder.got.append((recorder.scheduler.now, "never"))
            finally:
                recorder.got.append((recorder.scheduler.now, "cleaned up"))

        task = Task(recorder.scheduler, steps(), lambda *_: None, recorder.ended.append)
        task.start()
        recorder.run(9)
        assert recorder.got == [(0, "stopped itself"), (0, "cleaned up")]
        assert (task.over, recorder.ended) == (True, [])

    def test_its_result_is_dropped(self) -> None:
        """If a task stops itself in its last step, it has no result."""
        recorder = Recorder()

        def steps() -> Steps[str]:
            yield Wait(1)
            task.stop()
            return "result"

        task = Task(recorder.scheduler, steps(), lambda *_: None, recorder.ended.append)
        task.start()
        recorder.run(9)
        assert (task.over, recorder.ended) == (True, [])
