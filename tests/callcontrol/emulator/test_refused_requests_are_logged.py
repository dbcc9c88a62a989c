"""Each refused request is one line in the log, with the reason and without the query. Header names match the API's names."""

from __future__ import annotations

import http.client
import json
import logging
from urllib.parse import urlsplit

import pytest

from callcontrol import Headers, Request
from callcontrol.emulator import Core, Emulator
from callcontrol.emulator.control_api import Control
from callcontrol.emulator.server import LARGEST_REQUEST
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
        "GET /api/v2/accounts/9900123/calls: 503 two lines",
        "GET /api/v1/oauth2/token: 405 Method Not Allowed",
        "DELETE /api/v2/accounts/9900123/calls: 405 Method Not Allowed",
    ]


def test_refusals_of_the_control_api_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A request with an unknown or malformed host is refused before it reaches the API."""
    control = Control(Core(App()))
    control.handle(Request("GET", "http://voice.example/api/v2/accounts/1/calls"))
    control.handle(Request("GET", "http://[x/"))
    expected = "expected an IP address or one of localhost; --allow-host adds a name"
    assert caplog.messages == [
        f'GET /api/v2/accounts/1/calls: 403 host "voice.example" is not allowed; {expected}',
        "GET : 400 the header Host is malformed",
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
