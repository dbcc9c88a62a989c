"""Bridge: two calls that go on already are joined, and whoever stays is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bxml import PhoneNumber, Response
from callcontrol.emulator.calls import Call
from callcontrol.emulator.core import Core
from callcontrol.events import BridgeCompleteEvent, BridgeTargetCompleteEvent
from tests.callcontrol.emulator.recording_application import TODAY, client, create, entries
from tests.callcontrol.emulator.table_application import Answers

URLS: dict[str, Any] = {"bridge_complete_url": "/complete", "bridge_target_complete_url": "/target-complete"}


def bridged(**urls: Any) -> tuple[Core, Answers, Call, Call]:
    """A call that was bridged with another, which heard a long silence before."""
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


def told(app: Answers) -> list[tuple[str, str]]:
    """The events after both calls have come in."""
    return app.told[2:]


def test_both_are_joined() -> None:
    """The target's own document is dropped."""
    voice, _, call, target = bridged()
    assert (call.bridged_with, target.bridged_with) == (target.call_id, call.call_id)
    assert (target.timeline.texts("joined"), call.timeline.texts("joined")) == ([call.call_id], [target.call_id])
    voice.advance(2000)
    assert target.timeline.spoken == []


def test_the_target_leaves() -> None:
    """The call that wanted the bridge is told, and goes on."""
    voice, app, call, target = bridged(**URLS)
    target.hang_up()
    voice.run()
    assert call.timeline.spoken == ["The other one left."]
    assert told(app) == [("/complete", "bridgeComplete"), ("/status", "disconnect")]
    fields = app.fields("/complete")
    assert (fields["callId"], fields.get("cause"), fields.get("errorMessage")) == (call.call_id, None, None)


def test_the_call_leaves() -> None:
    """The target is told, and goes on."""
    voice, app, call, target = bridged(**URLS)
    call.hang_up()
    voice.run()
    assert target.timeline.spoken == ["You are alone."]
    assert sorted(told(app)) == [("/status", "disconnect"), ("/target-complete", "bridgeTargetComplete")]
    fields = app.fields("/target-complete")
    assert (fields["callId"], fields["callUrl"]) == (target.call_id, target.url)
    assert fields["from"] == "+13365550142"


def test_without_urls() -> None:
    """The next verb follows for the call; the target is hung up."""
    voice, app, call, target = bridged()
    target.hang_up()
    voice.run()
    assert call.timeline.spoken == ["Next verb."]
    assert told(app) == [("/status", "disconnect")]
    voice, app, call, target = bridged()
    call.hang_up()
    voice.run()
    assert (target.state, target.disconnect_cause) == ("disconnected", "hangup")


@pytest.mark.parametrize("who", ["call", "target"])
def test_one_is_interrupted(who: str) -> None:
    """It leaves for its new document, and the other one is told."""
    voice, app, call, target = bridged(**URLS)
    interrupted, other = (call, target) if who == "call" else (target, call)
    client(voice).update_call_bxml(interrupted.call_id, Response().speak_sentence("Interrupted."))
    voice.run()
    assert interrupted.timeline.spoken == ["Interrupted."]
    assert other.timeline.spoken == ["You are alone." if who == "call" else "The other one left."]
    events = {event for _, event in told(app)}
    assert events == {"disconnect", "bridgeTargetComplete" if who == "call" else "bridgeComplete"}
    assert call.bridged_with is target.bridged_with is None


def refused(app: Answers, voice: Core, call_id: str, **more: Any) -> tuple[str, str]:
    """The cause and the sentence with which a bridge is refused."""
    app.documents["/again"] = Response().bridge(call_id, **URLS)
    call = voice.dial("/again", **more)
    call.expect_speech("the other one left")
    event = app.events[-1][1]
    assert (event.event_type, event.fields["callId"]) == ("bridgeComplete", call.call_id)
    assert str(UUID(event.fields["errorId"])) == event.fields["errorId"]
    return event.fields["cause"], event.fields["errorMessage"]


def test_a_call_that_is_bridged_already() -> None:
    """It is busy."""
    voice, app, _, target = bridged()
    assert refused(app, voice, target.call_id) == ("busy", f"Call {target.call_id} is already bridged with another call")


def test_calls_that_cannot_be_bridged() -> None:
    """Those that are not there, are over, are not answered, are forwarded, are another account's."""
    voice, app, call, target = bridged()
    target.hang_up()
    assert refused(app, voice, target.call_id) == ("rejected", f"Call {target.call_id} is not active")
    assert refused(app, voice, "c-unknown") == ("rejected", "Call c-unknown is not active")
    assert refused(app, voice, call.call_id, account_id="9900124") == ("rejected", f"Call {call.call_id} is not active")
    voice.phone("+13365550143").does_not_answer()
    ringing = create(voice, to="+13365550143").call_id
    assert refused(app, voice, ringing) == ("rejected", f"Call {ringing} is not answered yet")
    app.documents["/forward"] = Response().forward(to="+13365550144")
    forwarded = voice.dial("/forward").call_id
    voice.advance(1)
    assert refused(app, voice, forwarded) == ("rejected", f"Call {forwarded} is being forwarded")


def test_a_call_cannot_be_bridged_with_itself() -> None:
    """No page says what happens; it is refused."""
    voice, app, _, _ = bridged()
    following = "c-00000003-00000000-0000-0000-0000-000000000003"
    assert refused(app, voice, following) == ("rejected", f"Call {following} cannot be bridged with itself")


def test_an_unanswered_inbound_call_is_answered_by_it() -> None:
    """Unlike an outbound one it can be had."""
    app = Answers(ring=Response().ring(duration=100, answer_call=False))
    voice = Core(app)
    target = voice.dial("/ring")
    voice.advance(1)
    assert target.state == "initiated"
    app.documents["/bridge"] = Response().bridge(target.call_id)
    voice.dial("/bridge")
    voice.advance(1)
    assert target.state == "answered"


def test_errors_can_be_told_apart() -> None:
    """Each has an id of its own."""
    voice, app, _, target = bridged()
    for _ in range(2):
        refused(app, voice, target.call_id)
    ids = [event.fields["errorId"] for _, event in app.events if event.event_type == "bridgeComplete"]
    assert len(set(ids)) == 2


def test_the_call_that_bridges_is_busy_too() -> None:
    """Not only its target."""
    voice, app, call, _ = bridged()
    assert refused(app, voice, call.call_id) == ("busy", f"Call {call.call_id} is already bridged with another call")


def test_a_refusal_without_a_url() -> None:
    """The next verb follows, and the timeline says why."""
    voice = Core(Answers(bridge=Response().bridge("c-unknown").speak_sentence("Next verb.")))
    call = voice.dial("/bridge")
    voice.run()
    assert call.timeline.spoken == ["Next verb."]
    assert call.timeline.texts("problem") == ["Call c-unknown is not active"]


def test_the_times() -> None:
    """Both are joined at once, and part when one leaves; each keeps the times of its own call."""
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


def test_the_target_keeps_its_tag_and_its_times() -> None:
    """What the Bridge is tagged with is not for it."""
    voice, app, call, target = bridged(**URLS, tag="after")
    client(voice).update_call(call.call_id, state="completed")
    voice.run()
    (event,) = (event for path, event in app.events if path == "/target-complete")
    assert isinstance(event, BridgeTargetCompleteEvent)
    assert (event.start_time, event.answer_time, event.tag) == (TODAY, TODAY, None)
    assert (event.event_time, event.call_id) == (TODAY + timedelta(seconds=5), target.call_id)


def test_both_leave_at_once() -> None:
    """Nobody is left to be told."""
    voice, app, call, target = bridged(**URLS)
    for leaving in (target, call):
        client(voice).update_call(leaving.call_id, state="completed")
    voice.run()
    assert told(app) == [("/status", "disconnect")]


@pytest.mark.parametrize("who", ["call", "target"])
def test_one_is_redirected(who: str) -> None:
    """The event of that goes to the one, and that of the bridge to the other; who was bridged can be bridged again."""
    voice, app, call, target = bridged(**URLS)
    leaving, staying = (call, target) if who == "call" else (target, call)
    app.documents["/complete"] = app.documents["/target-complete"] = Response().pause(duration=100)
    app.documents["/again"] = Response().bridge(staying.call_id)
    client(voice).redirect(leaving.call_id, "https://app.example/again")
    voice.advance(1)
    path, event = ("/target-complete", "bridgeTargetComplete") if who == "call" else ("/complete", "bridgeComplete")
    assert sorted(told(app)) == sorted([("/again", "redirect"), (path, event)])
    assert (leaving.bridged_with, staying.bridged_with) == (staying.call_id, leaving.call_id)
    assert leaving.timeline.texts("joined", "left") == [staying.call_id] * 3


def test_a_target_that_transfers_drops_its_legs() -> None:
    """As any document of it is dropped."""
    app = Answers(transfer=Response().transfer([PhoneNumber("+13365550142", transfer_disconnect_url="/leg-over")]))
    voice = Core(app)
    target = voice.dial("/transfer")
    voice.advance(2)
    app.documents["/bridge"] = Response().bridge(target.call_id)
    call = voice.dial("/bridge")
    voice.advance(2)
    assert (target.bridged_with, target.legs[0].disconnect_cause) == (call.call_id, "hangup")
    assert app.fields("/leg-over")["cause"] == "hangup"


def test_a_leg_is_bridged() -> None:
    """It leaves its Transfer, and who transferred goes on."""
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


def test_a_leg_that_rings_cannot_be_bridged() -> None:
    """It is an outbound call, and not answered."""
    app = Answers(
        transfer=Response().transfer([PhoneNumber("+13365550142")]), complete=Response().speak_sentence("The other one left.")
    )
    voice = Core(app)
    voice.phone("+13365550142").answers(after=10)
    transferring = voice.dial("/transfer")
    voice.advance(2)
    call_id = transferring.legs[0].call_id
    assert refused(app, voice, call_id) == ("rejected", f"Call {call_id} is not answered yet")


class TestAtThatMoment:
    """Somebody leaves just when two are bridged, before anything else happens."""

    def meanwhile(self, act: Callable[[Core, Call, Call], object]) -> tuple[Answers, Call, Call]:
        """What becomes of a call and its target."""
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

    def test_the_target_ends(self) -> None:
        """The call goes on."""
        app, call, target = self.meanwhile(
            lambda voice, _, target: client(voice).update_call(target.call_id, state="completed")
        )
        assert entries(call, "spoken") == [(5, "The other one left.")]
        assert [event for _, event in app.told if event.startswith("bridge")] == ["bridgeComplete"]
        assert target.disconnect_cause == "hangup"

    def test_the_target_is_led_elsewhere(self) -> None:
        """Both go on."""
        pushed = Response().speak_sentence("Something else.")
        app, call, target = self.meanwhile(lambda voice, _, target: client(voice).update_call_bxml(target.call_id, pushed))
        assert (call.timeline.spoken, target.timeline.spoken) == (["The other one left."], ["Something else."])
        assert [event for _, event in app.told if event.startswith("bridge")] == ["bridgeComplete"]

    def test_the_call_ends(self) -> None:
        """The target is told."""
        app, call, target = self.meanwhile(lambda voice, call, _: client(voice).update_call(call.call_id, state="completed"))
        assert (call.timeline.spoken, target.timeline.spoken) == ([], ["You are alone."])
        assert [event for _, event in app.told if event.startswith("bridge")] == ["bridgeTargetComplete"]
