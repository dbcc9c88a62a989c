"""The verbs Forward, Refer and Connect.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/forward and the neighboring pages ``refer`` and
``connect``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bxml import Connect, Forward, Refer
from callcontrol import call_states
from callcontrol.emulator.attribute_values import number
from callcontrol.emulator.call_audio import Track
from callcontrol.emulator.call_or_conference import Ended
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.generator_tasks import Steps, Wait
from callcontrol.emulator.ringing import hangs_up_later, pick_up, reaction_of, rung
from callcontrol.emulator.verbs.tag_and_next_document import request_script, set_tag
from callcontrol.emulator.webhook_requests import webhook_of
from callcontrol.events import ConnectStatusEvent, ReferCompleteEvent

REFER_TIMEOUT: Final = 30.0
"""Seconds within which the caller's system must report the result of a Refer.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/refer
"""

CONNECT_TIMEOUT: Final = 30.0
"""Seconds that an endpoint rings before the Connect times out. The vendor does not document this time; it is an assumption."""

REFER_ACCEPTED: Final = 202
"""SIP status in response to a REFER that the caller's system accepts.

Source: https://www.rfc-editor.org/rfc/rfc3515#section-2.4.2
"""

REFER_TARGET_ANSWERED: Final = 200
"""SIP status in the NOTIFY of a REFER whose target answered."""

CONNECT_STATUSES: Final[Mapping[str, str]] = {"rejected": "DENIED", "timeout": "TIMED_OUT"}
"""For each of these causes of a failed Connect: the status in its event. For other causes the status is ``FAILED``."""


def forward(call: Call, verb: Forward, script: Script) -> Steps[None]:
    """Forward an unanswered inbound call until either side hangs up; the application no longer controls the call.

    Raises:
        Ended: If the call is answered or outbound, or the forward target does not answer.
    """
    del script
    # An outbound call runs BXML only after it is answered, so this condition also rejects outbound calls.
    if call.state != call_states.INITIATED:
        raise Ended("application-error", "Forward is only allowed for an inbound call that is not answered yet")
    call.is_forwarded = True
    reaction = yield from rung(reaction_of(call, verb.to), number(verb, "callTimeout"))
    pick_up(call)
    hangs_up_later(call, reaction)
    yield from _stay_joined(call, verb.to)


def _stay_joined(call: Call, target: str, seconds: float | None = None) -> Steps[None]:
    """Keep the call joined with a phone or endpoint for the given seconds, or until the call is interrupted or ends."""
    # The phone or endpoint hears the call, but keeps nothing of what it hears.
    heard = Track(call.simulation.scheduler, 0)
    call.inbound.connect(heard)
    call.note("joined", target)
    try:
        yield Wait(seconds)
    finally:
        call.inbound.disconnect(heard)
        call.note("left", target)


def refer(call: Call, verb: Refer, script: Script) -> Steps[Script | None]:
    """Ask the caller's own system to call the target. This ends the call. On failure, continue with ``referCompleteUrl``.

    Raises:
        Ended: If the Refer succeeds, or the call is not an inbound call to a SIP URI.
    """
    if call.direction == "outbound" or not call.to.lower().startswith("sip"):
        raise Ended("application-error", "Refer is only allowed for an inbound call to a SIP URI")
    target = verb.children[0].text.strip()
    yield Wait(call.simulation.assumptions.refer_seconds)
    try:
        yield from rung(reaction_of(call, target), REFER_TIMEOUT)
    except Ended as failure:
        _note_failure(call, target, failure)
        return (yield from request_script(call, verb, script, ReferCompleteEvent, _refer_failure(failure)))
    set_tag(call, verb)
    call.note("joined", target)
    values = {
        "referCallStatus": "success",
        "referSipResponseCode": REFER_ACCEPTED,
        "notifySipResponseCode": REFER_TARGET_ANSWERED,
    }
    call.send_event(webhook_of(verb, "referCompleteUrl", script.base_url), ReferCompleteEvent, values)
    raise Ended("hangup")


def _note_failure(call: Call, target: str, failure: Ended) -> None:
    call.note("leg", f"{target} was not joined", cause=failure.cause)


def _refer_failure(failure: Ended) -> Mapping[str, Any]:
    """Return the event fields of a failed Refer; after a rejected REFER the target is not called, so no NOTIFY follows."""
    is_tried = failure.cause != "rejected"
    return {
        "referCallStatus": "failure",
        "referSipResponseCode": REFER_ACCEPTED if is_tried else failure.sip_response_code,
        "notifySipResponseCode": failure.sip_response_code if is_tried else None,
    }


def connect(call: Call, verb: Connect, script: Script) -> Steps[None]:
    """Connect the call with an endpoint until the endpoint leaves, then continue with the next verb.

    The endpoint reacts like the phone whose number is the endpoint's id. Only the first of several endpoints is called,
    because the vendor does not document the purpose of the other endpoints.
    """
    target = webhook_of(verb, "eventCallbackUrl", script.base_url)
    endpoint, *others = (child.text.strip() for child in verb.children)
    for other in others:
        call.note("ignored", f"the endpoint {other} is not called; only the first endpoint, {endpoint}, is called")
    status = "CANCELED"  # if the call ends or is interrupted before the endpoint answers or fails
    call.send_event(target, ConnectStatusEvent, {"status": "INITIATED"})
    try:
        reaction = yield from rung(reaction_of(call, endpoint), CONNECT_TIMEOUT)
        status = "COMPLETED"
        yield from _stay_joined(call, endpoint, reaction.hangs_up_after)
    except Ended as failure:
        _note_failure(call, endpoint, failure)
        status = CONNECT_STATUSES.get(failure.cause, "FAILED")
    finally:
        call.send_event(target, ConnectStatusEvent, {"status": status})
