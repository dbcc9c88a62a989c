"""Gather: keys and speech, with prompts that either cuts short.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather
"""

from __future__ import annotations

from typing import Any, Final

from bxml import Gather
from callcontrol.emulator.attribute_values import number, text
from callcontrol.emulator.call_signals import Key, Speech
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.tasks import Signal, Steps, Wait
from callcontrol.emulator.verbs.audio import heard
from callcontrol.emulator.verbs.callbacks import asked
from callcontrol.emulator.webhook_targets import webhook_of
from callcontrol.events import GatherEvent, PartialGatherEvent

LISTENS_TO: Final[dict[str, tuple[type[Signal], ...]]] = {"dtmf": (Key,), "speech": (Speech,), "dtmf_speech": (Key, Speech)}
"""What each ``input`` takes."""

SILENCE: Final[dict[type[Signal], str]] = {Key: "firstDigitTimeout", Speech: "speechTimeout"}
"""How long each is waited for; for both, as long as the one of them that is waited for longer."""

NOTHING_SAID: Final = "Speech timeout elapsed before anything was said"
"""What stands for speech that did not come; the vendor's sentence begins with the same three words."""


def gather(call: Call, verb: Gather, script: Script) -> Steps[Script | None]:
    """Collect, and go on with the answer of ``gatherUrl`` if there is one."""
    call.gathers = True
    is_over = False
    try:
        first = yield from _first(call, verb, script)
        digits, terminating = "", ""
        if isinstance(first, Key):
            digits, terminating = yield from _digits(verb, first.digit)
        is_over = True
    finally:
        call.gathers = False
        if not is_over and call.simulation.assumptions.send_interrupted_gather_event:
            nothing = {"digits": "", "terminatingDigit": ""}
            call.tell(webhook_of(verb, "gatherUrl", script.base_url), GatherEvent, nothing)
    values: dict[str, Any] = {"digits": digits, "terminatingDigit": terminating}
    if isinstance(first, Speech):
        values["text"] = first.text
        partial = webhook_of(verb, "partialResultCallback", script.base_url)
        call.tell(partial, PartialGatherEvent, {"text": first.text})
        yield Wait(0)  # so that it is sent before the event of the whole
    elif first is None and Speech in LISTENS_TO[text(verb, "input")]:
        values["text"] = NOTHING_SAID
    call.note("gathered", values.get("text", digits), terminatingDigit=terminating or None)
    return (yield from asked(call, verb, script, GatherEvent, values))


def _first(call: Call, verb: Gather, script: Script) -> Steps[Signal | None]:
    """The first key or the speech, which cuts prompts short; nothing if none comes after as many rounds as are asked for."""
    listens_to = LISTENS_TO[text(verb, "input")]
    silence = max(number(verb, SILENCE[kind]) for kind in listens_to)
    first: Signal | None = None
    for _ in range(int(number(verb, "repeatCount")) if verb.children else 1):
        for prompt in verb.children:
            first = yield from heard(call, prompt, script, *listens_to)
            if first is not None:
                return first
        first = yield Wait(silence, listens_to)
        if first is not None:
            break
    return first


def _digits(verb: Gather, digit: str) -> Steps[tuple[str, str]]:
    """All keys, the first of which is there, and the one that ended them."""
    ends, most = text(verb, "terminatingDigits"), int(number(verb, "maxDigits"))
    digits = ""
    while True:
        if digit in ends:
            return digits, digit
        digits += digit
        if len(digits) >= most:
            return digits, ""
        key = yield Wait(number(verb, "interDigitTimeout"), (Key,))
        if key is None:
            return digits, ""
        digit = key.digit
