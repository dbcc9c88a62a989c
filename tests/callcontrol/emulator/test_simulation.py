"""All calls share one simulation, which is deterministic and thread-safe."""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from bxml import Pause
from callcontrol import CallControlError, CallNotActive, MachineDetection
from callcontrol.emulator import Core, Timeline
from callcontrol.emulator.phones import BUSY, Reaction
from tests.callcontrol.emulator.scripted_application import App, client, core, create, response, say

MENU = response(
    "<Tag>menu</Tag>",
    '<Gather gatherUrl="/menu" maxDigits="1" repeatCount="2" input="dtmf_speech" partialResultCallback="/partial">',
    say("Press."),
    "</Gather>",
)


def application() -> App:
    """Return an application with many kinds of responses."""
    return App(
        answer=[MENU, 500, MENU],
        again=MENU,
        menu=[response(say("One."), '<Redirect redirectUrl="/last"/>'), response("<Dance/>"), ""],
        last=response('<Ring duration="2"/>', "<SendDtmf>12</SendDtmf>", "<PlayAudio>bye.wav</PlayAudio>"),
        partial=204,
        amd=[500, 204],
        gone=204,
    )


def timelines(voice: Core) -> list[Timeline]:
    """Run several calls with many simultaneous events, and return their timelines."""
    voice.phone("+12125550124").answers(after=3, by="answering-machine", hangs_up_after=20)
    voice.phone("+12125550125").is_busy()
    voice.audio_lasts("https://app.example/bye.wav", 3)
    voice.delay_webhooks(0.7, path="/menu", times=2)
    detection = MachineDetection(callback_url="https://app.example/amd", fallback_url="https://app.example/again")
    more: dict[str, Any] = {"disconnect_url": "https://app.example/gone", "answer_fallback_url": "https://app.example/again"}
    calls = [
        voice.dial("/answer", status_url="/gone"),
        create(voice, **more),
        create(voice, **more, to="+12125550124", machine_detection=detection),
        create(voice, **more, to="+12125550125"),
        voice.dial("/missing"),
    ]
    voice.advance(1)
    calls[0].press("1")
    calls[1].say("billing")
    voice.advance(2.5)
    client(voice).update_call_bxml(calls[2].call_id, response(say("Interrupted."), '<Pause duration="5"/>'))
    voice.run()
    return [call.timeline for call in calls]


def test_runs_are_deterministic() -> None:
    """Timelines do not depend on the time of day. If two runs start at the same time of day, their requests are equal too."""
    first, second = application(), application()
    expected = timelines(core(first))
    assert timelines(core(second)) == expected
    assert first.received == second.received
    third = application()
    other = timelines(Core(third, clock=lambda: datetime(2027, 1, 1, tzinfo=UTC)))
    assert other == expected
    assert [timeline.as_json() for timeline in other] == [timeline.as_json() for timeline in expected]
    assert third.types == first.types
    assert third.received != first.received
    assert len({each.kind for timeline in expected for each in timeline}) > 10


class TestThreads:
    """Several threads use the API while another thread advances time."""

    def test_threads_lose_no_call(self) -> None:
        """Every call exists, ends once and sends one disconnect event."""
        app = App(
            answer=MENU,
            menu=response(say("One.")),
            next=response('<Pause duration="3"/>'),
            partial=204,
            gone=204,
        )
        voice = core(app)
        voice.phone("+12125550124").answers(after=2)
        voice.phone("+12125550125").does_not_answer()
        made: list[str] = []
        failed: list[BaseException] = []
        start = threading.Barrier(9)

        def work(seed: int) -> None:
            choose = random.Random(seed)
            api = client(voice)
            start.wait()
            try:
                for _ in range(6):
                    number = choose.choice(["+12125550123", "+12125550124", "+12125550125"])
                    call_id = create(voice, to=number, disconnect_url="https://app.example/gone").call_id
                    made.append(call_id)
                    changes: list[Callable[[str], object]] = [
                        lambda call_id: api.update_call(call_id, redirect_url="https://app.example/next"),
                        lambda call_id: api.update_call_bxml(call_id, response(say("Pushed."))),
                        lambda call_id: api.update_call(call_id, state="completed"),
                        api.get_call_state,
                        lambda _: list(api.list_calls(page_size=7)),
                    ]
                    for _ in range(4):
                        with suppress(CallNotActive):
                            choose.choice(changes)(choose.choice(made))
            except BaseException as error:  # noqa: BLE001  the error makes the test fail below
                failed.append(error)

        threads = [threading.Thread(target=work, args=[seed]) for seed in range(8)]
        for thread in threads:
            thread.start()
        start.wait()
        while any(thread.is_alive() for thread in threads):
            voice.advance(0.5)
        voice.run()
        assert not failed
        assert len(made) == len(set(made)) == 48
        assert {call.call_id for call in voice.calls} == set(made)
        assert {call.state for call in voice.calls} == {"disconnected"}
        ends = Counter(dict(each.event.fields)["callId"] for each in app.received if each.path == "/gone")
        assert ends == Counter(made)
        for call in voice.calls:
            assert call.timeline.texts("state").count("disconnected") == 1
            assert call.timeline.events.count("disconnect") == 1
            times = [entry.at for entry in call.timeline]
            assert times == sorted(times)

    def test_only_one_thread_advances_time(self) -> None:
        """Advancing time in a second thread raises RuntimeError until the first thread has finished."""
        asked, go = threading.Event(), threading.Event()

        def answer(_: object) -> str:
            asked.set()
            assert go.wait(5)
            return response()

        voice = core(App(answer=answer))
        voice.dial("/answer")
        thread = threading.Thread(target=voice.run)
        thread.start()
        assert asked.wait(5)
        with pytest.raises(
            RuntimeError, match=r"^the emulator's time is already being advanced; an application cannot advance it"
        ):
            voice.advance(1)
        create(voice)  # the API can be used meanwhile
        go.set()
        thread.join()
        voice.advance(1)


class TestTime:
    """Virtual time passes only while it is advanced."""

    def test_time_advances_by_the_given_seconds(self) -> None:
        """Timers run only if they are due in these seconds."""
        voice = core(App(answer=response('<Pause duration="5"/>', say("Hi."))))
        call = voice.dial("/answer")
        voice.advance(4.5)
        assert (voice.seconds, call.timeline.spoken) == (4.5, [])
        voice.advance(0.5)
        assert (voice.seconds, call.timeline.spoken) == (5, ["Hi."])
        voice.run()
        assert voice.seconds == pytest.approx(5.18)

    def test_time_can_be_advanced_after_an_internal_error(self) -> None:
        """An internal error is raised, and time can be advanced afterwards."""
        voice = core(App())

        def fail() -> None:
            raise ZeroDivisionError

        voice._simulation.scheduler.after(1, fail)
        with pytest.raises(ZeroDivisionError):
            voice.advance(2)
        voice.advance(1)
        assert voice.seconds == 2

    def test_until_stops_without_timers(self) -> None:
        """Waiting for a condition takes no time if the condition is true or if no timer is left."""
        voice = core(App())
        assert voice._simulation.until(lambda: True, 5)
        assert not voice._simulation.until(lambda: False, 5)
        assert voice.seconds == 0

    def test_the_time_of_day_includes_advanced_time(self) -> None:
        """The time of day is that of the clock plus the advanced time."""
        voice = core(App())
        before = voice._simulation.time()
        voice.advance(90)
        assert (voice._simulation.time() - before).total_seconds() == 90


class TestErrors:
    """Invalid arguments and internal errors raise."""

    def test_an_internal_error_ends_the_call(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An internal error ends the call once, with one disconnect event."""
        app = App(answer=response('<Pause duration="1"/>'), gone=204)
        voice = core(app)
        monkeypatch.setitem(voice._calls.verbs, Pause, lambda *_: 1 // 0)
        call = voice.dial("/answer", status_url="/gone")
        with pytest.raises(ZeroDivisionError):
            voice.run()
        voice.run()
        assert (call.disconnect_cause, call.error_message) == ("error", "internal error of the emulator")
        assert app.types == ["initiate", "disconnect"]

    @pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "1"])
    def test_invalid_seconds_to_advance_raise(self, seconds: Any) -> None:
        """The number of seconds must be finite, and must not be negative."""
        voice = core(App(answer=MENU))
        call = voice.dial("/answer")
        with pytest.raises(ValueError, match="seconds"):
            voice.advance(seconds)
        assert (voice.seconds, call.state) == (0, "initiated")

    @pytest.mark.parametrize("seconds", [-1, float("nan"), "1"])
    def test_invalid_seconds_to_wait_raise(self, seconds: Any) -> None:
        """The seconds of an expectation may be infinite, but not negative."""
        voice = core(App(answer=MENU))
        call = voice.dial("/answer")
        with pytest.raises(ValueError, match="within"):
            call.expect_speech("press", within=seconds)
        with pytest.raises(ValueError, match="within"):
            call.expect_end(within=seconds)
        assert (voice.seconds, call.state) == (0, "initiated")
        assert call.expect_speech("press", within=float("inf")).at == 0

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("method", "PUT"),
            ("fallback_method", "get"),
            ("status_method", None),
            ("to", None),
            ("from_", 12125550123),
            ("callback_timeout", 0),
            ("callback_timeout", "5"),
        ],
    )
    def test_invalid_arguments_of_dial_raise(self, name: str, value: object) -> None:
        """The error names the argument."""
        voice = core(App(answer=MENU))
        arguments: dict[str, Any] = {name: value}
        with pytest.raises(ValueError, match=name):
            voice.dial("/answer", **arguments)
        assert voice.calls == []

    @pytest.mark.parametrize("value", [-1, "x", float("nan")])
    def test_invalid_numbers_raise(self, value: Any) -> None:
        """An invalid number for a fault, a delay or the length of an audio file raises ValueError."""
        voice = core(App(answer=MENU))
        tells: tuple[Callable[[], None], ...] = (
            lambda: voice.delay(value),
            lambda: voice.delay_webhooks(value),
            lambda: voice.delay_webhooks(1, times=value),
            lambda: voice.audio_lasts("https://app.example/a.wav", value),
            lambda: voice.fail(500, times=value),
            lambda: voice.cut(times=value),
        )
        for tell in tells:
            with pytest.raises(ValueError, match=r"seconds|times"):
                tell()

    @pytest.mark.parametrize("text", [5, None, "\ud800"])
    def test_invalid_text_raises(self, text: Any) -> None:
        """Speech and expectations must be strings."""
        call = core(App(answer=MENU)).dial("/answer")
        for hand in (call.say, call.expect_speech, call.expect_audio):
            with pytest.raises(
                ValueError,
                match=r"^text(=\S+)? (is not a string|contains a lone surrogate, which UTF-8 cannot encode; remove it)$",
            ):
                hand(text)
        assert len(call.timeline) == 1

    @pytest.mark.parametrize("value", [object(), float("nan"), "\ud800", {1, 2}])
    def test_event_fields_must_be_json(self, value: object) -> None:
        """If JSON cannot represent an event field, an error is raised before a call is created."""
        voice = core(App(answer=MENU))
        with pytest.raises(ValueError, match=r"^uui cannot be represented in JSON$"):
            voice.dial("/answer", uui=value)
        assert voice.calls == []


class TestPhones:
    """A phone number without its own reaction has the default reaction."""

    def test_a_phone_keeps_its_latest_reaction(self) -> None:
        """Each method of a phone sets its reaction and returns the phone."""
        voice = core(App(), answers=False)
        phone = voice.phone("+12125550123")
        assert phone.answers(2, by="silence", hangs_up_after=3) is phone.is_busy() is phone.rejects() is phone.does_not_answer()
        assert voice.phone("+12125550123") is phone
        phone.answers(2, by="silence", hangs_up_after=3)
        assert phone.reaction == Reaction(after=2, by="silence", hangs_up_after=3)
        simulation = voice._simulation
        assert (simulation.reaction("+12125550123"), simulation.reaction("+12125550124")) == (phone.reaction, None)
        assert Core()._simulation.reaction("+12125550124") == voice.phone("+12125550125").reaction == Reaction()
        assert Reaction().is_immediate
        assert not phone.reaction.is_immediate
        assert not phone.is_busy().reaction.is_immediate

    @pytest.mark.parametrize(
        ("how", "sentence"),
        [
            ({"by": "machine"}, 'by="machine" is not allowed; expected human, answering-machine or silence'),
            ({"after": -1}, "after=-1 is too small; expected a number from 0 to 1000000000"),
            (
                {"hangs_up_after": float("nan")},
                "hangs_up_after=nan is not a finite number; expected a number from 0 to 1000000000",
            ),
            ({"after": "1"}, 'after="1" is not a number; expected a number from 0 to 1000000000'),
        ],
    )
    def test_an_invalid_reaction_raises_immediately(self, how: dict[str, Any], sentence: str) -> None:
        """An invalid reaction raises immediately and changes nothing."""
        phone = core(App()).phone("+12125550123").is_busy()
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            phone.answers(**how)
        assert phone.reaction == BUSY

    def test_an_invalid_number_raises(self) -> None:
        """A phone must have a number in E.164 format, a SIP URI or the id of a Connect endpoint."""
        voice = core(App())
        for number in ("336-555-0177", "3365550177", "+1 336 555 0177", ""):
            message = f'number="{number}" is not a phone number in E.164 form or a SIP URI; expected '
            with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
                voice.phone(number)
        for anything in (13365550177, None):
            with pytest.raises(ValueError, match="number"):
                voice.phone(cast("str", anything))
        for number in ("+13365550177", "sip:desk@pbx.example", "e-1"):
            assert voice.phone(number).is_busy().reaction == BUSY


def test_the_block_closes_the_application() -> None:
    """The end of the ``with`` block closes the application."""
    with core(App()) as voice:
        pass
    assert isinstance(voice, Core)
    closed: list[str] = []
    with core(App()) as voice:
        voice._simulation.application.close = lambda: closed.append("closed")  # type: ignore[method-assign]
    assert closed == ["closed"]
    assert issubclass(CallNotActive, CallControlError)


def test_series_are_disjoint() -> None:
    """Emulators with different series have no id in common, and the first series is 0."""
    first, second = Core(), Core()
    second.series = 0xABCDEF01
    ids = [[core.dial("https://app.example/answer").call_id for _ in range(3)] for core in (first, second)]
    assert ids[0][0] == "c-00000001-00000000-0000-0000-0000-000000000001"
    assert ids[1][0] == "c-00000001-abcdef01-0000-0000-0000-000000000001"
    assert (first.series, second.series) == (0, 0xABCDEF01)
    assert not {*ids[0]} & {*ids[1]}


class TestDriver:
    """A thread that drives virtual time, while requests in other threads act on the calls."""

    def test_driver_waits_for_other_threads(self) -> None:
        """If another thread advances time, the driver advances time afterwards."""
        is_asked, may_answer = threading.Event(), threading.Event()

        def wait(_: object) -> str:
            is_asked.set()
            assert may_answer.wait(10)
            return response("<Pause/>")

        voice = core(App(answer=wait))
        voice.dial("/answer")
        voice._simulation.driver = threading.get_ident()
        other = threading.Thread(target=voice._simulation.settle)
        other.start()
        assert is_asked.wait(10)
        threading.Timer(0.2, may_answer.set).start()
        voice.advance(2)
        other.join()
        assert voice.seconds == 2

    def test_driver_runs_what_other_threads_cause(self) -> None:
        """While the driver advances time, other threads can act on calls, but only the driver runs the effects."""
        voice = core(App(answer="<Response><Gather maxDigits='1'/></Response>", slow=lambda _: act()))
        call = voice.dial("/answer")
        voice.advance(0)

        def act() -> str:
            with ThreadPoolExecutor(1) as other:
                other.submit(call.press, "1").result()
                with pytest.raises(RuntimeError, match="already being advanced"):
                    other.submit(voice.advance, 1).result()
            assert call.timeline.texts("gathered") == []
            return ""

        voice._simulation.driver = threading.get_ident()
        voice.dial("/slow")
        voice.advance(0)
        assert call.timeline.texts("gathered") == ["1"]
