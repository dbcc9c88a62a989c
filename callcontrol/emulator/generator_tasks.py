"""Tasks: generators that yield what they wait for, so that thousands of calls can run without a thread for each call.

If a task yields a :class:`Wait`, it receives the signal that came, or ``None`` after the timeout. If it yields a
:class:`CallWebhook`, it receives the response or the failure. A signal does not resume a task directly, but sets a timer that
runs after the current action. A task therefore never sees another task halfway through a step.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from inspect import GEN_RUNNING, getgeneratorstate
from typing import Any, TypeVar

from callcontrol.emulator.scheduler import Scheduler, Timer
from callcontrol.http_messages import Reply, Request
from callcontrol.redacted_url_repr import redacted

T = TypeVar("T")


@dataclass(frozen=True)
class Signal:
    """Something that a task can wait for."""


@dataclass(frozen=True)
class Wait:
    """A request to wait for a signal or a timeout.

    Attributes:
        seconds: Timeout in seconds of the emulator's time; ``None`` to wait forever.
        signals: The kinds of signals that end the wait.
        is_prompt: Whether a prompt is played until the timeout.
    """

    seconds: float | None = None
    signals: tuple[type[Signal], ...] = ()
    is_prompt: bool = False


@redacted
@dataclass(frozen=True)
class Failed:
    """The failure of a webhook.

    Attributes:
        reason: The reason in one line; if the application raised an exception, its traceback follows in further lines.
        is_unreachable: True if the connection failed, before or after the request; false if the application failed.
    """

    reason: str
    is_unreachable: bool = False


@dataclass(frozen=True)
class DroppedResult(Reply):
    """A response with an empty document: the application did not use the results of the methods that append verbs."""


def too_late(seconds: float) -> Failed:
    """Return the failure of a webhook that timed out after this many seconds."""
    return Failed(f"no response within {seconds:g} s")


@dataclass(frozen=True)
class CallWebhook:
    """A request to call a webhook and wait for the response.

    Attributes:
        request: The HTTP request.
        seconds: Timeout in seconds.
        ignored: Function that is called with the response or the failure if the task no longer waits for the response.
    """

    request: Request = field(repr=False)
    seconds: float
    ignored: Callable[[Reply | Failed], None] = field(default=lambda _: None, repr=False, compare=False)


Steps = Generator["Wait | CallWebhook", Any, T]
"""The steps of a task: a generator, which can run other generators with ``yield from``."""


@redacted
@dataclass(eq=False)
class Task:
    """A running generator.

    Args:
        scheduler: The scheduler that runs the task.
        steps: The generator.
        send: Function that sends a webhook, and later calls :meth:`resume` with the response or the failure.
        ended: Function that is called with the result of the generator, unless the task was stopped.
    """

    scheduler: Scheduler
    steps: Steps[Any]
    send: Callable[[Task, CallWebhook], None]
    ended: Callable[[Any], None] = field(default=lambda _: None)
    webhook: CallWebhook | None = field(default=None, init=False)
    """The webhook that the task waits for; ``None`` if it waits for something else."""
    over: bool = field(default=False, init=False)
    """True after the task has ended or was stopped."""
    wait: Wait | None = field(default=None, init=False)
    """The current wait; ``None`` if the task waits for a webhook or is about to run."""
    _timer: Timer | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the task after the current action."""
        self._timer = self.scheduler.after(0, lambda: self._run_step(None))

    @property
    def _signals(self) -> tuple[type[Signal], ...]:
        return () if self.wait is None else self.wait.signals

    @property
    def wait_ends_at(self) -> float | None:
        """The time at which the wait ends without a signal, in seconds since the start; ``None`` without a timeout."""
        return None if self.wait is None or self._timer is None else self._timer.at

    def waits_for(self, kind: type[Signal]) -> bool:
        """Return whether the task waits for a signal of this kind."""
        return issubclass(kind, self._signals)

    def signal(self, signal: Signal) -> bool:
        """Send a signal, and return whether the task waited for it."""
        if not isinstance(signal, self._signals):
            return False
        self._resume(signal)
        return True

    def resume(self, webhook: CallWebhook, result: Reply | Failed) -> bool:
        """Resume the task with the result of a webhook, and return whether the task was still waiting for this webhook."""
        if self.webhook is not webhook:
            return False
        self._resume(result)
        return True

    def stop(self) -> None:
        """Stop the task, and run its ``finally`` blocks. If a task stops itself, the blocks run at its next ``yield``."""
        self._stop_waiting()
        self.over = True
        if getgeneratorstate(self.steps) != GEN_RUNNING:  # a running generator cannot be closed
            self.steps.close()

    def _resume(self, value: object) -> None:
        self._stop_waiting()
        self._timer = self.scheduler.after(0, lambda: self._run_step(value))

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self.wait, self.webhook = None, None, None

    def _run_step(self, value: object) -> None:
        """Run the generator to its next ``yield``, and store what the task now waits for."""
        self._stop_waiting()
        try:
            wanted = self.steps.send(value)
        except StopIteration as end:
            if not self.over:
                self.over = True
                self.ended(end.value)
            return
        if self.over:  # the task stopped itself in this step
            self.steps.close()
            return
        if isinstance(wanted, CallWebhook):
            self.webhook = wanted
            self.send(self, wanted)
            return
        self.wait = wanted
        if wanted.seconds is not None:
            self._timer = self.scheduler.after(wanted.seconds, lambda: self._run_step(None))
