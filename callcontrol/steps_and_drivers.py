"""Operations as steps: generators that yield requests and pauses, and the two drivers that carry out the requests and pauses.

The rules of an operation (what is retried, when a token is renewed, what a response means) are written once, as a generator of
:data:`Steps`. A generator does no I/O: it yields a request or a pause, and a driver sends the result back, or throws the error.
The driver :func:`drive` uses blocking calls, :func:`drive_async` uses an event loop, and a test uses a list of responses.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from callcontrol.fork_safety import renew_after_fork
from callcontrol.http_messages import Reply, Request
from callcontrol.redacted_url_repr import redacted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SendRequest:
    """Send a request; the result is its :class:`~callcontrol.Reply`."""

    request: Request


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for a number of seconds; the result is ``None``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class DiscardConnections:
    """Stop using the open connections, because a response belonged to another request; the result is ``None``."""


@redacted
@dataclass(frozen=True, slots=True)
class Exclusive:
    """Run other steps while no one else holds the lock; the result is the result of the other steps."""

    lock: StepLock
    steps: Steps[Any]


class PauseAborted(Exception):
    """A pause ended early, because the caller of the operation stops. No further request is sent.

    Attributes:
        may_have_been_processed: Whether the API may have processed an earlier request of the operation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.may_have_been_processed = False


Step: TypeAlias = "SendRequest | Pause | DiscardConnections | Exclusive"
Steps: TypeAlias = "Generator[Step, Any, T]"
"""An operation: a generator that yields the steps to carry out, and returns the result."""


class StepLock:
    """A lock for :class:`Exclusive` steps: one lock for all threads, and one lock for the tasks of each event loop.

    A task never waits for a thread, because that would block its event loop. So a thread and a task can run the same steps at
    once.
    """

    def __init__(self) -> None:
        self.renew_after_fork()
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """Replace the locks, which a thread of the parent process may have held."""
        self.of_threads = threading.Lock()
        self._of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    def of_loop(self) -> AbstractAsyncContextManager[None]:
        """Return the lock of the running event loop."""
        return self._of_loops.setdefault(asyncio.get_running_loop(), asyncio.Lock())


def drive(steps: Steps[T], send: Callable[[Request], Reply], pause: Callable[[float], object]) -> T:
    """Carry out an operation with blocking calls.

    Args:
        steps: The operation.
        send: Sends a request and returns the response.
        pause: Waits for a number of seconds.

    Returns:
        The result of the operation.
    """
    value: Any = None
    error: BaseException | None = None
    while True:
        try:
            step = steps.send(value) if error is None else steps.throw(error)
        except StopIteration as end:
            result: T = end.value
            return result
        value, error = None, None
        try:
            if isinstance(step, SendRequest):
                value = send(step.request)
            elif isinstance(step, Pause):
                pause(step.seconds)
            elif isinstance(step, DiscardConnections):
                discard_connections(send)
            else:
                with step.lock.of_threads:
                    value = drive(step.steps, send, pause)
        except BaseException as failure:  # noqa: BLE001  the operation decides whether it is handled
            error = failure


async def drive_async(
    steps: Steps[T], send: Callable[[Request], Awaitable[Reply]], pause: Callable[[float], Awaitable[object]]
) -> T:
    """Carry out an operation on the running event loop.

    Args:
        steps: The operation.
        send: Sends a request and returns the response.
        pause: Waits for a number of seconds.

    Returns:
        The result of the operation.
    """
    value: Any = None
    error: BaseException | None = None
    while True:
        try:
            step = steps.send(value) if error is None else steps.throw(error)
        except StopIteration as end:
            result: T = end.value
            return result
        value, error = None, None
        try:
            if isinstance(step, SendRequest):
                value = await send(step.request)
            elif isinstance(step, Pause):
                await pause(step.seconds)
            elif isinstance(step, DiscardConnections):
                discard_connections(send)
            else:
                async with step.lock.of_loop():
                    value = await drive_async(step.steps, send, pause)
        except BaseException as failure:  # noqa: BLE001  the operation decides whether it is handled
            error = failure


def discard_connections(send: object) -> None:
    """Make a transport stop using its open connections; do nothing if ``send`` is a function without connections."""
    getattr(send, "discard_connections", bool)()
