"""What a hostile or broken server, and a careless caller, cannot do."""

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
from werkzeug import Response as Answer

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
from tests.callcontrol.scripted_api import Scripted

BEFORE_TIME = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
"""A time that UTC has no day for."""

CALL: dict[str, Any] = {
    "to": "+12125550123",
    "from_": "+19195550100",
    "application_id": "shop",
    "answer_url": "https://app.example/answer",
}


@pytest.mark.parametrize("location", ["/elsewhere", "\xff"])
def test_a_redirect_is_not_even_read(httpserver: HTTPServer, location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect is an error like any other: its target is not looked at, and its body is limited and not unpacked."""
    monkeypatch.setattr("callcontrol.transport.LARGEST_REPLY", 1000)
    bomb = gzip.compress(b"0" * 1_000_000, 9)[:900]
    headers = {"Location": location, "Content-Encoding": "identity"}
    httpserver.expect_request("/accounts/1/calls/c-1").respond_with_response(Answer(bomb, 302, headers))
    with Client("1", BasicAuth("user", "pass"), base_url=httpserver.url_for("/")) as client, pytest.raises(ApiError) as caught:
        client.get_call_state("c-1")
    assert caught.value.status == 302
    assert caught.value.reply.body == bomb


def test_a_token_goes_only_where_it_belongs() -> None:
    """Clients of two APIs may share their credentials, and each API gets a token of its own."""
    auth = OAuth2("id", "secret")
    tokens = Scripted(Reply(200, body=b'{"access_token": "one"}'), Reply(200, body=b'{"access_token": "two"}'))
    assert auth.authorization(tokens, "https://voice.bandwidth.com/api/v2") == "Bearer one"
    assert auth.authorization(tokens, "http://other.example/api/v2") == "Bearer two"
    assert auth.authorization(tokens, "https://voice.bandwidth.com/api/v2") == "Bearer one"


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
        ({"machine_detection": {"mode": "sync"}}, "machine_detection={'mode': 'sync'} is not a MachineDetection(...)"),
        (
            {"machine_detection": MachineDetection(detection_timeout=-1)},
            "machine_detection.detection_timeout=-1 is too small; expected an integer of at least 0",
        ),
    ],
    ids=["empty", "control character", "privacy", "uui", "half a character", "dictionary", "nested"],
)
def test_a_call_is_not_created_with_it(arguments: dict[str, Any], message: str) -> None:
    """What the API would refuse, or take for something else, is refused here in Python's names, and nothing is sent."""
    send = Scripted()
    with pytest.raises(InvalidRequest) as caught:
        Client("1", BasicAuth("user", "pass"), send=send).create_call(**{**CALL, **arguments})
    assert str(caught.value) == message


def test_privacy_takes_its_words() -> None:
    """With privacy, each of the four words may be the display name."""
    values = {"to": "+12125550123", "from": "+19195550100", "applicationId": "a", "answerUrl": "https://app.example/"}
    for word in request_fields.PRIVACY_WORDS:
        assert list(request_fields.faults(request_fields.CREATE_CALL, {**values, "privacy": True, "displayName": word})) == []


def test_numbers_and_addresses_are_those_of_the_schema() -> None:
    """What is a phone number or a SIP URI is written down twice, and both are the same."""
    (pattern,) = schema.law().elements["Forward"].attributes["to"].type.patterns
    assert pattern.pattern == f"{request_fields.E164}|{request_fields.SIP_URI}"
    (pattern,) = schema.law().elements["Forward"].attributes["from"].type.patterns
    assert pattern.pattern == "|".join((request_fields.E164, *request_fields.PRIVACY_WORDS))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Client("1", BasicAuth("a:b", "c")),
        lambda: Client("1", BasicAuth("\ud800", "c")),
        lambda: Client("1", BasicAuth("a", "b"), timeout="5"),  # type: ignore[arg-type]
        lambda: Client("1", BasicAuth("a", "b"), base_url=None),  # type: ignore[arg-type]
        lambda: Client("1", BasicAuth("a", "b"), send=Scripted()).list_calls(min_start_time=BEFORE_TIME),
        lambda: Client("1", BasicAuth("a", "b"), send=Scripted()).update_call("c-1", state="complete"),  # type: ignore[arg-type]
    ],
    ids=["colon", "half a character", "time as text", "no URL", "before time", "no state"],
)
def test_mistakes_are_errors_of_this_package(make: Any) -> None:
    """A wrong argument is an InvalidRequest, whatever is wrong with it."""
    with pytest.raises(InvalidRequest):
        make()


def test_a_client_closes_only_what_it_opened() -> None:
    """What brings the requests is the caller's, and is left alone."""
    with Client("1", BasicAuth("a", "b"), send=Scripted()) as client:
        assert client.account_id == "1"


def test_an_error_is_one_line() -> None:
    """What a server writes cannot forge a line of a log, nor move a terminal."""
    description = b'{"type": "validation", "description": "a\\nERROR root: forged \\u001b[31m"}'
    with pytest.raises(ApiError) as caught:
        Client("1", BasicAuth("user", "pass"), send=Scripted(Reply(400, body=description))).get_call_state("c-1")
    assert str(caught.value).endswith(r"400 Bad Request: a\nERROR root: forged \x1b[31m")


def test_replies_are_values() -> None:
    """What the API says of a call can be copied, stored, hashed and taken apart, unknown members included."""
    body = b'{"callId": "c-1", "stirShaken": {"verstat": "A"}, "new": {"a": [1]}}'
    state = Client("1", BasicAuth("user", "pass"), send=Scripted(Reply(200, body=body))).get_call_state("c-1")
    assert pickle.loads(pickle.dumps(state)) == copy.deepcopy(state) == state
    assert dataclasses.asdict(state)["unknown"] == {"new": {"a": [1]}}
    assert hash(state) == hash(CallState(call_id="c-1"))
    with pytest.raises(TypeError):
        state.unknown["new"] = 1  # type: ignore[index]


class TestEmulator:
    """The emulator answers, whatever comes."""

    def test_a_call_shows_no_password(self) -> None:
        """The record of a call can be printed."""
        core = Core()
        call = Client("1", BasicAuth("user", "pass"), send=core.handle).create_call(**CALL, username="u", password="geheim")
        assert "geheim" not in repr(core.call(call.call_id))

    @pytest.mark.parametrize("body", [b"\xff" * 70_000, b"\xff"], ids=["large", "small"])
    def test_bytes_that_are_no_text_are_answered(self, body: bytes) -> None:
        """A document may be anything."""
        core = Core()
        call = Client("1", BasicAuth("user", "pass"), send=core.handle).create_call(**CALL)
        headers = Headers({"Authorization": "Basic dTpw", "Content-Type": "application/xml"})
        url = f"http://voice.example/api/v2/accounts/1/calls/{call.call_id}/bxml"
        assert core.handle(Request("PUT", url, headers, body)).status in {204, 400}

    def test_what_nobody_thought_of_is_the_documented_500(self) -> None:
        """An exception is an answer in the form of the API."""
        reply = Core().handle(Request("GET", "http://[x/api/v2/accounts/1/calls"))
        assert (reply.status, reply.json()["type"]) == (500, "internal-error")

    @pytest.mark.parametrize("extra", [(), ("newAttribute",)], ids=["strict", "told"])
    def test_attributes_newer_than_the_schema(self, extra: tuple[str, ...]) -> None:
        """They fail the call unless the emulator is told of them."""
        core = Core(extra=extra)
        client = Client("1", BasicAuth("user", "pass"), send=core.handle)
        call = client.create_call(**CALL)
        with pytest.warns(UserWarning, match="newAttribute"):
            client.interrupt(call.call_id, Response([Gather(extra={"newAttribute": "x"})]))
        assert client.get_call_state(call.call_id).state == ("answered" if extra else "disconnected")

    def test_it_ends_while_a_client_is_still_talking(self) -> None:
        """A client that stops in the middle of a request does not hold it up."""
        with Emulator() as voice:
            host, port = voice.url.split("/")[2].split(":")
            with socket.create_connection((host, int(port))) as client:
                client.sendall(b"POST /api/v2/accounts/1/calls HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab")
                other = Client("1", BasicAuth("user", "pass"), base_url=voice.url)
                assert list(other.list_calls()) == []  # so that the first request has been taken up
                other.close()


def test_a_password_in_a_url_is_not_shown() -> None:
    """Neither a message nor a repr shows what stands before the host of a URL."""
    url = "https://user:geheim@app.example/done"
    assert "geheim" not in repr(Record(record_complete_url=url))
    with pytest.raises(InvalidDocument) as caught:
        Record(record_complete_url=f"{url} and more")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Client("1", "secret"),  # type: ignore[arg-type]
        lambda: Client("1", None),  # type: ignore[arg-type]
        lambda: OAuth2("id", None),  # type: ignore[arg-type]
        lambda: OAuth2("", "secret"),
        lambda: BasicAuth("user", None),  # type: ignore[arg-type]
    ],
    ids=["a secret alone", "nothing", "a variable that is missing", "an empty id", "no password"],
)
def test_credentials_are_credentials(make: Any) -> None:
    """What cannot be credentials is refused where it is given, not at the first request."""
    with pytest.raises(InvalidRequest):
        make()


def test_whatever_is_returned_has_a_reply() -> None:
    """Status, headers and body are reached in the same way after each of the five operations."""
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


def test_the_emulator_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its extra, the emulator names it."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "callcontrol.emulator.server")
    with pytest.raises(ModuleNotFoundError, match=r"the emulator needs uvicorn: install bxml-callcontrol\[emulator\]"):
        _ = emulator.Emulator


def test_a_page_that_nobody_has_named_is_refused() -> None:
    """An unknown token does not begin the list anew, for then a loop over its pages would never end."""
    client = Client("1", BasicAuth("user", "pass"), send=Core().handle)
    with pytest.raises(ApiError, match="must be the token of a previous page"):
        client.list_calls(page_token="c-1")
