"""Faults by rule: the next requests fail, and nothing else does."""

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
from callcontrol.operations import ERROR_TYPES
from callcontrol.retries import NO_RETRIES
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL


def client(voice: Core) -> Client:
    """A client that repeats nothing."""
    return Client(ACCOUNT, BasicAuth("user", "pass"), send=voice.handle, retries=NO_RETRIES)


def test_so_many_requests_fail() -> None:
    """And then no more."""
    voice = Core()
    voice.fail(503, times=2)
    for _ in range(2):
        with pytest.raises(ServerError) as caught:
            list(client(voice).list_calls())
        assert (caught.value.status, caught.value.type) == (503, "system-overloaded")
    assert list(client(voice).list_calls()) == []


def test_it_says_what_it_is_told_to_say() -> None:
    """The header in seconds or as a date, and the words."""
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
def test_every_error_of_the_api_can_be_had(status: int) -> None:
    """With the body that the API has for it."""
    voice = Core()
    voice.fail(status)
    with pytest.raises(Exception, match=str(status)):
        client(voice).get_call_state(CALL_ID)
    reply = voice.exchanges[-1].reply
    assert (reply.status, json.loads(reply.body)["type"]) == (status, ERROR_TYPES[status])


def test_of_one_operation() -> None:
    """Others go on, and nothing is changed by what fails."""
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


def test_of_the_tokens() -> None:
    """Credentials are refused, once."""
    voice = Core()
    voice.fail(401, operation="Token")
    api = Client(ACCOUNT, OAuth2("id", "secret"), send=voice.handle, retries=NO_RETRIES)
    with pytest.raises(Unauthorized):
        list(api.list_calls())
    assert list(api.list_calls()) == []


def test_a_request_that_is_none_meets_no_fault() -> None:
    """It fails for its own reason, and the fault waits."""
    voice = Core()
    voice.fail(500)
    assert voice.handle(Request("GET", "http://127.0.0.1/nowhere")).status == 404
    with pytest.raises(ServerError):
        list(client(voice).list_calls())


def test_a_connection_is_cut() -> None:
    """Over a socket nobody knows what was done; without one an error of the system says the same."""
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


def test_an_answer_is_late() -> None:
    """It is the answer that there would be anyway."""
    voice = Core()
    voice.delay(0.05, operation="ListCalls")
    begin = time.perf_counter()
    assert list(client(voice).list_calls()) == []
    assert time.perf_counter() - begin >= 0.05


@pytest.mark.parametrize("status", [200, 402, 418])
def test_there_are_no_other_errors(status: int) -> None:
    """The API is not said to answer so."""
    with pytest.raises(ValueError, match=rf"^{status} is not an error status of the API; expected one of 400, 401, "):
        Core().fail(status)


def test_there_are_no_other_operations() -> None:
    """All are named."""
    with pytest.raises(
        ValueError, match=r"^'createCall' is not an operation; expected one of CreateCall, GetCallState, .*, Token, "
    ):
        Core().fail(500, operation="createCall")
