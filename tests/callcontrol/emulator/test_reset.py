"""A reset between the tests of a suite that share an emulator."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest
from starlette.types import Receive, Send

from bxml import PhoneNumber, Response
from callcontrol import Client, OAuth2, Reply
from callcontrol.emulator import Call, Core, NotHeard
from callcontrol.retries import NO_RETRIES
from tests.callcontrol.emulator.scripted_application import create
from tests.callcontrol.emulator.streams.bot_application import Bot, calling, listen
from tests.callcontrol.emulator.table_application import Answers
from tests.callcontrol.emulator.test_control_api import ask, dial, refusal
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL

WAIT = Response().pause(duration=600)
TO = NEW_CALL["to"]


class TestReset:
    """The state after a reset is the state at the start, apart from time and ids."""

    def test_calls_end_and_are_forgotten(self) -> None:
        """The application receives the event of the end. The ids of calls continue."""
        app = Answers(answer=WAIT)
        voice = Core(app)
        call = voice.dial("/answer", status_url="/over")
        voice.advance(5)
        voice.reset()
        assert (call.state, call.disconnect_cause) == ("disconnected", "hangup")
        assert app.received == [("/answer", "initiate"), ("/over", "disconnect")]
        assert (voice.calls, voice.seconds, voice.is_idle) == ([], 5, True)
        with pytest.raises(KeyError):
            voice.call(call.call_id)
        assert voice.dial("/answer").call_id.startswith("c-00000002-")

    def test_legs_and_queued_calls_end(self) -> None:
        """A call ends in any state."""
        app = Answers(answer=Response().transfer([PhoneNumber("+13365550142"), PhoneNumber("+13365550143")]), over=WAIT)
        voice = Core(app, answers=False)
        voice.dial("/answer", status_url="/over")
        create(voice, answer_url="https://app.example/other", disconnect_url="https://app.example/over")
        voice.advance(1)
        calls = voice.calls
        assert len(calls) == 4
        voice.reset()
        assert {call.state for call in calls} == {"disconnected"}
        assert app.received.count(("/over", "disconnect")) == 2
        assert voice.calls == []

    def test_later_events_are_not_sent(self) -> None:
        """Otherwise the event that a recording is available would arrive during the next test."""
        app = Answers(answer=Response().record(recording_available_url="/available"))
        voice = Core(app)
        voice.dial("/answer")
        voice.advance(5)
        voice.reset()
        voice.advance(100)
        assert app.received == [("/answer", "initiate")]
        assert len(voice._simulation.recordings) == 0

    def test_phones_faults_delays_and_lengths_are_forgotten(self) -> None:
        """The settings of one test do not apply to the next test. Requests are forgotten too."""
        voice = Core(Answers(answer=Response().play_audio("https://app.example/a.wav")))
        voice.phone(TO).is_busy()
        voice.fail(500, times=9)
        voice.delay_webhooks(5, times=9)
        voice.audio_lasts("https://app.example/a.wav", 30)
        create_failed = ask(voice, "GET", f"/api/v2/accounts/{ACCOUNT}/calls")
        assert (create_failed.status, len(voice.exchanges)) == (500, 1)
        voice.reset()
        assert (voice.faults, voice.webhook_delays, voice.exchanges) == ([], [], [])
        assert voice.phone(TO).reaction.cause is None
        call = voice.dial("/answer")
        call.expect_audio("a.wav", 0)
        call.expect_end()
        assert voice.seconds < 30

    def test_calls_that_the_application_makes_meanwhile_end(self) -> None:
        """An application may call someone when a call has ended."""
        app = Answers(answer=WAIT)
        voice = Core(app)
        made: list[Call] = []
        app.acts["/over"] = lambda: made.append(voice.dial("/answer"))
        voice.dial("/answer", status_url="/over")
        voice.advance(1)
        voice.reset()
        voice.run()
        assert (voice.calls, voice.seconds, made[0].state) == ([], 1, "disconnected")

    def test_conferences_end(self) -> None:
        """A conference without members ends too, and its name is free."""
        app = Answers(answer=Response().conference("room", conference_event_url="/room"))
        voice = Core(app)
        voice.dial("/answer")
        voice.add_conference("hall")
        voice.advance(1)
        conferences = voice.conferences
        voice.reset()
        assert [each.state for each in conferences] == ["completed", "completed"]
        assert app.received[-1] == ("/room", "conferenceCompleted")
        assert voice.conferences == []
        assert voice.add_conference("hall").is_active

    def test_streams_are_closed(self) -> None:
        """The application gets the last message, and later calls have streams again."""
        voice, bot, _ = calling(listen)
        voice.reset()
        assert bot.sockets[0].received[-1]["eventType"] == "stop"
        voice.dial("/answer")
        voice.advance(1)
        assert len(bot.sockets[1].audio()) == 50

    def test_timers_of_the_application_continue(self) -> None:
        """A task of the application that is no part of a call runs at the same times as before."""
        ticks: list[float] = []
        tasks: list[asyncio.Task[None]] = []

        async def tick() -> None:
            while True:
                await asyncio.sleep(0.5)
                ticks.append(voice.seconds)

        async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                tasks.append(asyncio.create_task(tick()))
                await Bot(listen, answer=WAIT)(scope, receive, send)

        voice = Core(app)
        voice.dial("/answer")
        voice.advance(1)
        voice.reset()
        voice.advance(1)
        assert ticks == [0.5, 1, 1.5, 2]
        voice.reset()
        voice.advance(0.5)
        assert ticks[4:] == [2.5]

    def test_tokens_stay_valid(self) -> None:
        """An application keeps its token for the whole suite."""
        voice = Core(credentials={"id": "secret"})
        client = Client(ACCOUNT, OAuth2("id", "secret"), send=voice.handle, retries=NO_RETRIES)
        assert list(client.list_calls()) == []
        voice.reset()
        assert list(client.list_calls()) == []
        assert len(voice.exchanges) == 1

    def test_a_handler_of_the_application_cannot_reset(self) -> None:
        """The error says that time is being advanced, and nothing has changed."""
        app = Answers(answer=WAIT)
        voice = Core(app)
        errors: list[BaseException] = []

        def act() -> None:
            with pytest.raises(RuntimeError, match="already being advanced") as caught:
                voice.reset()
            errors.append(caught.value)

        app.acts["/answer"] = act
        call = voice.dial("/answer")
        voice.advance(1)
        assert (len(errors), call.state, voice.calls) == (1, "answered", [call])

    def test_real_time(self) -> None:
        """Time continues, and the next call runs as usual."""
        app = Answers(answer=Response().pause(duration=1).speak_sentence("Hello."))
        with Core(app, speed=20) as voice:
            call = voice.dial("/answer")
            call.expect_speech("Hello")
            voice.reset()
            assert call.state == "disconnected"
            voice.dial("/answer").expect_speech("Hello")
            assert len(voice.calls) == 1

    @pytest.mark.parametrize(
        ("wanted", "message"),
        [
            ({"call": "+1"}, "there was no call to +1 before the emulator was reset"),
            ({"member": "room"}, 'no call joined conference "room" before the emulator was reset; conferences: none'),
        ],
    )
    def test_expectations_of_the_previous_test_end(
        self, wanted: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Otherwise a request of a failed test would receive the call of the next test."""
        with Core(Answers(answer=WAIT), speed=1) as voice:
            waits, until = threading.Event(), voice._simulation.until

            def wait(condition: Callable[[], bool], seconds: float) -> bool:
                waits.set()
                return until(condition, seconds)

            monkeypatch.setattr(voice._simulation, "until", wait)
            replies: list[Reply] = []
            thread = threading.Thread(target=lambda: replies.append(ask(voice, "POST", "/emulator/expect", wanted)))
            thread.start()
            assert waits.wait(10)
            voice.reset()
            thread.join(10)
            assert refusal(replies[0]) == (409, message)


class TestRequests:
    """The requests of the control API."""

    def test_a_reset_is_requested(self) -> None:
        """The response is empty."""
        voice = Core(Answers(answer=WAIT))
        path = dial(voice)
        assert ask(voice, "POST", "/emulator/reset").status == 204
        assert ask(voice, "GET", "/emulator/calls").json() == []
        assert refusal(ask(voice, "GET", path))[0] == 404

    def test_a_call_that_has_ended_has_a_warning(self) -> None:
        """A call that has not ended is returned first, even if it is newer."""
        voice = Core(Answers(answer=WAIT))
        voice.phone(TO).is_busy()
        busy = create(voice)
        voice.advance(0)
        voice.phone(TO).answers()
        answered = create(voice)
        found = ask(voice, "POST", "/emulator/expect", {"call": TO}).json()
        assert (found["callId"], "warning" in found) == (answered.call_id, False)
        found = ask(voice, "POST", "/emulator/expect", {"call": TO}).json()
        assert (found["callId"], found["disconnectCause"]) == (busy.call_id, "busy")
        assert found["warning"] == "the call ended before this request; POST /emulator/reset forgets the calls of earlier tests"

    def test_a_member_whose_call_has_ended_has_a_warning(self) -> None:
        """The response about a member has the same warning."""
        voice = Core(Answers(answer=Response().conference("room")))
        path = dial(voice)
        voice.advance(1)
        ask(voice, "POST", f"{path}/hang-up")
        assert "warning" in ask(voice, "POST", "/emulator/expect", {"member": "room"}).json()

    def test_in_python_a_call_that_has_ended_is_returned_last(self) -> None:
        """The state of the call says that it has ended."""
        voice = Core(Answers(answer=WAIT))
        voice.phone(TO).is_busy()
        busy = create(voice)
        voice.advance(0)
        voice.phone(TO).answers()
        answered = create(voice)
        assert [voice.expect_call(), voice.expect_call()] == [answered, busy]
        with pytest.raises(NotHeard, match="no new call within 1 s"):
            voice.expect_call(within=1)
