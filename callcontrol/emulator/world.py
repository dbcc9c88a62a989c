"""The world that calls live in: its time, its phones, the application, and all that goes on at once.

Time is virtual: it goes on only while somebody moves it, from one appointment to the next, as fast as it can. Or it goes by
itself, and a thread lets happen what is due. The lock is held while something happens and is free while an application is
asked, so that an application can use the API meanwhile.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from callcontrol.emulator.agenda import Agenda, Appointment
from callcontrol.emulator.applications import Application
from callcontrol.emulator.decisions import Decisions
from callcontrol.emulator.phones import Phone, Reaction
from callcontrol.emulator.processes import Ask, Failed, Process, Steps, too_late
from callcontrol.emulator.records import Clock, Records, now, written_id
from callcontrol.http import Reply, Request
from callcontrol.operations import BASE_URL

if TYPE_CHECKING:
    from callcontrol.emulator.calls import Call
    from callcontrol.emulator.conferences import Conference
    from callcontrol.emulator.correspondence import Correspondent
    from callcontrol.emulator.timeline import Entry

FOREVER: Final = float("inf")


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
class Question:
    """What a process wants to know of an application.

    Attributes:
        process: The process.
        ask: What it asks.
        limit: When it waits no longer, where time does not wait for the answer.
    """

    process: Process
    ask: Ask
    limit: Appointment | None


HandOver = Callable[[Callable[[], None]], None]
"""Has something done by another thread."""


class World:
    """What all calls share.

    Args:
        application: What webhooks are sent to.
        decisions: What is decided where the vendor's pages are silent.
        verbs: What each verb does.
        clock: Gives the time of day, to which the time that has been moved is added.
        reaction: How phones react of which nothing else is known; ``None`` if calls to them wait to be told.
        extra: Names of attributes, newer than the schema, that documents may have.
    """

    def __init__(  # noqa: PLR0913  all that calls share
        self,
        application: Application,
        decisions: Decisions,
        *,
        verbs: Mapping[type[Any], Callable[[Any, Any, Any], Steps[Any]]],
        clock: Clock = now,
        reaction: Reaction | None = None,
        extra: Collection[str] = (),
    ) -> None:
        """Begin, with nothing going on."""
        self.application = application
        self.decisions = decisions
        self.extra = extra
        self.verbs = verbs
        self.agenda = Agenda()
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        """Told whenever something new is to happen or has happened."""
        self.speed: float | None = None
        """How fast time goes by itself, in its seconds for each real one; ``None`` if it has to be moved."""
        self.noted: Callable[[Correspondent, Entry], None] = lambda _, __: None
        """Told of each entry of a timeline as it is written, with the lock held."""
        self.lengths: dict[str, float] = {}
        """Seconds of audio, by the URL of its file."""
        self.delays: list[Delay] = []
        grace = timedelta(seconds=decisions.seconds_of_grace)
        self.calls: Records[Call] = Records(self.time, grace, decisions.most_ended_calls)
        self.conferences: dict[str, Conference] = {}
        """All conferences, by their ids, but for those that are long over."""
        self.numbers_of_conferences = itertools.count(1)
        """Count up, so that runs are alike."""
        self.base_url = BASE_URL
        """What URLs of the API begin with, in events."""
        self._clock = clock
        self._reaction = reaction
        self._phones: dict[str, Phone] = {}
        self._questions: deque[Question] = deque()
        self._numbers = itertools.count(1)
        self._errors = itertools.count(1)
        self._completed: deque[str] = deque()
        self._moving = False
        self._hand_over: HandOver | None = None

    def time(self) -> datetime:
        """The time of day, in UTC."""
        return self._clock() + timedelta(seconds=self.agenda.now)

    # Phones

    def phone(self, number: str) -> Phone:
        """A phone, whether anything is known of it or not."""
        return self._phones.setdefault(number, Phone(self._reaction or Reaction()))

    def reaction(self, number: str) -> Reaction | None:
        """How a number reacts; ``None`` if that waits to be told."""
        return self._phones[number].reaction if number in self._phones else self._reaction

    def conference_named(self, account_id: str, name: str) -> Conference | None:
        """The conference of this name that is not over, if there is one."""
        known = reversed(self.conferences.values())
        return next((each for each in known if each.is_active and (each.account_id, each.name) == (account_id, name)), None)

    def completed(self, conference: Conference) -> None:
        """Know that a conference is over, which makes room for others in its time."""
        self._completed.append(conference.conference_id)
        while len(self._completed) > self.decisions.most_ended_calls:
            del self.conferences[self._completed.popleft()]

    def new_id(self, prefix: str) -> str:
        """An id of the vendor's form for what is no call; each counts up."""
        return written_id(prefix, next(self._numbers))

    def new_error_id(self) -> str:
        """An id for something that went wrong: it counts up, so that runs are alike."""
        number = next(self._errors)
        return f"{number:08x}-0000-0000-0000-{number:012x}"

    # What goes on

    def begin(self, steps: Steps[Any], ended: Callable[[Any], None] = lambda _: None) -> Process:
        """Let something go on, after what goes on now."""
        process = Process(self.agenda, steps, self._ask, ended)
        process.start()
        return process

    @contextmanager
    def change(self) -> Generator[None]:
        """Hold the world while something comes from outside, and tell all who wait of it."""
        with self.changed:
            try:
                yield
            finally:
                self.changed.notify_all()

    def _ask(self, process: Process, ask: Ask) -> None:
        limit = None
        if self.speed is not None:  # an application lives in real time, and has its seconds of that however fast this one goes
            limit = self.agenda.after(ask.seconds * self.speed, lambda: self._too_late(process, ask))
        self._questions.append(Question(process, ask, limit))

    @staticmethod
    def _too_late(process: Process, ask: Ask) -> None:
        process.resume(ask, too_late(ask.seconds))

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
                self.agenda.pass_to(until)

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
            self.move(self.agenda.now)
            return
        with self.changed:
            self.changed.wait_for(lambda: self.speed is None or not self._is_busy())

    def _is_busy(self) -> bool:
        due_in = self.agenda.due_in
        return self._moving or (due_in is not None and due_in <= 0)

    def until(self, true: Callable[[], bool], seconds: float) -> bool:
        """Let things happen until something is true, for so many seconds at most; whether it is."""
        if self.speed is not None:
            with self.changed:
                patience = min(seconds / self.speed, threading.TIMEOUT_MAX)
                self.changed.wait_for(lambda: self.speed is None or true(), patience)
                return true()
        deadline = self.agenda.now + seconds
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
                happened = self.agenda.happen(until)
            while self._questions:
                question = self._questions.popleft()
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
            began, today = self.agenda.now, self.time()
            # The time of day stands still from now on, for all that passes is in the agenda.
            self._clock = lambda: today - timedelta(seconds=began)
            start = time.monotonic()
            self.agenda.follow(lambda: began + (time.monotonic() - start) * speed)
            self.speed, self._hand_over = speed, hand_over

    def stand_still(self) -> None:
        """Let time go on only when it is moved, as before."""
        with self.change():
            self.agenda.follow(None)
            self.speed, self._hand_over = None, None

    def _answer(self, question: Question) -> None:
        """Ask the application, without the lock, and tell the process."""
        ask = question.ask
        seconds = self._seconds_of(ask.request)
        came_back = self.application(ask.request, ask.seconds)
        if seconds >= ask.seconds:  # the application has been asked all the same, and does what it does
            seconds, came_back = ask.seconds, too_late(ask.seconds)
        give = partial(self._give, question.process, ask, came_back)
        with self.change():
            if question.limit is not None:
                question.limit.call_off()
            if seconds:
                self.agenda.after(seconds, give)
            else:
                give()

    @staticmethod
    def _give(process: Process, ask: Ask, came_back: Reply | Failed) -> None:
        if not process.resume(ask, came_back):
            ask.ignored(came_back)

    def _seconds_of(self, request: Request) -> float:
        """How long the application takes, by the rules for it."""
        with self.lock:
            for delay in self.delays:
                if delay.applies(request):
                    delay.times -= 1
                    return delay.seconds
            return self.decisions.seconds_of_a_webhook
