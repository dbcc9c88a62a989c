"""Renewal of locks and connections in the child process of a fork.

A child process has a copy of the parent's memory, and none of its threads but the one that called fork: a lock that another
thread held is never released, and a socket is shared with the parent.
"""

from __future__ import annotations

import os
from typing import Final, Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Holds locks, connections or files that a child process must not use."""

    def renew_after_fork(self) -> None:
        """Replace them. Runs in the child process, before any other of its code."""
        ...


_RENEWABLES: Final[WeakSet[Renewable]] = WeakSet()


def renew_after_fork(renewable: Renewable) -> None:
    """Have an object renewed in each child process, as long as it exists."""
    _RENEWABLES.add(renewable)


def renew_all() -> None:
    """Renew every object that asked for it."""
    for renewable in list(_RENEWABLES):
        renewable.renew_after_fork()


getattr(os, "register_at_fork", dict)(after_in_child=renew_all)  # Windows has no fork
