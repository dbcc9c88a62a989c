"""Webhooks are delivered as the vendor describes it: requests, credentials, fallbacks, time-outs, repeats, relative URLs."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from callcontrol import MachineDetection, parse_event
from callcontrol.emulator import Assumptions, Call, Core
from callcontrol.emulator.core import NoApplication
from callcontrol.emulator.event_payloads import NAMES, body, written
from callcontrol.emulator.webhook_targets import Target, Webhook, joined, webhook
from callcontrol.events import EVENTS, AnswerEvent, CallEvent, DisconnectEvent
from tests.callcontrol.emulator.recording_application import TODAY, Answer, App, client, core, create, response, say
from tests.callcontrol.faulty_server import Loopback, answering, hang_up, in_turn, wait

PAUSE = response('<Pause duration="10"/>')


def basic(headers: Any) -> str | None:
    """The credentials of a request, as they were given."""
    header: str | None = headers.get("AUTHORIZATION")
    return None if header is None else b64decode(header.removeprefix("Basic ")).decode()


class TestRequests:
    """An event goes by POST as JSON, or by GET as a query, with the credentials of its URL."""

    def test_an_event_is_posted_as_json(self) -> None:
        """With the fields that the event has, by the API's names; none is null, and it can be parsed."""
        app = App(answer=PAUSE)
        voice = core(app)
        call = create(voice, tag="t")
        voice.advance(1)
        (received,) = app.received
        assert (received.method, received.path, received.query) == ("POST", "/answer", "")
        assert received.headers["CONTENT_TYPE"] == "application/json"
        assert received.headers["CONTENT_LENGTH"] == str(len(received.body))
        assert basic(received.headers) is None
        now = "2026-11-02T09:30:00.000Z"
        assert json.loads(received.body) == {
            "eventType": "answer",
            "eventTime": now,
            "accountId": "9900123",
            "applicationId": "1b2c3d4e-0000-4000-8000-123456789abc",
            "from": "+19195550100",
            "to": "+12125550123",
            "direction": "outbound",
            "callId": call.call_id,
            "callUrl": f"https://voice.bandwidth.com/api/v2/accounts/9900123/calls/{call.call_id}",
            "enqueuedTime": now,
            "startTime": now,
            "answerTime": now,
            "tag": "t",
        }
        assert isinstance(parse_event(received.body), AnswerEvent)

    def test_an_event_may_be_asked_for_as_a_query(self) -> None:
        """Objects stand there as JSON, and a query that the URL has stays before it."""
        app = App(answer=PAUSE)
        voice = core(app)
        voice.phone("+12125550123").answers(by="answering-machine")
        url = "https://app.example/answer?menu=a%20b#part"
        create(voice, answer_url=url, answer_method="GET", machine_detection=MachineDetection(mode="sync"), tag="a&b=ü")
        voice.advance(6)
        (received,) = app.received
        assert (received.method, received.body, "CONTENT_TYPE" in received.headers) == ("GET", b"", True)
        assert received.query.startswith("menu=a%20b&eventType=answer&")
        query = parse_qs(received.query)
        assert query["tag"] == ["a&b=ü"]
        assert query["from"] == ["+19195550100"]
        assert json.loads(query["machineDetectionResult"][0]) == {"value": "answering-machine", "duration": "PT5S"}
        event = received.event
        assert isinstance(event, AnswerEvent)
        assert event.to == "+12125550123"

    def test_a_url_is_written_as_http_has_it(self) -> None:
        """Beyond ASCII it is escaped, and what is escaped stays so."""
        app = App(**{"ü b": PAUSE})
        voice = core(app)
        call = voice.dial("/ü%20b?x=é%26")
        voice.advance(1)
        assert app.received[0].path.encode("latin-1").decode() == "/ü b"
        assert app.received[0].query == "x=%C3%A9%26"
        assert call.timeline.texts("answer") == ["404"]  # for the application knows the path by other signs

    @pytest.mark.parametrize(
        ("given", "sent"),
        [
            ({"username": "u", "password": "p:q"}, "u:p:q"),
            ({"username": "ü"}, "ü:"),
            ({"password": "p"}, ":p"),
            ({}, None),
        ],
        ids=["both", "user", "password", "none"],
    )
    def test_credentials_go_with_their_url(self, given: dict[str, str], sent: str | None) -> None:
        """Those of CreateCall to the answer and to the disconnect URL, and not to those of verbs."""
        app = App(answer=response('<Redirect redirectUrl="/next" username="verb" password="s"/>'), next=PAUSE, gone=204)
        voice = core(app)
        create(voice, **given, disconnect_url="https://app.example/gone")
        voice.run()
        assert app.types == ["answer", "redirect", "disconnect"]
        assert [basic(each.headers) for each in app.received] == [sent, "verb:s", sent]

    def test_a_verb_without_credentials_sends_none(self) -> None:
        """Those of the call are not inherited."""
        app = App(answer=response('<Redirect redirectUrl="/next"/>'), next=PAUSE)
        voice = core(app)
        create(voice, username="u", password="p")
        voice.advance(1)
        assert [basic(each.headers) for each in app.received] == ["u:p", None]

    def test_secrets_are_in_no_timeline(self) -> None:
        """Nor in the message of an error: neither passwords nor the user of a URL."""
        redirect = '<Redirect redirectUrl="https://me:hidden@app.example/x" username="u" password="secret"/>'
        app = App(answer=response('<Pause duration="10"/>'), x=[response(say("Hello."), redirect), 404])
        voice = core(app)
        call = create(voice)
        voice.advance(0)
        client(voice).update_call(call.call_id, redirect_url="https://me:hidden@app.example/x", username="u", password="secret")
        voice.run()
        shown = f"{call.timeline} {call.timeline.as_json()} {call!r} {call.error_message} {voice.exchanges[-1]!r}"
        assert "secret" not in shown
        assert "hidden" not in shown
        assert "…@app.example/x" in str(call.timeline)
        assert call.disconnect_cause == "callback-error"


class TestFallbacks:
    """What fails at its URL goes to the one to fall back to, with that one's method and credentials."""

    @pytest.mark.parametrize("failure", [400, 401, 404, 500, 503, 301, 302, 304])
    def test_a_status_that_is_no_success_is_a_failure(self, failure: int) -> None:
        """Also a redirection, which is not followed; the event is the same, to the moment."""
        app = App(answer=failure, again=PAUSE)
        voice = core(app)
        call = create(
            voice,
            username="u",
            password="p",
            answer_fallback_url="https://app.example/again",
            answer_fallback_method="GET",
            fallback_username="f",
            fallback_password="q",
        )
        voice.delay_webhooks(2, path="/answer")
        voice.advance(3)
        first, second = app.received
        assert (first.method, first.path, basic(first.headers)) == ("POST", "/answer", "u:p")
        assert (second.method, second.path, basic(second.headers)) == ("GET", "/again", "f:q")
        assert dict(first.event.fields) == dict(second.event.fields)
        assert call.state == "answered"
        assert call.timeline.texts("answer") == [str(failure), "200"]

    def test_without_credentials_of_its_own_it_gets_none(self) -> None:
        """Each pair belongs to its URL, and POST is the method of each."""
        app = App(answer=500, again=PAUSE)
        voice = core(app)
        create(voice, username="u", password="p", answer_fallback_url="https://app.example/again", answer_method="GET")
        voice.advance(1)
        assert [(each.method, basic(each.headers)) for each in app.received] == [("GET", "u:p"), ("POST", None)]

    def test_both_may_fail(self) -> None:
        """Then the call ends, and the event of its end says why."""
        app = App(answer=500, again=404, gone=204)
        voice = core(app)
        call = create(voice, answer_fallback_url="https://app.example/again", disconnect_url="https://app.example/gone")
        voice.run()
        message = (
            "the event answer failed at https://app.example/answer (status 500) and at https://app.example/again (status 404)"
        )
        assert (call.state, call.disconnect_cause, call.error_message) == ("disconnected", "callback-error", message)
        ended = app.sent("disconnect")
        assert (ended["cause"], ended["errorMessage"]) == ("callback-error", message)
        state = client(voice).get_call_state(call.call_id)
        assert (state.disconnect_cause, state.error_message) == ("callback-error", message)
        assert state.error_id == ended["errorId"]

    def test_without_a_fallback_one_failure_is_enough(self) -> None:
        """The message names what was asked."""
        voice = core(App(answer=500))
        call = create(voice)
        voice.run()
        assert call.error_message == "the event answer failed at https://app.example/answer (status 500)"

    def test_each_verb_has_its_own(self) -> None:
        """Also after the fallback of another."""
        document = response('<Redirect redirectUrl="/a" redirectFallbackUrl="/b" redirectFallbackMethod="GET"/>')
        app = App(answer=document, a=500, b=response('<Gather gatherUrl="/c" gatherFallbackUrl="/d" firstDigitTimeout="0"/>'))
        voice = core(app)
        call = create(voice)
        voice.run()
        assert app.paths == ["/answer", "/a", "/b", "/c", "/d"]
        assert [each.method for each in app.received] == ["POST", "POST", "GET", "POST", "POST"]
        assert call.disconnect_cause == "callback-error"

    def test_the_end_of_a_call_has_none(self) -> None:
        """An event that is not answered is lost if it fails, and nothing comes of it."""
        app = App(answer=response(), gone=500)
        voice = core(app)
        call = create(voice, disconnect_url="https://app.example/gone", answer_fallback_url="https://app.example/again")
        voice.run()
        assert app.paths == ["/answer", "/gone"]
        assert call.disconnect_cause == "hangup"
        assert call.timeline.texts("answer") == ["200", "500"]


class TestTimeouts:
    """An application has so many seconds, of virtual time by a rule, and of real time over HTTP."""

    @pytest.mark.parametrize(("seconds", "in_time"), [(0, True), (4.9, True), (5, False), (20, False)])
    def test_an_answer_may_come_late(self, seconds: float, *, in_time: bool) -> None:
        """It counts if it comes before the time is up, and the call waits for it as long."""
        app = App(answer=response(say("Hello.")), again=response(say("Sorry.")))
        voice = core(app)
        call = create(voice, callback_timeout=5, answer_fallback_url="https://app.example/again")
        voice.delay_webhooks(seconds, path="/answer")
        entry = call.expect_speech("hello" if in_time else "sorry")
        assert entry.at == (seconds if in_time else 5)
        assert app.paths == (["/answer"] if in_time else ["/answer", "/again"])
        assert call.timeline.texts("problem") == ([] if in_time else ["no response within 5 s"])

    @pytest.mark.parametrize(("given", "seconds"), [({}, 15.0), ({"callback_timeout": 1.5}, 1.5)])
    def test_the_time_is_that_of_the_call(self, given: dict[str, Any], seconds: float) -> None:
        """Fifteen seconds if nothing is said, for every event of it."""
        app = App(answer=response('<Redirect redirectUrl="/next"/>'), next=response())
        voice = core(app)
        call = create(voice, **given)
        voice.delay_webhooks(99, path="/next")
        voice.run()
        assert (call.disconnect_cause, call.timeline[-1].at) == ("callback-error", seconds)

    def test_an_inbound_call_has_its_own(self) -> None:
        """As its voice application has it."""
        voice = core(App(answer=response()))
        voice.delay_webhooks(3)
        call = voice.dial("/answer", callback_timeout=2)
        voice.run()
        assert (call.disconnect_cause, call.timeline[-1].at) == ("callback-error", 2)

    def test_a_rule_is_for_so_many_requests_of_a_path(self) -> None:
        """The first rule that fits is taken; other requests are answered at once."""
        app = App(answer=[*[response('<Redirect redirectUrl="/answer"/>')] * 4, PAUSE])
        voice = core(app)
        for seconds, path, times in [(1, "/answer", 2), (9, "/other", 1), (4, None, 1)]:
            voice.delay_webhooks(seconds, path=path, times=times)
        call = create(voice)
        voice.advance(7)
        assert [entry.at for entry in call.timeline if entry.kind == "event"] == [0, 1, 2, 6, 6]

    def test_every_application_may_be_slow(self) -> None:
        """By a decision, which rules come before."""
        app = App(answer=response('<Redirect redirectUrl="/next"/>'), next=response(say("Hello.")))
        voice = core(app, assumptions=Assumptions(webhook_seconds=0.25))
        call = create(voice)
        voice.delay_webhooks(2, path="/next")
        assert call.expect_speech("hello").at == 2.25

    def test_time_is_real_over_http(self, serve: Callable[..., Loopback]) -> None:
        """An application that hangs has its seconds of it, and no more; virtual time stands still meanwhile."""
        server = serve(wait)
        voice = core(f"http://{server.host}")
        call = voice.dial("/answer", callback_timeout=0.2)
        began = time.monotonic()
        assert call.expect_end() == "callback-error"
        assert 0.2 <= time.monotonic() - began < 5
        assert call.timeline[-1].at == 0
        assert call.error_message == f"the event initiate failed at http://{server.host}/answer (no response within 0.2 s)"
        voice.__exit__()


@pytest.fixture
def serve() -> Iterator[Callable[..., Loopback]]:
    """Starts servers that do what their scripts say."""
    with contextlib.ExitStack() as stack:

        def start(*scripts: Callable[[socket.socket], None]) -> Loopback:
            server = Loopback(in_turn(*scripts))
            stack.callback(server.close)
            return server

        yield start


class TestOverHttp:
    """A whole call of an application behind a URL."""

    def test_a_call_lives_over_http(self, serve: Callable[..., Loopback]) -> None:
        """Its documents come from there, and events go there by relative URLs."""
        document = response('<Redirect redirectUrl="next?x=1"/>').encode()
        server = serve(answering(document, Content_Type="application/xml"), answering(response(say("Hello.")).encode()))
        with core(f"http://{server.host}/voice/") as voice:
            call = voice.dial("answer", status_url="/gone")
            assert call.expect_end() == "hangup"
        assert [head.split(" ")[1] for head in server.heads] == ["/voice/answer", "/voice/next?x=1", "/gone"]
        assert call.timeline.spoken == ["Hello."]

    def test_what_is_too_large_is_no_document(self, serve: Callable[..., Loopback]) -> None:
        """Ten megabytes are not read to their end."""
        server = serve(answering(b"<Response>" + b" " * 10_000_000 + b"</Response>"))
        with core(f"http://{server.host}") as voice:
            call = voice.dial("/answer")
            assert call.expect_end() == "invalid-bxml"
        (answer,) = (entry for entry in call.timeline if entry.kind == "answer")
        assert answer.details["bytes"] == 64 * 1024 + 1
        assert "[document-size]" in str(call.error_message)

    @pytest.mark.parametrize("event", ["disconnect", "initiate"])
    def test_only_what_is_not_answered_is_repeated(self, serve: Callable[..., Loopback], event: str) -> None:
        """Once, to the same URL, after a connection that failed; what waits for an answer fails at once."""
        server = serve(hang_up) if event == "initiate" else serve(answering(b"<Response/>"), hang_up)
        with core(f"http://{server.host}") as voice:
            call = voice.dial("/answer", status_url="/gone")
            call.expect_end()
        assert call.timeline.events == ["initiate", "disconnect", "disconnect"]
        first, second = (entry for entry in call.timeline if entry.text == "disconnect")
        assert first == second
        assert first.content == second.content

    def test_a_repeat_may_succeed(self, serve: Callable[..., Loopback]) -> None:
        """Then there is no third; nor is there after a status that is no success."""
        for script, events in [(answering(b""), 2), (answering(b"", "500 Oh"), 2)]:
            server = serve(answering(b"<Response/>"), hang_up, script)
            with core(f"http://{server.host}") as voice:
                call = voice.dial("/answer", status_url="/gone")
                call.expect_end()
            assert call.timeline.events.count("disconnect") == events
            server = serve(answering(b"<Response/>"), script)
            with core(f"http://{server.host}") as voice:
                call = voice.dial("/answer", status_url="/gone")
                call.expect_end()
            assert call.timeline.events.count("disconnect") == 1

    def test_a_time_out_is_not_repeated(self) -> None:
        """Which is no failure of the connection."""
        app = App(answer=response(), gone=204)
        voice = core(app)
        voice.delay_webhooks(99, path="/gone", times=9)
        call = voice.dial("/answer", status_url="/gone")
        voice.run()
        assert call.timeline.events == ["initiate", "disconnect"]
        assert call.timeline[-1].text == "no response within 15 s"


class TestRelativeUrls:
    """A relative URL belongs to where its document came from."""

    @pytest.mark.parametrize(
        ("url", "path"),
        [
            ("/g", "/g"),
            ("g", "/a/b/g"),
            ("../g", "/a/g"),
            ("./g?x=1", "/a/b/g"),
            ("//app.example/g", "/g"),
            ("https://other.example/g", "/g"),
        ],
    )
    def test_it_is_relative_to_the_request(self, url: str, path: str) -> None:
        """As with links of a page."""
        app = App(**{"a/b/answer": response(f'<Redirect redirectUrl="{url}"/>')})
        voice = core(app)
        voice.dial("/a/b/answer?x=2")
        voice.run()
        assert app.paths == ["/a/b/answer", path]

    def test_the_query_of_an_event_does_not_matter(self) -> None:
        """A document that came by GET belongs to the URL as it was given."""
        app = App(answer=[response('<Redirect redirectUrl="?y=1"/>'), response()])
        voice = core(app)
        voice.dial("/answer?x=1", method="GET")
        voice.advance(0)
        assert app.received[1].query == "y=1"

    def test_a_document_of_a_fallback_belongs_there(self) -> None:
        """And not to the URL that failed."""
        app = App(answer=500, **{"other/again": response('<Redirect redirectUrl="next"/>'), "other/next": PAUSE})
        voice = core(app)
        call = create(voice, answer_fallback_url="https://app.example/other/again")
        voice.advance(1)
        assert app.paths == ["/answer", "/other/again", "/other/next"]
        assert call.state == "answered"

    @pytest.mark.parametrize("url", ["/g", "g", "//app.example/g"])
    def test_a_document_of_the_api_came_from_nowhere(self, url: str) -> None:
        """The message says so, and nothing is asked."""
        app = App(answer=PAUSE)
        voice = core(app)
        call = create(voice)
        voice.advance(1)
        client(voice).update_call_bxml(call.call_id, response(f'<Redirect redirectUrl="{url}" redirectFallbackUrl="/h"/>'))
        voice.run()
        why = "the URL is relative, and a pushed document has no URL to resolve it against; use an absolute URL"
        assert call.timeline.texts("problem") == [why, why]
        assert call.disconnect_cause == "callback-error"
        assert call.error_message == f"the event redirect failed at {url} ({why}) and at /h ({why})"
        assert app.paths == ["/answer"]

    def test_an_absolute_url_of_such_a_document_is_asked(self) -> None:
        """And what comes from there may have relative ones again."""
        app = App(answer=PAUSE, next=response('<Redirect redirectUrl="last"/>'), last=response(say("Hello.")))
        voice = core(app)
        call = create(voice)
        voice.advance(1)
        document = response('<Redirect redirectUrl="https://app.example/next"/>')
        client(voice).update_call_bxml(call.call_id, document)
        call.expect_speech("hello")

    @pytest.mark.parametrize("url", ["http://[x", "http://[1.2]/", "http://app.example:99999/"])
    def test_a_url_may_be_none(self, url: str) -> None:
        """Though the schema lets it pass: nothing is asked, and the fallback is."""
        app = App(answer=response(f'<Redirect redirectUrl="{url}" redirectFallbackUrl="/h"/>'), h=response(say("Hello.")))
        voice = core(app)
        call = create(voice)
        call.expect_speech("hello")
        assert call.timeline.texts("problem") == ["the URL is malformed"]
        assert joined("https://app.example/", "http://[x") == "http://[x"

    def test_a_caller_needs_an_application(self) -> None:
        """A relative URL is that of an application, which has to have one."""
        alone = "is relative, and the emulator has no application; write an absolute URL, or pass an application"
        given = [
            *((Core(), url, alone) for url in ("/answer", "a", "//me:hidden@app.example/")),
            *(
                (Core(App()), url, "is not an http(s) URL")
                for url in ("http://[x", "http://app.example:x/", "ftp://app.example/")
            ),
            (Core(), "http://[x", "is not an http(s) URL"),
        ]
        for voice, url, what in given:
            shown = url.replace("me:hidden", "\N{HORIZONTAL ELLIPSIS}")
            words = f'^"{re.escape(shown)}" {re.escape(what)}$'
            error = NoApplication if what == alone else ValueError
            with pytest.raises(error, match=words):
                voice.dial(url)
            with pytest.raises(error, match=words):
                voice.dial("https://app.example/", fallback_url=url)
            with pytest.raises(error, match=words):
                voice.dial("https://app.example/", status_url=url)
            assert not voice.calls
        with pytest.raises(ValueError, match=r'^"" is relative, and the emulator has no application'):
            Core().dial()


class TestDocumentsOfOtherTypes:
    """A document may have any content type, of which the timeline warns."""

    @pytest.mark.parametrize(
        ("content_type", "warning"),
        [
            ("application/xml", None),
            ("Application/XML; charset=utf-8", None),
            ("text/xml", None),
            ("text/html; charset=utf-8", "the content type is text/html, expected application/xml"),
            ("", "the content type is missing, expected application/xml"),
        ],
    )
    def test_it_is_run_all_the_same(self, content_type: str, warning: str | None) -> None:
        """As the platform is known to do."""

        def app(_: object, start_response: Any) -> list[bytes]:
            start_response("200 OK", [("Content-Type", content_type)] if content_type else [])
            return [response(say("Hello.")).encode()]

        call = core(app).dial("/answer")
        call.expect_speech("hello")
        (answer,) = (entry for entry in call.timeline if entry.kind == "answer")
        assert answer.details.get("warning") == warning

    @pytest.mark.parametrize("status", ["204 No Content", "500 Oh"])
    def test_what_is_no_document_has_no_type(self, status: str) -> None:
        """Neither an empty answer nor a failure is warned of; nor is the answer to an event that takes none."""

        def app(environ: Any, start_response: Any) -> list[bytes]:
            start_response(status if environ["PATH_INFO"] == "/answer" else "200 OK", [])
            return [b"oh"] if status[0] == "5" or environ["PATH_INFO"] != "/answer" else []

        voice = core(app)
        call = voice.dial("/answer", status_url="/gone")
        call.expect_end()
        assert [entry.details.get("warning") for entry in call.timeline if entry.kind == "answer"] == [None, None]


class TestAnApplicationAtWork:
    """An application may use the API while it is asked, as real ones do."""

    def interrupted(self, interrupt: Callable[[Core, Call], object], after: Answer = PAUSE) -> tuple[App, Call]:
        """A call that is interrupted by its own application, before this is answered."""
        calls: list[Call] = []

        def answer(_: object) -> Answer:
            interrupt(voice, calls[0])
            return after

        app = App(answer=answer, other=response(say("Other.")), gone=204)
        voice = core(app)
        calls.append(create(voice, disconnect_url="https://app.example/gone"))
        voice.run()
        return app, calls[0]

    def test_what_it_does_to_its_call_wins(self) -> None:
        """The document that it answers with comes too late, which is noted."""

        def push(voice: Core, call: Call) -> None:
            client(voice).update_call_bxml(call.call_id, response(say("Pushed.")))

        app, call = self.interrupted(push, response(say("Answered.")))
        assert call.timeline.spoken == ["Pushed."]
        assert call.timeline.texts("ignored") == ["the response to answer came after the call was interrupted or ended"]
        assert app.types == ["answer", "disconnect"]
        assert call.disconnect_cause == "hangup"

    def test_it_may_redirect_its_call(self) -> None:
        """To another URL of its own."""

        def redirect(voice: Core, call: Call) -> None:
            client(voice).update_call(call.call_id, redirect_url="https://app.example/other")

        app, call = self.interrupted(redirect)
        assert app.types == ["answer", "redirect", "disconnect"]
        assert call.timeline.spoken == ["Other."]

    def test_it_may_end_its_call(self) -> None:
        """And fail afterwards, which is noted too."""

        def hang_up(voice: Core, call: Call) -> None:
            client(voice).hang_up(call.call_id)
            raise LookupError("no menu")

        app, call = self.interrupted(hang_up)
        assert app.types == ["answer", "disconnect"]
        assert [text.splitlines()[0] for text in call.timeline.texts("problem")] == [
            "the application raised LookupError: no menu"
        ]
        assert call.timeline.texts("ignored") == ["the response to answer came after the call was interrupted or ended"]

    def test_it_may_make_another_call(self) -> None:
        """Which lives as any other does."""

        def call_back(voice: Core, _: Call) -> None:
            create(voice, answer_url="https://app.example/other")

        app, call = self.interrupted(call_back)
        assert sorted(app.paths) == ["/answer", "/gone", "/other"]
        assert call.disconnect_cause == "hangup"

    @pytest.mark.parametrize("move", ["advance", "run", "press", "expect"])
    def test_it_cannot_move_time(self, move: str) -> None:
        """The words say so, in the traceback that its author sees."""

        def go(voice: Core, call: Call) -> None:
            moves: dict[str, Callable[[], object]] = {
                "advance": lambda: voice.advance(1),
                "run": voice.run,
                "press": lambda: call.press("1"),
                "expect": lambda: call.expect_speech("hello"),
            }
            moves[move]()

        _, call = self.interrupted(go)
        (problem,) = call.timeline.texts("problem")
        words = "RuntimeError: the emulator's time is already being advanced; an application cannot advance it while it handles a webhook"
        assert problem.splitlines()[-1] == words
        assert call.disconnect_cause == "callback-error"

    def test_what_it_raises_is_in_the_timeline(self) -> None:
        """With the traceback; the call's own message has the first line."""

        def fail(_: Core, __: Call) -> None:
            raise LookupError("no menu")

        _, call = self.interrupted(fail)
        (problem,) = call.timeline.texts("problem")
        assert problem.splitlines()[-1] == "LookupError: no menu"
        assert call.error_message == (
            "the event answer failed at https://app.example/answer (the application raised LookupError: no menu)"
        )
        assert "LookupError: no menu" in str(call.timeline)

    def test_a_late_answer_is_ignored_when_it_comes(self) -> None:
        """And not when the call was interrupted."""
        app = App(answer=response(say("Late.")))
        voice = core(app)
        call = create(voice)
        voice.delay_webhooks(3)
        voice.advance(1)
        client(voice).update_call_bxml(call.call_id, PAUSE)
        voice.advance(5)
        assert [(entry.at, entry.kind) for entry in call.timeline][-2:] == [(1, "verb"), (3, "ignored")]
        assert call.timeline.spoken == []


class TestBodies:
    """The body of an event has the fields of its class, and no null."""

    def test_every_event_has_the_fields_of_its_class(self) -> None:
        """Less those that the vendor's pages do not have in it."""
        assert set(NAMES) == set(EVENTS.values())
        assert {"privacy", "callerDisplayName"} <= set(NAMES[EVENTS["initiate"]])
        without = {"initiate", "recordingAvailable", "transcriptionAvailable"}
        for cls, names in NAMES.items():
            assert "fields" not in names
            if issubclass(cls, CallEvent):
                assert ("privacy" in names) is (cls.event_type == "initiate")
                assert ("answerTime" in names) is (cls.event_type not in without)

    def test_what_has_no_value_is_absent(self) -> None:
        """What is empty is there; what the event does not have is not."""
        values = {"cause": "hangup", "errorMessage": None, "tag": "", "digits": "1", "endTime": TODAY}
        expected = {"eventType": "disconnect", "cause": "hangup", "tag": "", "endTime": "2026-11-02T09:30:00.000Z"}
        assert body(DisconnectEvent, values) == expected

    def test_values_are_written_as_json_has_them(self) -> None:
        """Also in objects, whose members are absent too if they have no value."""
        assert written({"a": TODAY, "b": timedelta(seconds=62.5), "c": None, "d": {"e": None, "f": ["x"]}, "g": 1}) == {
            "a": "2026-11-02T09:30:00.000Z",
            "b": "PT1M2.5S",
            "d": {"f": ["x"]},
            "g": 1,
        }

    def test_an_event_arises_once(self) -> None:
        """One that is told of later is as things are then, and no earlier or later."""
        app = App(answer=PAUSE, gone=204, later=[500, 204])
        voice = core(app)
        call = create(voice, tag="first")
        voice.advance(1)
        to = Webhook(Target("https://app.example/later"), Target("https://app.example/later"))
        call.tell(to, DisconnectEvent, {"cause": "x"}, 2)
        call.tell(None, DisconnectEvent)
        voice.advance(1)
        call.tag = "second"
        voice.delay_webhooks(1, path="/later")
        voice.advance(1)
        call.tag = "third"
        voice.advance(2)
        first, second = (each.event for each in app.received if each.path == "/later")
        assert isinstance(first, DisconnectEvent)
        assert (first.tag, first.event_time) == ("second", TODAY + timedelta(seconds=3))
        assert first.fields == second.fields


class TestWebhooksOfVerbs:
    """A webhook is read from attributes or fields by their names."""

    def test_names_follow_a_pattern_or_are_given(self) -> None:
        """Methods default to POST; without a URL there is none."""
        given = {"xUrl": "a", "xFallbackUrl": "b", "xFallbackMethod": "GET", "username": "u", "fallbackPassword": "q"}
        expected = Webhook(Target("http://h/a", "POST", "u", None), Target("http://h/b", "GET", None, "q"))
        assert webhook(given.get, "x", "http://h/") == expected
        assert webhook(given.get, "y", "http://h/") is None
        assert webhook({"a": "/1", "c": "/2"}.get, "", "http://h", ("a", "b", "c", "d")) == Webhook(
            Target("http://h/1"), Target("http://h/2")
        )
        assert "q" not in repr(expected)
