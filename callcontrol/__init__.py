"""Live calls, controlled.

:class:`Client` sends the five call operations; above all it interrupts and redirects live calls, with documents that are
known to be valid. :func:`parse_event` reads what the vendor sends to webhooks: :mod:`callcontrol.events` has a class for each
event, :mod:`callcontrol.webhooks` the answers. :mod:`callcontrol.emulator` answers the operations on this machine.
"""

from callcontrol.auth import Auth, BasicAuth, OAuth2
from callcontrol.calls import CallState, CreatedCall, MachineDetection
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
from callcontrol.http import Headers, Reply, Request, Send
from callcontrol.interruptions import Tally
from callcontrol.ledger import Outcome
from callcontrol.pages import CallList
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
