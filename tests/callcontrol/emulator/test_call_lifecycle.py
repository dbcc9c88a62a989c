"""Outbound and inbound calls follow the vendor's description, from ringing to the disconnect event."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from callcontrol import BasicAuth, Client, Conflict, Headers, MachineDetection, Request
from callcontrol.emulator import Call
from callcontrol.events import AnswerEvent, MachineDetectionCompleteEvent
from tests.callcontrol.emulator.scripted_application import App, Received, client, core, create, entries, response, say
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL_IN_JSON

NUMBER: Final = "+12125550123"
GONE: Final = "https://app.example/gone"
COMMON: Final = {"eventType", "eventTime", "accountId", "applicationId", "from", "to", "direction", "callId", "callUrl"}
"""The fields of every event of a call, in any state."""


def at(received: Received) -> float:
    """Return the time of an event in seconds since the start of the emulator."""
    moment = received.event.event_time
    assert moment is not None
    return (moment.minute - 30) * 60 + moment.second + moment.microsecond / 1e6


class TestOutbound:
    """An outbound call is queued, initiated, answered and disconnected."""

    def test_a_call_is_answered_immediately_by_default(self) -> None:
        """The call is answered without ringing, and its answer event is sent when time advances."""
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

    def test_a_call_rings_until_it_is_answered(self) -> None:
        """The state and the events of a call have the times when it rang, was answered and ended."""
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

    def test_the_disconnect_event_of_a_normal_end(self) -> None:
        """A normal end has neither an error message nor an error id."""
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
    def test_an_unanswered_call_ends_with_its_cause(self, react: str, after: float, cause: str, more: dict[str, Any]) -> None:
        """An unanswered call sends no answer event, and its disconnect event has no answer time."""
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
    def test_call_timeout_limits_the_ringing(self, seconds: float, state: str | None) -> None:
        """A call ends with the cause timeout if its callTimeout is shorter than the ringing."""
        voice = core(App(answer=response('<Pause duration="100"/>')))
        voice.phone(NUMBER).answers(after=10)
        call = create(voice, call_timeout=seconds)
        voice.advance(20)
        assert call.disconnect_cause == state

    def test_the_answering_party_may_hang_up(self) -> None:
        """The party hangs up the given number of seconds after the answer."""
        app = App(answer=response('<Pause duration="100"/>'), gone=204)
        voice = core(app)
        voice.phone(NUMBER).answers(after=3, hangs_up_after=4)
        call = create(voice, disconnect_url=GONE)
        voice.run()
        assert entries(call, "state")[-1] == (7, "disconnected")
        assert app.sent("disconnect")["cause"] == "hangup"
        assert voice.seconds == 7

    def test_a_later_hangup_is_canceled_by_the_end(self) -> None:
        """If a call ends before its phone hangs up, the call ends only once."""
        app = App(answer=response(), gone=204)
        voice = core(app)
        voice.phone(NUMBER).answers(hangs_up_after=4)
        create(voice, disconnect_url=GONE)
        voice.run()
        assert app.types == ["answer", "disconnect"]
        assert voice.seconds == 0

    @pytest.mark.parametrize(("lead", "state"), [("queued", "queued"), ("ringing", "initiated"), ("answered", "answered")])
    def test_the_api_ends_a_call(self, lead: str, state: str) -> None:
        """The API cancels an unanswered call and hangs up an answered call. One disconnect event is sent."""
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
    def test_an_unanswered_call_cannot_be_interrupted(self, change: str, lead: str) -> None:
        """The API returns 409, and the call keeps ringing."""
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

    def test_a_test_can_answer_a_call_before_its_phone_does(self) -> None:
        """Core.initiate and Core.answer work before and while the phone rings."""
        voice = core(App(answer=response(say("Hello."))))
        voice.phone(NUMBER).answers(after=20)
        first, second = create(voice), create(voice)
        voice.initiate(first.call_id)
        assert first.state == "initiated"
        voice.advance(1)
        voice.answer(second.call_id)
        assert second.expect_speech("hello").at == 1
        assert first.expect_speech("hello").at == 20

    def test_a_queued_call_waits_for_the_test(self) -> None:
        """With answers=False a call stays queued, unless its phone has a reaction."""
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
    """Machine detection reports its result in the answer event or in an event of its own."""

    def finished_call(self, by: str, app: App, **detection: Any) -> Call:
        """Create a call that is answered after one second, and run the call to its end."""
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
    def test_sync_detection_delays_the_answer_event(self, by: str, given: dict[str, Any], value: str, seconds: int) -> None:
        """With mode sync the answer event has the result, and no other event is sent."""
        app = App(answer=response(), gone=204)
        self.finished_call(by, app, mode="sync", **given)
        assert app.types == ["answer", "disconnect"]
        assert app.sent("answer")["machineDetectionResult"] == {"value": value, "duration": f"PT{seconds}S"}
        assert at(app.received[0]) == 1 + seconds
        assert app.sent("answer")["answerTime"][17:23] == "01.000"

    @pytest.mark.parametrize(("by", "given", "value", "seconds"), FOUND)
    @pytest.mark.parametrize("mode", [{}, {"mode": "async"}])
    def test_async_detection_sends_an_event_of_its_own(
        self, mode: dict[str, Any], by: str, given: dict[str, Any], value: str, seconds: int
    ) -> None:
        """The answer event is sent immediately, without a result."""
        app = App(answer=response('<Pause duration="30"/>'), amd=204, gone=204)
        self.finished_call(by, app, **mode, callback_url="https://app.example/amd", **given)
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
    def test_the_detection_event_has_a_fallback(self, failure: int, paths: list[str]) -> None:
        """The fallback of the event has its own method and credentials. A document in the fallback's response is ignored."""
        app = App(answer=response('<Pause duration="30"/>'), amd=failure, again=response("<Hangup/>"))
        self.finished_call(
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

    def test_without_a_url_no_detection_event_is_sent(self) -> None:
        """If the request has no callback URL, no detection event is sent."""
        app = App(answer=response('<Pause duration="30"/>'), gone=204)
        self.finished_call("human", app, mode="async")
        assert app.types == ["answer", "disconnect"]

    def test_an_ended_call_sends_no_detection_event(self) -> None:
        """If a call ends before the result is known, no detection event is sent."""
        app = App(answer=response(say("Bye.")), gone=204)
        call = self.finished_call("human", app, callback_url="https://app.example/amd")
        assert app.types == ["answer", "disconnect"]
        assert call.timeline[-1].at < 3

    def test_a_hangup_during_sync_detection(self) -> None:
        """If a call is hung up during detection, no answer event is sent."""
        app = App(gone=204)
        voice = core(app)
        voice.phone(NUMBER).answers(hangs_up_after=1)
        create(voice, machine_detection=MachineDetection(mode="sync"), disconnect_url=GONE)
        voice.run()
        assert app.types == ["disconnect"]

    def test_null_options_have_their_defaults(self) -> None:
        """A null member of machineDetection counts as missing."""
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
"""For each verb, as XML: true if it answers an inbound call."""


class TestInbound:
    """The application decides whether an inbound call is answered."""

    def test_the_initiate_event_comes_first(self) -> None:
        """The initiate event of an unanswered call has no answer time, no enqueued time and no tag."""
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

    def test_an_unknown_event_field_raises(self) -> None:
        """Misspelled fields and fields of the call itself raise ValueError."""
        names = "callerDisplayName, diversion, privacy, sipCallId, sipHeaders, stirShaken, uui"
        for name in ("sip_headers", "callId", "from"):
            wrong: Any = {name: "x"}
            with pytest.raises(ValueError, match=f"^{name} is not a field of the initiate event; expected one of {names}$"):
                core(App()).dial("/answer", **wrong)

    @pytest.mark.parametrize(("verb", "is_answered"), ANSWERS.items())
    def test_the_first_verb_that_needs_an_answered_call_answers(self, verb: str, *, is_answered: bool) -> None:
        """A call is rejected if no verb answers it. An answered call is hung up at the end."""
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

    def test_the_call_is_answered_when_the_verb_starts(self) -> None:
        """The call is answered once, when the first answering verb starts."""
        call = core(App(answer=response('<Ring answerCall="false" duration="4"/>', say("Hi."), '<Pause duration="1"/>'))).dial(
            "/answer"
        )
        call.expect_end()
        assert entries(call, "state") == [(0, "initiated"), (4, "answered"), (4 + 0.18 + 1, "disconnected")]

    def test_a_redirect_does_not_answer_the_call(self) -> None:
        """The event of a Redirect has an answer time only if an earlier verb answered the call."""
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
    def test_an_empty_response_rejects_the_call(self, answer: Any) -> None:
        """An empty response has the effect of an empty document."""
        call = core(App(answer=answer)).dial("/answer")
        assert call.expect_end() == "rejected"

    def test_a_failing_application_ends_the_call(self) -> None:
        """The call ends unanswered, and each URL is requested with its own method and credentials."""
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

    def test_the_api_rejects_an_unanswered_call(self) -> None:
        """An unanswered inbound call can be ended by the API, but not redirected."""
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

    def test_account_and_application_can_be_chosen(self) -> None:
        """Core.dial sets the account and the application of the call."""
        app = App(answer=response())
        voice = core(app)
        call = voice.dial("/answer", account_id="9900124", application_id="app-2")
        voice.run()
        assert (app.sent("initiate")["accountId"], app.sent("initiate")["applicationId"]) == ("9900124", "app-2")
        assert list(client(voice).list_calls()) == []
        assert call.account_id == "9900124"
