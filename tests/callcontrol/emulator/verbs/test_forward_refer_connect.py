"""Forward, Refer and Connect transfer a call to another party."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bxml import Endpoint, Response, SipUri
from callcontrol import CallNotActive
from callcontrol.emulator.calls import Call
from callcontrol.emulator.in_process_emulator import Core
from callcontrol.emulator.phones import Reaction
from callcontrol.events import ConnectStatusEvent, DisconnectEvent, ReferCompleteEvent
from tests.callcontrol.emulator.scripted_application import TODAY, client, create, entries
from tests.callcontrol.emulator.table_application import Answers

SALES = "+13365550142"
DESK = "sip:desk@pbx.example"
SIP = "sip:line@sip-uri.voice-api.bandwidth.com"


class TestForward:
    """Forward passes an unanswered inbound call on to another party."""

    @pytest.fixture
    def app(self) -> Answers:
        """Return an application that forwards every call."""
        return Answers(answer=Response().tag("order-7").forward(to=SALES, call_timeout=20))

    def test_call_lasts_until_either_side_hangs_up(self, app: Answers) -> None:
        """A forwarded call lasts until one side hangs up. After the initiate event, only the disconnect event is sent."""
        voice = Core(app)
        voice.phone(SALES).answers(after=5, hangs_up_after=60)
        call = voice.dial("/answer", status_url="/status")
        voice.advance(3)
        assert call.state == "initiated"
        voice.advance(3)
        assert (call.state, call.timeline.texts("joined")) == ("answered", [SALES])
        voice.run()
        assert app.received == [("/answer", "initiate"), ("/status", "disconnect")]
        assert (call.disconnect_cause, call.timeline[-1].at) == ("hangup", 65)
        assert entries(call, "joined", "left") == [(5, SALES), (65, SALES)]

    @pytest.mark.parametrize(
        ("behavior", "cause"), [("is_busy", "busy"), ("rejects", "rejected"), ("does_not_answer", "timeout")]
    )
    def test_unanswered_forward_ends_the_call(self, app: Answers, behavior: str, cause: str) -> None:
        """The call ends with the cause of the failed forward."""
        voice = Core(app)
        getattr(voice.phone(SALES), behavior)()
        call = voice.dial("/answer")
        assert call.expect_end() == cause

    @pytest.mark.parametrize(("seconds", "cause"), [(3, "cancel"), (10, "hangup")])
    def test_api_cannot_change_a_forwarded_call(self, app: Answers, seconds: float, cause: str) -> None:
        """Every change of a ringing or answered forwarded call returns 409. The caller can still hang up."""
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

    def test_answered_call_cannot_be_forwarded(self, app: Answers) -> None:
        """Forward on an answered call ends the call with an application error."""
        app.documents["/answer"] = Response().speak_sentence("Hello.").forward(to=SALES)
        call = Core(app).dial("/answer")
        assert call.expect_end() == "application-error"
        assert call.error_message == "Forward is only allowed for an inbound call that is not answered yet"

    def test_outbound_call_cannot_be_forwarded(self, app: Answers) -> None:
        """An outbound call is already answered when it runs Forward."""
        assert create(Core(app)).expect_end() == "application-error"

    def test_disconnect_event_describes_the_call(self, app: Answers) -> None:
        """The event has the call's own numbers, its tag, and the SIP response code of a failed forward."""
        voice = Core(app, clock=lambda: TODAY)
        voice.phone(SALES).is_busy()
        call = voice.dial("/answer", status_url="/status")
        voice.run()
        event = app.events[-1][1]
        assert isinstance(event, DisconnectEvent)
        assert (event.from_, event.to, event.direction, event.tag) == (call.from_, call.to, "inbound", "order-7")
        assert (event.cause, event.error_message, event.sip_response_code) == ("busy", "Callee is busy", 486)
        assert (event.start_time, event.answer_time, event.end_time) == (TODAY, None, TODAY)

    def test_default_call_timeout_is_30_seconds(self, app: Answers) -> None:
        """The default of callTimeout also applies to a SIP URI."""
        app.documents["/answer"] = Response().forward(to=DESK).speak_sentence("Never.")
        voice = Core(app)
        voice.phone(DESK).does_not_answer()
        call = voice.dial("/answer")
        assert (call.expect_end(), call.timeline[-1].at, call.timeline.spoken) == ("timeout", 30, [])

    def test_target_can_be_answered_explicitly(self, app: Answers) -> None:
        """With answers=False, the forward target rings until the test answers it."""
        voice = Core(app, answers=False)
        call = voice.dial("/answer")
        voice.advance(3)
        assert call.state == "initiated"
        voice.answer(call.call_id)
        assert call.state == "answered"
        voice.advance(100)
        assert entries(call, "joined", "left") == [(3, SALES)]


class TestRefer:
    """Refer asks the caller's own system to call the target."""

    def refer(self, behavior: str, **attributes: Any) -> tuple[Answers, list[str], str | None]:
        """Return the application, the spoken texts and the disconnect cause of a call that runs Refer."""
        app = Answers(
            answer=Response().refer([SipUri(DESK)], **attributes).speak_sentence("Next verb."),
            over=Response().speak_sentence("It did not work."),
        )
        voice = Core(app)
        getattr(voice.phone(DESK), behavior)()
        call = voice.dial("/answer", to=SIP, status_url="/status")
        voice.run()
        return app, call.timeline.spoken, call.disconnect_cause

    def test_success_ends_the_call(self) -> None:
        """The call ends, and the response to the event is ignored."""
        app, spoken, cause = self.refer("answers", refer_complete_url="/over", tag="referred")
        assert (spoken, cause) == ([], "hangup")
        assert app.received == [("/answer", "initiate"), ("/over", "referComplete"), ("/status", "disconnect")]
        fields = app.fields("/over")
        assert (fields["referCallStatus"], fields["referSipResponseCode"], fields["notifySipResponseCode"]) == (
            "success",
            202,
            200,
        )
        assert fields["tag"] == "referred"
        assert "enqueuedTime" not in fields

    @pytest.mark.parametrize(
        ("behavior", "codes"), [("rejects", (603, None)), ("is_busy", (202, 486)), ("does_not_answer", (202, None))]
    )
    def test_failure_continues_with_the_response(self, behavior: str, codes: tuple[int, int | None]) -> None:
        """The event has the SIP codes of the failure, and the document in the response runs."""
        app, spoken, _ = self.refer(behavior, refer_complete_url="/over")
        assert spoken == ["It did not work."]
        fields = app.fields("/over")
        assert fields["referCallStatus"] == "failure"
        assert (fields["referSipResponseCode"], fields.get("notifySipResponseCode")) == codes

    def test_without_url_failure_continues_with_the_next_verb(self) -> None:
        """Without a URL, a failed Refer continues with the next verb. A successful Refer still ends the call."""
        assert self.refer("answers")[1:] == ([], "hangup")
        assert self.refer("rejects")[1:] == (["Next verb."], "hangup")

    def test_failure_is_in_the_timeline(self) -> None:
        """Without a URL, nothing else says that the target refused the call."""
        voice = Core(Answers(answer=Response().refer([SipUri(DESK)]).speak_sentence("Next verb.")))
        voice.phone(DESK).is_busy()
        call = voice.dial("/answer", to=SIP)
        voice.run()
        (entry,) = (each for each in call.timeline if each.kind == "leg")
        assert (entry.text, entry.details) == (f"{DESK} was not joined", {"cause": "busy"})

    def test_target_must_answer_within_30_seconds(self) -> None:
        """After the timeout the Refer fails."""
        app = Answers(answer=Response().refer([SipUri(DESK)]).speak_sentence("Next verb."))
        voice = Core(app)
        voice.phone(DESK).does_not_answer()
        call = voice.dial("/answer", to=SIP)
        assert call.expect_speech("next verb").at == 31

    @pytest.mark.parametrize(
        "make_call", [lambda voice: voice.dial("/answer"), lambda voice: create(voice, to=SIP)], ids=["to a number", "outbound"]
    )
    def test_other_calls_cannot_be_referred(self, make_call: Callable[[Core], Call]) -> None:
        """Refer is only allowed for inbound calls to a SIP URI."""
        call = make_call(Core(Answers(answer=Response().refer([SipUri(DESK)]))))
        assert call.expect_end() == "application-error"
        assert call.error_message == "Refer is only allowed for an inbound call to a SIP URI"

    def referring(self) -> tuple[Answers, Core, Call]:
        """Return an application, a core, and an inbound call that will run Refer."""
        app = Answers(
            answer=Response().refer([SipUri(DESK)], refer_complete_url="/over").speak_sentence("Next verb."),
            over=Response().speak_sentence("It did not work."),
        )
        voice = Core(app, clock=lambda: TODAY)
        return app, voice, voice.dial("/answer", to=SIP, status_url="/status")

    @pytest.mark.parametrize(("after", "status", "at"), [(0, "success", 1), (30, "success", 31), (31, "failure", 31)])
    def test_event_follows_the_targets_answer(self, after: float, status: str, at: float) -> None:
        """The event follows the start of the verb by one second plus the ringing time, but by 31 seconds at most."""
        app, voice, _ = self.referring()
        voice.phone(DESK).answers(after=after)
        voice.run()
        event = app.events[1][1]
        assert isinstance(event, ReferCompleteEvent)
        assert (event.refer_call_status, event.event_time) == (status, TODAY + timedelta(seconds=at))
        assert (event.start_time, event.answer_time) == (TODAY, TODAY)

    @pytest.mark.parametrize("change", ["hang up", "push"])
    def test_interrupted_refer_sends_no_event(self, change: str) -> None:
        """The event is not sent after a hang-up or an interruption."""
        app, voice, call = self.referring()
        voice.phone(DESK).answers(after=10)
        voice.advance(5)
        if change == "hang up":
            call.hang_up()
        else:
            client(voice).update_call_bxml(call.call_id, Response().speak_sentence("Something else."))
        voice.run()
        assert app.received == [("/answer", "initiate"), ("/status", "disconnect")]
        assert call.timeline.spoken == ([] if change == "hang up" else ["Something else."])

    def test_target_cannot_be_answered_explicitly(self) -> None:
        """With answers=False the target rings until the timeout, because it is not a call of the platform."""
        voice = Core(Answers(answer=Response().refer([SipUri(DESK)]).speak_sentence("Next verb.")), answers=False)
        assert voice.dial("/answer", to=SIP).expect_speech("next verb").at == 31

    def test_spaces_around_the_target_are_removed(self) -> None:
        """Spaces around a target are removed, because a document may be indented."""
        app, voice, call = self.referring()
        app.documents["/answer"] = f"<Response><Refer><SipUri>\n  {DESK}\n</SipUri></Refer></Response>".encode()
        voice.run()
        assert call.timeline.texts("joined") == [DESK]


class TestConnect:
    """Connect joins the call with an endpoint."""

    @pytest.fixture
    def app(self) -> Answers:
        """Return an application that connects every call."""
        document = Response().connect([Endpoint("e-1")], event_callback_url="/connect", event_fallback_url="/again")
        return Answers(answer=document.speak_sentence("Next verb."))

    def statuses(self, app: Answers) -> list[tuple[str | None, float]]:
        """Return each status that the application received, with the seconds since the start."""
        events = [event for path, event in app.events if path == "/connect"]
        return [
            (event.status, (event.event_time - TODAY).total_seconds())
            for event in events
            if isinstance(event, ConnectStatusEvent) and event.event_time
        ]

    def calling(self, app: Answers, reaction: Reaction) -> tuple[Core, Call]:
        """Return a core whose endpoint has the given reaction, and an inbound call."""
        voice = Core(app, clock=lambda: TODAY)
        voice.phone("e-1").reaction = reaction
        return voice, voice.dial("/answer")

    def test_next_verb_follows_when_the_endpoint_leaves(self, app: Answers) -> None:
        """The connection lasts until the endpoint leaves."""
        voice, call = self.calling(app, Reaction(after=2, hangs_up_after=9))
        voice.run()
        assert self.statuses(app) == [("INITIATED", 0), ("COMPLETED", 11)]
        assert entries(call, "joined", "left", "spoken") == [(2, "e-1"), (11, "e-1"), (11, "Next verb.")]

    @pytest.mark.parametrize(
        ("cause", "after", "status"),
        [("busy", 0, "FAILED"), ("rejected", 0, "DENIED"), ("error", 0, "FAILED"), ("timeout", 1000, "TIMED_OUT")],
    )
    def test_unreachable_endpoint_gives_a_status(self, app: Answers, cause: str, after: float, status: str) -> None:
        """The status is sent after at most 30 seconds, and the next verb follows."""
        voice, call = self.calling(app, Reaction(cause, after))
        voice.run()
        at = min(after, 30)
        assert self.statuses(app) == [("INITIATED", 0), (status, at)]
        assert entries(call, "leg", "joined", "left", "spoken") == [(at, "e-1 was not joined"), (at, "Next verb.")]

    @pytest.mark.parametrize(("after", "status"), [(10, "CANCELED"), (1, "COMPLETED")])
    @pytest.mark.parametrize("change", ["hang up", "push"])
    def test_status_when_the_call_leaves(self, app: Answers, change: str, after: float, status: str) -> None:
        """If the call leaves, the status is CANCELED while the endpoint rings, and COMPLETED after its answer."""
        voice, call = self.calling(app, Reaction(after=after))
        voice.advance(3)
        if change == "hang up":
            call.hang_up()
        else:
            client(voice).update_call_bxml(call.call_id, Response().speak_sentence("Something else."))
        voice.run()
        assert self.statuses(app) == [("INITIATED", 0), (status, 3)]
        assert call.timeline.spoken == ([] if change == "hang up" else ["Something else."])
        assert entries(call, "joined", "left") == ([] if status == "CANCELED" else [(1, "e-1"), (3, "e-1")])

    def test_event_type_is_in_the_member_event(self, app: Answers) -> None:
        """Connect events have their type in the member ``event`` instead of ``eventType``."""
        voice, _ = self.calling(app, Reaction())
        voice.advance(1)
        assert app.fields("/connect")["event"] == "connectStatus"
        assert "eventType" not in app.fields("/connect")

    def test_fallback_url_receives_failed_events(self, app: Answers) -> None:
        """A failed event is sent to the fallback URL, and the connection continues."""
        app.documents["/connect"] = 500
        voice, call = self.calling(app, Reaction(hangs_up_after=5))
        voice.run()
        statuses = [event.fields["status"] for path, event in app.events if path == "/again"]
        assert statuses == ["INITIATED", "COMPLETED"]
        assert call.timeline.spoken == ["Next verb."]

    def test_without_url_no_event_is_sent(self, app: Answers) -> None:
        """Without a URL, the call is connected but no event is sent."""
        app.documents["/answer"] = Response().connect([Endpoint("e-1")]).speak_sentence("Next verb.")
        voice, call = self.calling(app, Reaction(hangs_up_after=5))
        voice.run()
        assert app.received == [("/answer", "initiate")]
        assert entries(call, "spoken") == [(5, "Next verb.")]

    def test_only_the_first_endpoint_is_called(self, app: Answers) -> None:
        """The timeline lists the other endpoints. Spaces around an id are removed."""
        app.documents["/answer"] = Response().connect([Endpoint(" e-1 "), Endpoint("e-2"), Endpoint("e-3")])
        voice, call = self.calling(app, Reaction(hangs_up_after=5))
        voice.run()
        assert call.timeline.texts("joined") == ["e-1"]
        assert call.timeline.texts("ignored") == [
            f"the endpoint {each} is not called; only the first endpoint, e-1, is called" for each in ("e-2", "e-3")
        ]
