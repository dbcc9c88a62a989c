"""Calls live as the vendor describes it: they ring, are answered or not, are detected, and end with one event."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from callcontrol import BasicAuth, Client, Conflict, Headers, MachineDetection, Request
from callcontrol.emulator import Call
from callcontrol.events import AnswerEvent, MachineDetectionCompleteEvent
from tests.callcontrol.emulator.recording_application import App, Received, client, core, create, entries, response, say
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL_IN_JSON

NUMBER: Final = "+12125550123"
GONE: Final = "https://app.example/gone"
COMMON: Final = {"eventType", "eventTime", "accountId", "applicationId", "from", "to", "direction", "callId", "callUrl"}
"""What every event of a call has, whatever its state."""


def at(received: Received) -> float:
    """When an event arose, in seconds since the beginning."""
    moment = received.event.event_time
    assert moment is not None
    return (moment.minute - 30) * 60 + moment.second + moment.microsecond / 1e6


class TestOutbound:
    """A call that the API creates: queued, initiated, answered, disconnected."""

    def test_it_is_answered_at_once_if_nothing_else_is_said(self) -> None:
        """Its states follow each other before anything is asked, and the application is asked when time goes on."""
        app = App(answer=response(say("Hello.")), gone=204)
        voice = core(app)
        call = create(voice, disconnect_url=GONE)
        assert (call.state, app.received) == ("answered", [])
        voice.run()
        assert entries(call, "state", "event", "spoken") == [
            (0, "queued"),
            (0, "initiated"),
            (0, "answered"),
            (0, "answer"),
            (0, "Hello."),
            (0.36, "disconnected"),
            (0.36, "disconnect"),
        ]
        assert isinstance(app.received[0].event, AnswerEvent)

    def test_it_rings_until_it_is_answered(self) -> None:
        """The times in its state and in its events are those."""
        app = App(answer=response('<Pause duration="2"/>'), gone=204)
        voice = core(app)
        voice.phone(NUMBER).answers(after=7)
        call = create(voice, disconnect_url=GONE)
        assert call.state == "queued"
        voice.advance(0)
        assert call.state == "initiated"
        voice.advance(6.9)
        assert (call.state, app.received) == ("initiated", [])
        voice.run()
        assert entries(call, "state") == [(0, "queued"), (0, "initiated"), (7, "answered"), (9, "disconnected")]
        assert [(each.event.event_type, at(each)) for each in app.received] == [("answer", 7), ("disconnect", 9)]
        ended = app.sent("disconnect")
        times = ("enqueuedTime", "startTime", "answerTime", "endTime")
        assert [ended[name][17:23] for name in times] == ["00.000", "00.000", "07.000", "09.000"]
        state = client(voice).get_call_state(call.call_id)
        assert [state.start_time, state.answer_time, state.end_time] == [call.start_time, call.answer_time, call.end_time]

    def test_a_normal_end_has_these_fields(self) -> None:
        """And neither a message nor an id of an error."""
        app = App(answer=response(), gone=204)
        voice = core(app)
        create(voice, disconnect_url=GONE, tag="t")
        voice.run()
        ended = app.sent("disconnect")
        assert ended.keys() == COMMON | {"enqueuedTime", "startTime", "answerTime", "endTime", "tag", "cause"}
        assert ended["cause"] == "hangup"

    @pytest.mark.parametrize(
        ("react", "after", "cause", "more"),
        [
            ("is_busy", 0, "busy", {"errorMessage": "Callee is busy", "sipResponseCode": 486}),
            ("rejects", 0, "rejected", {"sipResponseCode": 603}),
            ("does_not_answer", 30, "timeout", {}),
        ],
    )
    def test_it_may_not_be_answered(self, react: str, after: float, cause: str, more: dict[str, Any]) -> None:
        """Then there is no answer event, and the one of its end has no time of an answer."""
        app = App(answer=response(), gone=204)
        voice = core(app)
        getattr(voice.phone(NUMBER), react)()
        call = create(voice, disconnect_url=GONE)
        voice.run()
        assert entries(call, "state") == [(0, "queued"), (0, "initiated"), (after, "disconnected")]
        assert app.types == ["disconnect"]
        ended = app.sent("disconnect")
        ids = {"errorId"} if "errorMessage" in more else set()
        assert ended.keys() == COMMON | {"enqueuedTime", "startTime", "endTime", "cause"} | more.keys() | ids
        assert {name: ended[name] for name in more} == more
        assert ended["cause"] == call.disconnect_cause == cause

    @pytest.mark.parametrize(("seconds", "state"), [(9.9, "timeout"), (10, None), (10.1, None)])
    def test_it_rings_no_longer_than_it_may(self, seconds: float, state: str | None) -> None:
        """``callTimeout`` counts; one that is as long as the ringing is enough."""
        voice = core(App(answer=response('<Pause duration="100"/>')))
        voice.phone(NUMBER).answers(after=10)
        call = create(voice, call_timeout=seconds)
        voice.advance(20)
        assert call.disconnect_cause == state

    def test_who_answers_may_hang_up(self) -> None:
        """So many seconds after the answer, whatever the call does then."""
        app = App(answer=response('<Pause duration="100"/>'), gone=204)
        voice = core(app)
        voice.phone(NUMBER).answers(after=3, hangs_up_after=4)
        call = create(voice, disconnect_url=GONE)
        voice.run()
        assert entries(call, "state")[-1] == (7, "disconnected")
        assert app.sent("disconnect")["cause"] == "hangup"
        assert voice.seconds == 7

    def test_who_would_have_hung_up_need_not(self) -> None:
        """If the call has ended before, it ends once."""
        app = App(answer=response(), gone=204)
        voice = core(app)
        voice.phone(NUMBER).answers(hangs_up_after=4)
        create(voice, disconnect_url=GONE)
        voice.run()
        assert app.types == ["answer", "disconnect"]
        assert voice.seconds == 0

    @pytest.mark.parametrize(("lead", "state"), [("queued", "queued"), ("ringing", "initiated"), ("answered", "answered")])
    def test_the_api_ends_it(self, lead: str, state: str) -> None:
        """An unanswered call is cancelled, an answered one hung up; there is one event of the end."""
        app = App(answer=response('<Pause duration="100"/>'), gone=204)
        voice = core(app, answers=lead != "queued")
        if lead == "ringing":
            voice.phone(NUMBER).answers(after=20)
        call = create(voice, disconnect_url=GONE)
        voice.advance(5)
        assert call.state == state
        client(voice).update_call(call.call_id, state="completed")
        voice.run()
        cause = "hangup" if lead == "answered" else "cancel"
        assert (call.disconnect_cause, app.sent("disconnect")["cause"]) == (cause, cause)
        assert app.types == (["answer"] if lead == "answered" else []) + ["disconnect"]
        assert ("startTime" in app.sent("disconnect")) is (lead != "queued")
        assert call.timeline.texts("api") == ["UpdateCall completed"]

    @pytest.mark.parametrize("change", ["redirect", "interrupt"])
    @pytest.mark.parametrize("lead", ["queued", "ringing"])
    def test_it_is_not_interrupted_before_it_is_answered(self, change: str, lead: str) -> None:
        """The API says so, and the call rings on."""
        voice = core(App(answer=response(say("Hello."))), answers=lead != "queued")
        if lead == "ringing":
            voice.phone(NUMBER).answers(after=20)
        call = create(voice)
        voice.advance(5)
        given: Any = "https://app.example/next" if change == "redirect" else response()
        with pytest.raises(Conflict):
            getattr(client(voice), change)(call.call_id, given)
        if lead == "ringing":
            call.expect_speech("hello")

    def test_a_call_that_has_a_phone_can_be_led_too(self) -> None:
        """Before it rings by itself, and while it does."""
        voice = core(App(answer=response(say("Hello."))))
        voice.phone(NUMBER).answers(after=20)
        first, second = create(voice), create(voice)
        voice.initiate(first.call_id)
        assert first.state == "initiated"
        voice.advance(1)
        voice.answer(second.call_id)
        assert second.expect_speech("hello").at == 1
        assert first.expect_speech("hello").at == 20

    def test_a_call_that_waits_to_be_told_waits(self) -> None:
        """However long, unless its phone is one that reacts."""
        app = App(answer=response(say("Hello.")))
        voice = core(app, answers=False)
        voice.phone("+12125550124").answers(after=3)
        call, other = create(voice), create(voice, to="+12125550124")
        voice.run()
        assert (call.state, other.state) == ("queued", "disconnected")
        voice.initiate(call.call_id)
        voice.answer(call.call_id)
        call.expect_speech("hello")
        assert app.types == ["answer", "answer"]


class TestMachineDetection:
    """Who has answered is found out before the first document, or beside it."""

    def ask(self, by: str, app: App, **detection: Any) -> Call:
        """A call that is answered after a second, and lived to its end."""
        voice = core(app)
        voice.phone(NUMBER).answers(after=1, by=by)  # type: ignore[arg-type]
        call = create(voice, machine_detection=MachineDetection(**detection), disconnect_url=GONE)
        voice.run()
        return call

    FOUND: Final = [
        ("human", {}, "human", 2),
        ("answering-machine", {}, "answering-machine", 5),
        ("silence", {}, "silence", 10),
        ("silence", {"silence_timeout": 4}, "silence", 4),
        ("silence", {"silence_timeout": 20}, "timeout", 15),
        ("answering-machine", {"detection_timeout": 4}, "timeout", 4),
        ("answering-machine", {"detection_timeout": 5}, "answering-machine", 5),
        ("human", {"detection_timeout": 1}, "timeout", 1),
    ]

    @pytest.mark.parametrize(("by", "given", "value", "seconds"), FOUND)
    def test_in_sync_the_answer_event_waits(self, by: str, given: dict[str, Any], value: str, seconds: int) -> None:
        """And has the result; there is no other event of it."""
        app = App(answer=response(), gone=204)
        self.ask(by, app, mode="sync", **given)
        assert app.types == ["answer", "disconnect"]
        assert app.sent("answer")["machineDetectionResult"] == {"value": value, "duration": f"PT{seconds}S"}
        assert at(app.received[0]) == 1 + seconds
        assert app.sent("answer")["answerTime"][17:23] == "01.000"

    @pytest.mark.parametrize(("by", "given", "value", "seconds"), FOUND)
    @pytest.mark.parametrize("mode", [{}, {"mode": "async"}])
    def test_in_async_the_result_comes_in_its_own_event(
        self, mode: dict[str, Any], by: str, given: dict[str, Any], value: str, seconds: int
    ) -> None:
        """Which is the default; the answer event comes at once and has none."""
        app = App(answer=response('<Pause duration="30"/>'), amd=204, gone=204)
        self.ask(by, app, **mode, callback_url="https://app.example/amd", **given)
        assert [(each.event.event_type, at(each)) for each in app.received] == [
            ("answer", 1),
            ("machineDetectionComplete", 1 + seconds),
            ("disconnect", 31),
        ]
        assert "machineDetectionResult" not in app.sent("answer")
        event = app.received[1].event
        assert isinstance(event, MachineDetectionCompleteEvent)
        assert event.machine_detection_result is not None
        assert event.machine_detection_result.value == value
        assert app.sent("machineDetectionComplete").keys() == COMMON | {
            "enqueuedTime",
            "startTime",
            "answerTime",
            "machineDetectionResult",
        }

    @pytest.mark.parametrize(("failure", "paths"), [(500, ["/answer", "/amd", "/again"]), (204, ["/answer", "/amd"])])
    def test_its_event_has_a_fallback(self, failure: int, paths: list[str]) -> None:
        """With a method and credentials of its own; what is answered does not matter."""
        app = App(answer=response('<Pause duration="30"/>'), amd=failure, again=response("<Hangup/>"))
        self.ask(
            "human",
            app,
            callback_url="https://app.example/amd",
            username="u",
            password="p",
            fallback_url="https://app.example/again",
            fallback_method="GET",
            fallback_username="f",
            fallback_password="q",
        )
        assert app.paths[:-1] == paths
        asked = [(each.method, each.headers["AUTHORIZATION"]) for each in app.received[1:-1]]
        assert asked == [("POST", "Basic dTpw"), ("GET", "Basic Zjpx")][: len(paths) - 1]

    def test_nobody_needs_to_be_told(self) -> None:
        """Without a URL there is no event."""
        app = App(answer=response('<Pause duration="30"/>'), gone=204)
        self.ask("human", app, mode="async")
        assert app.types == ["answer", "disconnect"]

    def test_a_call_that_has_ended_has_nothing_detected(self) -> None:
        """A document has to keep it up until the result is there."""
        app = App(answer=response(say("Bye.")), gone=204)
        call = self.ask("human", app, callback_url="https://app.example/amd")
        assert app.types == ["answer", "disconnect"]
        assert call.timeline[-1].at < 3

    def test_a_call_that_is_hung_up_while_it_waits(self) -> None:
        """Its application is never asked."""
        app = App(gone=204)
        voice = core(app)
        voice.phone(NUMBER).answers(hangs_up_after=1)
        create(voice, machine_detection=MachineDetection(mode="sync"), disconnect_url=GONE)
        voice.run()
        assert app.types == ["disconnect"]

    def test_a_null_in_it_stands_for_the_default(self) -> None:
        """As everywhere in the request."""
        app = App(answer=response())
        voice = core(app)
        body = NEW_CALL_IN_JSON | {"machineDetection": {"mode": "sync", "detectionTimeout": None, "callbackUrl": None}}
        headers = Headers({"Authorization": "Basic dTpw", "Content-Type": "application/json"})
        url = f"http://voice.example/api/v2/accounts/{ACCOUNT}/calls"
        assert voice.handle(Request("POST", url, headers, json.dumps(body).encode())).status == 201
        voice.run()
        assert app.sent("answer")["machineDetectionResult"]["value"] == "human"


ANSWERS: Final = {
    say("Hello."): True,
    "<PlayAudio>hello.wav</PlayAudio>": True,
    '<Pause duration="1"/>': True,
    "<Ring/>": True,
    '<Ring answerCall="true"/>': True,
    '<Ring answerCall="false"/>': False,
    "<SendDtmf>1</SendDtmf>": True,
    '<Gather firstDigitTimeout="1"/>': True,
    "<Conference>standup</Conference>": True,
    "<Tag>t</Tag>": False,
    "<Hangup/>": False,
    '<Redirect redirectUrl="/empty"/>': False,
    "": False,
}
"""Whether a verb answers an inbound call."""


class TestInbound:
    """A call to the application, which decides whether it is answered."""

    def test_the_application_is_asked_first(self) -> None:
        """The event of an unanswered call has neither the time of an answer nor one in a queue, nor a tag."""
        app = App(answer=response())
        voice = core(app)
        more: dict[str, Any] = {"stirShaken": {"verstat": "TN-Validation-Passed"}, "privacy": False, "uui": "x;encoding=hex"}
        call = voice.dial("/answer", to="sip:desk@app.example", from_="+13365550142", **more)
        assert (call.state, call.direction) == ("initiated", "inbound")
        voice.advance(0)
        initiated = app.sent("initiate")
        assert initiated.keys() == COMMON | {"startTime"} | more.keys()
        assert (initiated["from"], initiated["to"], initiated["direction"]) == (
            "+13365550142",
            "sip:desk@app.example",
            "inbound",
        )
        assert dict(initiated["stirShaken"]) == more["stirShaken"]

    def test_an_event_has_only_the_fields_that_it_has(self) -> None:
        """A misspelt one is not lost, and what is known of the call itself cannot be said otherwise."""
        names = "callerDisplayName, diversion, privacy, sipCallId, sipHeaders, stirShaken, uui"
        for name in ("sip_headers", "callId", "from"):
            wrong: Any = {name: "x"}
            with pytest.raises(ValueError, match=f"^{name} is not a field of the initiate event; expected one of {names}$"):
                core(App()).dial("/answer", **wrong)

    @pytest.mark.parametrize(("verb", "is_answered"), ANSWERS.items())
    def test_the_first_verb_that_needs_it_answers(self, verb: str, *, is_answered: bool) -> None:
        """A call that none of its verbs answers is rejected; an answered one is hung up at the end."""
        app = App(answer=response(verb), empty=response(), gone=204)
        voice = core(app)
        call = voice.dial("/answer", status_url="/gone")
        voice.advance(10)
        call.hang_up()
        assert [text for _, text in entries(call, "state")] == ["initiated", *["answered"] * is_answered, "disconnected"]
        cause = "hangup" if is_answered else "rejected"
        assert (call.disconnect_cause, app.sent("disconnect")["cause"]) == (cause, cause)
        assert ("answerTime" in app.sent("disconnect")) is is_answered
        assert app.sent("disconnect").keys() - {"answerTime", "tag"} == COMMON | {"startTime", "endTime", "cause"}

    def test_it_is_answered_when_that_verb_begins(self) -> None:
        """And not before what comes before it, nor again."""
        call = core(App(answer=response('<Ring answerCall="false" duration="4"/>', say("Hi."), '<Pause duration="1"/>'))).dial(
            "/answer"
        )
        call.expect_end()
        assert entries(call, "state") == [(0, "initiated"), (4, "answered"), (4 + 0.18 + 1, "disconnected")]

    def test_a_redirect_does_not_answer_it(self) -> None:
        """Its event has no time of an answer; what comes after has."""
        redirect = '<Redirect redirectUrl="/next"/>'
        app = App(
            answer=response("<Tag>t</Tag>", redirect),
            next=response(say("Hi."), '<Redirect redirectUrl="/last"/>'),
            last=response(),
        )
        voice = core(app)
        voice.dial("/answer")
        voice.run()
        first, second = (dict(each.event.fields) for each in app.received if each.event.event_type == "redirect")
        assert ("answerTime" in first, "answerTime" in second) == (False, True)
        assert first.keys() == COMMON | {"startTime", "tag"}

    @pytest.mark.parametrize("answer", ["", "  \n", 204, response(), "<Bxml/>"])
    def test_an_empty_answer_rejects_it(self, answer: Any) -> None:
        """As an empty document does."""
        call = core(App(answer=answer)).dial("/answer")
        assert call.expect_end() == "rejected"

    def test_its_application_may_fail(self) -> None:
        """Then it ends unanswered, and the event goes to the URL for that, with the credentials of the application."""
        app = App(answer=500, again=500, gone=204)
        voice = core(app)
        call = voice.dial(
            "/answer",
            method="GET",
            username="u",
            password="p",
            fallback_url="/again",
            fallback_method="GET",
            fallback_username="f",
            fallback_password="q",
            status_url="/gone",
            status_method="GET",
        )
        assert call.expect_end() == "callback-error"
        assert app.paths == ["/answer", "/again", "/gone"]
        assert [each.method for each in app.received] == ["GET"] * 3
        assert [each.headers["AUTHORIZATION"] for each in app.received] == ["Basic dTpw", "Basic Zjpx", "Basic dTpw"]

    def test_the_api_rejects_it(self) -> None:
        """While it is not answered, the API ends it so, and does nothing else to it."""
        app = App(answer=response('<Ring answerCall="false" duration="10"/>'), gone=204)
        voice = core(app)
        call = voice.dial("/answer", status_url="/gone")
        voice.advance(1)
        api = Client("9900123", BasicAuth("u", "p"), send=voice.handle)
        with pytest.raises(Conflict):
            api.update_call(call.call_id, redirect_url="https://app.example/next")
        with pytest.raises(Conflict):
            api.update_call_bxml(call.call_id, response())
        api.update_call(call.call_id, state="completed")
        voice.run()
        assert app.sent("disconnect")["cause"] == call.disconnect_cause == "rejected"

    def test_calls_come_from_anywhere_to_any_account(self) -> None:
        """As the test says."""
        app = App(answer=response())
        voice = core(app)
        call = voice.dial("/answer", account_id="9900124", application_id="app-2")
        voice.run()
        assert (app.sent("initiate")["accountId"], app.sent("initiate")["applicationId"]) == ("9900124", "app-2")
        assert list(client(voice).list_calls()) == []
        assert call.account_id == "9900124"
