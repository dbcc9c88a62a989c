"""The exit codes, and which of them an error is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bxml.command.errors import CannotRun
from callcontrol.auth import TOKEN_REQUEST
from callcontrol.errors import (
    ApiError,
    CallControlError,
    CallMayExist,
    Conflict,
    InvalidRequest,
    NotAnswered,
    NotFound,
    ServerError,
    TransportError,
    UnreadableReply,
)
from callcontrol.iso8601 import in_iso
from callcontrol.operations import CREATE_CALL

DONE: Final = 0
REFUSED: Final = 1
CANNOT_RUN: Final = 2
NOT_ACTIVE: Final = 3
UNKNOWN: Final = 4
INTERRUPTED: Final = 130
"""As shells have it."""

CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        DONE: "success",
        REFUSED: (
            "the API rejected the request, the document is invalid, some of many calls did not get it, "
            "or the call of phone ended with an error"
        ),
        CANNOT_RUN: "the command could not run: arguments, environment, a file, or no connection",
        NOT_ACTIVE: "the call is not active: not answered yet, ended, or unknown",
        UNKNOWN: "the result is unknown: no response arrived, or the API failed",
        INTERRUPTED: "interrupted",
    }
)
"""What each exit code means."""


LOOK_FOR_IT: Final = "look for it with callcontrol list and the same --to and --from before placing it again"
"""What is said of a call of which nobody knows."""


class Interrupted(CannotRun):
    """Somebody has interrupted the command; the text says how things stand."""


def code_of(error: CallControlError) -> int:
    """The exit code of an error."""
    operation = getattr(error, "operation", "")
    if operation in {TOKEN_REQUEST, CREATE_CALL.name} and not isinstance(error, CallMayExist):
        # Nothing was done: a token does nothing by itself, and a call that may exist has an error of its own.
        return CANNOT_RUN if isinstance(error, TransportError) else REFUSED
    if isinstance(error, TransportError) and not error.sent:
        return CANNOT_RUN
    return next(code for cls, code in _BY_CLASS if isinstance(error, cls))


_BY_CLASS: Final[tuple[tuple[type[CallControlError], int], ...]] = (
    (CallMayExist, UNKNOWN),
    (InvalidRequest, CANNOT_RUN),
    (NotAnswered, NOT_ACTIVE),
    (NotFound, NOT_ACTIVE),
    (Conflict, NOT_ACTIVE),
    (TransportError, UNKNOWN),
    (ServerError, UNKNOWN),
    (UnreadableReply, UNKNOWN),
    (ApiError, REFUSED),
    (CallControlError, REFUSED),
)
"""By the first class that fits."""


def sentence_of(error: CallControlError) -> str:
    """What is said of an error to somebody who has no Python in hand."""
    if not isinstance(error, CallMayExist):
        return str(error)
    return f"{error.error}; the call may have been placed, at {in_iso(error.since)} or later: {LOOK_FOR_IT}"
