"""Transfer: calls that ring at once, the first to answer of which is joined with the call.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bxml import PhoneNumber, SipUri, Transfer
from bxml.frozen import Frozen
from callcontrol import states
from callcontrol.emulator.calls import Call, new_call
from callcontrol.emulator.processes import Steps, Wait
from callcontrol.emulator.ringing import hangs_up_later, rung
from callcontrol.emulator.scripts import Script, answered, run
from callcontrol.emulator.signals import LegChanged
from callcontrol.emulator.verbs.asking import asked
from callcontrol.emulator.verbs.attributes import number
from callcontrol.emulator.webhooks import attributes_of, webhook
from callcontrol.events import TransferAnswerEvent, TransferCompleteEvent, TransferDisconnectEvent


@dataclass
class Parties:
    """The calls of a Transfer.

    Attributes:
        call: The one that executes it.
        legs: Those that it has made.
        present: The ids of the legs that neither have ended nor were led elsewhere by the API.
        chosen: The leg that answered first, if one has.
    """

    call: Call
    legs: list[Call]
    present: set[str] = field(default_factory=set[str])
    chosen: Call | None = None


def transfer(call: Call, verb: Transfer, script: Script) -> Steps[Script | None]:
    """Ring all, join the first that answers until one of both leaves, and go on with ``transferCompleteUrl`` or the next verb.

    Interrupted or hung up, the call leaves, and its legs end.
    """
    parties = Parties(call, [_leg(call, verb, child, script) for child in verb.children])
    timeout = number(verb, "callTimeout")
    for leg, child in zip(parties.legs, verb.children, strict=True):
        parties.present.add(leg.call_id)
        leg.live(_rings(leg, child, script, parties, timeout))
    try:
        while parties.present and parties.chosen is None:
            yield Wait(None, (LegChanged,))
            parties.chosen = next((leg for leg in parties.legs if _is_up(leg, parties)), None)
        for leg in parties.legs:
            if parties.chosen is not None and leg is not parties.chosen:
                leg.end("hangup")
        while parties.chosen is not None and parties.chosen.call_id in parties.present:
            yield Wait(None, (LegChanged,))
    finally:
        for leg in parties.legs:
            if leg.call_id in parties.present:
                leg.end("hangup")
    yield Wait(0)  # what its legs tell of their end comes first, though no order is promised
    leg = parties.chosen or parties.legs[0]
    values = {
        "transferCallerId": leg.leg["transferCallerId"],
        "transferTo": leg.leg["transferTo"],
        "cause": leg.disconnect_cause or "hangup",
        "errorMessage": leg.error_message,
        "errorId": leg.error_message and leg.call_id.removeprefix("c-"),
    }
    return (yield from asked(call, verb, script, TransferCompleteEvent, values))


def _is_up(leg: Call, parties: Parties) -> bool:
    return leg.state == states.ANSWERED and leg.call_id in parties.present


def _leg(call: Call, verb: Transfer, child: PhoneNumber | SipUri, script: Script) -> Call:
    """The call to one of the parties; its events have the numbers of the original call, and its own beside them."""
    original = call.values()
    remote = call.from_ if call.direction == "inbound" else call.to
    caller = verb.transfer_caller_id or remote
    return new_call(
        call.world,
        call.account_id,
        call.application_id,
        caller,
        child.text,
        parent_call_id=call.call_id,
        enqueued_time=call.enqueued_time,
        callback_timeout=call.callback_timeout,
        tag=call.tag if child.tag is None else child.tag or None,
        end_event=TransferDisconnectEvent,
        disconnect_webhook=webhook(attributes_of(child), "transferDisconnect", script.base_url),
        leg=Frozen(
            {
                "from": original["from"],
                "to": original["to"],
                "parentCallId": call.call_id,
                "transferCallerId": caller,
                "transferTo": child.text,
            }
        ),
    )


def _rings(leg: Call, child: PhoneNumber | SipUri, script: Script, parties: Parties, timeout: float) -> Steps[None]:
    """Ring, be answered, do what the application says for the party alone, and stay joined until somebody leaves."""
    call = parties.call
    try:
        leg.enter(states.INITIATED)
        reaction = leg.world.phone(leg.to).reaction
        yield from rung(reaction, timeout)
        leg.enter(states.ANSWERED)
        call.signal(LegChanged())
        yield Wait(0)  # until it is decided who was first
        hangs_up_later(leg, reaction)
        to = webhook(attributes_of(child), "transferAnswer", script.base_url)
        if to is not None:
            document = answered(leg, (yield from leg.ask(to, TransferAnswerEvent)), "transfer-answer")
            yield from run(leg, document)
        leg.note("joined", call.call_id)
        call.note("joined", leg.call_id, transferTo=leg.to)
        try:
            yield Wait()
        finally:
            leg.note("left", call.call_id)
            call.note("left", leg.call_id, transferTo=leg.to)
    finally:
        parties.present.discard(leg.call_id)
        call.signal(LegChanged())
