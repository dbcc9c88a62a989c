"""The simulation that calls live in: its time, its phones, the application, and all that goes on at once.

Time is virtual: it goes on only while somebody moves it, from one timer to the next, as fast as it can. Or it goes by
itself, and a thread lets happen what is due. The lock is held while something happens and is free while an application is
asked, so that an application can use the API meanwhile.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from callcontrol.emulator.apps.base import Application
from callcontrol.emulator.assumptions import Assumptions
from callcontrol.emulator.call_records import Clock, now, written_id
from callcontrol.emulator.phones import Phone, Reaction
from callcontrol.emulator.scheduler import Scheduler, Timer
from callcontrol.emulator.tasks import CallWebhook, Failed, Steps, Task, too_late
from callcontrol.emulator.timeline import Entry
from callcontrol.http_messages import Reply, Request
from callcontrol.operations import BASE_URL
from callcontrol.redaction import redacted

FOREVER: Final = float("inf")


@redacted
@dataclass
class Delay:
    """A rule by which an application answers late.

    Attributes:
        seconds: How late.
        path: Of which requests; of any if not given.
        times: How often yet.
    """

    seconds: float
    path: str | None
    times: int

    def applies(self, request: Request) -> bool:
        """Whether it does to this request."""
        return self.times > 0 and self.path in (None, urlsplit(request.url).path)


@dataclass(frozen=True)
class PendingWebhook:
    """What a task wants to know of an application.

    Attributes:
        task: The task.
        ask: What it asks.
        limit: When it waits no longer, where time does not wait for the answer.
    """

    task: Task
    ask: CallWebhook
    limit: Timer | None


HandOver = Callable[[Callable[[], None]], None]
"""Has something done by another thread."""


class Simulation:
    """What all calls share.

    Args:
        application: What webhooks are sent to.
        assumptions: What is decided where the vendor's pages are silent.
        clock: Gives the time of day, to which the time that has been moved is added.
        reaction: How phones react of which nothing else is known; ``None`` if calls to them wait to be told.
        extra: Names of attributes, newer than the schema, that documents may have.
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
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        """Told whenever something new is to happen or has happened."""
        self.speed: float | None = None
        """How fast time goes by itself, in its seconds for each real one; ``None`` if it has to be moved."""
        self.noted: Callable[[Any, Entry], None] = lambda _, __: None
        """Told of each entry of a timeline as it is written, with the lock held."""
        self.lengths: dict[str, float] = {}
        """Seconds of audio, by the URL of its file."""
        self.delays: list[Delay] = []
        self.base_url = BASE_URL
        """What URLs of the API begin with, in events."""
        self._clock = clock
        self._reaction = reaction
        self._phones: dict[str, Phone] = {}
        self._pending: deque[PendingWebhook] = deque()
        self._numbers = itertools.count(1)
        self._errors = itertools.count(1)
        self._moving = False
        self._hand_over: HandOver | None = None

    def time(self) -> datetime:
        """The time of day, in UTC."""
        return self._clock() + timedelta(seconds=self.scheduler.now)

    # Phones

    def phone(self, number: str) -> Phone:
        """A phone, whether anything is known of it or not."""
        return self._phones.setdefault(number, Phone(self._reaction or Reaction()))

    def reaction(self, number: str) -> Reaction | None:
        """How a number reacts; ``None`` if that waits to be told."""
        return self._phones[number].reaction if number in self._phones else self._reaction

    def new_id(self, prefix: str) -> str:
        """An id of the vendor's form for what is no call; each counts up."""
        return written_id(prefix, next(self._numbers))

    def new_error_id(self) -> str:
        """An id for something that went wrong: it counts up, so that runs are alike."""
        number = next(self._errors)
        return f"{number:08x}-0000-0000-0000-{number:012x}"

    # What goes on

    def begin(self, steps: Steps[Any], ended: Callable[[Any], None] = lambda _: None) -> Task:
        """Let something go on, after what goes on now."""
        task = Task(self.scheduler, steps, self._ask, ended)
        task.start()
        return task

    @contextmanager
    def change(self) -> Generator[None]:
        """Hold the simulation while something comes from outside, and tell all who wait of it."""
        with self.changed:
            try:
                yield
            finally:
                self.changed.notify_all()

    def _ask(self, task: Task, ask: CallWebhook) -> None:
        limit = None
        if self.speed is not None:  # an application lives in real time, and has its seconds of that however fast this one goes
            limit = self.scheduler.after(ask.seconds * self.speed, lambda: self._too_late(task, ask))
        self._pending.append(PendingWebhook(task, ask, limit))

    @staticmethod
    def _too_late(task: Task, ask: CallWebhook) -> None:
        task.resume(ask, too_late(ask.seconds))

    # Time

    def move(self, until: float) -> None:
        """Let all happen that is due by then, and time pass to it.

        Raises:
            RuntimeError: if time is moved already, by another thread or by what happens now, or goes by itself.
        """
        self._refuse_if_it_goes_by_itself()
        while self.step(until):
            pass
        if until != FOREVER:
            with self.lock:
                self.scheduler.pass_to(until)

    def next(self) -> bool:
        """Let the next thing happen, whenever that is, and time pass to it; whether there was one.

        Raises:
            RuntimeError: as :meth:`move` does.
        """
        self._refuse_if_it_goes_by_itself()
        return self.step(FOREVER)

    def _refuse_if_it_goes_by_itself(self) -> None:
        if self.speed is not None:
            raise RuntimeError("the emulator's time goes by itself, and nothing else moves it; without a speed it would wait")

    def settle(self) -> None:
        """Let all happen that is due now, or wait until it has, but not for what an application takes its time to answer."""
        if self.speed is None:
            self.move(self.scheduler.now)
            return
        with self.changed:
            self.changed.wait_for(lambda: self.speed is None or not self._is_busy())

    def _is_busy(self) -> bool:
        due_in = self.scheduler.due_in
        return self._moving or (due_in is not None and due_in <= 0)

    def until(self, true: Callable[[], bool], seconds: float) -> bool:
        """Let things happen until something is true, for so many seconds at most; whether it is."""
        if self.speed is not None:
            with self.changed:
                patience = min(seconds / self.speed, threading.TIMEOUT_MAX)
                self.changed.wait_for(lambda: self.speed is None or true(), patience)
                return true()
        deadline = self.scheduler.now + seconds
        while not true():
            if not self.step(deadline):
                return true()
        return True

    def step(self, until: float) -> bool:
        """Let one thing happen that is due by then, and ask applications what it wants to know; whether there was one."""
        with self.lock:
            if self._moving:
                raise RuntimeError("the emulator's time is moved already; an application cannot move it while it is asked")
            self._moving = True
        try:
            with self.lock:
                happened = self.scheduler.happen(until)
            while self._pending:
                question = self._pending.popleft()
                if self._hand_over is None:
                    self._answer(question)
                else:
                    self._hand_over(partial(self._answer, question))
        finally:
            with self.changed:
                self._moving = False
                self.changed.notify_all()
        return happened

    def go_by_itself(self, speed: float, hand_over: HandOver) -> None:
        """Let time go on with the real one, for somebody who lets things happen when they are due.

        Args:
            speed: How fast, in its seconds for each real one.
            hand_over: Has applications asked, while other things happen.
        """
        with self.change():
            began, today = self.scheduler.now, self.time()
            # The time of day stands still from now on, for all that passes is in the scheduler.
            self._clock = lambda: today - timedelta(seconds=began)
            start = time.monotonic()
            self.scheduler.follow(lambda: began + (time.monotonic() - start) * speed)
            self.speed, self._hand_over = speed, hand_over

    def stand_still(self) -> None:
        """Let time go on only when it is moved, as before."""
        with self.change():
            self.scheduler.follow(None)
            self.speed, self._hand_over = None, None

    def _answer(self, question: PendingWebhook) -> None:
        """CallWebhook the application, without the lock, and tell the task."""
        ask = question.ask
        seconds = self._seconds_of(ask.request)
        came_back = self.application(ask.request, ask.seconds)
        if seconds >= ask.seconds:  # the application has been asked all the same, and does what it does
            seconds, came_back = ask.seconds, too_late(ask.seconds)
        give = partial(self._give, question.task, ask, came_back)
        with self.change():
            if question.limit is not None:
                question.limit.cancel()
            if seconds:
                self.scheduler.after(seconds, give)
            else:
                give()

    @staticmethod
    def _give(task: Task, ask: CallWebhook, came_back: Reply | Failed) -> None:
        if not task.resume(ask, came_back):
            ask.ignored(came_back)

    def _seconds_of(self, request: Request) -> float:
        """How long the application takes, by the rules for it."""
        with self.lock:
            for delay in self.delays:
                if delay.applies(request):
                    delay.times -= 1
                    return delay.seconds
            return self.assumptions.webhook_seconds
