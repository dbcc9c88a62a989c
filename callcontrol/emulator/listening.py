"""The input that a call listens to now: the keys and speech that have an effect, and the time that is left."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from bxml import Gather, PlayAudio, Record, Ring, SpeakSentence
from callcontrol import call_states
from callcontrol.emulator.attribute_values import number, text
from callcontrol.emulator.call_signals import Key, Speech
from callcontrol.emulator.calls import KEYS, Call
from callcontrol.emulator.media_streams import MediaStream
from callcontrol.redacted_url_repr import redacted


@redacted
@dataclass(frozen=True)
class Listening:
    """The input that a call listens to.

    Attributes:
        verb: Name of the verb that listens: ``Gather``, ``Record`` or ``StartGather``.
        keys: The keys that have an effect; empty if the verb listens only to speech.
        terminating: The subset of ``keys`` that ends the verb.
        remaining: Number of further keys that the verb accepts; ``None`` without a limit.
        hears_speech: Whether speech has an effect.
        is_prompt: Whether a prompt is being played, which any input interrupts.
        until: The time at which the verb stops waiting, or at which the prompt ends, in seconds of the emulator's time;
            ``None`` without a limit.
    """

    verb: str
    keys: str = KEYS
    terminating: str = ""
    remaining: int | None = None
    hears_speech: bool = False
    is_prompt: bool = False
    until: float | None = None

    def as_json(self, now: float) -> dict[str, Any]:
        """Return the attributes as a JSON object, with the seconds that are left.

        Args:
            now: The emulator's time.
        """
        return {
            "verb": self.verb,
            "keys": self.keys,
            "terminatingDigits": self.terminating,
            "remainingDigits": self.remaining,
            "speech": self.hears_speech,
            "isPrompt": self.is_prompt,
            "secondsLeft": None if self.until is None else max(0.0, round(self.until - now, 3)),
        }


def listening(call: Call) -> Listening | None:
    """Return the input that a call listens to, or ``None`` if no input has an effect."""
    with call.simulation.lock:
        hears_keys, hears_speech = call.waits_for(Key), call.waits_for(Speech)
        if not (hears_keys or hears_speech):
            is_reported = call.state != call_states.DISCONNECTED and call.dtmf is not None and not call.gathers
            return Listening("StartGather") if is_reported else None
        verb, wait, until = call.verb, call.wait, call.wait_ends_at
        is_prompt = wait is not None and wait.is_prompt
        if isinstance(verb, Record):
            terminating = text(verb, "terminatingDigits")
            # StartGather reports every key, also those that do not end the recording.
            keys = terminating if call.dtmf is None else KEYS
            return Listening("Record", keys, terminating, hears_speech=True, until=until)
        assert isinstance(verb, Gather)  # only these two verbs wait for keys or speech
        if not hears_keys:
            return Listening("Gather", "", hears_speech=True, is_prompt=is_prompt, until=until)
        remaining = int(number(verb, "maxDigits")) - _pressed(call)
        terminating = text(verb, "terminatingDigits")
        return Listening("Gather", KEYS, terminating, remaining, hears_speech, is_prompt, until)


def is_streamed(call: Call) -> bool:
    """Return whether a media stream carries what the caller says, and the call plays no prompt of its own."""
    with call.simulation.lock:
        is_carried = any(stream.has_started and "inbound" in stream.tracks for stream in call.streams.values())
        return is_carried and not isinstance(call.verb, SpeakSentence | PlayAudio)


def hears_stream(call: Call) -> bool:
    """Return whether the application of a media stream plays audio."""
    with call.simulation.lock:
        return any(isinstance(stream, MediaStream) and stream.is_playing for stream in call.streams.values())


def is_recorded(call: Call) -> bool:
    """Return whether a recording of the call is active."""
    with call.simulation.lock:
        return any(recording.end_time is None for recording in call.recordings)


def rings(call: Call) -> bool:
    """Return whether the call runs a Ring."""
    return isinstance(call.verb, Ring) and call.wait is not None


def _pressed(call: Call) -> int:
    """Return the number of keys that were pressed since the current verb began."""
    since = takewhile(lambda entry: entry.kind != "verb", reversed(call.timeline))
    return sum(entry.kind == "pressed" for entry in since)
