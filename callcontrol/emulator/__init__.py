"""A stand-in for the API on this machine: the five operations over real HTTP, and the state of their calls.

It does not ring anybody and does not run BXML: a call is answered at once, unless told otherwise, and then waits for what the
API does to it.
"""

from callcontrol.emulator.core import Core, Exchange
from callcontrol.emulator.records import Record

try:
    from callcontrol.emulator.server import Emulator
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(f"the emulator needs {missing.name}: install bxml-callcontrol[emulator]") from None

__all__ = ["Core", "Emulator", "Exchange", "Record"]
