"""Authentication at the API: OAuth2 with client credentials, or HTTP Basic.

The API accepts both until 2 December 2026, and only OAuth2 from then on.
https://dev.bandwidth.com/docs/credentials

The OAuth2 libraries for ``requests`` have two faults. They do not lock while they fetch a token, so a hundred threads fetch a
hundred tokens. And if the API rejects a token that has not expired, they do not renew it. This module avoids both faults in a
few lines.
"""

from __future__ import annotations

import math
import re
import time
from base64 import b64encode
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlsplit

from callcontrol.errors import BY_STATUS, ApiError, CallControlError, InvalidRequest, TransportError, UnreadableReply
from callcontrol.http_messages import Headers, Reply, Request
from callcontrol.operation_table import FORM, JSON, TOKEN_PATH
from callcontrol.steps_and_drivers import Exclusive, SendRequest, StepLock, Steps

RENEWAL_MARGIN: Final = 60.0
"""Seconds between the renewal of a token and its expiry, the same as in the vendor's own clients."""

DEFAULT_LIFETIME: Final = 3600.0
"""Lifetime of a token, in seconds, if the response to the token request has no ``expires_in``."""

TOKEN_REQUEST: Final = "the token request"  # noqa: S105  not a secret
"""The name of the token request in errors, where other requests have the name of their operation."""

_TOKEN: Final = re.compile("[!-~]+").fullmatch
"""Matches only tokens of visible ASCII characters, because other characters could add header fields."""


class Auth(Protocol):
    """A source of Authorization headers. :class:`OAuth2` and :class:`BasicAuth` implement this protocol."""

    def authorization(self, base_url: str) -> Steps[str]:
        """Return the value of the Authorization header for one request, after steps such as a token request.

        Args:
            base_url: URL of the API that the request goes to.
        """
        ...

    def refused(self, authorization: str) -> bool:
        """Handle a response with status 401, and return whether to send the request again with another Authorization value.

        Args:
            authorization: The value that the API rejected.
        """
        ...


@dataclass(frozen=True)
class BasicAuth:
    """The user name and password of an API user, sent as HTTP Basic authentication.

    Bandwidth's API accepts them until 2 December 2026. https://dev.bandwidth.com/docs/credentials

    Args:
        username: The user name, without a colon.
        password: The password, which no ``repr`` shows.

    Raises:
        InvalidRequest: If an argument is empty or not a string, or the user name contains a colon.
    """

    username: str
    password: str = field(repr=False)
    _value: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the arguments, and compute the header's value once.

        Raises:
            InvalidRequest: If an argument is empty or not a string, or the user name contains a colon.
        """
        object.__setattr__(self, "_value", basic(self.username, self.password))

    def authorization(self, base_url: str) -> Steps[str]:  # noqa: ARG002  part of the protocol
        """Return the value of the Authorization header, the same for every request.

        Args:
            base_url: Not used.
        """
        yield from ()
        return self._value

    def refused(self, authorization: str) -> bool:  # noqa: ARG002  part of the protocol
        """Return false, because the user name and password do not change.

        Args:
            authorization: Not used.
        """
        return False


class _Token(NamedTuple):
    """The Authorization value that contains a token, and the time at which the token is renewed."""

    authorization: str
    renewal: float


class OAuth2:
    """OAuth2 client credentials, exchanged for access tokens.

    A token is fetched when a request needs it, renewed a minute before it expires, and renewed once if the API rejects it.
    Clients and threads can share one ``OAuth2`` object: a token is fetched once, even if many threads wait for it. A token is
    sent only to the API that its token URL belongs to. https://dev.bandwidth.com/docs/credentials

    Args:
        client_id: The client id, without a colon.
        client_secret: The client secret, which no ``repr`` shows.
        token_url: URL of the token request. The default path is ``/api/v1/oauth2/token``. The default host is the vendor's
            host for tokens if the API is the vendor's; for any other API, such as an emulator, it is the host of that API.

    Raises:
        InvalidRequest: If an argument is empty or not a string, or the client id contains a colon.
    """

    def __init__(self, client_id: str, client_secret: str, *, token_url: str | None = None) -> None:
        basic(client_id, client_secret, names=("client_id", "client_secret"))
        self.client_id = client_id
        self._secret = client_secret
        self._token_url = token_url
        self._lock = StepLock()
        self._tokens: dict[str, _Token] = {}
        self._failures: dict[str, tuple[float, CallControlError]] = {}
        self._now: Callable[[], float] = time.monotonic

    def __repr__(self) -> str:
        """Return the class and the client id, without the secret."""
        return f"OAuth2(client_id={self.client_id!r})"

    def __getstate__(self) -> dict[str, Any]:
        """Return the credentials, including the secret, but no tokens, because another process has another clock."""
        return {"client_id": self.client_id, "client_secret": self._secret, "token_url": self._token_url}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the credentials, without tokens."""
        OAuth2.__init__(self, **state)

    def authorization(self, base_url: str) -> Steps[str]:
        """Return the value of the Authorization header, with a token that does not expire soon.

        Args:
            base_url: URL of the API that the request goes to.

        Raises:
            ApiError: If the response to the token request is not a success or has no token.
            TransportError: If no response to the token request arrives.
            InvalidRequest: If there is no ``token_url`` and ``base_url`` has no host.
        """
        url = self._token_url or token_url(base_url)
        token = self._tokens.get(url)
        if token is not None and self._now() < token.renewal:
            return token.authorization
        authorization: str = yield Exclusive(self._lock, self._renewed(url, self._now()))
        return authorization

    def _renewed(self, url: str, start: float) -> Steps[str]:
        """Return the Authorization value, with a token that another caller has fetched meanwhile, or else with a new token."""
        token = self._tokens.get(url)
        if token is None or self._now() >= token.renewal:
            text, lifetime = yield from self._fetch_unless_just_failed(url, start)
            # A token whose lifetime is less than twice the margin is renewed after half its lifetime.
            token = _Token(f"Bearer {text}", self._now() + max(lifetime - RENEWAL_MARGIN, lifetime / 2))
            self._tokens[url] = token
        return token.authorization

    def refused(self, authorization: str) -> bool:
        """Discard the token, unless another thread has already renewed it, and return true.

        Args:
            authorization: The value that the API rejected.
        """
        for url, token in list(self._tokens.items()):
            if token.authorization == authorization:
                self._tokens.pop(url, None)
        return True

    def _fetch_unless_just_failed(self, url: str, start: float) -> Steps[tuple[str, float]]:
        """Return a new token and its lifetime in seconds, unless a token request failed while this caller waited.

        In that case, raise the error of the failed request. Thus all callers that wait for a request fail together instead of
        one after the other.
        """
        failed_at, failure = self._failures.get(url, (-math.inf, None))
        if failure is not None and failed_at > start:
            raise copy(failure)
        try:
            return (yield from self._fetch(url))
        except CallControlError as error:
            # A copy is kept, because the traceback of the error itself would keep every local variable alive.
            self._failures[url] = self._now(), copy(error)
            raise

    def _fetch(self, url: str) -> Steps[tuple[str, float]]:
        """Send the token request, and return the token and its lifetime in seconds."""
        headers = Headers({"Authorization": basic(self.client_id, self._secret), "Content-Type": FORM, "Accept": JSON})
        try:
            reply: Reply = yield SendRequest(Request("POST", url, headers, b"grant_type=client_credentials"))
        except TransportError as error:
            raise TransportError(error.reason, TOKEN_REQUEST) from None
        if not reply.is_success:
            raise BY_STATUS.get(reply.status, ApiError)(reply, TOKEN_REQUEST)
        try:
            body = reply.json()
            lifetime = float(DEFAULT_LIFETIME if body.get("expires_in") is None else body["expires_in"])
            token = body["access_token"]
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            raise UnreadableReply(reply, TOKEN_REQUEST) from None
        if not isinstance(token, str) or not _TOKEN(token):
            raise UnreadableReply(reply, TOKEN_REQUEST)
        return token, lifetime


def basic(username: object, password: object, *, names: tuple[str, str] = ("username", "password")) -> str:
    """Return the value of an Authorization header for HTTP Basic.

    Args:
        username: The user name, without a colon.
        password: The password.
        names: The names of both arguments in error messages, which do not quote the values.

    Raises:
        InvalidRequest: If an argument is empty, is not a string or contains a lone surrogate, or if the user name contains a
            colon.
    """
    if not (isinstance(username, str) and isinstance(password, str) and username and password):
        raise InvalidRequest(f"{names[0]} and {names[1]} must be non-empty strings; is an environment variable missing?")
    if ":" in username:
        raise InvalidRequest(f"{names[0]} must not contain a colon, because HTTP Basic separates the password with a colon")
    try:
        return "Basic " + b64encode(f"{username}:{password}".encode()).decode()
    except UnicodeEncodeError:
        raise InvalidRequest(f"{names[0]} or {names[1]} contains a lone surrogate, which UTF-8 cannot encode") from None


def token_url(base_url: str) -> str:
    """Return the URL of the token request for an API.

    The tokens for the vendor's voice hosts come from a separate host. Any other host serves its own tokens.

    Args:
        base_url: The absolute URL of the API.

    Raises:
        InvalidRequest: If the base URL has no host.
    """
    scheme, host = urlsplit(base_url)[:2]
    if not host:
        raise InvalidRequest(f"base_url={base_url!r} is not an absolute URL; expected https://host/path")
    hosts = {"voice.bandwidth.com": "api.bandwidth.com", "test.voice.bandwidth.com": "test.api.bandwidth.com"}
    return f"{scheme}://{hosts.get(host.lower(), host)}{TOKEN_PATH}"
