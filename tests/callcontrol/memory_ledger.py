"""A ledger in memory for tests of the ledger protocol. Other runs seem to use the ledger at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from typing import Self

from callcontrol import LedgerKey, Outcome
from callcontrol.ledger import LedgerState


class MemoryLedger:
    """A ledger whose calls other runs may claim at any time.

    Args:
        taken: The states of the calls that another run claims after this run has read the states.
        seconds: Seconds that each method takes.
    """

    def __init__(self, taken: Mapping[str, LedgerState] | None = None, seconds: float = 0.0) -> None:
        self._taken, self._seconds = dict(taken or {}), seconds
        self.written: list[tuple[str, str]] = []
        """The call ids and outcomes that were written, in order. For a claim, the outcome is ``claimed``."""
        self.threads: set[threading.Thread] = set()
        self.keys: list[LedgerKey] = []
        self.is_open = False

    def open(self, key: LedgerKey) -> Self:
        self._work()
        self.keys.append(key)
        self.is_open = True
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._work()
        self.is_open = False

    def states(self, call_ids: Collection[str] | None = None) -> Mapping[str, LedgerState]:
        self._work()
        return {}

    def claim(self, call_id: str, *, repeat_unknown: bool = False) -> LedgerState | None:
        self._work()
        state = self._taken.get(call_id)
        if state is None:
            self.written.append((call_id, "claimed"))
        return state

    def finish(self, outcome: Outcome) -> None:
        self._work()
        self.written.append((outcome.call_id, outcome.outcome))

    def _work(self) -> None:
        self.threads.add(threading.current_thread())
        time.sleep(self._seconds)
