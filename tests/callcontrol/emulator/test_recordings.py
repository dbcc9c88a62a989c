"""Record, and recordings in the background: how they end, how long they are, and what is told of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bxml import Response
from callcontrol import BasicAuth, Client
from callcontrol.emulator.calls import Call
from callcontrol.emulator.core import Core
from callcontrol.times import moment
from tests.callcontrol.emulator.answers import Answers

URLS: dict[str, Any] = {
    "recording_available_url": "/available",
    "transcription_available_url": "/transcribed",
}


def recording(**attributes: Any) -> tuple[Core, Answers, Call]:
    """A call that is at its Record."""
    app = Answers(
        answer=Response().record(**attributes).speak_sentence("Next verb."),
        complete=Response().speak_sentence("Thank you."),
    )
    voice = Core(app)
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
        complete = app.fields("/complete")
        (made,) = call.recordings
        common = {
            "callId": call.call_id,
            "recordingId": made.recording_id,
            "mediaUrl": f"{call.url}/recordings/{made.recording_id}/media",
            "duration": "PT7S",
            "fileFormat": "wav",
            "tag": "message",
        }
        assert complete | common | {"channels": 1} == complete
        assert moment(complete["endTime"]) is not None
        start, end = (moment(complete[name]) for name in ("startTime", "endTime"))
        assert start is not None
        assert end is not None
        assert timedelta(seconds=7) <= end - start < timedelta(seconds=8)  # of the recording, not of the call
        available = app.fields("/available")
        assert available | common | {"status": "complete", "channels": 1} == available
        assert "answerTime" not in available
        transcribed = app.fields("/transcribed")
        assert transcribed | common == transcribed
        assert transcribed["transcription"]["status"] == "available"
        assert transcribed["transcription"]["url"] == f"{call.url}/recordings/{made.recording_id}/transcription"
        assert transcribed["transcription"].keys() == {"id", "url", "status", "completedTime"}

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
        """Then it is not told that it is complete, but that it is available."""
        voice, app, call = recording(record_complete_url="/complete", **URLS)
        voice.advance(3)
        call.hang_up()
        voice.run()
        assert app.told == [("/answer", "initiate"), ("/status", "disconnect"), ("/available", "recordingAvailable")]
        assert app.fields("/available")["duration"] == "PT3S"

    def test_an_interruption_ends_it(self) -> None:
        """Likewise."""
        voice, app, call = recording(record_complete_url="/complete", **URLS)
        voice.advance(3)
        client = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)
        client.update_call_bxml(call.call_id, Response().pause(duration=10))
        voice.run()
        assert app.told == [("/answer", "initiate"), ("/available", "recordingAvailable"), ("/status", "disconnect")]

    @pytest.mark.parametrize(("seconds", "status"), [(0.5, "file-size-too-small"), (0.6, "available"), (10_800, "available")])
    def test_what_is_too_short_is_not_transcribed(self, seconds: float, status: str) -> None:
        """The event says so."""
        voice, app, call = recording(**URLS, transcribe=True, max_duration=10_800)
        voice.advance(seconds)
        call.press("#")
        voice.run()
        assert app.fields("/transcribed")["transcription"]["status"] == status


def background(document: Response) -> tuple[Core, Answers, Call]:
    """A call that runs a document."""
    app = Answers(answer=document)
    voice = Core(app)
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
        assert call.recordings[0].name == "whole"
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
        client = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)
        client.update_call_bxml(call.call_id, Response().pause(duration=5))
        voice.run()
        assert app.fields("/available")["duration"] == "PT10S"

    def test_a_second_one_is_ignored(self) -> None:
        """While one goes on; after its end another may begin."""
        document = Response().start_recording().start_recording().stop_recording().start_recording()
        voice, _, call = background(document)
        voice.run()
        assert len(call.recordings) == 2
        assert call.timeline.texts("ignored") == ["a recording goes on already"]

    def test_nothing_is_recorded(self) -> None:
        """Its verbs do nothing then."""
        voice, _, call = background(Response().pause_recording().resume_recording().stop_recording())
        voice.run()
        assert call.timeline.texts("ignored") == ["nothing is recorded"] * 3


def test_a_recording_of_four_hours_is_too_long() -> None:
    """The limit of the transcription is longer than that of Record."""
    document = Response().start_recording(transcribe=True, **URLS).pause(duration=4 * 3600)
    voice, app, _ = background(document)
    voice.run()
    assert app.fields("/transcribed")["transcription"]["status"] == "file-size-too-big"


def test_keys_in_the_background() -> None:
    """Each key is told, but while a Gather collects them, until it is stopped."""
    document = (
        Response()
        .start_gather(dtmf_url="/keys", tag="keys")
        .pause(duration=5)
        .gather(max_digits=1)
        .pause(duration=5)
        .stop_gather()
        .pause(duration=5)
    )
    voice, app, call = background(document)
    for digit in "1234":
        voice.advance(3 if digit in "12" else 4)
        call.press(digit)
    voice.run()
    told = [(event.fields["digit"], event.fields["tag"]) for path, event in app.events if path == "/keys"]
    assert told == [("1", "keys"), ("3", "keys")]
    assert call.timeline.texts("ignored") == ["nothing listened to the key 4"]


def test_no_key_is_told_of() -> None:
    """StopGather has no effect then."""
    voice, _, call = background(Response().stop_gather())
    voice.run()
    assert call.timeline.texts("ignored") == ["no key is told of"]


def test_a_recording_that_is_interrupted_has_its_tag() -> None:
    """The tag of a Record goes with all that is told of it."""
    voice, app, call = recording(recording_available_url="/available", tag="message")
    voice.advance(3)
    call.hang_up()
    voice.run()
    assert app.fields("/available")["tag"] == "message"


def test_an_ignored_recording_tags_nothing() -> None:
    """Nor does it begin."""
    voice, app, _ = background(Response().start_recording(tag="first").start_recording(tag="second"))
    voice.run()
    assert app.fields("/status")["tag"] == "first"


def test_what_goes_on_is_not_resumed() -> None:
    """It stays as long as it is."""
    voice, _, call = background(Response().start_recording().pause(duration=9))
    voice.advance(5)
    call.recordings[0].resume()
    voice.run()
    assert call.recordings[0].seconds == 9
