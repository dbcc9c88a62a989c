"""The API interrupts calls: what runs is cut off at once, whatever it is, and what was asked for begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from callcontrol import CallNotActive
from callcontrol.emulator import Call, Core
from tests.callcontrol.emulator.recording_application import App, client, core, create, entries, response, say

RUNNING: Final = {
    "Pause": '<Pause duration="60"/>',
    "SpeakSentence": say("A very long sentence. " * 40),
    "PlayAudio": "<PlayAudio>/long.wav</PlayAudio>",
    "Ring": '<Ring duration="60"/>',
    "SendDtmf": "<SendDtmf>WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW</SendDtmf>",
    "Gather": f'<Gather gatherUrl="/gather">{say("Press a key. " * 80)}</Gather>',
    "Gather that has keys": f'<Gather gatherUrl="/gather" interDigitTimeout="60">{say("Press.")}</Gather>',
    "Gather that waits": '<Gather gatherUrl="/gather" firstDigitTimeout="60"/>',
    "Gather for speech": '<Gather gatherUrl="/gather" input="speech" speechTimeout="60"/>',
    "a webhook": '<Redirect redirectUrl="/slow"/>',
}
"""What goes on in a call that is interrupted, by documents whose first verb lasts."""


def redirect(voice: Core, call: Call) -> None:
    """By UpdateCall."""
    client(voice).update_call(call.call_id, redirect_url="https://app.example/next")


def push(voice: Core, call: Call) -> None:
    """By UpdateCallBxml."""
    client(voice).update_call_bxml(call.call_id, response(say("Next.")))


def complete(voice: Core, call: Call) -> None:
    """By UpdateCall with the state completed."""
    client(voice).update_call(call.call_id, state="completed")


def interrupted(what: str, change: Callable[[Core, Call], None]) -> tuple[App, Call]:
    """A call that was interrupted ten seconds after it began, and lived to its end."""
    app = App(
        answer=response(RUNNING[what], say("Never.")), next=response(say("Next.")), gone=204, slow=response(say("Never."))
    )
    voice = core(app)
    voice.audio_lasts("https://app.example/long.wav", 60)
    call = create(voice, disconnect_url="https://app.example/gone")
    voice.delay_webhooks(14, path="/slow")
    voice.advance(1)
    if what == "Gather that has keys":
        call.press("12")
    voice.advance(9)
    change(voice, call)
    voice.run()
    return app, call


@pytest.mark.parametrize("what", RUNNING)
class TestWhateverRuns:
    """The verb ends where it is, and the rest of its document is dropped."""

    def test_by_a_redirection(self, what: str) -> None:
        """The event of that is sent, and its answer is run; the verb has no event of its own."""
        app, call = interrupted(what, redirect)
        slow = ["redirect"] * (what == "a webhook")
        assert app.types == ["answer", *slow, "redirect", "disconnect"]
        assert entries(call, "spoken")[-1] == (10, "Next.")
        assert "Never." not in call.timeline.spoken
        assert call.disconnect_cause == "hangup"
        assert call.timeline.texts("gathered") == []

    def test_by_a_document(self, what: str) -> None:
        """No event is sent at all."""
        app, call = interrupted(what, push)
        slow = ["redirect"] * (what == "a webhook")
        assert app.types == ["answer", *slow, "disconnect"]
        assert entries(call, "spoken")[-1] == (10, "Next.")
        assert "Never." not in call.timeline.spoken

    def test_by_the_end(self, what: str) -> None:
        """The call ends then, and nothing else happens to it."""
        app, call = interrupted(what, complete)
        slow = ["redirect"] * (what == "a webhook")
        assert app.types == ["answer", *slow, "disconnect"]
        assert entries(call, "state")[-1] == (10, "disconnected")
        assert (call.disconnect_cause, app.sent("disconnect")["cause"]) == ("hangup", "hangup")
        assert "Never." not in call.timeline.spoken

    def test_by_the_caller(self, what: str) -> None:
        """Who hangs up."""
        app, call = interrupted(what, lambda _, call: call.hang_up())
        assert app.types[-1] == "disconnect"
        assert app.types.count("disconnect") == 1
        assert entries(call, "state")[-1] == (10, "disconnected")
        assert "gather" not in app.types


def test_a_late_answer_is_noted_when_it_comes() -> None:
    """After the interruption, and nothing comes of it."""
    _, call = interrupted("a webhook", push)
    assert entries(call, "ignored") == [(14, "the response to redirect came after the call was interrupted or ended")]


def test_keys_are_free_after_an_interruption() -> None:
    """A Gather that was interrupted hides none from StartGather."""
    app = App(answer=response(RUNNING["Gather"]), dtmf=204)
    voice = core(app)
    call = create(voice)
    voice.advance(1)
    assert call.gathers
    client(voice).update_call_bxml(call.call_id, response('<Pause duration="9"/>'))
    voice.advance(0)
    assert not call.gathers


def test_the_newest_interruption_wins() -> None:
    """Of several at the same moment only the last is run; each document and each URL is remembered."""
    app = App(answer=response('<Pause duration="60"/>'), next=response(say("Redirected.")))
    voice = core(app)
    call = create(voice)
    voice.advance(1)
    redirect(voice, call)
    push(voice, call)
    client(voice).update_call_bxml(call.call_id, response(say("Last.")))
    voice.run()
    assert call.timeline.spoken == ["Last."]
    assert app.types == ["answer"]
    assert (len(call.documents), call.redirects) == (2, ["https://app.example/next"])
    assert call.timeline.texts("api") == ["UpdateCall", "UpdateCallBxml", "UpdateCallBxml"]


def test_a_redirection_may_fail() -> None:
    """The API has answered by then; the call ends, and its state says why."""
    app = App(answer=response('<Pause duration="60"/>'), broken=response("<Dance/>"))
    voice = core(app)
    for path, cause in [("missing", "callback-error"), ("broken", "invalid-bxml")]:
        call = create(voice)
        voice.advance(1)
        assert client(voice).update_call(call.call_id, redirect_url=f"https://app.example/{path}").status == 200
        voice.run()
        assert client(voice).get_call_state(call.call_id).disconnect_cause == cause


def test_a_redirection_has_a_fallback_and_credentials() -> None:
    """Those of the request, and the methods of the request."""
    app = App(answer=response('<Pause duration="60"/>'), next=500, again=response(say("Again.")))
    voice = core(app)
    call = create(voice, username="other", password="o")
    voice.advance(1)
    client(voice).update_call(
        call.call_id,
        redirect_url="https://app.example/next",
        redirect_method="GET",
        username="u",
        password="p",
        redirect_fallback_url="https://app.example/again",
        fallback_username="f",
        fallback_password="q",
    )
    call.expect_speech("again")
    asked = [(each.method, each.path, each.headers["AUTHORIZATION"]) for each in app.received[1:]]
    assert asked == [("GET", "/next", "Basic dTpw"), ("POST", "/again", "Basic Zjpx")]


@pytest.mark.parametrize("change", [redirect, push, complete])
def test_an_ended_call_is_a_conflict_first_and_then_gone(change: Callable[[Core, Call], None]) -> None:
    """By the emulator's own time, of which a minute has to pass."""
    voice = core(App(answer=response()))
    call = create(voice)
    call.expect_end()
    for seconds, status in [(60, 409), (0.1, 404)]:
        voice.advance(seconds)
        with pytest.raises(CallNotActive) as caught:
            change(voice, call)
        assert caught.value.status == status
    assert client(voice).get_call_state(call.call_id).disconnect_cause == "hangup"
