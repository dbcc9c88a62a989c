"""Requests that drive calls: what each does, what is refused, and that no web page can make them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bxml import Response
from callcontrol import Headers, Reply, Request
from callcontrol.emulator import Core
from callcontrol.emulator.control_api import ROUTES, Control
from callcontrol.emulator.webhook_targets import Target, Webhook
from tests.callcontrol.emulator.document_application import MENU, answering
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL_IN_JSON

HOST = "http://127.0.0.1:8080"

ACTS = {
    "press": {"digits": "1"},
    "say": {"text": "x"},
    "close-stream": {"name": "x"},
    "expect": {"ended": True},
    "hang-up": None,
    "initiate": None,
    "answer": None,
}
"""What can be done to a call, and what that takes."""


@pytest.fixture
def voice() -> Core:
    """An emulator of which an application is called."""
    return Core(answering(MENU))


def ask(core: Core, method: str, path: str, body: object = None, *, host: str = HOST, **headers: str) -> Reply:
    """The answer to a request, which has the content type of JSON unless another one is given."""
    fields = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Control(core, {"emulator.example"}).handle(Request(method, host + path, Headers(fields), content))


def refusal(reply: Reply) -> tuple[int, str]:
    """Status and sentence of an error."""
    return reply.status, reply.json()["description"]


def dial(core: Core, **fields: object) -> str:
    """A new call's path."""
    reply = ask(core, "POST", "/emulator/calls", {"url": "/answer", **fields})
    assert (reply.status, reply.headers["Location"]) == (201, f"/emulator/calls/{reply.json()['callId']}")
    return reply.headers["Location"]


def kinds(shown: Any, kind: str) -> list[str]:
    """The texts of the entries of a kind."""
    return [entry["text"] for entry in shown["timeline"] if entry["kind"] == kind]


class TestCalls:
    """A call is made, heard, answered and ended."""

    def test_a_call_from_beginning_to_end(self, voice: Core) -> None:
        """Each request does what a caller does, and shows the call as the API shows it, with its timeline."""
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
        assert (shown["seconds"], shown["speed"]) == (0.24, None)
        ended = ask(voice, "GET", path).json()
        assert (ended["disconnectCause"], kinds(ended, "event")) == ("hangup", ["initiate", "gather", "disconnect"])

    def test_what_is_said_and_hung_up(self, voice: Core) -> None:
        """Speech is speech, and a call can be ended twice."""
        path = dial(voice)
        assert kinds(ask(voice, "POST", f"{path}/say", {"text": "Hello?"}).json(), "said") == ["Hello?"]
        for _ in range(2):
            assert ask(voice, "POST", f"{path}/hang-up").json()["state"] == "disconnected"

    def test_what_is_listened_to(self) -> None:
        """What a call waits for is told."""
        document = '<Response><Gather input="dtmf speech" gatherUrl="/menu"/></Response>'
        core = Core(answering({"/answer": document.replace("dtmf speech", "dtmf_speech")}))
        path = dial(core)
        core.advance(0)
        assert ask(core, "GET", path).json()["listensTo"] == ["keys", "speech"]

    def test_fields_of_the_first_event(self, voice: Core) -> None:
        """What else the network tells of a call is told to the application."""
        dial(voice, fields={"uui": "x;encoding=hex"})
        voice.run()
        (call,) = voice.calls
        (event,) = (entry for entry in call.timeline if entry.text == "initiate")
        assert event.content["uui"] == "x;encoding=hex"

    @pytest.mark.parametrize("name", ["url", "to", "username", "callId", "sip_headers", "from_"])
    def test_fields_that_the_event_has_not(self, voice: Core, name: str) -> None:
        """Neither are they lost, nor taken for something else."""
        status, sentence = refusal(ask(voice, "POST", "/emulator/calls", {"url": "/answer", "fields": {name: "x"}}))
        assert (status, sentence[: sentence.index(",")]) == (400, f"the network tells of no {name}")
        assert not voice.calls

    def test_a_voice_application_has_credentials(self, voice: Core) -> None:
        """And all else that one is set up with."""
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
        """Audio takes the time that was said."""
        core = Core(answering({"/answer": "<Response><PlayAudio>/a.wav</PlayAudio></Response>"}))
        url = "https://app.example/a.wav"
        assert ask(core, "POST", "/emulator/audio", {"url": url, "seconds": 7}).status == 204
        path = dial(core)
        assert ask(core, "POST", f"{path}/expect", {"played": "a.wav"}).json()["text"] == url
        ask(core, "POST", f"{path}/expect", {"ended": True})
        assert core.seconds == 7

    def test_what_was_not_heard(self, voice: Core) -> None:
        """An expectation that fails says what came instead."""
        path = dial(voice)
        reply = ask(voice, "POST", f"{path}/expect", {"spoken": "Good night", "within": 2.5})
        assert refusal(reply) == (409, "'Good night' was not spoken within 2.5 s, in which the call came to Gather")
        assert kinds(reply.json(), "spoken") == ["Welcome."]

    def test_a_stream_is_closed_at_its_far_end(self) -> None:
        """Which a call may wait for; one that is none is named, beside those that are."""
        document = Response().start_stream(destination="wss://app.example/", name="x").stop_stream(name="x", wait=True)
        core = Core(answering({"/answer": document.speak_sentence("Closed.").to_bxml()}))
        path = dial(core)
        reply = ask(core, "POST", f"{path}/close-stream", {"name": "y"})
        assert refusal(reply) == (409, "no stream y goes on; there are [x]")
        assert kinds(ask(core, "POST", f"{path}/close-stream", {"name": "x"}).json(), "spoken") == ["Closed."]

    def test_calls_that_wait_to_be_told(self) -> None:
        """A call in the queue rings, and is answered, once it is told; a second time it cannot."""
        core = Core(answering(MENU), answers=False)
        created = Request(
            *("POST", f"{HOST}/api/v2/accounts/{ACCOUNT}/calls"),
            Headers({"Authorization": "Basic dXNlcjpwYXNz", "Content-Type": "application/json"}),
            json.dumps(NEW_CALL_IN_JSON).encode(),
        )
        path = f"/emulator/calls/{Control(core).handle(created).json()['callId']}"
        assert refusal(ask(core, "POST", f"{path}/answer")) == (409, "a call that is queued cannot become answered")
        assert ask(core, "POST", f"{path}/initiate").json()["state"] == "initiated"
        assert ask(core, "POST", f"{path}/answer").json()["state"] == "answered"
        (shown,) = ask(core, "GET", "/emulator/calls").json()
        assert (shown["state"], shown["direction"], "timeline" in shown) == ("answered", "outbound", False)

    @pytest.mark.parametrize("act", ["", *(f"/{act}" for act in ACTS)])
    def test_a_call_that_is_none(self, voice: Core, act: str) -> None:
        """A call that nobody knows is not found."""
        body = ACTS.get(act.removeprefix("/"))
        reply = ask(voice, "POST" if act else "GET", f"/emulator/calls/c-1{act}", body)
        assert refusal(reply) == (404, "there is no call c-1")

    def test_a_url_that_is_relative_to_nothing(self) -> None:
        """Without an application the URL says where it is."""
        reply = ask(Core(), "POST", "/emulator/calls", {"url": "/answer"})
        assert refusal(reply) == (400, '"/answer" is no absolute URL, and there is no application that it is relative to')
        assert ask(Core(), "POST", "/emulator/calls", {"url": "http://app.example/"}).status == 201


class TestTheWorld:
    """Phones, faults and time."""

    def test_time_is_moved(self, voice: Core) -> None:
        """Virtual time goes on when it is told."""
        dial(voice)
        assert ask(voice, "POST", "/emulator/advance", {"seconds": 2.5}).json()["seconds"] == 2.5
        assert ask(voice, "GET", "/emulator").json()["seconds"] == 2.5

    def test_what_each_request_takes_is_told(self, voice: Core) -> None:
        """By name, with what is required of it."""
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

    def test_a_phone_that_is_none(self, voice: Core) -> None:
        """As no call would ever reach it, which is told at once."""
        reply = ask(voice, "POST", "/emulator/phones/336-555-0177", {"reaction": "is-busy"})
        assert refusal(reply) == (
            400,
            (
                'number="336-555-0177" is not a phone number in E.164 form or a SIP URI; '
                "expected + and 2 to 15 digits, such as +12125550123, or sip:user@host"
            ),
        )

    def test_real_time_is_not_moved(self, voice: Core) -> None:
        """Time that goes by itself does not, and that is said."""
        with Core(answering(MENU), speed=20) as real:
            for path, body in (("advance", {"seconds": 1}), ("run", {})):
                status, sentence = refusal(ask(real, "POST", f"/emulator/{path}", body))
                assert (status, sentence.partition(",")[0]) == (409, "the emulator's time goes by itself")
            assert ask(real, "GET", "/emulator").json()["speed"] == 20

    @pytest.mark.parametrize(
        ("reaction", "cause"), [("is-busy", "busy"), ("rejects", "rejected"), ("does-not-answer", "timeout")]
    )
    def test_phones_that_do_not_answer(self, voice: Core, reaction: str, cause: str) -> None:
        """A phone reacts as it is told, whatever characters its number has."""
        assert ask(voice, "POST", "/emulator/phones/%2B12125550123", {"reaction": reaction}).status == 204
        assert voice.phone("+12125550123").reaction.cause == cause

    def test_a_phone_that_answers(self, voice: Core) -> None:
        """How it answers is told as well."""
        how = {"reaction": "answers", "after": 3, "by": "answering-machine", "hangsUpAfter": 9}
        assert ask(voice, "POST", "/emulator/phones/sip:desk@pbx.example", how).status == 204
        reaction = voice.phone("sip:desk@pbx.example").reaction
        assert (reaction.after, reaction.by, reaction.hangs_up_after) == (3, "answering-machine", 9)
        reply = ask(voice, "POST", "/emulator/phones/+12125550123", {"reaction": "is-busy", "by": "human", "after": 1})
        assert refusal(reply) == (400, "only a phone that answers takes after and by")

    def test_webhooks_are_late(self, voice: Core) -> None:
        """The application takes its time, as it is told."""
        assert ask(voice, "POST", "/emulator/webhook-delays", {"seconds": 9, "path": "/answer"}).status == 204
        path = dial(voice)
        assert ask(voice, "POST", f"{path}/expect", {"spoken": "welcome"}).json()["at"] == 9


class TestFaults:
    """The API fails as it is told."""

    def get(self, core: Core) -> Reply:
        """The answer to a request to the API."""
        return ask(core, "GET", f"/api/v2/accounts/{ACCOUNT}/calls", Authorization="Basic dXNlcjpwYXNz")

    def test_a_status(self, voice: Core) -> None:
        """A status comes as often as said, with its header and words."""
        fault = {"status": 429, "times": 2, "operation": "ListCalls", "retryAfter": 1.5, "description": "slowly", "cut": False}
        assert ask(voice, "POST", "/emulator/faults", fault).status == 204
        for _ in range(2):
            reply = self.get(voice)
            assert (*refusal(reply), reply.headers["Retry-After"]) == (429, "slowly", "1.5")
        assert self.get(voice).status == 200

    def test_a_cut(self, voice: Core) -> None:
        """A connection is cut, which is the server's to do."""
        assert ask(voice, "POST", "/emulator/faults", {"cut": True}).status == 204
        with pytest.raises(ConnectionResetError):
            self.get(voice)

    def test_a_delay(self, voice: Core, monkeypatch: pytest.MonkeyPatch) -> None:
        """An answer waits for so many seconds of real time."""
        slept: list[float] = []
        monkeypatch.setattr("time.sleep", slept.append)
        assert ask(voice, "POST", "/emulator/faults", {"delay": 0.5, "operation": "ListCalls"}).status == 204
        assert (self.get(voice).status, slept) == (200, [0.5])

    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            ({}, "one of [status, cut, delay] is required, and no more than one"),
            ({"cut": False}, "one of [status, cut, delay] is required, and no more than one"),
            ({"status": 500, "delay": 1}, "one of [status, cut, delay] is required, and no more than one"),
            ({"cut": True, "retryAfter": 1}, "only a status takes retryAfter and description"),
            ({"status": 418}, "the API has no error 418"),
            ({"delay": 1, "operation": "Dial"}, "there is no operation Dial"),
            ({"status": 500, "times": 0}, "times=0 is too small; expected an integer of at least 1"),
        ],
    )
    def test_no_fault(self, voice: Core, body: object, sentence: str) -> None:
        """A fault that is none is refused in words."""
        status, said = refusal(ask(voice, "POST", "/emulator/faults", body))
        assert (status, said[: len(sentence)]) == (400, sentence)
        assert self.get(voice).status == 200


class TestRefusals:
    """What is not done, and why."""

    def test_what_nobody_thought_of(
        self, voice: Core, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Whatever happens there is an answer, and whoever runs the emulator is told."""
        monkeypatch.setattr(voice, "run", lambda: 1 // 0)
        assert refusal(ask(voice, "POST", "/emulator/run")) == (500, "the emulator has failed at this")
        (record,) = caplog.records
        assert (record.name, record.getMessage()) == (
            "callcontrol.emulator.control_api",
            "the emulator has failed at a request that drives a call",
        )

    def test_times_that_are_none(self, voice: Core) -> None:
        """Time ends somewhere."""
        status, sentence = refusal(ask(voice, "POST", "/emulator/advance", b'{"seconds": 1e999}'))
        assert (status, sentence) == (400, "seconds=inf is not a finite number; expected a number from 0 to 1000000000")

    def test_the_api_is_beside_it(self, voice: Core) -> None:
        """Any other path is the API's."""
        for path in ("/emulators", "/api/v2/accounts/1", "/"):
            assert ask(voice, "GET", path).json()["type"] == "validation"

    @pytest.mark.parametrize("path", ["/emulator/", "/emulator/dial", "/emulator/calls/c-1/answer/"])
    def test_a_path_that_is_none(self, voice: Core, path: str) -> None:
        """Whoever misses a path is told all of them."""
        reply = ask(voice, "GET", path)
        assert refusal(reply) == (404, f"there is nothing at {path}")
        assert reply.json()["routes"] == list(map(str, ROUTES))
        assert [route["request"] for route in ask(voice, "GET", "/emulator").json()["routes"]] == list(map(str, ROUTES))

    def test_a_method_that_is_none(self, voice: Core) -> None:
        """Whoever misses a method is told those that there are."""
        assert refusal(ask(voice, "DELETE", "/emulator/calls")) == (405, "/emulator/calls takes GET and POST")

    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            ({}, "digits is missing"),
            ({"digits": 12}, "digits=12 is not a string"),
            ({"digits": "1x"}, "there is no key 'x'; there are 0123456789*#ABCD"),
            ({"digits": "1", "key": 2}, "there is no field key; there are [digits]"),
            ([], "the body is no object of JSON"),
            (b"{", "the body is no object of JSON"),
        ],
    )
    def test_a_body_that_is_none(self, voice: Core, body: object, sentence: str) -> None:
        """Bodies are checked."""
        assert refusal(ask(voice, "POST", f"{dial(voice)}/press", body)) == (400, sentence)

    @pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
    def test_only_json(self, voice: Core, content_type: str) -> None:
        """What a form of any page can send is not taken."""
        reply = ask(voice, "POST", "/emulator/calls", {"url": "/answer"}, Content_Type=content_type)
        assert refusal(reply) == (415, "the content type has to be application/json, also without a body")
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
    def test_hosts(self, voice: Core, host: str, status: int) -> None:
        """Only under names that are known, or by its address, is it asked: neither what drives calls, nor the API."""
        assert ask(voice, "GET", "/emulator", host=host).status == status
        api = ask(voice, "GET", f"/api/v2/accounts/{ACCOUNT}/calls", host=host, Authorization="Basic dXNlcjpwYXNz")
        assert api.status == status

    def test_a_host_that_is_not_known_is_told(self, voice: Core) -> None:
        """Whoever has a name for it sees what is missing."""
        assert refusal(ask(voice, "GET", "/emulator", host="http://page.example")) == (
            403,
            "the host page.example is not known here; known are addresses, and emulator.example, localhost",
        )
