"""Forward, Refer and Connect, which take a call elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bxml import Endpoint, Response, SipUri
from callcontrol import CallNotActive
from callcontrol.emulator.calls import Call
from callcontrol.emulator.core import Core
from callcontrol.emulator.phones import Reaction
from callcontrol.events import ConnectStatusEvent, DisconnectEvent, ReferCompleteEvent
from tests.callcontrol.emulator.recording_application import TODAY, client, create, entries
from tests.callcontrol.emulator.table_application import Answers

SALES = "+13365550142"
DESK = "sip:desk@pbx.example"
SIP = "sip:line@sip-uri.voice-api.bandwidth.com"


class TestForward:
    """An unanswered inbound call is handed on."""

    @pytest.fixture
    def app(self) -> Answers:
        """An application that forwards every call."""
        return Answers(answer=Response().tag("order-7").forward(to=SALES, call_timeout=20))

    def test_it_goes_on_until_somebody_hangs_up(self, app: Answers) -> None:
        """The application hears of its end alone."""
        voice = Core(app)
        voice.phone(SALES).answers(after=5, hangs_up_after=60)
        call = voice.dial("/answer", status_url="/status")
        voice.advance(3)
        assert call.state == "initiated"
        voice.advance(3)
        assert (call.state, call.timeline.texts("joined")) == ("answered", [SALES])
        voice.run()
        assert app.told == [("/answer", "initiate"), ("/status", "disconnect")]
        assert (call.disconnect_cause, call.timeline[-1].at) == ("hangup", 65)
        assert entries(call, "joined", "left") == [(5, SALES), (65, SALES)]

    @pytest.mark.parametrize(("how", "cause"), [("is_busy", "busy"), ("rejects", "rejected"), ("does_not_answer", "timeout")])
    def test_nobody_answers(self, app: Answers, how: str, cause: str) -> None:
        """The call ends for that cause."""
        voice = Core(app)
        getattr(voice.phone(SALES), how)()
        call = voice.dial("/answer")
        assert call.expect_end() == cause

    @pytest.mark.parametrize(("seconds", "cause"), [(3, "cancel"), (10, "hangup")])
    def test_the_api_cannot_take_it_back(self, app: Answers, seconds: float, cause: str) -> None:
        """Neither while it rings, nor when it is answered; the caller can give up or hang up."""
        voice = Core(app)
        voice.phone(SALES).answers(after=5)
        call = voice.dial("/answer")
        voice.advance(seconds)
        changes: list[Callable[[], object]] = [
            lambda: client(voice).redirect(call.call_id, "https://app.example/other"),
            lambda: client(voice).update_call_bxml(call.call_id, Response().hangup()),
            lambda: client(voice).update_call(call.call_id, state="completed"),
        ]
        for change in changes:
            with pytest.raises(CallNotActive) as caught:
                change()
            assert caught.value.status == 409
        call.hang_up()
        assert call.disconnect_cause == cause

    def test_not_after_an_answer(self, app: Answers) -> None:
        """The platform is asked for what cannot be."""
        app.documents["/answer"] = Response().speak_sentence("Hello.").forward(to=SALES)
        call = Core(app).dial("/answer")
        assert call.expect_end() == "application-error"
        assert call.error_message == "Forward is for an inbound call that is not answered yet"

    def test_not_of_an_outbound_call(self, app: Answers) -> None:
        """It is answered when it comes to the verb."""
        assert create(Core(app)).expect_end() == "application-error"

    def test_the_event_of_its_end(self, app: Answers) -> None:
        """It has the call's own numbers, its tag, and what the network said if it was refused."""
        voice = Core(app, clock=lambda: TODAY)
        voice.phone(SALES).is_busy()
        call = voice.dial("/answer", status_url="/status")
        voice.run()
        event = app.events[-1][1]
        assert isinstance(event, DisconnectEvent)
        assert (event.from_, event.to, event.direction, event.tag) == (call.from_, call.to, "inbound", "order-7")
        assert (event.cause, event.error_message, event.sip_response_code) == ("busy", "Callee is busy", 486)
        assert (event.start_time, event.answer_time, event.end_time) == (TODAY, None, TODAY)

    def test_half_a_minute_if_no_time_is_given(self, app: Answers) -> None:
        """The default of callTimeout; to a SIP URI as to a number."""
        app.documents["/answer"] = Response().forward(to=DESK).speak_sentence("Never.")
        voice = Core(app)
        voice.phone(DESK).does_not_answer()
        call = voice.dial("/answer")
        assert (call.expect_end(), call.timeline[-1].at, call.timeline.spoken) == ("timeout", 30, [])

    def test_it_is_answered_by_hand(self, app: Answers) -> None:
        """Where phones wait to be told."""
        voice = Core(app, answers=False)
        call = voice.dial("/answer")
        voice.advance(3)
        assert call.state == "initiated"
        voice.answer(call.call_id)
        assert call.state == "answered"
        voice.advance(100)
        assert entries(call, "joined", "left") == [(3, SALES)]


class TestRefer:
    """The caller's own system calls another one."""

    def refer(self, how: str, **attributes: Any) -> tuple[Answers, list[str], str | None]:
        """What the application is told, what is spoken after, and how the call ends."""
        app = Answers(
            answer=Response().refer([SipUri(DESK)], **attributes).speak_sentence("Next verb."),
            over=Response().speak_sentence("It did not work."),
        )
        voice = Core(app)
        getattr(voice.phone(DESK), how)()
        call = voice.dial("/answer", to=SIP, status_url="/status")
        voice.run()
        return app, call.timeline.spoken, call.disconnect_cause

    def test_it_works(self) -> None:
        """The call is over, and what the application answers is ignored."""
        app, spoken, cause = self.refer("answers", refer_complete_url="/over", tag="referred")
        assert (spoken, cause) == ([], "hangup")
        assert app.told == [("/answer", "initiate"), ("/over", "referComplete"), ("/status", "disconnect")]
        fields = app.fields("/over")
        assert (fields["referCallStatus"], fields["referSipResponseCode"], fields["notifySipResponseCode"]) == (
            "success",
            202,
            200,
        )
        assert fields["tag"] == "referred"
        assert "enqueuedTime" not in fields

    @pytest.mark.parametrize(
        ("how", "codes"), [("rejects", (603, None)), ("is_busy", (202, 486)), ("does_not_answer", (202, None))]
    )
    def test_it_does_not_work(self, how: str, codes: tuple[int, int | None]) -> None:
        """The application says what to do instead; the codes tell why."""
        app, spoken, _ = self.refer(how, refer_complete_url="/over")
        assert spoken == ["It did not work."]
        fields = app.fields("/over")
        assert fields["referCallStatus"] == "failure"
        assert (fields["referSipResponseCode"], fields.get("notifySipResponseCode")) == codes

    def test_without_a_url(self) -> None:
        """A success ends the call all the same, and after a failure the next verb follows."""
        assert self.refer("answers")[1:] == ([], "hangup")
        assert self.refer("rejects")[1:] == (["Next verb."], "hangup")

    def test_the_final_word_takes_half_a_minute_at_most(self) -> None:
        """Then it counts as a failure."""
        app = Answers(answer=Response().refer([SipUri(DESK)]).speak_sentence("Next verb."))
        voice = Core(app)
        voice.phone(DESK).does_not_answer()
        call = voice.dial("/answer", to=SIP)
        assert call.expect_speech("next verb").at == 31

    @pytest.mark.parametrize(
        "arrives", [lambda voice: voice.dial("/answer"), lambda voice: create(voice, to=SIP)], ids=["to a number", "outbound"]
    )
    def test_not_of_another_call(self, arrives: Callable[[Core], Call]) -> None:
        """It is for calls that came in by a SIP URI."""
        call = arrives(Core(Answers(answer=Response().refer([SipUri(DESK)]))))
        assert call.expect_end() == "application-error"
        assert call.error_message == "Refer is for an inbound call to a SIP URI"

    def referring(self) -> tuple[Answers, Core, Call]:
        """An inbound call that will be referred."""
        app = Answers(
            answer=Response().refer([SipUri(DESK)], refer_complete_url="/over").speak_sentence("Next verb."),
            over=Response().speak_sentence("It did not work."),
        )
        voice = Core(app, clock=lambda: TODAY)
        return app, voice, voice.dial("/answer", to=SIP, status_url="/status")

    @pytest.mark.parametrize(("after", "status", "at"), [(0, "success", 1), (30, "success", 31), (31, "failure", 31)])
    def test_how_long_it_takes(self, after: float, status: str, at: float) -> None:
        """A second, and as long as the target rings, for half a minute."""
        app, voice, _ = self.referring()
        voice.phone(DESK).answers(after=after)
        voice.run()
        event = app.events[1][1]
        assert isinstance(event, ReferCompleteEvent)
        assert (event.refer_call_status, event.event_time) == (status, TODAY + timedelta(seconds=at))
        assert (event.start_time, event.answer_time) == (TODAY, TODAY)

    @pytest.mark.parametrize("change", ["hang up", "push"])
    def test_something_else_happens_meanwhile(self, change: str) -> None:
        """Nothing is told of it then."""
        app, voice, call = self.referring()
        voice.phone(DESK).answers(after=10)
        voice.advance(5)
        if change == "hang up":
            call.hang_up()
        else:
            client(voice).update_call_bxml(call.call_id, Response().speak_sentence("Something else."))
        voice.run()
        assert app.told == [("/answer", "initiate"), ("/status", "disconnect")]
        assert call.timeline.spoken == ([] if change == "hang up" else ["Something else."])

    def test_a_phone_that_waits_to_be_told(self) -> None:
        """Nobody can tell it, for what it rings for is no call of the platform's."""
        voice = Core(Answers(answer=Response().refer([SipUri(DESK)]).speak_sentence("Next verb.")), answers=False)
        assert voice.dial("/answer", to=SIP).expect_speech("next verb").at == 31

    def test_blanks_around_the_target_are_not_of_it(self) -> None:
        """A document may be indented."""
        app, voice, call = self.referring()
        app.documents["/answer"] = f"<Response><Refer><SipUri>\n  {DESK}\n</SipUri></Refer></Response>".encode()
        voice.run()
        assert call.timeline.texts("joined") == [DESK]


class TestConnect:
    """An endpoint is connected."""

    @pytest.fixture
    def app(self) -> Answers:
        """An application that connects every call."""
        document = Response().connect([Endpoint("e-1")], event_callback_url="/connect", event_fallback_url="/again")
        return Answers(answer=document.speak_sentence("Next verb."))

    def told(self, app: Answers) -> list[tuple[str | None, float]]:
        """What the application is told of it, and when."""
        events = [event for path, event in app.events if path == "/connect"]
        return [
            (event.status, (event.event_time - TODAY).total_seconds())
            for event in events
            if isinstance(event, ConnectStatusEvent) and event.event_time
        ]

    def connected(self, app: Answers, reaction: Reaction) -> tuple[Core, Call]:
        """A call that has come in, and an endpoint that will react so."""
        voice = Core(app, clock=lambda: TODAY)
        voice.phone("e-1").reaction = reaction
        return voice, voice.dial("/answer")

    def test_until_the_endpoint_leaves(self, app: Answers) -> None:
        """Then the next verb follows."""
        voice, call = self.connected(app, Reaction(after=2, hangs_up_after=9))
        voice.run()
        assert self.told(app) == [("INITIATED", 0), ("COMPLETED", 11)]
        assert entries(call, "joined", "left", "spoken") == [(2, "e-1"), (11, "e-1"), (11, "Next verb.")]

    @pytest.mark.parametrize(
        ("cause", "after", "status"),
        [("busy", 0, "FAILED"), ("rejected", 0, "DENIED"), ("error", 0, "FAILED"), ("timeout", 1000, "TIMED_OUT")],
    )
    def test_it_is_not_reached(self, app: Answers, cause: str, after: float, status: str) -> None:
        """The next verb follows, after half a minute at most."""
        voice, call = self.connected(app, Reaction(cause, after))
        voice.run()
        at = min(after, 30)
        assert self.told(app) == [("INITIATED", 0), (status, at)]
        assert entries(call, "joined", "left", "spoken") == [(at, "Next verb.")]

    @pytest.mark.parametrize(("after", "status"), [(10, "CANCELED"), (1, "COMPLETED")])
    @pytest.mark.parametrize("change", ["hang up", "push"])
    def test_the_call_leaves(self, app: Answers, change: str, after: float, status: str) -> None:
        """While the endpoint rings it is canceled; later the connection has been one."""
        voice, call = self.connected(app, Reaction(after=after))
        voice.advance(3)
        if change == "hang up":
            call.hang_up()
        else:
            client(voice).update_call_bxml(call.call_id, Response().speak_sentence("Something else."))
        voice.run()
        assert self.told(app) == [("INITIATED", 0), (status, 3)]
        assert call.timeline.spoken == ([] if change == "hang up" else ["Something else."])
        assert entries(call, "joined", "left") == ([] if status == "CANCELED" else [(1, "e-1"), (3, "e-1")])

    def test_events_have_their_own_envelope(self, app: Answers) -> None:
        """They say ``event`` where others say ``eventType``."""
        voice, _ = self.connected(app, Reaction())
        voice.advance(1)
        assert app.fields("/connect")["event"] == "connectStatus"
        assert "eventType" not in app.fields("/connect")

    def test_where_its_events_go_if_that_fails(self, app: Answers) -> None:
        """To the other URL, and the connection is none the worse for it."""
        app.documents["/connect"] = 500
        voice, call = self.connected(app, Reaction(hangs_up_after=5))
        voice.run()
        statuses = [event.fields["status"] for path, event in app.events if path == "/again"]
        assert statuses == ["INITIATED", "COMPLETED"]
        assert call.timeline.spoken == ["Next verb."]

    def test_without_a_url(self, app: Answers) -> None:
        """Nothing is told."""
        app.documents["/answer"] = Response().connect([Endpoint("e-1")]).speak_sentence("Next verb.")
        voice, call = self.connected(app, Reaction(hangs_up_after=5))
        voice.run()
        assert app.told == [("/answer", "initiate")]
        assert entries(call, "spoken") == [(5, "Next verb.")]

    def test_the_first_of_several_endpoints(self, app: Answers) -> None:
        """The timeline says so of the others; blanks around an id are not of it."""
        app.documents["/answer"] = Response().connect([Endpoint(" e-1 "), Endpoint("e-2"), Endpoint("e-3")])
        voice, call = self.connected(app, Reaction(hangs_up_after=5))
        voice.run()
        assert call.timeline.texts("joined") == ["e-1"]
        assert call.timeline.texts("ignored") == [f"the endpoint {each}, for e-1 stands before it" for each in ("e-2", "e-3")]
