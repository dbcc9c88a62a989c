"""The transport of the command: prints each request with ``--verbose``, and explains a 404 that a wrong base URL causes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from callcontrol.command import verbosity
from callcontrol.errors import ApiError, InvalidRequest, status_line
from callcontrol.http_messages import Reply, Request
from callcontrol.operation_table import API_PATH
from callcontrol.transport import Transport


class WrongBaseUrl(InvalidRequest):
    """The response is 404, and the path of the base URL is not the path of the API. No call was changed.

    This is not an :class:`~callcontrol.ApiError`: the client would conclude that the call does not exist.

    Attributes:
        status: The HTTP status of the response.
    """

    status: Final = HTTPStatus.NOT_FOUND.value
    ends_run = True


class CommandTransport(Transport):
    """Sends requests, prints each request to stderr if ``--verbose`` was given, and detects a wrong base URL.

    Args:
        base_url: The base URL, with its path.
        source: The option, variable or profile that the base URL comes from, for messages.
        timeout: Seconds to connect, and then for the whole response.
    """

    def __init__(self, base_url: str, source: str, timeout: float) -> None:
        super().__init__(timeout)
        self._base_url = base_url
        self._source = source
        # Looked up here, because requests can be sent in threads without click's context.
        self._perform = verbosity.printing_requests(super().__call__) if verbosity.is_verbose() else super().__call__

    def __call__(self, request: Request) -> Reply:
        """Send a request and return its response.

        Raises:
            TransportError: If no response arrives, or the response is unusable.
            WrongBaseUrl: If the response is 404 because of the base URL.
        """
        reply = self._perform(request)
        if reply.status == HTTPStatus.NOT_FOUND and self._is_unknown_path(request, reply):
            raise WrongBaseUrl(self._explanation(request))
        return reply

    def _is_unknown_path(self, request: Request, reply: Reply) -> bool:
        """Return whether the path of the base URL is the likely cause of a 404."""
        if self._base_url.endswith(API_PATH) or not request.url.startswith(f"{self._base_url}/accounts/"):
            return False
        # The API's response for an unknown call or conference names its id; its response for an unknown path does not.
        after_account = urlsplit(request.url[len(self._base_url) :]).path.split("/")[4:]
        return not after_account or f"[{after_account[0]}]" not in (ApiError(reply).description or "")

    def _explanation(self, request: Request) -> str:
        parts = urlsplit(self._base_url)
        return (
            f"{request.method} {urlsplit(request.url).path}: {status_line(HTTPStatus.NOT_FOUND)}; {self._source} has the path "
            f"{parts.path}, but the API's path is {API_PATH}; try {parts.scheme}://{parts.netloc}{API_PATH}"
        )
