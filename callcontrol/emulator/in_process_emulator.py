"""The emulator for tests: it starts inbound calls, configures phones and faults, and advances time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Literal, Self, TypedDict

from bxml.builder.frozen_dict import Frozen
from bxml.messages.redaction import redact_urls
from callcontrol import call_states, operation_table, request_fields
from callcontrol.emulator.apps import application_of
from callcontrol.emulator.apps.asgi import AsgiApplication
from callcontrol.emulator.apps.base import HOST_OF_OBJECTS
from callcontrol.emulator.assumptions import Assumptions
from callcontrol.emulator.call_lifecycle import answer_immediately, inbound_call
from callcontrol.emulator.call_or_conference import CALLBACK_TIMEOUT, Party
from callcontrol.emulator.call_records import Clock, now
from callcontrol.emulator.call_signals import PickedUp
from callcontrol.emulator.calls import Call, Calls
from callcontrol.emulator.conferences import Conference, Conferences
from callcontrol.emulator.event_payloads import NAMES
from callcontrol.emulator.expectations import expected_call, expected_member
from callcontrol.emulator.fault_injection import TIMES, Fault
from callcontrol.emulator.phones import Phone, Reaction, check_number
from callcontrol.emulator.real_time import RealTimeDriver
from callcontrol.emulator.rest_api import Api, Exchange
from callcontrol.emulator.scheduler import LONGEST, SECONDS
from callcontrol.emulator.simulation import FOREVER, Delay, Simulation
from callcontrol.emulator.stream_destinations import StreamDestinations
from callcontrol.emulator.timeline import Entry
from callcontrol.emulator.verbs.verb_tables import CONFERENCE_VERBS, call_verbs
from callcontrol.emulator.webhook_requests import Target, Webhook, joined
from callcontrol.events import InitiateEvent, RedirectEvent
from callcontrol.http_messages import Reply, Request
from callcontrol.operation_table import Operation
from callcontrol.request_fields import refuse_faults

NETWORK_FIELDS: Final = frozenset(NAMES[InitiateEvent]) - frozenset(NAMES[RedirectEvent])
"""The fields of the initiate event that come from the telephone network, not from the call."""


def check_network_fields(fields: Mapping[str, object]) -> None:
    """Check that the names are in ``NETWORK_FIELDS``, and that JSON can represent the values.

    Raises:
        ValueError: If a field is unknown, or JSON cannot represent its value.
    """
    unknown = fields.keys() - NETWORK_FIELDS
    if unknown:
        known = ", ".join(sorted(NETWORK_FIELDS))
        raise ValueError(f"{min(unknown)} is not a field of the initiate event; expected one of {known}")
    for name, value in fields.items():
        try:
            json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
        except (TypeError, ValueError, RecursionError):
            raise ValueError(f"{name} cannot be represented in JSON") from None


DIAL_FIELDS: Final = (
    request_fields.Field("to", "text"),
    request_fields.Field("from_", "text"),
    *(request_fields.method(name) for name in ("method", "fallback_method", "status_method")),
    request_fields.Field("callback_timeout", "number", minimum=0.001, maximum=LONGEST),
)
"""Field definitions that check the arguments of :meth:`Core.dial`.

A phone number may be any string, because the network may withhold the number of the caller.
"""

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


class NoApplication(ValueError):
    """A URL is relative, and the emulator has no application URL to resolve it against."""


class CoreOptions(TypedDict, total=False):
    """The options of :class:`Core`; a subclass passes them on."""

    accounts: Collection[str] | None
    credentials: Mapping[str, str] | None
    answers: bool
    clock: Clock
    assumptions: Assumptions | None
    extra: Collection[str]
    speed: float | None
    url_map: Mapping[str, str] | None


class Core:
    """The emulator without a socket: the API, the calls, and the methods with which a test controls them.

    Time is virtual: it advances only during :meth:`advance`, :meth:`run` and :meth:`step`, and during methods of a call that
    act as the caller or wait for an expectation. During these methods, time advances as fast as possible. Between them, calls
    keep their state, no webhook is sent and no BXML is run. With a ``speed``, time runs continuously inside a ``with`` block.

    Args:
        application: The application that receives webhooks. A WSGI or ASGI object is called without a socket, and receives
            webhooks to any host. If the application is a URL, :meth:`dial` calls this URL by default, and webhooks are sent
            over HTTP. Without an application, webhooks are sent over HTTP, and :meth:`dial` requires absolute URLs.
        accounts: The account ids that exist; default: all ids exist.
        credentials: Passwords and secrets; the keys are user names and client ids. Default: all credentials are accepted.
        answers: Whether phones answer new calls immediately by default; otherwise new calls stay queued until :meth:`initiate`.
        clock: Function that returns the time of day, in UTC; the emulator adds the virtual time that has passed.
        assumptions: Behavior that the vendor's pages do not specify; default: ``Assumptions()``.
        extra: Names of attributes that documents may have although the schema does not know these attributes yet.
        speed: Seconds of the emulator's time for each second of real time, ``1`` for real time; ``None`` for virtual time. With
            a speed, webhooks time out in real time.
        url_map: Replacements for the beginnings of URLs, such as ``{"https://app.example": "http://localhost:5000"}`` for
            webhooks and audio files, and ``{"wss://bot.example": "ws://localhost:8765"}`` for media streams. URLs of
            webhooks can be replaced only if the application is not an object, and those of media streams only with a speed.

    Raises:
        ValueError: If the speed is not positive and finite, or a replacement is invalid.
    """

    def __init__(  # noqa: PLR0913  independent options
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
        url_map: Mapping[str, str] | None = None,
    ) -> None:
        if speed is not None and not 0 < speed < FOREVER:
            raise ValueError(f"speed must be positive and finite, got {speed}")
        reaction = Reaction() if answers else None
        replaced = Frozen(url_map or {})
        receiver = application_of(application, replaced)
        self._simulation = Simulation(receiver, assumptions or Assumptions(), clock=clock, reaction=reaction, extra=extra)
        self._streams = StreamDestinations(receiver, replaced, is_virtual=speed is None)
        self._simulation.connect = self._streams.connect
        self._simulation.url_map = replaced
        if speed is None and isinstance(receiver, AsgiApplication):
            self._simulation.use_virtual_time_for(receiver)
        self._conferences = Conferences(self._simulation, CONFERENCE_VERBS)
        self._calls = Calls(self._simulation, call_verbs(self._conferences))
        self._api = Api(self._simulation, self._calls, self._conferences, accounts, credentials)
        self._base_of_urls = application if isinstance(application, str) else "" if application is None else HOST_OF_OBJECTS
        self.speed = speed
        """Seconds of the emulator's time for each second of real time; ``None`` for virtual time."""
        self._driver: RealTimeDriver | None = None

    def __enter__(self) -> Self:
        """Start continuous time, if the emulator has a speed."""
        self._simulation.is_over = False
        if self.speed is not None:
            self._driver = RealTimeDriver(self._simulation, self.speed)
            self._driver.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop time, and shut down the application object."""
        if self._driver is not None:
            self._driver.stop()
        self._streams.close()
        self._simulation.close()
        self._simulation.application.close()

    @property
    def base_url(self) -> str:
        """The base URL of the API in events; without a server, its host is ``emulator.invalid``, which cannot be reached."""
        return self._simulation.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self._simulation.base_url = url

    @property
    def series(self) -> int:
        """A number in the ids of calls, recordings and conferences, below 2**32; default: 0.

        An emulator that runs for long, or is started again at the same address, needs a number of its own. Otherwise new calls
        would have the ids of calls that an earlier emulator had.
        """
        return self._simulation.series

    @series.setter
    def series(self, number: int) -> None:
        self._simulation.series = number

    def watch(self, noted: Callable[[Party, Entry], None]) -> None:
        """Set the function that is called with each new timeline entry; it replaces the previous function.

        Args:
            noted: Function that takes the call or conference, and the entry. The emulator waits for this function, so it must
                return quickly and must not use the emulator.
        """
        self._simulation.noted = noted

    @property
    def exchanges(self) -> list[Exchange]:
        """A copy of the latest requests to the API with their responses, in order; old requests are dropped."""
        return self._api.exchanges

    def handle(self, request: Request) -> Reply:
        """Return the API's response to a request; pass this method to a client as ``send``.

        Args:
            request: The request, with the path of the API in its URL.

        Raises:
            ConnectionResetError: If :meth:`cut` applies to the request.
        """
        return self._api.handle(request)

    # Calls

    def call(self, call_id: str) -> Call:
        """Return the call with this id, in any state.

        Args:
            call_id: Id of the call.

        Raises:
            KeyError: If the call does not exist, or ended so long ago that it is not kept.
        """
        return self._calls.by_id[call_id]

    @property
    def calls(self) -> list[Call]:
        """All calls that are kept, oldest first."""
        return list(self._calls.by_id.values())

    def dial(  # noqa: PLR0913  the settings of a voice application
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
        """Call the application, and return the inbound call.

        The webhook arguments are those of a voice application in the vendor's dashboard. The call runs when time advances, for
        example in :meth:`Call.expect_speech`.

        Args:
            url: URL of the ``initiate`` event, absolute or relative to the application.
            to: The number that is called.
            from_: The number of the caller.
            account_id: The account of the called number.
            application_id: The voice application of the called number.
            method: HTTP method for ``url``.
            username: User name sent to ``url`` and ``status_url``.
            password: Password sent to ``url`` and ``status_url``.
            fallback_url: URL of the ``initiate`` event if ``url`` fails.
            fallback_method: HTTP method for ``fallback_url``.
            fallback_username: User name sent to ``fallback_url``.
            fallback_password: Password sent to ``fallback_url``.
            status_url: URL of the ``disconnect`` event; without this URL the event is not sent.
            status_method: HTTP method for ``status_url``.
            callback_timeout: Seconds in which the application must respond to each event of the call.
            event_fields: Other fields of the ``initiate`` event, by the API's names, such as ``sipHeaders``, ``stirShaken`` or
                ``uui``.

        Raises:
            NoApplication: If a URL is relative, and the emulator has no application.
            ValueError: If an event field is unknown, a URL is not an http(s) URL, or another argument is invalid.
        """
        __tracebackhide__ = True
        checked = {
            "to": to,
            "from_": from_,
            "method": method,
            "fallback_method": fallback_method,
            "status_method": status_method,
        }
        refuse_faults(DIAL_FIELDS, {**checked, "callback_timeout": callback_timeout})
        check_network_fields(event_fields)
        target = self._target(url, method, username, password)
        fallback = fallback_url and self._target(fallback_url, fallback_method, fallback_username, fallback_password)
        status = status_url and self._target(status_url, status_method, username, password)
        with self._simulation.change():
            call = self._calls.new(
                account_id,
                application_id,
                from_,
                to,
                direction="inbound",
                is_found=True,
                callback_timeout=callback_timeout,
                disconnect_webhook=Webhook(status) if status else None,
            )
            call.dialed = {
                "url": url,
                "to": to,
                "from_": from_,
                "account_id": account_id,
                "application_id": application_id,
                "method": method,
                "username": username,
                "password": password,
                "fallback_url": fallback_url,
                "fallback_method": fallback_method,
                "fallback_username": fallback_username,
                "fallback_password": fallback_password,
                "status_url": status_url,
                "status_method": status_method,
                "callback_timeout": callback_timeout,
                **event_fields,
            }
            call.change_state(call_states.INITIATED)
            call.replace_task(inbound_call(call, Webhook(target, fallback or None), event_fields))
        return call

    def _target(self, url: str, method: str, username: str | None, password: str | None) -> Target:
        """Return the target for a URL, resolved against the URL of the application.

        Raises:
            NoApplication: If the URL is relative, and the emulator has no application.
            ValueError: If the URL is not an http(s) URL.
        """
        __tracebackhide__ = True
        target = Target(joined(self._base_of_urls, url), method, username, password)
        if target.fault() is None:
            return target
        shown = f'"{redact_urls(url)}"'
        if self._base_of_urls or _SCHEME.match(url):
            raise ValueError(f"{shown} is not an http(s) URL")
        raise NoApplication(f"{shown} is relative, and the emulator has no application; use an absolute URL")

    def expect_call(self, to: str = "", within: float = 60) -> Call:
        """Advance time until the application makes a call, by the API or with a Transfer, and return the call.

        Each expectation returns a call that no earlier expectation has returned. Calls that :meth:`dial` made are not returned.
        A call that has ended is returned only if there is no other.

        Args:
            to: The called number or a part of it; default: any number.
            within: Maximum number of seconds to wait, in the emulator's time.

        Raises:
            NotHeard: If the application does not create such a call in time.
            ValueError: If the number is not a string, or the number of seconds is negative.
            RuntimeError: If time is already being advanced, for example when a webhook handler calls this method.
        """
        __tracebackhide__ = True
        return expected_call(self._simulation, self._calls, to, within)

    def phone(self, number: str) -> Phone:
        """Return a phone, to set its reaction to calls. By default, a human answers the phone immediately.

        Args:
            number: A phone number in E.164 format, a SIP URI or an endpoint of Connect.

        Raises:
            ValueError: If a phone number is not in E.164 format: a plus sign and digits, without spaces.
        """
        check_number(number)
        return self._simulation.phone(number)

    def initiate(self, call_id: str) -> None:
        """Take a call out of the queue and let it ring. This method is only needed with ``answers=False``.

        Args:
            call_id: The id of a queued call.

        Raises:
            KeyError: If the call does not exist.
            ValueError: If the call is not queued.
        """
        with self._simulation.change():
            self.call(call_id).change_state(call_states.INITIATED)

    def answer(self, call_id: str) -> None:
        """Answer a ringing call: an outbound call, a leg of a Transfer, or an inbound call whose Forward rings.

        A queued call must be initiated first.

        Args:
            call_id: The id of the ringing call.

        Raises:
            KeyError: If the call does not exist.
            ValueError: If the call does not ring.
        """
        with self._simulation.change():
            call = self.call(call_id)
            if call.state == call_states.QUEUED:
                hint = f"initiate it first, with Core.initiate or POST /emulator/calls/{call_id}/initiate"
                raise ValueError(f"call {call_id} is queued and does not ring yet; {hint}")
            # Only a call made by CreateCall has a request. Such a call can be answered even if no task rings it.
            if call.request:
                answer_immediately(call, Reaction())
            elif call.waits_for(PickedUp):
                call.change_state(call_states.ANSWERED)
                call.signal(PickedUp())
            else:
                raise ValueError(f"call {call_id} is not ringing")

    def push_bxml(self, call_id: str, document: str) -> None:
        """Push a document into a call as UpdateCallBxml does, but without a client; an invalid document ends the call.

        Args:
            call_id: The id of an answered call.
            document: The document.

        Raises:
            KeyError: If the call does not exist.
            ValueError: If the call cannot be interrupted, or the document is not well-formed.
        """
        call = self.call(call_id)
        self._operate(operation_table.UPDATE_CALL_BXML, call.account_id, call_id, document.encode("utf-8", "surrogatepass"))

    def repeat(self, call_id: str) -> Call:
        """Create a call with the arguments of an earlier call, and return the new call.

        Args:
            call_id: The id of a call, in any state.

        Raises:
            KeyError: If the call does not exist.
            ValueError: If the call is a leg of a Transfer.
        """
        call = self.call(call_id)
        if call.dialed:
            return self.dial(**call.dialed)
        if not call.request:
            raise ValueError(f"call {call_id} is a leg of a Transfer; repeat call {call.parent_call_id}")
        created = self._operate(operation_table.CREATE_CALL, call.account_id, "", json.dumps(call.request).encode())
        return self.call(created.json()["callId"])

    def _operate(self, operation: Operation, account_id: str, call_id: str, body: bytes) -> Reply:
        """Return the response to an operation.

        Raises:
            ValueError: If the response is an error.
        """
        reply = self._api.operate(operation, account_id, call_id, body)
        if not reply.is_success:
            raise ValueError(reply.json()["description"])
        return reply

    def disconnect(self, call_id: str, cause: str = "hangup") -> None:
        """End a call with a given cause.

        Args:
            call_id: The id of an active call.
            cause: The disconnect cause, in the API's words.

        Raises:
            KeyError: If the call does not exist.
            ValueError: If the call has ended.
        """
        with self._simulation.change():
            call = self.call(call_id)
            call.check(call_states.DISCONNECTED)
            call.end(cause)

    # Conferences

    def conference(self, conference_id: str) -> Conference:
        """Return the conference with this id, active or completed.

        Args:
            conference_id: Id of the conference.

        Raises:
            KeyError: If the conference does not exist, or ended so long ago that it is not kept.
        """
        return self._conferences.by_id[conference_id]

    @property
    def conferences(self) -> list[Conference]:
        """All conferences that are kept, oldest first."""
        return list(self._conferences.by_id.values())

    def expect_member(self, conference: str, within: float = 60) -> Call:
        """Advance time until a call joins a conference, and return the call.

        Each expectation continues after the join that the previous expectation found.

        Args:
            conference: The name of the conference, which need not exist yet.
            within: Maximum number of seconds to wait, in the emulator's time.

        Raises:
            NotHeard: If no further call joins in time.
            ValueError: If the name is not a string, or the number of seconds is negative.
            RuntimeError: If time is already being advanced, for example when a webhook handler calls this method.
        """
        __tracebackhide__ = True
        return expected_member(self._simulation, self._calls, self._conferences, conference, within)

    def add_conference(self, name: str, *, account_id: str = "9900123") -> Conference:
        """Create and return a conference without members, which calls can join by its name.

        Args:
            name: The name of the conference.
            account_id: The account of the conference.

        Raises:
            ValueError: If an active conference has this name.
        """
        with self._simulation.change():
            if self._conferences.named(account_id, name) is not None:
                raise ValueError(f'conference "{name}" already exists')
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
        """Make the next API requests fail with an error response; the failed requests change nothing.

        Args:
            status: HTTP status of the response, such as 429.
            times: Number of requests that fail.
            operation: Name of the operation that fails, such as ``CreateCall`` or ``Token``; default: any.
            retry_after: Value of the header ``Retry-After``: seconds, or a date as a string.
            description: Error description; default: the description that the API uses for this status.

        Raises:
            ValueError: If the API has no error with this status, the operation does not exist, or ``times`` is not positive.
        """
        header = f"{retry_after:g}" if isinstance(retry_after, int | float) else retry_after
        self._api.faults.append(Fault(times, operation, status, retry_after=header, description=description))

    def cut(self, *, times: int = 1, operation: str | None = None) -> None:
        """Break the connection of the next API requests before the response is complete.

        The requests change nothing, but the client cannot know this.

        Args:
            times: Number of requests.
            operation: Name of the operation, such as ``CreateCall`` or ``Token``; default: any.

        Raises:
            ValueError: If the operation does not exist, or ``times`` is not positive.
        """
        self._api.faults.append(Fault(times, operation, cuts=True))

    def delay(self, seconds: float, *, times: int = 1, operation: str | None = None) -> None:
        """Delay the next API requests before they are processed.

        Args:
            seconds: Seconds of real time.
            times: Number of requests.
            operation: Name of the operation, such as ``CreateCall`` or ``Token``; default: any.

        Raises:
            ValueError: If the operation does not exist, ``times`` is not positive, or the number of seconds is negative.
        """
        self._api.faults.append(Fault(times, operation, seconds=seconds))

    @property
    def faults(self) -> list[Fault]:
        """The faults that still apply to API requests, oldest first."""
        with self._simulation.lock:
            return [fault for fault in self._api.faults if fault.times > 0]

    def clear_faults(self) -> None:
        """Remove all faults of API requests."""
        with self._simulation.lock:
            self._api.faults.clear()

    def reset(self) -> None:
        """End all calls and conferences, and forget them, their recordings, the phones, faults, delays and lengths of files.

        A test suite calls this method between its tests if all tests share an emulator, for example because the application
        runs in a process of its own. Callers and called parties hang up, and the application receives the events about that.
        Events that would come later, such as that a recording is available, are not sent. Time continues, new calls have new
        ids, and tokens stay valid.

        Raises:
            RuntimeError: If time is already being advanced, for example when a webhook handler calls this method.
        """
        self._simulation.settle()
        with self._simulation.change():
            self._end_all()
        self._simulation.settle()
        with self._simulation.change():
            self._end_all()  # the application may have made calls when it received the events
            self._simulation.reset()
            self._api.reset()
            self._calls.clear()
            self._conferences.clear()

    def _end_all(self) -> None:
        for call in self.calls:
            call._hang_up()
        for conference in self.conferences:
            if conference.is_active:
                conference.complete()

    # Time

    def advance(self, seconds: float) -> None:
        """Advance time, send the webhooks that are due, and run BXML; pass this method to a client as ``pause``.

        In real time, wait until the time has passed.

        Args:
            seconds: Seconds of the emulator's time.

        Raises:
            RuntimeError: If time is virtual and is already being advanced.
            ValueError: If the number of seconds is negative.
        """
        __tracebackhide__ = True  # pytest then shows the line of the test, as in the methods below
        refuse_faults((SECONDS,), {"seconds": seconds})
        if self._simulation.speed is None:
            self._simulation.advance_to(self._simulation.scheduler.now + seconds)
        else:
            self._simulation.until(lambda: False, seconds)

    def run(self) -> None:
        """Advance time until no timer is left: every call has ended, or waits without a timeout.

        Timers of media streams do not count, because an open stream sends audio forever. Timers in the code of the application
        do not count either.

        Raises:
            RuntimeError: If the emulator has a speed, or time is already being advanced.
        """
        self._simulation.advance_to(FOREVER)

    def step(self) -> bool:
        """Advance time to the next timer and run it, and return whether there was a timer.

        Raises:
            RuntimeError: If the emulator has a speed, or time is already being advanced.
        """
        return self._simulation.next()

    @property
    def is_idle(self) -> bool:
        """True if no timer is left, so nothing more happens until a test or the API acts.

        Media streams, and timers in the code of the application, do not count.
        """
        with self._simulation.lock:
            return not self._simulation.scheduler.has_work

    @property
    def seconds(self) -> float:
        """The emulator's time, in seconds since the start."""
        return self._simulation.scheduler.now

    def audio_lasts(self, url: str, seconds: float) -> None:
        """Set the length of an audio file, so that the emulator does not fetch the file.

        Args:
            url: The absolute URL of the file.
            seconds: Length in seconds.

        Raises:
            ValueError: If the number of seconds is negative.
        """
        __tracebackhide__ = True
        refuse_faults((SECONDS,), {"seconds": seconds})
        self._simulation.lengths[url] = seconds

    def delay_webhooks(self, seconds: float, *, path: str | None = None, times: int = 1) -> None:
        """Delay the application's next responses; a response that arrives after the timeout counts as missing.

        Args:
            seconds: Seconds of the emulator's time.
            path: Path of the delayed webhooks; default: any.
            times: Number of webhooks.

        Raises:
            ValueError: If the number of seconds is negative, or ``times`` is not positive.
        """
        __tracebackhide__ = True
        refuse_faults((SECONDS, TIMES), {"seconds": seconds, "times": times})
        self._simulation.delays.append(Delay(seconds, path, times))

    @property
    def webhook_delays(self) -> list[Delay]:
        """The delays that still apply to responses of the application, oldest first."""
        with self._simulation.lock:
            return [delay for delay in self._simulation.delays if delay.times > 0]

    def clear_webhook_delays(self) -> None:
        """Remove all delays of the application's responses."""
        with self._simulation.lock:
            self._simulation.delays.clear()
