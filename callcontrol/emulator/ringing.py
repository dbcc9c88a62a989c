"""Ringing: a phone rings, is answered or not, and may hang up later."""

from __future__ import annotations

from typing import Final

from callcontrol import call_states
from callcontrol.emulator.call_or_conference import Ended
from callcontrol.emulator.call_signals import PickedUp
from callcontrol.emulator.calls import Call
from callcontrol.emulator.generator_tasks import Steps, Wait
from callcontrol.emulator.phones import NO_ANSWER, Reaction


def reaction_of(call: Call, number: str) -> Reaction:
    """Return the reaction of a phone that a verb calls; a phone without a reaction rings until a test answers it."""
    return call.simulation.reaction(number) or NO_ANSWER


def rung(reaction: Reaction, longest: float) -> Steps[Reaction]:
    """Ring until the phone reacts or a test answers the call, and return the reaction of the answering party.

    Args:
        reaction: The reaction of the phone.
        longest: Seconds after which the caller gives up.

    Raises:
        Ended: If the phone is busy, rejects the call, or is not answered in time.
    """
    picked_up = yield Wait(min(reaction.after, longest), (PickedUp,))
    if picked_up is not None:  # a test answered: the party is human and never hangs up
        return Reaction()
    if reaction.after > longest:
        raise Ended("timeout")
    if reaction.cause is not None:
        raise Ended(reaction.cause, MESSAGES.get(reaction.cause), reaction.sip_response_code)
    return reaction


MESSAGES: Final = {"busy": "Callee is busy"}
"""The platform's error messages; the keys are disconnect causes."""


def pick_up(call: Call) -> None:
    """Answer a call after ringing, unless a test has answered it."""
    if call.state != call_states.ANSWERED:
        call.change_state(call_states.ANSWERED)


def hangs_up_later(call: Call, reaction: Reaction) -> None:
    """Schedule the hangup of the answering party, if its reaction contains a hangup."""
    if reaction.hangs_up_after is not None:
        timer = call.simulation.scheduler.after(reaction.hangs_up_after, lambda: call.end("hangup"))
        call.cleanups.append(timer.cancel)
