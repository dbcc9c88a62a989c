"""Requests over the network: one pool of connections, a time-out always, nothing kept and nothing followed."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from callcontrol.errors import TransportError
from callcontrol.http import Headers, Reply, Request

LARGEST_REPLY: Final = 64 * 1024 * 1024
"""Bytes of an answer that are read; a page of 10,000 calls is about a fifth of that."""

CONNECTIONS: Final = 32
"""Connections kept open for the threads of a client."""

_REASONS: Final = (
    (requests.exceptions.ConnectTimeout, "{host} could not be reached within {timeout:g} seconds"),
    (
        (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError),
        "{host} did not answer within {timeout:g} seconds",
    ),
    (requests.exceptions.SSLError, "no secure connection to {host} could be made"),
    (requests.exceptions.ProxyError, "the proxy did not let through to {host}"),
    (requests.exceptions.ContentDecodingError, "{host} answered what cannot be unpacked"),
    (requests.exceptions.ChunkedEncodingError, "{host} ended its answer too early"),
    (requests.exceptions.ConnectionError, "{host} could not be reached, or ended the connection"),
)
"""What happened, by the first class that fits."""

_OTHERWISE: Final = "the request to {host} could not be made"


class Transport:
    """Sends requests, and reads what comes back."""

    def __init__(self, timeout: float) -> None:
        """Open nothing yet."""
        self._timeout = timeout
        self._session = _Session()
        self._session.mount("http://", HTTPAdapter(pool_maxsize=CONNECTIONS))
        self._session.mount("https://", HTTPAdapter(pool_maxsize=CONNECTIONS))
        # A cookie would make one request depend on another, and a file .netrc replace the credentials.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.auth = _as_it_is

    def __call__(self, request: Request) -> Reply:
        """The answer to a request.

        Raises:
            TransportError: if none comes back, or too much of one.
        """
        host = urlsplit(request.url).netloc
        # Compression is not asked for: a small answer could unpack to one that fills the memory.
        headers = {"User-Agent": "bxml-callcontrol", **request.headers, "Accept-Encoding": "identity"}
        try:
            with self._session.request(
                request.method,
                request.url,
                headers=headers,
                data=request.body or None,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                return Reply(response.status_code, Headers(response.headers), _body(response, host))
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            # The time-out of a body that comes in parts is wrapped into an error of another kind.
            kinds = (type(error), *map(type, error.args))
            reason = next((reason for cls, reason in _REASONS if any(issubclass(kind, cls) for kind in kinds)), _OTHERWISE)
            raise TransportError(reason.format(host=host, timeout=self._timeout), sent=not _never_sent(error)) from None

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _never_sent(error: Exception) -> bool:
    """Whether there was not even a connection, so that nothing can have arrived."""
    failures = [error, *error.args]
    failures += [reason for failure in failures if (reason := getattr(failure, "reason", None))]
    return any(isinstance(failure, _NO_CONNECTION) for failure in failures)


_NO_CONNECTION: Final = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
)


class _Session(requests.Session):
    """A session that does not even look where a redirect leads, for which it would read the whole answer."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002  whatever the answer
        """Nowhere."""
        return


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _body(response: requests.Response, host: str) -> bytes:
    body = bytearray()
    for part in response.iter_content(64 * 1024):
        body += part
        if len(body) > LARGEST_REPLY:
            raise TransportError(f"{host} answered more than {LARGEST_REPLY} bytes")
    return bytes(body)
