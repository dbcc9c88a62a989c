"""Routed requests to the emulated API, their error responses, and the parts of requests that several operations share."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from callcontrol.emulator.calls import Call, Calls
from callcontrol.emulator.conferences import Conference, Conferences
from callcontrol.emulator.simulation import Simulation
from callcontrol.http_messages import REFUSAL, Headers, Reply, Request, json_of
from callcontrol.iso8601 import moment
from callcontrol.operation_table import ERROR_TYPES, JSON
from callcontrol.redacted_url_repr import redacted
from callcontrol.request_fields import Field, faults

log = logging.getLogger(__name__)

TOKEN_ERRORS: Final[Mapping[int, str]] = MappingProxyType(
    {401: "invalid_client", 403: "unauthorized_client", 429: "temporarily_unavailable", 503: "temporarily_unavailable"}
)
"""For each status: the ``error`` in the response to a token request. https://www.rfc-editor.org/rfc/rfc6749#section-5.2"""


class Refusal(Exception):
    """An error response of the API, or of its token endpoint.

    Attributes:
        status: The status.
        description: The reason, as the API describes it.
        reason: The reason for the log, which may contain more than ``description``.
    """

    def __init__(  # noqa: PLR0913  the parts of a response
        self,
        status: HTTPStatus,
        description: str | None = None,
        error_id: str | None = None,
        *,
        retry_after: str | None = None,
        token_error: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Store the parts of the response; without a description, use the standard phrase of the status."""
        super().__init__(status, description)
        self.status, self.description = status, description or status.phrase
        self.reason = reason or self.description
        self._error_id, self._token_error = error_id, token_error
        self._headers = {} if retry_after is None else {"Retry-After": retry_after}

    @property
    def reply(self) -> Reply:
        """The response as the API writes it."""
        # The API has no type for an operation that is not emulated, because all of its operations exist.
        type_ = ERROR_TYPES.get(self.status, "not-emulated")
        # The id is null in most errors of the platform, but an empty string in some, such as 409.
        return self._written({"type": type_, "description": self.description, "id": self._error_id})

    @property
    def token_reply(self) -> Reply:
        """The response as a token endpoint writes it, in the form of RFC 6749."""
        otherwise = "server_error" if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request"
        error = self._token_error or TOKEN_ERRORS.get(self.status, otherwise)
        return self._written({"error": error, "error_description": self.description})

    def _written(self, body: object) -> Reply:
        return json_reply(self.status, body, "application/json;charset=UTF-8", **self._headers)


def json_reply(status: int, body: object, content_type: str = JSON, **headers: str) -> Reply:
    """Return a response with a JSON body.

    Args:
        status: HTTP status.
        body: The value of the body.
        content_type: The content type.
        headers: Further headers.
    """
    return Reply(status, Headers({"Content-Type": content_type, **headers}), json.dumps(body).encode())


def log_refusal(request: Request, status: int | None, reason: str) -> str:
    """Log why a request was refused, in one line without the query, and return the path of the request.

    Args:
        request: The request.
        status: The status of the response; ``None`` without a response.
        reason: The reason.
    """
    try:
        path = urlsplit(request.url).path
    except ValueError:  # the header Host is malformed
        path = ""
    outcome = f"no response, because {reason}" if status is None else f"{status:d} {reason}"
    line, reason = (" ".join(text.split()) for text in (outcome, reason))
    log.warning("%s %s: %s", request.method, path, line, extra={REFUSAL: reason})
    return path


@redacted
@dataclass(frozen=True)
class RoutedRequest:
    """A request whose operation is known.

    Attributes:
        request: The request as received.
        base_url: The base URL of the API, as the client wrote it.
        account_id: The account id in the path.
        id: The id of the call or conference in the path; empty without such an id.
        item_id: The id of a recording, a transcription or a member of a conference in the path; empty without such an id.
        by: The sender, if the request came from the control API and not from a client.
    """

    request: Request
    base_url: str
    account_id: str
    id: str = ""
    item_id: str = ""
    by: str | None = None

    @property
    def query(self) -> dict[str, str]:
        """The query parameters. If a parameter is repeated, only its last value is returned."""
        return dict(parse_qsl(urlsplit(self.request.url).query, keep_blank_values=True))


def body_of(received: RoutedRequest) -> dict[str, Any]:
    """Return the fields of a JSON request that are not null.

    Raises:
        Refusal: If the body is not a JSON object, or has a null ``state``.
    """
    try:
        body = json_of(received.request.body)
    except ValueError:
        body = None
    # The API description allows null in most fields; the platform was seen to reject a null state.
    members = cast("dict[str, Any]", body) if isinstance(body, dict) else {"state": None}
    if members.get("state", "") is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "There is something wrong with the request")
    return _without_nulls(members)


def _without_nulls(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without its null members, at every level."""
    kept = {name: value for name, value in members.items() if value is not None}
    return {name: _without_nulls(cast("Any", value)) if isinstance(value, dict) else value for name, value in kept.items()}


def refuse(found: Iterator[str]) -> None:
    """Refuse a request, and give its first fault as the reason.

    Raises:
        Refusal: If there is a fault.
    """
    for fault in found:
        raise Refusal(HTTPStatus.BAD_REQUEST, fault)


def page_size(query: Mapping[str, str], field: Field) -> int:
    """Return the size of a page.

    Args:
        query: The query parameters.
        field: The field with the limits of the operation.

    Raises:
        Refusal: If the size is not an integer within the limits.
    """
    try:
        size = int(query.get("pageSize", "1000"))
    except ValueError:
        raise Refusal(HTTPStatus.BAD_REQUEST, "Invalid pageSize: must be an integer") from None
    refuse(faults((field,), {"pageSize": size}))
    return size


T = TypeVar("T")


def page(items: Mapping[str, T], size: int, received: RoutedRequest, path: str) -> tuple[list[T], dict[str, str]]:
    """Return one page of a list, and the header ``Link`` if another page follows.

    Args:
        items: The whole list; the keys are ids. The token of a page is the id of the last item on the previous page.
        size: The size of a page.
        received: The request, whose query may have a token.
        path: The path of the list, without the path of the account before it.

    Raises:
        Refusal: If the token is unknown.
    """
    query, ids = received.query, list(items)
    token = query.get("pageToken")
    if token is not None and token not in items:
        raise Refusal(HTTPStatus.BAD_REQUEST, "Invalid pageToken: must be the token of a previous page")
    start = 0 if token is None else ids.index(token) + 1
    shown = ids[start : start + size]
    headers: dict[str, str] = {}
    if start + size < len(ids):
        next_query = urlencode({**query, "pageSize": size, "pageToken": shown[-1]})
        headers["Link"] = f'<{received.base_url}/accounts/{received.account_id}/{path}?{next_query}>; rel="next"'
    return [items[id_] for id_ in shown], headers


def time_bounds(query: Mapping[str, str], *names: str) -> dict[str, datetime]:
    """Return the query parameters with these names as times.

    Raises:
        Refusal: If a parameter is not a time.
    """
    bounds: dict[str, datetime] = {}
    for name in names:
        if name in query:
            when = moment(query[name])
            if when is None:
                raise Refusal(HTTPStatus.BAD_REQUEST, f"Invalid {name}: must be a time in ISO 8601")
            bounds[name] = when
    return bounds


@dataclass(frozen=True)
class Emulated:
    """The calls and conferences that requests read and change.

    Attributes:
        simulation: The simulation that the calls run in.
        calls: All calls.
        conferences: All conferences.
    """

    simulation: Simulation
    calls: Calls
    conferences: Conferences

    def call(self, received: RoutedRequest) -> Call:
        """Return the call in the path of a request.

        Raises:
            Refusal: If the account has no such call.
        """
        call = self.calls.get(received.account_id, received.id)
        if call is None:
            raise Refusal(HTTPStatus.NOT_FOUND, f"Call [{received.id}] not found")
        return call

    def conference(self, received: RoutedRequest) -> Conference:
        """Return the conference in the path of a request, active or not.

        Raises:
            Refusal: If the account has no such conference.
        """
        conference = self.conferences.by_id.get(received.id)
        if conference is None or conference.account_id != received.account_id:
            raise Refusal(HTTPStatus.NOT_FOUND, f"Conference [{received.id}] not found")
        return conference

    def active_conference(self, received: RoutedRequest) -> Conference:
        """Return the active conference in the path of a request.

        Raises:
            Refusal: If the account has no such conference, or it has ended.
        """
        conference = self.conference(received)
        if not conference.is_active:
            raise Refusal(HTTPStatus.NOT_FOUND, f"Conference [{received.id}] not found")
        return conference


Respond = Callable[[Emulated, RoutedRequest], "Reply | Callable[[], Reply]"]
"""A function that performs an operation. It may return a function that creates the response without holding the lock."""
