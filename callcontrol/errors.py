"""The errors of operations and of webhook events.

::

    CallControlError
    ├── InvalidRequest          an argument is invalid; nothing was sent
    ├── UnreadableEvent         a webhook request is not an event
    ├── CallMayExist            create_call failed, but the call may have been placed
    ├── NotAnswered             a call was not answered before the timeout
    ├── TransportError          no complete response arrived
    │   └── MismatchedResponse    the response belongs to another request
    └── ApiError                the response is not a success
        ├── BadRequest            400
        ├── Unauthorized          401
        ├── Forbidden             403
        ├── NotFound              404
        ├── MethodNotAllowed      405
        ├── Conflict              409
        │   └── CallNotActive       404 or 409 for a call that exists
        ├── UnsupportedMediaType  415
        ├── TooManyRequests       429
        ├── ServerError           5xx
        ├── UnreadableReply       a success with an unexpected body
        ├── ForeignLink           the next page is on another host
        └── RepeatedPage          the next page was already read

An invalid document raises :class:`bxml.InvalidDocument` or :class:`bxml.NotWellFormed` instead, and nothing is sent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, ClassVar, Final, cast

from bxml.messages.redaction import redact_urls
from bxml.messages.text import escape_unprintable
from callcontrol.call_models import CallState
from callcontrol.call_states import INITIATED, QUEUED
from callcontrol.http_messages import Reply
from callcontrol.operation_table import CREATE_CALL, OPERATIONS

_DECIMAL: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?").fullmatch
"""Matches a number of seconds in Retry-After. Some servers send fractions, although the standard has only integers."""

LONGEST_DESCRIPTION: Final = 300
"""Maximum number of characters that an error message quotes from the API's description."""

_WRITES: Final = frozenset(each.name for each in OPERATIONS if each.method != "GET")
"""Names of the operations that change something. Only their errors say whether the request may have been processed."""

_OVERLOADED: Final = HTTPStatus.SERVICE_UNAVAILABLE
"""The only 5xx status that means that the request was not processed."""


class CallControlError(Exception):
    """The base class of every error of this package."""

    ends_run: ClassVar[bool] = False
    """True if a run over many calls ends with this error, because every other call would cause the same error."""

    def __str__(self) -> str:
        """Return the message, with the user and password of each URL hidden."""
        return redact_urls(super().__str__())

    def __repr__(self) -> str:
        """Return the class and the arguments, with the user and password of each URL hidden."""
        return redact_urls(super().__repr__())


class InvalidRequest(CallControlError, ValueError):
    """An argument is invalid, or the API would reject or ignore it. Nothing was sent.

    The message lists every problem that was found. Correct the arguments; a retry fails in the same way.
    """


class UnreadableEvent(CallControlError, ValueError):
    """The body of a webhook request is not an event: it is not a JSON object, has no ``eventType``, or is too large.

    The message does not quote the body, because it may contain the keys that a caller pressed. Respond with status 400, and
    check that only the platform can reach the URL.
    """


class TransportError(CallControlError):
    """No complete response arrived.

    If ``sent`` is false, no connection was made and nothing was sent: the request can be sent again. Otherwise the API may have
    processed the request. Even then, the request can be sent again if it reads, hangs up, or pushes a document into a call.
    A redirect, or a document for a conference, would be heard twice.

    Attributes:
        reason: The cause, with the host.
        operation: The operation's name, such as ``CreateCall``.
        call_id: The id of the call or conference; ``None`` if the operation has none.
        sent: Whether any part of the request may have arrived; false if no connection was made.
        doubt: The error of an earlier attempt that may have been processed; ``None`` if there was no such attempt.
    """

    def __init__(self, reason: str, operation: str = "", call_id: str | None = None, sent: bool = True) -> None:  # noqa: FBT001, FBT002  pickle passes the arguments by position
        super().__init__(reason, operation, call_id, sent)
        self.reason, self.operation, self.call_id, self.sent = reason, operation, call_id, sent
        self.doubt: TransportError | ApiError | None = None

    def __str__(self) -> str:
        """Return the operation, the call, the cause, and what may have been sent."""
        subject = _subject(self.operation, self.call_id)
        return f"{subject}{redact_urls(self.reason)}{_effect(self, sent=self.sent)}"


class MismatchedResponse(TransportError):
    """The response names a different call or conference than the request does, so it belongs to another request.

    The request itself may have been processed. The client discards its open connections, so a retry opens a new connection.
    """


class ApiError(CallControlError):
    """The API responded with a status that is not a success; most statuses have a subclass.

    After a status from 400 to 499, or 503, the request was not processed. After any other status it may have been processed.

    https://dev.bandwidth.com/docs/voice/programmable-voice/errors

    Attributes:
        reply: Status, headers and body of the response, unchanged.
        status: The HTTP status.
        type: The API's type of the error, such as ``validation``; ``None`` if the response is not in the API's format.
        description: The API's description of the error; ``None`` if the response is not in the API's format.
        error_id: The id of the error, to quote to the vendor's support; ``None`` for most errors.
        operation: The operation's name, such as ``CreateCall``.
        call_id: The id of the call or conference; ``None`` if the operation has none.
        doubt: The error of an earlier attempt that may have been processed; ``None`` if there was no such attempt.
    """

    _NEXT_STEP: ClassVar[str] = ""
    """The hint at the end of the message; empty if the API's description is enough."""

    def __init__(self, reply: Reply, operation: str = "", call_id: str | None = None) -> None:
        super().__init__(reply, operation, call_id)
        self.reply, self.operation, self.call_id = reply, operation, call_id
        self.status = reply.status
        self.doubt: TransportError | ApiError | None = None
        members = _members(reply)
        self.type: str | None = _string(members.get("type")) or _string(members.get("error"))
        self.description: str | None = _description(members)
        self.error_id: str | None = _string(members.get("id")) or None  # the API sends null or "" for a missing id

    def __str__(self) -> str:
        """Return the operation, the call, the status, the API's description, and the next step."""
        described = redact_urls(self.description or "the response is not in the API's format")
        description = escape_unprintable(described[:LONGEST_DESCRIPTION])
        failure = f"{_subject(self.operation, self.call_id)}{status_line(self.status)}: {description}"
        next_step = f"; {self._next_step}" if self._next_step else ""
        return f"{failure}{next_step}{_effect(self, sent=not self._is_rejected)}"

    @property
    def _next_step(self) -> str:
        """The hint at the end of this message."""
        return self._NEXT_STEP

    @property
    def _is_rejected(self) -> bool:
        """True if the status says that the request was not processed."""
        return HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR or self.status == _OVERLOADED

    @property
    def retry_after(self) -> float | None:
        """The value of the header ``Retry-After``, as seconds from now; ``None`` if it is missing or invalid."""
        value = self.reply.headers.get("Retry-After", "").strip()
        try:
            if _DECIMAL(value):
                seconds = float(value)
            else:
                when = parsedate_to_datetime(value)
                seconds = ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError):  # neither a number nor a date, or a date that datetime cannot represent
            return None
        return max(0.0, seconds) if math.isfinite(seconds) else None


class BadRequest(ApiError):
    """400: a field is missing or out of range, or the document is not XML. The request was not processed; correct it."""


class Unauthorized(ApiError):
    """401: the credentials are missing or wrong. The request was not processed; check the credentials."""

    _NEXT_STEP = "check the credentials"
    ends_run = True


class Forbidden(ApiError):
    """403: the credentials have no access to this account or to voice. The request was not processed."""

    _NEXT_STEP = "check that the credentials have access to this account and to voice"
    ends_run = True


class NotFound(ApiError):
    """404: the call or conference does not exist, ended too long ago, or is too new to be visible.

    The request was not processed. Check the id; for a new call, retry after some seconds.
    """

    @property
    def _next_step(self) -> str:
        if self.call_id is None:
            return "check the URL and the account id"
        if "Conference" in self.operation:
            return "check the id; the conference may have ended"
        return "check the id; a new call may not be visible yet"


class MethodNotAllowed(ApiError):
    """405: the path does not support the HTTP method. The request was not processed; check ``base_url``."""

    _NEXT_STEP = "check base_url"


class Conflict(ApiError):
    """409: the call or conference cannot be changed in its current state. The request was not processed."""


class CallNotActive(Conflict):
    """404 or 409 for a call that exists: the call is not answered yet, or has ended. The request was not processed.

    If ``state`` is ``queued`` or ``initiated``, wait until the call is answered, and send the request again. If ``state`` is
    ``disconnected``, the call has ended.

    Attributes:
        state: The state of the call after the failure, such as ``disconnected``; ``None`` if it could not be read.
        call: The API's full description of the call; ``None`` if it could not be read.
    """

    def __init__(self, reply: Reply, operation: str = "", call_id: str | None = None, call: CallState | None = None) -> None:
        super().__init__(reply, operation, call_id)
        self.args = (reply, operation, call_id, call)
        self.call = call
        self.state = call.state if call else None

    def __str__(self) -> str:
        """Return the operation, the call, the status, the state of the call, and the next step."""
        if not self.state:
            return f"{super().__str__()}; the state of the call could not be read"
        known = f"the call is {escape_unprintable(self.state)}"
        if self.status < HTTPStatus.BAD_REQUEST:  # GetCallState succeeded, so the error is the state and not the status
            return f"{_subject(self.operation, self.call_id)}{known}"
        next_step = "; wait until it is answered" if self.state in {QUEUED, INITIATED} else ""
        return f"{super().__str__()}; {known}{next_step}"


class UnsupportedMediaType(ApiError):
    """415: the API does not accept the content type. The request was not processed; check ``base_url``."""

    _NEXT_STEP = "check base_url"


class TooManyRequests(ApiError):
    """429: too many requests per second, too many calls at once, or a full queue.

    The request was not processed. Send it again after ``retry_after`` seconds. If ``retry_after`` is ``None``, retry later.
    """

    _NEXT_STEP = "retry later"


class ServerError(ApiError):
    """5xx: the API failed or is overloaded.

    After 503 the request was not processed and can be sent again. After any other status it may have been processed.
    """

    @property
    def _next_step(self) -> str:
        return "retry later" if self.status == _OVERLOADED else ""


class UnreadableReply(ApiError):
    """The status is a success, but the body is not in the format of the operation's response.

    The request may have been processed. A proxy or login page between the client and the API can be the cause.
    """

    _NEXT_STEP = "check base_url, and any proxy"


class ForeignLink(ApiError):
    """The link to the next page of ListCalls leads to another host, port or path. It was not followed.

    The client sends its credentials only to the API. If the API is behind a proxy, its links may name the host behind the
    proxy. In that case, pass ``next_page_token`` of the list to ``list_calls(page_token=...)``, which requests the page through
    the proxy.
    """

    def __str__(self) -> str:
        """Return a message that names the operation and says that the link was not followed."""
        subject = _subject(self.operation, self.call_id)
        return (
            f"{subject}the link to the next page leads to another host, port or path and was not followed; "
            "pass next_page_token to list_calls(page_token=...)"
        )


class RepeatedPage(ApiError):
    """The link to the next page of ListCalls leads to a page that was already read. Following such links would never end."""

    def __str__(self) -> str:
        """Return a message that names the operation."""
        return f"{_subject(self.operation, self.call_id)}the link to the next page leads to a page that was already read"


class CallMayExist(CallControlError):
    """``create_call`` failed, but the call may have been placed. The client does not send the request again.

    Do not create the call again immediately, because two calls might ring. Some time later, list the calls between the same
    numbers with ``client.list_calls(**error.search)``. A listed call that was enqueued at ``since`` or later may be the new
    call. A unique ``tag`` identifies a call in its webhooks.

    https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/createCall

    Attributes:
        error: The cause, a :class:`TransportError` or an :class:`ApiError`.
        since: Time at which the client began to create the call, in UTC.
        search: Arguments for ``list_calls``.
    """

    def __init__(self, error: TransportError | ApiError, since: datetime, search: Mapping[str, Any]) -> None:
        super().__init__(error, since, search)
        self.error, self.since, self.search = error, since, search

    def __str__(self) -> str:
        """Return the cause and the next step, without phone numbers."""
        return (
            f"{self.error}; the call may have been placed, at {self.since:%Y-%m-%dT%H:%M:%SZ} or later: "
            "look for it with list_calls(**error.search) before creating it again"
        )


class NotAnswered(CallControlError, TimeoutError):
    """A call was not answered before the timeout. It may still be queued or ringing: wait again, or hang it up.

    Attributes:
        call_id: The id of the call.
        seconds: The timeout, in seconds.
        state: The state of the call at the timeout, such as ``initiated``; ``None`` if the call was not visible yet.
        call: The API's full description of the call; ``None`` if the call was not visible yet.
    """

    def __init__(self, call_id: str, seconds: float, call: CallState | None = None) -> None:
        super().__init__(call_id, seconds, call)
        self.call_id, self.seconds, self.call = call_id, seconds, call
        self.state = call.state if call else None

    def __str__(self) -> str:
        """Return the call, the timeout, and the state of the call."""
        state = f"still {escape_unprintable(self.state or 'in an unknown state')}" if self.call else "not visible yet"
        return f"call {self.call_id}: timed out after {self.seconds:g} s; the call is {state}"


BY_STATUS: Final[dict[int, type[ApiError]]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    415: UnsupportedMediaType,
    429: TooManyRequests,
    **dict.fromkeys(range(500, 600), ServerError),
}
"""For each of these HTTP statuses: the error class. Other statuses have the class :class:`ApiError`."""


def _subject(operation: str, call_id: str | None) -> str:
    """Return the beginning of a message: the operation and the id, such as ``GetCallState of call c-1: ``."""
    kind = "conference" if "Conference" in operation else "call"
    of_call = f" of {kind} {call_id}" if call_id else ""
    return f"{operation}{of_call}: " if operation else ""


def _effect(error: TransportError | ApiError, *, sent: bool) -> str:
    """Return the end of a message: what the API may have done with the request.

    Args:
        error: The error that the message is about.
        sent: Whether the request may have been processed.
    """
    if error.operation not in _WRITES:  # a repeated read or token request does no harm
        return ""
    if error.doubt is not None:
        return "; an earlier attempt may have been processed"
    if not sent:
        return "; nothing was sent" if isinstance(error, TransportError) else ""
    # For CreateCall, the message of CallMayExist says in other words what may have happened.
    return "" if error.operation == CREATE_CALL.name else "; the request may have been processed"


def status_line(status: int) -> str:
    """Return a status with its standard phrase, if it has one, such as ``429 Too Many Requests``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _members(reply: Reply) -> dict[str, Any]:
    """Return the members of the response's JSON object, or an empty dictionary."""
    try:
        body = reply.json()
    except ValueError:
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _description(members: Mapping[str, Any]) -> str | None:
    """Return the description of an error, whichever form of the vendor's services the error has.

    The forms are ``description``; ``error_description`` or only ``error``, as in RFC 6749; and a list of ``errors``, each
    with a ``description``.
    """
    for name in ("description", "error_description", "error"):
        if text := _string(members.get(name)):
            return text
    errors = members.get("errors")
    each = cast("list[object]", errors) if isinstance(errors, list) else []
    found = [_description(cast("dict[str, Any]", error)) for error in each if isinstance(error, dict)]
    return "; ".join(filter(None, found)) or None


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None
