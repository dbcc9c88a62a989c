"""The names of :mod:`callcontrol`, which has them from here once one of them is wanted."""

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
