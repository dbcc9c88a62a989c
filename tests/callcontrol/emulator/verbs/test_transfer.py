"""Transfer: who rings, who is joined, what each side is told, and what becomes of it when somebody leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bxml import PhoneNumber, Response, SipUri, SpeakSentence
from callcontrol import BasicAuth, CallNotActive, Client
from callcontrol.emulator.calls import Call
from callcontrol.emulator.core import Core
from callcontrol.events import TransferAnswerEvent, TransferCompleteEvent, TransferDisconnectEvent
from tests.callcontrol.emulator.recording_application import TODAY
from tests.callcontrol.emulator.table_application import Answers

ACCOUNT = "9900123"
SALES = "+13365550142"
DESK = "sip:desk@pbx.example"


def target(number: str = SALES, **attributes: Any) -> PhoneNumber:
    """A party that tells of its end."""
    return PhoneNumber(number, transfer_disconnect_url="/leg-over", **attributes)


def transferring(*children: PhoneNumber | SipUri, **attributes: Any) -> Answers:
    """An application that transfers, and says something afterwards."""
    transfer = Response().transfer(list(children), call_timeout=20, **attributes)
    return Answers(
        answer=transfer.speak_sentence("Next verb."),
        whisper=Response().speak_sentence("A call for you."),
        over=Response().speak_sentence("They have left."),
    )


def client(voice: Core) -> Client:
    """A client of the platform."""
    return Client(ACCOUNT, BasicAuth("user", "pass"), send=voice.handle)


def entries(call: Call, *kinds: str) -> list[tuple[float, str, str]]:
    """What happened in a call, of these kinds."""
    return [(entry.at, entry.kind, entry.text) for entry in call.timeline if entry.kind in kinds]


def test_the_callee_is_whispered_to_joined_and_leaves() -> None:
    """The document for the callee runs on its leg alone, then both are joined; once it leaves the caller goes on."""
    app = transferring(target(transfer_answer_url="/whisper"), transfer_complete_url="/over")
    voice = Core(app)
    voice.phone(SALES).answers(after=4, hangs_up_after=30)
    call = voice.dial("/answer", status_url="/status")
    voice.run()
    (leg,) = call.legs
    assert leg.timeline.spoken == ["A call for you."]
    assert call.timeline.spoken == ["They have left."]
    joined = 4 + len("A call for you.") * 0.06
    assert entries(leg, "joined", "left") == [(joined, "joined", call.call_id), (34, "left", call.call_id)]
    assert entries(call, "joined", "left") == [(joined, "joined", leg.call_id), (34, "left", leg.call_id)]
    assert app.told == [
        ("/answer", "initiate"),
        ("/whisper", "transferAnswer"),
        ("/leg-over", "transferDisconnect"),
        ("/over", "transferComplete"),
        ("/status", "disconnect"),
    ]


def test_the_events_have_the_numbers_of_both() -> None:
    """Events of a leg have the original call's numbers, and the leg's beside them."""
    app = transferring(
        target(transfer_answer_url="/whisper", tag="leg"),
        transfer_complete_url="/over",
        transfer_caller_id="+19195550111",
        tag="after",
    )
    voice = Core(app)
    voice.phone(SALES).answers(hangs_up_after=10)
    call = voice.dial("/answer", to="+19195550100", from_="+12125550123")
    voice.run()
    (leg,) = call.legs
    common = {"from": "+12125550123", "to": "+19195550100", "transferCallerId": "+19195550111", "transferTo": SALES}
    answered, over, complete = (app.fields(path) for path in ("/whisper", "/leg-over", "/over"))
    legs = common | {"callId": leg.call_id, "parentCallId": call.call_id, "direction": "outbound", "tag": "leg"}
    assert answered | legs == answered
    assert over | legs | {"cause": "hangup"} == over
    assert {"answerTime", "endTime", "startTime"} <= over.keys()
    assert complete | common | {"callId": call.call_id, "direction": "inbound", "cause": "hangup", "tag": "after"} == complete
    assert complete.keys().isdisjoint({"parentCallId", "errorMessage", "errorId"})


def test_the_leg_is_a_call_of_its_own() -> None:
    """The API knows the leg by its own numbers, and whose leg it is."""
    voice = Core(transferring(target()))
    call = voice.dial("/answer", to="+19195550100", from_="+12125550123")
    voice.advance(1)
    (leg,) = call.legs
    state = client(voice).get_call_state(leg.call_id)
    assert (state.parent_call_id, state.direction, state.state) == (call.call_id, "outbound", "answered")
    assert (state.from_, state.to) == ("+12125550123", SALES)  # the number of the remote party, if no other is given
    assert (state.account_id, state.application_id) == (call.account_id, call.application_id)


def test_an_outbound_call_shows_its_own_callee() -> None:
    """Of an outbound call, the remote party is who was called; it was queued when the call was."""
    app = transferring(target())
    voice = Core(app)
    made = client(voice).create_call(
        to="+12125550123", from_="+19195550100", application_id="app", answer_url="https://app.example/answer", tag="order-7"
    )
    voice.advance(1)
    (leg,) = voice.call(made.call_id).legs
    assert (leg.from_, leg.to, leg.tag) == ("+12125550123", SALES, "order-7")
    leg.hang_up()
    assert app.fields("/leg-over")["enqueuedTime"] == app.fields("/answer")["enqueuedTime"]


def test_the_first_to_answer_wins() -> None:
    """All ring at once; those that lose end with a hangup that has no time of an answer."""
    app = transferring(
        PhoneNumber(SALES, transfer_disconnect_url="/first"),
        SipUri(DESK, transfer_disconnect_url="/second"),
        transfer_complete_url="/over",
    )
    voice = Core(app)
    voice.phone(SALES).answers(after=9)
    voice.phone(DESK).answers(after=5, hangs_up_after=10)
    call = voice.dial("/answer")
    voice.run()
    lost, won = app.fields("/first"), app.fields("/second")
    assert lost["cause"] == won["cause"] == "hangup"
    assert "answerTime" not in lost
    assert "answerTime" in won
    assert app.fields("/over")["transferTo"] == DESK
    assert [leg.disconnect_cause for leg in call.legs] == ["hangup", "hangup"]


def test_two_that_answer_at_once() -> None:
    """The first in the document wins, and the other one hears nothing."""
    app = transferring(target(transfer_answer_url="/whisper"), target("+13365550143", transfer_answer_url="/whisper"))
    voice = Core(app)
    call = voice.dial("/answer")
    voice.advance(2)
    first, second = call.legs
    assert first.timeline.spoken == ["A call for you."]
    assert (first.state, second.state, second.timeline.spoken) == ("answered", "disconnected", [])
    lost = app.fields("/leg-over")
    assert (lost["callId"], lost["cause"], "answerTime" in lost) == (second.call_id, "hangup", False)


@pytest.mark.parametrize(
    ("how", "cause", "message", "after"),
    [("is_busy", "busy", "Callee is busy", 0), ("rejects", "rejected", None, 0), ("does_not_answer", "timeout", None, 20)],
)
def test_nobody_answers(how: str, cause: str, message: str | None, after: float) -> None:
    """The call is told why, and goes on."""
    app = transferring(target(), transfer_complete_url="/over")
    voice = Core(app)
    getattr(voice.phone(SALES), how)()
    call = voice.dial("/answer")
    voice.run()
    assert [path for path, _ in app.told] == ["/answer", "/leg-over", "/over"]
    for path in ("/over", "/leg-over"):
        fields = app.fields(path)
        assert (fields["cause"], fields.get("errorMessage")) == (cause, message)
    (leg,) = call.legs
    error_id = None if message is None else client(voice).get_call_state(leg.call_id).error_id
    assert [app.fields(path).get("errorId") for path in ("/over", "/leg-over")] == [error_id, error_id]
    assert (error_id is None) is (message is None)
    assert "answerTime" not in app.fields("/leg-over")
    assert entries(call, "spoken") == [(after, "spoken", "They have left.")]


def test_without_a_url_the_next_verb_follows() -> None:
    """The event is not sent, and the document goes on."""
    app = transferring(target())
    voice = Core(app)
    voice.phone(SALES).answers(hangs_up_after=5)
    call = voice.dial("/answer")
    voice.run()
    assert call.timeline.spoken == ["Next verb."]
    assert app.told == [("/answer", "initiate"), ("/leg-over", "transferDisconnect")]


def test_the_caller_hangs_up() -> None:
    """The leg ends with it, and there is no transferComplete."""
    app = transferring(target(), transfer_complete_url="/over")
    voice = Core(app)
    call = voice.dial("/answer", status_url="/status")
    voice.advance(5)
    call.hang_up()
    (leg,) = call.legs
    assert (leg.state, leg.disconnect_cause) == ("disconnected", "hangup")
    assert sorted(app.told[1:]) == [("/leg-over", "transferDisconnect"), ("/status", "disconnect")]


def test_the_callee_hangs_up_by_hand() -> None:
    """A leg has hands as any call has."""
    voice = Core(transferring(target(), transfer_complete_url="/over"))
    call = voice.dial("/answer")
    voice.advance(5)
    call.legs[0].hang_up()
    call.expect_speech("they have left")


@pytest.mark.parametrize("ringing", [True, False])
def test_the_call_is_interrupted(ringing: bool) -> None:  # noqa: FBT001
    """Its legs end, each is told, and the new document takes the place of the Transfer."""
    app = transferring(target(), transfer_complete_url="/over")
    voice = Core(app)
    voice.phone(SALES).answers(after=10 if ringing else 1)
    call = voice.dial("/answer")
    voice.advance(5)
    client(voice).update_call_bxml(call.call_id, Response().speak_sentence("Interrupted."))
    voice.run()
    assert call.timeline.spoken == ["Interrupted."]
    assert app.told == [("/answer", "initiate"), ("/leg-over", "transferDisconnect")]
    assert ("answerTime" in app.fields("/leg-over")) is not ringing


def test_the_leg_is_interrupted() -> None:
    """It leaves and runs its own document, and the caller goes on."""
    app = transferring(target(), transfer_complete_url="/over")
    voice = Core(app)
    call = voice.dial("/answer")
    voice.advance(5)
    (leg,) = call.legs
    client(voice).update_call_bxml(leg.call_id, Response().speak_sentence("Something else.").pause(duration=9))
    voice.advance(1)
    assert leg.timeline.spoken == ["Something else."]
    assert call.timeline.spoken == ["They have left."]
    assert leg.state == "answered"
    voice.run()
    assert app.told[-1] == ("/leg-over", "transferDisconnect")


def test_the_leg_cannot_be_interrupted_while_it_rings() -> None:
    """It is a call that is not answered yet."""
    voice = Core(transferring(target()))
    voice.phone(SALES).answers(after=10)
    call = voice.dial("/answer")
    voice.advance(5)
    with pytest.raises(CallNotActive):
        client(voice).update_call_bxml(call.legs[0].call_id, Response().hangup())


def test_the_document_for_the_callee_is_not_valid_there() -> None:
    """A verb that may not run before both are joined ends the leg, and the caller is told."""
    app = transferring(target(transfer_answer_url="/whisper"), transfer_complete_url="/over")
    app.documents["/whisper"] = Response().conference("room")
    voice = Core(app)
    call = voice.dial("/answer")
    voice.run()
    (leg,) = call.legs
    assert leg.disconnect_cause == "invalid-bxml"
    assert "Conference" in leg.timeline.texts("invalid")[0]
    assert app.fields("/over")["cause"] == "invalid-bxml"
    assert call.timeline.spoken == ["They have left."]


def test_the_callee_is_hung_up_by_its_document() -> None:
    """A Hangup there ends that leg alone."""
    app = transferring(target(transfer_answer_url="/whisper"), transfer_complete_url="/over")
    app.documents["/whisper"] = Response().hangup()
    voice = Core(app)
    call = voice.dial("/answer")
    voice.run()
    assert call.timeline.spoken == ["They have left."]
    assert entries(call, "joined") == []


def test_the_times_of_the_events() -> None:
    """A leg starts with the Transfer and ends when somebody leaves; the caller has its own."""
    app = transferring(target(transfer_answer_url="/whisper"), transfer_complete_url="/over")
    voice = Core(app, clock=lambda: TODAY)
    voice.phone(SALES).answers(after=4, hangs_up_after=30)
    voice.advance(10)
    voice.dial("/answer")
    voice.run()
    began, rung, over = (TODAY + timedelta(seconds=seconds) for seconds in (10, 14, 44))
    answered, gone, complete = (event for path, event in app.events if path in {"/whisper", "/leg-over", "/over"})
    assert isinstance(answered, TransferAnswerEvent)
    assert isinstance(gone, TransferDisconnectEvent)
    assert isinstance(complete, TransferCompleteEvent)
    assert (answered.start_time, answered.answer_time, answered.event_time) == (began, rung, rung)
    assert (gone.start_time, gone.answer_time, gone.end_time, gone.event_time) == (began, rung, over, over)
    assert (complete.start_time, complete.answer_time, complete.event_time) == (began, began, over)
    assert answered.enqueued_time is gone.enqueued_time is complete.enqueued_time is None  # of an inbound call


def test_half_a_minute_if_no_time_is_given() -> None:
    """The default of callTimeout."""
    voice = Core(Answers(answer=Response().transfer([PhoneNumber(SALES)]).speak_sentence("Next verb.")))
    voice.phone(SALES).does_not_answer()
    assert voice.dial("/answer").expect_speech("next verb").at == 30


def test_one_event_for_all_that_do_not_answer() -> None:
    """The caller goes on when the last of them is over, and each leg has told why."""
    app = transferring(
        PhoneNumber(SALES, transfer_disconnect_url="/busy"),
        PhoneNumber("+13365550143", transfer_disconnect_url="/rejected"),
        SipUri(DESK, transfer_disconnect_url="/timeout"),
        transfer_complete_url="/over",
    )
    voice = Core(app)
    voice.phone(SALES).is_busy()
    voice.phone("+13365550143").rejects()
    voice.phone(DESK).does_not_answer()
    call = voice.dial("/answer")
    assert call.expect_speech("they have left").at == 20
    for cause in ("busy", "rejected", "timeout"):
        assert app.fields(f"/{cause}")["cause"] == cause
    assert (app.fields("/over")["cause"], app.fields("/over")["transferTo"]) == ("busy", SALES)


def test_each_url_has_its_own_method_and_credentials() -> None:
    """Those of the child for the leg's events, and those of the verb for its own."""
    child = target(
        transfer_answer_url="/whisper",
        transfer_answer_method="GET",
        transfer_disconnect_method="GET",
        username="c",
        password="c",
    )
    app = transferring(child, transfer_complete_url="/over", username="v", password="v")
    voice = Core(app)
    voice.phone(SALES).answers(hangs_up_after=5)
    voice.dial("/answer")
    voice.run()
    asked = [(each["REQUEST_METHOD"], each["PATH_INFO"], each.get("HTTP_AUTHORIZATION")) for each in app.environs]
    assert asked == [
        ("POST", "/answer", None),
        ("GET", "/whisper", "Basic Yzpj"),
        ("GET", "/leg-over", "Basic Yzpj"),
        ("POST", "/over", "Basic djp2"),
    ]


def test_blanks_around_a_number_are_not_of_it() -> None:
    """A document may be indented."""
    voice = Core(Answers(answer=f"<Response><Transfer><PhoneNumber>\n  {SALES}\n</PhoneNumber></Transfer></Response>".encode()))
    voice.phone(SALES).is_busy()
    call = voice.dial("/answer")
    voice.run()
    (leg,) = call.legs
    assert (leg.to, leg.disconnect_cause) == (SALES, "busy")


class TestTags:
    """Those of legs are their own."""

    def tags(self, *children: PhoneNumber) -> tuple[Answers, Call]:
        """An application whose call has a tag when it transfers, and the call once it is over."""
        app = Answers(answer=Response().tag("order-7").transfer(list(children), transfer_complete_url="/over"))
        app.documents["/whisper"] = Response().tag("whispered")
        voice = Core(app)
        voice.phone(SALES).answers(hangs_up_after=5)
        call = voice.dial("/answer", status_url="/status")
        voice.run()
        return app, call

    @pytest.mark.parametrize(("given", "tag"), [(None, "order-7"), ("leg", "leg"), ("", None)])
    def test_a_leg_has_its_own_or_that_of_its_call(self, given: str | None, tag: str | None) -> None:
        """An empty one takes it away; the call keeps its own in any case."""
        app, _ = self.tags(target() if given is None else target(tag=given))
        assert app.fields("/leg-over").get("tag") == tag
        assert app.fields("/over")["tag"] == app.fields("/status")["tag"] == "order-7"

    def test_what_a_leg_is_tagged_with_stays_with_it(self) -> None:
        """By its document."""
        app, _ = self.tags(target(transfer_answer_url="/whisper"))
        assert app.fields("/leg-over")["tag"] == "whispered"
        assert app.fields("/over")["tag"] == "order-7"


class TestWhisper:
    """The document for who answers."""

    def test_its_own_events_are_those_of_a_leg(self) -> None:
        """It may ask for a key, and its answer goes on there; then both are joined."""
        app = transferring(target(transfer_answer_url="/whisper"), transfer_complete_url="/over")
        app.documents["/whisper"] = Response().gather([SpeakSentence("Press 1.")], gather_url="/pressed", max_digits=1)
        app.documents["/pressed"] = Response().speak_sentence("Connecting.")
        voice = Core(app)
        call = voice.dial("/answer")
        voice.advance(1)
        (leg,) = call.legs
        leg.press("1")
        leg.expect_speech("connecting")
        assert call.timeline.texts("joined") == []
        voice.advance(5)
        assert call.timeline.texts("joined") == [leg.call_id]
        fields = app.fields("/pressed")
        legs = {"callId": leg.call_id, "parentCallId": call.call_id, "transferTo": SALES, "to": call.to, "digits": "1"}
        assert fields | legs == fields

    @pytest.mark.parametrize("who", ["leg", "call"])
    def test_somebody_hangs_up_meanwhile(self, who: str) -> None:
        """They were never joined; the caller goes on if it is there."""
        app = transferring(target(transfer_answer_url="/whisper"), transfer_complete_url="/over")
        app.documents["/whisper"] = Response().pause(duration=60)
        voice = Core(app)
        call = voice.dial("/answer", status_url="/status")
        voice.advance(10)
        (leg,) = call.legs
        (leg if who == "leg" else call).hang_up()
        voice.run()
        assert call.timeline.texts("joined", "left") == leg.timeline.texts("joined", "left") == []
        assert app.fields("/leg-over")["cause"] == "hangup"
        assert call.timeline.spoken == (["They have left."] if who == "leg" else [])
        assert ("/over", "transferComplete") in app.told or who == "call"

    def test_it_is_interrupted(self) -> None:
        """The leg leaves, though it was not joined yet."""
        app = transferring(target(transfer_answer_url="/whisper"))
        app.documents["/whisper"] = Response().pause(duration=60)
        voice = Core(app)
        call = voice.dial("/answer")
        voice.advance(10)
        (leg,) = call.legs
        client(voice).update_call_bxml(leg.call_id, Response().speak_sentence("Something else."))
        voice.run()
        assert (leg.timeline.spoken, call.timeline.spoken) == (["Something else."], ["Next verb."])

    def test_nobody_answers_it(self) -> None:
        """The leg ends, and the caller is told why in the same words."""
        app = transferring(target(transfer_answer_url="/whisper"), transfer_complete_url="/over")
        app.documents["/whisper"] = 500
        voice = Core(app)
        voice.dial("/answer")
        voice.run()
        over, complete = app.fields("/leg-over"), app.fields("/over")
        assert over["cause"] == "callback-error"
        assert "transferAnswer" in over["errorMessage"]
        for name in ("cause", "errorMessage", "errorId"):
            assert over[name] == complete[name]

    def test_it_has_as_long_as_the_call_has(self) -> None:
        """Of a call whose application has three seconds to answer, legs have no more."""
        app = transferring(target(transfer_answer_url="/whisper"), transfer_complete_url="/over")
        voice = Core(app)
        voice.delay_webhooks(4, path="/whisper")
        call = voice.dial("/answer", callback_timeout=3)
        assert call.expect_speech("they have left").at == 3
        assert app.fields("/over")["cause"] == "callback-error"


class TestByTheApi:
    """Each leg is a call of its own."""

    @pytest.mark.parametrize(("after", "cause"), [(10, "cancel"), (1, "hangup")])
    def test_a_leg_is_ended(self, after: float, cause: str) -> None:
        """While it rings, or after."""
        app = transferring(target(), transfer_complete_url="/over")
        voice = Core(app)
        voice.phone(SALES).answers(after=after)
        call = voice.dial("/answer")
        voice.advance(5)
        client(voice).update_call(call.legs[0].call_id, state="completed")
        voice.run()
        assert app.fields("/leg-over")["cause"] == app.fields("/over")["cause"] == cause
        assert entries(call, "spoken") == [(5, "spoken", "They have left.")]

    def test_a_leg_is_redirected(self) -> None:
        """Its event has the numbers of both; of its end it tells once, when that comes."""
        app = transferring(target(), transfer_complete_url="/over")
        app.documents["/elsewhere"] = Response().speak_sentence("Elsewhere.").pause(duration=60)
        voice = Core(app)
        call = voice.dial("/answer")
        voice.advance(5)
        (leg,) = call.legs
        client(voice).redirect(leg.call_id, "https://app.example/elsewhere")
        voice.advance(1)
        assert app.told[1:] == [("/elsewhere", "redirect"), ("/over", "transferComplete")]
        legs = {"callId": leg.call_id, "parentCallId": call.call_id, "transferTo": SALES, "from": call.from_, "to": call.to}
        assert app.fields("/elsewhere") | legs == app.fields("/elsewhere")
        assert app.fields("/over")["cause"] == "hangup"
        voice.run()
        assert app.told[3:] == [("/leg-over", "transferDisconnect")]
        assert entries(leg, "left") == [(5, "left", call.call_id)]
        assert entries(call, "left") == [(5, "left", leg.call_id)]

    def test_the_call_is_ended(self) -> None:
        """Its legs end with it."""
        app = transferring(target(), target("+13365550143"), transfer_complete_url="/over")
        voice = Core(app)
        voice.phone("+13365550143").does_not_answer()
        call = voice.dial("/answer", status_url="/status")
        voice.advance(5)
        client(voice).update_call(call.call_id, state="completed")
        voice.run()
        assert [event for _, event in app.told[1:]] == ["transferDisconnect", "transferDisconnect", "disconnect"]
        assert entries(call, "left") == [(5, "left", call.legs[0].call_id)]

    def meanwhile(self, act: Callable[[Core, Call], object]) -> tuple[Answers, Call]:
        """What becomes of a call if an application does something just when the Transfer begins, before anything rings."""
        app = Answers(
            answer=Response().pause(duration=5).transfer([target()], transfer_complete_url="/over"),
            other=Response().pause(duration=5).redirect(redirect_url="/act"),
            over=Response().speak_sentence("They have left."),
        )
        voice = Core(app, clock=lambda: TODAY)
        voice.phone(SALES).answers(after=5)
        call = voice.dial("/answer")
        voice.dial("/other")
        app.acts["/act"] = lambda: act(voice, call)
        voice.run()
        assert len(call.legs) == 1
        return app, call

    def test_the_call_is_ended_just_when_it_transfers(self) -> None:
        """Its leg has started, however short."""
        app, call = self.meanwhile(lambda voice, call: client(voice).update_call(call.call_id, state="completed"))
        gone = app.fields("/leg-over")
        assert (gone["startTime"], gone["endTime"], gone["cause"]) == ("2026-11-02T09:30:05.000Z",) * 2 + ("hangup",)
        assert call.timeline.spoken == []

    def test_a_leg_is_ended_before_it_rings(self) -> None:
        """The caller goes on all the same."""
        app, call = self.meanwhile(lambda voice, call: client(voice).update_call(call.legs[0].call_id, state="completed"))
        assert app.fields("/over")["cause"] == "cancel"
        assert entries(call, "spoken") == [(5, "spoken", "They have left.")]

    def test_a_leg_cannot_be_answered_before_it_rings(self) -> None:
        """And nothing comes of the attempt."""

        def answer(voice: Core, call: Call) -> None:
            with pytest.raises(ValueError, match="is not ringing"):
                voice.answer(call.legs[0].call_id)

        _, call = self.meanwhile(answer)
        assert entries(call.legs[0], "state")[:2] == [(0, "state", "initiated"), (5, "state", "answered")]


class TestByHand:
    """Phones that wait to be told ring meanwhile."""

    def test_a_leg_is_answered(self) -> None:
        """Then the others are hung up."""
        app = transferring(target(transfer_answer_url="/whisper"), PhoneNumber("+13365550143"))
        voice = Core(app, answers=False)
        call = voice.dial("/answer")
        voice.advance(7)
        first, second = call.legs
        assert (first.state, second.state) == ("initiated", "initiated")
        voice.answer(first.call_id)
        assert first.state == "answered"
        first.expect_speech("a call for you")
        assert (second.state, second.answer_time) == ("disconnected", None)
        voice.advance(60)
        assert entries(call, "joined") == [(7.9, "joined", first.call_id)]

    def test_a_leg_is_rejected(self) -> None:
        """By the hands that it has."""
        app = transferring(target(), transfer_complete_url="/over")
        voice = Core(app, answers=False)
        call = voice.dial("/answer")
        voice.advance(7)
        call.legs[0].hang_up()
        assert app.fields("/leg-over")["cause"] == app.fields("/over")["cause"] == "rejected"

    def test_nobody_is_told_anything(self) -> None:
        """They ring as long as they may."""
        app = transferring(target(), transfer_complete_url="/over")
        call = Core(app, answers=False).dial("/answer")
        assert call.expect_speech("they have left").at == 20
        assert app.fields("/over")["cause"] == "timeout"

    def test_a_phone_that_would_do_otherwise_later(self) -> None:
        """It does not hang up any more when it said, for it was another hand."""
        voice = Core(transferring(target()))
        voice.phone(SALES).answers(after=10, hangs_up_after=5)
        call = voice.dial("/answer")
        voice.advance(2)
        voice.answer(call.legs[0].call_id)
        voice.advance(100)
        assert entries(call, "joined", "left") == [(2, "joined", call.legs[0].call_id)]

    def test_what_does_not_ring_cannot_be_answered(self) -> None:
        """Neither a leg that is answered, nor a call that has come in."""
        voice = Core(transferring(target()))
        call = voice.dial("/answer")
        with pytest.raises(ValueError, match="is not ringing"):
            voice.answer(call.call_id)
        voice.advance(1)
        for answered in (call, *call.legs):
            with pytest.raises(ValueError, match="is not ringing"):
                voice.answer(answered.call_id)
        assert call.state == "answered"

    def test_two_are_answered_by_hand_at_once(self) -> None:
        """The first of them wins."""
        voice = Core(transferring(target(), target("+13365550143")), answers=False)
        call = voice.dial("/answer")
        voice.advance(1)
        for leg in reversed(call.legs):
            voice.answer(leg.call_id)
        voice.advance(1)
        first, second = call.legs
        assert (first.state, second.state) == ("disconnected", "answered")
        assert call.timeline.texts("joined") == [second.call_id]


@pytest.mark.parametrize("verb", ["Bridge", "Conference", "Transfer"])
@pytest.mark.parametrize("way", ["Redirect", "Gather"])
def test_what_a_called_party_may_not_run_before_it_is_connected(way: str, verb: str) -> None:
    """It may not in any document, also if that comes after another one: it would be led away while its caller waits."""
    forbidden: dict[str, Callable[[Call], Response]] = {
        "Bridge": lambda call: Response().bridge(call.call_id),
        "Conference": lambda _: Response().conference("room"),
        "Transfer": lambda _: Response().transfer([PhoneNumber("+13365550143")]),
    }
    first = {"Redirect": Response().redirect(redirect_url="/then"), "Gather": Response().gather(gather_url="/then")}
    app = transferring(target(transfer_answer_url="/first"), transfer_complete_url="/over")
    app.documents |= {"/first": first[way]}
    voice = Core(app)
    call = voice.dial("/answer", status_url="/status")
    app.documents |= {"/then": forbidden[verb](call)}
    voice.run()
    (leg,) = call.legs
    assert (leg.disconnect_cause, call.disconnect_cause) == ("invalid-bxml", "hangup")
    assert call.timeline.spoken == ["They have left."]
    assert [event.event_type for _, event in app.events].count("transferDisconnect") == 1
    assert voice.conferences == []
