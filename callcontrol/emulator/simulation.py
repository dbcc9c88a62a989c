"""The simulation: its time, its phones, the application, and all running tasks.

In virtual time, timers run only while a test or a command advances time, from one timer to the next and as fast as possible.
In real time, a thread runs timers when they are due. The lock is held while a timer runs and is free while a webhook is sent,
so an application can use the API while it handles an event.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from bxml.builder.frozen_dict import Frozen
from callcontrol.emulator.after_response import after_response
from callcontrol.emulator.apps.asgi import AsgiApplication
from callcontrol.emulator.apps.base import Application, is_for_audio
from callcontrol.emulator.apps.virtual_time_loop import Advance
from callcontrol.emulator.assumptions import Assumptions
from callcontrol.emulator.call_audio import Playable
from callcontrol.emulator.call_records import Clock, now
from callcontrol.emulator.generator_tasks import CallWebhook, Failed, Steps, Task, too_late
from callcontrol.emulator.phones import Phone, Reaction
from callcontrol.emulator.scheduler import Scheduler, Timer
from callcontrol.emulator.stream_connections import Connect, FrameClock
from callcontrol.emulator.timeline import Entry
from callcontrol.http_messages import Reply, Request
from callcontrol.operation_table import API_PATH
from callcontrol.redacted_url_repr import redacted

LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""The last time of day that the simulation shows. Datetimes end with the year 9999, so a few hours can still be added."""

STREAM_STEPS: Final = 500
"""Maximum number of timers of streams in one step, so that an application that is slow does not seem to be blocked."""

STREAM_SECONDS: Final = 5.0
"""Maximum number of seconds of real time for the timers of streams in one step, for the same reason."""

FOREVER: Final = float("inf")
"""Argument that makes :meth:`Simulation.advance_to` run all timers."""


UNREACHABLE_BASE_URL: Final = f"https://emulator.invalid{API_PATH}"
"""The base URL in events if the emulator has no server.

The name is reserved, so an application that requests such a URL cannot send its credentials to anyone, such as the vendor.
https://www.rfc-editor.org/rfc/rfc6761#section-6.4
"""


@redacted
@dataclass
class Delay:
    """A rule that makes the application respond late.

    Attributes:
        seconds: Seconds of the emulator's time until the response.
        path: Path of the delayed requests; ``None`` for any path.
        times: Number of further requests that the rule delays.
    """

    seconds: float
    path: str | None
    times: int

    def applies(self, request: Request) -> bool:
        """Return whether the rule applies to this request."""
        return self.times > 0 and self.path in (None, urlsplit(request.url).path)

    def as_json(self) -> dict[str, Any]:
        """Return the delay with the same fields as in the control API's request that creates it."""
        return {"seconds": self.seconds, "times": self.times, **({} if self.path is None else {"path": self.path})}


@dataclass(frozen=True)
class PendingWebhook:
    """A webhook to send for a task.

    Attributes:
        task: The task that waits for the response.
        webhook: The request and its timeout.
        limit: The timer of the timeout in real time; ``None`` in virtual time, which does not pass while the application runs.
    """

    task: Task
    webhook: CallWebhook
    limit: Timer | None


@dataclass(frozen=True)
class UnansweredWebhook:
    """A webhook whose response comes later in virtual time, because the application waits for something.

    Attributes:
        pending: The webhook.
        seconds: Seconds by which a rule delays the response.
        response: The response, once it has come.
        limit: The timer of the timeout.
    """

    pending: PendingWebhook
    seconds: float
    response: Future[Reply | Failed]
    limit: Timer


HandOver = Callable[[Callable[[], None]], None]
"""A function that runs another function in a different thread."""


class Simulation:
    """The state that all calls and conferences share.

    Args:
        application: The application that receives webhooks.
        assumptions: The behavior that the vendor's pages do not specify.
        clock: Function that returns the time of day; the simulation adds the virtual time that has passed.
        reaction: Default reaction of phones; ``None`` if calls to phones without a reaction wait until a test answers them.
        extra: Names of attributes that documents may have although the schema does not know these attributes yet.
    """

    def __init__(
        self,
        application: Application,
        assumptions: Assumptions,
        *,
        clock: Clock = now,
        reaction: Reaction | None = None,
        extra: Collection[str] = (),
    ) -> None:
        self.application = application
        self.assumptions = assumptions
        self.extra = extra
        self.scheduler = Scheduler()
        # Reentrant, because a function that holds the lock may call another function that takes it, as in the control API.
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        """Condition that is notified when a timer was set or has run."""
        self.changes = 0
        """Number of notifications of ``changed``."""
        self.is_over = False
        """True after the emulator has stopped; nothing waits for changes any more."""
        self.resets = 0
        """Number of calls of :meth:`reset`. Expectations of new calls and members end when it changes."""
        self.speed: float | None = None
        """Seconds of the simulation's time for each second of real time; ``None`` in virtual time."""
        self.noted: Callable[[Any, Entry], None] = lambda _, __: None
        """Function that is called with the call or conference and each new timeline entry, while the lock is held."""
        self.lengths: dict[str, float] = {}
        """Lengths of audio files in seconds; the keys are URLs."""
        self.delays: list[Delay] = []
        """The rules that make the application respond late."""
        self.recordings: WeakValueDictionary[str, Playable] = WeakValueDictionary()
        """The recordings of all calls and conferences that are kept; the keys are the URLs of their media."""
        self.base_url = UNREACHABLE_BASE_URL
        """The base URL of the API in events."""
        self._clock = clock
        self._reaction = reaction
        self._phones: dict[str, Phone] = {}
        self._pending: deque[PendingWebhook] = deque()
        self.frame_clock = FrameClock(self.scheduler)
        """The clock of media streams."""
        self.connect: Connect = lambda _, __: None
        """Function that connects a media stream to its destination; by default all destinations are silent."""
        self.url_map: Mapping[str, str] = Frozen()
        """Replacements for the beginnings of URLs."""
        self._stepped: AsgiApplication | None = None
        self._unanswered: list[UnansweredWebhook] = []
        self._wake: Timer | None = None
        self.series = 0
        """A number in all ids. Two emulators with different numbers never use the same id."""
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: itertools.count(1))
        self._errors = itertools.count(1)
        self.entry_numbers = itertools.count()
        """The numbers of timeline entries."""
        self._is_advancing = False
        self._advanced_by: int = 0
        """The thread that advances time, or advanced it last."""
        self.driver: int | None = None
        """A thread that drives virtual time. If another thread advances time, the driver waits for it."""
        self._hand_over: HandOver | None = None

    def time(self) -> datetime:
        """Return the time of day, in UTC, but at most ``LATEST``."""
        try:
            return min(self._clock() + timedelta(seconds=self.scheduler.now), LATEST)
        except OverflowError:
            return LATEST

    # Phones

    def phone(self, number: str) -> Phone:
        """Return the phone with this number; a new phone has the default reaction."""
        return self._phones.setdefault(number, Phone(self._reaction or Reaction()))

    def reaction(self, number: str) -> Reaction | None:
        """Return the reaction of a number; ``None`` if calls to the number wait until a test answers them."""
        return self._phones[number].reaction if number in self._phones else self._reaction

    def new_id(self, prefix: str) -> str:
        """Return a new id in the vendor's form. The ids of each prefix count up, so that test runs are reproducible."""
        number = next(self._numbers[prefix])
        return f"{prefix}-{number:08x}-{self.series:08x}-0000-0000-0000-{number:012x}"

    def new_error_id(self) -> str:
        """Return a new id for an error; ids count up, so that test runs are reproducible."""
        number = next(self._errors)
        return f"{number:08x}-0000-0000-0000-{number:012x}"

    # Tasks

    def begin(self, steps: Steps[Any], ended: Callable[[Any], None] = lambda _: None) -> Task:
        """Start a task after the current action, and return it."""
        task = Task(self.scheduler, steps, self._queue_webhook, ended)
        task.start()
        return task

    @contextmanager
    def change(self) -> Generator[None]:
        """Hold the lock during a change by a test or an API request, then notify the waiting threads."""
        with self.changed:
            try:
                yield
            finally:
                self._notify()

    @contextmanager
    def change_by_request(self) -> Generator[None]:
        """Hold the lock during a change by an API request, as :meth:`change` does.

        In real time, all that the request causes happens after its response. An application often stores the id of a call that
        it created, and looks it up in the first event of the call.
        """
        with self.change():
            if self.speed is None:  # time does not pass by itself, and a test expects the effects as soon as it advances time
                yield
                return
            held: list[Timer] = []
            try:
                with self.scheduler.hold(held):
                    yield
            finally:
                after_response(partial(self._release, held))

    def _release(self, held: list[Timer]) -> None:
        with self.change():
            self.scheduler.release(held)

    def _notify(self) -> None:
        self.changes += 1
        self.changed.notify_all()

    def wait_for_change(self, after: int, seconds: float) -> None:
        """Wait until the number of changes differs from ``after``, for at most this many seconds of real time."""
        with self.changed:
            self.changed.wait_for(lambda: self.is_over or self.changes != after, seconds)

    def pause(self, seconds: float) -> None:
        """Wait for this many seconds of real time, or until the emulator stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.is_over, min(seconds, threading.TIMEOUT_MAX))

    def reset(self) -> None:
        """Cancel all timers, and forget phones, delays, lengths of files and recordings. The lock must be held.

        The application keeps its own timers.
        """
        self.resets += 1
        self.scheduler.clear()
        self._set_wake()
        self._phones.clear()
        self.delays.clear()
        self.lengths.clear()
        self.recordings.clear()

    def close(self) -> None:
        """Stop all waits for changes."""
        with self.change():
            self.is_over = True

    def _queue_webhook(self, task: Task, webhook: CallWebhook) -> None:
        limit = None
        if self.speed is not None:  # the application runs in real time at any speed, so its timeout is in real time
            limit = self.scheduler.after(webhook.seconds * self.speed, lambda: self._time_out(task, webhook))
        self._pending.append(PendingWebhook(task, webhook, limit))

    @staticmethod
    def _time_out(task: Task, webhook: CallWebhook) -> None:
        task.resume(webhook, too_late(webhook.seconds))

    # Time

    def advance_to(self, until: float) -> None:
        """Run all timers that are due by a given time, and advance the emulator's time to this time.

        Args:
            until: The time in seconds since the start; ``FOREVER`` to run all timers.

        Raises:
            RuntimeError: If time runs in real time, or is already being advanced, for example by another thread or by the
                code that sends a webhook.
        """
        self._refuse_in_real_time()
        while self.step(until, in_background=until != FOREVER):
            pass
        # Time cannot continue from infinity.
        if until != FOREVER:
            with self.lock:
                self.scheduler.advance_to(until)

    def next(self) -> bool:
        """Advance time to the next timer and run it, and return whether there was a timer.

        Raises:
            RuntimeError: If time is already being advanced, or runs in real time.
        """
        self._refuse_in_real_time()
        return self.step(FOREVER, in_background=False)

    def _refuse_in_real_time(self) -> None:
        if self.speed is not None:
            raise RuntimeError(
                "time cannot be advanced while it runs in real time; wait with advance, or create the emulator without a speed"
            )

    def settle(self) -> None:
        """Run everything that is due now.

        In real time, wait until everything has run, but do not wait for responses of the application. If a driver advances
        virtual time at this moment, the driver runs it.
        """
        if self.speed is None:
            while self.step(self.scheduler.now, leaves_to_driver=True):
                pass
            return
        with self.changed:
            self.changed.wait_for(lambda: self.speed is None or not self._is_busy())

    def _is_busy(self) -> bool:
        due_in = self.scheduler.due_in
        return self._is_advancing or self.scheduler.is_holding or (due_in is not None and due_in <= 0)

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Advance time until a condition is true, and return whether it is true.

        Args:
            condition: Function that returns whether to stop.
            seconds: Seconds of the simulation's time after which to give up.
        """
        if self.speed is not None:
            with self.changed:
                timeout = min(seconds / self.speed, threading.TIMEOUT_MAX)
                # The speed is read again, because time may be stopped during the wait.
                self.changed.wait_for(lambda: self.speed is None or condition(), timeout)
                return condition()
        deadline = self.scheduler.now + seconds
        while not condition():
            if not self.step(deadline, stop=condition):
                return condition()
        return True

    def step(
        self,
        until: float,
        *,
        in_background: bool = True,
        stop: Callable[[], bool] = lambda: False,
        leaves_to_driver: bool = False,
    ) -> bool:
        """Run one timer that is due by this time, send the webhooks that it queued, and return whether there was a timer.

        Args:
            until: The time in seconds since the start.
            in_background: Whether to run a timer if only timers in the background are left, such as those of streams.
            stop: Function that returns whether to stop. Several timers of streams may run in one step.
            leaves_to_driver: Whether to do nothing if a driver advances time at this moment.

        Raises:
            RuntimeError: If time is already being advanced.
        """
        thread = threading.get_ident()
        with self.changed:
            if thread == self.driver != self._advanced_by:
                self.changed.wait_for(lambda: not self._is_advancing)
            if self._is_advancing:
                if leaves_to_driver and self.driver is not None:
                    return False
                raise RuntimeError(
                    "the emulator's time is already being advanced; an application cannot advance it in a webhook"
                )
            self._is_advancing, self._advanced_by = True, thread
        try:
            with self.lock:
                has_run = (in_background or self.scheduler.has_work) and self.scheduler.run_next(until)
            self._send_pending()  # without the lock, so the application can use the API
            has_run |= self._step_application(
                partial(self._advance_streams, until, stop, _step_limit(), in_background=in_background)
            )
        finally:
            with self.changed:
                self._is_advancing = False
                self._notify()
        return has_run

    def _send_pending(self) -> None:
        while self._pending:
            pending = self._pending.popleft()
            if self._hand_over is None:
                self._send(pending)
            else:
                self._hand_over(partial(self._send, pending))

    def follow_real_time(self, speed: float, hand_over: HandOver) -> None:
        """Let time follow real time; a thread must call :meth:`step` when timers are due.

        Args:
            speed: Seconds of the simulation's time for each second of real time.
            hand_over: Function that sends a webhook in another thread, so timers run meanwhile.
        """
        with self.change():
            began, today = self.scheduler.now, self.time()
            # From now on the scheduler counts all time that passes, so the time of day must not advance on its own.
            self._clock = lambda: today - timedelta(seconds=began)
            start = time.monotonic()
            self.scheduler.follow(lambda: began + (time.monotonic() - start) * speed)
            self.speed, self._hand_over = speed, hand_over

    def stop_time(self) -> None:
        """Return to virtual time, which only passes when it is advanced."""
        with self.change():
            self.scheduler.follow(None)
            self.speed, self._hand_over = None, None

    # An application in virtual time

    def use_virtual_time_for(self, application: AsgiApplication) -> None:
        """Run the event loop of the application in the emulator's time."""
        application.use_virtual_time(lambda: self.scheduler.now)
        self._stepped = application

    def _advance_streams(
        self,
        until: float,
        stop: Callable[[], bool],
        goes_on: Callable[[], bool],
        deadline: float | None,
        *,
        in_background: bool,
    ) -> bool:
        """Advance time to the next timer of a stream or of the application, unless something else must run first.

        Args:
            until: The time in seconds since the start.
            stop: Function that returns whether to stop.
            goes_on: Function that is called once in each call, and returns whether the step of the simulation goes on.
            deadline: The due time of the application's next timer, in seconds; ``None`` without timers.
            in_background: Whether to run timers if only timers in the background are left.
        """
        if not goes_on() or self._pending or stop():
            return False
        if self._unanswered and any(each.response.done() for each in self._unanswered):
            return False
        with self.lock:
            if not (in_background or self.scheduler.has_work):
                return False
            if deadline is not None and deadline <= until:
                next_at = self.scheduler.next_at
                if next_at is None or deadline < next_at:
                    self.scheduler.advance_to(deadline)
                    return True
            return self.scheduler.run_next(until, only_background=True)

    def _step_application(self, advance: Advance) -> bool:
        """Let the application handle everything that was sent to it, and return whether anything was sent."""
        if self._stepped is None:
            return False
        if self._wake is not None:
            self._wake.cancel()
        has_run = self._stepped.settle(advance)
        for unanswered in tuple(self._unanswered):
            if unanswered.response.done():
                self._unanswered.remove(unanswered)
                unanswered.limit.cancel()
                if not unanswered.response.cancelled():
                    self._answer(unanswered.pending, unanswered.response.result(), unanswered.seconds)
        with self.lock:
            self._set_wake()
        return has_run

    def _set_wake(self) -> None:
        """Set the timer that lets the application run its own next timer. The lock must be held."""
        if self._stepped is not None and (deadline := self._stepped.deadline) is not None:
            self._wake = self.scheduler.at(deadline, self._stepped.wake, in_background=True)

    def _send_in_virtual_time(self, application: AsgiApplication, pending: PendingWebhook, seconds: float) -> None:
        """Send a webhook; if the application does not respond at this moment, continue, and resume the task later."""
        response = application.begin(pending.webhook.request, pending.webhook.seconds)
        if response.done():
            self._answer(pending, response.result(), seconds)
            return

        def time_out() -> None:
            response.cancel()
            self._time_out(pending.task, pending.webhook)

        with self.lock:
            limit = self.scheduler.after(pending.webhook.seconds, time_out)
        self._unanswered.append(UnansweredWebhook(pending, seconds, response, limit))

    # Sending webhooks

    def _send(self, pending: PendingWebhook) -> None:
        """Send a webhook without holding the lock, and resume its task."""
        seconds = self._response_seconds(pending.webhook.request)
        if self._stepped is not None and self.speed is None:
            self._send_in_virtual_time(self._stepped, pending, seconds)
        else:
            self._answer(pending, self.application(pending.webhook.request, pending.webhook.seconds), seconds)

    def _answer(self, pending: PendingWebhook, result: Reply | Failed, seconds: float) -> None:
        """Resume the task of a webhook with the response, which a rule may delay by some seconds."""
        webhook = pending.webhook
        if seconds >= webhook.seconds:  # the application has handled the request, but its response comes too late
            seconds, result = webhook.seconds, too_late(webhook.seconds)
        resume = partial(self._resume, pending.task, webhook, result)
        with self.change():
            if pending.limit is not None:
                pending.limit.cancel()
            if seconds:
                self.scheduler.after(seconds, resume)
            else:
                resume()

    @staticmethod
    def _resume(task: Task, webhook: CallWebhook, result: Reply | Failed) -> None:
        if not task.resume(webhook, result):
            webhook.ignored(result)

    def _response_seconds(self, request: Request) -> float:
        """Return the seconds until the application's response, and count a use of the rule that delays it, if any."""
        if is_for_audio(request):  # the rules and the assumption are about webhooks
            return 0
        with self.lock:
            for delay in self.delays:
                if delay.applies(request):
                    delay.times -= 1
                    return delay.seconds
            return self.assumptions.webhook_seconds


def _step_limit() -> Callable[[], bool]:
    """Return a function that returns whether one step of the simulation may run a further timer of a stream."""
    end, steps = time.monotonic() + STREAM_SECONDS, itertools.count()
    return lambda: next(steps) <= STREAM_STEPS and time.monotonic() < end
