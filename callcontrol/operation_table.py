"""The operations of the call API as tables: the operations of the client, and the operations that only the emulator has.

The client builds its requests from these tables and the emulator uses them for routing. Only the tables define paths and
statuses.
https://dev.bandwidth.com/apis/voice-apis/voice/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final, Literal

from callcontrol.http_messages import Headers

API_PATH: Final = "/api/v2"
"""The path of the API on its host."""

BASE_URL: Final = "https://voice.bandwidth.com" + API_PATH
"""The base URL of the vendor's production API. The vendor's test system has ``https://test.voice.bandwidth.com/api/v2``."""

ID: Final = r"[A-Za-z0-9_-]+"
"""The pattern of the id of an account, a call or a conference. It excludes slashes and dots, which could change the path."""

# Media types
JSON: Final = "application/json"
XML: Final = "application/xml"
FORM: Final = "application/x-www-form-urlencoded"

TOKEN_PATH: Final = "/api/v1/oauth2/token"  # noqa: S105  a path
"""The path of the OAuth2 token request, on the host of the API's token service."""


ID_NAMES: Final[Mapping[str, str]] = MappingProxyType({"callId": "call_id", "conferenceId": "conference_id"})
"""For each placeholder in a path: the name of the argument."""


@dataclass(frozen=True)
class Operation:
    """An operation of the API.

    Attributes:
        name: Name in the API.
        method: HTTP method.
        path: Path below the base URL, with ``{accountId}`` and other ids as placeholders.
        takes: Media type of the request body; ``None`` if there is no body.
        success: HTTP status of a successful response.
    """

    name: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    takes: str | None
    success: int

    @cached_property
    def id_name(self) -> str | None:
        """The name of the argument for the id of the call or conference in the path; ``None`` if the path has no such id."""
        return next((name for api_name, name in ID_NAMES.items() if f"{{{api_name}}}" in self.path), None)

    @cached_property
    def headers(self) -> Headers:
        """The headers of a request, without credentials."""
        return Headers({"Accept": JSON} | ({"Content-Type": self.takes} if self.takes else {}))


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

_CALL: Final = "/accounts/{accountId}/calls/{callId}"
_RECORDING: Final = f"{_CALL}/recordings/{{recordingId}}"
_CONFERENCE: Final = "/accounts/{accountId}/conferences/{conferenceId}"
_CONFERENCE_RECORDING: Final = f"{_CONFERENCE}/recordings/{{recordingId}}"

LIST_ACCOUNT_CALL_RECORDINGS: Final = Operation(
    "ListAccountCallRecordings", "GET", "/accounts/{accountId}/recordings", None, 200
)
UPDATE_CALL_RECORDING_STATE: Final = Operation("UpdateCallRecordingState", "PUT", f"{_CALL}/recording", JSON, 200)
LIST_CALL_RECORDINGS: Final = Operation("ListCallRecordings", "GET", f"{_CALL}/recordings", None, 200)
GET_CALL_RECORDING: Final = Operation("GetCallRecording", "GET", _RECORDING, None, 200)
DELETE_RECORDING: Final = Operation("DeleteRecording", "DELETE", _RECORDING, None, 204)
DOWNLOAD_CALL_RECORDING: Final = Operation("DownloadCallRecording", "GET", f"{_RECORDING}/media", None, 200)
DELETE_RECORDING_MEDIA: Final = Operation("DeleteRecordingMedia", "DELETE", f"{_RECORDING}/media", None, 204)
GET_RECORDING_TRANSCRIPTION: Final = Operation("GetRecordingTranscription", "GET", f"{_RECORDING}/transcription", None, 200)
TRANSCRIBE_CALL_RECORDING: Final = Operation("TranscribeCallRecording", "POST", f"{_RECORDING}/transcription", JSON, 204)
DELETE_RECORDING_TRANSCRIPTION: Final = Operation(
    "DeleteRecordingTranscription", "DELETE", f"{_RECORDING}/transcription", None, 204
)

LIST_REAL_TIME_TRANSCRIPTIONS: Final = Operation("ListRealTimeTranscriptions", "GET", f"{_CALL}/transcriptions", None, 200)
GET_REAL_TIME_TRANSCRIPTION: Final = Operation(
    "GetRealTimeTranscription", "GET", f"{_CALL}/transcriptions/{{transcriptionId}}", None, 200
)
DELETE_REAL_TIME_TRANSCRIPTION: Final = Operation(
    "DeleteRealTimeTranscription", "DELETE", f"{_CALL}/transcriptions/{{transcriptionId}}", None, 200
)

LIST_CONFERENCES: Final = Operation("ListConferences", "GET", "/accounts/{accountId}/conferences", None, 200)
GET_CONFERENCE: Final = Operation("GetConference", "GET", _CONFERENCE, None, 200)
GET_CONFERENCE_MEMBER: Final = Operation("GetConferenceMember", "GET", f"{_CONFERENCE}/members/{{memberId}}", None, 200)
UPDATE_CONFERENCE_MEMBER: Final = Operation("UpdateConferenceMember", "PUT", f"{_CONFERENCE}/members/{{memberId}}", JSON, 204)
LIST_CONFERENCE_RECORDINGS: Final = Operation("ListConferenceRecordings", "GET", f"{_CONFERENCE}/recordings", None, 200)
GET_CONFERENCE_RECORDING: Final = Operation("GetConferenceRecording", "GET", _CONFERENCE_RECORDING, None, 200)
DOWNLOAD_CONFERENCE_RECORDING: Final = Operation(
    "DownloadConferenceRecording", "GET", f"{_CONFERENCE_RECORDING}/media", None, 200
)

GET_STATISTICS: Final = Operation("GetStatistics", "GET", "/accounts/{accountId}/statistics", None, 200)

EMULATOR_OPERATIONS: Final = (
    LIST_ACCOUNT_CALL_RECORDINGS,
    UPDATE_CALL_RECORDING_STATE,
    LIST_CALL_RECORDINGS,
    GET_CALL_RECORDING,
    DELETE_RECORDING,
    DOWNLOAD_CALL_RECORDING,
    DELETE_RECORDING_MEDIA,
    GET_RECORDING_TRANSCRIPTION,
    TRANSCRIBE_CALL_RECORDING,
    DELETE_RECORDING_TRANSCRIPTION,
    LIST_REAL_TIME_TRANSCRIPTIONS,
    GET_REAL_TIME_TRANSCRIPTION,
    DELETE_REAL_TIME_TRANSCRIPTION,
    LIST_CONFERENCES,
    GET_CONFERENCE,
    GET_CONFERENCE_MEMBER,
    UPDATE_CONFERENCE_MEMBER,
    LIST_CONFERENCE_RECORDINGS,
    GET_CONFERENCE_RECORDING,
    DOWNLOAD_CONFERENCE_RECORDING,
    GET_STATISTICS,
)
"""The operations of the voice API that the emulator has and the client does not have."""

UNAUTHORIZED: Final = 401
"""The status of the response to a request with wrong credentials. The API has not processed such a request."""

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
"""For each status: the ``type`` in an error response. Several statuses share a type; only the status identifies an error."""
