"""What goes on in a call: generators that yield what they wait for, so that thousands of them need no thread.

A task yields a :class:`Wait`, and is sent the signal that came or ``None`` once the time is up; or an :class:`CallWebhook`, and is
sent what came back. Nothing resumes it from within: a signal makes an timer, which comes after what goes on now. So no
task ever finds another one half done.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from inspect import GEN_RUNNING, getgeneratorstate
from typing import Any, TypeVar

from callcontrol.emulator.scheduler import Scheduler, Timer
from callcontrol.http_messages import Reply, Request
from callcontrol.redaction import redacted

T = TypeVar("T")


@dataclass(frozen=True)
class Signal:
    """Something that a task may wait for."""


@dataclass(frozen=True)
class Wait:
    """Until a signal of these kinds comes, for so many seconds at most, or for ever."""

    seconds: float | None = None
    signals: tuple[type[Signal], ...] = ()


@redacted
@dataclass(frozen=True)
class Failed:
    """Why nothing came back from an application.

    Attributes:
        reason: In words, with a traceback after the first line if it raised an exception.
        is_unreachable: Whether the connection failed, rather than the application.
    """

    reason: str
    is_unreachable: bool = False


def too_late(seconds: float) -> Failed:
    """Nothing came back within so many seconds."""
    return Failed(f"no answer within {seconds:g} s")


@dataclass(frozen=True)
class CallWebhook:
    """For what an application answers to a request, for so many seconds at most."""

    request: Request = field(repr=False)
    seconds: float
    ignored: Callable[[Reply | Failed], None] = field(default=lambda _: None, repr=False, compare=False)
    """Called with what came back if it comes too late to matter."""


Steps = Generator["Wait | CallWebhook", Any, T]
"""What a task does; ``yield from`` makes one of several."""


@redacted
@dataclass(eq=False)
class Task:
    """Something that goes on.

    Args:
        scheduler: Where its timers are made.
        steps: What it does.
        ask: Brings a request to an application; it has to call :meth:`resume` with what comes back.
        ended: Called with what it returned, if it was not stopped before.
    """

    scheduler: Scheduler
    steps: Steps[Any]
    ask: Callable[[Task, CallWebhook], None]
    ended: Callable[[Any], None] = field(default=lambda _: None)
    asking: CallWebhook | None = field(default=None, init=False)
    """What it waits for from an application."""
    over: bool = field(default=False, init=False)
    _signals: tuple[type[Signal], ...] = field(default=(), init=False)
    _timer: Timer | None = field(default=None, init=False)

    def start(self) -> None:
        """Begin, after what goes on now."""
        self._timer = self.scheduler.after(0, lambda: self._go_on(None))

    def waits_for(self, kind: type[Signal]) -> bool:
        """Whether a signal of this kind would be taken now."""
        return issubclass(kind, self._signals)

    def signal(self, signal: Signal) -> bool:
        """Tell it of something; whether it waited for that."""
        if not isinstance(signal, self._signals):
            return False
        self._resume(signal)
        return True

    def resume(self, ask: CallWebhook, came_back: Reply | Failed) -> bool:
        """Give it what came back from an application; whether it still waits for that."""
        if self.asking is not ask:
            return False
        self._resume(came_back)
        return True

    def stop(self) -> None:
        """End it where it is, which lets it clean up; if it does so itself, once it waits for something."""
        self._forget()
        self.over = True
        if getgeneratorstate(self.steps) != GEN_RUNNING:
            self.steps.close()

    def _resume(self, value: object) -> None:
        self._forget()
        self._timer = self.scheduler.after(0, lambda: self._go_on(value))

    def _forget(self) -> None:
        """Wait for nothing."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._signals, self.asking = None, (), None

    def _go_on(self, value: object) -> None:
        self._forget()
        try:
            wanted = self.steps.send(value)
        except StopIteration as end:
            if not self.over:
                self.over = True
                self.ended(end.value)
            return
        if self.over:  # it has stopped itself
            self.steps.close()
            return
        if isinstance(wanted, CallWebhook):
            self.asking = wanted
            self.ask(self, wanted)
            return
        self._signals = wanted.signals
        if wanted.seconds is not None:
            self._timer = self.scheduler.after(wanted.seconds, lambda: self._go_on(None))
