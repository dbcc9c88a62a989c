"""The verb Bridge.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/bridge
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from bxml import Bridge
from callcontrol import call_states
from callcontrol.emulator.call_or_conference import Ended
from callcontrol.emulator.call_signals import PartnerLeft
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script, answered, run
from callcontrol.emulator.generator_tasks import Steps, Wait
from callcontrol.emulator.verbs.tag_and_next_document import request_script
from callcontrol.emulator.webhook_requests import Webhook, webhook_of
from callcontrol.events import BridgeCompleteEvent, BridgeTargetCompleteEvent


@dataclass
class BridgedCalls:
    """Two calls that are bridged until one of them leaves.

    Attributes:
        call: The call that runs the Bridge.
        target: The call whose id the Bridge names.
        are_joined: False once one of the calls has left.
    """

    call: Call
    target: Call
    are_joined: bool = True

    def join(self) -> None:
        """Mark both calls as bridged with each other."""
        for each, partner in self._pairs():
            each.bridged_with = partner.call_id
            each.inbound.connect(partner.outbound)
        for each, partner in self._pairs():
            each.note("joined", partner.call_id)

    def leave(self, leaving: Call) -> None:
        """Separate the calls and signal the call that stays; do nothing if the calls are already separated."""
        if self.are_joined:
            self.are_joined = False
            for each, partner in self._pairs():
                each.bridged_with = None
                each.inbound.disconnect(partner.outbound)
                each.note("left", partner.call_id)
            staying = self.target if leaving is self.call else self.call
            staying.signal(PartnerLeft())

    def _pairs(self) -> tuple[tuple[Call, Call], tuple[Call, Call]]:
        return (self.call, self.target), (self.target, self.call)


def bridge(call: Call, verb: Bridge, script: Script) -> Steps[Script | None]:
    """Bridge the call with the target until either call leaves. If the target leaves, continue with ``bridgeCompleteUrl``.

    The target stops running its own document. If the call is interrupted or hung up, it leaves the bridge.
    """
    call_id = verb.text.strip()
    target = call.registry.by_id.get(call_id)
    rejection = _rejection(call, target, call_id)
    if rejection is not None or target is None:  # the second test is for type checkers: a missing target is always rejected
        cause, message = rejection or ("unknown", "")
        call.note("problem", message)
        failure = {"cause": cause, "errorMessage": message, "errorId": call.simulation.new_error_id()}
        return (yield from request_script(call, verb, script, BridgeCompleteEvent, failure))
    calls = BridgedCalls(call, target)
    target_complete = webhook_of(verb, "bridgeTargetCompleteUrl", script.base_url)
    # The callback runs even if the target is stopped before its steps start; a finally block in the steps would not run then.
    target.replace_task(_stay_bridged(calls, target_complete), partial(calls.leave, target))
    if target.state == call_states.INITIATED:  # an inbound call; an outbound call would have been rejected
        target.change_state(call_states.ANSWERED)
    calls.join()
    try:
        while calls.are_joined:
            yield Wait(None, (PartnerLeft,))
    finally:
        # Also reached if the call was interrupted or hung up. If the target left first, leave() does nothing.
        calls.leave(call)
    return (yield from request_script(call, verb, script, BridgeCompleteEvent))


def _rejection(call: Call, target: Call | None, call_id: str) -> tuple[str, str] | None:
    """Return the cause and the error message if the calls cannot be bridged, else ``None``."""
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


def _stay_bridged(calls: BridgedCalls, target_complete: Webhook | None) -> Steps[None]:
    """Keep the target bridged until the call leaves; then continue with ``bridgeTargetCompleteUrl``, or hang up."""
    while calls.are_joined:
        yield Wait(None, (PartnerLeft,))
    if target_complete is None:
        raise Ended("hangup")
    response = yield from calls.target.ask(target_complete, BridgeTargetCompleteEvent)
    yield from run(calls.target, answered(calls.target, response))
