"""The emulated API without a socket: routing, credentials, tokens and operations.

A request is checked in the order that the API's own responses suggest: path and method, credentials, account, content type, body,
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
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from bxml.messages.redaction import without_user
from bxml.schema import Context
from callcontrol import call_states, operations, request_fields
from callcontrol.emulator import document_runner
from callcontrol.emulator.call_flows import dialled, pick_up_at_once, pushed, redirected
from callcontrol.emulator.call_records import Record
from callcontrol.emulator.calls import Call, Calls
from callcontrol.emulator.conferences import Conference, Conferences
from callcontrol.emulator.document_runner import Refused, Script
from callcontrol.emulator.event_payloads import written
from callcontrol.emulator.fault_injection import TOKEN, Fault
from callcontrol.emulator.party import CALLBACK_TIMEOUT
from callcontrol.emulator.simulation import Simulation
from callcontrol.emulator.webhook_targets import webhook
from callcontrol.http_messages import Headers, Reply, Request, json_of
from callcontrol.iso8601 import moment
from callcontrol.operations import ERROR_TYPES, FORM, ID, JSON, OPERATIONS, TOKEN_PATH, Operation
from callcontrol.redaction import redacted

API_PATH: Final = "/api/v2"
"""Where the API begins."""

TOKEN_LIFETIME: Final = 3600
"""Seconds that a token is said to live."""

REMEMBERED: Final = 1_000
"""Exchanges that are kept to be looked at."""


@dataclass(frozen=True)
class Exchange:
    """One request and what was answered to it."""

    request: Request
    reply: Reply


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


@redacted
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


class Api:
    """The emulated API without a socket: requests in, responses out.

    Args:
        simulation: The simulation that the calls run in.
        calls: All calls.
        conferences: All conferences.
        accounts: The account ids that exist; any if not given.
        credentials: Passwords by user name, and secrets by client id, of those who have access; any if not given.
    """

    def __init__(
        self,
        simulation: Simulation,
        calls: Calls,
        conferences: Conferences,
        accounts: Collection[str] | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        self.exchanges: deque[Exchange] = deque(maxlen=REMEMBERED)
        """The requests that were received, with their responses, in order."""
        self.faults: list[Fault] = []
        """The rules by which requests fail."""
        self._simulation = simulation
        self._calls = calls
        self._conferences = conferences
        self._accounts = accounts
        self._credentials = credentials
        self._tokens: dict[str, float] = {}

    def handle(self, request: Request) -> Reply:
        """The answer to a request; the same as over HTTP, since that is all a server calls.

        Raises:
            ConnectionResetError: if a fault cuts the connection.
        """
        reply = self._answered(request)
        with self._simulation.change():
            self.exchanges.append(Exchange(request, reply))
        return reply

    def _answered(self, request: Request) -> Reply:
        try:
            fault = self._fault(request)
            if fault is not None:
                self._meet(fault)
            with self._simulation.change():
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

    def _fault(self, request: Request) -> Fault | None:
        path = urlsplit(request.url).path
        operation = TOKEN if path == TOKEN_PATH else next((each.name for each, _ in _found(path, request.method)), None)
        if operation is None:
            return None
        with self._simulation.lock:
            return next((fault for fault in self.faults if fault.takes(operation)), None)

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
        elif self._credentials is not None and self._tokens.get(value, 0) <= self._simulation.time().timestamp():
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
        now_ = self._simulation.time().timestamp()
        self._tokens = {token: end for token, end in self._tokens.items() if end > now_}
        self._tokens[token] = self._simulation.time().timestamp() + TOKEN_LIFETIME
        return _json(HTTPStatus.OK, {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME})

    # The operations

    def _create_call(self, asked: Asked) -> Reply:
        body = _body(asked)
        _refuse(request_fields.faults(request_fields.CREATE_CALL, body))
        record = self._calls.new(
            asked.account_id,
            body["applicationId"],
            body["from"],
            body["to"],
            request=body,
            enqueued_time=self._simulation.time(),
            tag=body.get("tag"),
            callback_timeout=body.get("callbackTimeout", CALLBACK_TIMEOUT),
            disconnect_webhook=webhook(body.get, "disconnect"),
        )
        record.note("state", call_states.QUEUED)
        reaction = self._simulation.reaction(record.to)
        if reaction is not None and reaction.is_immediate:
            record.enter(call_states.INITIATED)
            pick_up_at_once(record, reaction)
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
        _refuse(request_fields.faults(request_fields.LIST_CALLS, {**query, "pageSize": size}))
        names: tuple[str, ...] = ("minStartTime", "maxStartTime")
        bounds = {name: _bound(name, query[name]) for name in names if name in query}
        known = self._calls.of_account(asked.account_id)
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
        _refuse(request_fields.faults(request_fields.UPDATE_CALL, {"state": "completed"} if ends else body))
        if not ends and "redirectUrl" not in body:
            raise Refusal(HTTPStatus.BAD_REQUEST, "redirectUrl is required")
        record = self._changeable(asked, call_states.ENDABLE if ends else call_states.INTERRUPTIBLE)
        if ends:
            record.note("api", "UpdateCall completed")
            unanswered = "cancel" if record.direction == "outbound" else "rejected"
            record.end("hangup" if record.state == call_states.ANSWERED else unanswered)
        else:
            record.note("api", "UpdateCall", redirectUrl=without_user(body["redirectUrl"]))
            record.redirects.append(body["redirectUrl"])
            record.tag = body.get("tag", record.tag) or None
            to = webhook(body.get, "redirect")
            assert to is not None  # it is required
            record.live(redirected(record, to))
        return Reply(HTTPStatus.OK)

    def _update_call_bxml(self, asked: Asked) -> Reply:
        given = self._document(asked, "call")
        record = self._changeable(asked, call_states.INTERRUPTIBLE)
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
            return document_runner.read(asked.request.body, "", self._simulation.extra, context)
        except Refused as error:
            if error.is_not_xml:
                raise Refusal(HTTPStatus.BAD_REQUEST, f"There is something wrong with the request: {error.first}") from None
            return error

    def _update_conference(self, asked: Asked) -> Reply:
        body = _body(asked)
        body.setdefault("status", body.pop("state", "active"))  # the sources disagree about its name
        ends = body["status"] == "completed"
        _refuse(request_fields.faults(request_fields.UPDATE_CONFERENCE, {"status": "completed"} if ends else body))
        to = webhook(body.get, "redirect")
        if not ends and to is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "redirectUrl is required")
        conference = self._active_conference(asked)
        to_url = None if to is None else without_user(to.target.url)
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
        conference = self._conferences.by_id.get(asked.id)
        if conference is None or conference.account_id != asked.account_id or not conference.is_active:
            raise Refusal(HTTPStatus.NOT_FOUND, f"Conference [{asked.id}] not found")
        return conference

    def _is_visible(self, call: Call) -> bool:
        return self._simulation.scheduler.now >= call.began + self._simulation.assumptions.seconds_until_visible

    def _found(self, asked: Asked) -> Call:
        record = self._calls.get(asked.account_id, asked.id)
        if record is None:
            raise Refusal(HTTPStatus.NOT_FOUND, f"Call [{asked.id}] not found")
        return record

    def _changeable(self, asked: Asked, allowed: frozenset[str]) -> Call:
        """A call in one of the states allowed: else 409, and 404 once it is long gone."""
        record = self._found(asked)
        if self._calls.is_gone(record):
            raise Refusal(HTTPStatus.NOT_FOUND, f"Call [{asked.id}] not found")
        if record.state not in allowed or record.is_forwarded:
            raise Refusal(HTTPStatus.CONFLICT, f"Call [{asked.id}] cannot be modified in its current state", "")
        return record


_HANDLERS: Final[Mapping[Operation, Callable[[Api, Asked], Reply]]] = {
    operations.CREATE_CALL: Api._create_call,
    operations.LIST_CALLS: Api._list_calls,
    operations.GET_CALL_STATE: Api._get_call_state,
    operations.UPDATE_CALL: Api._update_call,
    operations.UPDATE_CALL_BXML: Api._update_call_bxml,
    operations.UPDATE_CONFERENCE: Api._update_conference,
    operations.UPDATE_CONFERENCE_BXML: Api._update_conference_bxml,
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
