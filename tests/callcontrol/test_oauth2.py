"""OAuth2 fetches one token for all threads when needed, and renews the token before it expires or after 401."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bandwidth
import pytest

from callcontrol import (
    ApiError,
    BadRequest,
    InvalidRequest,
    OAuth2,
    Reply,
    Request,
    ServerError,
    TransportError,
    Unauthorized,
    UnreadableReply,
)
from callcontrol.auth import Auth, token_url
from callcontrol.http_messages import Send
from callcontrol.operation_table import BASE_URL
from callcontrol.steps_and_drivers import drive
from tests.callcontrol.scripted_api import TOO_DEEP, Scripted, replied, unexpected

BASE = "https://voice.example/api/v2"


def token(value: object, **members: Any) -> Reply:
    """Return a response with a token."""
    return replied(200, {"access_token": value, "token_type": "Bearer", **members})


def authorization_of(auth: Auth, send: Send, base_url: str = BASE) -> str:
    """Return the value of the Authorization header, and fail if a pause is made."""
    return drive(auth.authorization(base_url), send, unexpected)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[OAuth2, float], None]:
    """Return a function that sets the clock of the credentials, in seconds."""

    def set_time(auth: OAuth2, seconds: float) -> None:
        monkeypatch.setattr(auth, "_now", lambda: seconds)

    return set_time


def test_token_request_is_as_documented() -> None:
    """The request has the client credentials in a header, the grant type in the body, and nothing else."""
    api = Scripted(token("one"))
    assert authorization_of(OAuth2("id", "secret"), api) == "Bearer one"
    (request,) = api.requests
    assert (request.method, request.url) == ("POST", "https://voice.example/api/v1/oauth2/token")
    assert request.body == b"grant_type=client_credentials"
    assert dict(request.headers) == {
        "Authorization": "Basic aWQ6c2VjcmV0",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }


def test_a_hundred_threads_fail_with_one_request() -> None:
    """If a token request fails, its error is raised in each thread that waited for it. A later attempt sends a new request."""
    auth, start, requests = OAuth2("id", "secret"), threading.Barrier(100), list[Request]()

    def send(request: Request) -> Reply:
        requests.append(request)
        time.sleep(0.2)
        return replied(503)

    def failure(_: int) -> str:
        start.wait()
        with pytest.raises(ServerError) as caught:
            authorization_of(auth, send)
        return str(caught.value)

    with ThreadPoolExecutor(100) as threads:
        assert len(set(threads.map(failure, range(100)))) == 1
    assert len(requests) == 1
    with pytest.raises(ServerError):
        authorization_of(auth, send)
    assert len(requests) == 2


def test_a_hundred_threads_fetch_one_token() -> None:
    """If many threads wait for a token, it is requested once and used by all threads."""
    start = threading.Barrier(100)
    requests: list[Request] = []

    def send(request: Request) -> Reply:
        requests.append(request)
        time.sleep(0.01)  # so that the other threads wait for this request
        return token(f"number-{len(requests)}")

    def authorization(auth: OAuth2) -> str:
        start.wait()
        return authorization_of(auth, send)

    auth = OAuth2("id", "secret")
    with ThreadPoolExecutor(100) as threads:
        assert set(threads.map(authorization, [auth] * 100)) == {"Bearer number-1"}
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("expires_in", "usable"),
    [
        pytest.param({"expires_in": 3600}, 3540, id="an hour"),
        pytest.param({"expires_in": "3600"}, 3540, id="an hour as a string"),
        pytest.param({"expires_in": 130.5}, 70.5, id="two minutes"),
        pytest.param({"expires_in": 100}, 50, id="little more than the margin"),
        pytest.param({"expires_in": 10}, 5, id="less than the margin"),
        pytest.param({}, 3540, id="missing"),
        pytest.param({"expires_in": None}, 3540, id="null"),
    ],
)
def test_token_is_renewed_before_it_expires(
    at: Callable[[OAuth2, float], None], expires_in: dict[str, object], usable: float
) -> None:
    """A token is renewed a minute before it expires, or after half of a short lifetime. The default lifetime is an hour."""
    api = Scripted(token("one", **expires_in), token("two", **expires_in), token("three", **expires_in))
    auth = OAuth2("id", "secret")
    used = []
    for seconds in (0, usable - 0.25, usable, 2 * usable - 0.25, 2 * usable):
        at(auth, 1000 + seconds)
        used.append(authorization_of(auth, api))
    assert used == ["Bearer one", "Bearer one", "Bearer two", "Bearer two", "Bearer three"]


@pytest.mark.parametrize("expires_in", [0, -5])
def test_expired_token_is_used_once(expires_in: int) -> None:
    """A token with a lifetime of zero or less is used for the current request only."""
    api = Scripted(token("one", expires_in=expires_in), token("two"))
    auth = OAuth2("id", "secret")
    assert [authorization_of(auth, api), authorization_of(auth, api)] == ["Bearer one", "Bearer two"]


def test_rejected_token_is_discarded() -> None:
    """After 401 the next request fetches a new token."""
    api = Scripted(token("one"), token("two"))
    auth = OAuth2("id", "secret")
    assert auth.refused(authorization_of(auth, api))
    assert authorization_of(auth, api) == "Bearer two"


def test_rejected_old_token_does_not_discard_the_new_one() -> None:
    """If two threads get 401, the second thread uses the token that the first thread has fetched."""
    api = Scripted(token("one"), token("two"), token("three"))
    auth = OAuth2("id", "secret")
    old = authorization_of(auth, api)
    for _ in range(2):
        assert auth.refused(old)
        assert authorization_of(auth, api) == "Bearer two"
    assert len(api.requests) == 2


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        pytest.param(
            replied(401, {"type": "authentication-error", "description": "The credentials provided were invalid", "id": None}),
            Unauthorized,
            "the token request: 401 Unauthorized: The credentials provided were invalid; check the credentials",
            id="wrong secret",
        ),
        pytest.param(
            replied(400, {"error": "invalid_client"}),
            BadRequest,
            "the token request: 400 Bad Request: invalid_client",
            id="error of OAuth2",
        ),
        pytest.param(
            replied(401, {"error": "invalid_client", "error_description": "Client authentication failed"}),
            Unauthorized,
            "the token request: 401 Unauthorized: Client authentication failed; check the credentials",
            id="described error of OAuth2",
        ),
        pytest.param(
            replied(503, b"<html>busy</html>"),
            ServerError,
            "the token request: 503 Service Unavailable: the response is not in the API's format; retry later",
            id="overloaded",
        ),
        pytest.param(
            replied(300, {"access_token": "one"}),
            ApiError,
            "the token request: 300 Multiple Choices: the response is not in the API's format",
            id="not a success",
        ),
        *(
            pytest.param(
                body if isinstance(body, Reply) else replied(200, body),
                UnreadableReply,
                "the token request: 200 OK: the response is not in the API's format; check base_url, and any proxy",
                id=name,
            )
            for name, body in {
                "HTML": b"<html>log in</html>",
                "empty body": b"",
                "list": [],
                "no token": {"token_type": "Bearer"},
                "null": token(None),
                "number": token(7),
                "empty token": token(""),
                "second header": token("one\r\nX-Admin: yes"),
                "newline": token("one\n"),
                "two words": token("one two"),
                "outside ASCII": token("één"),
                "lifetime in words": token("one", expires_in="an hour"),
                "lifetime in a list": token("one", expires_in=[3600]),
                "lifetime too large for a float": token("one", expires_in=10**400),
                "too deep": TOO_DEEP,
            }.items()
        ),
    ],
)
def test_failed_token_request_raises(reply: Reply, error: type[ApiError], message: str) -> None:
    """The error names the token request and has the response. The next attempt sends a new request."""
    auth = OAuth2("id", "secret")
    with pytest.raises(ApiError) as caught:
        authorization_of(auth, Scripted(reply))
    assert type(caught.value) is error
    assert str(caught.value) == message
    assert caught.value.reply is reply
    assert authorization_of(auth, Scripted(token("one"))) == "Bearer one"


def test_token_request_without_a_response_raises() -> None:
    """The error has the reason of the transport, and the lock is released."""
    auth = OAuth2("id", "secret")
    with pytest.raises(TransportError, match=r"^the token request: no route$"):
        authorization_of(auth, Scripted(TransportError("no route")))
    assert authorization_of(auth, Scripted(token("one"))) == "Bearer one"


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        pytest.param("https://voice.bandwidth.com/api/v2", "https://api.bandwidth.com/api/v1/oauth2/token", id="production"),
        pytest.param(
            "https://test.voice.bandwidth.com/api/v2", "https://test.api.bandwidth.com/api/v1/oauth2/token", id="test system"
        ),
        pytest.param("https://VOICE.Bandwidth.COM/api/v2", "https://api.bandwidth.com/api/v1/oauth2/token", id="capitals"),
        pytest.param("http://127.0.0.1:8080/api/v2", "http://127.0.0.1:8080/api/v1/oauth2/token", id="host and port"),
        pytest.param("https://proxy.example/voice/api/v2", "https://proxy.example/api/v1/oauth2/token", id="path"),
    ],
)
def test_token_url_depends_on_the_base_url(base_url: str, url: str) -> None:
    """Tokens for the vendor's hosts come from a separate host. Any other host issues its own tokens."""
    assert token_url(base_url) == url
    api = Scripted(token("one"))
    authorization_of(OAuth2("id", "secret"), api, base_url)
    assert api.requests[0].url == url


def test_default_token_url_is_that_of_the_vendors_client() -> None:
    """The token URL of the production API is the same as in the vendor's own client."""
    assert token_url(BASE_URL) == bandwidth.Configuration().access_token_url


def test_token_url_argument_is_used() -> None:
    """``token_url`` takes precedence over the base URL."""
    api = Scripted(token("one"))
    authorization_of(OAuth2("id", "secret", token_url="https://login.example/token"), api)
    assert api.requests[0].url == "https://login.example/token"


def test_base_url_without_a_host_has_no_token_url() -> None:
    """A base URL without a host raises InvalidRequest, and no token request is sent."""
    with pytest.raises(InvalidRequest, match=r"^base_url='/api/v2' is not an absolute URL; expected https://host/path$"):
        authorization_of(OAuth2("id", "secret"), Scripted(token("one")), "/api/v2")


def test_repr_shows_the_client_id_only() -> None:
    """The ``repr`` contains neither the secret nor the token."""
    auth = OAuth2("id", "secret")
    authorization_of(auth, Scripted(token("one")))
    assert repr(auth) == "OAuth2(client_id='id')"


def test_each_api_gets_its_own_token() -> None:
    """Clients of two APIs can share credentials, and a token is sent only to the API that issued it."""
    auth = OAuth2("id", "secret")
    tokens = Scripted(Reply(200, body=b'{"access_token": "one"}'), Reply(200, body=b'{"access_token": "two"}'))

    def authorization(base_url: str) -> str:
        return drive(auth.authorization(base_url), tokens, unexpected)

    assert authorization("https://voice.bandwidth.com/api/v2") == "Bearer one"
    assert authorization("http://other.example/api/v2") == "Bearer two"
    assert authorization("https://voice.bandwidth.com/api/v2") == "Bearer one"
