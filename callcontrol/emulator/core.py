"""The emulated API without a socket: requests in, replies out.

A request is checked in the order that the API's own answers suggest: path and method, credentials, account, content type, body,
call, and the call's state.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from base64 import b64decode
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Literal, Self, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from bxml import wire
from bxml.schema import Context
from callcontrol import fields, operations, states
from callcontrol.emulator import scripts
from callcontrol.emulator.agenda import LONGEST, SECONDS
from callcontrol.emulator.applications import HOST_OF_OBJECTS, application_of
from callcontrol.emulator.calls import Call, new_call
from callcontrol.emulator.conferences import Conference, new_conference
from callcontrol.emulator.correspondence import CALLBACK_TIMEOUT, Correspondent
from callcontrol.emulator.decisions import Decisions
from callcontrol.emulator.driver import Driver
from callcontrol.emulator.event_bodies import NAMES, written
from callcontrol.emulator.faults import TIMES, TOKEN, Fault
from callcontrol.emulator.lives import arrived, dialled, picked_up, pushed, redirected
from callcontrol.emulator.phones import Phone, Reaction, check_number
from callcontrol.emulator.records import Clock, Record, now
from callcontrol.emulator.scripts import Refused, Script
from callcontrol.emulator.signals import PickedUp
from callcontrol.emulator.timeline import Entry
from callcontrol.emulator.verbs.table import VERBS
from callcontrol.emulator.webhooks import Target, Webhook, joined, webhook
from callcontrol.emulator.world import FOREVER, Delay, World
from callcontrol.events import InitiateEvent, RedirectEvent
from callcontrol.fields import refuse_faults
from callcontrol.http import Headers, Reply, Request, json_of
from callcontrol.operations import ERROR_TYPES, FORM, ID, JSON, OPERATIONS, TOKEN_PATH, Operation
from callcontrol.times import moment

API_PATH: Final = "/api/v2"
"""Where the API begins."""

TOKEN_LIFETIME: Final = 3600
"""Seconds that a token is said to live."""

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
    fields.Field("to", "text"),
    fields.Field("from_", "text"),
    *(fields.method(name) for name in ("method", "fallback_method", "status_method")),
    fields.Field("callback_timeout", "number", minimum=0.001, maximum=LONGEST),
)
"""What is required of a call that comes in: its numbers may be whatever the network tells, such as that there is none."""

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)

REMEMBERED: Final = 1_000
"""Exchanges that are kept to be looked at."""


@dataclass(frozen=True)
class Exchange:
    """One request and what was answered to it."""

    request: Request
    reply: Reply


class NoApplication(ValueError):
    """A URL is relative, and there is no application that it could be relative to."""


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(
        self, status: HTTPStatus, description: str | None = None, error_id: str | None = None, retry_after: str | None = None
    ) -> None:
        """Say it as the API does."""
        super().__init__(status, description)
        body = {"type": ERROR_TYPES[status], "description": description or status.phrase, "id": error_id}
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        self.reply = _json(status, body, "application/json;charset=UTF-8", **headers)


def _json(status: int, body: object, content_type: str = JSON, **headers: str) -> Reply:
    return Reply(status, Headers({"Content-Type": content_type, **headers}), json.dumps(body).encode())


@dataclass(frozen=True)
class Asked:
    """A request that has found its operation."""

    request: Request
    base_url: str
    account_id: str
    id: str = ""
    """That of a call or of a conference, if it is about one."""

    @property
    def query(self) -> dict[str, str]:
        """The fields of the query; of one that stands twice, the last."""
        return dict(parse_qsl(urlsplit(self.request.url).query, keep_blank_values=True))


class Core:
    """The emulated API, and the world its calls live in.

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
        decisions: What is decided otherwise than by default, where the vendor's pages are silent.
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
        decisions: Decisions | None = None,
        extra: Collection[str] = (),
        speed: float | None = None,
    ) -> None:
        """Start without calls."""
        if speed is not None and not 0 < speed < FOREVER:
            raise ValueError(f"a speed is a number above 0, and {speed} is none")
        self.exchanges: deque[Exchange] = deque(maxlen=REMEMBERED)
        """What was asked and answered, in order."""
        self._accounts = accounts
        self._credentials = credentials
        decided = decisions or Decisions()
        reaction = Reaction() if answers else None
        self._world = World(application_of(application), decided, verbs=VERBS, clock=clock, reaction=reaction, extra=extra)
        self._base_of_urls = application if isinstance(application, str) else "" if application is None else HOST_OF_OBJECTS
        self._tokens: dict[str, float] = {}
        self._faults: list[Fault] = []
        self.speed = speed
        """How fast time goes by itself; ``None`` if it waits to be moved."""
        self._driver: Driver | None = None

    def __enter__(self) -> Self:
        """Let time go by itself, if it has a speed."""
        if self.speed is not None:
            self._driver = Driver(self._world, self.speed)
            self._driver.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let time stand still, and an application that was given as an object shut down, or end the connections to it."""
        if self._driver is not None:
            self._driver.stop()
        self._world.application.close()

    @property
    def base_url(self) -> str:
        """What URLs of the API begin with in events: the vendor's own, unless it is said that there is another one."""
        return self._world.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self._world.base_url = url

    def watch(self, noted: Callable[[Correspondent, Entry], None]) -> None:
        """Have somebody told of all that is written into any timeline, as it is, in place of who was told before.

        Args:
            noted: Called with the call or the conference, and the entry. Nothing goes on until it returns, so it only takes
                note.
        """
        self._world.noted = noted

    def handle(self, request: Request) -> Reply:
        """The answer to a request; the same as over HTTP, since that is all a server calls.

        Raises:
            ConnectionResetError: if a fault cuts the connection.
        """
        reply = self._answered(request)
        with self._world.change():
            self.exchanges.append(Exchange(request, reply))
        return reply

    def _answered(self, request: Request) -> Reply:
        try:
            fault = self._fault(request)
            if fault is not None:
                self._meet(fault)
            with self._world.change():
                return self._routed(request)
        except Refusal as refusal:
            return refusal.reply
        except ConnectionResetError:
            raise
        except Exception:  # noqa: BLE001  whatever it is, the API answers
            return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR).reply

    def _meet(self, fault: Fault) -> None:
        """Wait, cut the connection or refuse, as a fault says."""
        time.sleep(fault.seconds)
        if fault.cuts:
            raise ConnectionResetError("the connection was cut, as a fault says")
        if fault.status is not None:
            raise Refusal(HTTPStatus(fault.status), fault.description, retry_after=fault.retry_after)

    # What a test does to calls from outside

    def call(self, call_id: str) -> Call:
        """A call, in whatever state.

        Raises:
            KeyError: if there is none.
        """
        return self._world.calls.by_id[call_id]

    @property
    def calls(self) -> list[Call]:
        """All calls, oldest first."""
        return list(self._world.calls.by_id.values())

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
        **fields: Any,
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
            fields: What else the event has, by the API's names: ``sipHeaders``, ``stirShaken``, ``uui`` and the like.

        Raises:
            ValueError: if the network tells of no such field, a URL is none, or something else is not what it has to be.
            NoApplication: if a URL is relative to nothing.
        """
        __tracebackhide__ = True
        given = {"to": to, "from_": from_, "method": method, "fallback_method": fallback_method, "status_method": status_method}
        refuse_faults(DIALLED, {**given, "callback_timeout": callback_timeout})
        check_network_fields(fields)
        target = self._target(url, method, username, password)
        fallback = fallback_url and self._target(fallback_url, fallback_method, fallback_username, fallback_password)
        status = status_url and self._target(status_url, status_method, username, password)
        with self._world.change():
            call = new_call(self._world, account_id, application_id, from_, to, direction="inbound")
            call.callback_timeout = callback_timeout
            call.disconnect_webhook = Webhook(status) if status else None
            call.enter(states.INITIATED)
            call.live(arrived(call, Webhook(target, fallback or None), fields))
        return call

    def _target(self, url: str, method: str, username: str | None, password: str | None) -> Target:
        """A URL that may be relative to that of the application."""
        __tracebackhide__ = True
        target = Target(joined(self._base_of_urls, url), method, username, password)
        if target.fault() is None:
            return target
        shown = f'"{wire.without_user(url)}"'
        if self._base_of_urls or _SCHEME.match(url):
            raise ValueError(f"{shown} is no URL of http or https")
        raise NoApplication(f"{shown} is no absolute URL, and there is no application that it is relative to")

    def phone(self, number: str) -> Phone:
        """A phone that can be called, to tell it how to react; until then it answers at once, as a human being.

        Raises:
            ValueError: if it is a number that is not written as E.164 has it, with a plus sign and without blanks.
        """
        check_number(number)
        return self._world.phone(number)

    def initiate(self, call_id: str) -> None:
        """Take a call out of the queue and let it ring, as the vendor does by itself.

        Raises:
            KeyError: if there is no such call.
            ValueError: if it is not in the queue.
        """
        with self._world.change():
            self.call(call_id).enter(states.INITIATED)

    def answer(self, call_id: str) -> None:
        """Answer a call that rings, also one that a Transfer or Forward has made: one in the queue has to be initiated first.

        Raises:
            KeyError: if there is no such call.
            ValueError: if it does not ring.
        """
        with self._world.change():
            call = self.call(call_id)
            if call.request:
                self._answer(call, Reaction())
            elif call.waits_for(PickedUp):
                call.enter(states.ANSWERED)
                call.signal(PickedUp())
            else:
                raise ValueError(f"no phone rings for the call {call_id}")

    def disconnect(self, call_id: str, cause: str = "hangup") -> None:
        """End a call, as the called party does.

        Raises:
            KeyError: if there is no such call.
            ValueError: if it has ended already.
        """
        with self._world.change():
            call = self.call(call_id)
            call.check(states.DISCONNECTED)
            call.end(cause)

    # Conferences

    def conference(self, conference_id: str) -> Conference:
        """A conference, whether it is over or not.

        Raises:
            KeyError: if there is none.
        """
        return self._world.conferences[conference_id]

    @property
    def conferences(self) -> list[Conference]:
        """All conferences, oldest first."""
        return list(self._world.conferences.values())

    def add_conference(self, name: str, *, account_id: str = "9900123") -> Conference:
        """A conference without members, which calls can join by its name.

        Raises:
            ValueError: if there is one of this name that is not over.
        """
        with self._world.change():
            if self._world.conference_named(account_id, name) is not None:
                raise ValueError(f"there is a conference {name} already")
            return new_conference(self._world, account_id, name)

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
        self._faults.append(Fault(times, operation, status, retry_after=told, description=description))

    def cut(self, *, times: int = 1, operation: str | None = None) -> None:
        """Let the connections of the next requests be cut before an answer; they change nothing, which nobody can know.

        Raises:
            ValueError: if there is no such operation.
        """
        self._faults.append(Fault(times, operation, cuts=True))

    def delay(self, seconds: float, *, times: int = 1, operation: str | None = None) -> None:
        """Let the next requests wait so many seconds, of real time, before they are looked at.

        Raises:
            ValueError: if there is no such operation.
        """
        self._faults.append(Fault(times, operation, seconds=seconds))

    def _fault(self, request: Request) -> Fault | None:
        path = urlsplit(request.url).path
        operation = TOKEN if path == TOKEN_PATH else next((each.name for each, _ in _found(path, request.method)), None)
        if operation is None:
            return None
        with self._world.lock:
            return next((fault for fault in self._faults if fault.takes(operation)), None)

    # Time

    def advance(self, seconds: float) -> None:
        """Let so much time pass, and all happen that is due in it: webhooks are asked and BXML is run.

        Raises:
            RuntimeError: if time goes by itself, or is moved already.
            ValueError: if it is no number of seconds from 0 on.
        """
        __tracebackhide__ = True  # so that pytest shows the test, as below
        refuse_faults((SECONDS,), {"seconds": seconds})
        self._world.move(self._world.agenda.now + seconds)

    def run(self) -> None:
        """Let time pass until nothing is to happen any more by itself.

        Raises:
            RuntimeError: if time goes by itself, or is moved already.
        """
        self._world.move(FOREVER)

    def step(self) -> bool:
        """Let the next thing happen, whenever that is, and time pass to it; whether there was one.

        Raises:
            RuntimeError: if time goes by itself, or is moved already.
        """
        return self._world.next()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to happen any more by itself."""
        with self._world.lock:
            return self._world.agenda.next_at is None

    @property
    def seconds(self) -> float:
        """The time that has passed."""
        return self._world.agenda.now

    def audio_lasts(self, url: str, seconds: float) -> None:
        """Say how long a file of audio is.

        Raises:
            ValueError: if it is no number of seconds from 0 on.
        """
        __tracebackhide__ = True
        refuse_faults((SECONDS,), {"seconds": seconds})
        self._world.lengths[url] = seconds

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
        self._world.delays.append(Delay(seconds, path, times))

    def _answer(self, call: Call, reaction: Reaction) -> None:
        call.enter(states.ANSWERED)
        call.live(picked_up(call, reaction))

    # A request finds its operation

    def _routed(self, request: Request) -> Reply:
        parts = urlsplit(request.url)
        if parts.path == TOKEN_PATH:
            return self._token(request)
        found = _found(parts.path, request.method)
        if not found:
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED if _found(parts.path) else HTTPStatus.NOT_FOUND)
        ((operation, match),) = found
        self._authenticate(request.headers.get("Authorization", ""))
        ids = match.groupdict()
        if self._accounts is not None and ids["accountId"] not in self._accounts:
            raise Refusal(HTTPStatus.FORBIDDEN, "Access is denied")
        content_type = request.headers.get("Content-Type", "")
        if operation.takes and content_type.split(";")[0].strip().lower() != operation.takes:
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content type '{content_type}' not supported")
        base_url = f"{parts.scheme}://{parts.netloc}{API_PATH}"
        return _HANDLERS[operation](self, Asked(request, base_url, ids.pop("accountId"), *ids.values()))

    def _authenticate(self, authorization: str) -> None:
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() == "basic":
            self._check_basic(value)
        elif scheme.lower() != "bearer" or not value:
            raise Refusal(HTTPStatus.UNAUTHORIZED)
        elif self._credentials is not None and self._tokens.get(value, 0) <= self._world.time().timestamp():
            raise Refusal(HTTPStatus.UNAUTHORIZED, "The credentials provided were invalid")

    def _check_basic(self, value: str) -> None:
        try:
            user, _, password = b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "Failed to decode basic authentication token") from None
        if self._credentials is not None and self._credentials.get(user) != password:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "The credentials provided were invalid")

    def _token(self, request: Request) -> Reply:
        """The exchange of client credentials for a token."""
        if request.method != "POST":
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED)
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            raise Refusal(HTTPStatus.UNAUTHORIZED)
        self._check_basic(value)
        if not request.headers.get("Content-Type", "").startswith(FORM):
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if dict(parse_qsl(request.body.decode("utf-8", "replace"))).get("grant_type") != "client_credentials":
            raise Refusal(HTTPStatus.BAD_REQUEST, "grant_type must be client_credentials")
        token = secrets.token_urlsafe(32)
        now_ = self._world.time().timestamp()
        self._tokens = {token: end for token, end in self._tokens.items() if end > now_}
        self._tokens[token] = self._world.time().timestamp() + TOKEN_LIFETIME
        return _json(HTTPStatus.OK, {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME})

    # The operations

    def _create_call(self, asked: Asked) -> Reply:
        body = _body(asked)
        _refuse(fields.faults(fields.CREATE_CALL, body))
        record = new_call(
            self._world,
            asked.account_id,
            body["applicationId"],
            body["from"],
            body["to"],
            request=body,
            enqueued_time=self._world.time(),
            tag=body.get("tag"),
            callback_timeout=body.get("callbackTimeout", CALLBACK_TIMEOUT),
            disconnect_webhook=webhook(body.get, "disconnect"),
        )
        record.note("state", states.QUEUED)
        reaction = self._world.reaction(record.to)
        if reaction is not None and reaction.is_immediate:
            record.enter(states.INITIATED)
            self._answer(record, reaction)
        elif reaction is not None:
            record.live(dialled(record, reaction))
        call_url = f"{asked.base_url}/accounts/{asked.account_id}/calls/{record.call_id}"
        return _json(HTTPStatus.CREATED, _created(record, call_url), Location=call_url)

    def _get_call_state(self, asked: Asked) -> Reply:
        call = self._found(asked)
        if not self._is_visible(call):
            raise Refusal(HTTPStatus.NOT_FOUND, f"Call [{asked.id}] not found")
        return _json(HTTPStatus.OK, call.as_json())

    def _list_calls(self, asked: Asked) -> Reply:
        query: dict[str, Any] = dict(asked.query)
        try:
            size = int(query.setdefault("pageSize", "1000"))
        except ValueError:
            raise Refusal(HTTPStatus.BAD_REQUEST, "Invalid pageSize: must be a whole number") from None
        _refuse(fields.faults(fields.LIST_CALLS, {**query, "pageSize": size}))
        names: tuple[str, ...] = ("minStartTime", "maxStartTime")
        bounds = {name: _bound(name, query[name]) for name in names if name in query}
        known = self._world.calls.of_account(asked.account_id)
        calls = [call.as_json() for call in known if self._is_visible(call)]
        calls = [call for call in calls if _matches(call, query, bounds)]
        after = [index for index, call in enumerate(calls, 1) if call["callId"] == query.get("pageToken")]
        if "pageToken" in query and not after:
            raise Refusal(HTTPStatus.BAD_REQUEST, "Invalid pageToken: there is no such page")
        rest = calls[after[0] :] if after else calls
        page = rest[:size]
        if len(page) == len(rest):
            return _json(HTTPStatus.OK, page)
        more = urlencode({**query, "pageSize": size, "pageToken": page[-1]["callId"]})
        link = f'<{asked.base_url}/accounts/{asked.account_id}/calls?{more}>; rel="next"'
        return _json(HTTPStatus.OK, page, Link=link)

    def _update_call(self, asked: Asked) -> Reply:
        body = _body(asked)
        ends = body.get("state") == "completed"  # then the other fields are ignored, whatever they hold
        _refuse(fields.faults(fields.UPDATE_CALL, {"state": "completed"} if ends else body))
        if not ends and "redirectUrl" not in body:
            raise Refusal(HTTPStatus.BAD_REQUEST, "redirectUrl is required")
        record = self._changeable(asked, states.ENDABLE if ends else states.INTERRUPTIBLE)
        if ends:
            record.note("api", "UpdateCall completed")
            unanswered = "cancel" if record.direction == "outbound" else "rejected"
            record.end("hangup" if record.state == states.ANSWERED else unanswered)
        else:
            record.note("api", "UpdateCall", redirectUrl=wire.without_user(body["redirectUrl"]))
            record.redirects.append(body["redirectUrl"])
            record.tag = body.get("tag", record.tag) or None
            to = webhook(body.get, "redirect")
            assert to is not None  # it is required
            record.live(redirected(record, to))
        return Reply(HTTPStatus.OK)

    def _update_call_bxml(self, asked: Asked) -> Reply:
        given = self._document(asked, "call")
        record = self._changeable(asked, states.INTERRUPTIBLE)
        record.documents.append(asked.request.body.decode("utf-8", "replace"))
        record.note("api", "UpdateCallBxml", content=record.documents[-1])
        if isinstance(given, Refused):
            record.note("invalid", given.report)
            record.end("invalid-bxml", given.first)
        else:
            record.live(pushed(record, given))
        return Reply(HTTPStatus.NO_CONTENT)

    def _document(self, asked: Asked, context: Context) -> Script | Refused:
        """What is pushed, or why it is not run."""
        try:
            return scripts.read(asked.request.body, "", self._world.extra, context)
        except Refused as error:
            if error.is_not_xml:
                raise Refusal(HTTPStatus.BAD_REQUEST, f"There is something wrong with the request: {error.first}") from None
            return error

    def _update_conference(self, asked: Asked) -> Reply:
        body = _body(asked)
        body.setdefault("status", body.pop("state", "active"))  # the sources disagree about its name
        ends = body["status"] == "completed"
        _refuse(fields.faults(fields.UPDATE_CONFERENCE, {"status": "completed"} if ends else body))
        to = webhook(body.get, "redirect")
        if not ends and to is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "redirectUrl is required")
        conference = self._active_conference(asked)
        to_url = None if to is None else wire.without_user(to.target.url)
        conference.note("api", "UpdateConference", status=body["status"], redirectUrl=to_url)
        if ends or to is None:  # which is the same to all but type checkers
            conference.complete()
        else:
            conference.redirect(to)
        return Reply(HTTPStatus.NO_CONTENT)

    def _update_conference_bxml(self, asked: Asked) -> Reply:
        given = self._document(asked, "conference")
        conference = self._active_conference(asked)
        conference.note("api", "UpdateConferenceBxml")
        if isinstance(given, Refused):  # the document as a whole, and the conference goes on
            conference.note("invalid", given.report)
        else:
            conference.documents.append(asked.request.body.decode("utf-8", "replace"))
            conference.play(given)
        return Reply(HTTPStatus.NO_CONTENT)

    def _active_conference(self, asked: Asked) -> Conference:
        conference = self._world.conferences.get(asked.id)
        if conference is None or conference.account_id != asked.account_id or not conference.is_active:
            raise Refusal(HTTPStatus.NOT_FOUND, f"Conference [{asked.id}] not found")
        return conference

    def _is_visible(self, call: Call) -> bool:
        return self._world.agenda.now >= call.began + self._world.decisions.seconds_until_visible

    def _found(self, asked: Asked) -> Call:
        record = self._world.calls.get(asked.account_id, asked.id)
        if record is None:
            raise Refusal(HTTPStatus.NOT_FOUND, f"Call [{asked.id}] not found")
        return record

    def _changeable(self, asked: Asked, allowed: frozenset[str]) -> Call:
        """A call in one of the states allowed: else 409, and 404 once it is long gone."""
        record = self._found(asked)
        if self._world.calls.is_gone(record):
            raise Refusal(HTTPStatus.NOT_FOUND, f"Call [{asked.id}] not found")
        if record.state not in allowed or record.is_forwarded:
            raise Refusal(HTTPStatus.CONFLICT, f"Call [{asked.id}] cannot be modified in its current state", "")
        return record


_HANDLERS: Final[Mapping[Operation, Callable[[Core, Asked], Reply]]] = {
    operations.CREATE_CALL: Core._create_call,
    operations.LIST_CALLS: Core._list_calls,
    operations.GET_CALL_STATE: Core._get_call_state,
    operations.UPDATE_CALL: Core._update_call,
    operations.UPDATE_CALL_BXML: Core._update_call_bxml,
    operations.UPDATE_CONFERENCE: Core._update_conference,
    operations.UPDATE_CONFERENCE_BXML: Core._update_conference_bxml,
}

_PATHS: Final = tuple(
    (operation, re.compile(API_PATH + re.sub(r"\{(\w+)\}", rf"(?P<\1>{ID})", operation.path))) for operation in OPERATIONS
)


def _found(path: str, method: str | None = None) -> list[tuple[Operation, re.Match[str]]]:
    """The operations of a path, and of a method if one is given."""
    named = [(operation, match) for operation, pattern in _PATHS if (match := pattern.fullmatch(path))]
    return [each for each in named if method in (None, each[0].method)]


def _body(asked: Asked) -> dict[str, Any]:
    """The fields of a request in JSON that are not null."""
    try:
        body = json_of(asked.request.body)
    except ValueError:
        body = None
    # The description lets most fields be null; a null state has been seen to be refused.
    members = cast("dict[str, Any]", body) if isinstance(body, dict) else {"state": None}
    if members.get("state", "") is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "There is something wrong with the request")
    return _without_nulls(members)


def _without_nulls(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members that are not null, and of objects in them the same."""
    kept = {name: value for name, value in members.items() if value is not None}
    return {name: _without_nulls(cast("Any", value)) if isinstance(value, dict) else value for name, value in kept.items()}


def _refuse(faults: Iterator[str]) -> None:
    for fault in faults:
        raise Refusal(HTTPStatus.BAD_REQUEST, fault)


def _bound(name: str, text: str) -> datetime:
    when = moment(text)
    if when is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"Invalid {name}: must be a time in ISO 8601")
    return when


def _matches(call: Mapping[str, Any], query: Mapping[str, str], bounds: Mapping[str, datetime]) -> bool:
    """Whether a call passes the filters; one that has not started passes none by time."""
    if any(name in query and call[name] != query[name] for name in ("to", "from", "disconnectCause")):
        return False
    start = moment(call["startTime"])
    earliest, latest = bounds.get("minStartTime"), bounds.get("maxStartTime")
    if start is None:
        return not bounds
    return (earliest is None or earliest <= start) and (latest is None or start <= latest)


def _created(record: Record, call_url: str) -> dict[str, Any]:
    """A call as CreateCall gives it: the request with its defaults, and with what must not be shown masked."""
    names = ("answerFallbackUrl", "answerFallbackMethod", "disconnectUrl", "username", "fallbackUsername", "tag")
    given = {name: record.request[name] for name in names if name in record.request}
    masked = {name: "*****" for name in ("password", "fallbackPassword") if name in record.request}
    return {
        "applicationId": record.request["applicationId"],
        "accountId": record.account_id,
        "callId": record.call_id,
        "to": record.request["to"],
        "from": record.request["from"],
        "enqueuedTime": written(record.enqueued_time),
        "callUrl": call_url,
        "callTimeout": record.request.get("callTimeout", 30.0),
        "callbackTimeout": record.request.get("callbackTimeout", CALLBACK_TIMEOUT),
        "answerUrl": record.request["answerUrl"],
        "answerMethod": record.request.get("answerMethod", "POST"),
        "disconnectMethod": record.request.get("disconnectMethod", "POST"),
        "priority": record.request.get("priority", 5),
        **given,
        **masked,
    }
