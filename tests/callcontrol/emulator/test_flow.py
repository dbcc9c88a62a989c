"""Forward, Refer and Connect, which take a call elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bxml import Endpoint, Response, SipUri
from callcontrol import BasicAuth, CallNotActive, Client
from callcontrol.emulator.core import Core
from tests.callcontrol.emulator.answers import Answers

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
        client = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)
        changes: list[Callable[[], object]] = [
            lambda: client.redirect(call.call_id, "https://app.example/other"),
            lambda: client.update_call_bxml(call.call_id, Response().hangup()),
            lambda: client.update_call(call.call_id, state="completed"),
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
        voice = Core(app)
        client = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)
        made = client.create_call(
            to="+12125550123", from_="+19195550100", application_id="app", answer_url="https://app.example/answer"
        )
        assert voice.call(made.call_id).expect_end() == "application-error"


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

    @pytest.mark.parametrize("to", ["+19195550100"])
    def test_not_of_a_call_to_a_number(self, to: str) -> None:
        """It is for calls that came in by a SIP URI."""
        call = Core(Answers(answer=Response().refer([SipUri(DESK)]))).dial("/answer", to=to)
        assert call.expect_end() == "application-error"
        assert call.error_message == "Refer is for an inbound call to a SIP URI"


class TestConnect:
    """An endpoint is connected."""

    def statuses(self, how: str, *, interrupted: bool = False, **reaction: float) -> tuple[list[str], list[str]]:
        """What the application is told of it, and what is spoken after."""
        app = Answers(
            answer=Response().connect([Endpoint("e-1")], event_callback_url="/status").speak_sentence("Next verb."),
        )
        voice = Core(app)
        getattr(voice.phone("e-1"), how)(**reaction)
        call = voice.dial("/answer")
        if interrupted:
            voice.advance(3)
            client = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)
            client.update_call_bxml(call.call_id, Response().hangup())
        voice.run()
        return [event.fields["status"] for path, event in app.events if path == "/status"], call.timeline.spoken

    def test_until_the_endpoint_leaves(self) -> None:
        """Then the next verb follows."""
        assert self.statuses("answers", after=2, hangs_up_after=9) == (["INITIATED", "COMPLETED"], ["Next verb."])

    @pytest.mark.parametrize(
        ("how", "status"), [("is_busy", "FAILED"), ("rejects", "DENIED"), ("does_not_answer", "TIMED_OUT")]
    )
    def test_it_is_not_reached(self, how: str, status: str) -> None:
        """The next verb follows."""
        assert self.statuses(how) == (["INITIATED", status], ["Next verb."])

    def test_it_is_interrupted(self) -> None:
        """The endpoint is told off."""
        assert self.statuses("answers", interrupted=True) == (["INITIATED", "CANCELED"], [])

    def test_events_have_their_own_envelope(self) -> None:
        """They say ``event`` where others say ``eventType``."""
        app = Answers(answer=Response().connect([Endpoint("e-1")], event_callback_url="/status"))
        voice = Core(app)
        voice.dial("/answer")
        voice.advance(1)
        assert app.fields("/status")["event"] == "connectStatus"
        assert "eventType" not in app.fields("/status")
