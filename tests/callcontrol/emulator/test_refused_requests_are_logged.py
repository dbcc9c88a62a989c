"""Each refused request is one line in the log, with the reason and without the query. Header names match the API's names."""

from __future__ import annotations

import http.client
import json
import logging
from urllib.parse import urlsplit

import pytest
import urllib3

from callcontrol import Headers, Request
from callcontrol.emulator import Core, Emulator
from callcontrol.emulator.control_api import Control
from callcontrol.emulator.rest_api import TOKEN_LIFETIME
from callcontrol.emulator.server import CUT_IN_SERVER_LOG, LARGEST_REQUEST, SERVER_LOG
from tests.callcontrol.emulator.api_requests import ask
from tests.callcontrol.emulator.scripted_application import App
from tests.callcontrol.scripted_api import NEW_CALL_IN_JSON


def test_refusals_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A request that succeeds is not logged."""
    caplog.set_level(logging.INFO)
    voice = Core(App())
    assert ask(voice, "POST", "calls", NEW_CALL_IN_JSON).status == 201
    ask(voice, "GET", "calls/c-1?to=secret")
    voice.fail(503, description="two\nlines")
    ask(voice, "GET", "calls")
    voice.handle(Request("GET", "http://voice.example/api/v1/oauth2/token", Headers({})))
    ask(voice, "DELETE", "calls")
    assert caplog.messages == [
        "GET /api/v2/accounts/9900123/calls/c-1: 404 Call [c-1] not found",
        "GET /api/v2/accounts/9900123/calls: 503 two lines (returned by a fault that was set for a test)",
        "GET /api/v1/oauth2/token: 405 Method Not Allowed; expected POST",
        "DELETE /api/v2/accounts/9900123/calls: 405 Method Not Allowed; expected POST or GET",
    ]


SECRET = "hunter2"

CREDENTIALS = "Authorization"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "the header Authorization is missing; expected Basic or Bearer"),
        ({CREDENTIALS: "Bearer "}, "the header Authorization has no token after its scheme; expected Basic or Bearer"),
        ({CREDENTIALS: SECRET}, "the header Authorization has another scheme; expected Basic or Bearer"),
        ({CREDENTIALS: f"Digest {SECRET}"}, "the header Authorization has another scheme; expected Basic or Bearer"),
        ({CREDENTIALS: f"Bearer {SECRET}"}, "the token is unknown"),
        ({CREDENTIALS: "Basic eA"}, "Failed to decode basic authentication token"),
        ({CREDENTIALS: "Basic aWQ6aHVudGVyMg=="}, "the password is wrong"),
        ({CREDENTIALS: "Basic bWU6aHVudGVyMg=="}, "the user name or client id is unknown"),
    ],
    ids=["none", "no token", "no scheme", "scheme", "token", "not base64", "password", "user"],
)
def test_reason_of_401_is_logged(headers: dict[str, str], reason: str, caplog: pytest.LogCaptureFixture) -> None:
    """The response has the description of the API. The log says what was wrong, without the credentials."""
    voice = Core(credentials={"id": "secret"})
    reply = voice.handle(Request("GET", "http://voice.example/api/v2/accounts/1/calls", Headers(headers)))
    assert (reply.status, reply.json()["type"]) == (401, "authentication-error")
    assert caplog.messages == [f"GET /api/v2/accounts/1/calls: 401 {reason}"]
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("headers", "line"),
    [
        ({}, "401 the header Authorization is missing; expected Basic"),
        ({CREDENTIALS: f"Bearer {SECRET}"}, "401 the header Authorization has another scheme; expected Basic"),
        ({CREDENTIALS: "Basic dTpw"}, "415 Content-Type must be application/x-www-form-urlencoded"),
    ],
    ids=["none", "scheme", "content type"],
)
def test_reason_of_a_refused_token_is_logged(headers: dict[str, str], line: str, caplog: pytest.LogCaptureFixture) -> None:
    """A request for a token has other credentials than a request to the API."""
    Core().handle(Request("POST", "http://voice.example/api/v1/oauth2/token", Headers(headers)))
    assert caplog.messages == [f"POST /api/v1/oauth2/token: {line}"]


def test_expired_token_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The reason is not the same as for an unknown token."""
    voice = Core(credentials={"id": "secret"})
    headers = Headers({CREDENTIALS: "Basic aWQ6c2VjcmV0", "Content-Type": "application/x-www-form-urlencoded"})
    token = Request("POST", "http://voice.example/api/v1/oauth2/token", headers, b"grant_type=client_credentials")
    headers = Headers({CREDENTIALS: f"Bearer {voice.handle(token).json()['access_token']}"})
    listed = Request("GET", "http://voice.example/api/v2/accounts/1/calls", headers)
    assert voice.handle(listed).status == 200
    voice.advance(TOKEN_LIFETIME)
    assert voice.handle(listed).status == 401
    assert caplog.messages == ["GET /api/v2/accounts/1/calls: 401 the token has expired"]


def test_unknown_path_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A base URL without the path of the API is a frequent mistake. A path with a typing error gets no hint at it."""
    Core().handle(Request("POST", "http://voice.example/accounts/1/calls"))
    Core().handle(Request("GET", "http://voice.example/api/v2/accounts/1/call"))
    assert caplog.messages == [
        "POST /accounts/1/calls: 404 no operation has this path; paths begin with /api/v2/accounts/",
        "GET /api/v2/accounts/1/call: 404 no operation has this path",
    ]


def test_faults_are_named_in_the_log(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """A line about a fault does not look like an error of the emulator. The web server prints no error of its own."""
    with Emulator() as voice:
        url = f"{voice.url}/accounts/1/calls"
        voice.fail(500)
        voice.cut()
        assert urllib3.request("GET", url, retries=False).status == 500
        with pytest.raises(urllib3.exceptions.ProtocolError):
            urllib3.request("GET", url, retries=False)
        assert urllib3.request("GET", url, retries=False).status == 401
        SERVER_LOG.error(CUT_IN_SERVER_LOG)  # of a server of the application
    assert caplog.messages == [
        "GET /api/v2/accounts/1/calls: 500 Internal Server Error (returned by a fault that was set for a test)",
        "GET /api/v2/accounts/1/calls: no response, because the connection was cut by a fault that was set for a test",
        "GET /api/v2/accounts/1/calls: 401 the header Authorization is missing; expected Basic or Bearer",
    ]
    assert SERVER_LOG.filters == []
    assert capfd.readouterr().err.count(CUT_IN_SERVER_LOG) == 1


def test_refusals_of_the_control_api_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A request with an unknown or malformed host is refused before it reaches the API."""
    control = Control(Core(App()))
    control.handle(Request("GET", "http://voice.example/api/v2/accounts/1/calls"))
    control.handle(Request("GET", "http://[x/"))
    expected = "expected an IP address or one of localhost; --allow-host adds a name; in Python, Emulator allows every name"
    assert caplog.messages == [
        f'GET /api/v2/accounts/1/calls: 403 host "voice.example" is not allowed; {expected}',
        "GET : 400 the host of the request is malformed",
    ]


def test_header_names_on_the_wire(caplog: pytest.LogCaptureFixture) -> None:
    """The headers ``Location`` and ``Link`` begin with a capital letter, because some clients compare names exactly."""
    with Emulator() as voice:
        connection = http.client.HTTPConnection(urlsplit(voice.url).netloc, timeout=9)
        headers = {"Authorization": "Basic dTpw", "Content-Type": "application/json"}
        for _ in range(2):
            connection.request("POST", "/api/v2/accounts/1/calls", json.dumps(NEW_CALL_IN_JSON), headers)
            created = connection.getresponse()
            created.read()
        assert {name for name, _ in created.getheaders()} == {"Content-Type", "Location", "Date", "Content-Length"}
        connection.request("GET", "/api/v2/accounts/1/calls?pageSize=1", headers=headers)
        listed = connection.getresponse()
        listed.read()
        assert "Link" in dict(listed.getheaders())
        path = urlsplit(created.headers["Location"]).path
        connection.request("PUT", f"{path}/bxml", "<Response/>", headers | {"Content-Type": "application/xml"})
        pushed = connection.getresponse()
        assert (pushed.status, pushed.read(), list(dict(pushed.getheaders()))) == (204, b"", ["Date"])
        connection.request("POST", "/api/v2/accounts/1/calls", b" " * (LARGEST_REQUEST + 1), headers)
        assert connection.getresponse().status == 413
        connection.close()
    assert caplog.messages == [f"POST /api/v2/accounts/1/calls: 413 the body is larger than {LARGEST_REQUEST} bytes"]
