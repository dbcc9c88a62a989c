"""The exit codes of the command, and the exit code of each error."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bxml.command.cannot_run import CannotRun
from bxml.command.standard_streams import PIPE_CLOSED
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
from callcontrol.operation_table import CREATE_CALL

DONE: Final = 0
REFUSED: Final = 1
CANNOT_RUN: Final = 2
NOT_ACTIVE: Final = 3
UNKNOWN: Final = 4
HUNG_UP: Final = 129
INTERRUPTED: Final = 130
TERMINATED: Final = 143
"""For a command that a signal ended, the code is 128 plus the number of the signal, as in shells."""

CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        DONE: "success",
        REFUSED: (
            "the API refused the request, the document is invalid, some of many calls were not reached, "
            "or a call made with callcontrol phone ended with an error"
        ),
        CANNOT_RUN: "the command could not run: invalid arguments, environment or file, or no connection",
        NOT_ACTIVE: "the call or conference is not active: not answered yet, already ended, or unknown",
        UNKNOWN: "the outcome is unknown: no response, or the API failed",
        HUNG_UP: "ended by SIGHUP, such as the end of a terminal",
        INTERRUPTED: "interrupted by Ctrl-C",
        PIPE_CLOSED: "the reader of stdout, such as head, closed the pipe before the end of the output",
        TERMINATED: "ended by SIGTERM",
    }
)
"""The meaning of each exit code, as the help and the README print it."""


SEARCH_FIRST: Final = "before you retry, search for it with callcontrol list and the same --to and --from"
"""The next step after a request that may have created a call."""


class Interrupted(CannotRun):
    """Ctrl-C or a signal ended the command; the message says what was done by then.

    Args:
        message: The message.
        code: The exit code; default: that of Ctrl-C.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = INTERRUPTED if code is None else code


def code_of(error: CallControlError) -> int:
    """Return the exit code for an error."""
    operation = getattr(error, "operation", "")
    if operation in {TOKEN_REQUEST, CREATE_CALL.name} and not isinstance(error, CallMayExist):
        # The outcome is known: a token request does not change a call, and CreateCall raises CallMayExist if a call may exist.
        return CANNOT_RUN if isinstance(error, TransportError) else REFUSED
    if isinstance(error, TransportError) and not error.sent:
        return CANNOT_RUN
    if isinstance(error, NotFound) and error.call_id is None:  # the URL or the account does not exist
        return REFUSED
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
"""The exit code for each class of error; the first class that matches decides."""


def message_of(error: CallControlError) -> str:
    """Return the message for an error. If the error names Python methods, the message names commands instead."""
    if not isinstance(error, CallMayExist):
        return str(error)
    return f"{error.error}; the call may have been created, at {in_iso(error.since)} or later; {SEARCH_FIRST}"
