"""The verb Gather.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather
"""

from __future__ import annotations

from typing import Any, Final

from bxml import Gather, schema
from callcontrol.emulator.attribute_values import number, text
from callcontrol.emulator.call_signals import Key, Speech
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script, count
from callcontrol.emulator.generator_tasks import Signal, Steps, Wait
from callcontrol.emulator.scheduler import LONGEST
from callcontrol.emulator.verbs.prompts_and_tones import play_prompt
from callcontrol.emulator.verbs.tag_and_next_document import request_script
from callcontrol.emulator.webhook_requests import webhook_of
from callcontrol.events import GatherEvent, PartialGatherEvent

SIGNALS: Final[dict[str, tuple[type[Signal], ...]]] = {"dtmf": (Key,), "speech": (Speech,), "dtmf_speech": (Key, Speech)}
"""For each value of the attribute ``input``: the signals that a Gather waits for."""

FIRST_INPUT_TIMEOUTS: Final[dict[type[Signal], str]] = {Key: "firstDigitTimeout", Speech: "speechTimeout"}
"""For each signal: the attribute with the timeout for the first input. For two signals, the longer timeout applies."""

NOTHING_SAID: Final = "Speech timeout elapsed before anything was said"
"""Text of the event if the caller said nothing; only its first three words are the vendor's."""


def listens_to(verb: Gather) -> tuple[bool, bool]:
    """Return whether a Gather listens to keys, and whether it listens to speech."""
    signals = SIGNALS[text(verb, "input")]
    return Key in signals, Speech in signals


def first_input_timeout(verb: Gather) -> float:
    """Return the number of seconds after the prompts in which a Gather waits for the first input."""
    # The schema sets no upper limit for speechTimeout, but times far in the future cannot be represented.
    return min(max(number(verb, FIRST_INPUT_TIMEOUTS[kind]) for kind in SIGNALS[text(verb, "input")]), LONGEST)


def gather(call: Call, verb: Gather, script: Script) -> Steps[Script | None]:
    """Collect keys or speech from the caller, then continue with ``gatherUrl`` or the next verb."""
    first, digits, terminating = yield from _collect(call, verb, script)
    values: dict[str, Any] = {"digits": digits, "terminatingDigit": terminating}
    if isinstance(first, Speech):
        values["text"] = first.text
        partial = webhook_of(verb, "partialResultCallback", script.base_url)
        call.send_event(partial, PartialGatherEvent, {"text": first.text})
        yield Wait(0)  # so that the partial result is sent before the gather event
    elif first is None and Speech in SIGNALS[text(verb, "input")]:
        values["text"] = NOTHING_SAID
    call.note("gathered", values.get("text", digits), terminatingDigit=terminating or None)
    return (yield from request_script(call, verb, script, GatherEvent, values))


def _collect(call: Call, verb: Gather, script: Script) -> Steps[tuple[Signal | None, str, str]]:
    """Return the first input, all digits, and the terminating digit.

    If the Gather is interrupted, send its event, provided that the assumption ``send_interrupted_gather_event`` is true.
    """
    call.gathers = True
    is_complete = False
    try:
        first = yield from _first_input(call, verb, script)
        digits, terminating = "", ""
        if isinstance(first, Key):
            digits, terminating = yield from _digits(verb, first.digit)
        elif isinstance(first, Speech):
            yield Wait(first.seconds)
        is_complete = True
    finally:
        call.gathers = False
        if not is_complete and call.simulation.assumptions.send_interrupted_gather_event:
            no_input = {"digits": "", "terminatingDigit": ""}
            call.send_event(webhook_of(verb, "gatherUrl", script.base_url), GatherEvent, no_input)
    return first, digits, terminating


def _first_input(call: Call, verb: Gather, script: Script) -> Steps[Signal | None]:
    """Play the prompts until the first key or speech; return ``None`` if there is no input in ``repeatCount`` rounds."""
    signals = SIGNALS[text(verb, "input")]
    timeout = first_input_timeout(verb)
    first: Signal | None = None
    for round_number in range(_rounds(call, verb)):
        if round_number:
            yield from count(call)  # a repetition counts as a verb, because it may take no time
        for prompt in verb.children:
            first = yield from play_prompt(call, prompt, script, *signals)
            if first is not None:
                return first
        first = yield Wait(timeout, signals)
        if first is not None:
            break
    return first


def _rounds(call: Call, verb: Gather) -> int:
    """Return how often the prompts are played: ``repeatCount``, unless the number of prompts would exceed the limit."""
    if not verb.children:
        return 1  # without prompts there is nothing to repeat
    most = int(schema.vocabulary().elements["Gather"].occurrence.most)
    wanted, allowed = int(number(verb, "repeatCount")), max(1, most // len(verb.children))
    if wanted <= allowed:
        return wanted
    prompts = f"{len(verb.children)} prompt{'s' if len(verb.children) > 1 else ''}"
    call.note("ignored", f"repeatCount {wanted} with {prompts} exceeds the limit of {most} prompts; it counts as {allowed}")
    return allowed


def _digits(verb: Gather, digit: str) -> Steps[tuple[str, str]]:
    """Collect further keys; return all digits, and the terminating digit or an empty string.

    Args:
        verb: The Gather.
        digit: The first key, which has already been pressed.
    """
    terminating_digits, max_digits = text(verb, "terminatingDigits"), int(number(verb, "maxDigits"))
    digits = ""
    while True:
        if digit in terminating_digits:
            return digits, digit
        digits += digit
        if len(digits) >= max_digits:
            return digits, ""
        key = yield Wait(number(verb, "interDigitTimeout"), (Key,))
        if key is None:
            return digits, ""
        digit = key.digit
