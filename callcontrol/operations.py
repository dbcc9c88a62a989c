"""The operations of call control, as data: five on calls, two on conferences.

The client builds its requests from this table and the emulator routes by it; nothing else says where an operation is or what
it answers. https://dev.bandwidth.com/apis/voice-apis/voice/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

BASE_URL: Final = "https://voice.bandwidth.com/api/v2"
"""The vendor's production API; that of its test system is ``https://test.voice.bandwidth.com/api/v2``."""

ID: Final = r"[A-Za-z0-9_-]+"
"""What the id of an account, a call or a conference may be, so that none can lead to another path."""

JSON: Final = "application/json"
XML: Final = "application/xml"
FORM: Final = "application/x-www-form-urlencoded"

TOKEN_PATH: Final = "/api/v1/oauth2/token"  # noqa: S105  a path
"""Where OAuth2 tokens are had, on the host for it."""


@dataclass(frozen=True)
class Operation:
    """Where an operation is, what it takes, and what it answers when all is well."""

    name: str
    method: Literal["GET", "POST", "PUT"]
    path: str
    """Below the base URL."""
    takes: str | None
    """The content type of the request, if it has a body."""
    success: int


CREATE_CALL: Final = Operation("CreateCall", "POST", "/accounts/{accountId}/calls", JSON, 201)
LIST_CALLS: Final = Operation("ListCalls", "GET", "/accounts/{accountId}/calls", None, 200)
GET_CALL_STATE: Final = Operation("GetCallState", "GET", "/accounts/{accountId}/calls/{callId}", None, 200)
UPDATE_CALL: Final = Operation("UpdateCall", "POST", "/accounts/{accountId}/calls/{callId}", JSON, 200)
UPDATE_CALL_BXML: Final = Operation("UpdateCallBxml", "PUT", "/accounts/{accountId}/calls/{callId}/bxml", XML, 204)

UPDATE_CONFERENCE: Final = Operation("UpdateConference", "POST", "/accounts/{accountId}/conferences/{conferenceId}", JSON, 204)
UPDATE_CONFERENCE_BXML: Final = Operation(
    "UpdateConferenceBxml", "PUT", "/accounts/{accountId}/conferences/{conferenceId}/bxml", XML, 204
)

OPERATIONS: Final = (
    CREATE_CALL,
    LIST_CALLS,
    GET_CALL_STATE,
    UPDATE_CALL,
    UPDATE_CALL_BXML,
    UPDATE_CONFERENCE,
    UPDATE_CONFERENCE_BXML,
)

UNAUTHORIZED: Final = 401
"""The status of a request with wrong credentials, which has not been processed."""

ERROR_TYPES: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "validation",
        401: "authentication-error",
        403: "authorization-error",
        404: "validation",
        405: "validation",
        409: "validation",
        415: "validation",
        429: "error",
        500: "internal-error",
        503: "system-overloaded",
    }
)
"""What the API puts into ``type`` beside each status; several share a word, so that only the status tells them apart."""
