"""Each assumption changes the emulator's behavior."""

from __future__ import annotations

import pytest

from bxml import Response
from callcontrol import BasicAuth, Client, NotFound
from callcontrol.emulator import Assumptions, Core
from tests.callcontrol.emulator.table_application import Answers
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL


def client(voice: Core) -> Client:
    """Return a client of the emulator."""
    return Client(ACCOUNT, BasicAuth("user", "pass"), send=voice.handle)


def test_durations_can_be_set() -> None:
    """Assumptions set the duration of a sentence, an audio file and a webhook."""
    assumptions = Assumptions(seconds_per_character=1, audio_seconds=20, webhook_seconds=3)
    document = Response().speak_sentence("Five.").play_audio("/a.wav").play_audio("/b.wav")
    voice = Core(Answers(answer=document), assumptions=assumptions)
    voice.audio_lasts("https://app.example/b.wav", 100)
    call = voice.dial("/answer")
    voice.run()
    assert [entry.at for entry in call.timeline if entry.kind in {"spoken", "played"}] == [3, 8, 28]
    assert call.timeline[-1].at == 128


def test_a_new_call_can_be_invisible_for_a_time() -> None:
    """GetCallState and ListCalls do not show a new call for the assumed time."""
    voice = Core(Answers(), assumptions=Assumptions(seconds_until_visible=40))
    made = client(voice).create_call(**NEW_CALL)
    with pytest.raises(NotFound):
        client(voice).get_call_state(made.call_id)
    assert list(client(voice).list_calls()) == []
    voice.advance(40)
    assert client(voice).get_call_state(made.call_id).call_id == made.call_id
    assert len(list(client(voice).list_calls())) == 1


@pytest.mark.parametrize(("rejects", "cause", "states"), [(True, "rejected", 2), (False, "hangup", 3)])
def test_an_unanswered_call_is_rejected_or_hung_up(rejects: bool, cause: str, states: int) -> None:  # noqa: FBT001
    """If no verb answers a call, the call is either rejected, or answered and then hung up."""
    call = Core(Answers(answer=Response([])), assumptions=Assumptions(reject_unanswered=rejects)).dial("/answer")
    assert call.expect_end() == cause
    assert len(call.timeline.texts("state")) == states


@pytest.mark.parametrize("sends", [True, False])
def test_an_interrupted_gather_may_send_its_event(sends: bool) -> None:  # noqa: FBT001
    """The event of an interrupted Gather has no digits, and the response to this event is ignored."""
    app = Answers(answer=Response().gather(gather_url="/gathered"), gathered=Response().speak_sentence("Never."))
    voice = Core(app, assumptions=Assumptions(send_interrupted_gather_event=sends))
    call = voice.dial("/answer")
    call.press("12")
    client(voice).update_call_bxml(call.call_id, Response().speak_sentence("Interrupted."))
    voice.run()
    assert call.timeline.spoken == ["Interrupted."]
    assert [path for path, _ in app.received] == ["/answer", "/gathered"][: 1 + sends]
    if sends:
        assert app.fields("/gathered")["digits"] == ""


def test_a_loop_ends_the_call() -> None:
    """A call ends with the cause error if it runs more than ``max_verbs`` verbs in no time."""
    app = Answers(answer=Response().redirect(redirect_url="/answer"))
    call = Core(app, assumptions=Assumptions(max_verbs=50)).dial("/answer")
    assert call.expect_end() == "error"
    assert call.error_message == "the call ran more than 50 verbs that took almost no time, probably in a loop"
    assert len(app.received) == 51


def test_by_default_ten_thousand_verbs_are_allowed() -> None:
    """One document cannot hold ten thousand verbs, but a call that is redirected can exceed the limit."""
    call = Core(Answers(answer=b"<Response>" + b"<Tag>a</Tag>" * 10_000 + b"</Response>")).dial("/answer")
    assert call.expect_end() == "invalid-bxml"
    assert "at most 65536 are allowed" in str(call.error_message)
    tags = b"<Response>" + b"<Tag>a</Tag>" * 5_000 + b'<Redirect redirectUrl="/answer"/></Response>'
    call = Core(Answers(answer=tags)).dial("/answer")
    assert call.expect_end() == "error"
    assert call.error_message == "the call ran more than 10000 verbs that took almost no time, probably in a loop"
