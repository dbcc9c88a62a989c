"""Time that goes by itself: calls live while a test waits for them, and none waits for another one's application."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callcontrol import Client, OAuth2, call_states
from callcontrol.emulator import Core, Emulator
from callcontrol.emulator.real_time import Workers
from tests.callcontrol.emulator.document_application import BYE, MENU, answering
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL

SPEED = 20.0
"""Slow enough that a machine with much to do keeps up."""


def test_a_call_lives_by_itself() -> None:
    """What is due happens without anybody moving time, at the times it would have had otherwise."""
    with Core(answering(MENU), speed=SPEED) as voice:
        began = time.monotonic()
        call = voice.dial("/answer", status_url="/status")
        call.expect_speech("welcome")
        call.press("1")
        call.expect_speech("bye")
        assert call.expect_end() == "hangup"
        passed = time.monotonic() - began
        assert voice._simulation.until(lambda: voice._simulation.scheduler.next_at is None, 10)
    assert call.timeline.events == ["initiate", "gather", "disconnect"]
    (bye,) = (entry for entry in call.timeline if entry.text == "Bye.")
    (end,) = (entry for entry in call.timeline if entry.text == "disconnected")
    assert end.at - bye.at == pytest.approx(4 * 0.06, abs=1e-6)  # however late the thread is
    assert end.at <= passed * SPEED


def test_keys_are_taken_one_after_the_other() -> None:
    """Keys pressed without a pause between them are all heard, and end prompts at once."""
    prompt = "<SpeakSentence>Your number?</SpeakSentence>"
    several = f'<Response><Gather gatherUrl="/menu" terminatingDigits="#">{prompt}</Gather></Response>'
    with Core(answering({"/answer": several, "/menu": BYE}), speed=SPEED) as voice:
        call = voice.dial("/answer")
        call.expect_speech("your number")
        call.press("4711#")
        call.expect_speech("bye")
    assert call.timeline.texts("gathered") == ["4711"]
    assert not call.timeline.texts("ignored")


def test_what_does_not_come_is_waited_for_no_longer_than_said() -> None:
    """Seconds to wait are of the emulator's time; or of none, if the emulator ends."""
    with Core(answering({"/answer": '<Response><Pause duration="3600"/></Response>'}), speed=SPEED) as voice:
        call = voice.dial("/answer")
        began = time.monotonic()
        with pytest.raises(AssertionError, match=r"'good night' was not spoken within 2 s; the current verb is Pause\n"):
            call.expect_speech("good night", within=2)
        assert 0.1 <= time.monotonic() - began < 2
        threading.Timer(0.05, voice._simulation.stop_time).start()
        with pytest.raises(AssertionError, match="did not end within inf s"):
            call.expect_end(within=float("inf"))
        call.press("1")  # which nothing takes, and nobody waits for


def test_nothing_else_moves_time() -> None:
    """Whoever would move time is told why it does not."""
    with Core(speed=1) as voice:
        for move in (voice.run, lambda: voice.advance(1)):
            with pytest.raises(RuntimeError, match="time cannot be advanced while it runs in real time"):
                move()
    voice.advance(1)  # afterwards it stands still
    assert voice.seconds >= 1


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_a_speed_is_above_zero(speed: float) -> None:
    """A speed that is none is refused."""
    with pytest.raises(ValueError, match="speed must be positive and finite"):
        Core(speed=speed)


def test_time_counts_once() -> None:
    """The time of day is that of the clock and goes on at the emulator's speed, also after time was moved."""
    today = [datetime(2026, 11, 2, 9, 30, tzinfo=UTC)]
    voice = Core(clock=lambda: today[0], speed=SPEED)
    voice._simulation.advance_to(3600)
    before = voice._simulation.time()
    with voice:
        today[0] += timedelta(days=1)  # as clocks go on, which is counted already
        time.sleep(0.02)
        passed = voice._simulation.time() - before
        assert timedelta(seconds=0.4) <= passed < timedelta(seconds=60)
        assert voice.seconds >= 3600.4
    then = voice._simulation.scheduler.now
    time.sleep(0.01)
    assert voice._simulation.scheduler.now == then


def test_it_can_begin_again() -> None:
    """A block after the block is another one."""
    voice = Core(answering(MENU), speed=SPEED)
    with voice:
        pass
    with voice:
        voice.dial("/answer").expect_speech("welcome")


def test_a_slow_application_holds_up_its_own_call_only() -> None:
    """While one webhook waits, others are asked and answered."""
    answer = threading.Event()
    with Core(answering({**MENU, "/slow": BYE}, {"/slow": lambda: answer.wait(10)}), speed=SPEED) as voice:
        slow = voice.dial("/slow")
        voice.dial("/answer").expect_speech("welcome")
        assert not slow.timeline.texts("answer")
        answer.set()
        assert slow.expect_end() == "hangup"


def test_an_application_that_is_too_late() -> None:
    """No answer in time is none, also of an application that cannot be broken off; what comes later is ignored."""
    answer = threading.Event()
    with Core(answering({"/answer": BYE}, {"/answer": lambda: answer.wait(10)}), speed=SPEED) as voice:
        call = voice.dial("/answer")
        call.callback_timeout = 0.05
        assert call.expect_end() == "callback-error"
        assert call.timeline.texts("problem") == ["no response within 0.05 s"]
        answer.set()
        assert voice._simulation.until(lambda: bool(call.timeline.texts("ignored")), 60)


def test_an_application_that_is_said_to_be_late() -> None:
    """A delay that was asked for is of the emulator's time."""
    with Core(answering({"/answer": '<Response><Redirect redirectUrl="/menu"/></Response>'}), speed=100) as voice:
        voice.delay_webhooks(14)
        voice.delay_webhooks(15)
        call = voice.dial("/answer")
        assert call.expect_end() == "callback-error"
    answer, end = (entry.at for entry in call.timeline if entry.kind in {"answer", "problem"})
    assert answer == pytest.approx(14, abs=10)
    assert end - answer == pytest.approx(15, abs=10)


def test_calls_made_by_the_api_live() -> None:
    """What comes through the API, or from a test, wakes what waits."""
    with Core(answering(MENU), answers=False, speed=SPEED) as voice:
        call = voice.dial("/answer")
        call.expect_speech("welcome")
        voice.disconnect(call.call_id)
        assert voice._simulation.until(lambda: call.state == call_states.DISCONNECTED, 1)


def test_one_failure_stops_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    """What the emulator fails at is logged, and other calls go on."""

    def fail() -> None:
        raise KeyError

    with Core(answering(MENU), speed=SPEED) as voice:
        with voice._simulation.change():
            voice._simulation.scheduler.after(0, fail)
        voice.dial("/answer").expect_speech("welcome")
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("callcontrol.emulator.real_time", logging.ERROR)
    assert record.exc_info is not None


def test_askers_are_no_more_than_said() -> None:
    """Whoever has nothing to do is given the next thing; beyond the most there are, things wait."""
    done: list[str] = []
    release, both = threading.Event(), threading.Semaphore(0)

    def wait() -> None:
        done.append(threading.current_thread().name)
        both.release()
        release.wait()

    askers = Workers(max_workers=2)
    for _ in range(3):
        askers(wait)
    assert both.acquire(timeout=5)
    assert both.acquire(timeout=5)
    assert (askers._count, len(done)) == (2, 2)
    release.set()
    assert both.acquire(timeout=5)
    again = threading.Event()
    askers(again.set)
    assert again.wait(5)
    assert askers._count == 2
    askers.close()


def test_askers_are_no_more_than_needed() -> None:
    """One thread does what comes one after the other."""
    askers = Workers()
    for _ in range(3):
        done = threading.Event()
        askers(done.set)
        assert done.wait(5)
        assert askers._idle.acquire(timeout=5)
        askers._idle.release()
    assert askers._count == 1
    askers.close()


def test_nothing_is_left_behind() -> None:
    """At the end of the block the application has shut down, and no thread waits for anything."""
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while scope["type"] == "lifespan":
            message = (await receive())["type"]
            seen.append(message)
            await send({"type": f"{message}.complete"})
            if message.endswith("shutdown"):
                return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": BYE.encode()})

    before = set(threading.enumerate())
    with Core(application, speed=SPEED) as voice:
        assert voice.dial("/answer").expect_end() == "hangup"
    assert seen == ["lifespan.startup", "lifespan.shutdown"]
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


def test_behind_a_socket() -> None:
    """An emulator with a socket can have real time too, which ends before anybody waits for it."""
    with Emulator(answering(MENU), speed=SPEED) as voice:
        with Client(ACCOUNT, OAuth2("id", "secret"), base_url=voice.url) as client:
            call = voice.call(client.create_call(**{**NEW_CALL, "answer_url": "https://app.example/answer"}).call_id)
        call.expect_speech("welcome")
        call.press("1")
        assert call.expect_end() == "hangup"
