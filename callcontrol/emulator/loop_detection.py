"""Detection of endless loops: a call that runs many verbs in almost no time is probably in a loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

VERBS_PER_SECOND: Final = 10.0
"""Number of verbs per second of the emulator's time that do not indicate a loop."""


@dataclass
class LoopDetector:
    """Counts verbs or redirects, and forgets ``VERBS_PER_SECOND`` of them for each second that passes.

    A call that polls its application every few seconds can thus go on for hours.
    """

    _count: float = 0
    _counted_at: float = 0

    def exceeds(self, limit: int, now: float) -> bool:
        """Count one more verb, and return whether the number of verbs exceeds the limit.

        Args:
            limit: Maximum number of verbs in almost no time.
            now: The emulator's time, in seconds.
        """
        self._count = max(0.0, self._count - VERBS_PER_SECOND * (now - self._counted_at)) + 1
        self._counted_at = now
        return self._count > limit
