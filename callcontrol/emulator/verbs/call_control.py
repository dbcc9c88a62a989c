"""Verbs that lead elsewhere or end: Redirect, Hangup, Forward, Refer, Connect; and Tag, which only marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bxml import Connect, Forward, Hangup, Redirect, Refer, Tag
from callcontrol import call_states
from callcontrol.emulator.attribute_values import number
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.party import Ended
from callcontrol.emulator.ringing import hangs_up_later, pick_up, reaction_of, rung
from callcontrol.emulator.tasks import Steps, Wait
from callcontrol.emulator.verbs.callbacks import asked, tagged
from callcontrol.emulator.webhook_targets import webhook_of
from callcontrol.events import ConnectStatusEvent, RedirectEvent, ReferCompleteEvent

LONGEST_REFER: Final = 30.0
"""Seconds within which the caller's system has to say what became of a Refer.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/refer
"""

LONGEST_CONNECT: Final = 30.0
"""Seconds that an endpoint rings; no page says how many."""

ACCEPTED: Final = 202
"""What is answered to a REFER that is tried; https://www.rfc-editor.org/rfc/rfc3515#section-2.4.2"""

REACHED: Final = 200
"""What is notified of a REFER whose target has answered."""

CONNECT_STATUSES: Final[Mapping[str, str]] = {"rejected": "DENIED", "timeout": "TIMED_OUT"}
"""What is told of a Connect, by the cause for which the endpoint is not reached; of others ``FAILED``."""


def redirect(call: Call, verb: Redirect, script: Script) -> Steps[Script | None]:
    """Go on with the answer of ``redirectUrl``."""
    return (yield from asked(call, verb, script, RedirectEvent))


def hangup(call: Call, verb: Hangup, script: Script) -> Steps[None]:
    """End the call, or reject it if it is not answered."""
    del verb, script
    yield from ()
    raise Ended("hangup" if call.state == call_states.ANSWERED else "rejected")


def tag(call: Call, verb: Tag, script: Script) -> Steps[None]:
    """Tag the call, or take its tag away."""
    del script
    yield from ()
    call.tag = verb.text.strip() or None


def forward(call: Call, verb: Forward, script: Script) -> Steps[None]:
    """Hand an unanswered inbound call on, out of the application's hands, until either side hangs up.

    Raises:
        Ended: if it is another call, or nobody answers.
    """
    del script
    if call.state != call_states.INITIATED:  # as no outbound call is that runs BXML
        raise Ended("application-error", "Forward is for an inbound call that is not answered yet")
    call.is_forwarded = True
    reaction = yield from rung(reaction_of(call, verb.to), number(verb, "callTimeout"))
    pick_up(call)
    hangs_up_later(call, reaction)
    yield from _joined(call, verb.to)


def _joined(call: Call, party: str, seconds: float | None = None) -> Steps[None]:
    """Hear a party for so many seconds, or until something else happens."""
    call.note("joined", party)
    try:
        yield Wait(seconds)
    finally:
        call.note("left", party)


def refer(call: Call, verb: Refer, script: Script) -> Steps[Script | None]:
    """Have the caller's own system call another one; the call is over if that works.

    Raises:
        Ended: if it works, or the call is none that came in by a SIP URI.
    """
    if call.direction == "outbound" or not call.to.lower().startswith("sip"):
        raise Ended("application-error", "Refer is for an inbound call to a SIP URI")
    target = verb.children[0].text.strip()
    yield Wait(call.simulation.assumptions.refer_seconds)
    try:
        yield from rung(reaction_of(call, target), LONGEST_REFER)
    except Ended as failure:
        return (yield from asked(call, verb, script, ReferCompleteEvent, _not_referred(failure)))
    tagged(call, verb)
    call.note("joined", target)
    values = {"referCallStatus": "success", "referSipResponseCode": ACCEPTED, "notifySipResponseCode": REACHED}
    call.tell(webhook_of(verb, "referCompleteUrl", script.base_url), ReferCompleteEvent, values)
    raise Ended("hangup")


def _not_referred(failure: Ended) -> Mapping[str, Any]:
    """What is told of a Refer that has failed: one that is rejected is not even tried, so that nothing is notified of it."""
    is_tried = failure.cause != "rejected"
    return {
        "referCallStatus": "failure",
        "referSipResponseCode": ACCEPTED if is_tried else failure.sip_response_code,
        "notifySipResponseCode": failure.sip_response_code if is_tried else None,
    }


def connect(call: Call, verb: Connect, script: Script) -> Steps[None]:
    """Join the call with an endpoint, which reacts as the phone of its id, until it leaves; then go on with the next verb.

    Of several endpoints only the first is called: no page says what the others are for.
    """
    to = webhook_of(verb, "eventCallbackUrl", script.base_url)
    endpoint, *others = (child.text.strip() for child in verb.children)
    for other in others:
        call.note("ignored", f"the endpoint {other}, for {endpoint} stands before it")
    status = "CANCELED"  # if the call leaves while the endpoint rings
    call.tell(to, ConnectStatusEvent, {"status": "INITIATED"})
    try:
        reaction = yield from rung(reaction_of(call, endpoint), LONGEST_CONNECT)
        status = "COMPLETED"
        yield from _joined(call, endpoint, reaction.hangs_up_after)
    except Ended as failure:
        status = CONNECT_STATUSES.get(failure.cause, "FAILED")
    finally:
        call.tell(to, ConnectStatusEvent, {"status": status})
