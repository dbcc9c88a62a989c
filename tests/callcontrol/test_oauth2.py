"""A token is fetched when it is needed, once for all who wait, and again before it ends or when it is refused."""

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
from callcontrol.auth import token_url
from callcontrol.operations import BASE_URL
from tests.callcontrol.scripted_api import TOO_DEEP, Scripted, replied

BASE = "https://voice.example/api/v2"


def token(value: object, **members: Any) -> Reply:
    """A reply with a token."""
    return replied(200, {"access_token": value, "token_type": "Bearer", **members})


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[OAuth2, float], None]:
    """Sets the time that credentials go by, in seconds."""

    def set_time(auth: OAuth2, seconds: float) -> None:
        monkeypatch.setattr(auth, "_now", lambda: seconds)

    return set_time


def test_the_exchange_is_that_of_the_reference() -> None:
    """The client's credentials go in the header, the grant in the body, and nothing else goes."""
    api = Scripted(token("one"))
    assert OAuth2("id", "secret").authorization(api, BASE) == "Bearer one"
    (request,) = api.requests
    assert (request.method, request.url) == ("POST", "https://voice.example/api/v1/oauth2/token")
    assert request.body == b"grant_type=client_credentials"
    assert dict(request.headers) == {
        "Authorization": "Basic aWQ6c2VjcmV0",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }


def test_a_hundred_threads_fail_by_one_request() -> None:
    """Who has waited for a request that failed is told so, and does not wait for one of its own; who asks later asks anew."""
    auth, start, requests = OAuth2("id", "secret"), threading.Barrier(100), list[Request]()

    def send(request: Request) -> Reply:
        requests.append(request)
        time.sleep(0.2)
        return replied(503)

    def failure(_: int) -> str:
        start.wait()
        with pytest.raises(ServerError) as caught:
            auth.authorization(send, BASE)
        return str(caught.value)

    with ThreadPoolExecutor(100) as threads:
        assert len(set(threads.map(failure, range(100)))) == 1
    assert len(requests) == 1
    with pytest.raises(ServerError):
        auth.authorization(send, BASE)
    assert len(requests) == 2


def test_a_hundred_threads_fetch_one_token() -> None:
    """However many wait for a token, it is asked for once and given to all."""
    start = threading.Barrier(100)
    asked: list[Request] = []

    def send(request: Request) -> Reply:
        asked.append(request)
        time.sleep(0.01)  # so that all others come while it is being fetched
        return token(f"number-{len(asked)}")

    def authorization(auth: OAuth2) -> str:
        start.wait()
        return auth.authorization(send, BASE)

    auth = OAuth2("id", "secret")
    with ThreadPoolExecutor(100) as threads:
        assert set(threads.map(authorization, [auth] * 100)) == {"Bearer number-1"}
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("expires_in", "good_for"),
    [
        pytest.param({"expires_in": 3600}, 3540, id="an hour"),
        pytest.param({"expires_in": "3600"}, 3540, id="an hour in text"),
        pytest.param({"expires_in": 130.5}, 70.5, id="two minutes"),
        pytest.param({"expires_in": 100}, 50, id="little more than the margin"),
        pytest.param({"expires_in": 10}, 5, id="less than the margin"),
        pytest.param({}, 3540, id="missing"),
        pytest.param({"expires_in": None}, 3540, id="null"),
    ],
)
def test_a_token_is_renewed_before_it_ends(
    at: Callable[[OAuth2, float], None], expires_in: dict[str, object], good_for: float
) -> None:
    """A minute before its end, or at half of a short life, there is a new one; an unknown life is an hour."""
    api = Scripted(token("one", **expires_in), token("two", **expires_in), token("three", **expires_in))
    auth = OAuth2("id", "secret")
    used = []
    for seconds in (0, good_for - 0.25, good_for, 2 * good_for - 0.25, 2 * good_for):
        at(auth, 1000 + seconds)
        used.append(auth.authorization(api, BASE))
    assert used == ["Bearer one", "Bearer one", "Bearer two", "Bearer two", "Bearer three"]


@pytest.mark.parametrize("expires_in", [0, -5])
def test_a_token_without_life_is_not_kept(expires_in: int) -> None:
    """What ends as it begins is used for the request that it was fetched for."""
    api = Scripted(token("one", expires_in=expires_in), token("two"))
    auth = OAuth2("id", "secret")
    assert [auth.authorization(api, BASE), auth.authorization(api, BASE)] == ["Bearer one", "Bearer two"]


def test_a_refused_token_is_forgotten() -> None:
    """After a refusal there is another token, and who asked is told so."""
    api = Scripted(token("one"), token("two"))
    auth = OAuth2("id", "secret")
    assert auth.refused(auth.authorization(api, BASE))
    assert auth.authorization(api, BASE) == "Bearer two"


def test_the_refusal_of_an_old_token_costs_no_new_one() -> None:
    """Of two threads that were refused, the second uses what the first has fetched."""
    api = Scripted(token("one"), token("two"), token("three"))
    auth = OAuth2("id", "secret")
    old = auth.authorization(api, BASE)
    for _ in range(2):
        assert auth.refused(old)
        assert auth.authorization(api, BASE) == "Bearer two"
    assert len(api.requests) == 2


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        pytest.param(
            replied(401, {"type": "authentication-error", "description": "The credentials provided were invalid", "id": None}),
            Unauthorized,
            "the token request: 401 Unauthorized: The credentials provided were invalid",
            id="wrong secret",
        ),
        pytest.param(
            replied(400, {"error": "invalid_client"}),
            BadRequest,
            "the token request: 400 Bad Request: the answer is not in the form of the API",
            id="error of OAuth2",
        ),
        pytest.param(
            replied(503, b"<html>busy</html>"),
            ServerError,
            "the token request: 503 Service Unavailable: the answer is not in the form of the API",
            id="overloaded",
        ),
        pytest.param(
            replied(300, {"access_token": "one"}),
            ApiError,
            "the token request: 300 Multiple Choices: the answer is not in the form of the API",
            id="no success",
        ),
        *(
            pytest.param(
                body if isinstance(body, Reply) else replied(200, body),
                UnreadableReply,
                "the token request: 200 OK: the answer is not in the form of the API",
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
                "letters beyond ASCII": token("één"),
                "life in words": token("one", expires_in="an hour"),
                "life in a list": token("one", expires_in=[3600]),
                "life beyond all floats": token("one", expires_in=10**400),
                "too deep": TOO_DEEP,
            }.items()
        ),
    ],
)
def test_a_failed_exchange_says_so(reply: Reply, error: type[ApiError], words: str) -> None:
    """The error is of the token request, has the reply, and leaves nothing behind: the next try starts anew."""
    auth = OAuth2("id", "secret")
    with pytest.raises(ApiError) as caught:
        auth.authorization(Scripted(reply), BASE)
    assert type(caught.value) is error
    assert str(caught.value) == words
    assert caught.value.reply is reply
    assert auth.authorization(Scripted(token("one")), BASE) == "Bearer one"


def test_no_answer_to_the_exchange_is_told_as_it_is() -> None:
    """What the transport says comes through, and the lock is free again."""
    auth = OAuth2("id", "secret")
    with pytest.raises(TransportError, match=r"^the token request: no route$"):
        auth.authorization(Scripted(TransportError("no route")), BASE)
    assert auth.authorization(Scripted(token("one")), BASE) == "Bearer one"


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
def test_tokens_are_had_where_the_api_belongs(base_url: str, url: str) -> None:
    """The vendor's hosts have a host for tokens, any other has them itself."""
    assert token_url(base_url) == url
    api = Scripted(token("one"))
    OAuth2("id", "secret").authorization(api, base_url)
    assert api.requests[0].url == url


def test_the_url_for_production_is_the_vendors() -> None:
    """By default a token is asked for where the vendor's own client asks."""
    assert token_url(BASE_URL) == bandwidth.Configuration().access_token_url


def test_the_url_for_tokens_can_be_given() -> None:
    """A URL that was given is used, whatever the API's is."""
    api = Scripted(token("one"))
    OAuth2("id", "secret", token_url="https://login.example/token").authorization(api, BASE)
    assert api.requests[0].url == "https://login.example/token"


def test_a_base_url_without_a_host_has_no_tokens() -> None:
    """Nothing is asked if nobody can be asked."""
    with pytest.raises(InvalidRequest, match=r"^'/api/v2' is no absolute URL$"):
        OAuth2("id", "secret").authorization(Scripted(token("one")), "/api/v2")


def test_credentials_do_not_show_the_secret() -> None:
    """Neither before nor after the exchange is more to be seen than the client's id."""
    auth = OAuth2("id", "secret")
    auth.authorization(Scripted(token("one")), BASE)
    assert repr(auth) == "OAuth2(client_id='id')"
