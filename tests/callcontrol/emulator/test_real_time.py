"""Real time: calls run while a test waits, and a slow application delays only its own call."""

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
"""Seconds of the emulator's time per real second, low enough for a busy machine."""


def test_a_call_runs_without_advancing_time() -> None:
    """In real time, timers run at the same emulator times as in virtual time."""
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
    assert end.at - bye.at == pytest.approx(4 * 0.06, abs=1e-6)  # exact, even if the thread wakes up late
    assert end.at <= passed * SPEED


def test_keys_without_pauses_are_all_heard() -> None:
    """All keys are collected even if they are pressed without a pause, and they interrupt prompts."""
    prompt = "<SpeakSentence>Your number?</SpeakSentence>"
    patient = 'firstDigitTimeout="60" interDigitTimeout="60"'  # the defaults take only a quarter of a real second
    several = f'<Response><Gather gatherUrl="/menu" terminatingDigits="#" {patient}>{prompt}</Gather></Response>'
    with Core(answering({"/answer": several, "/menu": BYE}), speed=SPEED) as voice:
        call = voice.dial("/answer")
        call.expect_speech("your number")
        call.press("4711#")
        call.expect_speech("bye")
    assert call.timeline.texts("gathered") == ["4711"]
    assert not call.timeline.texts("ignored")


def test_an_expectation_fails_after_its_seconds() -> None:
    """An expectation counts seconds of the emulator's time. It also fails if this time stops."""
    with Core(answering({"/answer": '<Response><Pause duration="3600"/></Response>'}), speed=SPEED) as voice:
        call = voice.dial("/answer")
        began = time.monotonic()
        with pytest.raises(AssertionError, match=r"'good night' was not spoken within 2 s; the current verb is Pause\n"):
            call.expect_speech("good night", within=2)
        assert 0.1 <= time.monotonic() - began < 2
        threading.Timer(0.05, voice._simulation.stop_time).start()
        with pytest.raises(AssertionError, match="did not end within inf s"):
            call.expect_end(within=float("inf"))
        call.press("1")  # returns although time has stopped


def test_real_time_cannot_jump() -> None:
    """Inside the ``with`` block, time does not jump to the next timer."""
    with Core(speed=1) as voice:
        for move in (voice.run, voice.step):
            with pytest.raises(RuntimeError, match="time cannot be advanced while it runs in real time; wait with advance, or"):
                move()
    voice.advance(1)  # after the block, time is virtual again
    assert voice.seconds >= 1


def test_advance_waits_in_real_time() -> None:
    """The method returns when the time has passed, although other things happen meanwhile."""
    with Core(answering(MENU), speed=20) as voice:
        call = voice.dial("/answer")
        began, seconds = time.monotonic(), voice.seconds
        voice.advance(2)
        assert time.monotonic() - began >= 0.1
        assert voice.seconds - seconds >= 2
        assert call.timeline.spoken


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_a_speed_must_be_positive_and_finite(speed: float) -> None:
    """A speed that is zero, negative, infinite or NaN raises ValueError."""
    with pytest.raises(ValueError, match="speed must be positive and finite"):
        Core(speed=speed)


def test_time_counts_once() -> None:
    """After an advance, the time of day continues at the emulator's speed and ignores changes of the clock."""
    today = [datetime(2026, 11, 2, 9, 30, tzinfo=UTC)]
    voice = Core(clock=lambda: today[0], speed=SPEED)
    voice._simulation.advance_to(3600)
    before = voice._simulation.time()
    with voice:
        today[0] += timedelta(days=1)  # ignored, because the clock is not read again in real time
        time.sleep(0.02)
        passed = voice._simulation.time() - before
        assert timedelta(seconds=0.4) <= passed < timedelta(seconds=60)
        assert voice.seconds >= 3600.4
    then = voice._simulation.scheduler.now
    time.sleep(0.01)
    assert voice._simulation.scheduler.now == then


def test_real_time_can_be_started_again() -> None:
    """A second ``with`` block works like the first."""
    voice = Core(answering(MENU), speed=SPEED)
    with voice:
        pass
    with voice:
        voice.dial("/answer").expect_speech("welcome")


def test_a_slow_application_delays_only_its_own_call() -> None:
    """While one webhook waits for its response, other webhooks are sent."""
    answer = threading.Event()
    with Core(answering({**MENU, "/slow": BYE}, {"/slow": lambda: answer.wait(10)}), speed=SPEED) as voice:
        slow = voice.dial("/slow")
        voice.dial("/answer").expect_speech("welcome")
        assert not slow.timeline.texts("answer")
        answer.set()
        assert slow.expect_end() == "hangup"


def test_a_response_after_the_timeout_is_ignored() -> None:
    """A webhook times out even if the application cannot be interrupted, and the late response is ignored."""
    answer = threading.Event()
    with Core(answering({"/answer": BYE}, {"/answer": lambda: answer.wait(10)}), speed=SPEED) as voice:
        call = voice.dial("/answer")
        call.callback_timeout = 0.05
        assert call.expect_end() == "callback-error"
        assert call.timeline.texts("problem") == ["no response within 0.05 s"]
        answer.set()
        assert voice._simulation.until(lambda: bool(call.timeline.texts("ignored")), 60)


def test_a_webhook_delay_is_in_the_emulators_time() -> None:
    """The seconds of delay_webhooks are seconds of the emulator's time."""
    with Core(answering({"/answer": '<Response><Redirect redirectUrl="/menu"/></Response>'}), speed=100) as voice:
        voice.delay_webhooks(14)
        voice.delay_webhooks(15)
        call = voice.dial("/answer")
        assert call.expect_end() == "callback-error"
    answer, end = (entry.at for entry in call.timeline if entry.kind in {"answer", "problem"})
    assert answer == pytest.approx(14, abs=10)
    assert end - answer == pytest.approx(15, abs=10)


def test_changes_from_outside_wake_waiting_threads() -> None:
    """A change by a test wakes a thread that waits for an expectation."""
    with Core(answering(MENU), answers=False, speed=SPEED) as voice:
        call = voice.dial("/answer")
        call.expect_speech("welcome")
        voice.disconnect(call.call_id)
        assert voice._simulation.until(lambda: call.state == call_states.DISCONNECTED, 1)


def test_an_internal_error_does_not_stop_other_calls(caplog: pytest.LogCaptureFixture) -> None:
    """An internal error is logged, and other calls continue."""

    def fail() -> None:
        raise KeyError

    with Core(answering(MENU), speed=SPEED) as voice:
        with voice._simulation.change():
            voice._simulation.scheduler.after(0, fail)
        voice.dial("/answer").expect_speech("welcome")
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("callcontrol.emulator.real_time", logging.ERROR)
    assert record.exc_info is not None


def test_workers_do_not_exceed_their_maximum() -> None:
    """An idle thread runs the next function. If the maximum number of threads is busy, functions wait."""
    done: list[str] = []
    release, both = threading.Event(), threading.Semaphore(0)

    def wait() -> None:
        done.append(threading.current_thread().name)
        both.release()
        release.wait()

    workers = Workers(max_workers=2)
    for _ in range(3):
        workers(wait)
    assert both.acquire(timeout=5)
    assert both.acquire(timeout=5)
    assert (workers._count, len(done)) == (2, 2)
    release.set()
    assert both.acquire(timeout=5)
    again = threading.Event()
    workers(again.set)
    assert again.wait(5)
    assert workers._count == 2
    workers.close()


def test_an_idle_worker_is_reused() -> None:
    """One thread runs functions that come one after the other."""
    workers = Workers()
    for _ in range(3):
        done = threading.Event()
        workers(done.set)
        assert done.wait(5)
        assert workers._idle.acquire(timeout=5)
        workers._idle.release()
    assert workers._count == 1
    workers.close()


def test_the_block_stops_threads_and_application() -> None:
    """At the end of the ``with`` block the application has shut down, and all threads end."""
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


def test_an_emulator_with_a_socket_in_real_time() -> None:
    """An emulator with a socket can run in real time too."""
    with Emulator(answering(MENU), speed=SPEED) as voice:
        with Client(ACCOUNT, OAuth2("id", "secret"), base_url=voice.url) as client:
            call = voice.call(client.create_call(**{**NEW_CALL, "answer_url": "https://app.example/answer"}).call_id)
        call.expect_speech("welcome")
        call.press("1")
        assert call.expect_end() == "hangup"
