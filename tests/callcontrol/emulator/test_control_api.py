"""The control API: the effect of each request, its errors, and its protection against web pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bxml import Response
from callcontrol import Headers, Reply, Request
from callcontrol.emulator import Core
from callcontrol.emulator.control_api import ROUTES, Control, takes_long
from callcontrol.emulator.webhook_requests import Target, Webhook
from callcontrol.request_fields import PRIVACY_WORDS
from tests.callcontrol.emulator.document_application import MENU, answering
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL_IN_JSON

HOST = "http://127.0.0.1:8080"

ACTS = {
    "press": {"digits": "1"},
    "say": {"text": "x"},
    "plays": {"audio": "eA=="},
    "close-stream": {"name": "x"},
    "expect": {"ended": True},
    "hang-up": None,
    "initiate": None,
    "answer": None,
}
"""A valid body of each request that acts on a call, by the end of the request's path."""


@pytest.fixture
def voice() -> Core:
    """An emulator with an application."""
    return Core(answering(MENU))


def ask(core: Core, method: str, path: str, body: object = None, *, host: str = HOST, **headers: str) -> Reply:
    """Send a request, by default with the content type JSON, and return the response."""
    fields = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Control(core, {"emulator.example"}).handle(Request(method, host + path, Headers(fields), content))


def refusal(reply: Reply) -> tuple[int, str]:
    """Return the status and the description of an error."""
    return reply.status, reply.json()["description"]


def dial(core: Core, **fields: object) -> str:
    """Create a call and return its path."""
    reply = ask(core, "POST", "/emulator/calls", {"url": "/answer", **fields})
    assert (reply.status, reply.headers["Location"]) == (201, f"/emulator/calls/{reply.json()['callId']}")
    return reply.headers["Location"]


def kinds(shown: Any, kind: str) -> list[str]:
    """Return the texts of the timeline entries of one kind."""
    return [entry["text"] for entry in shown["timeline"] if entry["kind"] == kind]


class TestCalls:
    """Requests create calls, act as the caller and state expectations."""

    def test_a_call_from_beginning_to_end(self, voice: Core) -> None:
        """Each request acts as the caller and returns the call with its timeline."""
        path = dial(voice, statusUrl="/status", to="+13365550142")
        assert ask(voice, "GET", path).json()["listensTo"] == []
        heard = ask(voice, "POST", f"{path}/expect", {"spoken": "WELCOME", "within": 5})
        assert (heard.status, heard.json()["text"], heard.json()["at"]) == (200, "Welcome.", 0)
        waiting = ask(voice, "GET", path).json()
        assert waiting["listensTo"] == ["keys"]
        assert (waiting["state"], waiting["direction"], waiting["to"]) == ("answered", "inbound", "+13365550142")
        pressed = ask(voice, "POST", f"{path}/press", {"digits": "1"})
        assert (pressed.status, kinds(pressed.json(), "gathered")) == (200, ["1"])
        assert ask(voice, "POST", f"{path}/expect", {"ended": True}).json() == {"cause": "hangup"}
        shown = ask(voice, "POST", "/emulator/run").json()
        assert shown == {"seconds": 0.24}
        ended = ask(voice, "GET", path).json()
        assert (ended["disconnectCause"], kinds(ended, "event")) == ("hangup", ["initiate", "gather", "disconnect"])

    def test_a_caller_speaks_and_hangs_up(self, voice: Core) -> None:
        """Speech is noted, and hanging up twice is not an error."""
        path = dial(voice)
        assert kinds(ask(voice, "POST", f"{path}/say", {"text": "Hello?"}).json(), "said") == ["Hello?"]
        for _ in range(2):
            assert ask(voice, "POST", f"{path}/hang-up").json()["state"] == "disconnected"

    def test_a_call_shows_what_it_listens_to(self) -> None:
        """A call lists the kinds of input that it waits for."""
        document = '<Response><Gather input="dtmf speech" gatherUrl="/menu"/></Response>'
        core = Core(answering({"/answer": document.replace("dtmf speech", "dtmf_speech")}))
        path = dial(core)
        core.advance(0)
        assert ask(core, "GET", path).json()["listensTo"] == ["keys", "speech"]

    def test_a_call_shows_the_input_that_has_an_effect(self, voice: Core) -> None:
        """A call shows the keys that have an effect, and the remaining time. It shows null if no input has an effect."""
        path = dial(voice)
        assert ask(voice, "GET", path).json()["listening"] is None
        voice.advance(1)
        assert ask(voice, "GET", path).json()["listening"] == {
            "verb": "Gather",
            "keys": "0123456789*#ABCD",
            "terminatingDigits": "",
            "remainingDigits": 1,
            "speech": False,
            "isPrompt": False,
            "secondsLeft": 59.48,
        }

    def test_speech_can_have_a_length(self) -> None:
        """The event of a Gather is sent at the end of the speech."""
        core = Core(answering({"/answer": "<Response><Gather input='speech' gatherUrl='/menu'/></Response>", "/menu": ""}))
        path = dial(core)
        said = ask(core, "POST", f"{path}/say", {"text": "Sales, please.", "seconds": 2.5})
        assert kinds(said.json(), "gathered") == []
        core.advance(2.5)
        assert kinds(ask(core, "GET", path).json(), "gathered") == ["Sales, please."]
        reply = ask(core, "POST", f"{path}/say", {"text": "x", "seconds": -1})
        assert refusal(reply) == (400, "seconds=-1 is too small; expected a number from 0 to 1000000000")

    @pytest.mark.parametrize("caller", ["+13365550142", "sip:desk@pbx.example", *PRIVACY_WORDS])
    def test_the_caller_may_be_private(self, voice: Core, caller: str) -> None:
        """As in Python, a caller has a phone number, a SIP URI or a word that stands for a withheld number."""
        path = dial(voice, **{"from": caller})
        assert ask(voice, "GET", path).json()["from"] == caller

    def test_an_invalid_caller_is_refused(self, voice: Core) -> None:
        """The error for an invalid caller lists all forms."""
        reply = ask(voice, "POST", "/emulator/calls", {"url": "/answer", "from": "private"})
        expected = "+ and 2 to 15 digits, such as +12125550123, sip:user@host, Restricted, Anonymous, Private or Unavailable"
        noun = "a phone number in E.164 form, a SIP URI or a privacy word"
        assert refusal(reply) == (400, f'from="private" is not {noun}; expected {expected}')

    def test_fields_of_the_initiate_event(self, voice: Core) -> None:
        """Additional fields are part of the initiate event."""
        dial(voice, fields={"uui": "x;encoding=hex"})
        voice.run()
        (call,) = voice.calls
        (event,) = (entry for entry in call.timeline if entry.text == "initiate")
        assert event.content["uui"] == "x;encoding=hex"

    @pytest.mark.parametrize("name", ["url", "to", "username", "callId", "sip_headers", "from_"])
    def test_an_unknown_event_field_is_refused(self, voice: Core, name: str) -> None:
        """A request returns 400 if the event has no such field, even if the field is an argument of dial."""
        status, sentence = refusal(ask(voice, "POST", "/emulator/calls", {"url": "/answer", "fields": {name: "x"}}))
        assert (status, sentence.partition(";")[0]) == (400, f"{name} is not a field of the initiate event")
        assert not voice.calls

    def test_webhooks_and_credentials_can_be_set(self, voice: Core) -> None:
        """A call can have all settings of a voice application."""
        given = {
            "username": "u",
            "password": "p",
            "fallbackUrl": "/again",
            "fallbackMethod": "GET",
            "fallbackUsername": "f",
            "fallbackPassword": "q",
            "statusMethod": "GET",
            "statusUrl": "/status",
            "callbackTimeout": 2.5,
        }
        path = dial(voice, **given)
        (call,) = voice.calls
        assert call.callback_timeout == 2.5
        assert call.disconnect_webhook == Webhook(Target("https://app.example/status", "GET", "u", "p"))
        assert "p" not in ask(voice, "GET", path).json().values()

    def test_audio_is_expected(self) -> None:
        """An audio file takes its configured length."""
        core = Core(answering({"/answer": "<Response><PlayAudio>/a.wav</PlayAudio></Response>"}))
        url = "https://app.example/a.wav"
        assert ask(core, "POST", "/emulator/audio", {"url": url, "seconds": 7}).status == 204
        path = dial(core)
        assert ask(core, "POST", f"{path}/expect", {"played": "a.wav"}).json()["text"] == url
        ask(core, "POST", f"{path}/expect", {"ended": True})
        assert core.seconds == 7

    def test_a_recording_is_expected(self) -> None:
        """The response has the recording as the API returns it."""
        core = Core(answering({"/answer": '<Response><Record maxDuration="3" silenceTimeout="0"/></Response>'}))
        reply = ask(core, "POST", f"{dial(core)}/expect", {"recorded": True, "within": 9})
        assert (reply.status, reply.json()["status"], reply.json()["duration"]) == (200, "complete", "PT3S")
        reply = ask(core, "POST", f"{dial(core)}/expect", {"recorded": True, "within": 1})
        assert refusal(reply) == (409, "no recording became available within 1 s; the current verb is Record")

    def test_a_new_call_and_a_new_member_are_expected(self) -> None:
        """The response has the call with its timeline."""
        documents = {
            "/answer": "<Response><Transfer><PhoneNumber>+13365550142</PhoneNumber></Transfer></Response>",
            "/room": "<Response><Conference>room</Conference></Response>",
        }
        core = Core(answering(documents))
        dial(core)
        leg = ask(core, "POST", "/emulator/expect", {"call": "+13365550142", "within": 5}).json()
        assert (leg["to"], kinds(leg, "state")) == ("+13365550142", ["initiated"])
        path = dial(core, url="/room")
        member = ask(core, "POST", "/emulator/expect", {"member": "room"}).json()
        assert path.endswith(member["callId"])
        assert kinds(member, "joined") == ['conference "room"']
        status, sentence = refusal(ask(core, "POST", "/emulator/expect", {"call": "", "within": 1}))
        assert (status, sentence) == (409, "there was no new call within 1 s")
        assert refusal(ask(core, "POST", "/emulator/expect")) == (400, "expected exactly one of call, member; got 0")

    def test_an_invalid_number_of_an_expected_call_is_refused(self, voice: Core) -> None:
        """A request returns 400 at once if no call can have the given number. A SIP URI is allowed."""
        reply = ask(voice, "POST", "/emulator/expect", {"call": "13365550177", "within": 1})
        assert refusal(reply) == (
            400,
            (
                'call="13365550177" is not a phone number in E.164 form or a SIP URI; '
                'expected + and 2 to 15 digits, such as +12125550123, or sip:user@host; did you mean "+13365550177"?'
            ),
        )
        reply = ask(voice, "POST", "/emulator/expect", {"call": "sip:desk@pbx.example", "within": 1})
        assert refusal(reply) == (409, "there was no call to sip:desk@pbx.example within 1 s")

    def test_requests_that_wait_are_known(self) -> None:
        """Requests that may wait for a long time run in threads of their own."""
        assert takes_long("/emulator/expect")
        assert takes_long("/emulator/calls/c-1/expect")
        assert not takes_long("/emulator/calls")

    def test_an_unmet_expectation_returns_409(self, voice: Core) -> None:
        """The response to an unmet expectation has the message and the timeline."""
        path = dial(voice)
        reply = ask(voice, "POST", f"{path}/expect", {"spoken": "Good night", "within": 2.5})
        assert refusal(reply) == (409, "'Good night' was not spoken within 2.5 s; the current verb is Gather")
        assert kinds(reply.json(), "spoken") == ["Welcome."]

    def test_a_stream_is_closed_by_its_destination(self) -> None:
        """The error for an unknown stream lists the names of the active streams."""
        document = Response().start_stream(destination="wss://app.example/", name="x").stop_stream(name="x", wait=True)
        core = Core(answering({"/answer": document.speak_sentence("Closed.").to_bxml()}))
        path = dial(core)
        reply = ask(core, "POST", f"{path}/close-stream", {"name": "y"})
        assert refusal(reply) == (409, 'stream "y" is not active; active streams: x')
        assert kinds(ask(core, "POST", f"{path}/close-stream", {"name": "x"}).json(), "spoken") == ["Closed."]

    def test_a_queued_call_is_initiated_and_answered(self) -> None:
        """A queued call must be initiated before it can be answered."""
        core = Core(answering(MENU), answers=False)
        created = Request(
            *("POST", f"{HOST}/api/v2/accounts/{ACCOUNT}/calls"),
            Headers({"Authorization": "Basic dXNlcjpwYXNz", "Content-Type": "application/json"}),
            json.dumps(NEW_CALL_IN_JSON).encode(),
        )
        call_id = Control(core).handle(created).json()["callId"]
        path = f"/emulator/calls/{call_id}"
        assert refusal(ask(core, "POST", f"{path}/answer")) == (
            409,
            f"call {call_id} is queued and does not ring yet; initiate it first, with Core.initiate or POST {path}/initiate",
        )
        assert ask(core, "POST", f"{path}/initiate").json()["state"] == "initiated"
        assert ask(core, "POST", f"{path}/answer").json()["state"] == "answered"
        (shown,) = ask(core, "GET", "/emulator/calls").json()
        assert (shown["state"], shown["direction"], "timeline" in shown) == ("answered", "outbound", False)

    @pytest.mark.parametrize("act", ["", *(f"/{act}" for act in ACTS)])
    def test_an_unknown_call_returns_404(self, voice: Core, act: str) -> None:
        """Each request about an unknown call returns 404."""
        body = ACTS.get(act.removeprefix("/"))
        reply = ask(voice, "POST" if act else "GET", f"/emulator/calls/c-1{act}", body)
        assert refusal(reply) == (404, "call c-1 does not exist")

    def test_without_an_application_a_url_must_be_absolute(self) -> None:
        """A request with a relative URL returns 400 if the emulator has no application."""
        reply = ask(Core(), "POST", "/emulator/calls", {"url": "/answer"})
        assert refusal(reply) == (
            400,
            '"/answer" is relative, and the emulator has no application; use an absolute URL',
        )
        assert ask(Core(), "POST", "/emulator/calls", {"url": "http://app.example/"}).status == 201


class TestEmulator:
    """Requests set phones and advance time."""

    def test_time_is_advanced(self, voice: Core) -> None:
        """Virtual time advances by the seconds of the request."""
        dial(voice)
        assert ask(voice, "POST", "/emulator/advance", {"seconds": 2.5}).json() == {"seconds": 2.5}
        assert ask(voice, "GET", "/emulator").json()["seconds"] == 2.5

    def test_the_index_describes_the_fields(self, voice: Core) -> None:
        """The index lists the fields of each request with their types and limits."""
        routes = {route["request"]: route["fields"] for route in ask(voice, "GET", "/emulator").json()["routes"]}
        assert routes["GET /emulator"] == []
        assert routes["POST /emulator/phones/{number}"] == [
            {
                "name": "reaction",
                "is": "word",
                "required": True,
                "words": ["answers", "is-busy", "rejects", "does-not-answer"],
            },
            {"name": "after", "is": "number", "required": False, "minimum": 0, "maximum": 10**9},
            {"name": "by", "is": "word", "required": False, "words": ["human", "answering-machine", "silence"]},
            {"name": "hangsUpAfter", "is": "number", "required": False, "minimum": 0, "maximum": 10**9},
        ]
        (times,) = (field for field in routes["POST /emulator/faults"] if field["name"] == "times")
        assert times == {"name": "times", "is": "integer", "required": False, "minimum": 1}

    def test_an_invalid_number_is_refused(self, voice: Core) -> None:
        """A request returns 400 if no call can have the given number."""
        reply = ask(voice, "POST", "/emulator/phones/336-555-0177", {"reaction": "is-busy"})
        assert refusal(reply) == (
            400,
            (
                'number="336-555-0177" is not a phone number in E.164 form or a SIP URI; '
                'expected + and 2 to 15 digits, such as +12125550123, or sip:user@host; did you mean "+13365550177"?'
            ),
        )

    def test_real_time_cannot_be_advanced(self, voice: Core) -> None:
        """In real time, requests to advance time return 409."""
        with Core(answering(MENU), speed=20) as real:
            for path, body in (("advance", {"seconds": 1}), ("run", {})):
                assert refusal(ask(real, "POST", f"/emulator/{path}", body)) == (
                    409,
                    "time cannot be advanced while it runs in real time; wait, or start the emulator with --virtual",
                )
            assert ask(real, "GET", "/emulator").json()["speed"] == 20

    @pytest.mark.parametrize(
        ("reaction", "cause"), [("is-busy", "busy"), ("rejects", "rejected"), ("does-not-answer", "timeout")]
    )
    def test_a_phone_can_fail_to_answer(self, voice: Core, reaction: str, cause: str) -> None:
        """A phone has the given reaction, even if its number is escaped in the path."""
        assert ask(voice, "POST", "/emulator/phones/%2B12125550123", {"reaction": reaction}).status == 204
        assert voice.phone("+12125550123").reaction.cause == cause

    def test_a_phone_answers_as_configured(self, voice: Core) -> None:
        """The options of the reaction ``answers`` are not allowed with other reactions."""
        how = {"reaction": "answers", "after": 3, "by": "answering-machine", "hangsUpAfter": 9}
        assert ask(voice, "POST", "/emulator/phones/sip:desk@pbx.example", how).status == 204
        reaction = voice.phone("sip:desk@pbx.example").reaction
        assert (reaction.after, reaction.by, reaction.hangs_up_after) == (3, "answering-machine", 9)
        reply = ask(voice, "POST", "/emulator/phones/+12125550123", {"reaction": "is-busy", "by": "human", "after": 1})
        assert refusal(reply) == (400, 'only allowed with the reaction "answers": after, by')

    def test_webhooks_can_be_delayed(self, voice: Core) -> None:
        """The application's response is delayed by the given seconds."""
        assert ask(voice, "POST", "/emulator/webhook-delays", {"seconds": 9, "path": "/answer"}).status == 204
        path = dial(voice)
        assert ask(voice, "POST", f"{path}/expect", {"spoken": "welcome"}).json()["at"] == 9


class TestFaults:
    """Requests make the API fail."""

    def get(self, core: Core) -> Reply:
        """Send a request to the API and return the response."""
        return ask(core, "GET", f"/api/v2/accounts/{ACCOUNT}/calls", Authorization="Basic dXNlcjpwYXNz")

    def test_an_error_status(self, voice: Core) -> None:
        """An error is returned the given number of times, with the given header and description."""
        fault = {"status": 429, "times": 2, "operation": "ListCalls", "retryAfter": 1.5, "description": "slowly", "cut": False}
        assert ask(voice, "POST", "/emulator/faults", fault).status == 204
        for _ in range(2):
            reply = self.get(voice)
            assert (*refusal(reply), reply.headers["Retry-After"]) == (429, "slowly", "1.5")
        assert self.get(voice).status == 200

    def test_faults_are_listed_and_cleared(self, voice: Core) -> None:
        """The list has the fields that created each fault, and the number of requests that will still fail."""
        faults: list[dict[str, Any]] = [
            {"status": 429, "times": 2, "operation": "ListCalls", "retryAfter": 1.5, "description": "slowly"},
            {"cut": True, "operation": "CreateCall"},
            {"delay": 2.5},
        ]
        for fault in faults:
            assert ask(voice, "POST", "/emulator/faults", fault).status == 204
        assert self.get(voice).status == 429
        assert ask(voice, "GET", "/emulator/faults").json() == [
            {**faults[0], "times": 1, "retryAfter": "1.5"},
            {**faults[1], "times": 1},
            {**faults[2], "times": 1},
        ]
        assert ask(voice, "DELETE", "/emulator/faults").status == 204
        assert ask(voice, "GET", "/emulator/faults").json() == []
        assert self.get(voice).status == 200

    def test_webhook_delays_are_listed_and_cleared(self, voice: Core) -> None:
        """The list has the delays that still apply."""
        for delay in ({"seconds": 9, "path": "/answer"}, {"seconds": 2, "times": 3}):
            assert ask(voice, "POST", "/emulator/webhook-delays", delay).status == 204
        expected = [{"seconds": 9, "times": 1, "path": "/answer"}, {"seconds": 2, "times": 3}]
        assert ask(voice, "GET", "/emulator/webhook-delays").json() == expected
        assert ask(voice, "DELETE", "/emulator/webhook-delays").status == 204
        assert ask(voice, "GET", "/emulator/webhook-delays").json() == []

    def test_a_cut_connection(self, voice: Core) -> None:
        """The server receives the exception that makes it cut the connection."""
        assert ask(voice, "POST", "/emulator/faults", {"cut": True}).status == 204
        with pytest.raises(ConnectionResetError):
            self.get(voice)

    def test_a_delay(self, voice: Core, monkeypatch: pytest.MonkeyPatch) -> None:
        """A response is delayed by the given seconds of real time."""
        slept: list[float] = []
        monkeypatch.setattr(voice._simulation, "pause", slept.append)
        assert ask(voice, "POST", "/emulator/faults", {"delay": 0.5, "operation": "ListCalls"}).status == 204
        assert (self.get(voice).status, slept) == (200, [0.5])

    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            ({}, "expected exactly one of status, cut, delay; got 0"),
            ({"cut": False}, "expected exactly one of status, cut, delay; got 0"),
            ({"status": 500, "delay": 1}, "expected exactly one of status, cut, delay; got 2"),
            ({"cut": True, "retryAfter": 1}, "retryAfter and description are only allowed with status"),
            ({"status": 418}, "418 is not an error status of the API"),
            ({"delay": 1, "operation": "Dial"}, "'Dial' is not an operation"),
            ({"status": 500, "times": 0}, "times=0 is too small; expected an integer of at least 1"),
        ],
    )
    def test_an_invalid_fault_is_refused(self, voice: Core, body: object, sentence: str) -> None:
        """A request with an invalid fault returns 400 and has no effect."""
        status, said = refusal(ask(voice, "POST", "/emulator/faults", body))
        assert (status, said[: len(sentence)]) == (400, sentence)
        assert self.get(voice).status == 200


class TestErrors:
    """Invalid requests return an error with its reason."""

    def test_an_internal_error_is_logged(
        self, voice: Core, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An internal error returns 500 and is logged."""
        monkeypatch.setattr(voice, "run", lambda: 1 // 0)
        assert refusal(ask(voice, "POST", "/emulator/run")) == (
            500,
            "internal error of the emulator; its log has the traceback",
        )
        (record,) = caplog.records
        assert (record.name, record.getMessage()) == (
            "callcontrol.emulator.control_api",
            "internal error of the emulator in a control request",
        )

    def test_infinite_seconds_are_refused(self, voice: Core) -> None:
        """A request with an infinite number of seconds returns 400."""
        status, sentence = refusal(ask(voice, "POST", "/emulator/advance", b'{"seconds": 1e999}'))
        assert (status, sentence) == (400, "seconds=inf is not a finite number; expected a number from 0 to 1000000000")

    def test_other_paths_belong_to_the_api(self, voice: Core) -> None:
        """Any path outside /emulator and the phone is handled by the API."""
        for path in ("/emulators", "/api/v2/accounts/1", "/phones"):
            assert ask(voice, "GET", path).json()["type"] == "validation"

    @pytest.mark.parametrize("path", ["/emulator/", "/emulator/dial", "/emulator/calls/c-1/answer/"])
    def test_an_unknown_path_returns_the_routes(self, voice: Core, path: str) -> None:
        """A request to an unknown path returns 404 with a list of all requests."""
        reply = ask(voice, "GET", path)
        assert refusal(reply) == (404, f'{path} does not exist; see "routes" for all requests')
        assert reply.json()["routes"] == list(map(str, ROUTES))
        assert [route["request"] for route in ask(voice, "GET", "/emulator").json()["routes"]] == list(map(str, ROUTES))

    def test_a_wrong_method_returns_the_allowed_methods(self, voice: Core) -> None:
        """A request with a wrong method returns 405 with the allowed methods."""
        assert refusal(ask(voice, "DELETE", "/emulator/calls")) == (
            405,
            "DELETE is not allowed for /emulator/calls; expected GET or POST",
        )

    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            ({}, "digits is missing"),
            ({"digits": 12}, "digits=12 is not a string"),
            ({"digits": "1x"}, "'x' is not a key; expected one of 0123456789*#ABCD"),
            ({"digits": "1", "key": 2}, "key is not a field of this request; expected one of digits"),
            ([], "the body is not a JSON object"),
            (b"{", "the body is not a JSON object"),
        ],
    )
    def test_an_invalid_body_is_refused(self, voice: Core, body: object, sentence: str) -> None:
        """A request with an invalid body returns 400, and the message describes the error."""
        assert refusal(ask(voice, "POST", f"{dial(voice)}/press", body)) == (400, sentence)

    @pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
    def test_only_json_is_accepted(self, voice: Core, content_type: str) -> None:
        """A request returns 415 if its content type is one that a form on a web page can send."""
        reply = ask(voice, "POST", "/emulator/calls", {"url": "/answer"}, Content_Type=content_type)
        assert refusal(reply) == (415, "Content-Type must be application/json, even without a body")
        assert not voice.calls
        assert ask(voice, "POST", "/emulator/run", Content_Type="Application/JSON; charset=utf-8").status == 200

    @pytest.mark.parametrize(
        ("host", "status"),
        [
            ("http://127.0.0.1:8080", 200),
            ("http://[::1]:8080", 200),
            ("http://10.1.2.3", 200),
            ("http://LOCALHOST:8080", 200),
            ("http://Emulator.Example:8080", 200),
            ("http://page.example:8080", 403),
            ("http://localhost.page.example", 403),
            ("http://127.0.0.1.page.example", 403),
            ("http://127.0.0.1@page.example", 403),
            ("http://", 403),
            ("http://[::1", 400),
        ],
    )
    def test_only_known_hosts_are_accepted(self, voice: Core, host: str, status: int) -> None:
        """The control API and the API accept IP addresses and known host names only."""
        assert ask(voice, "GET", "/emulator", host=host).status == status
        api = ask(voice, "GET", f"/api/v2/accounts/{ACCOUNT}/calls", host=host, Authorization="Basic dXNlcjpwYXNz")
        assert api.status == status

    def test_an_unknown_host_returns_the_known_hosts(self, voice: Core) -> None:
        """The error for an unknown host lists the known hosts."""
        known = "an IP address or one of emulator.example, localhost"
        remedy = "--allow-host adds a name; in Python, Emulator allows every name"
        assert refusal(ask(voice, "GET", "/emulator", host="http://page.example")) == (
            403,
            f'host "page.example" is not allowed; expected {known}; {remedy}',
        )
