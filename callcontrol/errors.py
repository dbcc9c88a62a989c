"""What can go wrong with an operation, or with an event.

::

    CallControlError
    ├── InvalidRequest          refused here; nothing was sent
    ├── UnreadableEvent         what came to a webhook is no event
    ├── CallMayExist            nobody knows whether a call was placed
    ├── NotAnswered             waiting for an answer has come to its end
    ├── TransportError          no answer came back
    │   └── MismatchedResponse    the response to another request came back
    └── ApiError                an answer that is no success
        ├── BadRequest            400
        ├── Unauthorized          401
        ├── Forbidden             403
        ├── NotFound              404
        ├── MethodNotAllowed      405
        ├── Conflict              409
        │   └── CallNotActive       404 or 409 of a call that is known
        ├── UnsupportedMediaType  415
        ├── TooManyRequests       429
        ├── ServerError           5xx
        ├── UnreadableReply       a success whose body cannot be understood
        └── ForeignLink           the next page is said to be elsewhere

An invalid document is no error of this module: :class:`bxml.InvalidDocument` says what is wrong with it, and nothing is sent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, cast

from bxml.messages.redaction import without_user
from bxml.messages.text import one_line
from callcontrol.call_models import CallState
from callcontrol.http_messages import Reply

LONGEST_DESCRIPTION: Final = 300
"""Characters of the API's description that an error repeats."""


class CallControlError(Exception):
    """Every error of this package."""

    def __str__(self) -> str:
        """Return the message without the user and password of a URL."""
        return without_user(super().__str__())

    def __repr__(self) -> str:
        """Return the class and the arguments, likewise."""
        return without_user(super().__repr__())


class InvalidRequest(CallControlError, ValueError):
    """The arguments make no request that the API would take; nothing was sent."""


class UnreadableEvent(CallControlError, ValueError):
    """What came to a webhook is no event: no object, none that says its type, or one beyond all bounds.

    The message repeats nothing of it, for the keys that a caller pressed may be in it.
    """


class TransportError(CallControlError):
    """No answer came back: unless nothing was sent, the request may or may not have been processed.

    Attributes:
        reason: What happened, in words.
        operation: The operation's name, such as ``CreateCall``.
        call_id: The call, or the conference, if the operation is about one.
        sent: Whether anything of the request may have arrived; false if there was not even a connection.
        doubt: The error of an earlier attempt that may have been processed; ``None`` if there was none.
    """

    def __init__(self, reason: str, operation: str = "", call_id: str | None = None, sent: bool = True) -> None:  # noqa: FBT001, FBT002  an error is pickled by its positional arguments
        """Say what happened to which operation."""
        super().__init__(reason, operation, call_id, sent)
        self.reason, self.operation, self.call_id, self.sent = reason, operation, call_id, sent
        self.doubt: TransportError | ApiError | None = None

    def __str__(self) -> str:
        """The operation, the call and the reason."""
        return f"{_subject(self.operation, self.call_id)}{without_user(self.reason)}"


class MismatchedResponse(TransportError):
    """The response names another call or conference than the request, so it is the response to another request.

    The request itself may have been processed. The client's connections are not used again.
    """


class ApiError(CallControlError):
    """The API refused, or failed.

    https://dev.bandwidth.com/docs/voice/programmable-voice/errors

    Attributes:
        reply: Status, headers and body as they came.
        status: The HTTP status.
        type: The API's class of the error, such as ``validation``; ``None`` if the answer is not in its form.
        description: The API's text; ``None`` likewise.
        error_id: The API's reference for its support; ``None`` for most errors.
        operation: The operation's name, such as ``CreateCall``.
        call_id: The call, or the conference, if the operation is about one.
        doubt: The error of an earlier attempt that may have been processed; ``None`` if there was none.
    """

    def __init__(self, reply: Reply, operation: str = "", call_id: str | None = None) -> None:
        """Read what the answer says."""
        super().__init__(reply, operation, call_id)
        self.reply, self.operation, self.call_id = reply, operation, call_id
        self.status = reply.status
        self.doubt: TransportError | ApiError | None = None
        members = _members(reply)
        self.type: str | None = _text(members.get("type"))
        self.description: str | None = _text(members.get("description"))
        self.error_id: str | None = _text(members.get("id")) or None  # "" and null both stand for none

    def __str__(self) -> str:
        """The operation, the call, the status and the API's description."""
        reason = _reason(self.status)
        described = without_user(self.description or "the answer is not in the form of the API")
        description = one_line(described[:LONGEST_DESCRIPTION])
        return f"{_subject(self.operation, self.call_id)}{self.status}{reason}: {description}"

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, from now, as the API asks; ``None`` if it does not say."""
        value = self.reply.headers.get("Retry-After", "").strip()
        try:
            if value.isascii() and value.isdigit():
                seconds = float(value)
            else:
                when = parsedate_to_datetime(value)
                seconds = ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError):  # it is neither, or no time there can be
            return None
        return max(0.0, seconds) if math.isfinite(seconds) else None


class BadRequest(ApiError):
    """400: a field is missing or out of its limits, or the document is not XML."""


class Unauthorized(ApiError):
    """401: no credentials, or wrong ones."""


class Forbidden(ApiError):
    """403: these credentials have no access to this account, or to voice."""


class NotFound(ApiError):
    """404: no such call, or it ended long ago, or it is too new to be seen."""


class MethodNotAllowed(ApiError):
    """405: the path does not take the method."""


class Conflict(ApiError):
    """409: the call cannot be changed now, for it is not answered yet or has just ended."""


class CallNotActive(Conflict):
    """404 or 409 to an interruption of a call that there is, or was: it is not answered yet, or has ended.

    Attributes:
        state: What is known of the call; ``None`` if that could not be read.
    """

    def __init__(self, reply: Reply, operation: str = "", call_id: str | None = None, state: CallState | None = None) -> None:
        """Add to the answer what is known of the call."""
        super().__init__(reply, operation, call_id)
        self.args = (reply, operation, call_id, state)
        self.state = state

    def __str__(self) -> str:
        """The operation, the call, the status, and the state of the call."""
        if not (self.state and self.state.state):
            return super().__str__()
        known = f"the call is {one_line(self.state.state)}"
        if self.status < HTTPStatus.BAD_REQUEST:  # for its state was asked, and told
            return f"{_subject(self.operation, self.call_id)}{known}"
        return f"{super().__str__()}; {known}"


class UnsupportedMediaType(ApiError):
    """415: the content type is not the operation's."""


class TooManyRequests(ApiError):
    """429: too many calls a second or at once, or the queue is full."""


class ServerError(ApiError):
    """5xx: the API failed, or is overloaded."""


class UnreadableReply(ApiError):
    """The status is a success, but the body is not what the operation answers."""


class ForeignLink(ApiError):
    """The link to the next page of ListCalls leads away from the API, where the credentials must not go: it was not followed.

    Behind a proxy with another name this happens though nobody means harm; ``list_calls(page_token=...)`` gets the page there.
    """

    def __str__(self) -> str:
        """The operation, and that the link was not followed."""
        return f"{_subject(self.operation, self.call_id)}the next page is said to be elsewhere, and was not asked for there"


class CallMayExist(CallControlError):
    """Nobody knows whether a call was placed: it was asked for, and no answer tells. Nothing was sent twice.

    Whoever asks again at once may have two calls ring. ``client.list_calls(**error.search)`` lists the calls between the same
    numbers, some time after they were placed; one that was enqueued at ``since`` or later may be it. A ``tag`` of its own makes
    a call known by its webhooks.
    https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Calls/operation/createCall

    Attributes:
        error: What happened, a :class:`TransportError` or an :class:`ApiError`.
        since: When the call was first asked for, in UTC.
        search: The arguments for ``list_calls``.
    """

    def __init__(self, error: TransportError | ApiError, since: datetime, search: Mapping[str, Any]) -> None:
        """Keep what it takes to look for the call."""
        super().__init__(error, since, search)
        self.error, self.since, self.search = error, since, search

    def __str__(self) -> str:
        """What happened, and what to do; no number of anybody."""
        return (
            f"{self.error}; the call may have been placed, at {self.since:%Y-%m-%dT%H:%M:%SZ} or later: "
            "look for it with list_calls(**error.search) before placing it again"
        )


class NotAnswered(CallControlError, TimeoutError):
    """A call was not answered in the time that was to be waited; it may still ring.

    Attributes:
        call_id: The call.
        seconds: How long was waited.
        state: What is known of the call; ``None`` if it was not to be seen at all.
    """

    def __init__(self, call_id: str, seconds: float, state: CallState | None = None) -> None:
        """Keep what is known of the call."""
        super().__init__(call_id, seconds, state)
        self.call_id, self.seconds, self.state = call_id, seconds, state

    def __str__(self) -> str:
        """The call, how long was waited, and what is known of it."""
        known = f"is {one_line(self.state.state or '')}" if self.state else "is not to be seen yet"
        return f"call {self.call_id} {known} after {self.seconds:g} seconds"


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
"""The class for each status; :class:`ApiError` itself for any other."""


def _subject(operation: str, call_id: str | None) -> str:
    kind = "conference" if "Conference" in operation else "call"
    of_call = f" of {kind} {call_id}" if call_id else ""
    return f"{operation}{of_call}: " if operation else ""


def _reason(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


def _members(reply: Reply) -> dict[str, Any]:
    try:
        body = reply.json()
    except ValueError:
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
