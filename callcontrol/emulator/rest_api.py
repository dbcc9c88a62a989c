"""The emulated API without a socket: routing, credentials, tokens and operations.

A request is checked in the order that the API's own responses suggest: path and method, credentials, account, content type,
body, call, and the call's state.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from base64 import b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from bxml.builder.frozen_dict import Frozen
from bxml.messages.redaction import redact_urls
from bxml.schema import Context
from callcontrol import call_states, operation_table, request_fields
from callcontrol.emulator import conference_operations, document_runner, recording_operations, transcription_operations
from callcontrol.emulator.api_requests import (
    Emulated,
    Refusal,
    Respond,
    RoutedRequest,
    body_of,
    json_reply,
    log_refusal,
    page,
    page_size,
    refuse,
    time_bounds,
)
from callcontrol.emulator.call_lifecycle import new_call, pushed_document, redirected_call
from callcontrol.emulator.call_or_conference import CALLBACK_TIMEOUT
from callcontrol.emulator.call_records import Record
from callcontrol.emulator.calls import Call, Calls
from callcontrol.emulator.conferences import Conferences
from callcontrol.emulator.document_runner import Refused, Script
from callcontrol.emulator.event_payloads import written
from callcontrol.emulator.fault_injection import TOKEN, Fault
from callcontrol.emulator.not_emulated import NOT_EMULATED
from callcontrol.emulator.simulation import Simulation
from callcontrol.emulator.webhook_requests import webhook
from callcontrol.http_messages import Reply, Request
from callcontrol.iso8601 import moment
from callcontrol.operation_table import API_PATH, EMULATOR_OPERATIONS, FORM, ID, OPERATIONS, TOKEN_PATH, Operation

log = logging.getLogger(__name__)

TOKEN_LIFETIME: Final = 3600
"""Lifetime of a token in seconds."""

MAX_EXCHANGES: Final = 1_000
"""Maximum number of requests that are kept with their responses."""

INJECTED: Final = "a fault that was set for a test"
"""End of the log lines about requests that fail because of a fault."""

INVALID_CREDENTIALS: Final = "The credentials provided were invalid"
"""The description of the API for unknown credentials."""

CONTROL_API: Final = "control API"
"""The sender of an operation that did not come from a client."""


@dataclass(frozen=True)
class Exchange:
    """A request to the emulated API and its response.

    Attributes:
        request: The request.
        reply: The response. If the body is audio, the body is left out.
    """

    request: Request
    reply: Reply


class Api:
    """The emulated API without a socket: requests in, responses out.

    Args:
        simulation: The simulation that the calls run in.
        calls: All calls.
        conferences: All conferences.
        accounts: The account ids that exist; default: all ids exist.
        credentials: Passwords and secrets; the keys are user names and client ids. Default: all credentials are accepted.
    """

    def __init__(
        self,
        simulation: Simulation,
        calls: Calls,
        conferences: Conferences,
        accounts: Collection[str] | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=MAX_EXCHANGES)
        self.faults: list[Fault] = []
        """The rules that make requests fail."""
        self._simulation = simulation
        self._calls = calls
        self._emulated = Emulated(simulation, calls, conferences)
        self._accounts = accounts
        self._credentials = credentials
        self._tokens: dict[str, float] = {}

    @property
    def exchanges(self) -> list[Exchange]:
        """A copy of the latest requests with their responses, in order."""
        with self._simulation.change():  # a request of another thread must not change the deque meanwhile
            return list(self._exchanges)

    def handle(self, request: Request) -> Reply:
        """Return the response to a request; tests and the HTTP server call this method.

        Raises:
            ConnectionResetError: If a fault cuts the connection.
        """
        reply = self._respond(request)
        # Audio is not kept: a thousand recordings would fill the memory.
        kept = replace(reply, body=b"") if reply.headers.get("Content-Type", "").startswith("audio/") else reply
        with self._simulation.change():
            self._exchanges.append(Exchange(request, kept))
        return reply

    def reset(self) -> None:
        """Forget all faults and requests. Tokens stay valid, because applications keep them. The lock must be held."""
        self.faults.clear()
        self._exchanges.clear()

    def operate(self, operation: Operation, account_id: str, id_: str, body: bytes) -> Reply:
        """Return the response to an operation of the control API. Such operations need no credentials and have no faults.

        Args:
            operation: The operation.
            account_id: Id of the account.
            id_: Id of the call or conference; empty for an operation without such an id.
            body: Body of the request.
        """
        received = RoutedRequest(
            Request(operation.method, "", body=body), self._simulation.base_url, account_id, id_, by=CONTROL_API
        )
        with self._simulation.change():
            try:
                return _HANDLERS[operation](self, received)
            except Refusal as refusal:
                return refusal.reply

    def _respond(self, request: Request) -> Reply:
        try:
            fault = self._fault(request)
            if fault is not None:
                self._apply(fault)
            with self._simulation.change_by_request():
                reply = self._dispatch(request)
            # Without the lock, because the encoding of audio takes long.
            return reply if isinstance(reply, Reply) else reply()
        except Refusal as refusal:
            return self._refused(request, refusal)
        except ConnectionResetError:
            log_refusal(request, None, f"the connection was cut by {INJECTED}")
            raise
        except Exception:  # the API responds even if an internal error occurs
            log.exception("internal error of the emulator in a request to the API")
            reason = "internal error of the emulator; its log has the traceback"
            return self._refused(request, Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, reason=reason))

    @staticmethod
    def _refused(request: Request, refusal: Refusal) -> Reply:
        """Return an error response, and log its reason."""
        path = log_refusal(request, refusal.status, refusal.reason)
        return refusal.token_reply if path == TOKEN_PATH else refusal.reply

    def _apply(self, fault: Fault) -> None:
        """Delay the request, cut its connection or send an error response, as the fault says."""
        # Without the lock, so that other requests and the calls continue.
        self._simulation.pause(fault.seconds)
        if fault.cuts:
            raise ConnectionResetError(f"the connection was cut by {INJECTED}")
        if fault.status is not None:
            status = HTTPStatus(fault.status)
            reason = f"{fault.description or status.phrase} (returned by {INJECTED})"
            raise Refusal(status, fault.description, retry_after=fault.retry_after, reason=reason)

    def _fault(self, request: Request) -> Fault | None:
        path = urlsplit(request.url).path
        operation = TOKEN if path == TOKEN_PATH else next((each.name for each, _ in _operations_at(path, request.method)), None)
        if operation is None:
            return None
        with self._simulation.lock:
            return next((fault for fault in self.faults if fault.applies_to(operation)), None)

    # Routing and credentials

    def _dispatch(self, request: Request) -> Reply | Callable[[], Reply]:
        parts = urlsplit(request.url)
        if parts.path == TOKEN_PATH:
            return self._token(request)
        found = _operations_at(parts.path, request.method)
        if not found:
            _refuse_what_is_not_emulated(parts.path, request.method)
            raise _nowhere(parts.path)
        ((operation, match),) = found
        self._authenticate(request.headers.get("Authorization", ""))
        ids = match.groupdict()
        if self._accounts is not None and ids["accountId"] not in self._accounts:
            raise Refusal(HTTPStatus.FORBIDDEN, "Access is denied")
        content_type = request.headers.get("Content-Type", "")
        if operation.takes and content_type.split(";")[0].strip().lower() != operation.takes:
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content type '{content_type}' not supported")
        base_url = f"{parts.scheme}://{parts.netloc}{API_PATH}"
        routed = RoutedRequest(request, base_url, ids.pop("accountId"), *ids.values())
        if operation in _HANDLERS:
            return _HANDLERS[operation](self, routed)
        return _OTHER_HANDLERS[operation](self._emulated, routed)

    def _authenticate(self, authorization: str) -> None:
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() == "basic":
            self._check_basic(value)
        elif scheme.lower() != "bearer" or not value:
            raise _unauthorized(authorization, "Basic or Bearer")
        elif self._credentials is not None and self._tokens.get(value, 0) <= self._simulation.time().timestamp():
            reason = "the token has expired" if value in self._tokens else "the token is unknown"
            raise Refusal(HTTPStatus.UNAUTHORIZED, INVALID_CREDENTIALS, reason=reason)

    def _check_basic(self, value: str) -> str:
        """Check the credentials of Basic authentication, and return the user name."""
        try:
            user, _, password = b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "Failed to decode basic authentication token") from None
        if self._credentials is not None and self._credentials.get(user) != password:
            reason = "the password is wrong" if user in self._credentials else "the user name or client id is unknown"
            raise Refusal(HTTPStatus.UNAUTHORIZED, INVALID_CREDENTIALS, reason=reason)
        return user

    def _token(self, request: Request) -> Reply:
        """Exchange client credentials for a token."""
        if request.method != "POST":
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, reason=_expected_methods("POST"))
        authorization = request.headers.get("Authorization", "")
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() != "basic":
            raise _unauthorized(authorization, "Basic")
        user = self._check_basic(value)
        if not request.headers.get("Content-Type", "").startswith(FORM):
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, reason=f"Content-Type must be {FORM}")
        grant = dict(parse_qsl(request.body.decode("utf-8", "replace"))).get("grant_type")
        if grant != "client_credentials":
            error = "unsupported_grant_type" if grant else "invalid_request"
            raise Refusal(HTTPStatus.BAD_REQUEST, "grant_type must be client_credentials", token_error=error)
        now = self._simulation.time().timestamp()
        token = _json_web_token(user, int(now), int(now) + TOKEN_LIFETIME)
        # Expired tokens are dropped here, so that they do not accumulate while the emulator runs.
        self._tokens = {token: end for token, end in self._tokens.items() if end > now}
        self._tokens[token] = now + TOKEN_LIFETIME
        return json_reply(HTTPStatus.OK, {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME})

    # Operations

    def _create_call(self, received: RoutedRequest) -> Reply:
        body = body_of(received)
        refuse(request_fields.faults(request_fields.CREATE_CALL, body))
        call = self._calls.new(
            received.account_id,
            body["applicationId"],
            body["from"],
            body["to"],
            request=body,
            enqueued_time=self._simulation.time(),
            tag=body.get("tag"),
            callback_timeout=body.get("callbackTimeout", CALLBACK_TIMEOUT),
            disconnect_webhook=webhook(body.get, "disconnect"),
        )
        call.note("state", call_states.QUEUED)
        reaction = self._simulation.reaction(call.to)
        if reaction is not None:
            if reaction.is_immediate:
                call.change_state(call_states.INITIATED)
                call.change_state(call_states.ANSWERED)
            call.replace_task(new_call(call, reaction))
        call_url = f"{received.base_url}/accounts/{received.account_id}/calls/{call.call_id}"
        return json_reply(HTTPStatus.CREATED, _created(call, call_url), Location=call_url)

    def _get_call_state(self, received: RoutedRequest) -> Reply:
        call = self._emulated.call(received)
        if not self._is_visible(call):
            raise Refusal(HTTPStatus.NOT_FOUND, f"Call [{received.id}] not found")
        return json_reply(HTTPStatus.OK, call.as_json())

    def _list_calls(self, received: RoutedRequest) -> Reply:
        query = received.query
        size = page_size(query, request_fields.PAGE_SIZE)
        bounds = time_bounds(query, "minStartTime", "maxStartTime")
        of_account = self._calls.of_account(received.account_id)
        visible = {call.call_id: call.as_json() for call in of_account if self._is_visible(call)}
        matching = {call_id: call for call_id, call in visible.items() if _matches(call, query, bounds)}
        shown, headers = page(matching, size, received, "calls")
        return json_reply(HTTPStatus.OK, shown, **headers)

    def _update_call(self, received: RoutedRequest) -> Reply:
        body = body_of(received)
        ends = body.get("state") == "completed"  # the platform then ignores all other fields, even invalid ones
        refuse(request_fields.faults(request_fields.UPDATE_CALL, {"state": "completed"} if ends else body))
        if not ends and "redirectUrl" not in body:
            raise Refusal(HTTPStatus.BAD_REQUEST, "redirectUrl is required")
        call = self._changeable(received, call_states.ENDABLE if ends else call_states.INTERRUPTIBLE)
        if ends:
            call.note("api", "UpdateCall completed")
            unanswered = "cancel" if call.direction == "outbound" else "rejected"
            call.end("hangup" if call.state == call_states.ANSWERED else unanswered)
        else:
            call.note("api", "UpdateCall", redirectUrl=redact_urls(body["redirectUrl"]))
            call.redirections.append(Frozen(body))
            call.tag = body.get("tag", call.tag) or None
            to = webhook(body.get, "redirect")
            assert to is not None  # redirectUrl was checked above
            call.replace_task(redirected_call(call, to))
        return Reply(HTTPStatus.OK)

    def _update_call_bxml(self, received: RoutedRequest) -> Reply:
        document = self._document(received, "call")
        call = self._changeable(received, call_states.INTERRUPTIBLE)
        call.documents.append(received.request.body.decode("utf-8", "replace"))
        call.note("api", "UpdateCallBxml", content=call.documents[-1], by=received.by)
        if isinstance(document, Refused):
            document.note(call)
            call.end("invalid-bxml", document.first)
        else:
            call.replace_task(pushed_document(call, document))
        return Reply(HTTPStatus.NO_CONTENT)

    def _document(self, received: RoutedRequest, context: Context) -> Script | Refused:
        """Return the pushed document, or the problems that make it invalid.

        Raises:
            Refusal: If the body is not well-formed XML; the platform checks this before it responds.
        """
        try:
            return document_runner.read(received.request.body, "", self._simulation.extra, context)
        except Refused as error:
            if error.is_not_xml:
                raise Refusal(HTTPStatus.BAD_REQUEST, f"There is something wrong with the request: {error.first}") from None
            return error

    def _update_conference(self, received: RoutedRequest) -> Reply:
        body = body_of(received)
        body.setdefault("status", body.pop("state", "active"))  # the vendor's pages disagree about the name of this field
        ends = body["status"] == "completed"
        refuse(request_fields.faults(request_fields.UPDATE_CONFERENCE, {"status": "completed"} if ends else body))
        to = webhook(body.get, "redirect")
        if not ends and to is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "redirectUrl is required")
        conference = self._emulated.active_conference(received)
        to_url = None if to is None else redact_urls(to.target.url)
        conference.note("api", "UpdateConference", status=body["status"], redirectUrl=to_url)
        if ends or to is None:  # None was refused above; the second test is for type checkers
            conference.complete()
        else:
            conference.redirect(to)
        return Reply(HTTPStatus.NO_CONTENT)

    def _update_conference_bxml(self, received: RoutedRequest) -> Reply:
        document = self._document(received, "conference")
        conference = self._emulated.active_conference(received)
        body = received.request.body.decode("utf-8", "replace")
        conference.note("api", "UpdateConferenceBxml", content=body)
        if isinstance(document, Refused):  # unlike a call, a conference continues after an invalid document
            document.note(conference)
        else:
            conference.documents.append(body)
            conference.play(document)
        return Reply(HTTPStatus.NO_CONTENT)

    def _is_visible(self, call: Call) -> bool:
        return self._simulation.scheduler.now >= call.began + self._simulation.assumptions.seconds_until_visible

    def _changeable(self, received: RoutedRequest, allowed: frozenset[str]) -> Call:
        """Return the call that a request changes.

        Raises:
            Refusal: With status 409 if the state of the call is not allowed or the call is forwarded; with status 404 if the
                call is unknown or ended long ago.
        """
        call = self._emulated.call(received)
        if self._calls.is_gone(call):
            raise Refusal(HTTPStatus.NOT_FOUND, f"Call [{received.id}] not found")
        if call.state not in allowed or call.is_forwarded:
            raise Refusal(HTTPStatus.CONFLICT, f"Call [{received.id}] cannot be modified in its current state", "")
        return call


_HANDLERS: Final[Mapping[Operation, Callable[[Api, RoutedRequest], Reply]]] = {
    operation_table.CREATE_CALL: Api._create_call,
    operation_table.LIST_CALLS: Api._list_calls,
    operation_table.GET_CALL_STATE: Api._get_call_state,
    operation_table.UPDATE_CALL: Api._update_call,
    operation_table.UPDATE_CALL_BXML: Api._update_call_bxml,
    operation_table.UPDATE_CONFERENCE: Api._update_conference,
    operation_table.UPDATE_CONFERENCE_BXML: Api._update_conference_bxml,
}
"""For each operation of the client: the method that performs it."""

_OTHER_HANDLERS: Final[Mapping[Operation, Respond]] = {
    **recording_operations.HANDLERS,
    **transcription_operations.HANDLERS,
    **conference_operations.HANDLERS,
}
"""For each operation that is not in ``_HANDLERS``: the function that performs it."""


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(API_PATH + re.sub(r"\{(\w+)\}", rf"(?P<\1>{ID})", path))


_PATHS: Final = tuple((operation, _pattern(operation.path)) for operation in (*OPERATIONS, *EMULATOR_OPERATIONS))

_NOT_EMULATED: Final = tuple((name, method, _pattern(path)) for name, (method, path) in NOT_EMULATED.items())


def _operations_at(path: str, method: str | None = None) -> list[tuple[Operation, re.Match[str]]]:
    """Return the operations with this path and method; without a method, all operations with this path."""
    matching = [(operation, match) for operation, pattern in _PATHS if (match := pattern.fullmatch(path))]
    return [each for each in matching if method in (None, each[0].method)]


def _nowhere(path: str) -> Refusal:
    """Return the error for a request whose path or method does not match an operation."""
    methods = [operation.method for operation, _ in _operations_at(path)]
    if methods:
        return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, reason=_expected_methods(*methods))
    beginning = f"{API_PATH}/accounts/"
    hint = "" if path.startswith(beginning) else f"; paths begin with {beginning}"
    return Refusal(HTTPStatus.NOT_FOUND, reason=f"no operation has this path{hint}")


def _expected_methods(*methods: str) -> str:
    return f"{HTTPStatus.METHOD_NOT_ALLOWED.phrase}; expected {' or '.join(methods)}"


def _unauthorized(authorization: str, schemes: str) -> Refusal:
    """Return the error for a request without usable credentials.

    Args:
        authorization: The header ``Authorization``; empty if it is missing. The log does not quote it; it may be a secret.
        schemes: The schemes that are allowed.
    """
    if not authorization:
        reason = "the header Authorization is missing"
    elif authorization.strip().lower() == "bearer":
        reason = "the header Authorization has no token after its scheme"
    else:
        reason = "the header Authorization has another scheme"
    return Refusal(HTTPStatus.UNAUTHORIZED, reason=f"{reason}; expected {schemes}")


def _refuse_what_is_not_emulated(path: str, method: str) -> None:
    """Refuse an operation that the vendor has and the emulator does not have.

    Raises:
        Refusal: With status 501, which no operation of the vendor returns.
    """
    for name, its_method, pattern in _NOT_EMULATED:
        if its_method == method and pattern.fullmatch(path):
            raise Refusal(HTTPStatus.NOT_IMPLEMENTED, f"{name} is not emulated")


def _matches(call: Mapping[str, Any], query: Mapping[str, str], bounds: Mapping[str, datetime]) -> bool:
    """Return whether a call matches the filters. A call that has not started matches no filter by time."""
    if any(name in query and call[name] != query[name] for name in ("to", "from", "disconnectCause")):
        return False
    start = moment(call["startTime"])
    earliest, latest = bounds.get("minStartTime"), bounds.get("maxStartTime")
    if start is None:
        return not bounds
    return (earliest is None or earliest <= start) and (latest is None or start <= latest)


def _created(call: Record, call_url: str) -> dict[str, Any]:
    """Return the body of a CreateCall response: the fields of the request, with defaults, and with passwords masked."""
    request = call.request
    names = ("answerFallbackUrl", "answerFallbackMethod", "disconnectUrl", "username", "fallbackUsername", "tag")
    optional = {name: request[name] for name in names if name in request}
    masked = {name: "*****" for name in ("password", "fallbackPassword") if name in request}
    return {
        "applicationId": request["applicationId"],
        "accountId": call.account_id,
        "callId": call.call_id,
        "to": request["to"],
        "from": request["from"],
        "enqueuedTime": written(call.enqueued_time),
        "callUrl": call_url,
        "callTimeout": request.get("callTimeout", 30.0),
        "callbackTimeout": request.get("callbackTimeout", CALLBACK_TIMEOUT),
        "answerUrl": request["answerUrl"],
        "answerMethod": request.get("answerMethod", "POST"),
        "disconnectMethod": request.get("disconnectMethod", "POST"),
        "priority": request.get("priority", 5),
        **optional,
        **masked,
    }


def _json_web_token(subject: str, issued: int, expires: int) -> str:
    """Return a JSON Web Token (RFC 7519), the form of the platform's tokens, because some applications decode it.

    The signature is random, so each token is unique and cannot be guessed.

    Args:
        subject: The client id.
        issued: Time at which the token is issued, in seconds since 1970.
        expires: Time at which the token expires, in seconds since 1970.
    """
    header, claims = {"alg": "HS256", "typ": "JWT"}, {"sub": subject, "iat": issued, "exp": expires}
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), secrets.token_bytes(32)]
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
