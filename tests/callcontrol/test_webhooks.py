"""Webhooks know who asks, and each framework answers with the same bytes."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import fastapi
import flask
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client as DjangoClient
from django.test import override_settings
from django.urls import path
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route

import bxml
from bxml import InvalidDocument
from callcontrol import InvalidRequest, parse_event
from callcontrol.auth import basic
from callcontrol.events import AnswerEvent
from callcontrol.webhooks import CONTENT_TYPE, django_answer, flask_answer, is_authorized, starlette_answer

USER: Final = "shop"
PASSWORD: Final = "ope:n \N{LATIN SMALL LETTER E WITH ACUTE}"
RIGHT: Final = basic(USER, PASSWORD)


def encoded(credentials: bytes) -> str:
    return "Basic " + b64encode(credentials).decode()


# Who asks


@pytest.mark.parametrize("header", [RIGHT, RIGHT.encode(), RIGHT.replace("Basic", "bASIC"), RIGHT.replace(" ", "  ") + " "])
def test_who_knows_both_is_let_in(header: str | bytes) -> None:
    """A right header is right as text and as bytes, however the scheme is written; a password may hold a colon."""
    assert is_authorized(header, USER, PASSWORD)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("Basic", id="scheme alone"),
        pytest.param("Basic ", id="nothing behind the scheme"),
        pytest.param(RIGHT.removeprefix("Basic "), id="no scheme"),
        pytest.param(RIGHT.replace("Basic", "Bearer"), id="other scheme"),
        pytest.param(RIGHT.replace("Basic ", "Basic\t"), id="tab"),
        pytest.param(RIGHT + "=", id="bad base64"),
        pytest.param(RIGHT[:-1] + "!", id="other letters"),
        pytest.param("Basic \N{LATIN SMALL LETTER E WITH ACUTE}", id="no ASCII"),
        pytest.param(b"Basic \xff\xfe", id="bytes that are no ASCII"),
        pytest.param("Basic \ud800", id="half a character"),
        pytest.param(encoded(b"shop:\xff\xfe"), id="not UTF-8"),
        pytest.param(encoded(f"{USER}:{PASSWORD}".encode("latin-1")), id="Latin-1"),
        pytest.param(encoded(b"shop"), id="no password"),
        pytest.param(encoded(b"shop:"), id="empty password"),
        pytest.param(encoded(b":"), id="both empty"),
        pytest.param(basic(USER, PASSWORD + "x"), id="longer password"),
        pytest.param(basic(USER, PASSWORD[:-1]), id="shorter password"),
        pytest.param(basic("Shop", PASSWORD), id="other user"),
        pytest.param(7, id="no text"),
    ],
)
def test_anybody_else_is_not(header: Any) -> None:
    """Whatever the header is, it is an answer and no exception."""
    assert is_authorized(header, USER, PASSWORD) is False


@given(st.none() | st.text() | st.binary() | st.binary().map(encoded) | st.text().map(lambda text: f"Basic {text}"))
def test_no_header_is_too_odd(header: str | bytes | None) -> None:
    """Only the right header is right, and none raises."""
    assert is_authorized(header, USER, PASSWORD) is (header == RIGHT)


@given(st.text("abc", min_size=1), st.text("abc:", min_size=1), st.text("abc", min_size=1), st.text("abc:", min_size=1))
def test_both_have_to_be_right(user: str, password: str, expected_user: str, expected_password: str) -> None:
    """A user name or a password alone opens nothing."""
    is_right = (user, password) == (expected_user, expected_password)
    assert is_authorized(basic(user, password), expected_user, expected_password) is is_right


@pytest.mark.parametrize("header", [None, "Basic", RIGHT, basic("x", PASSWORD), basic(USER, "x")])
def test_both_are_compared_in_every_case(header: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong user name does not spare the comparison of the password, which would tell of it."""
    compared: list[bytes] = []

    def compare(given: bytes, wanted: bytes) -> bool:
        compared.append(wanted)
        return given == wanted

    monkeypatch.setattr("callcontrol.webhooks.hmac.compare_digest", compare)
    is_authorized(header, USER, PASSWORD)
    assert compared == [USER.encode(), PASSWORD.encode()]


@pytest.mark.parametrize(("user", "password"), [("", "x"), ("x", ""), ("", ""), ("a:b", "x"), (None, "x"), ("x", "\ud800")])
def test_credentials_that_nobody_can_have_are_refused(user: Any, password: Any) -> None:
    """An empty password, of a variable of the environment that is not set, lets nobody in, and does not hide."""
    with pytest.raises(InvalidRequest):
        is_authorized(encoded(b":"), user, password)


# Applications

WELCOME: Final = bxml.Response().speak_sentence("Welcome, Ren\N{LATIN SMALL LETTER E WITH ACUTE}.")

ANSWER: Final = b'{"eventType": "answer", "callId": "c-1"}'
DISCONNECT: Final = b'{"eventType": "disconnect", "callId": "c-1"}'


def answer_to(body: bytes) -> bxml.Response | None:
    """What the application of these tests does, in every framework."""
    return WELCOME if isinstance(parse_event(body), AnswerEvent) else None


class Answered(NamedTuple):
    """What came back, the names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def with_flask(body: bytes, authorization: str | None) -> Answered:
    """The answer of a Flask application."""
    app = flask.Flask(__name__)

    @app.post("/events")
    def events() -> flask.Response:
        if not is_authorized(flask.request.headers.get("Authorization"), USER, PASSWORD):
            return flask.Response(status=401)
        return flask_answer(answer_to(flask.request.get_data()))

    headers = {"Content-Type": "application/json"} | ({"Authorization": authorization} if authorization else {})
    answer = app.test_client().post("/events", data=body, headers=headers)
    return Answered(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.data)


def over_asgi(app: Any, body: bytes, authorization: str | None) -> Answered:
    """The answer of an application, called as servers call it."""
    headers = [(b"content-type", b"application/json")]
    headers += [(b"authorization", authorization.encode())] if authorization else []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": "/events",
        "raw_path": b"/events",
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("app.example", 443),
    }
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    asyncio.run(app(scope, receive, send))
    start, *rest = messages
    named = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answered(start["status"], named, b"".join(message.get("body", b"") for message in rest))


async def endpoint(request: fastapi.Request) -> fastapi.Response:
    """The same for Starlette and FastAPI, which is made of it."""
    if not is_authorized(request.headers.get("Authorization"), USER, PASSWORD):
        return fastapi.Response(status_code=401)
    return starlette_answer(answer_to(await request.body()))


def with_starlette(body: bytes, authorization: str | None) -> Answered:
    """The answer of a Starlette application."""
    return over_asgi(Starlette(routes=[Route("/events", endpoint, methods=["POST"])]), body, authorization)


def with_fastapi(body: bytes, authorization: str | None) -> Answered:
    """The answer of a FastAPI application."""
    app = fastapi.FastAPI()
    app.post("/events")(endpoint)
    return over_asgi(app, body, authorization)


def view(request: HttpRequest) -> HttpResponse:
    """The same for Django."""
    if not is_authorized(request.headers.get("Authorization"), USER, PASSWORD):
        return HttpResponse(status=401)
    return django_answer(answer_to(request.body))


def with_django(body: bytes, authorization: str | None) -> Answered:
    """The answer of a Django application."""
    headers = {"authorization": authorization} if authorization else {}
    with override_settings(ROOT_URLCONF=(path("events", view),)):
        answer = DjangoClient().post("/events", body, content_type="application/json", headers=headers)
    return Answered(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content)


EACH_FRAMEWORK = pytest.mark.parametrize("ask", [with_flask, with_starlette, with_fastapi, with_django])
Ask = Callable[[bytes, str | None], Answered]


@EACH_FRAMEWORK
def test_an_event_is_answered_with_the_document(ask: Ask) -> None:
    """A call that waits gets the bytes of the document, as what they are."""
    answer = ask(ANSWER, RIGHT)
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, CONTENT_TYPE, WELCOME.to_bytes())


@EACH_FRAMEWORK
def test_an_event_that_is_news_only_gets_an_empty_answer(ask: Ask) -> None:
    """No document is no body, no type of one, and the status that says so."""
    answer = ask(DISCONNECT, RIGHT)
    assert (answer.status, answer.body) == (204, b"")
    assert "content-type" not in answer.headers


@EACH_FRAMEWORK
@pytest.mark.parametrize("authorization", [None, basic(USER, "guess")])
def test_a_stranger_gets_no_document(ask: Ask, authorization: str | None) -> None:
    """The check works with the header as each framework gives it."""
    answer = ask(ANSWER, authorization)
    assert (answer.status, answer.body) == (401, b"")


@pytest.mark.parametrize("answer", [flask_answer, starlette_answer, django_answer])
def test_an_invalid_document_is_not_sent(answer: Callable[[bxml.Response | None], object]) -> None:
    """A document is checked when it is answered with, for instance for its size."""
    with pytest.raises(InvalidDocument):
        answer(bxml.Response([bxml.SpeakSentence("x" * 1000)] * 100))


def test_bodies_are_json() -> None:
    """The bodies of these tests are what they seem."""
    assert [json.loads(body)["eventType"] for body in (ANSWER, DISCONNECT)] == ["answer", "disconnect"]
