"""Webhooks are authenticated, and every framework responds with the same bytes."""

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
CORRECT: Final = basic(USER, PASSWORD)


def encoded(credentials: bytes) -> str:
    return "Basic " + b64encode(credentials).decode()


# Authentication


@pytest.mark.parametrize(
    "header", [CORRECT, CORRECT.encode(), CORRECT.replace("Basic", "bASIC"), CORRECT.replace(" ", "  ") + " "]
)
def test_correct_credentials_are_accepted(header: str | bytes) -> None:
    """The header may be a string or bytes, with the scheme in upper or lower case. The password may contain a colon."""
    assert is_authorized(header, USER, PASSWORD)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("Basic", id="scheme alone"),
        pytest.param("Basic ", id="scheme and space"),
        pytest.param(CORRECT.removeprefix("Basic "), id="no scheme"),
        pytest.param(CORRECT.replace("Basic", "Bearer"), id="other scheme"),
        pytest.param(CORRECT.replace("Basic ", "Basic\t"), id="tab"),
        pytest.param(CORRECT + "=", id="invalid base64"),
        pytest.param(CORRECT[:-1] + "!", id="character outside base64"),
        pytest.param("Basic \N{LATIN SMALL LETTER E WITH ACUTE}", id="non-ASCII string"),
        pytest.param(b"Basic \xff\xfe", id="non-ASCII bytes"),
        pytest.param("Basic \ud800", id="lone surrogate"),
        pytest.param(encoded(b"shop:\xff\xfe"), id="not UTF-8"),
        pytest.param(encoded(f"{USER}:{PASSWORD}".encode("latin-1")), id="Latin-1"),
        pytest.param(encoded(b"shop"), id="no password"),
        pytest.param(encoded(b"shop:"), id="empty password"),
        pytest.param(encoded(b":"), id="both empty"),
        pytest.param(basic(USER, PASSWORD + "x"), id="longer password"),
        pytest.param(basic(USER, PASSWORD[:-1]), id="shorter password"),
        pytest.param(basic("Shop", PASSWORD), id="other user"),
        pytest.param(7, id="number"),
    ],
)
def test_other_headers_are_rejected(header: Any) -> None:
    """A missing, malformed or wrong header is rejected, and no exception is raised."""
    assert is_authorized(header, USER, PASSWORD) is False


@given(st.none() | st.text() | st.binary() | st.binary().map(encoded) | st.text().map(lambda text: f"Basic {text}"))
def test_only_the_correct_header_is_accepted(header: str | bytes | None) -> None:
    """Any other header is rejected, and no exception is raised."""
    assert is_authorized(header, USER, PASSWORD) is (header == CORRECT)


@given(st.text("abc", min_size=1), st.text("abc:", min_size=1), st.text("abc", min_size=1), st.text("abc:", min_size=1))
def test_both_user_and_password_must_be_correct(user: str, password: str, expected_user: str, expected_password: str) -> None:
    """A correct user name or password alone is not enough."""
    is_correct = (user, password) == (expected_user, expected_password)
    assert is_authorized(basic(user, password), expected_user, expected_password) is is_correct


@pytest.mark.parametrize("header", [None, "Basic", CORRECT, basic("x", PASSWORD), basic(USER, "x")])
def test_user_and_password_are_always_compared(header: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is compared even if the user name is wrong. Otherwise the duration would reveal a correct user name."""
    compared: list[bytes] = []

    def compare(given: bytes, wanted: bytes) -> bool:
        compared.append(wanted)
        return given == wanted

    monkeypatch.setattr("callcontrol.webhooks.hmac.compare_digest", compare)
    is_authorized(header, USER, PASSWORD)
    assert compared == [USER.encode(), PASSWORD.encode()]


@pytest.mark.parametrize(("user", "password"), [("", "x"), ("x", ""), ("", ""), ("a:b", "x"), (None, "x"), ("x", "\ud800")])
def test_invalid_expected_credentials_raise(user: Any, password: Any) -> None:
    """An empty password, for example from an unset environment variable, raises an error. It does not authorize everyone."""
    with pytest.raises(InvalidRequest):
        is_authorized(encoded(b":"), user, password)


# Applications

WELCOME: Final = bxml.Response().speak_sentence("Welcome, Ren\N{LATIN SMALL LETTER E WITH ACUTE}.")

ANSWER: Final = b'{"eventType": "answer", "callId": "c-1"}'
DISCONNECT: Final = b'{"eventType": "disconnect", "callId": "c-1"}'


def document_for(body: bytes) -> bxml.Response | None:
    """Return the document with which the application responds in every framework."""
    return WELCOME if isinstance(parse_event(body), AnswerEvent) else None


class Received(NamedTuple):
    """A response that the application sent, with the names of its headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def with_flask(body: bytes, authorization: str | None) -> Received:
    """Return the response of a Flask application."""
    app = flask.Flask(__name__)

    @app.post("/events")
    def events() -> flask.Response:
        if not is_authorized(flask.request.headers.get("Authorization"), USER, PASSWORD):
            return flask.Response(status=401)
        return flask_answer(document_for(flask.request.get_data()))

    headers = {"Content-Type": "application/json"} | ({"Authorization": authorization} if authorization else {})
    response = app.test_client().post("/events", data=body, headers=headers)
    return Received(response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.data)


def over_asgi(app: Any, body: bytes, authorization: str | None) -> Received:
    """Call an ASGI application as a server does, and return the response."""
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
    return Received(start["status"], named, b"".join(message.get("body", b"") for message in rest))


async def endpoint(request: fastapi.Request) -> fastapi.Response:
    """Respond to a webhook in Starlette, and in FastAPI, which is built on it."""
    if not is_authorized(request.headers.get("Authorization"), USER, PASSWORD):
        return fastapi.Response(status_code=401)
    return starlette_answer(document_for(await request.body()))


def with_starlette(body: bytes, authorization: str | None) -> Received:
    """Return the response of a Starlette application."""
    return over_asgi(Starlette(routes=[Route("/events", endpoint, methods=["POST"])]), body, authorization)


def with_fastapi(body: bytes, authorization: str | None) -> Received:
    """Return the response of a FastAPI application."""
    app = fastapi.FastAPI()
    app.post("/events")(endpoint)
    return over_asgi(app, body, authorization)


def view(request: HttpRequest) -> HttpResponse:
    """Respond to a webhook in Django."""
    if not is_authorized(request.headers.get("Authorization"), USER, PASSWORD):
        return HttpResponse(status=401)
    return django_answer(document_for(request.body))


def with_django(body: bytes, authorization: str | None) -> Received:
    """Return the response of a Django application."""
    headers = {"authorization": authorization} if authorization else {}
    with override_settings(ROOT_URLCONF=(path("events", view),)):
        response = DjangoClient().post("/events", body, content_type="application/json", headers=headers)
    return Received(response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content)


EACH_FRAMEWORK = pytest.mark.parametrize("send", [with_flask, with_starlette, with_fastapi, with_django])
Send = Callable[[bytes, str | None], Received]


@EACH_FRAMEWORK
def test_the_response_is_the_document(send: Send) -> None:
    """The response to an event that waits for BXML is the document, with its media type."""
    response = send(ANSWER, CORRECT)
    assert (response.status, response.headers["content-type"], response.body) == (200, CONTENT_TYPE, WELCOME.to_bytes())


@EACH_FRAMEWORK
def test_the_response_without_a_document_is_empty(send: Send) -> None:
    """Without a document, the response has status 204 and neither a body nor a media type."""
    response = send(DISCONNECT, CORRECT)
    assert (response.status, response.body) == (204, b"")
    assert "content-type" not in response.headers


@EACH_FRAMEWORK
@pytest.mark.parametrize("authorization", [None, basic(USER, "guess")])
def test_wrong_credentials_are_rejected(send: Send, authorization: str | None) -> None:
    """Wrong or missing credentials get a 401. ``is_authorized`` takes the header as each framework represents it."""
    response = send(ANSWER, authorization)
    assert (response.status, response.body) == (401, b"")


@pytest.mark.parametrize("respond", [flask_answer, starlette_answer, django_answer])
def test_an_invalid_document_is_not_sent(respond: Callable[[bxml.Response | None], object]) -> None:
    """The whole document, including its size, is checked before it becomes a response."""
    with pytest.raises(InvalidDocument):
        respond(bxml.Response([bxml.SpeakSentence("x" * 1000)] * 100))


def test_the_example_bodies_are_json() -> None:
    """The bodies of these tests are JSON with the expected types."""
    assert [json.loads(body)["eventType"] for body in (ANSWER, DISCONNECT)] == ["answer", "disconnect"]
