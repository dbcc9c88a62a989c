"""How a client proves who it is: OAuth2 with client credentials, or Basic.

The API takes both until 2 December 2026 and OAuth2 alone from then on.
https://dev.bandwidth.com/docs/credentials

The libraries that do OAuth2 for requests were looked at: neither holds a lock while it fetches a token, so that a hundred
threads fetch a hundred, and neither asks again when a token is refused before its time. Both are a few lines here.
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

RENEW_EARLY: Final = 60.0
"""Seconds before the end of a token's life at which a new one is fetched, as the vendor's own clients do."""

USUAL_LIFETIME: Final = 3600.0
"""Seconds that a token is taken to live if its issuer does not say."""


TOKEN_REQUEST: Final = "the token request"  # noqa: S105  its name in errors

_TOKEN: Final = re.compile("[!-~]+").fullmatch
"""What can stand in a header, so that a token cannot bring headers of its own."""


class Auth(Protocol):
    """Gives the value of the Authorization header."""

    def authorization(self, send: Send, base_url: str) -> str:
        """The header's value; ``send`` may be used to fetch what it takes."""
        ...

    def refused(self, authorization: str) -> bool:
        """Told that the API answered 401 to this value: whether there will be another one."""
        ...


@dataclass(frozen=True)
class BasicAuth:
    """User name and password of an API user; they stop working on 2 December 2026."""

    username: str
    password: str = field(repr=False)
    _value: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what HTTP Basic cannot carry.

        Raises:
            InvalidRequest: if the user name holds a colon, or either is no text.
        """
        object.__setattr__(self, "_value", basic(self.username, self.password))

    def authorization(self, send: Send, base_url: str) -> str:  # noqa: ARG002  what OAuth2 needs
        """The header's value, which is always the same."""
        return self._value

    def refused(self, authorization: str) -> bool:  # noqa: ARG002  it has one value only
        """There is no other value."""
        return False


class OAuth2:
    """Client credentials, exchanged for tokens that are fetched when needed and renewed before they end.

    One value may serve many clients and threads: a token is fetched once, however many wait for it, and goes only to the API
    that its issuer belongs to.

    Args:
        client_id: The client's id.
        client_secret: Its secret, which is never shown.
        token_url: Where tokens are had. By default the vendor's host for them, if the API is the vendor's; otherwise the same
            path on the host of the API, which is where an emulator has it.

    Raises:
        InvalidRequest: If they cannot be credentials.
    """

    def __init__(self, client_id: str, client_secret: str, *, token_url: str | None = None) -> None:
        basic(client_id, client_secret)
        self.client_id = client_id
        self._secret = client_secret
        self._token_url = token_url
        self.renew_after_fork()
        self._tokens: dict[str, tuple[str, float]] = {}
        self._failures: dict[str, tuple[float, CallControlError]] = {}
        self._now: Callable[[], float] = time.monotonic
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent process may hold while it fetches a token; the tokens stay valid."""
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """The client's id, and not its secret."""
        return f"OAuth2(client_id={self.client_id!r})"

    def authorization(self, send: Send, base_url: str) -> str:
        """The header's value, with a token that is good for a while.

        Raises:
            ApiError: if the token is refused.
            TransportError: if no answer comes back.
        """
        url = self._token_url or token_url(base_url)
        asked = self._now()
        with self._lock:
            authorization, renewal = self._tokens.get(url, ("", -math.inf))
            if self._now() >= renewal:
                token, lifetime = self._fetch_unless_just_failed(send, url, asked)
                authorization = f"Bearer {token}"
                # A token that lives no longer than the margin is used for half of its life.
                self._tokens[url] = authorization, self._now() + max(lifetime - RENEW_EARLY, lifetime / 2)
            return authorization

    def refused(self, authorization: str) -> bool:
        """Forget the token, unless another thread has a newer one already."""
        with self._lock:
            self._tokens = {url: token for url, token in self._tokens.items() if token[0] != authorization}
        return True

    def _fetch_unless_just_failed(self, send: Send, url: str, asked: float) -> tuple[str, float]:
        """A token, or the failure of the request that this thread has waited for, so that many do not fail one by one."""
        failed, failure = self._failures.get(url, (-math.inf, None))
        if failure is not None and failed > asked:
            raise copy(failure)
        try:
            return self._fetch(send, url)
        except CallControlError as error:
            self._failures[url] = self._now(), copy(error)  # which has no traceback to keep alive
            raise

    def _fetch(self, send: Send, url: str) -> tuple[str, float]:
        headers = Headers({"Authorization": basic(self.client_id, self._secret), "Content-Type": FORM, "Accept": JSON})
        try:
            reply = send(Request("POST", url, headers, b"grant_type=client_credentials"))
        except TransportError as error:
            raise TransportError(error.reason, TOKEN_REQUEST) from None
        if not reply.is_success:
            raise BY_STATUS.get(reply.status, ApiError)(reply, TOKEN_REQUEST)
        try:
            body = reply.json()
            lifetime = float(USUAL_LIFETIME if body.get("expires_in") is None else body["expires_in"])
            token = body["access_token"]
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            raise UnreadableReply(reply, TOKEN_REQUEST) from None
        if not isinstance(token, str) or not _TOKEN(token):
            raise UnreadableReply(reply, TOKEN_REQUEST)
        return token, lifetime


def basic(username: object, password: object) -> str:
    """The value of an Authorization header for HTTP Basic.

    Raises:
        InvalidRequest: if it cannot be written.
    """
    if not (isinstance(username, str) and isinstance(password, str) and username and password):
        raise InvalidRequest("the credentials are not two texts; is a variable of the environment missing?")
    if ":" in username:
        raise InvalidRequest("the user name or client id holds a colon, which HTTP Basic takes for its end")
    try:
        return "Basic " + b64encode(f"{username}:{password}".encode()).decode()
    except UnicodeEncodeError:
        raise InvalidRequest("the credentials hold half a character") from None


def token_url(base_url: str) -> str:
    """Where the tokens for an API are had: the vendor's voice hosts have a host for them, any other has them itself.

    Raises:
        InvalidRequest: if the base URL has no host.
    """
    scheme, host = urlsplit(base_url)[:2]
    if not host:
        raise InvalidRequest(f"{base_url!r} is no absolute URL")
    hosts = {"voice.bandwidth.com": "api.bandwidth.com", "test.voice.bandwidth.com": "test.api.bandwidth.com"}
    return f"{scheme}://{hosts.get(host.lower(), host)}{TOKEN_PATH}"
