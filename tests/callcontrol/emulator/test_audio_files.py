"""PlayAudio lasts as long as its file, if the file is a recording of the emulator or the application serves it."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from bxml import Response
from callcontrol import Reply, Request
from callcontrol.emulator import Call, Core, audio
from callcontrol.emulator.apps.base import MAX_BODY_BYTES, is_for_audio
from callcontrol.emulator.generator_tasks import Failed
from tests.callcontrol.emulator.api_requests import ask
from tests.callcontrol.emulator.scripted_application import App, core, response
from tests.callcontrol.emulator.table_application import Answers
from tests.callcontrol.emulator.test_audio import tone

NOT_AUDIO = "the audio is not an audio file of a known format; convert it to WAV or MP3"

LONG = audio.to_wav(tone(7.5))
"""A file that exceeds the maximum size of a document."""


def seconds(app: App, **options: Any) -> float:
    """Return the duration of a call to an application."""
    call = core(app, **options).dial("/answer")
    call.expect_end()
    return call.timeline[-1].at


def playing(url: str) -> App:
    """Return an application that plays a URL and serves a file."""
    app = App(answer=response(f"<PlayAudio>{url}</PlayAudio>"))
    app.files["/hello.wav"] = LONG
    return app


class TestServedFile:
    """A file that the application serves is fetched, as on the platform."""

    def test_wsgi_application_serves_it(self) -> None:
        """Relative and absolute URLs of the application's host are fetched, even if the file is large."""
        assert len(LONG) > MAX_BODY_BYTES
        for url in ("hello.wav", "https://app.example/hello.wav"):
            app = playing(url)
            assert seconds(app) == 7.5
            assert (app.fetched, app.paths) == (["/hello.wav"], ["/answer"])

    def test_asgi_application_serves_it(self) -> None:
        """A file of an ASGI application is fetched too."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            is_file = scope["path"] == "/hello.wav"
            headers = [(b"content-type", b"audio/wav" if is_file else b"application/xml")]
            body = LONG if is_file else response("<PlayAudio>hello.wav</PlayAudio>").encode()
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        with Core(app) as voice:
            call = voice.dial("/answer")
            call.expect_end()
            assert call.timeline[-1].at == 7.5

    def test_it_is_fetched_over_http_with_the_credentials_of_the_verb(self, httpserver: HTTPServer) -> None:
        """A file is fetched from the server of the application, with the user name and the password of the verb."""
        headers = {"Authorization": "Basic dTpw", "Accept": "audio/*"}
        httpserver.expect_request("/hello.wav", method="GET", headers=headers).respond_with_data(LONG)
        verb = Response().play_audio(httpserver.url_for("/hello.wav"), username="u", password="p")
        httpserver.expect_request("/answer").respond_with_data(verb.to_bxml(), content_type="application/xml")
        with Core(httpserver.url_for("")) as voice:
            call = voice.dial("/answer")
            call.expect_end()
        assert call.timeline[-1].at == 7.5

    def test_other_hosts_are_not_asked(self) -> None:
        """A test sends no requests to hosts that its application does not use."""
        app = playing("https://cdn.example/hello.wav")
        assert (seconds(app), app.fetched) == (5, [])

    def test_declared_length_comes_first(self) -> None:
        """A file with a declared length is not fetched."""
        app = playing("hello.wav")
        voice = core(app)
        voice.audio_lasts("https://app.example/hello.wav", 2)
        call = voice.dial("/answer")
        call.expect_end()
        assert (call.timeline[-1].at, app.fetched) == (2, [])

    @pytest.mark.parametrize(
        ("status", "content_type", "body", "reason"),
        [
            (404, "text/html", b"<title>Not found</title>", "the application returned status 404: Not found"),
            (500, "text/plain", b"first\nsecond", "the application returned status 500: first\nfirst\nsecond"),
            (404, "text/plain", b"", "the application returned status 404"),
            (200, "text/html", b"<p>", "the response is not an audio file; its content type is text/html"),
            (200, "", b"ID3", "the response is not an audio file; its content type is missing"),
            (200, "audio/wav", b"", NOT_AUDIO),
            (200, "text/html", b"RIFF", NOT_AUDIO),
        ],
    )
    def test_file_that_cannot_be_played_is_a_problem(
        self, httpserver: HTTPServer, status: int, content_type: str, body: bytes, reason: str
    ) -> None:
        """The call continues, because tests often have no audio files, but the timeline says that the length is assumed."""
        httpserver.expect_request("/answer").respond_with_data(response("<PlayAudio>hello.wav</PlayAudio>"))
        httpserver.expect_request("/hello.wav").respond_with_data(body, status, content_type=content_type)
        with Core(httpserver.url_for("")) as voice:
            call = voice.dial("/answer")
            call.expect_end()
        url = httpserver.url_for("/hello.wav")
        assert call.timeline.texts("problem") == [f"{url} cannot be played, and is assumed to last 5 s: {reason}"]
        assert call.timeline[-1].at == 5

    def test_file_of_a_server_that_cannot_be_reached(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The problem does not show the password of the URL. A traceback follows the first line."""
        app = playing("http://user:hidden@localhost/hello.wav")
        voice = core(app)
        receive = voice._simulation.application

        def fail(request: Request, seconds: float) -> Reply | Failed:
            return Failed("cannot connect to localhost\nTraceback") if is_for_audio(request) else receive(request, seconds)

        monkeypatch.setattr(voice._simulation, "application", fail)
        call = voice.dial("/answer")
        call.expect_end()
        (problem,) = call.timeline.texts("problem")
        assert problem.splitlines()[1:] == ["Traceback"]
        assert re.fullmatch(
            r"http://\S+@localhost/hello.wav cannot be played, .*: cannot connect to localhost\nTraceback", problem
        )
        assert "hidden" not in problem

    def test_without_the_libraries_the_length_is_assumed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The emulator works without the extra."""
        monkeypatch.setitem(sys.modules, "soundfile", None)
        app = playing("hello.wav")
        app.files["/hello.wav"] = LONG[:-2]  # another file, because the audio of the other one is kept
        call = core(app).dial("/answer")
        call.expect_end()
        assert (call.timeline[-1].at, call.timeline.texts("problem")) == (5, [])

    def test_rules_for_webhooks_do_not_apply(self) -> None:
        """A delay of the next webhook is not used up by the file."""
        app = App(answer=response("<PlayAudio>hello.wav</PlayAudio>", '<Redirect redirectUrl="/next"/>'), next="<Response/>")
        app.files["/hello.wav"] = LONG
        voice = core(app)
        call = voice.dial("/answer")
        voice.advance(0)
        voice.delay_webhooks(3)
        call.expect_end()
        assert call.timeline[-1].at == 10.5

    def test_interrupted_file_ends_early_in_a_recording(self) -> None:
        """The rest of the file is not heard."""
        app = App(
            answer=response("<StartRecording/>", '<Gather maxDigits="1"><PlayAudio>hello.wav</PlayAudio></Gather>', "<Pause/>")
        )
        app.files["/hello.wav"] = LONG
        voice = core(app)
        call = voice.dial("/answer")
        call.expect_audio("hello.wav")
        voice.advance(2)
        call.press("#")
        call.expect_end()
        voice.run()
        heard = audio.read_audio(media(voice, call))
        assert heard.seconds == 3
        assert [bool(heard.samples[8000 * second : 8000 * (second + 1)].any()) for second in range(3)] == [True, True, False]


def media(voice: Core, call: Call) -> bytes:
    """Return the media of the only recording of a call."""
    (recording,) = call.recordings
    return ask(voice, "GET", f"calls/{call.call_id}/recordings/{recording.recording_id}/media").body


class TestRecording:
    """A PlayAudio that plays a recording of the emulator lasts as long as the recording."""

    def test_recording_is_played(self) -> None:
        """The second call records the first recording again."""
        app = Answers(answer=Response().start_recording().pause(duration=1.5))
        voice = core(app)
        first = voice.dial("/answer")
        voice.advance(0)
        first.expect_end()
        voice.run()
        url = f"{first.url}/recordings/{first.recordings[0].recording_id}/media"
        app.documents["/answer"] = Response().start_recording().play_audio(url)
        second = voice.dial("/answer")
        second.expect_end()
        assert second.timeline[-1].at == 1.5
        voice.run()
        assert audio.read_audio(media(voice, second)).seconds == 1.5
        assert second.outbound.sounds[0].source() is not None
        assert ask(voice, "DELETE", url.partition("9900123/")[2]).status == 204
        third = voice.dial("/answer")
        third.expect_end()
        assert third.timeline[-1].at == 5
        (problem,) = third.timeline.texts("problem")
        assert problem == "the recording cannot be played: it is not available yet, or was deleted"

    def test_unknown_recording_is_not_fetched(self) -> None:
        """A URL of the emulator itself is not requested over HTTP."""
        app = App(answer=response("<PlayAudio>http://127.0.0.1:9/api/v2/unknown</PlayAudio>"))
        voice = core(app)
        voice.base_url = "http://127.0.0.1:9/api/v2"
        call = voice.dial("/answer")
        call.expect_end()
        assert (call.timeline[-1].at, app.fetched) == (5, [])
