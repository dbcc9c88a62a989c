"""The states of a call and their order, and the causes of its end.

``active`` and ``completed`` are not states but values that UpdateCall accepts.
https://dev.bandwidth.com/apis/voice-apis/voice/
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
"""For each state: the states that may follow it."""

INTERRUPTIBLE: Final = frozenset({ANSWERED})
"""The states in which the API can redirect a call or replace its BXML."""

ENDABLE: Final = frozenset({QUEUED, INITIATED, ANSWERED})
"""The states in which the API can end a call. A queued call leaves the queue, and a ringing call is canceled."""

DISCONNECT_CAUSES: Final = (
    "hangup",
    "busy",
    "timeout",
    "cancel",
    "rejected",
    "callback-error",
    "invalid-bxml",
    "application-error",
    "account-limit",
    "node-capacity-exceeded",
    "error",
    "unknown",
)
"""The documented causes of a call's end. The API may add others."""
