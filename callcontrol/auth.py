"""Authentication at the API: OAuth2 with client credentials, or HTTP Basic.

The API accepts both until 2 December 2026, and only OAuth2 from then on.
https://dev.bandwidth.com/docs/credentials

The OAuth2 libraries for requests do not lock while they fetch a token, so a hundred threads fetch a hundred tokens, and they do
not renew a token that the API rejects before it expires. Both take a few lines here.
"""

from __future__ import annotations

import math
import re
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlsplit

from callcontrol.errors import BY_STATUS, ApiError, CallControlError, InvalidRequest, TransportError, UnreadableReply
from callcontrol.forks import renew_after_fork
from callcontrol.http_messages import Headers, Request, Send
from callcontrol.operations import FORM, JSON, TOKEN_PATH

RENEWAL_MARGIN: Final = 60.0
"""Seconds before a token expires at which it is renewed, as in the vendor's own clients."""

DEFAULT_LIFETIME: Final = 3600.0
"""Lifetime in seconds of a token whose response has no ``expires_in``."""

TOKEN_REQUEST: Final = "the token request"  # noqa: S105  not a secret
"""The name of the token request in errors, in place of an operation's name."""

_TOKEN: Final = re.compile("[!-~]+").fullmatch
"""Matches a token of visible ASCII characters only, so that it cannot add header fields."""


class Auth(Protocol):
    """A way to authenticate: returns the value of the Authorization header. :class:`OAuth2` and :class:`BasicAuth` are two."""

    def authorization(self, send: Send, base_url: str) -> str:
        """Return the value of the Authorization header for one request.

        Args:
            send: A function that sends a request, such as one for a token.
            base_url: URL of the API that the request goes to.
        """
        ...

    def refused(self, authorization: str) -> bool:
        """Return whether the request can be sent again with another value, after the API responded with 401 to this one.

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

    def authorization(self, send: Send, base_url: str) -> str:  # noqa: ARG002  part of the protocol
        """Return the value of the Authorization header, the same for every request.

        Args:
            send: Not used.
            base_url: Not used.
        """
        return self._value

    def refused(self, authorization: str) -> bool:  # noqa: ARG002  part of the protocol
        """Return false, because the user name and password do not change.

        Args:
            authorization: Not used.
        """
        return False


class OAuth2:
    """OAuth2 client credentials, exchanged for access tokens.

    A token is fetched when it is needed, renewed a minute before it expires, and renewed once if the API rejects it. One value
    can be shared between clients and threads: a token is fetched once, however many threads wait for it, and is sent only to
    the API that its token URL belongs to. https://dev.bandwidth.com/docs/credentials

    Args:
        client_id: The client id, without a colon.
        client_secret: The client secret, which no ``repr`` shows.
        token_url: URL of the token request. By default ``/api/v1/oauth2/token`` on the vendor's host for tokens if the API is
            the vendor's, and otherwise on the host of the API, such as an emulator.

    Raises:
        InvalidRequest: If an argument is empty or not a string, or the client id contains a colon.
    """

    def __init__(self, client_id: str, client_secret: str, *, token_url: str | None = None) -> None:
        basic(client_id, client_secret, names=("client_id", "client_secret"))
        self.client_id = client_id
        self._secret = client_secret
        self._token_url = token_url
        self.renew_after_fork()
        self._tokens: dict[str, tuple[str, float]] = {}
        self._failures: dict[str, tuple[float, CallControlError]] = {}
        self._now: Callable[[], float] = time.monotonic
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent process may hold while it fetches a token; keep the tokens."""
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Return the class and the client id, without the secret."""
        return f"OAuth2(client_id={self.client_id!r})"

    def authorization(self, send: Send, base_url: str) -> str:
        """Return the value of the Authorization header, with a token that does not expire soon.

        Args:
            send: A function that sends the token request, if one is needed.
            base_url: URL of the API that the request goes to.

        Raises:
            ApiError: If the response to the token request is not a success or has no token.
            TransportError: If no response to the token request arrives.
            InvalidRequest: If there is no ``token_url`` and ``base_url`` has no host.
        """
        url = self._token_url or token_url(base_url)
        start = self._now()
        with self._lock:
            authorization, renewal = self._tokens.get(url, ("", -math.inf))
            if self._now() >= renewal:
                token, lifetime = self._fetch_unless_just_failed(send, url, start)
                authorization = f"Bearer {token}"
                # A token with a lifetime of less than two margins is renewed after half of it.
                self._tokens[url] = authorization, self._now() + max(lifetime - RENEWAL_MARGIN, lifetime / 2)
            return authorization

    def refused(self, authorization: str) -> bool:
        """Discard the token, unless another thread has already renewed it, and return true.

        Args:
            authorization: The value that the API rejected.
        """
        with self._lock:
            self._tokens = {url: token for url, token in self._tokens.items() if token[0] != authorization}
        return True

    def _fetch_unless_just_failed(self, send: Send, url: str, start: float) -> tuple[str, float]:
        """Return a token and its lifetime in seconds, or raise the error of the request that this thread has waited for.

        Many threads that wait for one failing request then fail together, and not one after the other.
        """
        failed_at, failure = self._failures.get(url, (-math.inf, None))
        if failure is not None and failed_at > start:
            raise copy(failure)
        try:
            return self._fetch(send, url)
        except CallControlError as error:
            # A copy has no traceback, which would keep every local variable alive.
            self._failures[url] = self._now(), copy(error)
            raise

    def _fetch(self, send: Send, url: str) -> tuple[str, float]:
        """Send the token request, and return the token and its lifetime in seconds."""
        headers = Headers({"Authorization": basic(self.client_id, self._secret), "Content-Type": FORM, "Accept": JSON})
        try:
            reply = send(Request("POST", url, headers, b"grant_type=client_credentials"))
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
        InvalidRequest: If an argument is empty or not a string, contains a lone surrogate, or the user name contains a colon.
    """
    if not (isinstance(username, str) and isinstance(password, str) and username and password):
        raise InvalidRequest(f"{names[0]} and {names[1]} must be non-empty strings; is an environment variable missing?")
    if ":" in username:
        raise InvalidRequest(f"{names[0]} must not contain a colon, because HTTP Basic ends it there")
    try:
        return "Basic " + b64encode(f"{username}:{password}".encode()).decode()
    except UnicodeEncodeError:
        raise InvalidRequest(f"{names[0]} or {names[1]} contains a lone surrogate, which UTF-8 cannot encode") from None


def token_url(base_url: str) -> str:
    """Return the URL of the token request for an API.

    The vendor's voice hosts have a separate host for tokens; any other host serves them itself.

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
