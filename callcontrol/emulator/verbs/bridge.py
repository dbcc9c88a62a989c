"""Bridge: a call is joined with another that goes on already.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/bridge
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from bxml import Bridge
from callcontrol import call_states
from callcontrol.emulator.call_signals import PartnerLeft
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script, answered, run
from callcontrol.emulator.party import Ended
from callcontrol.emulator.tasks import Steps, Wait
from callcontrol.emulator.verbs.callbacks import asked
from callcontrol.emulator.webhook_targets import Webhook, webhook_of
from callcontrol.events import BridgeCompleteEvent, BridgeTargetCompleteEvent


@dataclass
class Span:
    """Two calls that are joined, until one of them leaves."""

    call: Call
    target: Call
    is_up: bool = True

    def leave(self, who: Call) -> None:
        """Part both; nothing if they are parted already."""
        if self.is_up:
            self.is_up = False
            other = self.target if who is self.call else self.call
            for one, partner in ((self.call, self.target), (self.target, self.call)):
                one.bridged_with = None
                one.note("left", partner.call_id)
            other.signal(PartnerLeft())


def bridge(call: Call, verb: Bridge, script: Script) -> Steps[Script | None]:
    """Join both until one leaves, and go on with ``bridgeCompleteUrl`` or the next verb if it was the other one.

    The other call's own document is dropped. Interrupted or hung up, this one leaves.
    """
    target = call.registry.by_id.get(verb.text.strip())
    refused = _refusal(call, target, verb.text.strip())
    if refused is not None or target is None:  # which is the same to all but type checkers
        cause, message = refused or ("unknown", "")
        call.note("problem", message)
        failure = {"cause": cause, "errorMessage": message, "errorId": call.simulation.new_error_id()}
        return (yield from asked(call, verb, script, BridgeCompleteEvent, failure))
    span = Span(call, target)
    to = webhook_of(verb, "bridgeTargetCompleteUrl", script.base_url)
    target.live(_bridged(span, to), partial(span.leave, target))
    if target.state == call_states.INITIATED:
        target.enter(call_states.ANSWERED)
    call.bridged_with, target.bridged_with = target.call_id, call.call_id
    for one, partner in ((call, target), (target, call)):
        one.note("joined", partner.call_id)
    try:
        while span.is_up:
            yield Wait(None, (PartnerLeft,))
    finally:
        span.leave(call)
    return (yield from asked(call, verb, script, BridgeCompleteEvent))


def _refusal(call: Call, target: Call | None, call_id: str) -> tuple[str, str] | None:
    """Why both cannot be joined: the cause, and a sentence; ``None`` if they can."""
    if target is None or target.account_id != call.account_id or target.state == call_states.DISCONNECTED:
        return "rejected", f"Call {call_id} is not active"
    if target is call:
        return "rejected", f"Call {call_id} cannot be bridged with itself"
    if target.bridged_with is not None:
        return "busy", f"Call {call_id} is already bridged with another call"
    if target.is_forwarded:
        return "rejected", f"Call {call_id} is being forwarded"
    if target.state != call_states.ANSWERED and target.direction == "outbound":
        return "rejected", f"Call {call_id} is not answered yet"
    return None


def _bridged(span: Span, to: Webhook | None) -> Steps[None]:
    """Be joined until the call that wanted it leaves, and go on with ``bridgeTargetCompleteUrl``, or hang up."""
    while span.is_up:
        yield Wait(None, (PartnerLeft,))
    if to is None:
        raise Ended("hangup")
    script = answered(span.target, (yield from span.target.ask(to, BridgeTargetCompleteEvent)))
    yield from run(span.target, script)
