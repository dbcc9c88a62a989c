"""Waiting until a call is answered: the options of the wait, and the lines on a terminal with the state and remaining time."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import click

from bxml.messages.text import escape_unprintable
from callcontrol.call_models import CallState
from callcontrol.client import Client
from callcontrol.command.account import seconds
from callcontrol.command.stderr_display import is_shown, start, stop
from callcontrol.errors import NotAnswered
from callcontrol.operation_steps import FIRST_POLL, LONGEST_POLL

if TYPE_CHECKING:
    from rich.live import Live

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_WAIT: Final = 60.0
"""Default of ``--wait-timeout``, in seconds."""

PATIENCE: Final = 60.0
"""Seconds during which an unknown id is tolerated, because a new call is not visible immediately."""


def wait_options(then: str = "") -> Callable[[F], F]:
    """Return a decorator that adds the options ``--wait`` and ``--wait-timeout`` to a command.

    Args:
        then: End of the help of ``--wait``: what happens after the wait.
    """

    def add(command: F) -> F:
        limit = f"Maximum seconds for --wait; default: {DEFAULT_WAIT:g}. After this time, the exit code is 3."
        command = click.option("--wait-timeout", metavar="SECONDS", callback=_seconds_to_wait, help=limit)(command)
        return click.option("--wait", is_flag=True, is_eager=True, help=f"Wait until the call is answered{then}.")(command)

    return add


def _seconds_to_wait(context: click.Context, _: click.Parameter, text: str | None) -> float:
    """Return the value of ``--wait-timeout``, or its default.

    Raises:
        click.BadParameter: If the value is not a number of seconds.
        click.UsageError: If ``--wait`` was not given.
    """
    given = None if text is None else seconds(text)
    if given is not None and not context.params["wait"]:  # --wait is eager, so it has been read already
        raise click.UsageError("--wait-timeout requires --wait", context)
    return DEFAULT_WAIT if given is None else given


def wait_until_answered(
    client: Client,
    call_id: str,
    timeout: float,
    *,
    clock: Callable[[], float] = monotonic,
    pause: Callable[[float], object] = sleep,
) -> CallState:
    """Wait until a call is answered, and return its state. On a terminal, show the state so far and the time left.

    Args:
        client: The client.
        call_id: The id of the call.
        timeout: Maximum seconds to wait.
        clock: Function that returns the current time in seconds.
        pause: Function that waits for a number of seconds.

    Raises:
        CallNotActive: If the call ends without an answer.
        NotAnswered: If the call is not answered in time.
        NotFound: If the API still does not know the call after a minute.
    """
    start, next_pause = clock(), FIRST_POLL
    with _TimeLeft(call_id, start + timeout, clock) as shown:
        while True:
            passed = clock() - start
            try:
                # One request for each call of this method, so that its result can be shown.
                return client.wait_until_answered(call_id, timeout=0, patience=PATIENCE - passed)
            except NotAnswered as error:
                if passed >= timeout:
                    raise NotAnswered(call_id, timeout, error.call) from None
                shown.state(error.state)
            pause(min(next_pause, timeout - passed))
            next_pause = min(next_pause * 1.5, LONGEST_POLL)


class _TimeLeft:
    """Lines on stderr, if it is a terminal: the call that the command waits for, its state, and the time left.

    The lines appear when the state is set for the first time, and disappear at the end.

    Args:
        call_id: The id of the call.
        end: The time at which the wait ends.
        clock: Function that returns the current time in seconds.
    """

    def __init__(self, call_id: str, end: float, clock: Callable[[], float]) -> None:
        self._call_id, self._end, self._clock = call_id, end, clock
        self._state: str | None = None
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the lines."""
        if self._live is not None:
            stop(self._live)

    def state(self, state: str | None) -> None:
        """Set the state of the call; ``None`` if the call is not visible yet."""
        self._state = state
        if self._live is None and is_shown():
            self._live = start(self._line)

    def _line(self) -> str:
        left = max(0, math.ceil(self._end - self._clock()))
        state = f"is {escape_unprintable(self._state)}" if self._state else "is not visible yet"
        return f"waiting for an answer, {left} s left: call {self._call_id} {state}"
