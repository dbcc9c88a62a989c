"""The requests, responses and errors of the client."""

import copy
import dataclasses
import email.utils
import gzip
import json
import logging
import math
import pickle
import re
import traceback
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Response as HttpResponse

import bxml
import callcontrol
from bxml import Response
from bxml.messages.text import quote
from callcontrol import (
    ApiError,
    BadRequest,
    BasicAuth,
    CallControlError,
    CallMayExist,
    CallNotActive,
    CallState,
    Client,
    Conflict,
    CreatedCall,
    Forbidden,
    Headers,
    InvalidRequest,
    MachineDetection,
    MethodNotAllowed,
    MismatchedResponse,
    NotAnswered,
    NotFound,
    OAuth2,
    Reply,
    Request,
    ServerError,
    TooManyRequests,
    TransportError,
    Unauthorized,
    UnreadableEvent,
    UnreadableReply,
    UnsupportedMediaType,
)
from callcontrol.emulator import Core
from callcontrol.iso8601 import moment
from callcontrol.retries import NO_RETRIES
from callcontrol.transport import Transport
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID, NEW_CALL, NEW_CALL_IN_JSON, TOO_DEEP, Scripted, replied

BASE: Final = "https://voice.example/api/v2"
CALLS: Final = f"{BASE}/accounts/{ACCOUNT}/calls"
CALL: Final = f"{CALLS}/{CALL_ID}"

DOCUMENT: Final = bxml.Response().speak_sentence("Please hold.")
NEXT_URL: Final = "https://app.example/next"
HEARD: Final = "<Bxml><SpeakSentence>The meeting ends in five minutes.</SpeakSentence></Bxml>"
CONFERENCE: Final = f"{BASE}/accounts/{ACCOUNT}/conferences/{CALL_ID}"


def client_of(api: Scripted, auth: callcontrol.Auth | None = None) -> Client:
    """Return a client that gets scripted responses."""
    return Client(ACCOUNT, auth or BasicAuth("user", "pass"), base_url=BASE, retries=NO_RETRIES, send=api)


def cause_of(error: CallControlError) -> CallControlError:
    """Return the cause of a ``CallMayExist`` error. Return any other error unchanged."""
    return error.error if isinstance(error, CallMayExist) else error


Operate = Callable[[Client], object]

OPERATIONS: Final[dict[str, Operate]] = {
    "CreateCall": lambda client: client.create_call(**NEW_CALL),
    "ListCalls": lambda client: client.list_calls(),
    "GetCallState": lambda client: client.get_call_state(CALL_ID),
    "UpdateCall": lambda client: client.update_call(CALL_ID, redirect_url=NEXT_URL),
    "UpdateCallBxml": lambda client: client.update_call_bxml(CALL_ID, DOCUMENT),
    "UpdateConference": lambda client: client.update_conference(CALL_ID, redirect_url=NEXT_URL),
    "UpdateConferenceBxml": lambda client: client.update_conference_bxml(CALL_ID, HEARD),
}
"""For each name of an operation: a function that runs the operation with its required arguments."""

SUCCESSES: Final = {
    "CreateCall": replied(201, {"callId": CALL_ID}),
    "ListCalls": replied(200, []),
    "GetCallState": replied(200, {"callId": CALL_ID}),
    "UpdateCall": replied(200),
    "UpdateCallBxml": replied(204),
    "UpdateConference": replied(204),
    "UpdateConferenceBxml": replied(204),
}

EACH_OPERATION = pytest.mark.parametrize("name", OPERATIONS)


class TestRequests:
    """Each operation sends one request."""

    @pytest.mark.parametrize(
        ("operate", "method", "url", "body"),
        [
            pytest.param(OPERATIONS["CreateCall"], "POST", CALLS, NEW_CALL_IN_JSON, id="create_call"),
            pytest.param(
                lambda client: client.create_call(**NEW_CALL, tag="", privacy=False, priority=1, call_timeout=2.5),
                "POST",
                CALLS,
                NEW_CALL_IN_JSON | {"tag": "", "privacy": False, "priority": 1, "callTimeout": 2.5},
                id="create_call with empty and false values",
            ),
            pytest.param(
                lambda client: client.create_call(
                    **NEW_CALL, machine_detection=MachineDetection(mode="sync", detection_timeout=20, delay_result=True)
                ),
                "POST",
                CALLS,
                NEW_CALL_IN_JSON | {"machineDetection": {"mode": "sync", "detectionTimeout": 20, "delayResult": True}},
                id="create_call with machine_detection",
            ),
            pytest.param(
                lambda client: client.create_call(**NEW_CALL, machine_detection=MachineDetection()),
                "POST",
                CALLS,
                NEW_CALL_IN_JSON | {"machineDetection": {}},
                id="create_call with default machine_detection",
            ),
            pytest.param(OPERATIONS["GetCallState"], "GET", CALL, None, id="get_call_state"),
            pytest.param(OPERATIONS["ListCalls"], "GET", CALLS, None, id="list_calls"),
            pytest.param(
                lambda client: client.list_calls(to="+12125550123", from_="+19195550100", page_size=50, page_token="a/b c"),
                "GET",
                f"{CALLS}?to=%2B12125550123&from=%2B19195550100&pageSize=50&pageToken=a%2Fb+c",
                None,
                id="list_calls with filters",
            ),
            pytest.param(
                lambda client: client.update_call(CALL_ID, state="active", redirect_url=NEXT_URL, tag=""),
                "POST",
                CALL,
                {"state": "active", "redirectUrl": NEXT_URL, "tag": ""},
                id="update_call",
            ),
            pytest.param(
                lambda client: client.update_call(CALL_ID, state="completed"),
                "POST",
                CALL,
                {"state": "completed"},
                id="update_call to end",
            ),
            pytest.param(
                lambda client: client.redirect(CALL_ID, NEXT_URL, redirect_method="GET", tag="t"),
                "POST",
                CALL,
                {"redirectUrl": NEXT_URL, "redirectMethod": "GET", "tag": "t"},
                id="redirect",
            ),
            pytest.param(lambda client: client.hang_up(CALL_ID), "POST", CALL, {"state": "completed"}, id="hang_up"),
            pytest.param(
                lambda client: client.update_conference(CALL_ID, redirect_url=NEXT_URL, redirect_fallback_method="GET"),
                "POST",
                CONFERENCE,
                {"redirectUrl": NEXT_URL, "redirectFallbackMethod": "GET"},
                id="update_conference",
            ),
            pytest.param(
                lambda client: client.update_conference(CALL_ID, status="completed"),
                "POST",
                CONFERENCE,
                {"status": "completed"},
                id="update_conference to end",
            ),
        ],
    )
    def test_operation_sends_the_expected_request(self, operate: Operate, method: str, url: str, body: object) -> None:
        """Each operation sends the expected method, URL, headers and body. A ``+`` in the URL is sent as ``%2B``."""
        api = Scripted(replied(200, [{"callId": CALL_ID}] if method == "GET" else {"callId": CALL_ID}))
        operate(client_of(api))
        (request,) = api.requests
        assert (request.method, request.url) == (method, url)
        assert (json.loads(request.body) if request.body else None) == body
        content_type = {"Content-Type": "application/json"} if body else {}
        assert request.headers == Headers({"Accept": "application/json", "Authorization": "Basic dXNlcjpwYXNz"} | content_type)

    @pytest.mark.parametrize(
        "document",
        [
            pytest.param(DOCUMENT, id="Response"),
            pytest.param(bxml.Bxml([bxml.Hangup()]), id="Bxml"),
            pytest.param("<Response><Hangup/></Response>", id="string"),
            pytest.param("<Bxml><SpeakSentence>¡Olé!</SpeakSentence></Bxml>".encode(), id="bytes"),
        ],
    )
    @pytest.mark.parametrize("push", [Client.update_call_bxml, Client.interrupt])
    def test_document_is_the_body(self, push: Callable[..., Reply], document: bxml.Response | bxml.Bxml | str | bytes) -> None:
        """A document object is serialized, a string or bytes are sent unchanged, and the content type is XML."""
        api = Scripted(replied(204))
        push(client_of(api), CALL_ID, document)
        (request,) = api.requests
        assert (request.method, request.url) == ("PUT", f"{CALL}/bxml")
        assert request.body == (
            document.encode() if isinstance(document, str) else document if isinstance(document, bytes) else document.to_bytes()
        )
        assert request.headers == Headers(
            {"Accept": "application/json", "Authorization": "Basic dXNlcjpwYXNz", "Content-Type": "application/xml"}
        )

    def test_every_field_of_machine_detection_is_sent(self) -> None:
        """Each attribute of ``MachineDetection`` is sent under its name in the API."""
        text = {"callback_url": "https://a.example/", "fallback_url": "https://b.example/", "mode": "async"}
        pairs = dict.fromkeys(["username", "password", "fallback_username", "fallback_password"], "x")
        times = ["detection_timeout", "silence_timeout", "speech_threshold", "speech_end_threshold"]
        rest: dict[str, Any] = dict.fromkeys([*times, "machine_speech_end_threshold"], 7) | {"delay_result": False}
        methods = dict.fromkeys(["callback_method", "fallback_method"], "GET")
        api = Scripted(SUCCESSES["CreateCall"])
        client_of(api).create_call(**NEW_CALL, machine_detection=MachineDetection(**text | pairs | rest | methods))
        assert json.loads(api.requests[0].body)["machineDetection"] == {
            "mode": "async",
            "detectionTimeout": 7,
            "silenceTimeout": 7,
            "speechThreshold": 7,
            "speechEndThreshold": 7,
            "machineSpeechEndThreshold": 7,
            "delayResult": False,
            "callbackUrl": "https://a.example/",
            "callbackMethod": "GET",
            "username": "x",
            "password": "x",
            "fallbackUrl": "https://b.example/",
            "fallbackMethod": "GET",
            "fallbackUsername": "x",
            "fallbackPassword": "x",
        }

    @pytest.mark.parametrize(
        ("time", "sent"),
        [
            pytest.param(datetime(2026, 11, 2, 9, 30, tzinfo=UTC), "2026-11-02T09:30:00.000Z", id="UTC"),
            pytest.param(
                datetime(2026, 11, 2, 9, 30, 1, 115999, tzinfo=timezone(timedelta(hours=2))),
                "2026-11-02T07:30:01.115Z",
                id="zone",
            ),
            pytest.param("2026-11-02T09:30:00Z", "2026-11-02T09:30:00Z", id="string"),
            pytest.param("2026-11-02T09:30:00+02:00", "2026-11-02T09:30:00+02:00", id="string with an offset"),
        ],
    )
    @pytest.mark.parametrize(("argument", "field"), [("min_start_time", "minStartTime"), ("max_start_time", "maxStartTime")])
    def test_times_are_sent_in_utc(self, argument: str, field: str, time: datetime | str, sent: str) -> None:
        """A datetime is sent with milliseconds and a final Z; a string is sent unchanged."""
        api = Scripted(SUCCESSES["ListCalls"])
        client_of(api).list_calls(**cast("dict[str, Any]", {argument: time}))
        assert api.requests[0].url == f"{CALLS}?{field}={sent.replace(':', '%3A').replace('+', '%2B')}"

    def test_base_url_may_end_with_a_slash(self) -> None:
        """A slash at the end of ``base_url`` is not repeated in the request URL."""
        api = Scripted(SUCCESSES["ListCalls"])
        Client(ACCOUNT, BasicAuth("user", "pass"), base_url=f"{BASE}/", send=api).list_calls()
        assert api.requests[0].url == CALLS


class TestInvalidArguments:
    """An error is raised for arguments that the API would reject, and no request is sent."""

    @pytest.fixture
    def api(self) -> Iterator[Scripted]:
        """Return an API that must not get a request."""
        api = Scripted(replied(200))
        yield api
        assert api.requests == []

    IDS: Final = {
        "empty": "",
        "upwards": "../x",
        "slash": f"{CALL_ID}/bxml",
        "query": "c-1?x",
        "newline": f"{CALL_ID}\n",
        "escape": "c%2f1",
        "other letters": "c-é",
        "none": None,
        "number": 7,
        "bytes": b"c-1",
    }

    @pytest.mark.parametrize("call_id", IDS.values(), ids=IDS)
    @pytest.mark.parametrize(
        "operate",
        [
            pytest.param(lambda client, call_id: client.get_call_state(call_id), id="get_call_state"),
            pytest.param(lambda client, call_id: client.update_call(call_id, redirect_url=NEXT_URL), id="update_call"),
            pytest.param(lambda client, call_id: client.update_call_bxml(call_id, DOCUMENT), id="update_call_bxml"),
            pytest.param(lambda client, call_id: client.redirect(call_id, NEXT_URL), id="redirect"),
            pytest.param(lambda client, call_id: client.interrupt(call_id, DOCUMENT), id="interrupt"),
            pytest.param(lambda client, call_id: client.hang_up(call_id), id="hang_up"),
        ],
    )
    def test_invalid_call_id_is_rejected(
        self, api: Scripted, operate: Callable[[Client, object], object], call_id: object
    ) -> None:
        """An id consists of letters, digits, hyphens and underscores. The message for an invalid id quotes the id."""
        with pytest.raises(InvalidRequest, match=r"^call_id=.* is not an id; expected letters, digits, - and _$") as caught:
            operate(client_of(api), call_id)
        assert quote(call_id) in str(caught.value)

    @pytest.mark.parametrize("account_id", IDS.values(), ids=IDS)
    def test_invalid_account_id_is_rejected(self, account_id: Any) -> None:
        """The constructor rejects an invalid account id. An integer is invalid, because it cannot have leading zeros."""
        with pytest.raises(InvalidRequest, match=r"^account_id=.* is not an id; expected letters, digits, - and _$"):
            Client(account_id, BasicAuth("user", "pass"))

    @pytest.mark.parametrize(
        ("document", "error"),
        [
            pytest.param("not XML", bxml.NotWellFormed, id="plain text"),
            pytest.param("", bxml.NotWellFormed, id="empty"),
            pytest.param(b"<Response>", bxml.NotWellFormed, id="unfinished"),
            pytest.param('<?xml version="1.0" encoding="UTF-16"?><Response/>', bxml.NotWellFormed, id="encoding"),
            pytest.param("<Response><SpeakSentence>\ud800</SpeakSentence></Response>", bxml.NotWellFormed, id="surrogate"),
            pytest.param("<Response><Hang/></Response>", bxml.InvalidDocument, id="unknown verb"),
            pytest.param('<Response><Gather maxDigits="51"/></Response>', bxml.InvalidDocument, id="value"),
            pytest.param("<Hangup/>", bxml.InvalidDocument, id="not a document"),
            pytest.param(bxml.Hangup(), bxml.InvalidDocument, id="verb"),
            pytest.param(None, bxml.InvalidDocument, id="none"),
            pytest.param(
                f"<Response>{'<SpeakSentence>aa</SpeakSentence>' * 2500}</Response>", bxml.InvalidDocument, id="too large"
            ),
        ],
    )
    def test_invalid_document_is_not_sent(self, api: Scripted, document: Any, error: type[bxml.BxmlError]) -> None:
        """An invalid document raises the error of the validator."""
        with pytest.raises(error):
            client_of(api).update_call_bxml(CALL_ID, document)

    @pytest.mark.parametrize(
        ("operate", "message"),
        [
            pytest.param(
                lambda client: client.create_call(**NEW_CALL | {"to": "2125550123", "answer_url": "/a"}),
                'to="2125550123" is not a phone number in E.164 form or a SIP URI; '
                'expected + and 2 to 15 digits, such as +12125550123, or sip:user@host; did you mean "+12125550123"?; '
                'answer_url="/a" is not an absolute http(s) URL: it does not begin with http:// or https://',
                id="create_call",
            ),
            pytest.param(
                lambda client: client.list_calls(page_size=0),
                "page_size=0 is too small; expected an integer from 1 to 10000",
                id="page",
            ),
            pytest.param(
                lambda client: client.list_calls(disconnect_cause="+1\ud800"),
                'disconnect_cause="+1\\ud800" contains a lone surrogate, which UTF-8 cannot encode; remove it',
                id="lone surrogate",
            ),
            pytest.param(
                lambda client: client.list_calls(max_start_time=datetime(2026, 11, 2, 9, 30)),  # noqa: DTZ001  the tested error
                "max_start_time=datetime.datetime(2026, 11, 2, 9, 30) must include a UTC offset, such as tzinfo=datetime.UTC",
                id="naive time",
            ),
            pytest.param(
                lambda client: client.update_call(CALL_ID),
                "redirect_url is missing; it is required unless state='completed'",
                id="nothing to update",
            ),
            pytest.param(
                lambda client: client.update_call(CALL_ID, state="active", tag="t"),
                "redirect_url is missing; it is required unless state='completed'",
                id="active without a URL",
            ),
            pytest.param(
                lambda client: client.update_call(CALL_ID, state="completed", redirect_url=NEXT_URL, tag="t"),
                "redirect_url and tag cannot be combined with state='completed', which ends the call",
                id="end and redirect",
            ),
            pytest.param(
                lambda client: client.update_call(CALL_ID, state="queued", redirect_url=NEXT_URL),
                'state="queued" is not allowed; expected active or completed',
                id="unknown state",
            ),
            pytest.param(
                lambda client: client.redirect(CALL_ID, "next"),
                'redirect_url="next" is not an absolute http(s) URL: it does not begin with http:// or https://',
                id="relative URL",
            ),
        ],
    )
    def test_invalid_arguments_are_not_sent(self, api: Scripted, operate: Operate, message: str) -> None:
        """The message lists every problem of the arguments."""
        with pytest.raises(InvalidRequest, match=f"^{re.escape(message)}$"):
            operate(client_of(api))

    def test_invalid_machine_detection_is_not_sent(self, api: Scripted) -> None:
        """The message distinguishes fields of machine detection from fields of the call with the same names."""
        detection = MachineDetection(username="u" * 1025)
        with pytest.raises(
            InvalidRequest, match=r"machine_?[dD]etection.*username has 1025 characters; at most 1024 are allowed"
        ):
            client_of(api).create_call(**NEW_CALL, machine_detection=detection)


class TestResponses:
    """Responses are read leniently."""

    def test_created_call_has_the_fields_of_the_response(self) -> None:
        """All documented fields have Python names and types; the response itself is available too."""
        members = {
            "applicationId": "a",
            "accountId": ACCOUNT,
            "callId": CALL_ID,
            "to": "+12125550123",
            "from": "+19195550100",
            "enqueuedTime": "2026-11-02T09:30:00.115Z",
            "callUrl": CALL,
            "callTimeout": 30.0,
            "callbackTimeout": 15.0,
            "answerMethod": "POST",
            "answerUrl": "https://app.example/answer",
            "disconnectMethod": None,
            "priority": 5,
            "password": "*****",
        }
        reply = replied(201, members, Location=CALL)
        call = client_of(Scripted(reply)).create_call(**NEW_CALL)
        assert call == CreatedCall(
            application_id="a",
            account_id=ACCOUNT,
            call_id=CALL_ID,
            to="+12125550123",
            from_="+19195550100",
            enqueued_time=datetime(2026, 11, 2, 9, 30, 0, 115000, tzinfo=UTC),
            call_url=CALL,
            call_timeout=30.0,
            callback_timeout=15.0,
            answer_method="POST",
            answer_url="https://app.example/answer",
            disconnect_method=None,
            priority=5,
            password="*****",
        )
        assert call.reply is reply
        assert call.reply.headers["location"] == CALL
        assert "reply" not in repr(call)

    @pytest.mark.parametrize("wrap", [lambda data: data, lambda data: [data]], ids=["object", "list of one"])
    def test_state_of_a_call_is_read(self, wrap: Callable[[object], object]) -> None:
        """The API responds with an object, or sometimes with a list of one object."""
        data = {"callId": CALL_ID, "state": "answered", "stirShaken": {"verstat": "A"}, "startTime": "2026-11-02T09:30:00Z"}
        state = client_of(Scripted(replied(200, wrap(data)))).get_call_state(CALL_ID)
        assert state == CallState(
            call_id=CALL_ID,
            state="answered",
            stir_shaken={"verstat": "A"},
            start_time=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        )

    def test_missing_members_are_none(self) -> None:
        """A response with only an id leaves every other attribute ``None``."""
        api = Scripted(replied(200, {"callId": CALL_ID}))
        for call in (client_of(api).create_call(**NEW_CALL), client_of(api).get_call_state(CALL_ID)):
            rest = {name: value for name, value in vars(call).items() if name not in {"call_id", "unknown", "reply"}}
            assert (call.call_id, dict(call.unknown)) == (CALL_ID, {})
            assert set(rest.values()) == {None}

    @pytest.mark.parametrize(
        "value",
        [
            BasicAuth("user", "pass"),
            MachineDetection(),
            CreatedCall(call_id=CALL_ID),
            CallState(call_id=CALL_ID),
            Request("GET", BASE),
            Reply(200),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_values_are_immutable(self, value: object) -> None:
        """Attributes of values cannot be set, because threads may share the values."""
        name = next(iter(vars(value)))
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, "other")

    def test_unknown_values_and_members_are_kept(self) -> None:
        """Unknown states and causes are kept as strings, and unknown members are in ``unknown``."""
        data = {
            "callId": CALL_ID,
            "state": "parked",
            "disconnectCause": "eclipse",
            "newMember": {"a": [1]},
            "reply": 1,
            "unknown": 2,
        }
        state = client_of(Scripted(replied(200, data))).get_call_state(CALL_ID)
        assert (state.state, state.disconnect_cause) == ("parked", "eclipse")
        assert state.unknown == {"newMember": {"a": [1]}, "reply": 1, "unknown": 2}

    @pytest.mark.parametrize("name", ["call_id", "CallId", "from_"])
    def test_member_with_another_spelling_is_unknown(self, name: str) -> None:
        """An attribute is set only by a member with the API's spelling."""
        state = client_of(Scripted(replied(200, {"callId": CALL_ID, name: "x"}))).get_call_state(CALL_ID)
        assert (state.call_id, state.from_) == (CALL_ID, None)
        assert state.unknown == {name: "x"}

    @pytest.mark.parametrize(
        ("text", "time"),
        [
            pytest.param("2026-06-10T19:15:19.622Z", datetime(2026, 6, 10, 19, 15, 19, 622000, tzinfo=UTC), id="milliseconds"),
            pytest.param("2026-06-10T19:15:19.6Z", datetime(2026, 6, 10, 19, 15, 19, 600000, tzinfo=UTC), id="tenths"),
            pytest.param(
                "2026-06-10T19:15:19.123456789Z", datetime(2026, 6, 10, 19, 15, 19, 123456, tzinfo=UTC), id="nanoseconds"
            ),
            pytest.param("2026-06-10T19:15:19", datetime(2026, 6, 10, 19, 15, 19, tzinfo=UTC), id="no Z"),
            pytest.param("2026-06-10-19:15:19Z", datetime(2026, 6, 10, 19, 15, 19, tzinfo=UTC), id="hyphen for T"),
            pytest.param("2026-06-10 19:15:19Z", datetime(2026, 6, 10, 19, 15, 19, tzinfo=UTC), id="space for T"),
            pytest.param("2026-06-10T21:15:19+02:00", datetime(2026, 6, 10, 19, 15, 19, tzinfo=UTC), id="zone"),
            pytest.param("2026-06-10T21:15:19+0200", datetime(2026, 6, 10, 19, 15, 19, tzinfo=UTC), id="zone without colon"),
            pytest.param(None, None, id="null"),
            pytest.param("", None, id="empty"),
            pytest.param("soon", None, id="word"),
            pytest.param("2026-02-30T19:15:19Z", None, id="no such day"),
            pytest.param(1_780_000_000, None, id="number"),
            pytest.param("0001-01-01T00:00:00+05:00", None, id="before year 1"),
        ],
    )
    def test_times_are_read_leniently(self, text: object, time: datetime | None) -> None:
        """A time in any of the formats is converted to UTC. An invalid time becomes ``None``."""
        state = client_of(Scripted(replied(200, {"callId": CALL_ID, "endTime": text}))).get_call_state(CALL_ID)
        assert state.end_time == time
        assert state.end_time is None or state.end_time.tzinfo is UTC

    @given(st.text(st.sampled_from("0123456789-T: +.Z"), max_size=30) | st.datetimes().map(datetime.isoformat))
    def test_any_string_is_a_time_in_utc_or_none(self, text: str) -> None:
        """The parser of times returns a time in UTC or ``None`` for any string."""
        time = moment(text)
        assert time is None or time.tzinfo is UTC

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    @EACH_OPERATION
    def test_every_2xx_status_is_a_success(self, name: str, status: int) -> None:
        """Each operation accepts any 2xx status, because the vendor's sources disagree about the exact statuses."""
        success = SUCCESSES[name]
        OPERATIONS[name](client_of(Scripted(Reply(status, success.headers, success.body))))

    @pytest.mark.parametrize(
        "operate", [OPERATIONS["UpdateCall"], OPERATIONS["UpdateCallBxml"]], ids=["UpdateCall", "UpdateCallBxml"]
    )
    def test_update_returns_the_response(self, operate: Operate) -> None:
        """An operation without a result returns the response unchanged."""
        reply = replied(200, b"<html>", X_Request="1")
        assert operate(client_of(Scripted(reply))) is reply

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            pytest.param(name, body, id=f"{name} {kind}")
            for kind, body in {
                "empty": b"",
                "HTML": b"<html>Log in.</html>",
                "not UTF-8": b"\xff\xfe{}",
                "string": b'"c-1"',
                "null": b"null",
                "without id": b"{}",
                "id is a number": b'{"callId": 7}',
                "unfinished": b'{"callId": "c-1"',
                "too deep": TOO_DEEP,
            }.items()
            for name in ("CreateCall", "GetCallState", "ListCalls")
        ]
        + [
            pytest.param("CreateCall", b'[{"callId": "c-1"}]', id="CreateCall list"),
            pytest.param("GetCallState", b"[]", id="GetCallState empty list"),
            pytest.param("GetCallState", b'[{"callId": "c-1"}, {"callId": "c-2"}]', id="GetCallState list of two"),
            pytest.param("ListCalls", b'{"callId": "c-1"}', id="ListCalls object"),
            pytest.param("ListCalls", b'[{"callId": "c-1"}, 7]', id="ListCalls of a number"),
        ],
    )
    def test_success_with_an_unexpected_body_raises(self, name: str, body: bytes) -> None:
        """A successful response with an unexpected body raises an error, which has the response."""
        reply = replied(200, body)
        with pytest.raises(CallMayExist if name == "CreateCall" else UnreadableReply) as caught:
            OPERATIONS[name](client_of(Scripted(reply)))
        error = cause_of(caught.value)
        assert isinstance(error, UnreadableReply)
        assert error.reply is reply
        assert (error.status, error.operation) == (200, name)
        assert error.call_id == (CALL_ID if name == "GetCallState" else None)
        assert str(error).endswith("200 OK: the response is not in the API's format; check base_url, and any proxy")


CLASSES: Final[dict[int, type[ApiError]]] = {
    199: ApiError,
    300: ApiError,
    302: ApiError,
    304: ApiError,
    400: BadRequest,
    401: Unauthorized,
    402: ApiError,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    413: ApiError,
    415: UnsupportedMediaType,
    429: TooManyRequests,
    499: ApiError,
    500: ServerError,
    502: ServerError,
    503: ServerError,
    599: ServerError,
    999: ApiError,
}


class TestErrors:
    """Each failure has an error class, and a message with the operation, the call and the cause."""

    @pytest.mark.parametrize(("status", "cls"), CLASSES.items())
    @EACH_OPERATION
    def test_status_has_its_error_class(self, name: str, status: int, cls: type[ApiError]) -> None:
        """Only the status determines the class of the error. The members of the response are attributes of the error."""
        reply = replied(status, {"type": "validation", "description": "Call not found", "id": "e-7"})
        with pytest.raises(CallControlError) as caught:
            OPERATIONS[name](client_of(Scripted(reply)))
        is_unknown = name == "CreateCall" and not 400 <= status < 500 and status != 503
        assert isinstance(caught.value, CallMayExist) is is_unknown
        error = cause_of(caught.value)
        assert isinstance(error, ApiError)
        assert type(error) is (CallNotActive if cls is Conflict and name.startswith("UpdateCall") else cls)
        assert error.reply is reply
        assert (error.status, error.type, error.description, error.error_id) == (
            status,
            "validation",
            "Call not found",
            "e-7",
        )
        assert (error.operation, error.call_id) == (name, None if name in {"CreateCall", "ListCalls"} else CALL_ID)

    @pytest.mark.parametrize(
        ("error", "message"),
        [
            pytest.param(
                NotFound(replied(404, {"type": "validation", "description": "Gone", "id": None}), "GetCallState", "c-1"),
                "GetCallState of call c-1: 404 Not Found: Gone; check the id; a new call may not be visible yet",
                id="of a call",
            ),
            pytest.param(
                NotFound(replied(404, {"description": "Gone"}), "UpdateConference", "conf-1"),
                "UpdateConference of conference conf-1: 404 Not Found: Gone; check the id; the conference may have ended",
                id="of a conference",
            ),
            pytest.param(
                NotFound(replied(404, {"description": "Gone"}), "ListCalls"),
                "ListCalls: 404 Not Found: Gone; check the URL and the account id",
                id="not found without an id",
            ),
            pytest.param(
                Forbidden(replied(403, {"description": "No"}), "ListCalls"),
                "ListCalls: 403 Forbidden: No; check that the credentials have access to this account and to voice",
                id="forbidden",
            ),
            pytest.param(
                TooManyRequests(replied(429, {"description": "Slow down"}), "UpdateCall", "c-1"),
                "UpdateCall of call c-1: 429 Too Many Requests: Slow down; retry later",
                id="too many requests",
            ),
            pytest.param(
                ServerError(replied(503, {"description": "Busy"}), "UpdateCall", "c-1"),
                "UpdateCall of call c-1: 503 Service Unavailable: Busy; retry later",
                id="overloaded",
            ),
            pytest.param(
                ServerError(replied(500, {"description": "Oops"}), "UpdateCall", "c-1"),
                "UpdateCall of call c-1: 500 Internal Server Error: Oops; the request may have been processed",
                id="server error of a write",
            ),
            pytest.param(
                BadRequest(replied(400, {"description": "Bad"}), "CreateCall"), "CreateCall: 400 Bad Request: Bad", id="no call"
            ),
            pytest.param(ApiError(replied(499, {"description": "Odd"})), "499: Odd", id="status without a phrase"),
            pytest.param(
                ServerError(replied(502, b"<html>"), "ListCalls"),
                "ListCalls: 502 Bad Gateway: the response is not in the API's format",
                id="no description",
            ),
            pytest.param(
                BadRequest(replied(400, {"description": "x" * 1000})), "400 Bad Request: " + "x" * 300, id="long description"
            ),
            pytest.param(
                TransportError("no route", "UpdateCall", "c-1"),
                "UpdateCall of call c-1: no route; the request may have been processed",
                id="no response to a write",
            ),
            pytest.param(
                TransportError("no route", "CreateCall", sent=False),
                "CreateCall: no route; nothing was sent",
                id="no connection for a write",
            ),
            pytest.param(
                TransportError("no route", "GetCallState", "c-1"),
                "GetCallState of call c-1: no route",
                id="no response to a read",
            ),
            pytest.param(TransportError("no route"), "no route", id="no operation"),
        ],
    )
    def test_message_names_failure_effect_and_next_step(self, error: CallControlError, message: str) -> None:
        """The message names the operation, the call, the status, the description, the possible effect and the next step."""
        assert str(error) == message

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"<html>Bad Gateway</html>", id="HTML"),
            pytest.param(b"[]", id="list"),
            pytest.param(b"{}", id="object"),
            pytest.param(b"\xff", id="not UTF-8"),
            pytest.param(b'{"type": 1, "description": ["x"], "id": {}}', id="other types"),
            pytest.param(b'{"type": null, "description": null, "id": ""}', id="empty id"),
            pytest.param(TOO_DEEP, id="too deep"),
        ],
    )
    def test_unexpected_body_does_not_hide_the_status(self, body: bytes) -> None:
        """An error response with an unexpected body raises the error class of its status, and missing members are ``None``."""
        with pytest.raises(Conflict) as caught:
            OPERATIONS["UpdateCall"](client_of(Scripted(replied(409, body))))
        error = caught.value
        assert (error.type, error.description, error.error_id) == (None, None, None)
        assert error.reply.body == body

    def test_text_of_a_response_replaces_invalid_utf8(self) -> None:
        """The body of an error can be read as a string, whatever bytes it contains."""
        assert Reply(500, Headers(), b"a\xff").text == "a\N{REPLACEMENT CHARACTER}"

    @EACH_OPERATION
    def test_transport_error_names_the_operation(self, name: str) -> None:
        """The error has the operation, the call, and the reason that the transport gave."""
        with pytest.raises(CallMayExist if name == "CreateCall" else TransportError) as caught:
            OPERATIONS[name](client_of(Scripted(TransportError("no route"))))
        error = cause_of(caught.value)
        assert isinstance(error, TransportError)
        assert (error.reason, error.operation) == ("no route", name)
        assert error.call_id == (None if name in {"CreateCall", "ListCalls"} else CALL_ID)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__

    @pytest.mark.parametrize(
        "duplicate", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy], ids=["pickle", "copy", "deep"]
    )
    @pytest.mark.parametrize(
        "error",
        [
            CallControlError("something"),
            InvalidRequest("Invalid to"),
            TransportError("no route", "UpdateCall", "c-1"),
            *(
                cls(replied(status, {"type": "t", "description": "d", "id": "i"}, Retry_After="7"), "UpdateCall", "c-1")
                for status, cls in CLASSES.items()
            ),
            UnreadableReply(replied(200, b"<html>"), "GetCallState", "c-1"),
            TransportError("no route", "UpdateCall", "c-1", sent=False),
            CallNotActive(replied(409), "UpdateCall", "c-1", CallState(call_id="c-1", state="disconnected")),
            NotAnswered("c-1", 60.0, CallState(call_id="c-1", state="queued")),
        ],
        ids=lambda error: f"{type(error).__name__} {getattr(error, 'status', '')}",
    )
    def test_error_can_be_pickled_and_copied(
        self, error: CallControlError, duplicate: Callable[[CallControlError], CallControlError]
    ) -> None:
        """A pickled or copied error has the same class, message and attributes."""
        copied = duplicate(error)
        assert type(copied) is type(error)
        assert str(copied) == str(error)
        assert vars(copied) == vars(error)

    def test_every_error_has_the_common_base_class(self) -> None:
        """Every error is a ``CallControlError``, and every error for an unsuccessful response is an ``ApiError``."""
        everything = [getattr(callcontrol, name) for name in callcontrol.__all__]
        classes = [value for value in everything if isinstance(value, type) and issubclass(value, Exception)]
        assert all(issubclass(cls, CallControlError) for cls in classes)
        others = {
            CallControlError,
            CallMayExist,
            InvalidRequest,
            MismatchedResponse,
            NotAnswered,
            TransportError,
            UnreadableEvent,
        }
        assert {cls for cls in classes if not issubclass(cls, ApiError)} == others
        assert issubclass(InvalidRequest, ValueError)
        assert issubclass(UnreadableEvent, ValueError)


NOW: Final = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


class Stopped(datetime):
    """A clock that always returns the same time."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return NOW


def retry_after(value: str | None) -> float | None:
    """Return ``retry_after`` of an error whose response has this Retry-After header."""
    headers = {} if value is None else {"Retry_After": value}
    return TooManyRequests(replied(429, **headers)).retry_after


class TestRetryAfter:
    """The header Retry-After contains seconds or a date."""

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            pytest.param("7", 7.0, id="seconds"),
            pytest.param(" 0 ", 0.0, id="zero"),
            pytest.param("Mon, 02 Nov 2026 09:31:40 GMT", 100.0, id="date"),
            pytest.param("Mon, 02 Nov 2026 09:31:40 -0000", 100.0, id="date without zone"),
            pytest.param("Mon, 02 Nov 2026 11:31:40 +0200", 100.0, id="date of a zone"),
            pytest.param("Mon, 02 Nov 2026 09:29:00 GMT", 0.0, id="past"),
            pytest.param(None, None, id="missing"),
            pytest.param("", None, id="empty"),
            pytest.param("soon", None, id="word"),
            pytest.param("-5", None, id="negative"),
            pytest.param("1.5", 1.5, id="fraction"),
            pytest.param("1.", None, id="no digit after the point"),
            pytest.param("1e3", None, id="exponent"),
            pytest.param("-1", None, id="negative"),
            pytest.param("9" * 400, None, id="infinite"),
            pytest.param("\N{SUPERSCRIPT TWO}", None, id="not an ASCII digit"),
            pytest.param("Mon, 31 Feb 2026 09:31:40 GMT", None, id="no such day"),
            pytest.param("Mon, 02 Nov 2026 99999999999999999999:31:40 GMT", None, id="no such hour"),
            pytest.param("Mon, 02 Nov 2026 09:31:40 +99999999999999999999", None, id="no such zone"),
        ],
    )
    def test_retry_after_is_in_seconds_from_now(
        self, monkeypatch: pytest.MonkeyPatch, value: str | None, seconds: float | None
    ) -> None:
        """A number or a date is converted to seconds from now. A missing or invalid header gives ``None``."""
        monkeypatch.setattr("callcontrol.errors.datetime", Stopped)
        assert retry_after(value) == seconds

    @given(st.text() | st.datetimes().map(email.utils.format_datetime) | st.from_regex(r"\d{1,3}[:, \d+-]*"))
    @example("9" * 400)
    def test_any_value_is_none_or_finite(self, value: str) -> None:
        """Any value of the header gives ``None`` or a finite number of seconds."""
        seconds = retry_after(value)
        assert seconds is None or 0 <= seconds < math.inf


def test_only_valid_documents_are_cached() -> None:
    """An invalid document raises each time, and the cache distinguishes a string from equal bytes."""
    api = Scripted(replied(204))
    client = client_of(api)
    for _ in range(2):
        with pytest.raises(bxml.InvalidDocument):
            client.update_call_bxml(CALL_ID, "<Bxml><Foo/></Bxml>")
    for text in ("<Bxml></Bxml>", b"<Bxml/>", "<Bxml/>", b"<Bxml></Bxml>"):
        client.update_call_bxml(CALL_ID, text)
    assert [request.body for request in api.requests] == [b"<Bxml></Bxml>", b"<Bxml/>", b"<Bxml/>", b"<Bxml></Bxml>"]


class TestCredentials:
    """Credentials are sent in one header, and a token is renewed once after 401."""

    TOKENS: Final = (replied(200, {"access_token": "one"}), replied(200, {"access_token": "two"}))
    REJECTED: Final = replied(401, {"type": "authentication-error", "description": "Unauthorized", "id": None})

    def test_token_is_fetched_and_sent(self) -> None:
        """The first request fetches the token, and the second request sends the token."""
        api = Scripted(self.TOKENS[0], SUCCESSES["ListCalls"])
        client_of(api, OAuth2("id", "secret")).list_calls()
        assert [request.url for request in api.requests] == ["https://voice.example/api/v1/oauth2/token", CALLS]
        assert api.requests[1].headers["Authorization"] == "Bearer one"

    @EACH_OPERATION
    def test_rejected_token_is_renewed(self, name: str) -> None:
        """A 401 response means that the request was not processed, so every operation sends it again with a new token."""
        api = Scripted(self.TOKENS[0], self.REJECTED, self.TOKENS[1], SUCCESSES[name])
        OPERATIONS[name](client_of(api, OAuth2("id", "secret")))
        _, first, _, second = api.requests
        assert (first.headers["Authorization"], second.headers["Authorization"]) == ("Bearer one", "Bearer two")
        assert (first.method, first.url, first.body) == (second.method, second.url, second.body)

    def test_second_rejection_raises(self) -> None:
        """If the API rejects the new token too, the error is raised."""
        api = Scripted(self.TOKENS[0], self.REJECTED, self.TOKENS[1], self.REJECTED)
        with pytest.raises(Unauthorized, match=r"^ListCalls: 401 Unauthorized: Unauthorized; check the credentials$"):
            client_of(api, OAuth2("id", "secret")).list_calls()
        assert len(api.requests) == 4

    @pytest.mark.parametrize("pair", [("", "pass"), ("user", ""), (None, "pass"), ("user", None)])
    def test_incomplete_credentials_are_rejected(self, pair: tuple[Any, Any]) -> None:
        """Empty credentials raise an error.

        The message mentions environment variables, because a missing variable is a frequent cause.
        """
        words = r"^username and password must be non-empty strings; is an environment variable missing\?$"
        with pytest.raises(InvalidRequest, match=words):
            BasicAuth(*pair)

    def test_basic_authentication_is_not_retried(self) -> None:
        """The same user name and password are not sent again after 401."""
        api = Scripted(self.REJECTED)
        with pytest.raises(Unauthorized):
            client_of(api).list_calls()
        assert len(api.requests) == 1

    def test_403_does_not_renew_the_token(self) -> None:
        """After 403 the token is not renewed, because a new token would not give access either."""
        api = Scripted(self.TOKENS[0], replied(403))
        with pytest.raises(Forbidden):
            client_of(api, OAuth2("id", "secret")).list_calls()
        assert len(api.requests) == 2

    def test_user_name_is_sent_as_utf8(self) -> None:
        """User name and password may contain characters outside ASCII."""
        api = Scripted(SUCCESSES["ListCalls"])
        client_of(api, BasicAuth("jörg", "café")).list_calls()
        assert api.requests[0].headers["Authorization"] == "Basic asO2cmc6Y2Fmw6k="


class TestConstructors:
    """A client is created from arguments or from environment variables, and checks their values."""

    @pytest.mark.parametrize(
        ("environ", "expected"),
        [
            pytest.param(
                {"BW_CLIENT_ID": "id", "BW_CLIENT_SECRET": "s"},
                "Client('9900123', OAuth2(client_id='id'), base_url='https://voice.bandwidth.com/api/v2')",
                id="OAuth2",
            ),
            pytest.param(
                {"BW_USERNAME": "u", "BW_PASSWORD": "p"},
                "Client('9900123', BasicAuth(username='u'), base_url='https://voice.bandwidth.com/api/v2')",
                id="Basic",
            ),
            pytest.param(
                {"BW_CLIENT_ID": "id", "BW_CLIENT_SECRET": "s", "BW_USERNAME": "u", "BW_PASSWORD": "p"},
                "Client('9900123', OAuth2(client_id='id'), base_url='https://voice.bandwidth.com/api/v2')",
                id="both",
            ),
            pytest.param(
                {"BW_CLIENT_ID": "", "BW_CLIENT_SECRET": "", "BW_USERNAME": "u", "BW_PASSWORD": "p"},
                "Client('9900123', BasicAuth(username='u'), base_url='https://voice.bandwidth.com/api/v2')",
                id="Basic and empty variables",
            ),
            pytest.param(
                {"BW_CLIENT_ID": "id", "BW_CLIENT_SECRET": "s", "BW_VOICE_URL": f"{BASE}/"},
                f"Client('9900123', OAuth2(client_id='id'), base_url='{BASE}')",
                id="other base URL",
            ),
            pytest.param(
                {"BW_CLIENT_ID": "id", "BW_CLIENT_SECRET": "s", "BW_VOICE_URL": ""},
                "Client('9900123', OAuth2(client_id='id'), base_url='https://voice.bandwidth.com/api/v2')",
                id="empty URL",
            ),
        ],
    )
    def test_client_is_created_from_the_environment(self, environ: dict[str, str], expected: str) -> None:
        """OAuth2 takes precedence over Basic, the vendor's API is the default, and an empty variable counts as missing."""
        assert repr(Client.from_env({"BW_ACCOUNT_ID": ACCOUNT} | environ)) == expected

    @pytest.mark.parametrize(
        ("environ", "missing"),
        [
            pytest.param({}, "BW_ACCOUNT_ID, BW_CLIENT_ID and BW_CLIENT_SECRET are", id="nothing"),
            pytest.param({"BW_ACCOUNT_ID": ACCOUNT}, "BW_CLIENT_ID and BW_CLIENT_SECRET are", id="no credentials"),
            pytest.param({"BW_ACCOUNT_ID": ACCOUNT, "BW_CLIENT_ID": "id"}, "BW_CLIENT_SECRET is", id="no secret"),
            pytest.param({"BW_ACCOUNT_ID": ACCOUNT, "BW_CLIENT_SECRET": "s"}, "BW_CLIENT_ID is", id="no id"),
            pytest.param({"BW_ACCOUNT_ID": ACCOUNT, "BW_USERNAME": "u"}, "BW_PASSWORD is", id="no password"),
            pytest.param(
                {"BW_ACCOUNT_ID": ACCOUNT, "BW_USERNAME": "u", "BW_PASSWORD": ""}, "BW_PASSWORD is", id="empty password"
            ),
            pytest.param({"BW_ACCOUNT_ID": ACCOUNT, "BW_PASSWORD": "p"}, "BW_CLIENT_ID and BW_CLIENT_SECRET are", id="no user"),
            pytest.param({"BW_CLIENT_ID": "id", "BW_CLIENT_SECRET": "s"}, "BW_ACCOUNT_ID is", id="no account"),
            pytest.param({"BW_USERNAME": "u", "BW_PASSWORD": "p", "BW_ACCOUNT_ID": ""}, "BW_ACCOUNT_ID is", id="empty account"),
        ],
    )
    def test_missing_variables_are_named(self, environ: dict[str, str], missing: str) -> None:
        """The message names every variable that is missing or empty, without any value."""
        with pytest.raises(InvalidRequest, match=f"^{missing} not set$"):
            Client.from_env(environ)

    def test_default_environment_is_that_of_the_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without an argument, ``from_env`` reads the environment of the process when the client is created."""
        monkeypatch.setenv("BW_ACCOUNT_ID", "9900777")
        monkeypatch.setenv("BW_CLIENT_ID", "id")
        monkeypatch.setenv("BW_CLIENT_SECRET", "s")
        monkeypatch.setenv("BW_VOICE_URL", BASE)
        assert repr(Client.from_env()) == f"Client('9900777', OAuth2(client_id='id'), base_url='{BASE}')"

    @pytest.mark.parametrize(
        "base_url",
        [
            "",
            "voice.example/api/v2",
            "//voice.example",
            "ftp://voice.example",
            "https://",
            "https:///api/v2",
            "https://user@voice.example",
            "https://user:pass@voice.example",
            "https://:pass@voice.example",
            "https://voice.example/?a=b",
            "https://voice.example/?",
            "https://voice.example/#a",
            "https://voice.example/#",
            "https://[::1",
            "https://voice.example:65536",
            "https://voice.example:port",
            "https://voice example",
            "https://voice.example/api\n",
        ],
    )
    def test_invalid_base_url_is_rejected(self, base_url: str) -> None:
        """The constructor raises, and does not quote the URL, which may contain a password."""
        words = "must be an absolute http(s) URL with no credentials, query or fragment, such as https://host/path"
        with pytest.raises(InvalidRequest, match=f"^base_url {re.escape(words)}$"):
            Client(ACCOUNT, BasicAuth("user", "pass"), base_url=base_url)

    @pytest.mark.parametrize(
        "base_url",
        ["http://127.0.0.1:8080/api/v2", "HTTPS://VOICE.EXAMPLE/api/", "http://[::1]:65535/api/v2"],
    )
    def test_valid_base_url_is_kept(self, base_url: str) -> None:
        """Any host, port and path are allowed."""
        assert Client(ACCOUNT, BasicAuth("user", "pass"), base_url=base_url).base_url == base_url.rstrip("/")

    @pytest.mark.parametrize("base_url", ["https://voice.example", "https://voice.example/", "https://voice.example/api/v2//"])
    def test_base_url_may_be_a_host_alone(self, base_url: str) -> None:
        """A base URL without a path gets the path of the vendor's API, whether an argument or the environment sets the URL."""
        environ = {"BW_ACCOUNT_ID": ACCOUNT, "BW_USERNAME": "u", "BW_PASSWORD": "p", "BW_VOICE_URL": base_url}
        for client in (Client(ACCOUNT, BasicAuth("u", "p"), base_url=base_url), Client.from_env(environ)):
            assert client.base_url == BASE

    def test_spaces_around_variables_are_removed(self) -> None:
        """White space around the values of variables is removed, because a secret from a file often ends with a line break."""
        environ = {
            "BW_ACCOUNT_ID": f"{ACCOUNT}\n",
            "BW_USERNAME": " user",
            "BW_PASSWORD": "pass\r\n",
            "BW_VOICE_URL": f"{BASE}\n",
        }
        client = Client.from_env(environ)
        assert (client.account_id, client.auth, client.base_url) == (ACCOUNT, BasicAuth("user", "pass"), BASE)

    @pytest.mark.parametrize("timeout", [0, -1.5, math.nan, math.inf, 86_401])
    def test_invalid_timeout_is_rejected(self, timeout: float) -> None:
        """A timeout must be above 0 and at most 86400 seconds."""
        with pytest.raises(InvalidRequest, match=r"^timeout="):
            Client(ACCOUNT, BasicAuth("user", "pass"), timeout=timeout)

    @pytest.mark.parametrize("timeout", [0.001, 10, 86_400])
    def test_timeout_may_be_up_to_a_day(self, timeout: float) -> None:
        """The largest timeout is 86400 seconds."""
        assert Client(ACCOUNT, BasicAuth("user", "pass"), timeout=timeout).account_id == ACCOUNT

    def test_with_statement_closes_the_connections(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The connections are closed at the end of the ``with`` statement, and not before."""
        closed: list[Transport] = []

        def close(transport: Transport) -> None:
            closed.append(transport)

        monkeypatch.setattr(Transport, "close", close)
        with Client(ACCOUNT, BasicAuth("user", "pass")) as client:
            assert isinstance(client, Client)
            assert closed == []
        assert len(closed) == 1


class TestHeaders:
    """Names of header fields are case-insensitive."""

    def test_field_is_found_by_its_name_in_any_case(self) -> None:
        """A field is found by its name in upper or lower case, and is listed once, with the original spelling of its name."""
        headers = Headers({"Content-Type": "text/plain", "LINK": "a"})
        assert headers["content-type"] == headers["CONTENT-TYPE"] == "text/plain"
        assert "link" in headers
        assert (list(headers), len(headers)) == (["Content-Type", "LINK"], 2)

    def test_missing_field_is_a_missing_key(self) -> None:
        """Access to a missing field raises KeyError."""
        assert headers_without_fields().get("Link") is None
        with pytest.raises(KeyError):
            headers_without_fields()["Link"]

    def test_repr_hides_credentials(self) -> None:
        """The ``repr`` shows the names of the fields with credentials, but not their values."""
        headers = Headers({"AUTHORIZATION": "Basic dTpw", "Set-Cookie": "visit=1", "Link": "a"})
        assert repr(headers) == "Headers({'AUTHORIZATION': '…', 'Set-Cookie': '…', 'Link': 'a'})"


def headers_without_fields() -> Headers:
    """Return headers without fields."""
    return Headers()


class TestLog:
    """Each response is logged in one line at level DEBUG."""

    @pytest.mark.parametrize(
        ("name", "line"),
        [
            ("CreateCall", f"CreateCall POST /api/v2/accounts/{ACCOUNT}/calls: 201 in N ms"),
            ("ListCalls", f"ListCalls GET /api/v2/accounts/{ACCOUNT}/calls: 200 in N ms"),
            ("GetCallState", f"GetCallState GET /api/v2/accounts/{ACCOUNT}/calls/{CALL_ID}: 200 in N ms"),
            ("UpdateCall", f"UpdateCall POST /api/v2/accounts/{ACCOUNT}/calls/{CALL_ID}: 200 in N ms"),
            ("UpdateCallBxml", f"UpdateCallBxml PUT /api/v2/accounts/{ACCOUNT}/calls/{CALL_ID}/bxml: 204 in N ms"),
        ],
    )
    def test_response_is_one_line(self, caplog: pytest.LogCaptureFixture, name: str, line: str) -> None:
        """The log line has the operation, the method, the path, the status and the duration."""
        caplog.set_level(logging.DEBUG)
        OPERATIONS[name](client_of(Scripted(SUCCESSES[name])))
        (record,) = caplog.records
        assert (record.name, record.levelno) == ("callcontrol", logging.DEBUG)
        assert re.sub(r"\d+ ms$", "N ms", record.getMessage()) == line

    def test_phone_numbers_are_not_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        """Queries, headers and bodies are not logged, whether the request succeeds or fails."""
        caplog.set_level(logging.DEBUG)
        api = Scripted(replied(200, [], X_Header="seen"), replied(400, {"description": "seen"}))
        client = client_of(api)
        client.list_calls(to="+12125550123", page_token="seen")
        with pytest.raises(BadRequest):
            client.create_call(**NEW_CALL, tag="seen")
        assert len(caplog.records) == 2
        assert not re.search(r"seen|2125550123|Basic", caplog.text)

    def test_renewed_token_is_two_lines(self, caplog: pytest.LogCaptureFixture) -> None:
        """The rejected request and the request with the new token are both logged."""
        caplog.set_level(logging.DEBUG)
        api = Scripted(*TestCredentials.TOKENS[:1], TestCredentials.REJECTED, TestCredentials.TOKENS[1], SUCCESSES["ListCalls"])
        client_of(api, OAuth2("id", "secret")).list_calls()
        assert [record.getMessage().split(": ")[1][:3] for record in caplog.records] == ["401", "200"]


# The secrets are defined here, so that no line of code in a traceback contains a secret.
PASSWORD = "pw-of-the-api-user"
SECRET = "secret-of-the-client"
TOKEN = "token-of-an-hour"
WEBHOOK = "pw-of-the-webhooks"
ENCODED = ["cHctb2YtdGhlLWFwaS11c2Vy", "c2VjcmV0LW9mLXRoZS1jbGllbnQ"]


class TestSecrets:
    """Values, errors, tracebacks and log lines contain no secret."""

    def shown_by(self, auths: Callable[[], callcontrol.Auth], *replies: Reply | Exception) -> Iterator[str]:
        """For each of the responses, send requests with secrets, and yield each ``repr``, error and traceback."""
        detection = MachineDetection(username="u", password=WEBHOOK, fallback_password=WEBHOOK)
        yield repr(detection)
        operations: list[Operate] = [
            *OPERATIONS.values(),
            lambda client: client.create_call(
                **NEW_CALL, password=WEBHOOK, fallback_password=WEBHOOK, machine_detection=detection
            ),
            lambda client: client.create_call(**NEW_CALL, password=WEBHOOK * 200, fallback_password=cast("Any", [WEBHOOK])),
            lambda client: client.create_call(**NEW_CALL, machine_detection=MachineDetection(password=WEBHOOK * 200)),
            lambda client: client.create_call(**NEW_CALL, machine_detection=MachineDetection(password=cast("Any", [WEBHOOK]))),
            lambda client: client.update_call(CALL_ID, redirect_url="http://a.example", username="u", password=WEBHOOK),
            lambda client: client.update_call(CALL_ID, state="completed", password=WEBHOOK),
        ]
        for operate in operations:
            for reply in replies:
                auth = auths()
                token = [replied(200, {"access_token": TOKEN})] if isinstance(auth, OAuth2) else []
                api = Scripted(*token, reply)
                client = client_of(api, auth)
                try:
                    yield repr(operate(client))
                except CallControlError as error:
                    yield from (repr(error), str(error), *traceback.format_exception(error))
                yield from (repr(client), repr(client.auth), repr(api.requests))

    @pytest.mark.parametrize(
        "auths", [lambda: BasicAuth("ab", PASSWORD), lambda: OAuth2("ab", SECRET)], ids=["BasicAuth", "OAuth2"]
    )
    def test_secrets_are_not_shown(self, caplog: pytest.LogCaptureFixture, auths: Callable[[], callcontrol.Auth]) -> None:
        """No ``repr``, error, traceback or log line of any operation contains a secret, after a success or a failure."""
        caplog.set_level(logging.DEBUG)
        seen = "\n".join(
            [
                *self.shown_by(
                    auths,
                    replied(200, {"callId": CALL_ID}, Set_Cookie=f"visit={TOKEN}"),
                    replied(200, [{"callId": CALL_ID}]),
                    replied(200, b"<html>", Set_Cookie=f"visit={TOKEN}"),
                    replied(400, {"description": "Bad Request"}),
                    replied(401, {"description": "Unauthorized"}, Set_Cookie=f"visit={TOKEN}"),
                    TransportError("no route"),
                ),
                caplog.text,
            ]
        )
        assert all(
            words in seen for words in ("Bad Request", "Unauthorized", "no route", "CreatedCall(", "password is not a string")
        )
        for secret in (PASSWORD, SECRET, TOKEN, WEBHOOK, *ENCODED):
            assert secret not in seen

    def test_created_call_hides_its_passwords(self) -> None:
        """Passwords that the API does not mask are attributes of the call, but are not in its ``repr``."""
        reply = replied(201, {"callId": CALL_ID, "password": WEBHOOK, "fallbackPassword": WEBHOOK})
        call = client_of(Scripted(reply)).create_call(**NEW_CALL)
        assert (call.password, call.fallback_password) == (WEBHOOK, WEBHOOK)
        assert WEBHOOK not in repr(call)

    @pytest.mark.parametrize(
        "reply",
        [
            replied(200, {"access_token": TOKEN + "\r\n"}),
            replied(200, {"access_token": [TOKEN]}),
            replied(200, {"token": TOKEN}),
            replied(401, {"description": "Unauthorized"}),
            TransportError("no route"),
        ],
    )
    def test_failed_token_request_shows_no_secret(self, caplog: pytest.LogCaptureFixture, reply: Reply | Exception) -> None:
        """The error and the log of a failed token request show neither the client secret nor the token."""
        caplog.set_level(logging.DEBUG)
        with pytest.raises(CallControlError) as caught:
            client_of(Scripted(reply), OAuth2("ab", SECRET)).list_calls()
        seen = "\n".join([repr(caught.value), *traceback.format_exception(caught.value), caplog.text])
        for secret in (SECRET, TOKEN, *ENCODED):
            assert secret not in seen

    def test_repr_of_a_request_shows_no_credentials(self) -> None:
        """The ``repr`` of a request, for example in the report of a failed test, shows no credentials."""
        request = Request("PUT", BASE, Headers({"Authorization": f"Bearer {TOKEN}"}), WEBHOOK.encode())
        assert repr(request) == f"Request(method='PUT', url='{BASE}', headers=Headers({{'Authorization': '…'}}))"


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


def test_every_result_has_a_reply() -> None:
    """The result of every operation has the status, the headers and the body in ``reply``."""
    client = Client("1", BasicAuth("user", "pass"), send=Core().handle)
    call = client.create_call(
        to="+12125550123", from_="+19195550100", application_id="shop", answer_url="https://app.example/answer"
    )
    returned: list[Any] = [
        call,
        client.get_call_state(call.call_id),
        client.list_calls(),
        client.update_call_bxml(call.call_id, Response().hangup()),
        client.update_call(call.call_id, state="completed"),
    ]
    assert [value.reply.status for value in returned] == [201, 200, 200, 204, 200]
