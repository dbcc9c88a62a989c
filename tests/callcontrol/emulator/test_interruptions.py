"""The API interrupts calls: the running verb stops immediately, and the new document starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from callcontrol import CallNotActive
from callcontrol.emulator import Call, Core
from tests.callcontrol.emulator.scripted_application import App, client, core, create, entries, response, say

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
"""For each test id: the XML of a verb that is still running when the call is interrupted."""


def redirect(voice: Core, call: Call) -> None:
    """Redirect a call with UpdateCall."""
    client(voice).update_call(call.call_id, redirect_url="https://app.example/next")


def push(voice: Core, call: Call) -> None:
    """Push a document with UpdateCallBxml."""
    client(voice).update_call_bxml(call.call_id, response(say("Next.")))


def complete(voice: Core, call: Call) -> None:
    """End a call with UpdateCall."""
    client(voice).update_call(call.call_id, state="completed")


def interrupted(what: str, change: Callable[[Core, Call], None]) -> tuple[App, Call]:
    """Interrupt a call after ten seconds, run it to its end, and return the application and the call."""
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
class TestRunningVerbs:
    """Any verb stops, and the rest of its document is dropped."""

    def test_a_redirect_interrupts(self, what: str) -> None:
        """The redirect event is sent, and the document in its response runs. The interrupted verb sends no event."""
        app, call = interrupted(what, redirect)
        slow = ["redirect"] * (what == "a webhook")
        assert app.types == ["answer", *slow, "redirect", "disconnect"]
        assert entries(call, "spoken")[-1] == (10, "Next.")
        assert "Never." not in call.timeline.spoken
        assert call.disconnect_cause == "hangup"
        assert call.timeline.texts("gathered") == []

    def test_a_pushed_document_interrupts(self, what: str) -> None:
        """No event is sent for a pushed document."""
        app, call = interrupted(what, push)
        slow = ["redirect"] * (what == "a webhook")
        assert app.types == ["answer", *slow, "disconnect"]
        assert entries(call, "spoken")[-1] == (10, "Next.")
        assert "Never." not in call.timeline.spoken

    def test_ending_the_call_interrupts(self, what: str) -> None:
        """The call ends immediately."""
        app, call = interrupted(what, complete)
        slow = ["redirect"] * (what == "a webhook")
        assert app.types == ["answer", *slow, "disconnect"]
        assert entries(call, "state")[-1] == (10, "disconnected")
        assert (call.disconnect_cause, app.sent("disconnect")["cause"]) == ("hangup", "hangup")
        assert "Never." not in call.timeline.spoken

    def test_hanging_up_interrupts(self, what: str) -> None:
        """The call ends with one disconnect event and no gather event."""
        app, call = interrupted(what, lambda _, call: call.hang_up())
        assert app.types[-1] == "disconnect"
        assert app.types.count("disconnect") == 1
        assert entries(call, "state")[-1] == (10, "disconnected")
        assert "gather" not in app.types


def test_a_response_after_an_interruption_is_ignored() -> None:
    """The timeline notes the ignored response at the time when the response comes."""
    _, call = interrupted("a webhook", push)
    assert entries(call, "ignored") == [(14, "the response to redirect came after the call was interrupted or ended")]


def test_an_interrupted_gather_stops_collecting() -> None:
    """After an interruption the Gather collects no more keys, so StartGather reports keys again."""
    app = App(answer=response(RUNNING["Gather"]), dtmf=204)
    voice = core(app)
    call = create(voice)
    voice.advance(1)
    assert call.gathers
    client(voice).update_call_bxml(call.call_id, response('<Pause duration="9"/>'))
    voice.advance(0)
    assert not call.gathers


def test_the_latest_interruption_wins() -> None:
    """Of several interruptions at the same time, only the last takes effect. The call keeps all documents and URLs."""
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


def test_a_failed_redirect_ends_the_call() -> None:
    """The API has already responded when the redirect fails, so only the state of the call has the cause."""
    app = App(answer=response('<Pause duration="60"/>'), broken=response("<Dance/>"))
    voice = core(app)
    for path, cause in [("missing", "callback-error"), ("broken", "invalid-bxml")]:
        call = create(voice)
        voice.advance(1)
        assert client(voice).update_call(call.call_id, redirect_url=f"https://app.example/{path}").status == 200
        voice.run()
        assert client(voice).get_call_state(call.call_id).disconnect_cause == cause


def test_a_redirect_has_its_own_fallback_and_credentials() -> None:
    """UpdateCall sets URL, fallback, methods and credentials."""
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
def test_interrupting_an_ended_call_returns_409_then_404(change: Callable[[Core, Call], None]) -> None:
    """After one minute of the emulator's time, 409 becomes 404."""
    voice = core(App(answer=response()))
    call = create(voice)
    call.expect_end()
    for seconds, status in [(60, 409), (0.1, 404)]:
        voice.advance(seconds)
        with pytest.raises(CallNotActive) as caught:
            change(voice, call)
        assert caught.value.status == status
    assert client(voice).get_call_state(call.call_id).disconnect_cause == "hangup"
