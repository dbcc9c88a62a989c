"""A phone rings, is answered or not, and hangs up by itself."""

from __future__ import annotations

from typing import Final

from callcontrol.emulator.calls import Call
from callcontrol.emulator.correspondence import Ended
from callcontrol.emulator.phones import Reaction
from callcontrol.emulator.processes import Steps, Wait


def rung(reaction: Reaction, longest: float) -> Steps[None]:
    """Ring, and be answered.

    Raises:
        Ended: if the phone is busy, rejects the call, or does not answer for so many seconds.
    """
    yield Wait(min(reaction.after, longest))
    if reaction.after > longest:
        raise Ended("timeout")
    if reaction.cause is not None:
        raise Ended(reaction.cause, MESSAGES.get(reaction.cause), reaction.sip_response_code)


MESSAGES: Final = {"busy": "Callee is busy"}
"""What the platform says of a cause."""


def hangs_up_later(call: Call, reaction: Reaction) -> None:
    """Have the party that answered hang up after as long as it said, if it did."""
    if reaction.hangs_up_after is not None:
        hanging_up = call.world.agenda.after(reaction.hangs_up_after, lambda: call.end("hangup"))
        call.cleanups.append(hanging_up.call_off)
