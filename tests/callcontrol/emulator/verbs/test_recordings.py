"""Record, and recordings in the background: how they end, how long they are, and what is told of them."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from bxml import PhoneNumber, Response
from callcontrol.emulator import Assumptions, Call, Core
from callcontrol.events import Event, RecordCompleteEvent, RecordingAvailableEvent, TranscriptionAvailableEvent
from tests.callcontrol.emulator.recording_application import TODAY, client, core, create, entries
from tests.callcontrol.emulator.table_application import Answers

E = TypeVar("E", bound=Event)

URLS: dict[str, Any] = {
    "recording_available_url": "/available",
    "transcription_available_url": "/transcribed",
}


def at(seconds: float) -> Any:
    """The time of day so many seconds after these calls begin."""
    return TODAY + timedelta(seconds=seconds)


def the(kind: type[E], app: Answers) -> E:
    """The one event of a kind that came."""
    (event,) = (event for _, event in app.events if isinstance(event, kind))
    return event


def recording(**attributes: Any) -> tuple[Core, Answers, Call]:
    """A call that is at its Record."""
    app = Answers(
        answer=Response().record(**attributes).speak_sentence("Next verb."),
        complete=Response().speak_sentence("Thank you."),
    )
    voice = core(app)
    call = voice.dial("/answer", status_url="/status")
    voice.advance(0)
    return voice, app, call


class TestRecord:
    """The call waits for the recording."""

    def test_a_key_ends_it(self) -> None:
        """The hash key, unless told otherwise; other keys are recorded."""
        voice, app, call = recording(record_complete_url="/complete", **URLS, transcribe=True, tag="message")
        voice.advance(7)
        call.press("5")
        call.press("#")
        voice.run()
        assert call.timeline.spoken == ["Thank you."]
        assert app.told == [
            ("/answer", "initiate"),
            ("/complete", "recordComplete"),
            ("/status", "disconnect"),
            ("/available", "recordingAvailable"),
            ("/transcribed", "transcriptionAvailable"),
        ]
        common = {
            "callId": call.call_id,
            "recordingId": call.recordings[0].recording_id,
            "mediaUrl": f"{call.url}/recordings/{call.recordings[0].recording_id}/media",
            "duration": "PT7S",
            "fileFormat": "wav",
            "tag": "message",
        }
        more: dict[str, dict[str, Any]] = {
            "/complete": {"channels": 1},
            "/available": {"channels": 1, "status": "complete"},
            "/transcribed": {},
        }
        for path, own in more.items():
            assert app.fields(path) | common | own == app.fields(path)

    def test_what_is_told_when(self) -> None:
        """Times are of the recording, which is available 2 s after its end, and its transcription as much later."""
        app = Answers(
            answer=Response().pause(duration=3).record(record_complete_url="/complete", **URLS, transcribe=True),
            complete=Response().pause(duration=60),
        )
        voice = core(app)
        call = create(voice, tag="order-7", answer_url="https://app.example/answer")
        voice.advance(10.25)
        call.press("#")
        voice.run()
        told = [entry for entry in entries(call, "event") if "Complete" in entry[1] or "Available" in entry[1]]
        assert told == [(10.25, "recordComplete"), (12.25, "recordingAvailable"), (14.25, "transcriptionAvailable")]
        complete = the(RecordCompleteEvent, app)
        assert (complete.start_time, complete.end_time, complete.answer_time) == (at(3), at(10.25), at(0))
        assert (complete.duration, complete.enqueued_time) == (timedelta(seconds=7.25), at(0))
        available = the(RecordingAvailableEvent, app)
        assert (available.start_time, available.end_time, available.event_time) == (at(3), at(10.25), at(12.25))
        assert (available.answer_time, available.tag) == (None, "order-7")
        transcribed = the(TranscriptionAvailableEvent, app)
        assert (transcribed.start_time, transcribed.end_time, transcribed.event_time) == (at(3), at(10.25), at(14.25))
        made = transcribed.transcription
        assert made is not None
        assert (made.status, made.completed_time) == ("available", at(14.25))
        assert made.url == f"{call.url}/recordings/{call.recordings[0].recording_id}/transcription"
        assert made.fields.keys() == {"id", "url", "status", "completedTime"}

    def test_one_of_several_keys_ends_it(self) -> None:
        """In place of the hash key."""
        voice, _, call = recording(terminating_digits="*0")
        voice.advance(2)
        call.press("#1")
        voice.advance(2)
        call.press("0")
        assert call.recordings[0].seconds == 4
        assert call.timeline.texts("ignored") == []

    def test_it_answers_a_call(self) -> None:
        """Before it begins."""
        _, _, call = recording()
        assert entries(call, "state", "recording") == [(0, "initiated"), (0, "answered"), (0, "recording started")]

    def test_credentials_and_methods(self) -> None:
        """Each URL is asked with those of the verb."""
        given = {"username": "user", "password": "pass", "file_format": "mp3"}
        methods = {"record_complete_method": "GET", "recording_available_method": "GET"}
        voice, app, call = recording(record_complete_url="/complete", transcribe=True, **URLS, **given, **methods)
        call.press("#")
        voice.run()
        asked = {environ["PATH_INFO"]: environ for environ in app.environs}
        assert {path: environ["REQUEST_METHOD"] for path, environ in asked.items() if path not in {"/answer", "/status"}} == {
            "/complete": "GET",
            "/available": "GET",
            "/transcribed": "POST",
        }
        basic = f"Basic {b64encode(b'user:pass').decode()}"
        assert [asked[path]["HTTP_AUTHORIZATION"] for path in ("/complete", "/available", "/transcribed")] == [basic] * 3
        assert the(RecordCompleteEvent, app).file_format == "mp3"

    def test_what_nobody_answers_ends_the_call(self) -> None:
        """The recording is available all the same."""
        voice, app, call = recording(record_complete_url="/complete", record_complete_fallback_url="/other", **URLS)
        app.documents |= {"/complete": 500, "/other": 500}
        call.press("#")
        assert call.expect_end() == "callback-error"
        voice.run()
        assert [path for path, _ in app.told] == ["/answer", "/complete", "/other", "/status", "/available"]

    @pytest.mark.parametrize(
        ("attributes", "seconds"),
        [
            ({}, 60),
            ({"max_duration": 5}, 5),
            ({"silence_timeout": 4}, 4),
            ({"max_duration": 3, "silence_timeout": 4}, 3),
        ],
    )
    def test_time_ends_it(self, attributes: dict[str, Any], seconds: float) -> None:
        """The longest duration, or silence; a caller who says nothing is silent."""
        voice, _, call = recording(**attributes)
        voice.run()
        assert call.recordings[0].seconds == seconds
        assert call.timeline.spoken == ["Next verb."]

    def test_who_speaks_is_not_silent(self) -> None:
        """Silence begins anew."""
        voice, _, call = recording(silence_timeout=4)
        voice.advance(3)
        call.say("I am still here.")
        voice.advance(3)
        call.say("And here.")
        voice.run()
        assert call.recordings[0].seconds == 10

    def test_keys_are_no_speech(self) -> None:
        """Who presses some is silent all the same."""
        voice, _, call = recording(silence_timeout=4)
        voice.advance(3)
        call.press("5")
        voice.run()
        assert call.recordings[0].seconds == 4

    def test_speech_does_not_matter_without_a_limit_on_silence(self) -> None:
        """It is recorded."""
        voice, _, call = recording()
        voice.advance(3)
        call.say("Hello.")
        voice.run()
        assert call.recordings[0].seconds == 60

    def test_keys_can_be_switched_off(self) -> None:
        """Then they are recorded, and nothing more."""
        voice, _, call = recording(terminating_digits="", max_duration=9)
        voice.advance(3)
        call.press("#")
        voice.run()
        assert call.recordings[0].seconds == 9

    def test_a_hang_up_ends_it(self) -> None:
        """Then it is not told that it is complete, but that it is available, with its tag."""
        voice, app, call = recording(record_complete_url="/complete", tag="message", **URLS)
        voice.advance(3)
        call.hang_up()
        voice.run()
        assert app.told == [("/answer", "initiate"), ("/status", "disconnect"), ("/available", "recordingAvailable")]
        assert (app.fields("/available")["duration"], app.fields("/available")["tag"]) == ("PT3S", "message")

    def test_an_interruption_ends_it(self) -> None:
        """Likewise."""
        voice, app, call = recording(record_complete_url="/complete", tag="message", **URLS)
        voice.advance(3)
        client(voice).update_call_bxml(call.call_id, Response().pause(duration=10))
        voice.run()
        assert app.told == [("/answer", "initiate"), ("/available", "recordingAvailable"), ("/status", "disconnect")]
        assert (app.fields("/available")["duration"], app.fields("/available")["tag"]) == ("PT3S", "message")
        assert entries(call, "recording") == [(0, "recording started"), (3, "recording stopped after 3 s")]

    def test_the_tag_of_an_interruption_wins(self) -> None:
        """It came later."""
        voice, app, call = recording(tag="message", **URLS)
        client(voice).update_call(call.call_id, redirect_url="https://app.example/complete", tag="redirected")
        voice.run()
        assert app.fields("/available")["tag"] == "redirected"

    def test_an_interruption_while_the_application_is_asked(self) -> None:
        """The recording has ended, and ends once."""
        app = Answers(answer=Response().record(record_complete_url="/complete", max_duration=4, **URLS))
        voice = core(app, assumptions=Assumptions(webhook_seconds=5))
        call = voice.dial("/answer")
        voice.advance(10)
        client(voice).update_call_bxml(call.call_id, Response().pause(duration=1))
        voice.run()
        assert [path for path, _ in app.told] == ["/answer", "/complete", "/available"]
        assert [recording.seconds for recording in call.recordings] == [4]

    @pytest.mark.parametrize(("seconds", "status"), [(0.5, "file-size-too-small"), (0.501, "available"), (10_800, "available")])
    def test_what_is_too_short_is_not_transcribed(self, seconds: float, status: str) -> None:
        """The event says so, however inexactly the times of the beginning and the end can be counted."""
        voice, app, call = recording(**URLS, transcribe=True, max_duration=10_800)
        voice.advance(seconds)
        call.press("#")
        voice.run()
        assert app.fields("/transcribed")["transcription"]["status"] == status


@pytest.mark.parametrize("seconds", [0, 30])
def test_when_a_recording_is_available_is_decided(seconds: float) -> None:
    """Even if it is at once, its completion is told first, and its transcription last."""
    document = Response().record(record_complete_url="/complete", max_duration=4, transcribe=True, **URLS)
    app = Answers(answer=document, complete=Response().pause(duration=100))
    voice = core(app, assumptions=Assumptions(seconds_until_recording=seconds))
    call = voice.dial("/answer")
    voice.run()
    assert entries(call, "event")[1:] == [
        (4, "recordComplete"),
        (4 + seconds, "recordingAvailable"),
        (4 + 2 * seconds, "transcriptionAvailable"),
    ]
    assert app.fields("/available")["duration"] == "PT4S"


def test_half_a_second_is_half_a_second() -> None:
    """Though 0.7 s less 0.2 s is not, as floats go."""
    document = Response().pause(duration=0.2).start_recording(transcribe=True, **URLS).pause(duration=0.5)
    voice, app, call = background(document)
    voice.run()
    assert call.recordings[0].seconds == 0.5
    assert app.fields("/transcribed")["transcription"]["status"] == "file-size-too-small"


def background(document: Response) -> tuple[Core, Answers, Call]:
    """A call that runs a document."""
    app = Answers(answer=document)
    voice = core(app)
    return voice, app, voice.dial("/answer", status_url="/status")


class TestInTheBackground:
    """A recording goes on beside other verbs."""

    def test_it_leaves_out_what_is_paused(self) -> None:
        """Its duration is what was recorded; its times are from the beginning to the end."""
        document = (
            Response()
            .start_recording(multi_channel=True, recording_name="whole", transcribe=True, tag="recorded", **URLS)
            .pause(duration=4)
            .pause_recording()
            .pause_recording()
            .pause(duration=100)
            .resume_recording()
            .resume_recording()
            .pause(duration=6)
            .stop_recording()
            .pause(duration=50)
        )
        voice, app, call = background(document)
        voice.run()
        fields = app.fields("/available")
        assert fields | {"duration": "PT10S", "channels": 2, "status": "complete", "tag": "recorded"} == fields
        assert fields["recordingName"] == call.recordings[0].name == "whole"
        assert "recordingName" not in app.fields("/transcribed")
        assert [entry.at for entry in call.timeline if entry.kind == "event" and entry.text == "recordingAvailable"] == [112]
        assert app.fields("/transcribed")["duration"] == "PT10S"

    def test_it_ends_with_the_call_also_if_paused(self) -> None:
        """What was recorded before counts."""
        voice, app, call = background(Response().start_recording(**URLS).pause(duration=4).pause_recording().pause(duration=9))
        voice.advance(8)
        call.hang_up()
        voice.run()
        assert app.fields("/available")["duration"] == "PT4S"

    def test_it_goes_on_after_an_interruption(self) -> None:
        """Only what runs is interrupted."""
        voice, app, call = background(Response().start_recording(**URLS).pause(duration=100))
        voice.advance(5)
        client(voice).update_call_bxml(call.call_id, Response().pause(duration=5))
        voice.run()
        assert app.fields("/available")["duration"] == "PT10S"

    def test_it_goes_on_beside_a_record(self) -> None:
        """Each is a recording of its own, and what pauses the one does not pause the other."""
        document = Response().start_recording(**URLS).record(max_duration=5).pause_recording().pause(duration=3)
        voice, app, call = background(document)
        voice.run()
        assert [(recording.recording_id[:10], recording.seconds) for recording in call.recordings] == [
            ("r-00000001", 5),
            ("r-00000002", 5),
        ]
        assert app.fields("/available")["recordingId"] == call.recordings[0].recording_id

    def test_it_is_of_the_leg_that_began_it(self) -> None:
        """Its event has the numbers of the leg beside those of the call."""
        sales = "+13365550142"
        app = Answers(
            answer=Response().transfer([PhoneNumber(sales, transfer_answer_url="/whisper")]),
            whisper=Response().start_recording(**URLS),
        )
        voice = core(app)
        voice.phone(sales).answers(after=2, hangs_up_after=9)
        call = voice.dial("/answer")
        voice.run()
        (leg,) = call.legs
        available = the(RecordingAvailableEvent, app)
        assert (available.call_id, available.parent_call_id, available.transfer_to) == (leg.call_id, call.call_id, sales)
        assert available.media_url == f"{leg.url}/recordings/{leg.recordings[0].recording_id}/media"
        assert (available.start_time, available.duration) == (at(2), timedelta(seconds=9))
        assert call.recordings == []

    def test_a_second_one_is_ignored(self) -> None:
        """While one goes on; after its end another may begin."""
        document = (
            Response()
            .start_recording(tag="first", **URLS)
            .start_recording(tag="second", recording_available_url="/never")
            .pause(duration=1)
            .stop_recording()
            .start_recording(recording_available_url="/third")
        )
        voice, app, call = background(document)
        voice.run()
        assert len(call.recordings) == 2
        assert call.timeline.texts("ignored") == ["a recording goes on already"]
        assert [path for path, _ in app.told] == ["/answer", "/status", "/available", "/third"]
        assert app.fields("/available")["tag"] == "first"
        assert call.background_recording is None

    def test_nothing_is_recorded(self) -> None:
        """Its verbs do nothing then."""
        voice, _, call = background(Response().pause_recording().resume_recording().stop_recording())
        voice.run()
        assert call.timeline.texts("ignored") == ["nothing is recorded"] * 3

    def test_what_changes_nothing_is_noted(self) -> None:
        """A recording that is paused is not paused again, and one that goes on not resumed."""
        document = Response().start_recording().resume_recording().pause_recording().pause_recording().stop_recording()
        voice, _, call = background(document)
        voice.run()
        assert call.timeline.texts("recording", "ignored") == [
            "recording started",
            "the recording is not paused",
            "paused",
            "the recording is paused already",
            "recording stopped after 0 s",
        ]


def test_no_password_is_shown() -> None:
    """Neither by the recording, whose verb has one, nor by what the timeline tells of its events."""
    secret = "open-sesame"
    app = Answers(
        answer=Response().record(
            record_complete_url="/complete",
            recording_available_url=f"https://user:{secret}@app.example/available",
            username="user",
            password=secret,
            max_duration=1,
        )
    )
    voice = core(app)
    call = voice.dial(f"https://user:{secret}@app.example/answer")
    voice.run()
    assert [path for path, _ in app.told] == ["/answer", "/complete", "/available"]
    assert secret not in f"{call.recordings!r} {call.timeline.as_json()}"


def test_a_recording_of_four_hours_is_too_long() -> None:
    """The limit of the transcription is longer than that of Record."""
    document = Response().start_recording(transcribe=True, **URLS).pause(duration=4 * 3600)
    voice, app, _ = background(document)
    voice.run()
    assert app.fields("/transcribed")["transcription"]["status"] == "file-size-too-big"


def test_what_goes_on_is_not_resumed() -> None:
    """It stays as long as it is."""
    voice, _, call = background(Response().start_recording().pause(duration=9))
    voice.advance(5)
    call.recordings[0].resume()
    voice.run()
    assert call.recordings[0].seconds == 9
