"""The needs of public applications: for each need, a small application with the vendor's SDK runs on the emulator."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from werkzeug.serving import make_server

from callcontrol.emulator import Core, Emulator, read_audio
from callcontrol.emulator.audio import silence, to_wav
from tests.applications import bridge, parking, speech_bot, survey, voicemail
from tests.callcontrol.command import test_emulator
from tests.callcontrol.emulator.streams.bot_application import tone

ROOT: Final = Path(__file__).parents[2]

Start = Callable[[Any], Emulator]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Return a function that starts the emulator of an application, and sets the base URL of the SDK."""
    with ExitStack() as stack:

        def start(application: Any) -> Emulator:
            voice = stack.enter_context(Emulator(application))
            monkeypatch.setenv("BW_VOICE_URL", voice.url)
            return voice

        yield start


@pytest.fixture
def local() -> Iterator[str]:
    """Start the survey as a server, and return its URL."""
    server = make_server("127.0.0.1", 0, survey.application(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_recordings_are_fetched(start: Start) -> None:
    """The application downloads the message that the caller has left, and deletes it."""
    messages: list[bytes] = []
    app = voicemail.application(messages)
    app.add_url_rule("/tone.wav", view_func=lambda: to_wav(silence(2)), methods=["GET"])
    voice = start(app)
    call = voice.dial("/answer")
    call.expect_audio("tone.wav")
    voice.advance(3)
    call.say("Please call me back.", audio=tone(1.5))
    voice.advance(2)
    call.press("#")
    call.expect_speech("Thank you")
    recording = call.expect_recording()
    voice.run()
    (message,) = map(read_audio, messages)
    assert message.seconds == pytest.approx(recording.seconds, abs=0.01)
    assert abs(message.samples).max() > 10_000  # the words of the caller are heard
    assert recording.is_deleted


def test_streams_are_connected(start: Start) -> None:
    """The bot plays its greeting, is interrupted by the caller, and hands the call to a person."""
    voice = start(speech_bot.application(tone(3, rate=24_000).samples.tobytes()))
    voice.phone(speech_bot.PERSON).answers(after=2)
    call = voice.dial("/answer")
    call.expect_audio("stream")
    voice.advance(1)
    call.say("I want to talk to a person.", audio=tone(1.2))
    voice.advance(4)
    (person,) = call.legs
    assert person.state == "answered"
    assert re.search(r"played 1\.\d+ s, then clear dropped 1\.\d+ s", "\n".join(call.timeline.texts("stream")))
    speech_bot.hang_up(call.call_id)
    assert call.expect_end() == "hangup"


def test_caller_is_joined_with_a_call_of_the_application(start: Start) -> None:
    """The application creates the second call while it handles the webhook of the first one."""
    voice = start(bridge.application())
    voice.phone(bridge.PERSON).answers(after=4, hangs_up_after=30)
    call = voice.dial("/answer")
    person = voice.expect_call(bridge.PERSON)
    assert call.expect_end() == "hangup"
    assert person.tag == call.call_id
    assert voice.seconds == pytest.approx(34, abs=1)


@pytest.mark.parametrize(("reaction", "seconds"), [("is_busy", 5), ("does_not_answer", 40)])
def test_second_person_is_not_available(start: Start, reaction: str, seconds: float) -> None:
    """The application pushes another document into the call of the caller."""
    voice = start(bridge.application())
    getattr(voice.phone(bridge.PERSON), reaction)()
    call = voice.dial("/answer")
    call.expect_speech("Nobody is available", within=seconds)
    assert call.expect_end() == "hangup"


def test_parked_call_is_taken_out(start: Start) -> None:
    """The caller waits for an hour in a loop of documents, then the application changes the call."""
    parked: list[str] = []
    voice = start(parking.application(parked))
    call = voice.dial("/answer", from_="+12125550167")
    voice.advance(3600)
    assert parked == [call.call_id]
    parking.take_out(call.call_id)
    call.expect_speech("Hello, 0167")
    assert call.expect_end() == "hangup"


@pytest.mark.parametrize(("keys", "said"), [("1", "good to hear"), ("2", "sorry"), ("", "Goodbye")])
def test_application_calls_a_person(start: Start, keys: str, said: str) -> None:
    """The test acts as the called person."""
    app = survey.application()
    voice = start(app)
    assert app.test_client().post("/calls", json={"to": "+12125550134"}).status_code == 201
    call = voice.expect_call("+12125550134")
    call.expect_speech("Were you satisfied")
    call.press(keys) if keys else voice.advance(60)
    call.expect_speech(said)
    assert call.expect_end() == "hangup"


def test_public_url_leads_to_the_application(local: str) -> None:
    """The webhooks for the public URL of an application are sent to its address on this machine."""
    call = Core(url_map={"https://app.example": local}).dial("https://app.example/question")
    call.expect_speech("Were you satisfied")
    call.press("1")
    call.expect_speech("good to hear")


def test_error_of_the_api_reaches_the_application(start: Start) -> None:
    """The application does not catch the exception of the SDK, and the timeline names it."""
    voice = start(bridge.application())
    voice.fail(429, retry_after=5, operation="CreateCall")
    call = voice.dial("/answer")
    assert call.expect_end() == "callback-error"
    assert "it raised bandwidth.exceptions.ApiException: (429)" in str(call.timeline)


NEEDS: Final[dict[str, Callable[..., None]]] = {
    "download recordings": test_recordings_are_fetched,
    "receive and play audio over a WebSocket": test_streams_are_connected,
    "use Bandwidth's hosts, without a setting for them": test_emulator.TestHttps.test_vendor_client_without_settings,
    "create calls": test_application_calls_a_person,
    "join two calls": test_caller_is_joined_with_a_call_of_the_application,
    "let callers wait in a loop of documents": test_parked_call_is_taken_out,
    "handle errors of the API": test_error_of_the_api_reaches_the_application,
    "have a public URL": test_public_url_leads_to_the_application,
}
"""For each need in the table of the guide: its test."""


def test_each_need_has_a_test() -> None:
    """The guide lists the needs of applications, and each need has a test."""
    page = (ROOT / "docs" / "applications.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (.+?) \| (?:\d+|most|some) \|", page, re.MULTILINE) == list(NEEDS)
    assert all(test.__name__.startswith("test_") for test in NEEDS.values())
