"""Transfer: who rings, who is joined, what each side is told, and what becomes of it when somebody leaves."""

from __future__ import annotations

from typing import Any

import pytest

from bxml import PhoneNumber, Response, SipUri
from callcontrol import BasicAuth, CallNotActive, Client
from callcontrol.emulator.calls import Call
from callcontrol.emulator.core import Core
from tests.callcontrol.emulator.answers import Answers

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


def test_an_outbound_call_shows_its_own_callee() -> None:
    """Of an outbound call, the remote party is who was called."""
    voice = Core(transferring(target()))
    made = client(voice).create_call(
        to="+12125550123", from_="+19195550100", application_id="app", answer_url="https://app.example/answer", tag="order-7"
    )
    voice.advance(1)
    (leg,) = voice.call(made.call_id).legs
    assert (leg.from_, leg.to, leg.tag) == ("+12125550123", SALES, "order-7")


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
    assert (app.fields("/over").get("errorId") is not None) == (message is not None)
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
