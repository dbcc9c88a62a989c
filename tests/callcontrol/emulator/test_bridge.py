"""Bridge: two calls that go on already are joined, and whoever stays is told."""

from __future__ import annotations

from typing import Any

import pytest

from bxml import Response
from callcontrol import BasicAuth, Client
from callcontrol.emulator.calls import Call
from callcontrol.emulator.core import Core
from tests.callcontrol.emulator.answers import Answers

URLS: dict[str, Any] = {"bridge_complete_url": "/complete", "bridge_target_complete_url": "/target-complete"}


def bridged(**urls: Any) -> tuple[Core, Answers, Call, Call]:
    """A call that was bridged with another, which heard a long silence before."""
    app = Answers(
        waiting=Response().pause(duration=1000).speak_sentence("Never heard."),
        complete=Response().speak_sentence("The other one left."),
        target=Response(),
    )
    app.documents["/target-complete"] = Response().speak_sentence("You are alone.")
    voice = Core(app)
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
    client = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)
    client.update_call_bxml(interrupted.call_id, Response().speak_sentence("Interrupted."))
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
    assert event.fields["errorId"]
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
    client = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)
    ringing = client.create_call(
        to="+13365550143", from_="+19195550100", application_id="app", answer_url="https://app.example/waiting"
    ).call_id
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
