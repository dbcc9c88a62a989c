"""Transfer: calls that ring at once, the first to answer of which is joined with the call.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from bxml import PhoneNumber, SipUri, Transfer
from bxml.builder.frozen import Frozen
from callcontrol import call_states
from callcontrol.emulator.attribute_values import number
from callcontrol.emulator.call_signals import LegChanged
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script, answered, run
from callcontrol.emulator.ringing import hangs_up_later, pick_up, reaction_of, rung
from callcontrol.emulator.tasks import Steps, Wait
from callcontrol.emulator.verbs.callbacks import asked
from callcontrol.emulator.webhook_targets import webhook_of
from callcontrol.events import TransferAnswerEvent, TransferCompleteEvent, TransferDisconnectEvent


@dataclass
class Parties:
    """The calls of a Transfer.

    Attributes:
        call: The one that executes it.
        legs: Those that it has made.
        present: Those of them that neither have ended nor were led elsewhere by the API.
        chosen: The leg that was answered first, if one was.
        are_joined: Whether that one is joined with the call.
    """

    call: Call
    legs: list[Call] = field(default_factory=list[Call])
    present: list[Call] = field(default_factory=list[Call])
    chosen: Call | None = None
    are_joined: bool = False

    def add(self, leg: Call, rings: Steps[None]) -> None:
        """Have one more leg, which rings."""
        self.legs.append(leg)
        self.present.append(leg)
        leg.enter(call_states.INITIATED)
        leg.live(rings, partial(self.leave, leg))

    def choose(self, leg: Call) -> None:
        """Have a leg that was answered, as the first."""
        self.chosen = leg
        self.call.signal(LegChanged())

    def join(self, leg: Call) -> None:
        """Let both hear each other."""
        self.are_joined = True
        self._note("joined", leg)

    def leave(self, leg: Call) -> None:
        """Part from a leg."""
        self.present.remove(leg)
        if self.are_joined:  # when none but the chosen one is there
            self._note("left", leg)
        self.call.signal(LegChanged())

    def hang_up(self, *, but: Call | None = None) -> None:
        """End all legs that are present, but for one."""
        for leg in tuple(self.present):
            if leg is not but:
                leg.end("hangup")

    def _note(self, kind: Literal["joined", "left"], leg: Call) -> None:
        leg.note(kind, self.call.call_id)
        self.call.note(kind, leg.call_id, transferTo=leg.to)


def transfer(call: Call, verb: Transfer, script: Script) -> Steps[Script | None]:
    """Ring all, join the first that answers until one of both leaves, and go on with ``transferCompleteUrl`` or the next verb.

    Interrupted or hung up, the call leaves, and its legs end.
    """
    parties = Parties(call)
    for child in verb.children:
        leg = _leg(call, verb, child, script)
        parties.add(leg, _rings(leg, child, script, parties, number(verb, "callTimeout")))
    try:
        while parties.present and parties.chosen is None:
            yield Wait(None, (LegChanged,))
        parties.hang_up(but=parties.chosen)
        while parties.present:
            yield Wait(None, (LegChanged,))
    finally:
        parties.hang_up()
    yield Wait(0)  # what its legs tell of their end comes first, though no order is promised
    leg = parties.chosen or parties.legs[0]
    values = {
        "transferCallerId": leg.leg["transferCallerId"],
        "transferTo": leg.leg["transferTo"],
        "cause": leg.disconnect_cause or "hangup",
        "errorMessage": leg.error_message,
        "errorId": leg.error_id,
    }
    return (yield from asked(call, verb, script, TransferCompleteEvent, values))


def _leg(call: Call, verb: Transfer, child: PhoneNumber | SipUri, script: Script) -> Call:
    """The call to one of the parties; its events have the numbers of the original call, and its own beside them."""
    original, to = call.values(), child.text.strip()
    remote = call.from_ if call.direction == "inbound" else call.to
    caller = verb.transfer_caller_id or remote
    return call.registry.new(
        call.account_id,
        call.application_id,
        caller,
        to,
        parent_call_id=call.call_id,
        enqueued_time=call.enqueued_time,
        callback_timeout=call.callback_timeout,
        tag=call.tag if child.tag is None else child.tag or None,
        end_event=TransferDisconnectEvent,
        disconnect_webhook=webhook_of(child, "transferDisconnectUrl", script.base_url),
        leg=Frozen(
            {
                "from": original["from"],
                "to": original["to"],
                "parentCallId": call.call_id,
                "transferCallerId": caller,
                "transferTo": to,
            }
        ),
    )


def _rings(leg: Call, child: PhoneNumber | SipUri, script: Script, parties: Parties, timeout: float) -> Steps[None]:
    """Ring, be answered, do what the application says for the party alone, and stay joined until somebody leaves."""
    reaction = yield from rung(reaction_of(leg, leg.to), timeout)
    if parties.chosen is not None:  # which was answered at the same moment, and this one is about to be hung up
        yield Wait()
    pick_up(leg)
    parties.choose(leg)
    yield Wait(0)  # until the others are hung up
    hangs_up_later(leg, reaction)
    to = webhook_of(child, "transferAnswerUrl", script.base_url)
    if to is not None:
        document = answered(leg, (yield from leg.ask(to, TransferAnswerEvent)), "transfer-answer")
        yield from run(leg, document)
    parties.join(leg)
    yield Wait()
