"""PlayAudio lasts as long as its file, if the file is a recording of the emulator or the application serves it."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from bxml import Response
from callcontrol.emulator import Call, Core, audio
from callcontrol.emulator.apps.base import MAX_BODY_BYTES
from tests.callcontrol.emulator.api_requests import ask
from tests.callcontrol.emulator.scripted_application import App, core, response
from tests.callcontrol.emulator.table_application import Answers
from tests.callcontrol.emulator.test_audio import tone

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

    @pytest.mark.parametrize("file", [None, b"RIFF but not audio"])
    def test_unreadable_file_has_the_assumed_length(self, file: bytes | None) -> None:
        """A missing file does not end the call, because tests often have no audio files."""
        app = playing("hello.wav")
        app.files = {"/hello.wav": file} if file else {}
        assert (seconds(app), app.fetched) == (5, ["/hello.wav"])

    def test_without_the_libraries_the_length_is_assumed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The emulator works without the extra."""
        monkeypatch.setitem(sys.modules, "soundfile", None)
        app = playing("hello.wav")
        app.files["/hello.wav"] = audio_of_another_length = LONG[:-2]
        assert (seconds(app), audio_of_another_length != LONG) == (5, True)

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
