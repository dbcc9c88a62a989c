"""Texts about the verb that a call runs: the keys and the speech that have an effect, and the time that is left."""

from __future__ import annotations

from math import ceil
from typing import Final

from bxml import Gather, Pause, Record, Ring, Transfer
from bxml.builder.verbs import Verb
from callcontrol import call_states
from callcontrol.command.keyboard import PHONE_KEYS
from callcontrol.emulator.attribute_values import number, text
from callcontrol.emulator.calls import KEYS, Call
from callcontrol.emulator.listening import Listening, listening
from callcontrol.emulator.verbs.gather import first_input_timeout, listens_to

ALL_KEYS: Final = "0-9 * #"
"""The keys of a phone, in short."""


def verb_text(verb: Verb) -> str:
    """Return the name of a verb, and the input and the time that its attributes allow."""
    parts = [type(verb).__name__]
    if isinstance(verb, Gather):
        hears_keys, hears_speech = listens_to(verb)
        keys, terminating = KEYS if hears_keys else "", text(verb, "terminatingDigits")
        accepted = Listening("Gather", keys, terminating, int(number(verb, "maxDigits")), hears_speech)
        parts += [_input_text(accepted, "up to"), f"{first_input_timeout(verb):g} s"]
    elif isinstance(verb, Record):
        terminating = text(verb, "terminatingDigits")
        parts += [_input_text(Listening("Record", terminating, terminating, hears_speech=True), "")]
        parts += [f"up to {number(verb, 'maxDuration'):g} s"]
    elif isinstance(verb, Pause | Ring):
        parts += [f"{number(verb, 'duration'):g} s"]
    elif isinstance(verb, Transfer):
        parts += [", ".join(child.text.strip() for child in verb.children)]
    return " · ".join(parts)


def _input_text(heard: Listening, limit: str) -> str:
    """Return the keys and the speech that a verb accepts.

    Args:
        heard: The input that the verb accepts.
        limit: The words before the number of keys.
    """
    keys = set(heard.keys)
    if keys == set(heard.terminating):  # a recording, which no other key affects
        return f"speech ({' '.join(heard.terminating)} ends the recording)" if keys else "speech"
    shown = ALL_KEYS if keys >= PHONE_KEYS else " ".join(key for key in KEYS if key in keys)
    notes = [f"{limit} {heard.remaining}".strip()] if keys and heard.remaining is not None else []
    notes += [f"{' '.join(heard.terminating)} ends"] if keys and heard.terminating else []
    inputs = [f"keys {shown}{' (' + ', '.join(notes) + ')' if notes else ''}"] if keys else []
    return " or ".join([*inputs, *(["speech"] if heard.hears_speech else [])])


def status_text(call: Call) -> str:
    """Return the verb that a call runs, the input that has an effect now, and the seconds that are left."""
    with call.simulation.lock:
        heard, now = listening(call), call.simulation.scheduler.now
        until = call.wait_ends_at if heard is None else heard.until
        left = [] if until is None else [f"{max(0, ceil(until - now))} s"]
        if call.state == call_states.DISCONNECTED:
            return "ended"
        if heard is not None:
            prompt = ["interrupts the prompt"] if heard.is_prompt else []
            return " · ".join([heard.verb, _input_text(heard, "more keys:"), *prompt, *left])
        if call.wait is None:
            return "waiting for the application"
        return " · ".join([type(call.verb).__name__ if call.verb else "ringing", *left])
