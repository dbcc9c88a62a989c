"""Faults make the next matching requests fail, and no other requests."""

from __future__ import annotations

import json
import time

import pytest

from bxml import Response
from callcontrol import (
    BasicAuth,
    CallMayExist,
    Client,
    OAuth2,
    Request,
    ServerError,
    TooManyRequests,
    TransportError,
    Unauthorized,
)
from callcontrol.emulator import Core, Emulator
from callcontrol.operation_table import ERROR_TYPES
from callcontrol.retries import NO_RETRIES
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL


def client(voice: Core) -> Client:
    """Return a client that does not retry."""
    return Client(ACCOUNT, BasicAuth("user", "pass"), send=voice.handle, retries=NO_RETRIES)


def test_a_fault_applies_to_a_number_of_requests() -> None:
    """The given number of requests fail, and later requests succeed."""
    voice = Core()
    voice.fail(503, times=2)
    for _ in range(2):
        with pytest.raises(ServerError) as caught:
            list(client(voice).list_calls())
        assert (caught.value.status, caught.value.type) == (503, "system-overloaded")
    assert list(client(voice).list_calls()) == []


def test_the_error_response_can_be_set() -> None:
    """A fault sets the header Retry-After and the description."""
    voice = Core()
    voice.fail(429, retry_after=1.5, description="Slow down")
    voice.fail(429, retry_after="Fri, 31 Dec 9999 23:59:59 GMT")
    with pytest.raises(TooManyRequests) as caught:
        list(client(voice).list_calls())
    assert caught.value.description == "Slow down"
    assert caught.value.reply.headers["Retry-After"] == "1.5"
    with pytest.raises(TooManyRequests) as caught:
        list(client(voice).list_calls())
    assert (caught.value.description, caught.value.reply.headers["Retry-After"]) == (
        "Too Many Requests",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    )


@pytest.mark.parametrize("status", ERROR_TYPES)
def test_every_error_of_the_api_can_be_injected(status: int) -> None:
    """Each error has the body that the API documents for it."""
    voice = Core()
    voice.fail(status)
    with pytest.raises(Exception, match=str(status)):
        client(voice).get_call_state(CALL_ID)
    reply = voice.exchanges[-1].reply
    assert (reply.status, json.loads(reply.body)["type"]) == (status, ERROR_TYPES[status])


def test_a_fault_may_apply_to_one_operation() -> None:
    """Other operations succeed, and a failed request changes nothing."""
    voice = Core()
    voice.fail(500, operation="CreateCall")
    api = client(voice)
    assert list(api.list_calls()) == []
    with pytest.raises(CallMayExist):
        api.create_call(**NEW_CALL)
    assert voice.calls == []
    call = api.create_call(**NEW_CALL)
    voice.fail(500, operation="UpdateCallBxml")
    with pytest.raises(ServerError):
        api.interrupt(call.call_id, Response().hangup())
    assert voice.call(call.call_id).documents == []


def test_the_token_request_may_fail() -> None:
    """The token request fails once."""
    voice = Core()
    voice.fail(401, operation="Token")
    api = Client(ACCOUNT, OAuth2("id", "secret"), send=voice.handle, retries=NO_RETRIES)
    with pytest.raises(Unauthorized):
        list(api.list_calls())
    assert list(api.list_calls()) == []


def test_an_unknown_path_uses_no_fault() -> None:
    """A request for an unknown path fails for its own reason, and the fault remains for the next request."""
    voice = Core()
    voice.fail(500)
    assert voice.handle(Request("GET", "http://127.0.0.1/nowhere")).status == 404
    with pytest.raises(ServerError):
        list(client(voice).list_calls())


def test_a_connection_is_cut() -> None:
    """Over a socket, the client cannot know if the request had an effect. ``Core`` raises ConnectionResetError."""
    with Emulator() as voice, Client(ACCOUNT, BasicAuth("user", "pass"), base_url=voice.url, retries=NO_RETRIES) as api:
        voice.cut(operation="GetCallState")
        with pytest.raises(TransportError) as caught:
            api.get_call_state(CALL_ID)
        assert caught.value.sent
        voice.cut()
        with pytest.raises(CallMayExist):
            api.create_call(**NEW_CALL)
        assert voice.calls == []
    core = Core()
    core.cut()
    with pytest.raises(ConnectionResetError):
        client(core).get_call_state(CALL_ID)


def test_a_response_can_be_delayed() -> None:
    """A delayed request gets its normal response."""
    voice = Core()
    voice.delay(0.05, operation="ListCalls")
    begin = time.perf_counter()
    assert list(client(voice).list_calls()) == []
    assert time.perf_counter() - begin >= 0.05


@pytest.mark.parametrize("status", [200, 402, 418])
def test_an_unknown_status_raises(status: int) -> None:
    """``ValueError`` is raised for a status that the API does not document."""
    with pytest.raises(ValueError, match=rf"^{status} is not an error status of the API; expected one of 400, 401, "):
        Core().fail(status)


def test_an_unknown_operation_raises() -> None:
    """The error lists the known operations."""
    with pytest.raises(
        ValueError,
        match=r"^'createCall' is not an operation; expected one of CreateCall, DeleteRealTimeTranscription, .*, Token, ",
    ):
        Core().fail(500, operation="createCall")
