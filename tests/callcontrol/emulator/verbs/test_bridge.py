"""Bridge joins two running calls, and an event follows when one call leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bxml import PhoneNumber, Response
from callcontrol.emulator.calls import Call
from callcontrol.emulator.in_process_emulator import Core
from callcontrol.events import BridgeCompleteEvent, BridgeTargetCompleteEvent
from tests.callcontrol.emulator.scripted_application import TODAY, client, create, entries
from tests.callcontrol.emulator.table_application import Answers

URLS: dict[str, Any] = {"bridge_complete_url": "/complete", "bridge_target_complete_url": "/target-complete"}


def bridged(**urls: Any) -> tuple[Core, Answers, Call, Call]:
    """Bridge a call with a target that runs a Pause, and return the core, the application, the call and the target."""
    app = Answers(
        waiting=Response().pause(duration=1000).speak_sentence("Never heard."),
        complete=Response().speak_sentence("The other one left."),
        target=Response(),
    )
    app.documents["/target-complete"] = Response().speak_sentence("You are alone.")
    voice = Core(app, clock=lambda: TODAY)
    target = voice.dial("/waiting", from_="+13365550142")
    voice.advance(3)
    app.documents["/bridge"] = Response().bridge(target.call_id, **urls).speak_sentence("Next verb.")
    call = voice.dial("/bridge", status_url="/status")
    voice.advance(2)
    return voice, app, call, target


def bridge_events(app: Answers) -> list[tuple[str, str]]:
    """Return the paths and types of all events after the initiate events of both calls."""
    return app.received[2:]


def test_target_stops_its_own_document() -> None:
    """The target stops its document, and each call names the other call as its partner."""
    voice, _, call, target = bridged()
    assert (call.bridged_with, target.bridged_with) == (target.call_id, call.call_id)
    assert (target.timeline.texts("joined"), call.timeline.texts("joined")) == ([call.call_id], [target.call_id])
    voice.advance(2000)
    assert target.timeline.spoken == []


def test_call_continues_when_the_target_leaves() -> None:
    """The application receives bridgeComplete for the call."""
    voice, app, call, target = bridged(**URLS)
    target.hang_up()
    voice.run()
    assert call.timeline.spoken == ["The other one left."]
    assert bridge_events(app) == [("/complete", "bridgeComplete"), ("/status", "disconnect")]
    fields = app.fields("/complete")
    assert (fields["callId"], fields.get("cause"), fields.get("errorMessage")) == (call.call_id, None, None)


def test_target_continues_when_the_call_leaves() -> None:
    """The application receives bridgeTargetComplete for the target."""
    voice, app, call, target = bridged(**URLS)
    call.hang_up()
    voice.run()
    assert target.timeline.spoken == ["You are alone."]
    assert sorted(bridge_events(app)) == [("/status", "disconnect"), ("/target-complete", "bridgeTargetComplete")]
    fields = app.fields("/target-complete")
    assert (fields["callId"], fields["callUrl"]) == (target.call_id, target.url)
    assert fields["from"] == "+13365550142"


def test_without_urls_the_target_is_hung_up() -> None:
    """If the target leaves, the call continues with its next verb. If the call leaves, the target is hung up."""
    voice, app, call, target = bridged()
    target.hang_up()
    voice.run()
    assert call.timeline.spoken == ["Next verb."]
    assert bridge_events(app) == [("/status", "disconnect")]
    voice, app, call, target = bridged()
    call.hang_up()
    voice.run()
    assert (target.state, target.disconnect_cause) == ("disconnected", "hangup")


@pytest.mark.parametrize("leaver", ["call", "target"])
def test_interrupted_call_leaves_the_bridge(leaver: str) -> None:
    """The interrupted call runs its new document, and the event for the other call is sent."""
    voice, app, call, target = bridged(**URLS)
    interrupted, other = (call, target) if leaver == "call" else (target, call)
    client(voice).update_call_bxml(interrupted.call_id, Response().speak_sentence("Interrupted."))
    voice.run()
    assert interrupted.timeline.spoken == ["Interrupted."]
    assert other.timeline.spoken == ["You are alone." if leaver == "call" else "The other one left."]
    events = {event for _, event in bridge_events(app)}
    assert events == {"disconnect", "bridgeTargetComplete" if leaver == "call" else "bridgeComplete"}
    assert call.bridged_with is target.bridged_with is None


def rejected(app: Answers, voice: Core, call_id: str, **more: Any) -> tuple[str, str]:
    """Return the cause and the error message of a bridge that is rejected."""
    app.documents["/again"] = Response().bridge(call_id, **URLS)
    call = voice.dial("/again", **more)
    call.expect_speech("the other one left")
    event = app.events[-1][1]
    assert (event.event_type, event.fields["callId"]) == ("bridgeComplete", call.call_id)
    assert str(UUID(event.fields["errorId"])) == event.fields["errorId"]
    return event.fields["cause"], event.fields["errorMessage"]


def test_bridged_target_is_busy() -> None:
    """A Bridge to a bridged target is rejected with the cause busy."""
    voice, app, _, target = bridged()
    assert rejected(app, voice, target.call_id) == ("busy", f"Call {target.call_id} is already bridged with another call")


def test_target_must_be_active_answered_and_of_the_same_account() -> None:
    """A target is rejected if it has ended, is unknown, rings, is forwarded, or belongs to another account."""
    voice, app, call, target = bridged()
    target.hang_up()
    assert rejected(app, voice, target.call_id) == ("rejected", f"Call {target.call_id} is not active")
    assert rejected(app, voice, "c-unknown") == ("rejected", "Call c-unknown is not active")
    assert rejected(app, voice, call.call_id, account_id="9900124") == ("rejected", f"Call {call.call_id} is not active")
    voice.phone("+13365550143").does_not_answer()
    ringing = create(voice, to="+13365550143").call_id
    assert rejected(app, voice, ringing) == ("rejected", f"Call {ringing} is not answered yet")
    app.documents["/forward"] = Response().forward(to="+13365550144")
    forwarded = voice.dial("/forward").call_id
    voice.advance(1)
    assert rejected(app, voice, forwarded) == ("rejected", f"Call {forwarded} is being forwarded")


def test_a_call_cannot_be_bridged_with_itself() -> None:
    """A call is rejected as its own target. The vendor does not document this case."""
    voice, app, _, _ = bridged()
    following = "c-00000003-00000000-0000-0000-0000-000000000003"
    assert rejected(app, voice, following) == ("rejected", f"Call {following} cannot be bridged with itself")


def test_bridge_answers_an_unanswered_inbound_target() -> None:
    """An unanswered inbound target is answered. An unanswered outbound target is rejected."""
    app = Answers(ring=Response().ring(duration=100, answer_call=False))
    voice = Core(app)
    target = voice.dial("/ring")
    voice.advance(1)
    assert target.state == "initiated"
    app.documents["/bridge"] = Response().bridge(target.call_id)
    voice.dial("/bridge")
    voice.advance(1)
    assert target.state == "answered"


def test_each_error_has_its_own_id() -> None:
    """Each event of a rejected Bridge has a different error id."""
    voice, app, _, target = bridged()
    for _ in range(2):
        rejected(app, voice, target.call_id)
    ids = [event.fields["errorId"] for _, event in app.events if event.event_type == "bridgeComplete"]
    assert len(set(ids)) == 2


def test_bridging_call_is_busy_too() -> None:
    """The call that runs the Bridge cannot be the target of another Bridge."""
    voice, app, call, _ = bridged()
    assert rejected(app, voice, call.call_id) == ("busy", f"Call {call.call_id} is already bridged with another call")


def test_rejection_without_url_continues_with_the_next_verb() -> None:
    """The timeline has the reason of the rejection."""
    voice = Core(Answers(bridge=Response().bridge("c-unknown").speak_sentence("Next verb.")))
    call = voice.dial("/bridge")
    voice.run()
    assert call.timeline.spoken == ["Next verb."]
    assert call.timeline.texts("problem") == ["Call c-unknown is not active"]


def test_events_have_the_times_of_their_call() -> None:
    """Both calls are joined at the same time, and are separated at the same time."""
    voice, app, call, target = bridged(**URLS, tag="after")
    voice.advance(10)
    target.hang_up()
    voice.run()
    assert entries(call, "joined", "left") == [(0, target.call_id), (12, target.call_id)]
    assert entries(target, "joined", "left") == [(3, call.call_id), (15, call.call_id)]
    (event,) = (event for path, event in app.events if path == "/complete")
    assert isinstance(event, BridgeCompleteEvent)
    began, over = TODAY + timedelta(seconds=3), TODAY + timedelta(seconds=15)
    assert (event.start_time, event.answer_time, event.event_time, event.tag) == (began, began, over, "after")


def test_target_keeps_its_tag_and_its_times() -> None:
    """The tag of the Bridge applies to the call only."""
    voice, app, call, target = bridged(**URLS, tag="after")
    client(voice).update_call(call.call_id, state="completed")
    voice.run()
    (event,) = (event for path, event in app.events if path == "/target-complete")
    assert isinstance(event, BridgeTargetCompleteEvent)
    assert (event.start_time, event.answer_time, event.tag) == (TODAY, TODAY, None)
    assert (event.event_time, event.call_id) == (TODAY + timedelta(seconds=5), target.call_id)


def test_both_calls_end_at_once() -> None:
    """If both calls end at once, no bridge event is sent."""
    voice, app, call, target = bridged(**URLS)
    for leaving in (target, call):
        client(voice).update_call(leaving.call_id, state="completed")
    voice.run()
    assert bridge_events(app) == [("/status", "disconnect")]


@pytest.mark.parametrize("leaver", ["call", "target"])
def test_redirected_call_leaves_and_can_be_bridged_again(leaver: str) -> None:
    """The redirect event is for the redirected call, and the bridge event is for the other call."""
    voice, app, call, target = bridged(**URLS)
    leaving, staying = (call, target) if leaver == "call" else (target, call)
    app.documents["/complete"] = app.documents["/target-complete"] = Response().pause(duration=100)
    app.documents["/again"] = Response().bridge(staying.call_id)
    client(voice).redirect(leaving.call_id, "https://app.example/again")
    voice.advance(1)
    path, event = ("/target-complete", "bridgeTargetComplete") if leaver == "call" else ("/complete", "bridgeComplete")
    assert sorted(bridge_events(app)) == sorted([("/again", "redirect"), (path, event)])
    assert (leaving.bridged_with, staying.bridged_with) == (staying.call_id, leaving.call_id)
    assert leaving.timeline.texts("joined", "left") == [staying.call_id] * 3


def test_target_that_transfers_hangs_up_its_legs() -> None:
    """If the target runs a Transfer, the Transfer ends with the target's document, and its legs are hung up."""
    app = Answers(transfer=Response().transfer([PhoneNumber("+13365550142", transfer_disconnect_url="/leg-over")]))
    voice = Core(app)
    target = voice.dial("/transfer")
    voice.advance(2)
    app.documents["/bridge"] = Response().bridge(target.call_id)
    call = voice.dial("/bridge")
    voice.advance(2)
    assert (target.bridged_with, target.legs[0].disconnect_cause) == (call.call_id, "hangup")
    assert app.fields("/leg-over")["cause"] == "hangup"


def test_bridged_leg_leaves_its_transfer() -> None:
    """If a leg is bridged, the transferring call continues with its next verb."""
    app = Answers(transfer=Response().transfer([PhoneNumber("+13365550142")]).speak_sentence("Next verb."))
    voice = Core(app)
    transferring = voice.dial("/transfer")
    voice.advance(2)
    (leg,) = transferring.legs
    app.documents["/bridge"] = Response().bridge(leg.call_id)
    call = voice.dial("/bridge")
    voice.advance(2)
    assert (leg.state, leg.bridged_with) == ("answered", call.call_id)
    assert transferring.timeline.spoken == ["Next verb."]


def test_ringing_leg_cannot_be_bridged() -> None:
    """A leg is an outbound call, so a ringing leg is rejected as a target."""
    app = Answers(
        transfer=Response().transfer([PhoneNumber("+13365550142")]), complete=Response().speak_sentence("The other one left.")
    )
    voice = Core(app)
    voice.phone("+13365550142").answers(after=10)
    transferring = voice.dial("/transfer")
    voice.advance(2)
    call_id = transferring.legs[0].call_id
    assert rejected(app, voice, call_id) == ("rejected", f"Call {call_id} is not answered yet")


class TestChangeAtTheSameTime:
    """The call or its target is changed at the moment of the bridge."""

    def bridge_while(self, act: Callable[[Core, Call, Call], object]) -> tuple[Answers, Call, Call]:
        """Change a call at the moment of the bridge, and return the application, the call and the target."""
        app = Answers(
            waiting=Response().pause(duration=1000),
            other=Response().pause(duration=5).redirect(redirect_url="/act"),
            complete=Response().speak_sentence("The other one left."),
        )
        voice = Core(app)
        target = voice.dial("/waiting")
        app.documents["/target-complete"] = Response().speak_sentence("You are alone.")
        app.documents["/bridge"] = Response().pause(duration=5).bridge(target.call_id, **URLS)
        call = voice.dial("/bridge")
        voice.dial("/other")
        app.acts["/act"] = lambda: act(voice, call, target)
        voice.run()
        assert call.timeline.texts("joined", "left") == [target.call_id] * 2
        assert call.bridged_with is target.bridged_with is None
        return app, call, target

    def test_target_ends(self) -> None:
        """If the target ends, the call continues."""
        app, call, target = self.bridge_while(
            lambda voice, _, target: client(voice).update_call(target.call_id, state="completed")
        )
        assert entries(call, "spoken") == [(5, "The other one left.")]
        assert [event for _, event in app.received if event.startswith("bridge")] == ["bridgeComplete"]
        assert target.disconnect_cause == "hangup"

    def test_target_is_interrupted(self) -> None:
        """If the target is interrupted, both calls continue."""
        pushed = Response().speak_sentence("Something else.")
        app, call, target = self.bridge_while(lambda voice, _, target: client(voice).update_call_bxml(target.call_id, pushed))
        assert (call.timeline.spoken, target.timeline.spoken) == (["The other one left."], ["Something else."])
        assert [event for _, event in app.received if event.startswith("bridge")] == ["bridgeComplete"]

    def test_call_ends(self) -> None:
        """If the call ends, the target continues."""
        app, call, target = self.bridge_while(lambda voice, call, _: client(voice).update_call(call.call_id, state="completed"))
        assert (call.timeline.spoken, target.timeline.spoken) == ([], ["You are alone."])
        assert [event for _, event in app.received if event.startswith("bridge")] == ["bridgeTargetComplete"]
