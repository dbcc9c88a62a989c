"""Verbs that lead elsewhere or end: Redirect, Hangup, Forward, Refer, and Tag, which only marks."""

from __future__ import annotations

from typing import Final

from bxml import Hangup, Redirect, Tag
from callcontrol import states
from callcontrol.emulator.calls import Call
from callcontrol.emulator.correspondence import Ended
from callcontrol.emulator.processes import Steps
from callcontrol.emulator.scripts import Script
from callcontrol.emulator.verbs.asking import asked
from callcontrol.events import RedirectEvent

LONGEST_RINGING: Final = 30.0
"""Seconds within which a called phone has to ring at all; the emulator's phones ring at once."""


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
