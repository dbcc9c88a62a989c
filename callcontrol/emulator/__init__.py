"""The vendor's platform on this machine: its API over real HTTP, and calls that run BXML.

Time is virtual and goes on only while a test moves it. Nobody is rung: phones
react as a test tells them, and callers have hands.
"""

from callcontrol.emulator.core import Core, Exchange
from callcontrol.emulator.records import Record

try:
    from callcontrol.emulator.server import Emulator
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(f"the emulator needs {missing.name}: install bxml-callcontrol[emulator]") from None

__all__ = ["Core", "Emulator", "Exchange", "Record"]
