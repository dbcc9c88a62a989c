"""Run a function in a forked child process."""

import os
import signal
from collections.abc import Callable
from typing import Final, TypeVar, cast

import pytest

FORK_LIMIT: Final = 30.0
"""Seconds after which a child process is taken to hang."""


_WITH_FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
_WITH_THREADS = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

T = TypeVar("T")


def forks(test: T) -> T:
    """Mark a test that forks this process, which has several threads."""
    return cast("T", _WITH_FORK(_WITH_THREADS(test)))


def in_child(work: Callable[[], object]) -> Callable[[], str]:
    """Fork; run ``work`` in the child; return a function that waits for the child, and returns its result as text.

    A child that does not end in time is killed, and its result is ``"hangs"``.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        try:
            signal.alarm(int(FORK_LIMIT))
            try:
                text = str(work())
            except BaseException as error:  # noqa: BLE001  the parent reports it
                text = f"{type(error).__name__}: {error}"
            os.write(writer, text.encode()[:4096])
        finally:
            os._exit(0)
    os.close(writer)

    def result() -> str:
        with os.fdopen(reader, "rb") as pipe:
            text = pipe.read().decode()
        _, status = os.waitpid(child, 0)
        return "hangs" if os.WIFSIGNALED(status) else text

    return result
