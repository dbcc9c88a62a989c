"""Verbs that lead elsewhere or end: Redirect, Hangup, Forward, Refer, Connect; and Tag, which only marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bxml import Connect, Forward, Hangup, Redirect, Refer, Tag
from callcontrol import states
from callcontrol.emulator.calls import Call
from callcontrol.emulator.correspondence import Ended
from callcontrol.emulator.processes import Steps, Wait
from callcontrol.emulator.ringing import hangs_up_later, rung
from callcontrol.emulator.scripts import Script
from callcontrol.emulator.verbs.asking import asked, tagged
from callcontrol.emulator.verbs.attributes import number
from callcontrol.emulator.webhooks import attributes_of, webhook
from callcontrol.events import ConnectStatusEvent, RedirectEvent, ReferCompleteEvent

LONGEST_REFER: Final = 30.0
"""Seconds within which the caller's system has to say what became of a Refer.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/refer
"""

LONGEST_CONNECT: Final = 30.0
"""Seconds that an endpoint rings; no page says how many."""

REFERRED: Final[Mapping[str | None, tuple[int, int | None]]] = {
    None: (202, 200),
    "busy": (202, 486),
    "rejected": (603, None),
    "timeout": (202, None),
}
"""What is answered to a REFER and what is notified of it, by the cause for which the target is not reached."""

CONNECT: Final = ("eventCallbackUrl", "eventCallbackMethod", "eventFallbackUrl", "eventFallbackMethod")
"""The attributes for the events of Connect, which has no methods."""

CONNECT_STATUSES: Final[Mapping[str, str]] = {"busy": "FAILED", "rejected": "DENIED", "timeout": "TIMED_OUT"}
"""What is told of a Connect, by the cause for which the endpoint is not reached."""


def redirect(call: Call, verb: Redirect, script: Script) -> Steps[Script | None]:
    """Go on with the answer of ``redirectUrl``."""
    return (yield from asked(call, verb, script, RedirectEvent))


def hangup(call: Call, verb: Hangup, script: Script) -> Steps[None]:
    """End the call, or reject it if it is not answered."""
    del verb, script
    yield from ()
    raise Ended("hangup" if call.state == states.ANSWERED else "rejected")


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
    if call.direction == "outbound" or call.state != states.INITIATED:
        raise Ended("application-error", "Forward is for an inbound call that is not answered yet")
    call.is_forwarded = True
    reaction = call.world.phone(verb.to).reaction
    yield from rung(reaction, number(verb, "callTimeout"))
    call.enter(states.ANSWERED)
    call.note("joined", verb.to)
    hangs_up_later(call, reaction)
    yield Wait()


def refer(call: Call, verb: Refer, script: Script) -> Steps[Script | None]:
    """Have the caller's own system call another one; the call is over if that works.

    Raises:
        Ended: if it works, or the call is none that came in by a SIP URI.
    """
    if call.direction == "outbound" or not call.to.lower().startswith("sip"):
        raise Ended("application-error", "Refer is for an inbound call to a SIP URI")
    (target,) = verb.children
    reaction = call.world.phone(target.text).reaction
    yield Wait(call.world.decisions.seconds_to_refer)
    referred, notified = REFERRED[reaction.cause]
    if reaction.cause == "timeout":
        yield Wait(LONGEST_REFER)
    values = {
        "referCallStatus": "failure" if reaction.cause else "success",
        "referSipResponseCode": referred,
        "notifySipResponseCode": notified,
    }
    if reaction.cause is None:
        tagged(call, verb)
        call.note("joined", target.text)
        call.tell(webhook(attributes_of(verb), "referComplete", script.base_url), ReferCompleteEvent, values)
        raise Ended("hangup")
    return (yield from asked(call, verb, script, ReferCompleteEvent, values))


def connect(call: Call, verb: Connect, script: Script) -> Steps[None]:
    """Join the call with an endpoint, which reacts as the phone of its id, until it leaves; then go on with the next verb."""
    to = webhook(attributes_of(verb), "", script.base_url, CONNECT)
    endpoint = verb.children[0].text
    reaction = call.world.phone(endpoint).reaction
    status = "CANCELED"
    call.tell(to, ConnectStatusEvent, {"status": "INITIATED"})
    try:
        try:
            yield from rung(reaction, LONGEST_CONNECT)
        except Ended as failure:
            status = CONNECT_STATUSES[failure.cause]
            return
        call.note("joined", endpoint)
        yield Wait(reaction.hangs_up_after)
        call.note("left", endpoint)
        status = "COMPLETED"
    finally:
        call.tell(to, ConnectStatusEvent, {"status": status})
