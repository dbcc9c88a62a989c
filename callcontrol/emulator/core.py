"""The emulated API without a socket: requests in, replies out.

A request is checked in the order that the API's own answers suggest: path and method, credentials, account, content type, body,
call, and the call's state.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from base64 import b64decode
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import bxml
from bxml.malformed import NOT_XML
from callcontrol import fields, operations, states
from callcontrol.emulator.records import Clock, Record, Records, now
from callcontrol.http import Headers, Reply, Request, json_of
from callcontrol.operations import ERROR_TYPES, FORM, ID, JSON, OPERATIONS, TOKEN_PATH, Operation
from callcontrol.times import in_iso, moment

API_PATH: Final = "/api/v2"
"""Where the API begins."""

TOKEN_LIFETIME: Final = 3600
"""Seconds that a token is said to live."""

REMEMBERED: Final = 1_000
"""Exchanges that are kept to be looked at."""


LONGEST_REPORT: Final = 20
"""Problems of a document that the state of its call tells."""


@dataclass(frozen=True)
class Exchange:
    """One request and what was answered to it."""

    request: Request
    reply: Reply


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: HTTPStatus, description: str | None = None, error_id: str | None = None) -> None:
        """Say it as the API does."""
        super().__init__(status, description)
        body = {"type": ERROR_TYPES[status], "description": description or status.phrase, "id": error_id}
        self.reply = _json(status, body, "application/json;charset=UTF-8")


def _json(status: int, body: object, content_type: str = JSON, **headers: str) -> Reply:
    return Reply(status, Headers({"Content-Type": content_type, **headers}), json.dumps(body).encode())


@dataclass(frozen=True)
class Asked:
    """A request that has found its operation."""

    request: Request
    base_url: str
    account_id: str
    call_id: str

    @property
    def query(self) -> dict[str, str]:
        """The fields of the query; of one that stands twice, the last."""
        return dict(parse_qsl(urlsplit(self.request.url).query, keep_blank_values=True))


class Core:
    """The emulated API.

    Args:
        accounts: The account ids that exist; any if not given.
        credentials: Passwords by user name, and secrets by client id, of those who have access; any if not given.
        answers: Whether a call is answered as soon as it is created; else it stays in the queue until told.
        clock: Gives the time.
        extra: Names of attributes, newer than the schema, that documents may hold.
    """

    def __init__(
        self,
        *,
        accounts: Collection[str] | None = None,
        credentials: Mapping[str, str] | None = None,
        answers: bool = True,
        clock: Clock = now,
        extra: Collection[str] = (),
    ) -> None:
        """Start without calls."""
        self.exchanges: deque[Exchange] = deque(maxlen=REMEMBERED)
        """What was asked and answered, in order."""
        self._accounts = accounts
        self._credentials = credentials
        self._answers = answers
        self._clock = clock
        self._extra = extra
        self._records = Records(clock)
        self._tokens: dict[str, float] = {}
        self._lock = threading.RLock()

    def handle(self, request: Request) -> Reply:
        """The answer to a request; the same as over HTTP, since that is all a server calls."""
        with self._lock:
            try:
                reply = self._routed(request)
            except Refusal as refusal:
                reply = refusal.reply
            except Exception:  # noqa: BLE001  whatever it is, the API answers
                reply = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR).reply
            self.exchanges.append(Exchange(request, reply))
            return reply

    # What a test does to calls from outside

    def call(self, call_id: str) -> Record:
        """A call, in whatever state.

        Raises:
            KeyError: if there is none.
        """
        return self._records.by_id[call_id]

    def initiate(self, call_id: str) -> None:
        """Take a call out of the queue and let it ring, as the vendor does by itself.

        Raises:
            KeyError: if there is no such call.
            ValueError: if it is not in the queue.
        """
        self._move(call_id, states.INITIATED)

    def answer(self, call_id: str) -> None:
        """Answer a call that rings: one in the queue has to be initiated first.

        Raises:
            KeyError: if there is no such call.
            ValueError: if it does not ring.
        """
        self._move(call_id, states.ANSWERED)

    def disconnect(self, call_id: str, cause: str = "hangup") -> None:
        """End a call, as the called party does.

        Raises:
            KeyError: if there is no such call.
            ValueError: if it has ended already.
        """
        self._move(call_id, states.DISCONNECTED, cause)

    def _move(self, call_id: str, state: str, cause: str | None = None) -> None:
        with self._lock:
            self.call(call_id).move(state, self._clock(), cause=cause)

    # A request finds its operation

    def _routed(self, request: Request) -> Reply:
        parts = urlsplit(request.url)
        if parts.path == TOKEN_PATH:
            return self._token(request)
        found = [(operation, match) for operation, path in _PATHS if (match := path.fullmatch(parts.path))]
        if not found:
            raise Refusal(HTTPStatus.NOT_FOUND)
        operation, match = next((each for each in found if each[0].method == request.method), (None, None))
        if operation is None or match is None:  # which is the same to all but type checkers
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED)
        self._authenticate(request.headers.get("Authorization", ""))
        ids = match.groupdict()
        if self._accounts is not None and ids["accountId"] not in self._accounts:
            raise Refusal(HTTPStatus.FORBIDDEN, "Access is denied")
        content_type = request.headers.get("Content-Type", "")
        if operation.takes and content_type.split(";")[0].strip().lower() != operation.takes:
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content type '{content_type}' not supported")
        base_url = f"{parts.scheme}://{parts.netloc}{API_PATH}"
        return _HANDLERS[operation](self, Asked(request, base_url, ids["accountId"], ids.get("callId", "")))

    def _authenticate(self, authorization: str) -> None:
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() == "basic":
            self._check_basic(value)
        elif scheme.lower() != "bearer" or not value:
            raise Refusal(HTTPStatus.UNAUTHORIZED)
        elif self._credentials is not None and self._tokens.get(value, 0) <= self._clock().timestamp():
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
        now_ = self._clock().timestamp()
        self._tokens = {token: end for token, end in self._tokens.items() if end > now_}
        self._tokens[token] = self._clock().timestamp() + TOKEN_LIFETIME
        return _json(HTTPStatus.OK, {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME})

    # The operations

    def _create_call(self, asked: Asked) -> Reply:
        body = _body(asked)
        _refuse(fields.faults(fields.CREATE_CALL, body))
        record = self._records.add(asked.account_id, body)
        if self._answers:
            self.initiate(record.call_id)
            self.answer(record.call_id)
        call_url = f"{asked.base_url}/accounts/{asked.account_id}/calls/{record.call_id}"
        return _json(HTTPStatus.CREATED, _created(record, call_url), Location=call_url)

    def _get_call_state(self, asked: Asked) -> Reply:
        return _json(HTTPStatus.OK, self._found(asked).as_json())

    def _list_calls(self, asked: Asked) -> Reply:
        query: dict[str, Any] = dict(asked.query)
        try:
            size = int(query.setdefault("pageSize", "1000"))
        except ValueError:
            raise Refusal(HTTPStatus.BAD_REQUEST, "Invalid pageSize: must be a whole number") from None
        _refuse(fields.faults(fields.LIST_CALLS, {**query, "pageSize": size}))
        names: tuple[str, ...] = ("minStartTime", "maxStartTime")
        bounds = {name: _bound(name, query[name]) for name in names if name in query}
        calls = [record.as_json() for record in self._records.of_account(asked.account_id)]
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
            cause = "hangup" if record.state == states.ANSWERED else "cancel"
            record.move(states.DISCONNECTED, self._clock(), cause=cause)
        else:
            record.redirects.append(body["redirectUrl"])
            record.tag = body.get("tag", record.tag)
        return Reply(HTTPStatus.OK)

    def _update_call_bxml(self, asked: Asked) -> Reply:
        problems = [problem for problem in bxml.validate(asked.request.body, select=["schema"]) if not self._is_extra(problem)]
        if any(problem.rule in NOT_XML for problem in problems):
            raise Refusal(HTTPStatus.BAD_REQUEST, f"There is something wrong with the request: {problems[0]}")
        record = self._changeable(asked, states.INTERRUPTIBLE)
        record.documents.append(asked.request.body.decode("utf-8", "replace"))
        if problems:
            report = "\n".join(map(str, problems[:LONGEST_REPORT]))
            record.move(states.DISCONNECTED, self._clock(), cause="invalid-bxml", error=report)
        return Reply(HTTPStatus.NO_CONTENT)

    def _is_extra(self, problem: bxml.Problem) -> bool:
        return problem.rule == "unknown-attribute" and problem.path.rpartition("@")[2] in self._extra

    def _found(self, asked: Asked) -> Record:
        record = self._records.get(asked.account_id, asked.call_id)
        if record is None:
            raise Refusal(HTTPStatus.NOT_FOUND, f"Call [{asked.call_id}] not found")
        return record

    def _changeable(self, asked: Asked, allowed: frozenset[str]) -> Record:
        """A call in one of the states allowed: else 409, and 404 once it is long gone."""
        record = self._found(asked)
        if self._records.is_gone(record):
            raise Refusal(HTTPStatus.NOT_FOUND, f"Call [{asked.call_id}] not found")
        if record.state not in allowed:
            raise Refusal(HTTPStatus.CONFLICT, f"Call [{asked.call_id}] cannot be modified in its current state", "")
        return record


_HANDLERS: Final[Mapping[Operation, Callable[[Core, Asked], Reply]]] = {
    operations.CREATE_CALL: Core._create_call,
    operations.LIST_CALLS: Core._list_calls,
    operations.GET_CALL_STATE: Core._get_call_state,
    operations.UPDATE_CALL: Core._update_call,
    operations.UPDATE_CALL_BXML: Core._update_call_bxml,
}

_PATHS: Final = tuple(
    (operation, re.compile(API_PATH + re.sub(r"\{(\w+)\}", rf"(?P<\1>{ID})", operation.path))) for operation in OPERATIONS
)


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
    return {name: value for name, value in members.items() if value is not None}


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
        "enqueuedTime": in_iso(record.enqueued_time),
        "callUrl": call_url,
        "callTimeout": record.request.get("callTimeout", 30.0),
        "callbackTimeout": record.request.get("callbackTimeout", 15.0),
        "answerUrl": record.request["answerUrl"],
        "answerMethod": record.request.get("answerMethod", "POST"),
        "disconnectMethod": record.request.get("disconnectMethod", "POST"),
        "priority": record.request.get("priority", 5),
        **given,
        **masked,
    }
