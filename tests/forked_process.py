"""Run a function in a forked child process."""

import os
import signal
from collections.abc import Callable
from typing import Final, TypeVar, cast

import pytest

FORK_LIMIT: Final = 30.0
"""Seconds after which a child process is considered to hang."""

_WITH_FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
_WITH_THREADS = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

T = TypeVar("T")


def forks(test: T) -> T:
    """Mark a test that forks this process.

    The process has several threads, so Python 3.12 and later warn about the fork.
    """
    return cast("T", _WITH_FORK(_WITH_THREADS(test)))


def in_child(work: Callable[[], object]) -> Callable[[], str]:
    """Run a function in a forked child, and return another function, which waits for the result.

    The result is a string: ``str`` of the return value, the type and message of an error, or ``"hangs"`` if
    the child does not end within :data:`FORK_LIMIT` seconds.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        try:
            signal.alarm(int(FORK_LIMIT))
            try:
                text = str(work())
            except BaseException as error:  # noqa: BLE001  the parent reports any error
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
