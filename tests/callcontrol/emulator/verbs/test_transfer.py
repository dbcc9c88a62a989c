"""Transfer rings legs and joins one leg with the caller. Events follow when a leg answers and when one side leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bxml import PhoneNumber, Response, SipUri, SpeakSentence
from callcontrol import BasicAuth, CallNotActive, Client
from callcontrol.emulator.calls import Call
from callcontrol.emulator.in_process_emulator import Core
from callcontrol.events import TransferAnswerEvent, TransferCompleteEvent, TransferDisconnectEvent
from tests.callcontrol.emulator.scripted_application import TODAY
from tests.callcontrol.emulator.table_application import Answers

ACCOUNT = "9900123"
SALES = "+13365550142"
DESK = "sip:desk@pbx.example"


def target(number: str = SALES, **attributes: Any) -> PhoneNumber:
    """Return a PhoneNumber with a URL for the disconnect event of its leg."""
    return PhoneNumber(number, transfer_disconnect_url="/leg-over", **attributes)


def transferring(*children: PhoneNumber | SipUri, **attributes: Any) -> Answers:
    """Return an application that transfers the call and speaks afterwards."""
    transfer = Response().transfer(list(children), call_timeout=20, **attributes)
    return Answers(
        answer=transfer.speak_sentence("Next verb."),
        whisper=Response().speak_sentence("A call for you."),
        over=Response().speak_sentence("They have left."),
    )


def client(voice: Core) -> Client:
    """Return a client of the emulated API."""
    return Client(ACCOUNT, BasicAuth("user", "pass"), send=voice.handle)


def entries(call: Call, *kinds: str) -> list[tuple[float, str, str]]:
    """Return the timeline entries of these kinds."""
    return [(entry.at, entry.kind, entry.text) for entry in call.timeline if entry.kind in kinds]


def test_answered_leg_runs_its_document_is_joined_and_leaves() -> None:
    """The document runs on the leg alone. When the joined leg leaves, the caller continues."""
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
    assert app.received == [
        ("/answer", "initiate"),
        ("/whisper", "transferAnswer"),
        ("/leg-over", "transferDisconnect"),
        ("/over", "transferComplete"),
        ("/status", "disconnect"),
    ]


def test_events_of_a_leg_have_both_pairs_of_numbers() -> None:
    """Events of a leg have the numbers of the original call and of the leg."""
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


def test_leg_is_a_separate_call() -> None:
    """The API returns the leg with its own numbers and its parent call."""
    voice = Core(transferring(target()))
    call = voice.dial("/answer", to="+19195550100", from_="+12125550123")
    voice.advance(1)
    (leg,) = call.legs
    state = client(voice).get_call_state(leg.call_id)
    assert (state.parent_call_id, state.direction, state.state) == (call.call_id, "outbound", "answered")
    assert (state.from_, state.to) == ("+12125550123", SALES)  # the default caller id is the remote number
    assert (state.account_id, state.application_id) == (call.account_id, call.application_id)


def test_leg_of_an_outbound_call_shows_the_callee() -> None:
    """The caller id is the number to which the parent call was made. The leg has the enqueued time of its parent."""
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


def test_first_leg_to_answer_is_joined() -> None:
    """The other legs end with the cause hangup and without an answer time."""
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
    assert call.timeline.texts("leg") == []  # the Transfer itself hung up


def test_each_leg_that_fails_is_in_the_timeline_of_the_caller() -> None:
    """A leg that fails while another one rings is noted when it fails."""
    voice = Core(transferring(target(), target("+13365550143"), target("+13365550144")))
    voice.phone("+13365550143").is_busy()
    voice.phone("+13365550144").answers(after=5, hangs_up_after=10)
    voice.phone(SALES).does_not_answer()
    call = voice.dial("/answer")
    voice.run()
    _, busy, won = call.legs
    assert entries(call, "leg", "joined", "left") == [
        (0, "leg", f"{busy.call_id} was not joined"),
        (5, "joined", won.call_id),
        (15, "left", won.call_id),
    ]


def test_two_legs_that_answer_at_once() -> None:
    """The first leg in the document is joined, and the other leg does not run its document."""
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
    ("behavior", "cause", "message", "after"),
    [("is_busy", "busy", "Callee is busy", 0), ("rejects", "rejected", None, 0), ("does_not_answer", "timeout", None, 20)],
)
def test_unanswered_transfer_continues_with_the_cause(behavior: str, cause: str, message: str | None, after: float) -> None:
    """The transferComplete event has the cause of the leg."""
    app = transferring(target(), transfer_complete_url="/over")
    voice = Core(app)
    getattr(voice.phone(SALES), behavior)()
    call = voice.dial("/answer")
    voice.run()
    assert [path for path, _ in app.received] == ["/answer", "/leg-over", "/over"]
    for path in ("/over", "/leg-over"):
        fields = app.fields(path)
        assert (fields["cause"], fields.get("errorMessage")) == (cause, message)
    (leg,) = call.legs
    error_id = None if message is None else client(voice).get_call_state(leg.call_id).error_id
    assert [app.fields(path).get("errorId") for path in ("/over", "/leg-over")] == [error_id, error_id]
    assert (error_id is None) is (message is None)
    assert "answerTime" not in app.fields("/leg-over")
    assert entries(call, "leg", "spoken") == [
        (after, "leg", f"{leg.call_id} was not joined"),
        (after, "spoken", "They have left."),
    ]
    (entry,) = (each for each in call.timeline if each.kind == "leg")
    assert entry.details == {"transferTo": SALES, "cause": cause}


def test_without_url_the_next_verb_follows() -> None:
    """Without a URL the next verb follows, and no transferComplete event is sent."""
    app = transferring(target())
    voice = Core(app)
    voice.phone(SALES).answers(hangs_up_after=5)
    call = voice.dial("/answer")
    voice.run()
    assert call.timeline.spoken == ["Next verb."]
    assert app.received == [("/answer", "initiate"), ("/leg-over", "transferDisconnect")]


def test_caller_hangs_up() -> None:
    """The leg is hung up, and no transferComplete event is sent."""
    app = transferring(target(), transfer_complete_url="/over")
    voice = Core(app)
    call = voice.dial("/answer", status_url="/status")
    voice.advance(5)
    call.hang_up()
    (leg,) = call.legs
    assert (leg.state, leg.disconnect_cause) == ("disconnected", "hangup")
    assert sorted(app.received[1:]) == [("/leg-over", "transferDisconnect"), ("/status", "disconnect")]


def test_test_can_hang_up_a_leg() -> None:
    """If a test hangs up a leg, the caller continues."""
    voice = Core(transferring(target(), transfer_complete_url="/over"))
    call = voice.dial("/answer")
    voice.advance(5)
    call.legs[0].hang_up()
    call.expect_speech("they have left")


@pytest.mark.parametrize("ringing", [True, False])
def test_interrupted_call_hangs_up_its_legs(ringing: bool) -> None:  # noqa: FBT001
    """Each leg sends its disconnect event, and the new document replaces the Transfer."""
    app = transferring(target(), transfer_complete_url="/over")
    voice = Core(app)
    voice.phone(SALES).answers(after=10 if ringing else 1)
    call = voice.dial("/answer")
    voice.advance(5)
    client(voice).update_call_bxml(call.call_id, Response().speak_sentence("Interrupted."))
    voice.run()
    assert call.timeline.spoken == ["Interrupted."]
    assert app.received == [("/answer", "initiate"), ("/leg-over", "transferDisconnect")]
    assert ("answerTime" in app.fields("/leg-over")) is not ringing


def test_interrupted_leg_leaves() -> None:
    """The leg runs its new document, and the caller continues."""
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
    assert app.received[-1] == ("/leg-over", "transferDisconnect")


def test_ringing_leg_cannot_be_interrupted() -> None:
    """A leg that is not answered yet cannot be interrupted."""
    voice = Core(transferring(target()))
    voice.phone(SALES).answers(after=10)
    call = voice.dial("/answer")
    voice.advance(5)
    with pytest.raises(CallNotActive):
        client(voice).update_call_bxml(call.legs[0].call_id, Response().hangup())


def test_verb_that_is_not_allowed_on_a_leg_ends_the_leg() -> None:
    """A Conference is invalid on a leg that is not joined yet. The event of the caller has the cause."""
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


def test_hangup_on_a_leg_ends_the_leg_only() -> None:
    """The leg ends before it is joined, and the caller continues."""
    app = transferring(target(transfer_answer_url="/whisper"), transfer_complete_url="/over")
    app.documents["/whisper"] = Response().hangup()
    voice = Core(app)
    call = voice.dial("/answer")
    voice.run()
    assert call.timeline.spoken == ["They have left."]
    assert entries(call, "joined") == []


def test_events_have_the_times_of_their_call() -> None:
    """A leg starts with the Transfer and ends when one side leaves."""
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
    assert answered.enqueued_time is gone.enqueued_time is complete.enqueued_time is None  # set for outbound calls only


def test_default_call_timeout_is_30_seconds() -> None:
    """The caller continues after the default of callTimeout."""
    voice = Core(Answers(answer=Response().transfer([PhoneNumber(SALES)]).speak_sentence("Next verb.")))
    voice.phone(SALES).does_not_answer()
    assert voice.dial("/answer").expect_speech("next verb").at == 30


def test_caller_continues_when_all_legs_have_ended() -> None:
    """Each leg sends its own cause, and one transferComplete event follows."""
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
    """Events of a leg use the settings of the PhoneNumber. transferComplete uses the settings of the Transfer."""
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
    requests = [(each["REQUEST_METHOD"], each["PATH_INFO"], each.get("HTTP_AUTHORIZATION")) for each in app.environs]
    assert requests == [
        ("POST", "/answer", None),
        ("GET", "/whisper", "Basic Yzpj"),
        ("GET", "/leg-over", "Basic Yzpj"),
        ("POST", "/over", "Basic djp2"),
    ]


def test_spaces_around_a_number_are_removed() -> None:
    """Spaces around a number are removed, because a document may be indented."""
    voice = Core(Answers(answer=f"<Response><Transfer><PhoneNumber>\n  {SALES}\n</PhoneNumber></Transfer></Response>".encode()))
    voice.phone(SALES).is_busy()
    call = voice.dial("/answer")
    voice.run()
    (leg,) = call.legs
    assert (leg.to, leg.disconnect_cause) == (SALES, "busy")


class TestTags:
    """Each leg has its own tag."""

    def transfer_with_tags(self, *children: PhoneNumber) -> tuple[Answers, Call]:
        """Return the application and the call of a Transfer after the call and its leg have ended."""
        app = Answers(answer=Response().tag("order-7").transfer(list(children), transfer_complete_url="/over"))
        app.documents["/whisper"] = Response().tag("whispered")
        voice = Core(app)
        voice.phone(SALES).answers(hangs_up_after=5)
        call = voice.dial("/answer", status_url="/status")
        voice.run()
        return app, call

    @pytest.mark.parametrize(("given", "tag"), [(None, "order-7"), ("leg", "leg"), ("", None)])
    def test_leg_has_its_own_tag_or_that_of_its_call(self, given: str | None, tag: str | None) -> None:
        """An empty tag leaves the leg without a tag. The tag of the call does not change."""
        app, _ = self.transfer_with_tags(target() if given is None else target(tag=given))
        assert app.fields("/leg-over").get("tag") == tag
        assert app.fields("/over")["tag"] == app.fields("/status")["tag"] == "order-7"

    def test_tag_verb_on_a_leg_changes_the_leg_only(self) -> None:
        """The tag of the call does not change."""
        app, _ = self.transfer_with_tags(target(transfer_answer_url="/whisper"))
        assert app.fields("/leg-over")["tag"] == "whispered"
        assert app.fields("/over")["tag"] == "order-7"


class TestTransferAnswer:
    """The document of transferAnswerUrl runs on the leg before the leg is joined."""

    def test_gather_on_a_leg_continues_on_the_leg(self) -> None:
        """The event of the Gather has the fields of the leg, and the leg is joined afterwards."""
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

    @pytest.mark.parametrize("leaver", ["leg", "call"])
    def test_hang_up_before_both_are_joined(self, leaver: str) -> None:
        """If the leg hangs up, the caller continues."""
        app = transferring(target(transfer_answer_url="/whisper"), transfer_complete_url="/over")
        app.documents["/whisper"] = Response().pause(duration=60)
        voice = Core(app)
        call = voice.dial("/answer", status_url="/status")
        voice.advance(10)
        (leg,) = call.legs
        (leg if leaver == "leg" else call).hang_up()
        voice.run()
        assert call.timeline.texts("joined", "left") == leg.timeline.texts("joined", "left") == []
        assert call.timeline.texts("leg") == ([f"{leg.call_id} was not joined"] if leaver == "leg" else [])
        assert app.fields("/leg-over")["cause"] == "hangup"
        assert call.timeline.spoken == (["They have left."] if leaver == "leg" else [])
        assert ("/over", "transferComplete") in app.received or leaver == "call"

    def test_leg_can_be_interrupted_before_it_is_joined(self) -> None:
        """The leg leaves, and the caller continues."""
        app = transferring(target(transfer_answer_url="/whisper"))
        app.documents["/whisper"] = Response().pause(duration=60)
        voice = Core(app)
        call = voice.dial("/answer")
        voice.advance(10)
        (leg,) = call.legs
        client(voice).update_call_bxml(leg.call_id, Response().speak_sentence("Something else."))
        voice.run()
        assert (leg.timeline.spoken, call.timeline.spoken) == (["Something else."], ["Next verb."])

    def test_failed_webhook_ends_the_leg(self) -> None:
        """The caller's event has the same cause and error message as the leg's event."""
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

    def test_leg_has_the_callback_timeout_of_its_call(self) -> None:
        """Webhooks of a leg have the same timeout as webhooks of its call."""
        app = transferring(target(transfer_answer_url="/whisper"), transfer_complete_url="/over")
        voice = Core(app)
        voice.delay_webhooks(4, path="/whisper")
        call = voice.dial("/answer", callback_timeout=3)
        assert call.expect_speech("they have left").at == 3
        assert app.fields("/over")["cause"] == "callback-error"


class TestApiOperations:
    """The API can change each leg."""

    @pytest.mark.parametrize(("after", "cause"), [(10, "cancel"), (1, "hangup")])
    def test_ended_leg_has_the_cause_of_its_state(self, after: float, cause: str) -> None:
        """A ringing leg is canceled, and an answered leg is hung up."""
        app = transferring(target(), transfer_complete_url="/over")
        voice = Core(app)
        voice.phone(SALES).answers(after=after)
        call = voice.dial("/answer")
        voice.advance(5)
        client(voice).update_call(call.legs[0].call_id, state="completed")
        voice.run()
        assert app.fields("/leg-over")["cause"] == app.fields("/over")["cause"] == cause
        assert entries(call, "spoken") == [(5, "spoken", "They have left.")]

    def test_redirected_leg_leaves(self) -> None:
        """The redirect event has the numbers of the leg and of the original call. One disconnect event follows."""
        app = transferring(target(), transfer_complete_url="/over")
        app.documents["/elsewhere"] = Response().speak_sentence("Elsewhere.").pause(duration=60)
        voice = Core(app)
        call = voice.dial("/answer")
        voice.advance(5)
        (leg,) = call.legs
        client(voice).redirect(leg.call_id, "https://app.example/elsewhere")
        voice.advance(1)
        assert app.received[1:] == [("/elsewhere", "redirect"), ("/over", "transferComplete")]
        legs = {"callId": leg.call_id, "parentCallId": call.call_id, "transferTo": SALES, "from": call.from_, "to": call.to}
        assert app.fields("/elsewhere") | legs == app.fields("/elsewhere")
        assert app.fields("/over")["cause"] == "hangup"
        voice.run()
        assert app.received[3:] == [("/leg-over", "transferDisconnect")]
        assert entries(leg, "left") == [(5, "left", call.call_id)]
        assert entries(call, "left") == [(5, "left", leg.call_id)]

    def test_end_of_the_call_ends_its_legs(self) -> None:
        """Ringing and joined legs end with the call."""
        app = transferring(target(), target("+13365550143"), transfer_complete_url="/over")
        voice = Core(app)
        voice.phone("+13365550143").does_not_answer()
        call = voice.dial("/answer", status_url="/status")
        voice.advance(5)
        client(voice).update_call(call.call_id, state="completed")
        voice.run()
        assert [event for _, event in app.received[1:]] == ["transferDisconnect", "transferDisconnect", "disconnect"]
        assert entries(call, "left") == [(5, "left", call.legs[0].call_id)]

    def transfer_while(self, act: Callable[[Core, Call], object]) -> tuple[Answers, Call]:
        """Change a call at the moment when its Transfer starts, and return the application and the call."""
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

    def test_call_is_ended_when_the_transfer_starts(self) -> None:
        """The leg of the call starts and ends at the same time."""
        app, call = self.transfer_while(lambda voice, call: client(voice).update_call(call.call_id, state="completed"))
        gone = app.fields("/leg-over")
        assert (gone["startTime"], gone["endTime"], gone["cause"]) == ("2026-11-02T09:30:05.000Z",) * 2 + ("hangup",)
        assert call.timeline.spoken == []

    def test_leg_is_ended_before_it_rings(self) -> None:
        """If the leg is ended before it rings, the caller continues."""
        app, call = self.transfer_while(lambda voice, call: client(voice).update_call(call.legs[0].call_id, state="completed"))
        assert app.fields("/over")["cause"] == "cancel"
        assert entries(call, "spoken") == [(5, "spoken", "They have left.")]

    def test_leg_cannot_be_answered_before_it_rings(self) -> None:
        """The attempt raises an error and has no effect."""

        def answer(voice: Core, call: Call) -> None:
            with pytest.raises(ValueError, match="is not ringing"):
                voice.answer(call.legs[0].call_id)

        _, call = self.transfer_while(answer)
        assert entries(call.legs[0], "state")[:2] == [(0, "state", "initiated"), (5, "state", "answered")]


class TestExplicitAnswers:
    """With answers=False, legs ring until the test answers them."""

    def test_answered_leg_is_joined(self) -> None:
        """If the test answers a leg, that leg is joined, and the other legs are hung up."""
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

    def test_hang_up_rejects_a_ringing_leg(self) -> None:
        """If a ringing leg is hung up, it ends with the cause rejected."""
        app = transferring(target(), transfer_complete_url="/over")
        voice = Core(app, answers=False)
        call = voice.dial("/answer")
        voice.advance(7)
        call.legs[0].hang_up()
        assert app.fields("/leg-over")["cause"] == app.fields("/over")["cause"] == "rejected"

    def test_leg_that_is_not_answered_times_out(self) -> None:
        """If the test does not answer a leg, the leg rings until callTimeout."""
        app = transferring(target(), transfer_complete_url="/over")
        call = Core(app, answers=False).dial("/answer")
        assert call.expect_speech("they have left").at == 20
        assert app.fields("/over")["cause"] == "timeout"

    def test_explicit_answer_cancels_the_phones_reaction(self) -> None:
        """After an explicit answer the phone does not hang up on its own."""
        voice = Core(transferring(target()))
        voice.phone(SALES).answers(after=10, hangs_up_after=5)
        call = voice.dial("/answer")
        voice.advance(2)
        voice.answer(call.legs[0].call_id)
        voice.advance(100)
        assert entries(call, "joined", "left") == [(2, "joined", call.legs[0].call_id)]

    def test_only_a_ringing_leg_can_be_answered(self) -> None:
        """Answering an inbound call or an answered leg raises an error."""
        voice = Core(transferring(target()))
        call = voice.dial("/answer")
        with pytest.raises(ValueError, match="is not ringing"):
            voice.answer(call.call_id)
        voice.advance(1)
        for answered in (call, *call.legs):
            with pytest.raises(ValueError, match="is not ringing"):
                voice.answer(answered.call_id)
        assert call.state == "answered"

    def test_first_of_two_explicit_answers_is_joined(self) -> None:
        """The first answered leg is joined, and the other leg is hung up."""
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
@pytest.mark.parametrize("previous", ["Redirect", "Gather"])
def test_later_documents_of_a_leg_are_checked_too(previous: str, verb: str) -> None:
    """Bridge, Conference and Transfer are not allowed in any document of a leg before the leg is joined."""
    forbidden: dict[str, Callable[[Call], Response]] = {
        "Bridge": lambda call: Response().bridge(call.call_id),
        "Conference": lambda _: Response().conference("room"),
        "Transfer": lambda _: Response().transfer([PhoneNumber("+13365550143")]),
    }
    first = {"Redirect": Response().redirect(redirect_url="/then"), "Gather": Response().gather(gather_url="/then")}
    app = transferring(target(transfer_answer_url="/first"), transfer_complete_url="/over")
    app.documents |= {"/first": first[previous]}
    voice = Core(app)
    call = voice.dial("/answer", status_url="/status")
    app.documents |= {"/then": forbidden[verb](call)}
    voice.run()
    (leg,) = call.legs
    assert (leg.disconnect_cause, call.disconnect_cause) == ("invalid-bxml", "hangup")
    assert call.timeline.spoken == ["They have left."]
    assert [event.event_type for _, event in app.events].count("transferDisconnect") == 1
    assert voice.conferences == []
