"""Which state of a call may follow which.

https://dev.bandwidth.com/apis/voice-apis/voice/ ``active`` and ``completed`` are no states but commands of UpdateCall.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

QUEUED: Final = "queued"
INITIATED: Final = "initiated"
ANSWERED: Final = "answered"
DISCONNECTED: Final = "disconnected"

NEXT: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        QUEUED: frozenset({INITIATED, DISCONNECTED}),
        INITIATED: frozenset({ANSWERED, DISCONNECTED}),
        ANSWERED: frozenset({DISCONNECTED}),
        DISCONNECTED: frozenset[str](),
    }
)
"""The states that may follow each state."""

INTERRUPTIBLE: Final = frozenset({ANSWERED})
"""The states in which a call can be given new BXML, by redirection or directly."""

ENDABLE: Final = frozenset({QUEUED, INITIATED, ANSWERED})
"""The states in which a call can be ended by the API: a queued one leaves the queue, a ringing one is cancelled."""
