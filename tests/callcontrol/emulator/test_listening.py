"""The input that a call listens to: the keys and speech that have an effect, and the time that is left."""

from __future__ import annotations

import pytest

from callcontrol.emulator import Call, Core
from callcontrol.emulator.calls import KEYS
from callcontrol.emulator.listening import Listening, listening
from tests.callcontrol.emulator.scripted_application import App, core, response, say


def call_in(*verbs: str) -> tuple[Core, Call]:
    """Return an emulator, and a call that has run the given verbs up to the first verb that waits."""
    voice = core(App(answer=response(*verbs), next=response(), keys=204))
    call = voice.dial("/answer")
    voice.advance(0)
    return voice, call


def test_gather_counts_keys() -> None:
    """A Gather accepts keys from its prompt to its timeout. Each key reduces the remaining keys and starts a new timeout."""
    gather = f'<Gather gatherUrl="/next" maxDigits="3" terminatingDigits="#">{say("Ten chars.")}</Gather>'
    voice, call = call_in(say("Hi."), gather)
    assert listening(call) is None
    voice.advance(0.18)
    assert listening(call) == Listening("Gather", KEYS, "#", 3, is_prompt=True, until=0.78)
    voice.advance(1)
    assert listening(call) == Listening("Gather", KEYS, "#", 3, until=5.78)
    call.press("1")
    assert listening(call) == Listening("Gather", KEYS, "#", 2, until=6.18)
    call.press("2")
    assert listening(call) == Listening("Gather", KEYS, "#", 1, until=6.18)
    call.press("3")
    assert listening(call) is None


def test_gather_hears_speech() -> None:
    """A Gather for speech accepts no keys. A Gather for keys and speech accepts both kinds of input."""
    _, call = call_in('<Gather input="speech" speechTimeout="7"/>')
    assert listening(call) == Listening("Gather", "", hears_speech=True, until=7)
    _, call = call_in('<Gather input="dtmf_speech" firstDigitTimeout="9"/>')
    assert listening(call) == Listening("Gather", KEYS, "", 50, hears_speech=True, until=9)


@pytest.mark.parametrize(("before", "keys"), [("", "*"), ("<StartGather dtmfUrl='/keys'/>", KEYS)])
def test_record_ends_with_a_key(before: str, keys: str) -> None:
    """Only terminating digits have an effect on a recording. If StartGather is active, StartGather reports the other keys."""
    _, call = call_in(before, '<Record terminatingDigits="*" maxDuration="20"/>')
    assert listening(call) == Listening("Record", keys, "*", hears_speech=True, until=20)


def test_start_gather_reports_every_key() -> None:
    """StartGather accepts any number of keys without a timeout, until it is stopped."""
    voice, call = call_in("<StartGather dtmfUrl='/keys'/>", "<Pause duration='3'/>", "<StopGather/>", "<Pause/>")
    assert listening(call) == Listening("StartGather", KEYS)
    assert listening(call).as_json(0)["secondsLeft"] is None  # type: ignore[union-attr]
    voice.advance(3)
    assert listening(call) is None


def test_ended_call_does_not_listen() -> None:
    """After the end of a call, input has no effect, even if StartGather was active."""
    _, call = call_in("<StartGather dtmfUrl='/keys'/>", "<Pause/>")
    call.hang_up()
    assert listening(call) is None
    assert (call.wait, call.wait_ends_at) == (None, None)


def test_keys_are_not_counted_while_the_application_responds() -> None:
    """After a Gather, the call waits for the application and accepts no input, even if StartGather is active."""
    seen: list[Listening | None] = []

    def respond(_: object) -> str:
        seen.append(listening(call))
        return response()

    voice = core(App(answer=response('<Gather gatherUrl="/menu" maxDigits="1"/>'), menu=respond))
    call = voice.dial("/answer")
    call.press("1")
    assert seen == [None]


def test_long_speech_does_not_time_out() -> None:
    """Speech that lasts longer than the timeout is heard to its end. Keys have no effect until then."""
    voice, call = call_in('<Gather input="speech" speechTimeout="2" gatherUrl="/next"/>')
    call.say("A long sentence.", seconds=5)
    call.press("1")
    assert listening(call) is None
    voice.run()
    assert [(entry.at, entry.text) for entry in call.timeline if entry.kind == "gathered"] == [(5, "A long sentence.")]


def test_recording_waits_for_silence_after_speech() -> None:
    """The silence that ends a recording begins at the end of the speech."""
    voice, call = call_in('<Record silenceTimeout="2" recordCompleteUrl="/next"/>')
    call.say("A long sentence.", seconds=5)
    voice.run()
    (done,) = [entry for entry in call.timeline if entry.text == "recordComplete"]
    assert (done.at, done.details["duration"]) == (7, "PT7S")
