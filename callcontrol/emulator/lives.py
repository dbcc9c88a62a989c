"""The lives of calls: outbound ones ring, inbound ones ask the application first, and any may be redirected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from callcontrol import states
from callcontrol.emulator.calls import Call
from callcontrol.emulator.correspondence import Ended
from callcontrol.emulator.phones import DETECTED_AFTER, Reaction
from callcontrol.emulator.processes import Steps, Wait
from callcontrol.emulator.ringing import hangs_up_later, rung
from callcontrol.emulator.scripts import Script, answered, run
from callcontrol.emulator.webhooks import Webhook, webhook
from callcontrol.events import AnswerEvent, InitiateEvent, MachineDetectionCompleteEvent, RedirectEvent

DETECTION: tuple[str, str, str, str] = ("callbackUrl", "callbackMethod", "fallbackUrl", "fallbackMethod")


def dialled(call: Call, reaction: Reaction) -> Steps[None]:
    """An outbound call rings until its phone reacts, or for as long as it may, and goes on once it is answered.

    Raises:
        Ended: if it is not answered.
    """
    call.enter(states.INITIATED)
    yield from rung(reaction, call.request.get("callTimeout", 30.0))
    call.enter(states.ANSWERED)
    yield from picked_up(call, reaction)


def picked_up(call: Call, reaction: Reaction) -> Steps[None]:
    """An outbound call that is answered asks the application what to do, and does it."""
    hangs_up_later(call, reaction)
    values = yield from _detected(call, reaction)
    to = webhook(call.request.get, "answer", "")
    assert to is not None  # CreateCall requires its URL
    script = answered(call, (yield from call.ask(to, AnswerEvent, values)))
    yield from run(call, script)


def _detected(call: Call, reaction: Reaction) -> Steps[dict[str, Any]]:
    """What the answer event has of machine detection, which is waited for, or told later, or not asked for."""
    asked_for = call.request.get("machineDetection")
    if asked_for is None:
        return {}
    limit = asked_for.get("detectionTimeout", 15)
    seconds = min(DETECTED_AFTER[reaction.by], limit)
    value = reaction.by if DETECTED_AFTER[reaction.by] <= limit else "timeout"
    result = {"machineDetectionResult": {"value": value, "duration": timedelta(seconds=seconds)}}
    if asked_for.get("mode") == "sync":
        yield Wait(seconds)
        return result
    to = webhook(asked_for.get, "", "", DETECTION)
    call.tell(to, MachineDetectionCompleteEvent, result, seconds)
    return {}


def arrived(call: Call, to: Webhook, values: dict[str, Any]) -> Steps[None]:
    """An inbound call asks the application what to do, unanswered, and does it."""
    script = answered(call, (yield from call.ask(to, InitiateEvent, values)))
    yield from run(call, script)
    if call.state == states.INITIATED:
        if call.world.decisions.rejects_unanswered:
            raise Ended("rejected")
        call.enter(states.ANSWERED)


def redirected(call: Call, to: Webhook) -> Steps[None]:
    """A call asks the application what to do instead, and does it."""
    script = answered(call, (yield from call.ask(to, RedirectEvent)))
    yield from run(call, script)


def pushed(call: Call, script: Script) -> Steps[None]:
    """A call does what the API was given."""
    yield from run(call, script)
