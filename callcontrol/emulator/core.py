"""The platform as a test uses it: inbound calls, phones, faults and time."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Literal, Self

from bxml.messages.redaction import without_user
from callcontrol import call_states, request_fields
from callcontrol.emulator.api import Api, Exchange
from callcontrol.emulator.apps import application_of
from callcontrol.emulator.apps.base import HOST_OF_OBJECTS
from callcontrol.emulator.assumptions import Assumptions
from callcontrol.emulator.call_flows import arrived, pick_up_at_once
from callcontrol.emulator.call_records import Clock, now
from callcontrol.emulator.call_signals import PickedUp
from callcontrol.emulator.calls import Call, Calls
from callcontrol.emulator.conferences import Conference, Conferences
from callcontrol.emulator.event_payloads import NAMES
from callcontrol.emulator.fault_injection import TIMES, Fault
from callcontrol.emulator.party import CALLBACK_TIMEOUT, Party
from callcontrol.emulator.phones import Phone, Reaction, check_number
from callcontrol.emulator.real_time import RealTimeDriver
from callcontrol.emulator.scheduler import LONGEST, SECONDS
from callcontrol.emulator.simulation import FOREVER, Delay, Simulation
from callcontrol.emulator.timeline import Entry
from callcontrol.emulator.verbs.table import CONFERENCE_VERBS, call_verbs
from callcontrol.emulator.webhook_targets import Target, Webhook, joined
from callcontrol.events import InitiateEvent, RedirectEvent
from callcontrol.http_messages import Reply, Request
from callcontrol.request_fields import refuse_faults

NETWORK_FIELDS: Final = frozenset(NAMES[InitiateEvent]) - frozenset(NAMES[RedirectEvent])
"""What the event of an inbound call has beside all that is known of the call itself."""


def check_network_fields(given: Mapping[str, object]) -> None:
    """Make sure that the network tells of such fields, and that they are what JSON can hold.

    Raises:
        ValueError: if it does not, or they are not.
    """
    unknown = given.keys() - NETWORK_FIELDS
    if unknown:
        raise ValueError(f"the network tells of no {min(unknown)}, but of {', '.join(sorted(NETWORK_FIELDS))}")
    for name, value in given.items():
        try:
            json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
        except (TypeError, ValueError, RecursionError):
            raise ValueError(f"{name} is nothing that JSON can hold") from None


DIALLED: Final = (
    request_fields.Field("to", "text"),
    request_fields.Field("from_", "text"),
    *(request_fields.method(name) for name in ("method", "fallback_method", "status_method")),
    request_fields.Field("callback_timeout", "number", minimum=0.001, maximum=LONGEST),
)
"""What is required of a call that comes in: its numbers may be whatever the network tells, such as that there is none."""

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


class NoApplication(ValueError):
    """A URL is relative, and there is no application that it could be relative to."""


class Core:
    """The emulated API, and the simulation its calls live in.

    Time is virtual: it goes on only while a test moves it, by :meth:`advance`, :meth:`run` or the hands of a caller, and then
    as fast as it can. Until it does, calls keep their state, no webhook is asked, and no BXML is run. With a ``speed`` it goes
    by itself, from the beginning of a ``with`` block to its end.

    Args:
        application: What webhooks are sent to: a WSGI or ASGI object, called without any port, which gets all of them,
            whatever their host; or the URL that an inbound call asks first. Without either, each goes over HTTP to its URL.
        accounts: The account ids that exist; any if not given.
        credentials: Passwords by user name, and secrets by client id, of those who have access; any if not given.
        answers: Whether a call is answered as soon as it is created; else it stays in the queue until told.
        clock: Gives the time of day, to which is added the time that has passed by :meth:`advance` and the like.
        assumptions: What is decided otherwise than by default, where the vendor's pages are silent.
        extra: Names of attributes, newer than the schema, that documents may hold.
        speed: How fast time goes by itself, ``1`` being real time; ``None`` if it waits to be moved. An application has its
            seconds to answer of real time, whatever the speed.

    Raises:
        ValueError: if the speed is not above 0.
    """

    def __init__(  # noqa: PLR0913  each is a choice of its own
        self,
        application: object | None = None,
        *,
        accounts: Collection[str] | None = None,
        credentials: Mapping[str, str] | None = None,
        answers: bool = True,
        clock: Clock = now,
        assumptions: Assumptions | None = None,
        extra: Collection[str] = (),
        speed: float | None = None,
    ) -> None:
        if speed is not None and not 0 < speed < FOREVER:
            raise ValueError(f"a speed is a number above 0, and {speed} is none")
        decided = assumptions or Assumptions()
        reaction = Reaction() if answers else None
        self._simulation = Simulation(application_of(application), decided, clock=clock, reaction=reaction, extra=extra)
        self._conferences = Conferences(self._simulation, CONFERENCE_VERBS)
        self._calls = Calls(self._simulation, call_verbs(self._conferences))
        self._api = Api(self._simulation, self._calls, self._conferences, accounts, credentials)
        self._base_of_urls = application if isinstance(application, str) else "" if application is None else HOST_OF_OBJECTS
        self.speed = speed
        """How fast time goes by itself; ``None`` if it waits to be moved."""
        self._driver: RealTimeDriver | None = None

    def __enter__(self) -> Self:
        """Let time go by itself, if it has a speed."""
        if self.speed is not None:
            self._driver = RealTimeDriver(self._simulation, self.speed)
            self._driver.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let time stand still, and an application that was given as an object shut down, or end the connections to it."""
        if self._driver is not None:
            self._driver.stop()
        self._simulation.application.close()

    @property
    def base_url(self) -> str:
        """Return the base of the API's URLs in events; the default is the vendor's own."""
        return self._simulation.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self._simulation.base_url = url

    def watch(self, noted: Callable[[Party, Entry], None]) -> None:
        """Have somebody told of all that is written into any timeline, as it is, in place of who was told before.

        Args:
            noted: Called with the call or the conference, and the entry. Nothing goes on until it returns, so it only takes
                note.
        """
        self._simulation.noted = noted

    @property
    def exchanges(self) -> deque[Exchange]:
        """The requests that the API received, with their responses, in order."""
        return self._api.exchanges

    def handle(self, request: Request) -> Reply:
        """Return the response to a request, the same as over HTTP.

        Raises:
            ConnectionResetError: if a fault cuts the connection.
        """
        return self._api.handle(request)

    # What a test does to calls from outside

    def call(self, call_id: str) -> Call:
        """A call, in whatever state.

        Raises:
            KeyError: if there is none.
        """
        return self._calls.by_id[call_id]

    @property
    def calls(self) -> list[Call]:
        """All calls, oldest first."""
        return list(self._calls.by_id.values())

    def dial(  # noqa: PLR0913  as many as a voice application has
        self,
        url: str = "",
        *,
        to: str = "+19195550100",
        from_: str = "+12125550123",
        account_id: str = "9900123",
        application_id: str = "0f6b2c1e-5d0a-4c7e-9a55-2f1f7f2f90aa",
        method: Literal["GET", "POST"] = "POST",
        username: str | None = None,
        password: str | None = None,
        fallback_url: str | None = None,
        fallback_method: Literal["GET", "POST"] = "POST",
        fallback_username: str | None = None,
        fallback_password: str | None = None,
        status_url: str | None = None,
        status_method: Literal["GET", "POST"] = "POST",
        callback_timeout: float = CALLBACK_TIMEOUT,
        **event_fields: Any,
    ) -> Call:
        """Call the application: an inbound call, as a voice application of the vendor's is set up for it.

        Args:
            url: Where the ``initiate`` event goes; relative to the URL of the application, or else absolute.
            to: The number that is called.
            from_: The number of the caller.
            account_id: The account of the number.
            application_id: The voice application of the number.
            method: How the URL is asked.
            username: The user name that goes to that URL and to ``status_url``.
            password: The password that goes with it.
            fallback_url: Where the event goes if that fails.
            fallback_method: How that URL is asked.
            fallback_username: The user name that goes to it.
            fallback_password: The password that goes with that.
            status_url: Where the ``disconnect`` event goes.
            status_method: How that URL is asked.
            callback_timeout: Seconds that the application has to answer each event of the call.
            event_fields: What else the event has, by the API's names: ``sipHeaders``, ``stirShaken``, ``uui`` and the like.

        Raises:
            ValueError: if the network sends no such field, an argument is invalid, or a URL is relative and there is no
                application to resolve it against.
        """
        __tracebackhide__ = True
        given = {"to": to, "from_": from_, "method": method, "fallback_method": fallback_method, "status_method": status_method}
        refuse_faults(DIALLED, {**given, "callback_timeout": callback_timeout})
        check_network_fields(event_fields)
        target = self._target(url, method, username, password)
        fallback = fallback_url and self._target(fallback_url, fallback_method, fallback_username, fallback_password)
        status = status_url and self._target(status_url, status_method, username, password)
        with self._simulation.change():
            call = self._calls.new(account_id, application_id, from_, to, direction="inbound")
            call.callback_timeout = callback_timeout
            call.disconnect_webhook = Webhook(status) if status else None
            call.enter(call_states.INITIATED)
            call.live(arrived(call, Webhook(target, fallback or None), event_fields))
        return call

    def _target(self, url: str, method: str, username: str | None, password: str | None) -> Target:
        """A URL that may be relative to that of the application."""
        __tracebackhide__ = True
        target = Target(joined(self._base_of_urls, url), method, username, password)
        if target.fault() is None:
            return target
        shown = f'"{without_user(url)}"'
        if self._base_of_urls or _SCHEME.match(url):
            raise ValueError(f"{shown} is no URL of http or https")
        raise NoApplication(f"{shown} is no absolute URL, and there is no application that it is relative to")

    def phone(self, number: str) -> Phone:
        """A phone that can be called, to tell it how to react; until then it answers at once, as a human being.

        Raises:
            ValueError: if it is a number that is not written as E.164 has it, with a plus sign and without blanks.
        """
        check_number(number)
        return self._simulation.phone(number)

    def initiate(self, call_id: str) -> None:
        """Take a call out of the queue and let it ring, as the vendor does by itself.

        Raises:
            KeyError: if there is no such call.
            ValueError: if it is not in the queue.
        """
        with self._simulation.change():
            self.call(call_id).enter(call_states.INITIATED)

    def answer(self, call_id: str) -> None:
        """Answer a call that rings, also one that a Transfer or Forward has made: one in the queue has to be initiated first.

        Raises:
            KeyError: if there is no such call.
            ValueError: if it does not ring.
        """
        with self._simulation.change():
            call = self.call(call_id)
            if call.request:
                pick_up_at_once(call, Reaction())
            elif call.waits_for(PickedUp):
                call.enter(call_states.ANSWERED)
                call.signal(PickedUp())
            else:
                raise ValueError(f"no phone rings for the call {call_id}")

    def disconnect(self, call_id: str, cause: str = "hangup") -> None:
        """End a call, as the called party does.

        Raises:
            KeyError: if there is no such call.
            ValueError: if it has ended already.
        """
        with self._simulation.change():
            call = self.call(call_id)
            call.check(call_states.DISCONNECTED)
            call.end(cause)

    # Conferences

    def conference(self, conference_id: str) -> Conference:
        """A conference, whether it is over or not.

        Raises:
            KeyError: if there is none.
        """
        return self._conferences.by_id[conference_id]

    @property
    def conferences(self) -> list[Conference]:
        """All conferences, oldest first."""
        return list(self._conferences.by_id.values())

    def add_conference(self, name: str, *, account_id: str = "9900123") -> Conference:
        """A conference without members, which calls can join by its name.

        Raises:
            ValueError: if there is one of this name that is not over.
        """
        with self._simulation.change():
            if self._conferences.named(account_id, name) is not None:
                raise ValueError(f"there is a conference {name} already")
            return self._conferences.new(account_id, name)

    # Faults

    def fail(
        self,
        status: int,
        *,
        times: int = 1,
        operation: str | None = None,
        retry_after: float | str | None = None,
        description: str | None = None,
    ) -> None:
        """Let the next requests fail, before anything else is looked at; they change nothing.

        Args:
            status: What they are answered, with the API's own words for it.
            times: How many of them.
            operation: Of which operation, such as ``CreateCall``, or ``Token``; of any if not given.
            retry_after: Seconds or a date for the header ``Retry-After``.
            description: Words in place of the API's own.

        Raises:
            ValueError: if the API has no such error or no such operation.
        """
        told = f"{retry_after:g}" if isinstance(retry_after, int | float) else retry_after
        self._api.faults.append(Fault(times, operation, status, retry_after=told, description=description))

    def cut(self, *, times: int = 1, operation: str | None = None) -> None:
        """Let the connections of the next requests be cut before an answer; they change nothing, which nobody can know.

        Raises:
            ValueError: if there is no such operation.
        """
        self._api.faults.append(Fault(times, operation, cuts=True))

    def delay(self, seconds: float, *, times: int = 1, operation: str | None = None) -> None:
        """Let the next requests wait so many seconds, of real time, before they are looked at.

        Raises:
            ValueError: if there is no such operation.
        """
        self._api.faults.append(Fault(times, operation, seconds=seconds))

    # Time

    def advance(self, seconds: float) -> None:
        """Let so much time pass, and all happen that is due in it: webhooks are asked and BXML is run.

        Raises:
            RuntimeError: if time goes by itself, or is moved already.
            ValueError: if it is no number of seconds from 0 on.
        """
        __tracebackhide__ = True  # so that pytest shows the test, as below
        refuse_faults((SECONDS,), {"seconds": seconds})
        self._simulation.move(self._simulation.scheduler.now + seconds)

    def run(self) -> None:
        """Let time pass until nothing is to happen any more by itself.

        Raises:
            RuntimeError: if time goes by itself, or is moved already.
        """
        self._simulation.move(FOREVER)

    def step(self) -> bool:
        """Let the next thing happen, whenever that is, and time pass to it; whether there was one.

        Raises:
            RuntimeError: if time goes by itself, or is moved already.
        """
        return self._simulation.next()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to happen any more by itself."""
        with self._simulation.lock:
            return self._simulation.scheduler.next_at is None

    @property
    def seconds(self) -> float:
        """The time that has passed."""
        return self._simulation.scheduler.now

    def audio_lasts(self, url: str, seconds: float) -> None:
        """Say how long a file of audio is.

        Raises:
            ValueError: if it is no number of seconds from 0 on.
        """
        __tracebackhide__ = True
        refuse_faults((SECONDS,), {"seconds": seconds})
        self._simulation.lengths[url] = seconds

    def delay_webhooks(self, seconds: float, *, path: str | None = None, times: int = 1) -> None:
        """Let the application answer so late, as often as said; later than it may is a webhook that never answers.

        Args:
            seconds: How late, of the emulator's time.
            path: Of which requests; of any if not given.
            times: How many of them.

        Raises:
            ValueError: if they are no number of seconds from 0 on, or no number of requests.
        """
        __tracebackhide__ = True
        refuse_faults((SECONDS, TIMES), {"seconds": seconds, "times": times})
        self._simulation.delays.append(Delay(seconds, path, times))
