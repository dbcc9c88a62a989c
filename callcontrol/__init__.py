"""A client of Bandwidth's call API, the events of its webhooks, and an emulator of the platform.

:class:`Client` creates, lists, redirects and ends calls, and pushes validated BXML into live calls. :func:`parse_event` parses
webhook events: :mod:`callcontrol.events` has a class for each event, and :mod:`callcontrol.webhooks` creates the responses.
:mod:`callcontrol.emulator` emulates the platform on this machine.
"""

from typing import TYPE_CHECKING

from callcontrol.auth import Auth, BasicAuth, OAuth2
from callcontrol.call_models import CallState, CreatedCall, MachineDetection
from callcontrol.client import Client
from callcontrol.errors import (
    ApiError,
    BadRequest,
    CallControlError,
    CallMayExist,
    CallNotActive,
    Conflict,
    Forbidden,
    ForeignLink,
    InvalidRequest,
    MethodNotAllowed,
    MismatchedResponse,
    NotAnswered,
    NotFound,
    RepeatedPage,
    ServerError,
    TooManyRequests,
    TransportError,
    Unauthorized,
    UnreadableEvent,
    UnreadableReply,
    UnsupportedMediaType,
)
from callcontrol.events import parse_event
from callcontrol.file_ledger import FileLedger
from callcontrol.http_messages import Headers, Reply, Request, Send
from callcontrol.ledger import Ledger, LedgerEntry, LedgerKey, OpenLedger, Outcome
from callcontrol.pagination import CallList
from callcontrol.push_outcomes import Tally
from callcontrol.response_timeout import ResponseTimeoutAdapter
from callcontrol.retries import Attempt, Retries

__all__ = [
    "ApiError",
    "AsyncClient",
    "Attempt",
    "Auth",
    "BadRequest",
    "BasicAuth",
    "CallControlError",
    "CallList",
    "CallMayExist",
    "CallNotActive",
    "CallState",
    "Client",
    "Conflict",
    "CreatedCall",
    "FileLedger",
    "Forbidden",
    "ForeignLink",
    "Headers",
    "InvalidRequest",
    "Ledger",
    "LedgerEntry",
    "LedgerKey",
    "MachineDetection",
    "MethodNotAllowed",
    "MismatchedResponse",
    "NotAnswered",
    "NotFound",
    "OAuth2",
    "OpenLedger",
    "Outcome",
    "RepeatedPage",
    "Reply",
    "Request",
    "ResponseTimeoutAdapter",
    "Retries",
    "Send",
    "ServerError",
    "SqlLedger",
    "Tally",
    "TooManyRequests",
    "TransportError",
    "Unauthorized",
    "UnreadableEvent",
    "UnreadableReply",
    "UnsupportedMediaType",
    "parse_event",
]

if TYPE_CHECKING:  # hides __getattr__ from type checkers, which would otherwise accept any name
    from callcontrol.async_client import AsyncClient
    from callcontrol.sql_ledger import SqlLedger

    __version__: str
    """The version of the installed package."""
else:

    def __getattr__(name: str) -> object:
        """Return ``__version__``, ``AsyncClient`` or ``SqlLedger``, which are loaded on access because few programs use them.

        Raises:
            AttributeError: If the name is not one of these three.
            ModuleNotFoundError: If an extra is not installed: ``AsyncClient`` needs ``async``, and ``SqlLedger`` needs ``sql``.
        """
        if name == "__version__":
            import bxml

            return bxml.__version__
        if name == "AsyncClient":
            from callcontrol.async_client import AsyncClient

            return AsyncClient
        if name == "SqlLedger":
            from callcontrol.sql_ledger import SqlLedger

            return SqlLedger
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
