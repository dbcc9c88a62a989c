"""Hostile or broken servers, and invalid arguments."""

from __future__ import annotations

import copy
import dataclasses
import gzip
import pickle
import socket
import sys
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response as HttpResponse

from bxml import Gather, InvalidDocument, Record, Response, schema
from callcontrol import (
    ApiError,
    BasicAuth,
    CallState,
    Client,
    InvalidRequest,
    MachineDetection,
    OAuth2,
    emulator,
    request_fields,
)
from callcontrol.emulator import Core, Emulator
from callcontrol.http_messages import Headers, Reply, Request
from callcontrol.step_drivers import drive
from tests.callcontrol.scripted_api import Scripted, unexpected

BEFORE_TIME = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
"""A time that is before year 1 in UTC."""

CALL: dict[str, Any] = {
    "to": "+12125550123",
    "from_": "+19195550100",
    "application_id": "shop",
    "answer_url": "https://app.example/answer",
}


@pytest.mark.parametrize("location", ["/elsewhere", "\xff"])
def test_redirect_is_an_error(httpserver: HTTPServer, location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect raises ``ApiError``. Its target is not parsed, and its body is limited in size and not decompressed."""
    monkeypatch.setattr("callcontrol.transport.LARGEST_RESPONSE", 1000)
    bomb = gzip.compress(b"0" * 1_000_000, 9)[:900]
    headers = {"Location": location, "Content-Encoding": "identity"}
    httpserver.expect_request("/api/v2/accounts/1/calls/c-1").respond_with_response(HttpResponse(bomb, 302, headers))
    with Client("1", BasicAuth("user", "pass"), base_url=httpserver.url_for("/")) as client, pytest.raises(ApiError) as caught:
        client.get_call_state("c-1")
    assert caught.value.status == 302
    assert caught.value.reply.body == bomb


def test_each_api_gets_its_own_token() -> None:
    """Clients of two APIs can share credentials, and a token is sent only to the API that issued it."""
    auth = OAuth2("id", "secret")
    tokens = Scripted(Reply(200, body=b'{"access_token": "one"}'), Reply(200, body=b'{"access_token": "two"}'))

    def authorization(base_url: str) -> str:
        return drive(auth.authorization(base_url), tokens, unexpected)

    assert authorization("https://voice.bandwidth.com/api/v2") == "Bearer one"
    assert authorization("http://other.example/api/v2") == "Bearer two"
    assert authorization("https://voice.bandwidth.com/api/v2") == "Bearer one"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"application_id": ""}, "application_id is empty; at least 1 character is required"),
        ({"display_name": "a\nb"}, 'display_name="a\\nb" contains a control character; remove it'),
        (
            {"display_name": "Shop", "privacy": True},
            'display_name="Shop" is not allowed with privacy; expected Restricted, Anonymous, Private or Unavailable',
        ),
        (
            {"uui": "x"},
            (
                'uui="x" is not a list of User-to-User values; '
                "expected values separated by commas, each followed by ;encoding=jwt, ;encoding=base64 or ;encoding=hex"
            ),
        ),
        ({"tag": "\ud800"}, 'tag="\\ud800" contains a lone surrogate, which UTF-8 cannot encode; remove it'),
        (
            {"machine_detection": {"mode": "sync"}},
            "machine_detection={'mode': 'sync'} is not valid; expected MachineDetection(...)",
        ),
        (
            {"machine_detection": MachineDetection(detection_timeout=-1)},
            "machine_detection.detection_timeout=-1 is too small; expected an integer of at least 0",
        ),
    ],
    ids=["empty", "control character", "privacy", "uui", "lone surrogate", "dictionary", "nested"],
)
def test_invalid_call_is_not_created(arguments: dict[str, Any], message: str) -> None:
    """Arguments that the API would reject or misread raise an error, which has their Python names, and nothing is sent."""
    send = Scripted()
    with pytest.raises(InvalidRequest) as caught:
        Client("1", BasicAuth("user", "pass"), send=send).create_call(**{**CALL, **arguments})
    assert str(caught.value) == message


def test_privacy_allows_four_display_names() -> None:
    """With ``privacy``, each of the four display names is allowed."""
    values = {"to": "+12125550123", "from": "+19195550100", "applicationId": "a", "answerUrl": "https://app.example/"}
    for name in request_fields.PRIVACY_WORDS:
        assert list(request_fields.faults(request_fields.CREATE_CALL, {**values, "privacy": True, "displayName": name})) == []


def test_patterns_equal_those_of_the_schema() -> None:
    """The patterns of phone numbers and SIP URIs are the same as in the BXML schema."""
    (pattern,) = schema.vocabulary().elements["Forward"].attributes["to"].type.patterns
    assert pattern.pattern == f"{request_fields.E164}|{request_fields.SIP_URI}"
    (pattern,) = schema.vocabulary().elements["Forward"].attributes["from"].type.patterns
    assert pattern.pattern == "|".join((request_fields.E164, *request_fields.PRIVACY_WORDS))


@pytest.mark.parametrize(
    "create",
    [
        lambda: Client("1", BasicAuth("a:b", "c")),
        lambda: Client("1", BasicAuth("\ud800", "c")),
        lambda: Client("1", BasicAuth("a", "b"), timeout="5"),  # type: ignore[arg-type]
        lambda: Client("1", BasicAuth("a", "b"), base_url=None),  # type: ignore[arg-type]
        lambda: Client("1", BasicAuth("a", "b"), send=Scripted()).list_calls(min_start_time=BEFORE_TIME),
        lambda: Client("1", BasicAuth("a", "b"), send=Scripted()).update_call("c-1", state="complete"),  # type: ignore[arg-type]
    ],
    ids=["colon", "lone surrogate", "timeout as a string", "no URL", "before year 1", "unknown state"],
)
def test_invalid_argument_raises_invalid_request(create: Any) -> None:
    """Every invalid argument raises InvalidRequest."""
    with pytest.raises(InvalidRequest):
        create()


def test_client_does_not_close_a_custom_send() -> None:
    """The client does not close a custom ``send``, because that function belongs to the user."""
    with Client("1", BasicAuth("a", "b"), send=Scripted()) as client:
        assert client.account_id == "1"


def test_message_of_an_error_is_one_line() -> None:
    """An error description from the server cannot forge a log line or control a terminal."""
    description = b'{"type": "validation", "description": "a\\nERROR root: forged \\u001b[31m"}'
    with pytest.raises(ApiError) as caught:
        Client("1", BasicAuth("user", "pass"), send=Scripted(Reply(400, body=description))).get_call_state("c-1")
    assert str(caught.value).endswith(r"400 Bad Request: a\nERROR root: forged \x1b[31m")


def test_call_states_are_values() -> None:
    """The state of a call can be pickled, copied, hashed and converted to a dictionary, with unknown members."""
    body = b'{"callId": "c-1", "stirShaken": {"verstat": "A"}, "new": {"a": [1]}}'
    state = Client("1", BasicAuth("user", "pass"), send=Scripted(Reply(200, body=body))).get_call_state("c-1")
    assert pickle.loads(pickle.dumps(state)) == copy.deepcopy(state) == state
    assert dataclasses.asdict(state)["unknown"] == {"new": {"a": [1]}}
    assert hash(state) == hash(CallState(call_id="c-1"))
    with pytest.raises(TypeError):
        state.unknown["new"] = 1  # type: ignore[index]


class TestEmulator:
    """The emulator responds to every request."""

    def test_repr_of_a_call_shows_no_password(self) -> None:
        """The ``repr`` of a call record contains no password."""
        core = Core()
        call = Client("1", BasicAuth("user", "pass"), send=core.handle).create_call(
            **CALL, username="u", password="secret-word"
        )
        assert "secret-word" not in repr(core.call(call.call_id))

    @pytest.mark.parametrize("body", [b"\xff" * 70_000, b"\xff"], ids=["large", "small"])
    def test_any_body_gets_a_response(self, body: bytes) -> None:
        """A document that is not UTF-8 gets 204 or 400."""
        core = Core()
        call = Client("1", BasicAuth("user", "pass"), send=core.handle).create_call(**CALL)
        headers = Headers({"Authorization": "Basic dTpw", "Content-Type": "application/xml"})
        url = f"http://voice.example/api/v2/accounts/1/calls/{call.call_id}/bxml"
        assert core.handle(Request("PUT", url, headers, body)).status in {204, 400}

    def test_unexpected_exception_is_the_documented_500(self) -> None:
        """An exception becomes a response in the API's format."""
        reply = Core().handle(Request("GET", "http://[x/api/v2/accounts/1/calls"))
        assert (reply.status, reply.json()["type"]) == (500, "internal-error")

    @pytest.mark.parametrize("extra", [(), ("newAttribute",)], ids=["strict", "allowed"])
    def test_attribute_newer_than_the_schema(self, extra: tuple[str, ...]) -> None:
        """An unknown attribute ends the call, unless the emulator allows the attribute."""
        core = Core(extra=extra)
        client = Client("1", BasicAuth("user", "pass"), send=core.handle)
        call = client.create_call(**CALL)
        with pytest.warns(UserWarning, match="newAttribute"):
            client.interrupt(call.call_id, Response([Gather(extra={"newAttribute": "x"})]))
        assert client.get_call_state(call.call_id).state == ("answered" if extra else "disconnected")

    def test_emulator_ends_during_a_request(self) -> None:
        """A client that stops in the middle of a request does not block the end of the emulator."""
        with Emulator() as voice:
            host, port = voice.url.split("/")[2].split(":")
            with socket.create_connection((host, int(port))) as client:
                client.sendall(b"POST /api/v2/accounts/1/calls HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab")
                other = Client("1", BasicAuth("user", "pass"), base_url=voice.url)
                assert list(other.list_calls()) == []  # by then the emulator has accepted the request of the first client
                other.close()


def test_password_in_a_url_is_not_shown() -> None:
    """No message or ``repr`` shows the user and password of a URL."""
    url = "https://user:secret-word@app.example/done"
    assert "secret-word" not in repr(Record(record_complete_url=url))
    with pytest.raises(InvalidDocument) as caught:
        Record(record_complete_url=f"{url} and more")
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize(
    "create",
    [
        lambda: Client("1", "secret"),  # type: ignore[arg-type]
        lambda: Client("1", None),  # type: ignore[arg-type]
        lambda: OAuth2("id", None),  # type: ignore[arg-type]
        lambda: OAuth2("", "secret"),
        lambda: BasicAuth("user", None),  # type: ignore[arg-type]
    ],
    ids=["string", "None", "no secret", "empty id", "no password"],
)
def test_invalid_credentials_are_rejected(create: Any) -> None:
    """Invalid credentials raise in the constructor, not at the first request."""
    with pytest.raises(InvalidRequest):
        create()


def test_every_result_has_a_reply() -> None:
    """The result of every operation has the status, the headers and the body in ``reply``."""
    client = Client("1", BasicAuth("user", "pass"), send=Core().handle)
    call = client.create_call(**CALL)
    returned: list[Any] = [
        call,
        client.get_call_state(call.call_id),
        client.list_calls(),
        client.update_call_bxml(call.call_id, Response().hangup()),
        client.update_call(call.call_id, state="completed"),
    ]
    assert [value.reply.status for value in returned] == [201, 200, 200, 204, 200]


def test_emulator_names_its_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its extra, the emulator raises an error that names the extra."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "callcontrol.emulator.server")
    with pytest.raises(ModuleNotFoundError, match=r"the emulator needs uvicorn: install bxml-callcontrol\[emulator\]"):
        _ = emulator.Emulator


def test_unknown_page_token_is_rejected() -> None:
    """An unknown page token raises. If it returned the first page, a loop over the pages would not end."""
    client = Client("1", BasicAuth("user", "pass"), send=Core().handle)
    with pytest.raises(ApiError, match="must be the token of a previous page"):
        client.list_calls(page_token="c-1")
