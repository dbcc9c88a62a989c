"""Webhooks are sent as the vendor describes: requests, credentials, fallbacks, timeouts, retries and relative URLs."""

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

from bxml import Connect, Endpoint, Gather
from callcontrol import MachineDetection, parse_event
from callcontrol.emulator import Assumptions, Call, Core
from callcontrol.emulator.event_payloads import NAMES, body, written
from callcontrol.emulator.in_process_emulator import NoApplication
from callcontrol.emulator.webhook_requests import Target, Webhook, joined, webhook, webhook_of
from callcontrol.events import EVENTS, AnswerEvent, CallEvent, DisconnectEvent
from tests.callcontrol.emulator.scripted_application import TODAY, Answer, App, client, core, create, response, say
from tests.callcontrol.faulty_server import Loopback, answering, hang_up, in_turn, sending, wait

PAUSE = response('<Pause duration="10"/>')


def basic(headers: Any) -> str | None:
    """Return the decoded credentials of a request."""
    header: str | None = headers.get("AUTHORIZATION")
    return None if header is None else b64decode(header.removeprefix("Basic ")).decode()


class TestRequests:
    """An event is sent as JSON with POST or as a query with GET, with the credentials of its URL."""

    def test_an_event_is_posted_as_json(self) -> None:
        """The JSON object has the fields of the event under the API's names, and no null values."""
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
            "callUrl": f"https://emulator.invalid/api/v2/accounts/9900123/calls/{call.call_id}",
            "enqueuedTime": now,
            "startTime": now,
            "answerTime": now,
            "tag": "t",
        }
        assert isinstance(parse_event(received.body), AnswerEvent)

    def test_an_event_may_be_sent_as_a_query(self) -> None:
        """The fields of the event follow the query of the URL. Objects are JSON strings."""
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

    def test_a_url_is_escaped(self) -> None:
        """Characters outside ASCII are escaped, and escaped characters stay escaped."""
        app = App(**{"ü b": PAUSE})
        voice = core(app)
        call = voice.dial("/ü%20b?x=é%26")
        voice.advance(1)
        assert app.received[0].path.encode("latin-1").decode() == "/ü b"
        assert app.received[0].query == "x=%C3%A9%26"
        assert call.timeline.texts("answer") == ["404"]  # WSGI decodes the path differently from the keys of the application

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
    def test_credentials_are_sent_to_their_urls(self, given: dict[str, str], sent: str | None) -> None:
        """The credentials of CreateCall are sent to its answer and disconnect URLs only."""
        app = App(answer=response('<Redirect redirectUrl="/next" username="verb" password="s"/>'), next=PAUSE, gone=204)
        voice = core(app)
        create(voice, **given, disconnect_url="https://app.example/gone")
        voice.run()
        assert app.types == ["answer", "redirect", "disconnect"]
        assert [basic(each.headers) for each in app.received] == [sent, "verb:s", sent]

    def test_credentials_in_a_url_are_sent(self) -> None:
        """Relative URLs have the credentials of their base. Separate credentials override those in a URL."""
        redirect = '<Redirect redirectUrl="/next"/>'
        beside = redirect.replace("/>", ' password="p"/>')
        app = App(answer=response(redirect), next=[response(beside), response()])
        call = core(app).dial("https://%C3%BC:a%40b@app.example/answer")
        call.expect_end()
        assert [basic(each.headers) for each in app.received] == ["ü:a@b", "ü:a@b", ":p"]
        assert {each.headers["HOST"] for each in app.received} == {"app.example"}

    def test_a_verb_without_credentials_sends_none(self) -> None:
        """A verb does not inherit the credentials of its call."""
        app = App(answer=response('<Redirect redirectUrl="/next"/>'), next=PAUSE)
        voice = core(app)
        create(voice, username="u", password="p")
        voice.advance(1)
        assert [basic(each.headers) for each in app.received] == ["u:p", None]

    def test_secrets_are_not_shown(self) -> None:
        """Timelines, reprs and error messages hide passwords, and the user name in a URL."""
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
    """If an event fails at its URL, it is sent to the fallback, with the fallback's method and credentials."""

    @pytest.mark.parametrize("failure", [400, 401, 404, 500, 503, 301, 302, 304])
    def test_an_unsuccessful_status_is_a_failure(self, failure: int) -> None:
        """A redirect is a failure too. The fallback receives the same event."""
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

    def test_a_fallback_does_not_inherit_method_and_credentials(self) -> None:
        """A fallback without its own settings is requested with POST and without credentials."""
        app = App(answer=500, again=PAUSE)
        voice = core(app)
        create(voice, username="u", password="p", answer_fallback_url="https://app.example/again", answer_method="GET")
        voice.advance(1)
        assert [(each.method, basic(each.headers)) for each in app.received] == [("GET", "u:p"), ("POST", None)]

    def test_a_failing_fallback_ends_the_call(self) -> None:
        """If the fallback fails too, the call ends with an error message that lists both failures."""
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

    def test_without_a_fallback_one_failure_ends_the_call(self) -> None:
        """The error message of the call gives the URL and the failure."""
        voice = core(App(answer=500))
        call = create(voice)
        voice.run()
        assert call.error_message == "the event answer failed at https://app.example/answer (status 500)"

    def test_each_verb_has_its_own_fallback(self) -> None:
        """A document from a fallback may have verbs with fallbacks."""
        document = response('<Redirect redirectUrl="/a" redirectFallbackUrl="/b" redirectFallbackMethod="GET"/>')
        app = App(answer=document, a=500, b=response('<Gather gatherUrl="/c" gatherFallbackUrl="/d" firstDigitTimeout="0"/>'))
        voice = core(app)
        call = create(voice)
        voice.run()
        assert app.paths == ["/answer", "/a", "/b", "/c", "/d"]
        assert [each.method for each in app.received] == ["POST", "POST", "GET", "POST", "POST"]
        assert call.disconnect_cause == "callback-error"

    def test_a_failed_disconnect_event_has_no_effect(self) -> None:
        """The disconnect event has no fallback, and its failure changes nothing."""
        app = App(answer=response(), gone=500)
        voice = core(app)
        call = create(voice, disconnect_url="https://app.example/gone", answer_fallback_url="https://app.example/again")
        voice.run()
        assert app.paths == ["/answer", "/gone"]
        assert call.disconnect_cause == "hangup"
        assert call.timeline.texts("answer") == ["200", "500"]


class TestTimeouts:
    """Timeouts of webhooks count virtual time if a rule delays the response, and real time over HTTP."""

    @pytest.mark.parametrize(("seconds", "in_time"), [(0, True), (4.9, True), (5, False), (20, False)])
    def test_a_response_may_be_late(self, seconds: float, *, in_time: bool) -> None:
        """A response counts if it comes before the timeout, and the call waits for it."""
        app = App(answer=response(say("Hello.")), again=response(say("Sorry.")))
        voice = core(app)
        call = create(voice, callback_timeout=5, answer_fallback_url="https://app.example/again")
        voice.delay_webhooks(seconds, path="/answer")
        entry = call.expect_speech("hello" if in_time else "sorry")
        assert entry.at == (seconds if in_time else 5)
        assert app.paths == (["/answer"] if in_time else ["/answer", "/again"])
        assert call.timeline.texts("problem") == ([] if in_time else ["no response within 5 s"])

    @pytest.mark.parametrize(("given", "seconds"), [({}, 15.0), ({"callback_timeout": 1.5}, 1.5)])
    def test_the_timeout_applies_to_every_event_of_the_call(self, given: dict[str, Any], seconds: float) -> None:
        """The default timeout is fifteen seconds."""
        app = App(answer=response('<Redirect redirectUrl="/next"/>'), next=response())
        voice = core(app)
        call = create(voice, **given)
        voice.delay_webhooks(99, path="/next")
        voice.run()
        assert (call.disconnect_cause, call.timeline[-1].at) == ("callback-error", seconds)

    def test_dial_sets_the_timeout(self) -> None:
        """The timeout of an inbound call is an argument of dial."""
        voice = core(App(answer=response()))
        voice.delay_webhooks(3)
        call = voice.dial("/answer", callback_timeout=2)
        voice.run()
        assert (call.disconnect_cause, call.timeline[-1].at) == ("callback-error", 2)

    def test_a_delay_applies_to_a_path_and_a_number_of_requests(self) -> None:
        """The first matching rule applies, and other requests are not delayed."""
        app = App(answer=[*[response('<Redirect redirectUrl="/answer"/>')] * 4, PAUSE])
        voice = core(app)
        for seconds, path, times in [(1, "/answer", 2), (9, "/other", 1), (4, None, 1)]:
            voice.delay_webhooks(seconds, path=path, times=times)
        call = create(voice)
        voice.advance(7)
        assert [entry.at for entry in call.timeline if entry.kind == "event"] == [0, 1, 2, 6, 6]

    def test_an_assumption_delays_every_webhook(self) -> None:
        """The assumption applies to requests without a delay rule."""
        app = App(answer=response('<Redirect redirectUrl="/next"/>'), next=response(say("Hello.")))
        voice = core(app, assumptions=Assumptions(webhook_seconds=0.25))
        call = create(voice)
        voice.delay_webhooks(2, path="/next")
        assert call.expect_speech("hello").at == 2.25

    def test_timeouts_over_http_are_in_real_time(self, serve: Callable[..., Loopback]) -> None:
        """A hanging application times out in real time, while virtual time stands still."""
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
    """Return a function that starts servers with scripted responses."""
    with contextlib.ExitStack() as stack:

        def start(*scripts: Callable[[socket.socket], None]) -> Loopback:
            server = Loopback(in_turn(*scripts))
            stack.callback(server.close)
            return server

        yield start


class TestOverHttp:
    """Calls run with an application behind a URL."""

    def test_a_call_runs_over_http(self, serve: Callable[..., Loopback]) -> None:
        """Relative URLs of the call and of its documents lead to the application."""
        document = response('<Redirect redirectUrl="next?x=1"/>').encode()
        server = serve(answering(document, Content_Type="application/xml"), answering(response(say("Hello.")).encode()))
        with core(f"http://{server.host}/voice/") as voice:
            call = voice.dial("answer", status_url="/gone")
            assert call.expect_end() == "hangup"
        assert [head.split(" ")[1] for head in server.heads] == ["/voice/answer", "/voice/next?x=1", "/gone"]
        assert call.timeline.spoken == ["Hello."]

    def test_a_document_that_is_too_large_is_invalid(self, serve: Callable[..., Loopback]) -> None:
        """A response of ten megabytes is not read to its end."""
        server = serve(answering(b"<Response>" + b" " * 10_000_000 + b"</Response>"))
        with core(f"http://{server.host}") as voice:
            call = voice.dial("/answer")
            assert call.expect_end() == "invalid-bxml"
        (answer,) = (entry for entry in call.timeline if entry.kind == "answer")
        assert answer.details["bytes"] == 64 * 1024 + 1
        assert "[document-size]" in str(call.error_message)

    @pytest.mark.parametrize("event", ["disconnect", "initiate"])
    def test_only_an_event_without_a_document_is_retried(self, serve: Callable[..., Loopback], event: str) -> None:
        """After a failed connection, an event is retried once, except an event that needs a document."""
        server = serve(hang_up) if event == "initiate" else serve(answering(b"<Response/>"), hang_up)
        with core(f"http://{server.host}") as voice:
            call = voice.dial("/answer", status_url="/gone")
            call.expect_end()
        assert call.timeline.events == ["initiate", "disconnect", "disconnect"]
        first, second = (entry for entry in call.timeline if entry.text == "disconnect")
        assert first == second
        assert first.content == second.content

    def test_an_event_is_retried_once(self, serve: Callable[..., Loopback]) -> None:
        """An event is sent at most twice, and is not retried after an unsuccessful status."""
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

    def test_an_invalid_response_is_not_retried(self, serve: Callable[..., Loopback]) -> None:
        """The application has handled the event, and would handle it twice."""
        server = serve(answering(b"<Response/>"), sending(b"HTTP/1.1 72846\r\n\r\n"), answering(b""))
        with core(f"http://{server.host}") as voice:
            call = voice.dial("/answer", status_url="/gone")
            call.expect_end()
        assert call.timeline.events.count("disconnect") == 1
        assert call.timeline.texts("problem") == [f'{server.host} sent "HTTP/1.1 72846", which is not a status line of HTTP']

    def test_a_timeout_is_not_retried(self) -> None:
        """A timeout is not a failed connection, so the event is sent once."""
        app = App(answer=response(), gone=204)
        voice = core(app)
        voice.delay_webhooks(99, path="/gone", times=9)
        call = voice.dial("/answer", status_url="/gone")
        voice.run()
        assert call.timeline.events == ["initiate", "disconnect"]
        assert call.timeline[-1].text == "no response within 15 s"


class TestRelativeUrls:
    """A relative URL resolves against the URL that the document came from."""

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
    def test_a_url_is_resolved_against_the_request(self, url: str, path: str) -> None:
        """URLs resolve like links of a web page."""
        app = App(**{"a/b/answer": response(f'<Redirect redirectUrl="{url}"/>')})
        voice = core(app)
        voice.dial("/a/b/answer?x=2")
        voice.run()
        assert app.paths == ["/a/b/answer", path]

    def test_the_query_of_an_event_is_not_part_of_the_base_url(self) -> None:
        """If a document was requested with GET, its base URL does not contain the event."""
        app = App(answer=[response('<Redirect redirectUrl="?y=1"/>'), response()])
        voice = core(app)
        voice.dial("/answer?x=1", method="GET")
        voice.advance(0)
        assert app.received[1].query == "y=1"

    def test_a_document_from_a_fallback_resolves_against_it(self) -> None:
        """The base URL is the URL of the fallback, not the URL that failed."""
        app = App(answer=500, **{"other/again": response('<Redirect redirectUrl="next"/>'), "other/next": PAUSE})
        voice = core(app)
        call = create(voice, answer_fallback_url="https://app.example/other/again")
        voice.advance(1)
        assert app.paths == ["/answer", "/other/again", "/other/next"]
        assert call.state == "answered"

    @pytest.mark.parametrize("url", ["/g", "g", "//app.example/g"])
    def test_a_relative_url_in_a_pushed_document_fails(self, url: str) -> None:
        """The message gives the reason, and no request is sent."""
        app = App(answer=PAUSE)
        voice = core(app)
        call = create(voice)
        voice.advance(1)
        document = response(f'<Redirect redirectUrl="{url}" redirectFallbackUrl="/h"/>')
        client(voice).update_call_bxml(call.call_id, document, ignore={"relative-url"})
        voice.run()
        why = "the URL is relative, and a pushed document has no base URL; use an absolute URL"
        assert call.timeline.texts("problem") == [why, why]
        assert call.disconnect_cause == "callback-error"
        assert call.error_message == f"the event redirect failed at {url} ({why}) and at /h ({why})"
        assert app.paths == ["/answer"]

    def test_an_absolute_url_in_a_pushed_document_works(self) -> None:
        """The document from an absolute URL may have relative URLs again."""
        app = App(answer=PAUSE, next=response('<Redirect redirectUrl="last"/>'), last=response(say("Hello.")))
        voice = core(app)
        call = create(voice)
        voice.advance(1)
        document = response('<Redirect redirectUrl="https://app.example/next"/>')
        client(voice).update_call_bxml(call.call_id, document)
        call.expect_speech("hello")

    @pytest.mark.parametrize("url", ["http://[x", "http://[1.2]/", "http://app.example:99999/"])
    def test_a_malformed_url_fails(self, url: str) -> None:
        """A malformed URL fails without a request even if the schema allows it, and the fallback is used."""
        app = App(answer=response(f'<Redirect redirectUrl="{url}" redirectFallbackUrl="/h"/>'), h=response(say("Hello.")))
        voice = core(app)
        call = create(voice)
        call.expect_speech("hello")
        assert call.timeline.texts("problem") == ["the URL is malformed"]
        assert joined("https://app.example/", "http://[x") == "http://[x"

    def test_dial_checks_its_urls(self) -> None:
        """A relative URL requires an application, and any URL must be http(s)."""
        alone = "is relative, and the emulator has no application; use an absolute URL"
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


class TestContentTypes:
    """A document may have any content type, but the timeline has a warning if the type is unexpected."""

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
    def test_a_document_of_any_content_type_runs(self, content_type: str, warning: str | None) -> None:
        """The platform accepts any content type."""

        def app(_: object, start_response: Any) -> list[bytes]:
            start_response("200 OK", [("Content-Type", content_type)] if content_type else [])
            return [response(say("Hello.")).encode()]

        call = core(app).dial("/answer")
        call.expect_speech("hello")
        (answer,) = (entry for entry in call.timeline if entry.kind == "answer")
        assert answer.details.get("warning") == warning

    def test_a_warning_comes_once_for_each_url(self) -> None:
        """The timeline of each call has each warning once for each URL. The query is not part of the URL."""
        types = iter(["text/html", "text/html", "text/plain", "text/html", "", "text/plain"])
        loop = "<Response><Redirect redirectUrl='/answer?again'/></Response>"

        def app(environ: Any, start_response: Any) -> list[bytes]:
            document = "<Response/>" if environ["PATH_INFO"] == "/end" else loop
            content_type = next(types, "text/html")
            if not content_type:
                document = "<Response><Redirect redirectUrl='/end'/></Response>"
            start_response("200 OK", [("Content-Type", content_type)] if content_type else [])
            return [document.encode()]

        voice = core(app)
        call = voice.dial("/answer")
        voice.run()
        other = voice.dial("/end")
        voice.run()
        warned, others = (
            [entry.details.get("warning", "").partition(",")[0] for entry in each.timeline if entry.kind == "answer"]
            for each in (call, other)
        )
        html, plain, missing = (f"the content type is {each}" for each in ("text/html", "text/plain", "missing"))
        assert warned == [html, "", plain, "", missing, plain]
        assert others == [html]

    @pytest.mark.parametrize("status", ["204 No Content", "500 Oh"])
    def test_other_responses_have_no_warning(self, status: str) -> None:
        """Empty responses, errors and ignored responses have no warning."""

        def app(environ: Any, start_response: Any) -> list[bytes]:
            start_response(status if environ["PATH_INFO"] == "/answer" else "200 OK", [])
            return [b"oh"] if status[0] == "5" or environ["PATH_INFO"] != "/answer" else []

        voice = core(app)
        call = voice.dial("/answer", status_url="/gone")
        call.expect_end()
        assert [entry.details.get("warning") for entry in call.timeline if entry.kind == "answer"] == [None, None]


class TestApplicationUsesTheApi:
    """An application may use the API while it handles a webhook."""

    def interrupted(self, interrupt: Callable[[Core, Call], object], after: Answer = PAUSE) -> tuple[App, Call]:
        """Run a call that the application interrupts before it responds to the webhook."""
        calls: list[Call] = []

        def answer(_: object) -> Answer:
            interrupt(voice, calls[0])
            return after

        app = App(answer=answer, other=response(say("Other.")), gone=204)
        voice = core(app)
        calls.append(create(voice, disconnect_url="https://app.example/gone"))
        voice.run()
        return app, calls[0]

    def test_an_interruption_wins_over_the_response(self) -> None:
        """The document in the response comes too late. The timeline notes that the document is ignored."""

        def push(voice: Core, call: Call) -> None:
            client(voice).update_call_bxml(call.call_id, response(say("Pushed.")))

        app, call = self.interrupted(push, response(say("Answered.")))
        assert call.timeline.spoken == ["Pushed."]
        assert call.timeline.texts("ignored") == ["the response to answer came after the call was interrupted or ended"]
        assert app.types == ["answer", "disconnect"]
        assert call.disconnect_cause == "hangup"

    def test_an_application_may_redirect_its_call(self) -> None:
        """The call continues with the document of the other URL."""

        def redirect(voice: Core, call: Call) -> None:
            client(voice).update_call(call.call_id, redirect_url="https://app.example/other")

        app, call = self.interrupted(redirect)
        assert app.types == ["answer", "redirect", "disconnect"]
        assert call.timeline.spoken == ["Other."]

    def test_an_application_may_end_its_call(self) -> None:
        """The timeline also notes an exception that the application raises after the end of the call."""

        def hang_up(voice: Core, call: Call) -> None:
            client(voice).hang_up(call.call_id)
            raise LookupError("no menu")

        app, call = self.interrupted(hang_up)
        assert app.types == ["answer", "disconnect"]
        assert [text.splitlines()[0] for text in call.timeline.texts("problem")] == [
            "the application raised LookupError: no menu"
        ]
        assert call.timeline.texts("ignored") == ["the response to answer came after the call was interrupted or ended"]

    def test_an_application_may_create_another_call(self) -> None:
        """The other call runs like any call."""

        def call_back(voice: Core, _: Call) -> None:
            create(voice, answer_url="https://app.example/other")

        app, call = self.interrupted(call_back)
        assert sorted(app.paths) == ["/answer", "/gone", "/other"]
        assert call.disconnect_cause == "hangup"

    @pytest.mark.parametrize("move", ["advance", "run", "press", "expect"])
    def test_an_application_cannot_advance_time(self, move: str) -> None:
        """The traceback of the application ends with the reason."""

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
        words = "RuntimeError: the emulator's time is already being advanced; an application cannot advance it in a webhook"
        assert problem.splitlines()[-1] == words
        assert call.disconnect_cause == "callback-error"

    def test_an_exception_is_in_the_timeline(self) -> None:
        """The timeline has the traceback. The error message of the call has the last line of the traceback."""

        def fail(_: Core, __: Call) -> None:
            raise LookupError("no menu")

        _, call = self.interrupted(fail)
        (problem,) = call.timeline.texts("problem")
        assert problem.splitlines()[-1] == "LookupError: no menu"
        assert call.error_message == (
            "the event answer failed at https://app.example/answer (the application raised LookupError: no menu)"
        )
        assert "LookupError: no menu" in str(call.timeline)

    def test_a_late_response_is_ignored_when_it_comes(self) -> None:
        """The entry has the time of the response, not of the interruption."""
        app = App(answer=response(say("Late.")))
        voice = core(app)
        call = create(voice)
        voice.delay_webhooks(3)
        voice.advance(1)
        client(voice).update_call_bxml(call.call_id, PAUSE)
        voice.advance(5)
        assert [(entry.at, entry.kind) for entry in call.timeline][-2:] == [(1, "verb"), (3, "ignored")]
        assert call.timeline.spoken == []


class TestPayloads:
    """The payload of an event has the fields of the event's class, and no null values."""

    def test_every_event_has_the_fields_of_its_class(self) -> None:
        """A field is left out if the vendor's pages do not show it for the event."""
        assert set(NAMES) == set(EVENTS.values())
        assert {"privacy", "callerDisplayName"} <= set(NAMES[EVENTS["initiate"]])
        without = {"initiate", "recordingAvailable", "transcriptionAvailable"}
        for cls, names in NAMES.items():
            assert "fields" not in names
            if issubclass(cls, CallEvent):
                assert ("privacy" in names) is (cls.event_type == "initiate")
                assert ("answerTime" in names) is (cls.event_type not in without)

    def test_fields_without_a_value_are_absent(self) -> None:
        """An empty string is sent. Fields whose value is None, and fields of other events, are left out."""
        values = {"cause": "hangup", "errorMessage": None, "tag": "", "digits": "1", "endTime": TODAY}
        expected = {"eventType": "disconnect", "cause": "hangup", "tag": "", "endTime": "2026-11-02T09:30:00.000Z"}
        assert body(DisconnectEvent, values) == expected

    def test_values_are_converted_to_json(self) -> None:
        """Nested objects are converted too, and members without a value are left out."""
        assert written({"a": TODAY, "b": timedelta(seconds=62.5), "c": None, "d": {"e": None, "f": ["x"]}, "g": 1}) == {
            "a": "2026-11-02T09:30:00.000Z",
            "b": "PT1M2.5S",
            "d": {"f": ["x"]},
            "g": 1,
        }

    def test_an_event_keeps_its_fields(self) -> None:
        """A scheduled event keeps the field values of the time when it was due, even if it is sent later."""
        app = App(answer=PAUSE, gone=204, later=[500, 204])
        voice = core(app)
        call = create(voice, tag="first")
        voice.advance(1)
        to = Webhook(Target("https://app.example/later"), Target("https://app.example/later"))
        call.send_event(to, DisconnectEvent, {"cause": "x"}, 2)
        call.send_event(None, DisconnectEvent)
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


class TestWebhooksOfRequests:
    """A webhook is built from the fields of a request, which are found by their names."""

    def test_names_follow_a_pattern_or_are_given(self) -> None:
        """The default method is POST, and without a URL the result is None."""
        given = {"xUrl": "/a", "xFallbackUrl": "/b", "xFallbackMethod": "GET", "username": "u", "fallbackPassword": "q"}
        expected = Webhook(Target("/a", "POST", "u", None), Target("/b", "GET", None, "q"))
        assert webhook(given.get, "x") == expected
        assert webhook(given.get, "y") is None
        assert webhook({"a": "/1", "c": "/2"}.get, "", ("a", "b", "c", "d")) == Webhook(Target("/1"), Target("/2"))
        assert "q" not in repr(expected)


class TestWebhooksOfVerbs:
    """A webhook is built from the attributes that, according to the schema, belong to its URL."""

    def test_all_that_belongs_to_a_url(self) -> None:
        """A webhook has a URL and a fallback URL, each with its own method and credentials."""
        verb = Gather(
            gather_url="/a",
            gather_method="GET",
            gather_fallback_url="/b",
            username="u",
            password="p",
            fallback_username="v",
            fallback_password="q",
        )
        expected = Webhook(Target("http://h/a", "GET", "u", "p"), Target("http://h/b", "POST", "v", "q"))
        assert webhook_of(verb, "gatherUrl", "http://h/") == expected

    def test_credentials_go_to_their_urls_only(self) -> None:
        """As in the linter, the credentials of a Gather are for gatherUrl only, and not for partial results."""
        verb = Gather(partial_result_callback="/c", username="u", password="p")
        assert webhook_of(verb, "partialResultCallback", "http://h/") == Webhook(Target("http://h/c"))

    def test_no_url(self) -> None:
        """A verb with a fallback URL, but without the URL itself, has no webhook."""
        assert webhook_of(Gather(gather_fallback_url="/b"), "gatherUrl", "http://h/") is None

    def test_a_url_without_a_method(self) -> None:
        """Connect has no method attributes, so its events are sent by POST."""
        verb = Connect([Endpoint("e-1")], event_callback_url="/a", event_fallback_url="/b")
        expected = Webhook(Target("http://h/a"), Target("http://h/b"))
        assert webhook_of(verb, "eventCallbackUrl", "http://h/") == expected
