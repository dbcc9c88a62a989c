"""Control live calls of Bandwidth's voice platform.

:class:`Client` sends the operations of the call API; above all it interrupts and redirects live calls with documents that are
known to be valid. :func:`parse_event` reads the webhooks that the platform sends: :mod:`callcontrol.events` has a class for
each event, :mod:`callcontrol.webhooks` the responses. :mod:`callcontrol.emulator` emulates the platform on this machine.
"""

from typing import TYPE_CHECKING

from callcontrol.auth import Auth, BasicAuth, OAuth2
from callcontrol.bulk import Tally
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
    ServerError,
    TooManyRequests,
    TransportError,
    Unauthorized,
    UnreadableEvent,
    UnreadableReply,
    UnsupportedMediaType,
)
from callcontrol.events import parse_event
from callcontrol.http_messages import Headers, Reply, Request, Send
from callcontrol.ledger import Outcome
from callcontrol.pagination import CallList
from callcontrol.retries import Attempt, Retries

__all__ = [
    "ApiError",
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
    "Forbidden",
    "ForeignLink",
    "Headers",
    "InvalidRequest",
    "MachineDetection",
    "MethodNotAllowed",
    "MismatchedResponse",
    "NotAnswered",
    "NotFound",
    "OAuth2",
    "Outcome",
    "Reply",
    "Request",
    "Retries",
    "Send",
    "ServerError",
    "Tally",
    "TooManyRequests",
    "TransportError",
    "Unauthorized",
    "UnreadableEvent",
    "UnreadableReply",
    "UnsupportedMediaType",
    "parse_event",
]

if TYPE_CHECKING:  # with a function here, type checkers would accept any name
    __version__: str
    """The installed version."""
else:

    def __getattr__(name: str) -> object:
        """Return the version, which is read from the installed metadata only when it is asked for.

        Raises:
            AttributeError: If the name is another one.
        """
        if name != "__version__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import bxml

        return bxml.__version__
