"""The verbs SpeakSentence, PlayAudio, Pause, Ring and SendDtmf.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence and the neighboring pages ``playAudio``,
``pause``, ``ring`` and ``sendDtmf``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import zip_longest
from typing import Final, cast

from bxml import Pause, PlayAudio, Ring, SendDtmf, SpeakSentence, ssml
from bxml.builder.element import Element
from bxml.messages.redaction import redact_urls
from callcontrol.emulator.attribute_values import number
from callcontrol.emulator.attribute_values import text as text_of
from callcontrol.emulator.audio_files import audio_file
from callcontrol.emulator.call_audio import Sound
from callcontrol.emulator.call_or_conference import Ended, Party
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.generator_tasks import Signal, Steps, Wait
from callcontrol.emulator.speech_synthesis import synthesized
from callcontrol.emulator.tones import RING_INTERVAL, RING_SECONDS, key_tones, ringing_tone
from callcontrol.emulator.webhook_requests import Target, joined

PAUSE_SECONDS: Final = {",": 0.5, "w": 0.5, "W": 1.0}
"""Seconds of silence for each pause character of SendDtmf."""


def plain_text(speech: object) -> str:
    """Return the spoken words without SSML markup; a ``sub`` element is spoken as its alias.

    Args:
        speech: A string, an SSML element, or an iterable of both.
    """
    if isinstance(speech, str):
        return speech
    if isinstance(speech, ssml.Sub):
        return speech.alias
    if isinstance(speech, ssml.Break | ssml.P | ssml.S):  # other elements do not separate words
        return f" {plain_text(getattr(speech, 'text', ''))} "
    if isinstance(speech, Element):
        return plain_text(getattr(speech, "text", ""))
    return "".join(map(plain_text, cast("Iterable[object]", speech)))


def break_seconds(speech: object) -> float:
    """Return the total duration of all ``break`` elements, in seconds.

    Args:
        speech: A string, an SSML element, or an iterable of both.
    """
    if isinstance(speech, ssml.Break):
        time = str(speech.time or "0s")
        return float(time[:-2]) / 1000 if time.endswith("ms") else float(time[:-1])
    if isinstance(speech, Element):
        return break_seconds(getattr(speech, "text", ""))
    return 0 if isinstance(speech, str) else sum(map(break_seconds, cast("Iterable[object]", speech)))


def play_prompt(
    listener: Party, prompt: SpeakSentence | PlayAudio, script: Script, *signals: type[Signal]
) -> Steps[Signal | None]:
    """Speak or play a prompt until it ends or one of the given signals arrives.

    Args:
        listener: The call or conference that hears the prompt.
        prompt: The verb to speak or play.
        script: The document of the verb; its URL is the base of a relative audio URL.
        signals: The kinds of signal that cut the prompt short.

    Returns:
        The signal that cut the prompt short, or ``None`` if the prompt was heard to its end.

    Raises:
        Ended: If the audio URL is invalid, or is relative and the document has no URL.
    """
    now = listener.simulation.scheduler.now
    if isinstance(prompt, SpeakSentence):
        text = " ".join(plain_text(prompt.text).split())
        listener.note("spoken", text, voice=prompt.voice, gender=prompt.gender, locale=prompt.locale)
        seconds = len(text) * listener.simulation.assumptions.seconds_per_character + break_seconds(prompt.text)
        sound = Sound(now, now + seconds, text, partial(synthesized, text, text_of(prompt, "locale")))
    else:
        url = joined(script.base_url, prompt.text)
        target = Target(url, "GET", prompt.username, prompt.password)
        fault = target.fault()
        if fault is not None:
            raise Ended("application-error", f"{prompt.text} cannot be played: {fault}")
        file = yield from audio_file(listener, target, script.base_url)
        now = listener.simulation.scheduler.now
        listener.note("played", redact_urls(url))
        seconds, sound = file.seconds, Sound(now, now + file.seconds, source=file.source)
    return (yield from _played(listener, [sound], Wait(seconds, signals, is_prompt=True)))


def _played(listener: Party, sounds: Sequence[Sound], wait: Wait) -> Steps[Signal | None]:
    """Play sounds during a wait, and return the signal that ends the wait early. An early end cuts the sounds."""
    for sound in sounds:
        listener.outbound.add(sound)
    try:
        signal: Signal | None = yield wait
    finally:
        for sound in sounds:
            sound.stop(listener.simulation.scheduler.now)
    return signal


def speak_sentence(listener: Party, verb: SpeakSentence | PlayAudio, script: Script) -> Steps[None]:
    """Speak the sentence to its end."""
    yield from play_prompt(listener, verb, script)


play_audio = speak_sentence
"""Play the audio file to its end."""


def pause(_: Call, verb: Pause, script: Script) -> Steps[None]:
    """Keep the call silent for the ``duration`` of the verb."""
    del script
    yield Wait(number(verb, "duration"))


def ring(call: Call, verb: Ring, script: Script) -> Steps[None]:
    """Play a ringing tone to the caller for the ``duration`` of the verb."""
    del script
    call.note("heard", "ringing")
    now, seconds = call.simulation.scheduler.now, number(verb, "duration")
    tones: list[Sound] = []
    while len(tones) * RING_INTERVAL < seconds:
        began = now + len(tones) * RING_INTERVAL
        tones.append(Sound(began, began + RING_SECONDS, source=ringing_tone))
    yield from _played(call, tones, Wait(seconds))


def send_dtmf(call: Call, verb: SendDtmf, script: Script) -> Steps[None]:
    """Play DTMF tones to the caller, each followed by an interval of silence."""
    del script
    call.note("heard", f"tones {verb.text}")
    tone, interval = number(verb, "toneDuration") / 1000, number(verb, "toneInterval") / 1000
    parts: list[tuple[str | None, float]] = []
    for character, following in zip_longest(verb.text, verb.text[1:]):
        if character in PAUSE_SECONDS:
            parts.append((None, PAUSE_SECONDS[character]))
        else:
            parts.append((character, tone))
            if following not in PAUSE_SECONDS:  # a pause character after a tone replaces the interval
                parts.append((None, interval))
    now, seconds = call.simulation.scheduler.now, round(sum(length for _, length in parts), 6)  # without rounding errors
    yield from _played(call, [Sound(now, now + seconds, source=partial(key_tones, parts))], Wait(seconds))
