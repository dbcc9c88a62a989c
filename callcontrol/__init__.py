"""Live calls, controlled.

:class:`Client` sends the five call operations; above all it interrupts and redirects live calls, with documents that are
known to be valid. :func:`parse_event` reads what the vendor sends to webhooks: :mod:`callcontrol.events` has a class for each
event, :mod:`callcontrol.webhooks` the answers. :mod:`callcontrol.emulator` answers the operations on this machine.
"""

from callcontrol.auth import Auth, BasicAuth, OAuth2
from callcontrol.calls import CallList, CallState, CreatedCall, MachineDetection
from callcontrol.client import Client
from callcontrol.errors import (
    ApiError,
    BadRequest,
    CallControlError,
    Conflict,
    Forbidden,
    InvalidRequest,
    MethodNotAllowed,
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

__all__ = [
    "ApiError",
    "Auth",
    "BadRequest",
    "BasicAuth",
    "CallControlError",
    "CallList",
    "CallState",
    "Client",
    "Conflict",
    "CreatedCall",
    "Forbidden",
    "Headers",
    "InvalidRequest",
    "MachineDetection",
    "MethodNotAllowed",
    "NotFound",
    "OAuth2",
    "Reply",
    "Request",
    "Send",
    "ServerError",
    "TooManyRequests",
    "TransportError",
    "Unauthorized",
    "UnreadableEvent",
    "UnreadableReply",
    "UnsupportedMediaType",
    "parse_event",
]
