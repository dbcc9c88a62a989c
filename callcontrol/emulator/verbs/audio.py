"""Verbs that are heard: SpeakSentence, PlayAudio, Pause, Ring, SendDtmf."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast

from bxml import Pause, PlayAudio, Ring, SendDtmf, SpeakSentence, ssml
from bxml.builder.element import Element
from bxml.messages.redaction import without_user
from callcontrol.emulator.attribute_values import number
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.party import Ended, Party
from callcontrol.emulator.tasks import Signal, Steps, Wait
from callcontrol.emulator.webhook_targets import Target, joined

SECONDS_OF_PAUSE: Final = {",": 0.5, "w": 0.5, "W": 1.0}
"""Seconds of silence in place of a tone, by the letter for it."""


def words(speech: object) -> str:
    """What is spoken, without its markup; what stands for a text by its alias is spoken as that."""
    if isinstance(speech, str):
        return speech
    if isinstance(speech, ssml.Sub):
        return speech.alias
    if isinstance(speech, ssml.Break | ssml.P | ssml.S):  # which part words, as nothing else does
        return f" {words(getattr(speech, 'text', ''))} "
    if isinstance(speech, Element):
        return words(getattr(speech, "text", ""))
    return "".join(map(words, cast("Iterable[object]", speech)))


def breaks(speech: object) -> float:
    """Seconds of silence in what is spoken."""
    if isinstance(speech, ssml.Break):
        time = str(speech.time or "0s")
        return float(time[:-2]) / 1000 if time.endswith("ms") else float(time[:-1])
    if isinstance(speech, Element):
        return breaks(getattr(speech, "text", ""))
    return 0 if isinstance(speech, str) else sum(map(breaks, cast("Iterable[object]", speech)))


def heard(listener: Party, prompt: SpeakSentence | PlayAudio, script: Script, *signals: type[Signal]) -> Steps[Signal | None]:
    """Speak or play something, until it is over or a signal of these kinds comes.

    Raises:
        Ended: if the URL of what is to be played is relative to nothing.
    """
    if isinstance(prompt, SpeakSentence):
        text = " ".join(words(prompt.text).split())
        listener.note("spoken", text, voice=prompt.voice, gender=prompt.gender, locale=prompt.locale)
        seconds = len(text) * listener.simulation.assumptions.seconds_per_character + breaks(prompt.text)
    else:
        url = joined(script.base_url, prompt.text)
        fault = Target(url).fault()
        if fault is not None:
            raise Ended("application-error", f"{prompt.text} cannot be played: {fault}")
        listener.note("played", without_user(url))
        seconds = listener.simulation.lengths.get(url, listener.simulation.assumptions.audio_seconds)
    came: Signal | None = yield Wait(seconds, signals)
    return came


def speak_sentence(listener: Party, verb: SpeakSentence | PlayAudio, script: Script) -> Steps[None]:
    """Speak to the end."""
    yield from heard(listener, verb, script)


play_audio = speak_sentence
"""Play to the end."""


def pause(_: Call, verb: Pause, script: Script) -> Steps[None]:
    """Wait silently."""
    del script
    yield Wait(number(verb, "duration"))


def ring(call: Call, verb: Ring, script: Script) -> Steps[None]:
    """Let the caller hear ringing."""
    del script
    call.note("heard", "ringing")
    yield Wait(number(verb, "duration"))


def send_dtmf(call: Call, verb: SendDtmf, script: Script) -> Steps[None]:
    """Send tones, each with the silence after it, and let the caller hear them."""
    del script
    call.note("heard", f"tones {verb.text}")
    tone, interval = number(verb, "toneDuration") / 1000, number(verb, "toneInterval") / 1000
    silences = [SECONDS_OF_PAUSE.get(letter) for letter in verb.text]
    seconds = 0.0
    for silence, following in zip(silences, [*silences[1:], None], strict=True):
        if silence is not None:
            seconds += silence
        else:  # a pause stands in place of the interval
            seconds += tone if following is not None else tone + interval
    yield Wait(round(seconds, 6))
