"""Renewal of locks and connections in the child process of a fork.

A child process has a copy of the parent's memory, but only the thread that called fork. In the
child process, a lock that another thread held is never released, and a socket is shared with the parent.
"""

from __future__ import annotations

import os
from typing import Final, Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """An object with locks, connections or files that a child process must not use."""

    def renew_after_fork(self) -> None:
        """Replace the locks, connections and files. The child process calls this method before its other code runs."""
        ...


_RENEWABLES: Final[WeakSet[Renewable]] = WeakSet()
"""The registered objects, as weak references, so that registration does not keep an object alive."""


def renew_after_fork(renewable: Renewable) -> None:
    """Register an object to be renewed in each child process, for as long as the object exists."""
    _RENEWABLES.add(renewable)


def renew_all() -> None:
    """Renew every registered object."""
    for renewable in list(_RENEWABLES):
        renewable.renew_after_fork()


getattr(os, "register_at_fork", dict)(after_in_child=renew_all)  # Windows has no such function; dict() does nothing
