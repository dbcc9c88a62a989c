"""Expectations that are not methods of a call: a new call, and a new member of a conference."""

from __future__ import annotations

from typing import Final

from callcontrol import call_states
from callcontrol.emulator.calls import WITHIN, Call, Calls, NotHeard
from callcontrol.emulator.conferences import Conferences
from callcontrol.emulator.simulation import Simulation
from callcontrol.emulator.timeline import Timeline
from callcontrol.request_fields import Field, refuse_faults

TO: Final = Field("to", "text")
CONFERENCE: Final = Field("conference", "text")


def expected_call(simulation: Simulation, calls: Calls, to: str, within: float) -> Call:
    """Advance time until there is a new call to a number, and return the oldest such call that the test does not have yet.

    A call that has ended is returned only if there is no other.

    Args:
        simulation: The simulation.
        calls: All calls.
        to: The called number or a part of it.
        within: Maximum number of seconds to wait, in the emulator's time.

    Raises:
        NotHeard: If the application does not create such a call in time.
        ValueError: If the number is not a string, or the number of seconds is negative.
    """
    __tracebackhide__ = True
    refuse_faults((TO, WITHIN), {"to": to, "within": within})
    found: Call | None = None
    newest: str | None = ""
    resets = simulation.resets

    def is_decided() -> bool:
        """Return whether a call was found, or a reset ended the wait. Only a new call causes another search."""
        nonlocal found, newest
        if resets != simulation.resets:
            return True
        last = next(reversed(calls.by_id), None)
        if last != newest:
            newest = last
            new = [call for call in calls.by_id.values() if not call.is_found and to in call.to]
            found = min(new, key=lambda call: call.state == call_states.DISCONNECTED, default=None)
        return found is not None

    simulation.until(is_decided, within)
    if found is None:
        others = ", ".join(call.to for call in calls.by_id.values() if not call.is_found)
        wanted = f"call to {to}" if to else "new call"
        limit = _limit(simulation, resets, within)
        raise NotHeard(f"there was no {wanted} {limit}{f'; new calls: {others}' if others else ''}", Timeline())
    found.is_found = True
    return found


def expected_member(simulation: Simulation, calls: Calls, conferences: Conferences, conference: str, within: float) -> Call:
    """Advance time until a call joins a conference, and return the call.

    Args:
        simulation: The simulation.
        calls: All calls.
        conferences: All conferences.
        conference: The name of the conference.
        within: Maximum number of seconds to wait, in the emulator's time.

    Raises:
        NotHeard: If no further call joins in time.
        ValueError: If the name is not a string, or the number of seconds is negative.
    """
    __tracebackhide__ = True
    refuse_faults((CONFERENCE, WITHIN), {"conference": conference, "within": within})
    found: Call | None = None
    resets = simulation.resets

    def is_decided() -> bool:
        """Return whether a call joined, or a reset ended the wait. Each check reads only new entries of the timelines."""
        nonlocal found
        if resets != simulation.resets:
            return True
        for each in conferences.by_id.values():
            while found is None and each.name == conference and each.entries_read < len(each.timeline):
                entry = each.timeline[each.entries_read]
                each.entries_read += 1
                found = calls.by_id[entry.text] if entry.kind == "joined" else None
        return found is not None

    simulation.until(is_decided, within)
    if found is None:
        timelines = [each.timeline for each in conferences.by_id.values() if each.name == conference]
        names = ", ".join({f'"{each.name}"': None for each in conferences.by_id.values()})
        hint = "" if timelines else f"; conferences: {names or 'none'}"
        raise NotHeard(
            f'no call joined conference "{conference}" {_limit(simulation, resets, within)}{hint}',
            timelines[-1] if timelines else Timeline(),
        )
    return found


def _limit(simulation: Simulation, resets: int, within: float) -> str:
    """Return the clause that says how long an expectation waited."""
    return f"within {within:g} s" if resets == simulation.resets else "before the emulator was reset"
