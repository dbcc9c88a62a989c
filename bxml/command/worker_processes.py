"""The processes that check many files: they end together with the process that started them.

A process that is killed cannot stop its workers. Workers that continue would keep the pipe of the report open, and the reader
of the pipe would wait for the workers.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from multiprocessing import parent_process
from threading import Thread
from typing import Any, Final

INTERVAL: Final = 0.1
"""Seconds between two checks of the parent process."""

_function: Callable[[Any], Any]
"""The function that this worker runs."""


def initialize(parent: int, function: Callable[[Any], Any]) -> None:
    """Prepare this worker process.

    Args:
        parent: The id of the process that started this worker.
        function: The function that :func:`run` calls.
    """
    global _function  # noqa: PLW0603  a process has one function
    _function = function
    # Only the parent reports that Ctrl-C was pressed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=end_with, args=(parent,), daemon=True).start()


def run(argument: Any) -> Any:
    """Call the function of this worker."""
    return _function(argument)


def end_with(parent: int) -> None:
    """Wait until the parent process has ended, and then end this process."""
    while not has_ended(parent):
        time.sleep(INTERVAL)
    os._exit(1)


def has_ended(parent: int) -> bool:
    """Return whether the parent process has ended."""
    process = parent_process()
    # After a fork, other workers keep the parent's pipe open, so multiprocessing cannot tell. Windows has no new parent.
    by_id = os.name == "posix" and os.getppid() != parent
    return by_id or (process is not None and not process.is_alive())
