"""Texts about the verb that a call runs."""

from __future__ import annotations

import pytest

from bxml import Gather, Hangup, Pause, PhoneNumber, Record, Ring, SipUri, Transfer, Verb
from callcontrol.command.verb_wording import status_text, verb_text
from callcontrol.emulator import Core
from tests.callcontrol.emulator.scripted_application import App, core, response, say


@pytest.mark.parametrize(
    ("verb", "text"),
    [
        (Hangup(), "Hangup"),
        (Pause(duration=3), "Pause · 3 s"),
        (Ring(), "Ring · 5 s"),
        (Gather(), "Gather · keys 0-9 * # (up to 50) · 5 s"),
        (Gather(max_digits=4, terminating_digits="#*"), "Gather · keys 0-9 * # (up to 4, # * ends) · 5 s"),
        (Gather(input="speech", speech_timeout=7), "Gather · speech · 7 s"),
        (Gather(input="dtmf_speech", max_digits=1), "Gather · keys 0-9 * # (up to 1) or speech · 5 s"),
        (Record(max_duration=10), "Record · speech (# ends the recording) · up to 10 s"),
        (Record(terminating_digits=""), "Record · speech · up to 60 s"),
        (
            Transfer([PhoneNumber("+13365550142"), SipUri("sip:desk@pbx.example")]),
            "Transfer · +13365550142, sip:desk@pbx.example",
        ),
    ],
)
def test_verb_is_shown_with_its_input(verb: Verb, text: str) -> None:
    """A verb that accepts input is shown with this input and its time."""
    assert verb_text(verb) == text


def test_status_changes_with_the_call() -> None:
    """The status says what the call waits for, which keys have an effect now, and for how long."""
    seen: list[str] = []

    def respond(_: object) -> str:
        seen.append(status_text(call))
        return response('<Record maxDuration="10" terminatingDigits="1"/>', "<StartGather dtmfUrl='/keys'/>", "<Pause/>")

    gather = f'<Gather gatherUrl="/menu" maxDigits="3" terminatingDigits="#">{say("Ten chars.")}</Gather>'
    voice = core(App(answer=response(say("Hi."), gather), menu=respond, keys=204))
    call = voice.dial("/answer")
    seen.append(status_text(call))
    for seconds in (0, 0.18, 1, 2.5):
        voice.advance(seconds)
        seen.append(status_text(call))
    for keys in ("1", "#", "1"):
        call.press(keys)
        seen.append(status_text(call))
    voice.run()
    seen.append(status_text(call))
    assert seen == [
        "waiting for the application",
        "SpeakSentence · 1 s",
        "Gather · keys 0-9 * # (more keys: 3, # ends) · interrupts the prompt · 1 s",
        "Gather · keys 0-9 * # (more keys: 3, # ends) · 5 s",
        "Gather · keys 0-9 * # (more keys: 3, # ends) · 3 s",
        "Gather · keys 0-9 * # (more keys: 2, # ends) · 5 s",
        "waiting for the application",
        "Record · speech (1 ends the recording) · 10 s",
        "StartGather · keys 0-9 * #",
        "ended",
    ]


def test_leg_rings() -> None:
    """If a call has not run a verb yet, such as the leg of a Transfer, it is shown as ringing."""
    transfer = "<Transfer><PhoneNumber>+13365550142</PhoneNumber></Transfer>"
    voice: Core = core(App(answer=response(transfer)))
    voice.phone("+13365550142").answers(after=4)
    call = voice.dial("/answer")
    voice.advance(1)
    (leg,) = call.legs
    assert (status_text(call), status_text(leg)) == ("Transfer", "ringing · 3 s")


def test_recording_with_start_gather_accepts_every_key() -> None:
    """While StartGather is active, each key is reported, also during a recording."""
    voice = core(App(answer=response("<StartGather dtmfUrl='/keys'/>", "<Record maxDuration='10'/>"), keys=204))
    call = voice.dial("/answer")
    voice.advance(0)
    assert status_text(call) == "Record · keys 0-9 * # (# ends) or speech · 10 s"
