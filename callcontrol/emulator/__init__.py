"""The vendor's platform on this machine: its API over real HTTP, and calls that run BXML.

Time is virtual and goes on only while a test moves it, or by itself if it is given a speed. Nobody is rung: phones react as a
test tells them, and callers have hands. :class:`Core` is all of it without a socket; only :class:`Emulator` needs the extra
``emulator``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callcontrol.emulator.api import Exchange
from callcontrol.emulator.assumptions import Assumptions
from callcontrol.emulator.calls import Call, NotHeard
from callcontrol.emulator.conferences import Conference
from callcontrol.emulator.core import Core
from callcontrol.emulator.phones import Phone
from callcontrol.emulator.timeline import Entry, Timeline

if TYPE_CHECKING:
    from callcontrol.emulator.server import Emulator

__all__ = ["Assumptions", "Call", "Conference", "Core", "Emulator", "Entry", "Exchange", "NotHeard", "Phone", "Timeline"]


def __getattr__(name: str) -> Any:
    """What listens, once somebody wants it.

    Raises:
        ModuleNotFoundError: if the extra is not installed.
    """
    if name != "Emulator":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from callcontrol.emulator.server import Emulator
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(f"the emulator needs {missing.name}: install bxml-callcontrol[emulator]") from None
    return Emulator
