"""The lives of calls: outbound ones ring, inbound ones ask the application first, and any may be redirected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from callcontrol import call_states
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script, answered, count, run
from callcontrol.emulator.party import Ended
from callcontrol.emulator.phones import DETECTED_AFTER, Reaction
from callcontrol.emulator.ringing import hangs_up_later, rung
from callcontrol.emulator.tasks import Steps, Wait
from callcontrol.emulator.webhook_targets import Webhook, webhook
from callcontrol.events import AnswerEvent, InitiateEvent, MachineDetectionCompleteEvent, RedirectEvent

DETECTION: Final = ("callbackUrl", "callbackMethod", "fallbackUrl", "fallbackMethod")


def dialled(call: Call, reaction: Reaction) -> Steps[None]:
    """An outbound call rings until its phone reacts, or for as long as it may, and goes on once it is answered.

    Raises:
        Ended: if it is not answered.
    """
    if call.state == call_states.QUEUED:  # a test may have let it ring already
        call.enter(call_states.INITIATED)
    yield from rung(reaction, call.request.get("callTimeout", 30.0))
    call.enter(call_states.ANSWERED)
    yield from picked_up(call, reaction)


def pick_up_at_once(call: Call, reaction: Reaction) -> None:
    """Answer an outbound call that rings, and let it ask the application for its first document."""
    call.enter(call_states.ANSWERED)
    call.live(picked_up(call, reaction))


def picked_up(call: Call, reaction: Reaction) -> Steps[None]:
    """An outbound call that is answered asks the application what to do, and does it."""
    hangs_up_later(call, reaction)
    values = yield from _detected(call, reaction)
    to = webhook(call.request.get, "answer")
    assert to is not None  # CreateCall requires its URL
    script = answered(call, (yield from call.ask(to, AnswerEvent, values)))
    yield from run(call, script)


def _detected(call: Call, reaction: Reaction) -> Steps[dict[str, Any]]:
    """What the answer event has of machine detection, which is waited for, or told later, or not asked for."""
    asked_for = call.request.get("machineDetection")
    if asked_for is None:
        return {}
    limit = asked_for.get("detectionTimeout", 15)
    known_after = asked_for.get("silenceTimeout", 10) if reaction.by == "silence" else DETECTED_AFTER[reaction.by]
    seconds = min(known_after, limit)
    value = reaction.by if known_after <= limit else "timeout"
    result = {"machineDetectionResult": {"value": value, "duration": timedelta(seconds=seconds)}}
    if asked_for.get("mode") == "sync":
        yield Wait(seconds)
        return result
    to = webhook(asked_for.get, "", DETECTION)
    # A call that ends before it is known has nothing detected.
    known = call.simulation.scheduler.after(seconds, lambda: call.tell(to, MachineDetectionCompleteEvent, result))
    call.cleanups.append(known.cancel)
    return {}


def arrived(call: Call, to: Webhook, values: dict[str, Any]) -> Steps[None]:
    """An inbound call asks the application what to do, unanswered, and does it."""
    script = answered(call, (yield from call.ask(to, InitiateEvent, values)))
    yield from run(call, script)
    if call.state == call_states.INITIATED:
        if call.simulation.assumptions.reject_unanswered:
            raise Ended("rejected")
        call.enter(call_states.ANSWERED)


def redirected(call: Call, to: Webhook) -> Steps[None]:
    """A call asks the application what to do instead, and does it."""
    count(call)  # for an application may interrupt its call whenever it is asked
    script = answered(call, (yield from call.ask(to, RedirectEvent)))
    yield from run(call, script)


def pushed(call: Call, script: Script) -> Steps[None]:
    """A call does what the API was given."""
    yield from run(call, script)
