"""The verb Transfer.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/transfer
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from bxml import PhoneNumber, SipUri, Transfer
from bxml.builder.frozen_dict import Frozen
from callcontrol import call_states
from callcontrol.emulator.attribute_values import number
from callcontrol.emulator.call_signals import LegChanged
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script, answered, run
from callcontrol.emulator.generator_tasks import Steps, Wait
from callcontrol.emulator.ringing import hangs_up_later, pick_up, reaction_of, rung
from callcontrol.emulator.verbs.tag_and_next_document import request_script
from callcontrol.emulator.webhook_requests import webhook_of
from callcontrol.events import TransferAnswerEvent, TransferCompleteEvent, TransferDisconnectEvent
from callcontrol.redacted_url_repr import redacted


@redacted
@dataclass
class RunningTransfer:
    """A Transfer that is running: its call and its legs.

    Attributes:
        call: The call that runs the Transfer.
        legs: All legs, in the order of the document.
        present: The legs that have neither ended nor been interrupted by the API.
        answered: The leg that answered first, if any.
        are_joined: True once the ``answered`` leg is joined with the call.
        settled: The ids of the legs that :meth:`report` skips: they were joined, hung up by the Transfer, or reported.
    """

    call: Call
    legs: list[Call] = field(default_factory=list[Call])
    present: list[Call] = field(default_factory=list[Call])
    answered: Call | None = None
    are_joined: bool = False
    settled: set[str] = field(default_factory=set[str])

    def add(self, leg: Call, steps: Steps[None]) -> None:
        """Add a leg, and start the steps that ring and join it."""
        self.legs.append(leg)
        self.present.append(leg)
        leg.change_state(call_states.INITIATED)
        leg.replace_task(steps, partial(self.leave, leg))

    def answer(self, leg: Call) -> None:
        """Store this leg as the first leg that answered."""
        self.answered = leg
        self.call.signal(LegChanged())

    def join(self, leg: Call) -> None:
        """Join the leg with the call."""
        self.are_joined = True
        self.settled.add(leg.call_id)
        self.call.inbound.connect(leg.outbound)
        leg.inbound.connect(self.call.outbound)
        self._note("joined", leg)

    def leave(self, leg: Call) -> None:
        """Remove a leg that has ended or was interrupted."""
        self.present.remove(leg)
        if self.are_joined:  # by then all other legs are gone
            self.call.inbound.disconnect(leg.outbound)
            leg.inbound.disconnect(self.call.outbound)
            self._note("left", leg)
        self.call.signal(LegChanged())

    def hang_up(self, *, but: Call | None = None) -> None:
        """Hang up all present legs except one."""
        for leg in tuple(self.present):
            if leg is not but:
                self.settled.add(leg.call_id)
                leg.end("hangup")

    def report(self) -> None:
        """Add the legs that ended by themselves, such as busy phones, to the timeline of the call."""
        for leg in self.legs:
            if leg.state == call_states.DISCONNECTED and leg.call_id not in self.settled:
                self.settled.add(leg.call_id)
                self.call.note("leg", f"{leg.call_id} was not joined", transferTo=leg.to, cause=leg.disconnect_cause)

    def _note(self, kind: Literal["joined", "left"], leg: Call) -> None:
        leg.note(kind, self.call.call_id)
        self.call.note(kind, leg.call_id, transferTo=leg.to)


def transfer(call: Call, verb: Transfer, script: Script) -> Steps[Script | None]:
    """Ring all legs and join the first answered leg with the call. When one side leaves, continue with ``transferCompleteUrl``.

    Without that URL, the next verb follows. If the call is interrupted or hung up, its legs are hung up.
    """
    running = RunningTransfer(call)
    for child in verb.children:
        leg = _leg(call, verb, child, script)
        running.add(leg, _ring_and_join(leg, child, script, running, number(verb, "callTimeout")))
    try:
        while running.present and running.answered is None:
            yield Wait(None, (LegChanged,))
            running.report()
        running.hang_up(but=running.answered)
        while running.present:
            yield Wait(None, (LegChanged,))
            running.report()
    finally:
        # This hangs up the legs of an interrupted call; after a normal end, no leg is present.
        running.hang_up()
    # The vendor does not document the order of events, but tests are simpler if the legs' disconnect events come first.
    yield Wait(0)
    leg = running.answered or running.legs[0]
    values = {
        "transferCallerId": leg.leg["transferCallerId"],
        "transferTo": leg.leg["transferTo"],
        "cause": leg.disconnect_cause or "hangup",
        "errorMessage": leg.error_message,
        "errorId": leg.error_id,
    }
    return (yield from request_script(call, verb, script, TransferCompleteEvent, values))


def _leg(call: Call, verb: Transfer, child: PhoneNumber | SipUri, script: Script) -> Call:
    """Create the call to a phone or SIP URI; its events contain the numbers of the original call and of the new call."""
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


def _ring_and_join(
    leg: Call, child: PhoneNumber | SipUri, script: Script, running: RunningTransfer, timeout: float
) -> Steps[None]:
    """Ring the leg, run the document of ``transferAnswerUrl`` on it alone, then keep it joined until one side leaves."""
    reaction = yield from rung(reaction_of(leg, leg.to), timeout)
    if running.answered is not None:  # another leg answered at the same time, so this one is about to be hung up
        yield Wait()
    pick_up(leg)
    running.answer(leg)
    yield Wait(0)  # until the other legs are hung up
    hangs_up_later(leg, reaction)
    target = webhook_of(child, "transferAnswerUrl", script.base_url)
    if target is not None:
        response = yield from leg.ask(target, TransferAnswerEvent)
        yield from run(leg, answered(leg, response, "transfer-answer"))
    running.join(leg)
    yield Wait()  # until the leg ends or is interrupted, which calls leave()
