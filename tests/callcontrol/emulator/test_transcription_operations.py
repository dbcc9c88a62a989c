"""The emulated API returns the text of real-time transcriptions, and the statistics of an account."""

from __future__ import annotations

from typing import Final

from bxml import Response
from callcontrol.emulator import Call, Core
from tests.callcontrol.emulator.api_requests import ask, refused
from tests.callcontrol.emulator.scripted_application import App, core, create
from tests.callcontrol.emulator.table_application import Answers

CALL: Final = "c-00000001-00000000-0000-0000-0000-000000000001"
TRANSCRIPTION: Final = "t-00000001-00000000-0000-0000-0000-000000000001"
PATH: Final = f"calls/{CALL}/transcriptions"


def transcribed() -> tuple[Core, Call]:
    """Return a call whose real-time transcription has ended, but whose text is not available yet."""
    verbs = Response().speak_sentence("Before.").start_transcription(name="live", tracks="both").speak_sentence("Welcome.")
    verbs = verbs.pause(duration=2).stop_transcription(name="live").start_transcription(tracks="inbound").pause(duration=9)
    voice = core(Answers(answer=verbs))
    call = voice.dial("/answer")
    call.expect_speech("Welcome")
    call.say("Hello,")
    call.say("you")
    voice.advance(3)
    call.say("Later.")
    return voice, call


def test_transcriptions_are_listed() -> None:
    """A transcription without a name has its id as its name."""
    voice, call = transcribed()
    second = "t-00000002-00000000-0000-0000-0000-000000000002"
    base = f"https://emulator.invalid/api/v2/accounts/9900123/{PATH}"
    assert ask(voice, "GET", PATH).json() == [
        {"transcriptionId": TRANSCRIPTION, "transcriptionName": "live", "transcriptionUrl": f"{base}/{TRANSCRIPTION}"},
        {"transcriptionId": second, "transcriptionName": second, "transcriptionUrl": f"{base}/{second}"},
    ]
    assert call.url == base.removesuffix("/transcriptions")


def test_text_is_available_later() -> None:
    """The text has the words that were said while the transcription was active. The second transcription is still active."""
    voice, _ = transcribed()
    path = f"{PATH}/{TRANSCRIPTION}"
    not_yet = (404, f"The text of transcription [{TRANSCRIPTION}] is not available yet")
    assert refused(ask(voice, "GET", path)) == not_yet
    assert refused(ask(voice, "DELETE", path)) == not_yet
    second = TRANSCRIPTION.replace("1", "2")
    assert refused(ask(voice, "GET", f"{PATH}/{second}"))[0] == 404
    voice.run()
    assert ask(voice, "GET", path).json() == {
        "accountId": "9900123",
        "callId": CALL,
        "transcriptionId": TRANSCRIPTION,
        "tracks": [
            {"detectedLanguage": "en-US", "track": "inbound", "transcript": "Hello, you", "confidence": 1.0},
            {"detectedLanguage": "en-US", "track": "outbound", "transcript": "Welcome.", "confidence": 1.0},
        ],
    }
    assert [each["transcript"] for each in ask(voice, "GET", f"{PATH}/{second}").json()["tracks"]] == ["Later."]


def test_transcription_is_deleted() -> None:
    """The other transcriptions are kept."""
    voice, call = transcribed()
    voice.run()
    path = f"{PATH}/{TRANSCRIPTION}"
    reply = ask(voice, "DELETE", path)
    assert (reply.status, reply.body) == (200, b"")
    assert refused(ask(voice, "GET", path)) == (404, f"Transcription [{TRANSCRIPTION}] not found")
    assert len(ask(voice, "GET", PATH).json()) == 1
    assert call.timeline.texts("api") == ["DeleteRealTimeTranscription"]


def test_rejected_transcription_is_not_listed() -> None:
    """The second transcription has the name of the first."""
    verbs = Response().start_transcription(name="live").start_transcription(name="live").pause(duration=1)
    voice = core(Answers(answer=verbs))
    voice.dial("/answer")
    voice.run()
    assert len(ask(voice, "GET", PATH).json()) == 1


def test_statistics_count_the_queue() -> None:
    """Only calls in the queue of the account are counted."""
    voice = core(App(), answers=False)
    create(voice)
    voice.initiate(create(voice).call_id)
    assert ask(voice, "GET", "statistics").json() == {"currentCallQueueSize": 1, "maxCallQueueSize": 1500}
    assert ask(voice, "GET", "statistics", account="1").json()["currentCallQueueSize"] == 0
