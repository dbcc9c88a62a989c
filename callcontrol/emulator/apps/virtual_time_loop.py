"""An event loop in virtual time: the emulator sets the loop's time, and the loop tells the emulator when it is blocked.

``asyncio.sleep`` and timeouts of an application take virtual time, so a test run is fast and always the same. The emulator
advances its time only while the loop is blocked: no callback is ready, and the next timer is in the future.

Work outside the loop takes real time, such as functions in threads and responses of other servers. The loop cannot know how
long such work takes, so it only reports whether there may be such work.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextvars import Context
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack

from callcontrol.emulator.scheduler import Action

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

QUIET_SECONDS: Final = 0.02
"""Seconds of real time to wait for outside work in each step. This is the length of the audio of one message, so an application
with its own connections runs at about real time.
"""


Advance = Callable[[float | None], bool]
"""A function that advances the emulator's time if nothing else must run first, and returns whether it advanced the time.

Its argument is the due time of the loop's next timer, in seconds; ``None`` without timers.
"""


LONGEST_STEP: Final = 60.0
"""Maximum number of seconds of real time that an application may block its event loop."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop that uses the emulator's time, except during the startup and shutdown of the application.

    During startup and shutdown, timers take real time, because the emulator waits for both.

    Args:
        clock: Function that returns the emulator's time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._is_virtual = False
        self._extra = 0.0
        """Seconds that timers took during startup and shutdown."""
        self._changed = threading.Condition()
        self._is_blocked = False
        self._deadline: float | None = None
        self._advance: Advance | None = None
        self._error: BaseException | None = None
        """The exception that ``_advance`` raised."""
        self._outbox: list[Action] = []
        self._posted = self._run = 0
        """Number of requested deliveries of the outbox, and number of completed deliveries."""
        self._in_threads = 0
        self._callbacks = 0
        """Number of callbacks that were scheduled since the loop was blocked."""
        self._was_woken = False
        """True if another thread scheduled a callback since the loop was blocked."""
        self._earliest: float | None = None
        """A time before which no timer of the loop is due, in seconds of the emulator's time; ``None`` without timers."""
        self._watched = selectors.DefaultSelector()
        self._descriptors = self._watched.get_map()
        super().__init__(_ReportingSelector(self._watched, self._select))
        self._own_descriptors = len(self._descriptors)

    # Called by asyncio in the thread of the loop

    def time(self) -> float:
        """Return the emulator's time."""
        return self._clock() + self._extra

    def run_in_executor(self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts) -> asyncio.Future[T]:
        """Run a function in a thread, and count it as outside work until it returns."""
        self._in_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._left_thread)
        return future

    def _left_thread(self, _: object) -> None:
        self._in_threads -= 1

    def call_soon(self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None) -> asyncio.Handle:
        """Schedule a callback, and count it."""
        self._callbacks += 1
        return super().call_soon(callback, *args, context=context)

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Schedule a callback from another thread, and remember that."""
        self._was_woken = True
        return super().call_soon_threadsafe(callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Schedule a callback at a time, and remember the earliest of these times."""
        moment = when - self._extra
        self._earliest = moment if self._earliest is None else min(self._earliest, moment)
        return super().call_at(when, callback, *args, context=context)

    def advance_from_callback(self) -> bool:
        """Advance time during a callback if the loop has nothing else to do, and return whether time was advanced.

        A task that would wait for a message calls this function first. If this task is the only work of the loop, the message
        then arrives without another iteration of the loop. In a long stream, such iterations would take most of the time.
        """
        if self._callbacks != 1 or self._was_woken or (self._earliest is not None and self._earliest <= self._clock()):
            return False
        # A task factory may start tasks within a callback, so other tasks than the current one may have work.
        if self._in_threads or self._watches_files or self.get_task_factory() is not None:
            return False
        return self._has_advanced(self._earliest)

    def _select(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for events, at most for the virtual time that asyncio asks for."""
        found = self._watched.select(0)
        if found or (timeout is not None and timeout <= 0):
            return found
        if not self._is_virtual:
            found = self._watched.select(timeout)
            if not found and timeout is not None:
                self._extra += timeout
            return found
        deadline = None if timeout is None else self._clock() + timeout
        self._callbacks, self._was_woken = 0, False
        self._earliest = deadline
        if not self.has_outside_work and self._has_advanced(deadline):
            return found
        with self._changed:
            self._deadline = deadline
            self._is_blocked = True
            self._changed.notify_all()
        found = self._watched.select(None)
        with self._changed:
            self._is_blocked = False
        return found

    def _has_advanced(self, deadline: float | None) -> bool:
        """Advance the emulator's time, and return whether it was advanced."""
        if self._advance is None or self._run != self._posted:
            return False
        try:
            has_advanced = self._advance(deadline)
        except BaseException as error:  # noqa: BLE001  the thread of the emulator raises it
            self._advance, self._error = None, error
            return False
        actions, self._outbox = self._outbox, []
        for action in actions:
            action()
        return has_advanced or bool(actions)

    def start_virtual_time(self) -> None:
        """Let timers take virtual time."""
        self._is_virtual = True

    def stop_virtual_time(self) -> None:
        """Let timers take real time."""
        self._is_virtual = False

    # Called by the emulator

    def post(self, action: Action) -> None:
        """Run a function in the loop during the next :meth:`settle`."""
        self._outbox.append(action)

    def settle(self, limit: float = LONGEST_STEP, advance: Advance | None = None) -> bool:
        """Run the posted functions and everything that they cause at this moment, and return whether there were any.

        The method waits for outside work for at most ``QUIET_SECONDS``.

        Args:
            limit: Maximum number of seconds of real time to wait for the application.
            advance: Function that is called in the thread of the loop whenever the loop is blocked and no outside work is left.
                This saves two thread switches, which would take most of the time of a long stream.

        Raises:
            TimeoutError: If the application does not return to its event loop within the limit.
        """
        has_run = False
        while self._outbox:
            has_run = True
            actions, self._outbox = self._outbox, []
            self._advance = advance
            self._posted += 1
            self.call_soon_threadsafe(self._deliver, actions)
            with self._changed:
                if not self._changed.wait_for(self._is_settled, limit):
                    raise TimeoutError(f"the application has blocked its event loop for {limit:g} s")
                if self.has_outside_work:
                    # If something happens meanwhile, the loop is blocked again afterwards.
                    self._changed.wait_for(lambda: self._is_settled() and not self.has_outside_work, QUIET_SECONDS)
                    self._changed.wait_for(self._is_settled, limit)
                # Under the lock, because outside work may make the loop run again.
                error, self._advance, self._error = self._error, None, None
            if error is not None:
                raise error
        return has_run

    def wait_for_outside_work(self, condition: Callable[[], bool], seconds: float) -> None:
        """Wait until a condition is true, only timers are left, or the next timer is due.

        Args:
            condition: Function that returns whether to stop.
            seconds: Maximum number of seconds of real time.
        """
        until_timer = float("inf") if self.deadline is None else self.deadline - self._clock()
        with self._changed:
            self._changed.wait_for(
                lambda: condition() or (self._is_settled() and not self.has_outside_work), min(seconds, until_timer)
            )

    @property
    def deadline(self) -> float | None:
        """The due time of the loop's next timer, in seconds of the emulator's time; ``None`` without timers."""
        return self._deadline

    @property
    def has_outside_work(self) -> bool:
        """True if functions run in threads, or the application has network connections, listens or watches files."""
        return self._in_threads > 0 or self._watches_files or _has_busy_worker(self)

    @property
    def _watches_files(self) -> bool:
        """True if the application has network connections, listens or watches files."""
        return len(self._descriptors) > self._own_descriptors

    def _deliver(self, actions: list[Action]) -> None:
        self._run += 1
        for action in actions:
            action()

    def _is_settled(self) -> bool:
        return self._is_blocked and self._run == self._posted


def _has_busy_worker(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether a thread of AnyIO runs a function for a loop, such as an endpoint of FastAPI that is not a coroutine.

    AnyIO has no public way to ask. Its worker threads know their loop and the list of idle workers.
    """
    return any(
        getattr(thread, "loop", None) is loop and thread not in getattr(thread, "idle_workers", (thread,))
        for thread in threading.enumerate()
    )


class _ReportingSelector(selectors.BaseSelector):
    """A selector that leaves the waiting to a function.

    Args:
        watched: The selector that watches the files.
        select: Function that waits.
    """

    def __init__(
        self,
        watched: selectors.BaseSelector,
        select: Callable[[float | None], list[tuple[selectors.SelectorKey, int]]],
    ) -> None:
        self._watched = watched
        self._select = select

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._watched.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._watched.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._watched.modify(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return self._select(timeout)

    def close(self) -> None:
        self._watched.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._watched.get_map()
