"""A phone rings, is answered or not, and hangs up by itself."""

from __future__ import annotations

from typing import Final

from callcontrol import call_states
from callcontrol.emulator.call_signals import PickedUp
from callcontrol.emulator.calls import Call
from callcontrol.emulator.party import Ended
from callcontrol.emulator.phones import NO_ANSWER, Reaction
from callcontrol.emulator.tasks import Steps, Wait


def reaction_of(call: Call, number: str) -> Reaction:
    """How a phone reacts that a call rings by its BXML; one that waits to be told rings meanwhile."""
    return call.simulation.reaction(number) or NO_ANSWER


def rung(reaction: Reaction, longest: float) -> Steps[Reaction]:
    """Ring, and be answered: as the phone does it, or before that by hand, which does not hang up by itself.

    Raises:
        Ended: if the phone is busy, rejects the call, or does not answer for so many seconds.
    """
    by_hand = yield Wait(min(reaction.after, longest), (PickedUp,))
    if by_hand is not None:
        return Reaction()
    if reaction.after > longest:
        raise Ended("timeout")
    if reaction.cause is not None:
        raise Ended(reaction.cause, MESSAGES.get(reaction.cause), reaction.sip_response_code)
    return reaction


MESSAGES: Final = {"busy": "Callee is busy"}
"""What the platform says of a cause."""


def pick_up(call: Call) -> None:
    """Answer a call that has rung, unless a hand has done it."""
    if call.state != call_states.ANSWERED:
        call.enter(call_states.ANSWERED)


def hangs_up_later(call: Call, reaction: Reaction) -> None:
    """Have the party that answered hang up after as long as it said, if it did."""
    if reaction.hangs_up_after is not None:
        hanging_up = call.simulation.scheduler.after(reaction.hangs_up_after, lambda: call.end("hangup"))
        call.cleanups.append(hanging_up.cancel)
