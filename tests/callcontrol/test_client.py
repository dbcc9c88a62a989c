"""The client asks exactly what it should, sends nothing that is invalid, and says what came back."""

import copy
import email.utils
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

import bxml
import callcontrol
from bxml.messages.text import shown
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
    """A client whose requests end at the script."""
    return Client(ACCOUNT, auth or BasicAuth("user", "pass"), base_url=BASE, retries=NO_RETRIES, send=api)


def behind(error: CallControlError) -> CallControlError:
    """What made it unknown whether a call was placed; any other error itself."""
    return error.error if isinstance(error, CallMayExist) else error


Ask = Callable[[Client], object]

ASKS: Final[dict[str, Ask]] = {
    "CreateCall": lambda client: client.create_call(**NEW_CALL),
    "ListCalls": lambda client: client.list_calls(),
    "GetCallState": lambda client: client.get_call_state(CALL_ID),
    "UpdateCall": lambda client: client.update_call(CALL_ID, redirect_url=NEXT_URL),
    "UpdateCallBxml": lambda client: client.update_call_bxml(CALL_ID, DOCUMENT),
    "UpdateConference": lambda client: client.update_conference(CALL_ID, redirect_url=NEXT_URL),
    "UpdateConferenceBxml": lambda client: client.update_conference_bxml(CALL_ID, HEARD),
}
"""Each operation with the arguments that it cannot do without."""

SUCCESSES: Final = {
    "CreateCall": replied(201, {"callId": CALL_ID}),
    "ListCalls": replied(200, []),
    "GetCallState": replied(200, {"callId": CALL_ID}),
    "UpdateCall": replied(200),
    "UpdateCallBxml": replied(204),
    "UpdateConference": replied(204),
    "UpdateConferenceBxml": replied(204),
}

EACH_OPERATION = pytest.mark.parametrize("name", ASKS)


class TestRequests:
    """Each operation is one request, and exactly this one."""

    @pytest.mark.parametrize(
        ("ask", "method", "url", "body"),
        [
            pytest.param(ASKS["CreateCall"], "POST", CALLS, NEW_CALL_IN_JSON, id="create_call"),
            pytest.param(
                lambda client: client.create_call(**NEW_CALL, tag="", privacy=False, priority=1, call_timeout=2.5),
                "POST",
                CALLS,
                NEW_CALL_IN_JSON | {"tag": "", "privacy": False, "priority": 1, "callTimeout": 2.5},
                id="create_call with what is empty or false",
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
                id="create_call with machine_detection as it is by default",
            ),
            pytest.param(ASKS["GetCallState"], "GET", CALL, None, id="get_call_state"),
            pytest.param(ASKS["ListCalls"], "GET", CALLS, None, id="list_calls"),
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
    def test_an_operation_is_this_request(self, ask: Ask, method: str, url: str, body: object) -> None:
        """Method, URL with ``+`` as ``%2B``, headers and body; what was not given is not there."""
        api = Scripted(replied(200, [{"callId": CALL_ID}] if method == "GET" else {"callId": CALL_ID}))
        ask(client_of(api))
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
            pytest.param("<Response><Hangup/></Response>", id="text"),
            pytest.param("<Bxml><SpeakSentence>¡Olé!</SpeakSentence></Bxml>".encode(), id="bytes"),
        ],
    )
    @pytest.mark.parametrize("way", [Client.update_call_bxml, Client.interrupt])
    def test_a_document_is_the_body(self, way: Callable[..., Reply], document: bxml.Response | bxml.Bxml | str | bytes) -> None:
        """A document goes as it is written, its text as it was given, and its type is XML."""
        api = Scripted(replied(204))
        way(client_of(api), CALL_ID, document)
        (request,) = api.requests
        assert (request.method, request.url) == ("PUT", f"{CALL}/bxml")
        assert request.body == (
            document.encode() if isinstance(document, str) else document if isinstance(document, bytes) else document.to_bytes()
        )
        assert request.headers == Headers(
            {"Accept": "application/json", "Authorization": "Basic dXNlcjpwYXNz", "Content-Type": "application/xml"}
        )

    def test_every_field_of_machine_detection_is_sent(self) -> None:
        """Each attribute comes out under the name that the API gives it."""
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
            pytest.param("2026-11-02", "2026-11-02", id="text"),
        ],
    )
    @pytest.mark.parametrize(("argument", "field"), [("min_start_time", "minStartTime"), ("max_start_time", "maxStartTime")])
    def test_times_are_sent_in_utc(self, argument: str, field: str, time: datetime | str, sent: str) -> None:
        """A datetime goes with milliseconds and a Z; a text goes as it is."""
        api = Scripted(SUCCESSES["ListCalls"])
        client_of(api).list_calls(**cast("dict[str, Any]", {argument: time}))
        assert api.requests[0].url == f"{CALLS}?{field}={sent.replace(':', '%3A')}"

    def test_a_slash_at_the_end_of_the_base_url_is_none_too_many(self) -> None:
        """The base URL may end with a slash."""
        api = Scripted(SUCCESSES["ListCalls"])
        Client(ACCOUNT, BasicAuth("user", "pass"), base_url=f"{BASE}/", send=api).list_calls()
        assert api.requests[0].url == CALLS


class TestNothingInvalidIsSent:
    """What the API would refuse is refused here, and no request is made."""

    @pytest.fixture
    def api(self) -> Iterator[Scripted]:
        """A script that must not be asked."""
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
        "ask",
        [
            pytest.param(lambda client, call_id: client.get_call_state(call_id), id="get_call_state"),
            pytest.param(lambda client, call_id: client.update_call(call_id, redirect_url=NEXT_URL), id="update_call"),
            pytest.param(lambda client, call_id: client.update_call_bxml(call_id, DOCUMENT), id="update_call_bxml"),
            pytest.param(lambda client, call_id: client.redirect(call_id, NEXT_URL), id="redirect"),
            pytest.param(lambda client, call_id: client.interrupt(call_id, DOCUMENT), id="interrupt"),
            pytest.param(lambda client, call_id: client.hang_up(call_id), id="hang_up"),
        ],
    )
    def test_a_call_id_leads_nowhere_else(
        self, api: Scripted, ask: Callable[[Client, object], object], call_id: object
    ) -> None:
        """An id consists of letters, digits, hyphens and underscores, and is quoted if it does not."""
        with pytest.raises(
            InvalidRequest, match=r"^call_id=.* is not an id; it consists of letters, digits, - and _$"
        ) as caught:
            ask(client_of(api), call_id)
        assert shown(call_id) in str(caught.value)

    @pytest.mark.parametrize("account_id", IDS.values(), ids=IDS)
    def test_an_account_id_leads_nowhere_else(self, account_id: Any) -> None:
        """The account is checked as the client is made; a number is no account, for it loses leading zeros."""
        with pytest.raises(InvalidRequest, match=r"^account_id=.* is not an id; it consists of letters, digits, - and _$"):
            Client(account_id, BasicAuth("user", "pass"))

    @pytest.mark.parametrize(
        ("document", "error"),
        [
            pytest.param("not XML", bxml.NotWellFormed, id="text"),
            pytest.param("", bxml.NotWellFormed, id="empty"),
            pytest.param(b"<Response>", bxml.NotWellFormed, id="unfinished"),
            pytest.param('<?xml version="1.0" encoding="UTF-16"?><Response/>', bxml.NotWellFormed, id="encoding"),
            pytest.param("<Response><SpeakSentence>\ud800</SpeakSentence></Response>", bxml.NotWellFormed, id="surrogate"),
            pytest.param("<Response><Hang/></Response>", bxml.InvalidDocument, id="unknown verb"),
            pytest.param('<Response><Gather maxDigits="51"/></Response>', bxml.InvalidDocument, id="value"),
            pytest.param("<Hangup/>", bxml.InvalidDocument, id="no document"),
            pytest.param(bxml.Hangup(), bxml.InvalidDocument, id="verb"),
            pytest.param(None, bxml.InvalidDocument, id="none"),
            pytest.param(
                f"<Response>{'<SpeakSentence>aa</SpeakSentence>' * 2500}</Response>", bxml.InvalidDocument, id="too large"
            ),
        ],
    )
    def test_a_document_is_validated_first(self, api: Scripted, document: Any, error: type[bxml.BxmlError]) -> None:
        """Whatever is wrong with a document, its own error says so."""
        with pytest.raises(error):
            client_of(api).update_call_bxml(CALL_ID, document)

    @pytest.mark.parametrize(
        ("ask", "words"),
        [
            pytest.param(
                lambda client: client.create_call(**NEW_CALL | {"to": "2125550123", "answer_url": "/a"}),
                'to="2125550123" is not a phone number in E.164 form or a SIP URI; '
                "expected + and 2 to 15 digits, such as +12125550123, or sip:user@host; "
                'answer_url="/a" is not an absolute http(s) URL: it does not begin with http:// or https://',
                id="create_call",
            ),
            pytest.param(
                lambda client: client.list_calls(page_size=0),
                "page_size=0 is too small; expected an integer from 1 to 10000",
                id="page",
            ),
            pytest.param(
                lambda client: client.list_calls(to="+1\ud800"),
                'to="+1\\ud800" contains a lone surrogate, which UTF-8 cannot encode; remove it',
                id="lone surrogate",
            ),
            pytest.param(
                lambda client: client.list_calls(max_start_time=datetime(2026, 11, 2, 9, 30)),  # noqa: DTZ001  the mistake
                "max_start_time=datetime.datetime(2026, 11, 2, 9, 30) has no time zone",
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
                id="nowhere to go",
            ),
            pytest.param(
                lambda client: client.update_call(CALL_ID, state="completed", redirect_url=NEXT_URL, tag="t"),
                "state='completed' ends the call, and takes no redirect_url, tag",
                id="end and redirection",
            ),
            pytest.param(
                lambda client: client.update_call(CALL_ID, state="queued", redirect_url=NEXT_URL),
                'state="queued" is not allowed; expected active or completed',
                id="no command",
            ),
            pytest.param(
                lambda client: client.redirect(CALL_ID, "next"),
                'redirect_url="next" is not an absolute http(s) URL: it does not begin with http:// or https://',
                id="relative URL",
            ),
        ],
    )
    def test_arguments_are_checked_first(self, api: Scripted, ask: Ask, words: str) -> None:
        """All that is wrong with the arguments is said at once."""
        with pytest.raises(InvalidRequest, match=f"^{re.escape(words)}$"):
            ask(client_of(api))

    def test_machine_detection_is_checked_first(self, api: Scripted) -> None:
        """A fault in it is told from one of the call, which has fields of the same name."""
        detection = MachineDetection(username="u" * 1025)
        with pytest.raises(
            InvalidRequest, match=r"machine_?[dD]etection.*username has 1025 characters; at most 1024 are allowed"
        ):
            client_of(api).create_call(**NEW_CALL, machine_detection=detection)


class TestReplies:
    """What the API says is there, whatever else it says."""

    def test_a_created_call_has_what_the_api_answered(self) -> None:
        """All documented fields come with Python's names and types; the reply itself is beside them."""
        answer = {
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
        reply = replied(201, answer, Location=CALL)
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
    def test_the_state_of_a_call_is_read(self, wrap: Callable[[object], object]) -> None:
        """An object is read, and so is a list of one, which the API has been seen to answer."""
        data = {"callId": CALL_ID, "state": "answered", "stirShaken": {"verstat": "A"}, "startTime": "2026-11-02T09:30:00Z"}
        state = client_of(Scripted(replied(200, wrap(data)))).get_call_state(CALL_ID)
        assert state == CallState(
            call_id=CALL_ID,
            state="answered",
            stir_shaken={"verstat": "A"},
            start_time=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        )

    def test_what_the_api_does_not_say_is_none(self) -> None:
        """A reply with nothing but an id has it, and ``None`` for all the rest."""
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
    def test_values_do_not_change(self, value: object) -> None:
        """Whatever is shared between threads stays as it was made."""
        name = next(iter(vars(value)))
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, "other")

    def test_what_is_newer_than_this_package_is_kept(self) -> None:
        """States and causes that nobody knew are values as any other, and members that nobody knew are in ``unknown``."""
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
    def test_a_member_that_is_spelled_otherwise_is_not_known(self, name: str) -> None:
        """Only the API's own spelling fills an attribute."""
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
            pytest.param("2026-06-10 19:15:19Z", datetime(2026, 6, 10, 19, 15, 19, tzinfo=UTC), id="blank for T"),
            pytest.param("2026-06-10T21:15:19+02:00", datetime(2026, 6, 10, 19, 15, 19, tzinfo=UTC), id="zone"),
            pytest.param("2026-06-10T21:15:19+0200", datetime(2026, 6, 10, 19, 15, 19, tzinfo=UTC), id="zone without colon"),
            pytest.param(None, None, id="null"),
            pytest.param("", None, id="empty"),
            pytest.param("soon", None, id="word"),
            pytest.param("2026-02-30T19:15:19Z", None, id="no such day"),
            pytest.param(1_780_000_000, None, id="number"),
            pytest.param("0001-01-01T00:00:00+05:00", None, id="before all time"),
        ],
    )
    def test_times_are_read_leniently(self, text: object, time: datetime | None) -> None:
        """A time is UTC, however it was written; what is no time is none."""
        state = client_of(Scripted(replied(200, {"callId": CALL_ID, "endTime": text}))).get_call_state(CALL_ID)
        assert state.end_time == time
        assert state.end_time is None or state.end_time.tzinfo is UTC

    @given(st.text(st.sampled_from("0123456789-T: +.Z"), max_size=30) | st.datetimes().map(datetime.isoformat))
    def test_any_text_is_a_time_in_utc_or_none(self, text: str) -> None:
        """No text makes the reading of times fail."""
        time = moment(text)
        assert time is None or time.tzinfo is UTC

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    @EACH_OPERATION
    def test_any_success_is_one(self, name: str, status: int) -> None:
        """The sources disagree about the exact codes, so that every 2xx will do."""
        success = SUCCESSES[name]
        ASKS[name](client_of(Scripted(Reply(status, success.headers, success.body))))

    @pytest.mark.parametrize("ask", [ASKS["UpdateCall"], ASKS["UpdateCallBxml"]], ids=["UpdateCall", "UpdateCallBxml"])
    def test_an_update_gives_the_reply(self, ask: Ask) -> None:
        """What has no body to read gives status and headers as they came."""
        reply = replied(200, b"<html>", X_Request="1")
        assert ask(client_of(Scripted(reply))) is reply

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            pytest.param(name, body, id=f"{name} {what}")
            for what, body in {
                "empty": b"",
                "HTML": b"<html>all is well</html>",
                "no UTF-8": b"\xff\xfe{}",
                "text": b'"c-1"',
                "null": b"null",
                "without id": b"{}",
                "with a number for an id": b'{"callId": 7}',
                "unfinished": b'{"callId": "c-1"',
                "too deep": TOO_DEEP,
            }.items()
            for name in ("CreateCall", "GetCallState", "ListCalls")
        ]
        + [
            pytest.param("CreateCall", b'[{"callId": "c-1"}]', id="CreateCall list"),
            pytest.param("GetCallState", b"[]", id="GetCallState list of none"),
            pytest.param("GetCallState", b'[{"callId": "c-1"}, {"callId": "c-2"}]', id="GetCallState list of two"),
            pytest.param("ListCalls", b'{"callId": "c-1"}', id="ListCalls object"),
            pytest.param("ListCalls", b'[{"callId": "c-1"}, 7]', id="ListCalls of a number"),
        ],
    )
    def test_a_success_that_cannot_be_read_is_an_error(self, name: str, body: bytes) -> None:
        """A success whose body is something else is told as such, with the reply."""
        reply = replied(200, body)
        with pytest.raises(CallMayExist if name == "CreateCall" else UnreadableReply) as caught:
            ASKS[name](client_of(Scripted(reply)))
        error = behind(caught.value)
        assert isinstance(error, UnreadableReply)
        assert error.reply is reply
        assert (error.status, error.operation) == (200, name)
        assert error.call_id == (CALL_ID if name == "GetCallState" else None)
        assert str(error).endswith("200 OK: the answer is not in the form of the API")


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
    """Each failure is a class, and says which operation on which call failed, and why."""

    @pytest.mark.parametrize(("status", "cls"), CLASSES.items())
    @EACH_OPERATION
    def test_a_status_has_its_class(self, name: str, status: int, cls: type[ApiError]) -> None:
        """The class follows the status alone, and everything that the API said is an attribute."""
        reply = replied(status, {"type": "validation", "description": "Call not found", "id": "e-7"})
        with pytest.raises(CallControlError) as caught:
            ASKS[name](client_of(Scripted(reply)))
        is_unknown = name == "CreateCall" and not 400 <= status < 500 and status != 503
        assert isinstance(caught.value, CallMayExist) is is_unknown
        error = behind(caught.value)
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
        ("error", "words"),
        [
            pytest.param(
                NotFound(replied(404, {"type": "validation", "description": "Gone", "id": None}), "GetCallState", "c-1"),
                "GetCallState of call c-1: 404 Not Found: Gone",
                id="of a call",
            ),
            pytest.param(
                BadRequest(replied(400, {"description": "Bad"}), "CreateCall"), "CreateCall: 400 Bad Request: Bad", id="no call"
            ),
            pytest.param(ApiError(replied(499, {"description": "Odd"})), "499: Odd", id="status without a name"),
            pytest.param(
                ServerError(replied(502, b"<html>"), "ListCalls"),
                "ListCalls: 502 Bad Gateway: the answer is not in the form of the API",
                id="no description",
            ),
            pytest.param(
                BadRequest(replied(400, {"description": "x" * 1000})), "400 Bad Request: " + "x" * 300, id="long description"
            ),
            pytest.param(TransportError("no route", "UpdateCall", "c-1"), "UpdateCall of call c-1: no route", id="no answer"),
            pytest.param(TransportError("no route"), "no route", id="no operation"),
        ],
    )
    def test_an_error_says_what_failed(self, error: CallControlError, words: str) -> None:
        """Operation, call, status and description, in one line."""
        assert str(error) == words

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"<html>Bad Gateway</html>", id="HTML"),
            pytest.param(b"[]", id="list"),
            pytest.param(b"{}", id="object"),
            pytest.param(b"\xff", id="no UTF-8"),
            pytest.param(b'{"type": 1, "description": ["x"], "id": {}}', id="other types"),
            pytest.param(b'{"type": null, "description": null, "id": ""}', id="empty id"),
            pytest.param(TOO_DEEP, id="too deep"),
        ],
    )
    def test_no_body_hides_the_status(self, body: bytes) -> None:
        """Whatever a gateway answers, the class is right and what was not said is ``None``."""
        with pytest.raises(Conflict) as caught:
            ASKS["UpdateCall"](client_of(Scripted(replied(409, body))))
        error = caught.value
        assert (error.type, error.description, error.error_id) == (None, None, None)
        assert error.reply.body == body

    def test_a_reply_keeps_text_that_is_no_utf8(self) -> None:
        """The body of an error can be read by a person, whatever bytes it has."""
        assert Reply(500, Headers(), b"a\xff").text == "a\N{REPLACEMENT CHARACTER}"

    @EACH_OPERATION
    def test_no_answer_names_the_operation(self, name: str) -> None:
        """What the transport says gets the operation and the call."""
        with pytest.raises(CallMayExist if name == "CreateCall" else TransportError) as caught:
            ASKS[name](client_of(Scripted(TransportError("no route"))))
        error = behind(caught.value)
        assert isinstance(error, TransportError)
        assert (error.reason, error.operation) == ("no route", name)
        assert error.call_id == (None if name in {"CreateCall", "ListCalls"} else CALL_ID)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__

    @pytest.mark.parametrize(
        "travel", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy], ids=["pickle", "copy", "deep"]
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
    def test_an_error_travels(self, error: CallControlError, travel: Callable[[CallControlError], CallControlError]) -> None:
        """Between processes and threads an error stays what it is, with everything that it knows."""
        arrived = travel(error)
        assert type(arrived) is type(error)
        assert str(arrived) == str(error)
        assert vars(arrived) == vars(error)

    def test_every_class_is_one_of_this_package(self) -> None:
        """One ``except`` catches all, and one all answers that are no success."""
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
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return NOW


def retry_after(value: str | None) -> float | None:
    """The seconds that a refusal with this header asks to wait."""
    headers = {} if value is None else {"Retry_After": value}
    return TooManyRequests(replied(429, **headers)).retry_after


class TestRetryAfter:
    """The header says when to try again in seconds or as a date, or does not say it."""

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            pytest.param("7", 7.0, id="seconds"),
            pytest.param(" 0 ", 0.0, id="at once"),
            pytest.param("Mon, 02 Nov 2026 09:31:40 GMT", 100.0, id="date"),
            pytest.param("Mon, 02 Nov 2026 09:31:40 -0000", 100.0, id="date without zone"),
            pytest.param("Mon, 02 Nov 2026 11:31:40 +0200", 100.0, id="date of a zone"),
            pytest.param("Mon, 02 Nov 2026 09:29:00 GMT", 0.0, id="past"),
            pytest.param(None, None, id="missing"),
            pytest.param("", None, id="empty"),
            pytest.param("soon", None, id="word"),
            pytest.param("-5", None, id="negative"),
            pytest.param("1.5", None, id="decimals"),
            pytest.param("\N{SUPERSCRIPT TWO}", None, id="no digit"),
            pytest.param("Mon, 31 Feb 2026 09:31:40 GMT", None, id="no such day"),
            pytest.param("Mon, 02 Nov 2026 99999999999999999999:31:40 GMT", None, id="no such hour"),
            pytest.param("Mon, 02 Nov 2026 09:31:40 +99999999999999999999", None, id="no such zone"),
        ],
    )
    def test_it_is_seconds_from_now(self, monkeypatch: pytest.MonkeyPatch, value: str | None, seconds: float | None) -> None:
        """However it is said, it comes out in seconds; if it is not said, as ``None``."""
        monkeypatch.setattr("callcontrol.errors.datetime", Stopped)
        assert retry_after(value) == seconds

    @given(st.text() | st.datetimes().map(email.utils.format_datetime) | st.from_regex(r"\d{1,3}[:, \d+-]*"))
    @example("9" * 400)
    def test_no_value_is_too_odd(self, value: str) -> None:
        """What is given is none, or a time that one can wait for."""
        seconds = retry_after(value)
        assert seconds is None or 0 <= seconds < math.inf


def test_a_text_that_was_refused_is_refused_again() -> None:
    """Only what is valid is remembered, and of it what was given: the same text as bytes is another one."""
    api = Scripted(replied(204))
    client = client_of(api)
    for _ in range(2):
        with pytest.raises(bxml.InvalidDocument):
            client.update_call_bxml(CALL_ID, "<Bxml><Foo/></Bxml>")
    for text in ("<Bxml></Bxml>", b"<Bxml/>", "<Bxml/>", b"<Bxml></Bxml>"):
        client.update_call_bxml(CALL_ID, text)
    assert [request.body for request in api.requests] == [b"<Bxml></Bxml>", b"<Bxml/>", b"<Bxml/>", b"<Bxml></Bxml>"]


class TestCredentials:
    """Who is asking is said in one header, and again with a new token if the first is refused."""

    TOKENS: Final = (replied(200, {"access_token": "one"}), replied(200, {"access_token": "two"}))
    REFUSED: Final = replied(401, {"type": "authentication-error", "description": "Unauthorized", "id": None})

    def test_a_token_is_fetched_and_used(self) -> None:
        """The first request is for the token, which the second carries."""
        api = Scripted(self.TOKENS[0], SUCCESSES["ListCalls"])
        client_of(api, OAuth2("id", "secret")).list_calls()
        assert [request.url for request in api.requests] == ["https://voice.example/api/v1/oauth2/token", CALLS]
        assert api.requests[1].headers["Authorization"] == "Bearer one"

    @EACH_OPERATION
    def test_a_refused_token_is_renewed_once(self, name: str) -> None:
        """A request that was refused has not been processed, so that it is safe to send it with a new token."""
        api = Scripted(self.TOKENS[0], self.REFUSED, self.TOKENS[1], SUCCESSES[name])
        ASKS[name](client_of(api, OAuth2("id", "secret")))
        _, first, _, second = api.requests
        assert (first.headers["Authorization"], second.headers["Authorization"]) == ("Bearer one", "Bearer two")
        assert (first.method, first.url, first.body) == (second.method, second.url, second.body)

    def test_a_second_refusal_is_final(self) -> None:
        """With the new token refused too, the error is raised."""
        api = Scripted(self.TOKENS[0], self.REFUSED, self.TOKENS[1], self.REFUSED)
        with pytest.raises(Unauthorized, match=r"^ListCalls: 401 Unauthorized: Unauthorized$"):
            client_of(api, OAuth2("id", "secret")).list_calls()
        assert len(api.requests) == 4

    @pytest.mark.parametrize("pair", [("", "pass"), ("user", ""), (None, "pass"), ("user", None)])
    def test_half_of_the_credentials_are_none(self, pair: tuple[Any, Any]) -> None:
        """A variable of the environment is missing, which is said before there is a client."""
        with pytest.raises(InvalidRequest, match="is a variable of the environment missing"):
            BasicAuth(*pair)

    def test_basic_has_no_second_try(self) -> None:
        """The same user and password are not sent again."""
        api = Scripted(self.REFUSED)
        with pytest.raises(Unauthorized):
            client_of(api).list_calls()
        assert len(api.requests) == 1

    def test_other_refusals_do_not_cost_a_token(self) -> None:
        """A token that lacks access is not replaced by one that lacks it too."""
        api = Scripted(self.TOKENS[0], replied(403))
        with pytest.raises(Forbidden):
            client_of(api, OAuth2("id", "secret")).list_calls()
        assert len(api.requests) == 2

    def test_the_user_name_may_have_any_letters(self) -> None:
        """What is beyond ASCII goes as UTF-8."""
        api = Scripted(SUCCESSES["ListCalls"])
        client_of(api, BasicAuth("jörg", "café")).list_calls()
        assert api.requests[0].headers["Authorization"] == "Basic asO2cmc6Y2Fmw6k="


class TestMaking:
    """A client is made from arguments or from the environment, and says what is wrong with them."""

    @pytest.mark.parametrize(
        ("environ", "made"),
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
                id="Basic beside what is empty",
            ),
            pytest.param(
                {"BW_CLIENT_ID": "id", "BW_CLIENT_SECRET": "s", "BW_VOICE_URL": f"{BASE}/"},
                f"Client('9900123', OAuth2(client_id='id'), base_url='{BASE}')",
                id="other API",
            ),
            pytest.param(
                {"BW_CLIENT_ID": "id", "BW_CLIENT_SECRET": "s", "BW_VOICE_URL": ""},
                "Client('9900123', OAuth2(client_id='id'), base_url='https://voice.bandwidth.com/api/v2')",
                id="empty URL",
            ),
        ],
    )
    def test_the_environment_makes_a_client(self, environ: dict[str, str], made: str) -> None:
        """OAuth2 goes before Basic, the vendor's API is the default, and what is empty is not there."""
        assert repr(Client.from_env({"BW_ACCOUNT_ID": ACCOUNT} | environ)) == made

    @pytest.mark.parametrize(
        ("environ", "missing"),
        [
            pytest.param({}, "BW_CLIENT_ID", id="nothing"),
            pytest.param({"BW_ACCOUNT_ID": ACCOUNT}, "BW_CLIENT_ID", id="no credentials"),
            pytest.param({"BW_ACCOUNT_ID": ACCOUNT, "BW_CLIENT_ID": "id"}, "BW_CLIENT_SECRET", id="no secret"),
            pytest.param({"BW_ACCOUNT_ID": ACCOUNT, "BW_CLIENT_SECRET": "s"}, "BW_CLIENT_ID", id="no id"),
            pytest.param({"BW_ACCOUNT_ID": ACCOUNT, "BW_USERNAME": "u"}, "BW_PASSWORD", id="no password"),
            pytest.param({"BW_ACCOUNT_ID": ACCOUNT, "BW_USERNAME": "u", "BW_PASSWORD": ""}, "BW_PASSWORD", id="empty password"),
            pytest.param({"BW_ACCOUNT_ID": ACCOUNT, "BW_PASSWORD": "p"}, "BW_CLIENT_ID", id="no user"),
            pytest.param({"BW_CLIENT_ID": "id", "BW_CLIENT_SECRET": "s"}, "BW_ACCOUNT_ID", id="no account"),
            pytest.param({"BW_USERNAME": "u", "BW_PASSWORD": "p", "BW_ACCOUNT_ID": ""}, "BW_ACCOUNT_ID", id="empty account"),
        ],
    )
    def test_a_missing_variable_is_named(self, environ: dict[str, str], missing: str) -> None:
        """The first variable that is missing or empty is named, and no value is shown."""
        with pytest.raises(InvalidRequest, match=f"^the environment has no {missing}$"):
            Client.from_env(environ)

    def test_the_environment_is_that_of_the_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without an argument the variables are read when the client is made."""
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
    def test_a_base_url_that_is_none_is_refused(self, base_url: str) -> None:
        """What cannot stand before a path is refused as the client is made, and not repeated, for it may hold a password."""
        words = r"^base_url is not an absolute http or https URL without credentials, query and fragment$"
        with pytest.raises(InvalidRequest, match=words):
            Client(ACCOUNT, BasicAuth("user", "pass"), base_url=base_url)

    @pytest.mark.parametrize(
        "base_url",
        ["http://127.0.0.1:8080/api/v2", "https://voice.example", "HTTPS://VOICE.EXAMPLE/api/", "http://[::1]:65535/api/v2"],
    )
    def test_a_base_url_is_kept(self, base_url: str) -> None:
        """Any host, port and path will do."""
        assert Client(ACCOUNT, BasicAuth("user", "pass"), base_url=base_url).base_url == base_url.rstrip("/")

    @pytest.mark.parametrize("timeout", [0, -1.5, math.nan, math.inf, 86_401])
    def test_a_time_out_is_a_time(self, timeout: float) -> None:
        """There is always a time-out, and a socket can wait that long."""
        with pytest.raises(InvalidRequest, match=r"^timeout="):
            Client(ACCOUNT, BasicAuth("user", "pass"), timeout=timeout)

    @pytest.mark.parametrize("timeout", [0.001, 10, 86_400])
    def test_a_time_out_may_be_long(self, timeout: float) -> None:
        """Up to a day may be waited."""
        assert Client(ACCOUNT, BasicAuth("user", "pass"), timeout=timeout).account_id == ACCOUNT

    def test_the_block_closes_the_connections(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """At the end of a ``with`` block the connections are closed, and not before."""
        closed: list[Transport] = []

        def close(transport: Transport) -> None:
            closed.append(transport)

        monkeypatch.setattr(Transport, "close", close)
        with Client(ACCOUNT, BasicAuth("user", "pass")) as client:
            assert isinstance(client, Client)
            assert closed == []
        assert len(closed) == 1


class TestHeaders:
    """Names of header fields are the same in upper and lower case."""

    def test_a_field_is_found_by_its_name_in_any_case(self) -> None:
        """Each field is there once, under the name it came with."""
        headers = Headers({"Content-Type": "text/plain", "LINK": "a"})
        assert headers["content-type"] == headers["CONTENT-TYPE"] == "text/plain"
        assert "link" in headers
        assert (list(headers), len(headers)) == (["Content-Type", "LINK"], 2)

    def test_what_is_not_there_is_missing(self) -> None:
        """A field that did not come is a missing key."""
        assert headers_without_fields().get("Link") is None
        with pytest.raises(KeyError):
            headers_without_fields()["Link"]

    def test_what_gives_access_is_not_shown(self) -> None:
        """A representation shows that there was a credential, and not which."""
        headers = Headers({"AUTHORIZATION": "Basic dTpw", "Set-Cookie": "visit=1", "Link": "a"})
        assert repr(headers) == "Headers({'AUTHORIZATION': '…', 'Set-Cookie': '…', 'Link': 'a'})"


def headers_without_fields() -> Headers:
    """No fields at all."""
    return Headers()


class TestLog:
    """There is one line for each request, at level DEBUG."""

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
    def test_a_request_is_one_line(self, caplog: pytest.LogCaptureFixture, name: str, line: str) -> None:
        """Operation, method, path, status and duration."""
        caplog.set_level(logging.DEBUG)
        ASKS[name](client_of(Scripted(SUCCESSES[name])))
        (record,) = caplog.records
        assert (record.name, record.levelno) == ("callcontrol", logging.DEBUG)
        assert re.sub(r"\d+ ms$", "N ms", record.getMessage()) == line

    def test_the_numbers_of_people_are_not_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        """Neither query nor header nor body gets into the log, and a failure is logged as a success is."""
        caplog.set_level(logging.DEBUG)
        api = Scripted(replied(200, [], X_Header="seen"), replied(400, {"description": "seen"}))
        client = client_of(api)
        client.list_calls(to="+12125550123", page_token="seen")
        with pytest.raises(BadRequest):
            client.create_call(**NEW_CALL, tag="seen")
        assert len(caplog.records) == 2
        assert not re.search(r"seen|2125550123|Basic", caplog.text)

    def test_a_repeated_request_is_two_lines(self, caplog: pytest.LogCaptureFixture) -> None:
        """Both the refusal and what came after it are seen."""
        caplog.set_level(logging.DEBUG)
        api = Scripted(*TestCredentials.TOKENS[:1], TestCredentials.REFUSED, TestCredentials.TOKENS[1], SUCCESSES["ListCalls"])
        client_of(api, OAuth2("id", "secret")).list_calls()
        assert [record.getMessage().split(": ")[1][:3] for record in caplog.records] == ["401", "200"]


# They stand here alone, so that a traceback shows no line of code that has one of them.
PASSWORD = "pw-of-the-api-user"
SECRET = "secret-of-the-client"
TOKEN = "token-of-an-hour"
WEBHOOK = "pw-of-the-webhooks"
ENCODED = ["cHctb2YtdGhlLWFwaS11c2Vy", "c2VjcmV0LW9mLXRoZS1jbGllbnQ"]


class TestSecrets:
    """No secret is shown by anything that a program prints or logs."""

    def shown_by(self, auths: Callable[[], callcontrol.Auth], *replies: Reply | Exception) -> Iterator[str]:
        """Whatever can be seen of requests that carry secrets, with these answers to each."""
        detection = MachineDetection(username="u", password=WEBHOOK, fallback_password=WEBHOOK)
        yield repr(detection)
        asks: list[Ask] = [
            *ASKS.values(),
            lambda client: client.create_call(
                **NEW_CALL, password=WEBHOOK, fallback_password=WEBHOOK, machine_detection=detection
            ),
            lambda client: client.create_call(**NEW_CALL, password=WEBHOOK * 200, fallback_password=cast("Any", [WEBHOOK])),
            lambda client: client.create_call(**NEW_CALL, machine_detection=MachineDetection(password=WEBHOOK * 200)),
            lambda client: client.create_call(**NEW_CALL, machine_detection=MachineDetection(password=cast("Any", [WEBHOOK]))),
            lambda client: client.update_call(CALL_ID, redirect_url="http://a.example", username="u", password=WEBHOOK),
            lambda client: client.update_call(CALL_ID, state="completed", password=WEBHOOK),
        ]
        for ask in asks:
            for reply in replies:
                auth = auths()
                token = [replied(200, {"access_token": TOKEN})] if isinstance(auth, OAuth2) else []
                api = Scripted(*token, reply)
                client = client_of(api, auth)
                try:
                    yield repr(ask(client))
                except CallControlError as error:
                    yield from (repr(error), str(error), *traceback.format_exception(error))
                yield from (repr(client), repr(client.auth), repr(api.requests))

    @pytest.mark.parametrize(
        "auths", [lambda: BasicAuth("ab", PASSWORD), lambda: OAuth2("ab", SECRET)], ids=["BasicAuth", "OAuth2"]
    )
    def test_secrets_are_not_shown(self, caplog: pytest.LogCaptureFixture, auths: Callable[[], callcontrol.Auth]) -> None:
        """Representations, errors, tracebacks and log lines of every operation, in success and in failure, hide them."""
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

    def test_a_created_call_hides_its_passwords(self) -> None:
        """Should the API not mask them, they are attributes still, and are not shown."""
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
    def test_a_failed_exchange_shows_no_secret(self, caplog: pytest.LogCaptureFixture, reply: Reply | Exception) -> None:
        """Neither the client's secret nor what was to be the token is shown."""
        caplog.set_level(logging.DEBUG)
        with pytest.raises(CallControlError) as caught:
            client_of(Scripted(reply), OAuth2("ab", SECRET)).list_calls()
        seen = "\n".join([repr(caught.value), *traceback.format_exception(caught.value), caplog.text])
        for secret in (SECRET, TOKEN, *ENCODED):
            assert secret not in seen

    def test_a_request_shows_no_credentials(self) -> None:
        """A request in an error report of a test is safe to print."""
        request = Request("PUT", BASE, Headers({"Authorization": f"Bearer {TOKEN}"}), WEBHOOK.encode())
        assert repr(request) == f"Request(method='PUT', url='{BASE}', headers=Headers({{'Authorization': '…'}}))"
