"""The verb Record, and recordings in the background: how recordings end, how long they are, and their events."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from bxml import PhoneNumber, Response
from callcontrol.emulator import Assumptions, Call, Core
from callcontrol.events import Event, RecordCompleteEvent, RecordingAvailableEvent, TranscriptionAvailableEvent
from tests.callcontrol.emulator.scripted_application import TODAY, client, core, create, entries
from tests.callcontrol.emulator.table_application import Answers

E = TypeVar("E", bound=Event)

URLS: dict[str, Any] = {
    "recording_available_url": "/available",
    "transcription_available_url": "/transcribed",
}


def at(seconds: float) -> Any:
    """Return the date and time of a moment, given in seconds since the start of the emulator."""
    return TODAY + timedelta(seconds=seconds)


def only(kind: type[E], app: Answers) -> E:
    """Return the only event of this class that the application received."""
    (event,) = (event for _, event in app.events if isinstance(event, kind))
    return event


def recording_call(**attributes: Any) -> tuple[Core, Answers, Call]:
    """Return a call that has just started a Record, with its core and application."""
    app = Answers(
        answer=Response().record(**attributes).speak_sentence("Next verb."),
        complete=Response().speak_sentence("Thank you."),
    )
    voice = core(app)
    call = voice.dial("/answer", status_url="/status")
    voice.advance(0)
    return voice, app, call


class TestRecord:
    """The call waits while a Record runs."""

    def test_terminating_digit_ends_it(self) -> None:
        """The default terminating digit is the hash key. Other keys do not end the recording."""
        voice, app, call = recording_call(record_complete_url="/complete", **URLS, transcribe=True, tag="message")
        voice.advance(7)
        call.press("5")
        call.press("#")
        voice.run()
        assert call.timeline.spoken == ["Thank you."]
        assert app.received == [
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

    def test_events_have_the_times_of_the_recording(self) -> None:
        """A recording is available 2 s after its end, and its transcription is available another 2 s later."""
        app = Answers(
            answer=Response().pause(duration=3).record(record_complete_url="/complete", **URLS, transcribe=True),
            complete=Response().pause(duration=60),
        )
        voice = core(app)
        call = create(voice, tag="order-7", answer_url="https://app.example/answer")
        voice.advance(10.25)
        call.press("#")
        voice.run()
        events = [entry for entry in entries(call, "event") if "Complete" in entry[1] or "Available" in entry[1]]
        assert events == [(10.25, "recordComplete"), (12.25, "recordingAvailable"), (14.25, "transcriptionAvailable")]
        complete = only(RecordCompleteEvent, app)
        assert (complete.start_time, complete.end_time, complete.answer_time) == (at(3), at(10.25), at(0))
        assert (complete.duration, complete.enqueued_time) == (timedelta(seconds=7.25), at(0))
        available = only(RecordingAvailableEvent, app)
        assert (available.start_time, available.end_time, available.event_time) == (at(3), at(10.25), at(12.25))
        assert (available.answer_time, available.tag) == (None, "order-7")
        transcribed = only(TranscriptionAvailableEvent, app)
        assert (transcribed.start_time, transcribed.end_time, transcribed.event_time) == (at(3), at(10.25), at(14.25))
        made = transcribed.transcription
        assert made is not None
        assert (made.status, made.completed_time) == ("available", at(14.25))
        assert made.url == f"{call.url}/recordings/{call.recordings[0].recording_id}/transcription"
        assert made.fields.keys() == {"id", "url", "status", "completedTime"}

    def test_any_of_several_terminating_digits_ends_it(self) -> None:
        """If terminating digits are given, they replace the hash key, and any of them ends the recording."""
        voice, _, call = recording_call(terminating_digits="*0")
        voice.advance(2)
        call.press("#1")
        voice.advance(2)
        call.press("0")
        assert call.recordings[0].seconds == 4
        assert call.timeline.texts("ignored") == []

    def test_it_answers_the_call(self) -> None:
        """The call is answered before the recording starts."""
        _, _, call = recording_call()
        assert entries(call, "state", "recording") == [(0, "initiated"), (0, "answered"), (0, "recording started")]

    def test_each_url_has_its_method_and_the_credentials(self) -> None:
        """All requests have the credentials of the verb."""
        given = {"username": "user", "password": "pass", "file_format": "mp3"}
        methods = {"record_complete_method": "GET", "recording_available_method": "GET"}
        voice, app, call = recording_call(record_complete_url="/complete", transcribe=True, **URLS, **given, **methods)
        call.press("#")
        voice.run()
        requests = {environ["PATH_INFO"]: environ for environ in app.environs}
        assert {
            path: environ["REQUEST_METHOD"] for path, environ in requests.items() if path not in {"/answer", "/status"}
        } == {
            "/complete": "GET",
            "/available": "GET",
            "/transcribed": "POST",
        }
        basic = f"Basic {b64encode(b'user:pass').decode()}"
        assert [requests[path]["HTTP_AUTHORIZATION"] for path in ("/complete", "/available", "/transcribed")] == [basic] * 3
        assert only(RecordCompleteEvent, app).file_format == "mp3"

    def test_failed_webhook_ends_the_call(self) -> None:
        """The call ends, but the recording still becomes available."""
        voice, app, call = recording_call(record_complete_url="/complete", record_complete_fallback_url="/other", **URLS)
        app.documents |= {"/complete": 500, "/other": 500}
        call.press("#")
        assert call.expect_end() == "callback-error"
        voice.run()
        assert [path for path, _ in app.received] == ["/answer", "/complete", "/other", "/status", "/available"]

    @pytest.mark.parametrize(
        ("attributes", "seconds"),
        [
            ({}, 60),
            ({"max_duration": 5}, 5),
            ({"silence_timeout": 4}, 4),
            ({"max_duration": 3, "silence_timeout": 4}, 3),
        ],
    )
    def test_max_duration_or_silence_ends_it(self, attributes: dict[str, Any], seconds: float) -> None:
        """A recording ends after maxDuration or after a silence. The caller is silent unless the test calls ``say``."""
        voice, _, call = recording_call(**attributes)
        voice.run()
        assert call.recordings[0].seconds == seconds
        assert call.timeline.spoken == ["Next verb."]

    def test_speech_restarts_the_silence_timeout(self) -> None:
        """The timeout starts again each time the caller speaks."""
        voice, _, call = recording_call(silence_timeout=4)
        voice.advance(3)
        call.say("I am still here.")
        voice.advance(3)
        call.say("And here.")
        voice.run()
        assert call.recordings[0].seconds == 10

    def test_keys_do_not_restart_the_silence_timeout(self) -> None:
        """A caller who presses keys is still silent."""
        voice, _, call = recording_call(silence_timeout=4)
        voice.advance(3)
        call.press("5")
        voice.run()
        assert call.recordings[0].seconds == 4

    def test_without_silence_timeout_speech_has_no_effect(self) -> None:
        """The recording lasts until maxDuration."""
        voice, _, call = recording_call()
        voice.advance(3)
        call.say("Hello.")
        voice.run()
        assert call.recordings[0].seconds == 60

    def test_empty_terminating_digits_ignore_all_keys(self) -> None:
        """The recording lasts until maxDuration."""
        voice, _, call = recording_call(terminating_digits="", max_duration=9)
        voice.advance(3)
        call.press("#")
        voice.run()
        assert call.recordings[0].seconds == 9

    def test_hang_up_ends_it(self) -> None:
        """The event recordingAvailable is sent with the tag of the verb, but recordComplete is not sent."""
        voice, app, call = recording_call(record_complete_url="/complete", tag="message", **URLS)
        voice.advance(3)
        call.hang_up()
        voice.run()
        assert app.received == [("/answer", "initiate"), ("/status", "disconnect"), ("/available", "recordingAvailable")]
        assert (app.fields("/available")["duration"], app.fields("/available")["tag"]) == ("PT3S", "message")

    def test_interruption_ends_it(self) -> None:
        """The event recordingAvailable is sent with the tag of the verb, but recordComplete is not sent."""
        voice, app, call = recording_call(record_complete_url="/complete", tag="message", **URLS)
        voice.advance(3)
        client(voice).update_call_bxml(call.call_id, Response().pause(duration=10))
        voice.run()
        assert app.received == [("/answer", "initiate"), ("/available", "recordingAvailable"), ("/status", "disconnect")]
        assert (app.fields("/available")["duration"], app.fields("/available")["tag"]) == ("PT3S", "message")
        assert entries(call, "recording") == [(0, "recording started"), (3, "recording stopped after 3 s")]

    def test_tag_of_an_interruption_replaces_the_verbs_tag(self) -> None:
        """The event has the tag of the interruption instead of the tag of the verb."""
        voice, app, call = recording_call(tag="message", **URLS)
        client(voice).update_call(call.call_id, redirect_url="https://app.example/complete", tag="redirected")
        voice.run()
        assert app.fields("/available")["tag"] == "redirected"

    def test_interruption_during_the_webhook_does_not_end_it_twice(self) -> None:
        """The recording stops before the webhook, and becomes available only once."""
        app = Answers(answer=Response().record(record_complete_url="/complete", max_duration=4, **URLS))
        voice = core(app, assumptions=Assumptions(webhook_seconds=5))
        call = voice.dial("/answer")
        voice.advance(10)
        client(voice).update_call_bxml(call.call_id, Response().pause(duration=1))
        voice.run()
        assert [path for path, _ in app.received] == ["/answer", "/complete", "/available"]
        assert [recording.seconds for recording in call.recordings] == [4]

    @pytest.mark.parametrize(("seconds", "status"), [(0.5, "file-size-too-small"), (0.501, "available"), (10_800, "available")])
    def test_short_recording_is_not_transcribed(self, seconds: float, status: str) -> None:
        """Up to a duration of 0.5 s the status is file-size-too-small, in spite of rounding errors."""
        voice, app, call = recording_call(**URLS, transcribe=True, max_duration=10_800)
        voice.advance(seconds)
        call.press("#")
        voice.run()
        assert app.fields("/transcribed")["transcription"]["status"] == status


@pytest.mark.parametrize("seconds", [0, 30])
def test_delay_of_the_events_is_an_assumption(seconds: float) -> None:
    """Even without a delay, recordComplete is sent first and transcriptionAvailable last."""
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


def test_rounding_errors_do_not_change_a_duration() -> None:
    """A recording from 0.2 s to 0.7 s lasts exactly 0.5 s."""
    document = Response().pause(duration=0.2).start_recording(transcribe=True, **URLS).pause(duration=0.5)
    voice, app, call = running(document)
    voice.run()
    assert call.recordings[0].seconds == 0.5
    assert app.fields("/transcribed")["transcription"]["status"] == "file-size-too-small"


def running(document: Response) -> tuple[Core, Answers, Call]:
    """Return a call that runs the document, with its core and application."""
    app = Answers(answer=document)
    voice = core(app)
    return voice, app, voice.dial("/answer", status_url="/status")


class TestInTheBackground:
    """A background recording continues while other verbs run."""

    def test_pauses_are_not_recorded(self) -> None:
        """The duration excludes pauses, but the time between start and end includes them."""
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
        voice, app, call = running(document)
        voice.run()
        fields = app.fields("/available")
        assert fields | {"duration": "PT10S", "channels": 2, "status": "complete", "tag": "recorded"} == fields
        assert fields["recordingName"] == call.recordings[0].name == "whole"
        assert "recordingName" not in app.fields("/transcribed")
        assert [entry.at for entry in call.timeline if entry.kind == "event" and entry.text == "recordingAvailable"] == [112]
        assert app.fields("/transcribed")["duration"] == "PT10S"

    def test_end_of_the_call_stops_a_paused_recording(self) -> None:
        """If a call ends during a pause of its recording, the duration does not include the pause."""
        voice, app, call = running(Response().start_recording(**URLS).pause(duration=4).pause_recording().pause(duration=9))
        voice.advance(8)
        call.hang_up()
        voice.run()
        assert app.fields("/available")["duration"] == "PT4S"

    def test_it_continues_after_an_interruption(self) -> None:
        """An interruption replaces only the document, and the recording continues."""
        voice, app, call = running(Response().start_recording(**URLS).pause(duration=100))
        voice.advance(5)
        client(voice).update_call_bxml(call.call_id, Response().pause(duration=5))
        voice.run()
        assert app.fields("/available")["duration"] == "PT10S"

    def test_it_continues_during_a_record(self) -> None:
        """The Record is a separate recording, and PauseRecording pauses only the background recording."""
        document = Response().start_recording(**URLS).record(max_duration=5).pause_recording().pause(duration=3)
        voice, app, call = running(document)
        voice.run()
        assert [(recording.recording_id[:10], recording.seconds) for recording in call.recordings] == [
            ("r-00000001", 5),
            ("r-00000002", 5),
        ]
        assert app.fields("/available")["recordingId"] == call.recordings[0].recording_id

    def test_recording_of_a_leg_belongs_to_the_leg(self) -> None:
        """The event of the recording has the numbers of the leg and of the original call."""
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
        available = only(RecordingAvailableEvent, app)
        assert (available.call_id, available.parent_call_id, available.transfer_to) == (leg.call_id, call.call_id, sales)
        assert available.media_url == f"{leg.url}/recordings/{leg.recordings[0].recording_id}/media"
        assert (available.start_time, available.duration) == (at(2), timedelta(seconds=9))
        assert call.recordings == []

    def test_second_start_recording_is_ignored(self) -> None:
        """After the end of the first recording, another recording can start."""
        document = (
            Response()
            .start_recording(tag="first", **URLS)
            .start_recording(tag="second", recording_available_url="/never")
            .pause(duration=1)
            .stop_recording()
            .start_recording(recording_available_url="/third")
        )
        voice, app, call = running(document)
        voice.run()
        assert len(call.recordings) == 2
        assert call.timeline.texts("ignored") == ["a recording is already running"]
        assert [path for path, _ in app.received] == ["/answer", "/status", "/available", "/third"]
        assert app.fields("/available")["tag"] == "first"
        assert call.background_recording is None

    def test_verbs_without_a_recording_are_noted(self) -> None:
        """Without a recording, PauseRecording, ResumeRecording and StopRecording have no effect."""
        voice, _, call = running(Response().pause_recording().resume_recording().stop_recording())
        voice.run()
        assert call.timeline.texts("ignored") == [f"no recording to {action}" for action in ("pause", "resume", "stop")]

    def test_repeated_pause_and_resume_are_noted(self) -> None:
        """A paused recording is not paused again, and a running recording is not resumed."""
        document = Response().start_recording().resume_recording().pause_recording().pause_recording().stop_recording()
        voice, _, call = running(document)
        voice.run()
        assert call.timeline.texts("recording", "ignored") == [
            "recording started",
            "the recording is not paused",
            "recording paused",
            "the recording is already paused",
            "recording stopped after 0 s",
        ]


def test_password_is_hidden() -> None:
    """Neither the repr of the recording nor the timeline shows the password."""
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
    assert [path for path, _ in app.received] == ["/answer", "/complete", "/available"]
    assert secret not in f"{call.recordings!r} {call.timeline.as_json()}"


def test_recording_of_four_hours_is_not_transcribed() -> None:
    """The transcription has the status file-size-too-big."""
    document = Response().start_recording(transcribe=True, **URLS).pause(duration=4 * 3600)
    voice, app, _ = running(document)
    voice.run()
    assert app.fields("/transcribed")["transcription"]["status"] == "file-size-too-big"


def test_resuming_a_running_recording_has_no_effect() -> None:
    """Resuming a running recording does not change its duration."""
    voice, _, call = running(Response().start_recording().pause(duration=9))
    voice.advance(5)
    call.recordings[0].resume()
    voice.run()
    assert call.recordings[0].seconds == 9
