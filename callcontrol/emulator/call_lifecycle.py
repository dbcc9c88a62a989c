"""The steps of calls: outbound calls ring, inbound calls request their first document, and the API interrupts calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from callcontrol import call_states
from callcontrol.emulator.call_or_conference import Ended
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script, answered, count, run
from callcontrol.emulator.generator_tasks import Steps, Wait
from callcontrol.emulator.phones import DETECTED_AFTER, Reaction
from callcontrol.emulator.ringing import hangs_up_later, rung
from callcontrol.emulator.webhook_requests import Webhook, webhook
from callcontrol.events import AnswerEvent, InitiateEvent, MachineDetectionCompleteEvent, RedirectEvent

DETECTION: Final = ("callbackUrl", "callbackMethod", "fallbackUrl", "fallbackMethod")
"""Names of the fields of machine detection that describe its webhook."""


SETUP_SECONDS: Final = 0.1
"""Seconds of real time from the creation of a call until its phone reacts, if the phone would react immediately.

In this time an application can store the id of the call, so that it knows the id in the first event. A real phone takes longer.
"""

LONGEST_SETUP: Final = 2.0
"""Maximum of ``SETUP_SECONDS`` in the emulator's time, so that fast time does not exceed the limit of an expectation."""


def new_call(call: Call, reaction: Reaction) -> Steps[None]:
    """Run a call that CreateCall created; a phone that answers immediately has answered it already.

    Raises:
        Ended: If the call is not answered within its ``callTimeout``.
    """
    if call.simulation.speed is not None and reaction.after == 0:
        yield Wait(min(SETUP_SECONDS * call.simulation.speed, LONGEST_SETUP))
    yield from (answered_outbound_call if reaction.is_immediate else outbound_call)(call, reaction)


def outbound_call(call: Call, reaction: Reaction) -> Steps[None]:
    """Ring the phone, and run the application's document once the call is answered.

    Raises:
        Ended: If the call is not answered within its ``callTimeout``.
    """
    if call.state == call_states.QUEUED:  # Core.initiate may have started the ringing
        call.change_state(call_states.INITIATED)
    yield from rung(reaction, call.request.get("callTimeout", 30.0))
    call.change_state(call_states.ANSWERED)
    yield from answered_outbound_call(call, reaction)


def answer_immediately(call: Call, reaction: Reaction) -> None:
    """Answer a ringing outbound call, and start the request for its first document."""
    call.change_state(call_states.ANSWERED)
    call.replace_task(answered_outbound_call(call, reaction))


def answered_outbound_call(call: Call, reaction: Reaction) -> Steps[None]:
    """Send the answer event of an outbound call, and run the document in the response."""
    hangs_up_later(call, reaction)
    detection = yield from _machine_detection(call, reaction)
    to = webhook(call.request.get, "answer")
    assert to is not None  # CreateCall requires answerUrl
    script = answered(call, (yield from call.ask(to, AnswerEvent, detection)))
    yield from run(call, script)


def _machine_detection(call: Call, reaction: Reaction) -> Steps[dict[str, Any]]:
    """Return the fields that machine detection adds to the answer event.

    With mode ``sync`` the call waits for the result. Otherwise a separate event reports the result later.
    """
    options = call.request.get("machineDetection")
    if options is None:
        return {}
    # These two defaults, and the default mode async below, are those of the API's CreateCall.
    limit = options.get("detectionTimeout", 15)
    known_after = options.get("silenceTimeout", 10) if reaction.by == "silence" else DETECTED_AFTER[reaction.by]
    seconds = min(known_after, limit)
    value = reaction.by if known_after <= limit else "timeout"
    result = {"machineDetectionResult": {"value": value, "duration": timedelta(seconds=seconds)}}
    if options.get("mode") == "sync":
        yield Wait(seconds)
        return result
    to = webhook(options.get, "", DETECTION)
    report = call.simulation.scheduler.after(seconds, lambda: call.send_event(to, MachineDetectionCompleteEvent, result))
    # If the call ends before the detection is complete, no result is sent.
    call.cleanups.append(report.cancel)
    return {}


def inbound_call(call: Call, to: Webhook, values: dict[str, Any]) -> Steps[None]:
    """Send the initiate event of an unanswered inbound call, and run the document in the response.

    Raises:
        Ended: If the document ends before the call is answered, and the assumption ``reject_unanswered`` is true.
    """
    script = answered(call, (yield from call.ask(to, InitiateEvent, values)))
    yield from run(call, script)
    if call.state == call_states.INITIATED:
        if call.simulation.assumptions.reject_unanswered:
            raise Ended("rejected")
        call.change_state(call_states.ANSWERED)


def redirected_call(call: Call, to: Webhook) -> Steps[None]:
    """Send the redirect event of an interrupted call, and run the document in the response."""
    yield from count(call)  # if every response redirected the call, it would never end
    script = answered(call, (yield from call.ask(to, RedirectEvent)))
    yield from run(call, script)


def pushed_document(call: Call, script: Script) -> Steps[None]:
    """Run the document that UpdateCallBxml pushed."""
    yield from run(call, script)
