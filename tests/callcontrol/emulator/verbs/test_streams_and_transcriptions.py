"""Streams and transcriptions: names, tracks, how they end, and what is told of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bxml import Response
from callcontrol.emulator import Assumptions, Call, Core
from callcontrol.events import (
    Event,
    MediaStreamRejectedEvent,
    MediaStreamStartedEvent,
    MediaStreamStoppedEvent,
    RealTimeTranscriptionAvailableEvent,
    RealTimeTranscriptionStoppedEvent,
)
from tests.callcontrol.emulator.recording_application import TODAY, client, core, entries
from tests.callcontrol.emulator.table_application import Answers

WSS = "wss://app.example/"


def running(document: Response) -> tuple[Core, Answers, Call]:
    """A call that runs a document, up to its first pause."""
    app = Answers(answer=document)
    voice = core(app)
    call = voice.dial("/answer", status_url="/status")
    voice.advance(0)
    return voice, app, call


def events(app: Answers, path: str = "/events") -> list[Event]:
    """What came to a path."""
    return [event for to, event in app.events if to == path]


def stream(document: Response, **attributes: Any) -> Response:
    """The document with a stream that tells of itself."""
    return document.start_stream(destination=WSS, stream_event_url="/events", **attributes)


class TestStreams:
    """StartStream and StopStream."""

    def test_from_its_beginning_to_its_end(self) -> None:
        """It has a name or its id, and a duration once it has stopped."""
        document = stream(Response(), name="agent", tracks="both").pause(duration=7).stop_stream(name="agent").pause(duration=5)
        voice, app, _ = running(document)
        voice.run()
        started, stopped = events(app)
        assert [started.event_type, stopped.event_type] == ["mediaStreamStarted", "mediaStreamStopped"]
        feed = started.fields["mediaStream"]
        assert feed | {
            "name": "agent",
            "destination": WSS,
            "tracks": ("inbound", "outbound"),
            "type": "WebSocket",
        } == dict(feed)
        assert feed["id"].startswith("s-")
        assert stopped.fields["mediaStream"] == {**feed, "duration": "PT7S"}
        assert stopped.fields["cause"] == "closed"
        assert "parentCallId" not in started.fields

    def test_its_times(self) -> None:
        """They are its own; the events have those of the call beside them."""
        voice, app, call = running(stream(Response().pause(duration=3), name="x").pause(duration=0.5).stop_stream(name="x"))
        voice.run()
        started, stopped = events(app)
        assert isinstance(started, MediaStreamStartedEvent)
        assert isinstance(stopped, MediaStreamStoppedEvent)
        assert started.media_stream is not None
        assert stopped.media_stream is not None
        began = TODAY + timedelta(seconds=3)
        assert (started.event_time, started.start_time, started.media_stream.start_time) == (began, TODAY, began)
        assert (stopped.media_stream.start_time, stopped.media_stream.duration) == (began, timedelta(seconds=0.5))
        assert (started.media_stream.duration, stopped.error_message) == (None, None)
        assert entries(call, "event")[1:3] == [(3, "mediaStreamStarted"), (3.5, "mediaStreamStopped")]

    def test_it_ends_with_the_call(self) -> None:
        """Whether it was stopped or not, and has its id for a name if it was given none."""
        voice, app, call = running(stream(Response()).pause(duration=100))
        voice.advance(3)
        call.hang_up()
        voice.run()
        started, stopped = events(app)
        assert started.fields["mediaStream"]["name"] == started.fields["mediaStream"]["id"]
        assert stopped.fields["mediaStream"]["duration"] == "PT3S"
        assert call.streams == {}
        assert app.told[-2:] == [("/events", "mediaStreamStopped"), ("/status", "disconnect")]

    def test_nothing_keeps_a_call_alive(self) -> None:
        """A stream that is the last verb ends with the call at once."""
        voice, app, call = running(stream(Response()))
        assert call.expect_end() == "hangup"
        assert events(app)[1].fields["mediaStream"]["duration"] == "PT0S"
        assert voice.calls == [call]

    def test_nobody_is_told_without_a_url(self) -> None:
        """It goes on all the same."""
        document = Response().start_stream(destination=WSS, name="x").start_stream(destination=WSS, name="x").pause(duration=9)
        _, app, call = running(document)
        assert [path for path, _ in app.told] == ["/answer"]
        assert list(call.streams) == ["x"]
        assert call.timeline.texts("recording") == [
            'stream "x" started',
            'stream "x" was rejected: A stream with the name x already exists',
        ]

    def test_it_goes_on_after_an_interruption(self) -> None:
        """Only what runs is interrupted."""
        voice, _app, call = running(stream(Response(), name="x").pause(duration=100))
        client(voice).update_call_bxml(call.call_id, Response().pause(duration=5))
        voice.advance(1)
        assert list(call.streams) == ["x"]

    def test_a_name_is_free_again(self) -> None:
        """Once the stream has ended; that one does not end the other."""
        document = stream(stream(Response(), name="x").stop_stream(name="x"), name="x").pause(duration=9)
        voice, app, call = running(document)
        assert [event.event_type for event in events(app)] == [
            "mediaStreamStarted",
            "mediaStreamStopped",
            "mediaStreamStarted",
        ]
        (second,) = call.streams.values()
        assert second.id == events(app)[2].fields["mediaStream"]["id"]
        voice.run()
        stopped = [event.fields["mediaStream"] for event in events(app) if event.event_type == "mediaStreamStopped"]
        assert [each["duration"] for each in stopped] == ["PT0S", "PT9S"]

    def test_what_has_ended_ends_nothing_more(self) -> None:
        """Not even what has its name by then."""
        document = stream(stream(Response(), name="x").pause(duration=1).stop_stream(name="x"), name="x").pause(duration=9)
        voice, _, call = running(document)
        first = call.streams["x"]
        voice.advance(5)
        first.end()
        assert call.streams["x"] is not first

    def test_a_name_in_use_is_rejected(self) -> None:
        """The event has the one that has it."""
        voice, app, call = running(stream(stream(Response(), name="x"), name="x").pause(duration=1))
        voice.advance(0)
        rejected = events(app)[1]
        assert (rejected.event_type, rejected.fields["cause"]) == ("mediaStreamRejected", "duplicate")
        assert rejected.fields["errorMessage"] == "A stream with the name x already exists"
        assert rejected.fields["originalMediaStream"] == events(app)[0].fields["mediaStream"]
        assert rejected.fields["mediaStream"]["id"] != rejected.fields["originalMediaStream"]["id"]
        assert len(call.streams) == 1

    def test_what_a_rejected_one_is(self) -> None:
        """It never was, so that it has no duration, and its end is not told."""
        voice, app, _ = running(stream(stream(Response(), name="x", tracks="both"), name="x").pause(duration=5))
        voice.run()
        (rejected,) = (event for event in events(app) if isinstance(event, MediaStreamRejectedEvent))
        assert rejected.media_stream is not None
        assert rejected.original_media_stream is not None
        assert (rejected.media_stream.tracks, rejected.original_media_stream.tracks) == (("inbound",), ("inbound", "outbound"))
        assert rejected.media_stream.duration is None
        assert [event.event_type for event in events(app)].count("mediaStreamStopped") == 1

    def test_there_are_four_tracks(self) -> None:
        """A stream of both sides has two."""
        document = Response()
        for tracks in ("both", "inbound", "outbound", "inbound"):
            document = stream(document, tracks=tracks)
        voice, app, call = running(document.pause(duration=1))
        voice.advance(0)
        rejected = events(app)[-1]
        assert (rejected.event_type, rejected.fields["cause"]) == ("mediaStreamRejected", "track-limit")
        assert "originalMediaStream" not in rejected.fields
        assert len(call.streams) == 3

    def test_waiting_for_the_far_end(self) -> None:
        """The call goes on once that closes it."""
        document = stream(Response(), name="x").stop_stream(name="x", wait=True).speak_sentence("Closed.")
        voice, app, call = running(document)
        voice.advance(500)
        assert call.timeline.spoken == []
        call.close_stream("x")
        call.expect_speech("closed")
        assert [event.event_type for event in events(app)] == ["mediaStreamStarted", "mediaStreamStopped"]
        with pytest.raises(ValueError, match=r'^stream "x" is not active; active streams: none$'):
            call.close_stream("x")

    def test_waiting_keeps_a_call_alive_until_it_is_interrupted(self) -> None:
        """The stream goes on then, or ends with the call."""
        document = stream(Response(), name="x").stop_stream(name="x", wait=True).speak_sentence("Never.")
        voice, app, call = running(document)
        client(voice).update_call_bxml(call.call_id, Response().pause(duration=5))
        voice.advance(4)
        assert list(call.streams) == ["x"]
        voice.run()
        assert call.timeline.spoken == []
        assert events(app)[-1].fields["mediaStream"]["duration"] == "PT5S"

    def test_waiting_for_one_of_several(self) -> None:
        """Another one that is closed does not count."""
        document = stream(stream(Response(), name="x"), name="y").stop_stream(name="x", wait=True).speak_sentence("Closed.")
        voice, _, call = running(document)
        call.close_stream("y")
        voice.advance(1)
        assert call.timeline.spoken == []
        call.close_stream("x")
        call.expect_speech("closed")

    def test_an_unknown_name_has_no_effect(self) -> None:
        """Whether it is waited for or not."""
        _, _, call = running(Response().stop_stream(name="x").stop_stream(name="x", wait=True).speak_sentence("Next."))
        call.expect_speech("next")
        assert call.timeline.texts("ignored") == ["there is no stream x"] * 2


def transcription(document: Response, **attributes: Any) -> Response:
    """The document with a transcription that tells of itself."""
    return document.start_transcription(transcription_event_url="/events", **attributes)


class TestTranscriptions:
    """StartTranscription and StopTranscription."""

    def test_with_a_destination(self) -> None:
        """It is told that it began and ended, and that it can be fetched."""
        document = transcription(Response(), name="live", destination=WSS).pause(duration=7).stop_transcription(name="live")
        voice, app, call = running(document.pause(duration=9))
        voice.run()
        started, stopped, available = events(app)
        assert [event.event_type for event in events(app)] == [
            "realTimeTranscriptionStarted",
            "realTimeTranscriptionStopped",
            "realTimeTranscriptionAvailable",
        ]
        feed = started.fields["realTimeTranscription"]
        assert feed | {"name": "live", "destination": WSS, "tracks": ("inbound",), "stabilized": "true"} == dict(feed)
        assert stopped.fields["realTimeTranscription"] == {**feed, "duration": "PT7S"}
        assert stopped.fields["cause"] == "closed"
        fetched = available.fields["realTimeTranscription"]
        assert (fetched["status"], fetched["url"]) == ("available", f"{call.url}/transcriptions/{feed['id']}")
        assert "completedTime" in fetched

    def test_its_times(self) -> None:
        """It can be fetched as long after its end as the transcription of a recording."""
        document = transcription(Response().pause(duration=3), destination=WSS).pause(duration=7)
        app = Answers(answer=document)
        voice = core(app, assumptions=Assumptions(seconds_until_recording=5))
        call = voice.dial("/answer", status_url="/status")
        voice.run()
        assert entries(call, "event")[1:] == [
            (3, "realTimeTranscriptionStarted"),
            (10, "realTimeTranscriptionStopped"),
            (10, "disconnect"),
            (20, "realTimeTranscriptionAvailable"),
        ]
        _, stopped, available = events(app)
        assert isinstance(stopped, RealTimeTranscriptionStoppedEvent)
        assert isinstance(available, RealTimeTranscriptionAvailableEvent)
        assert stopped.real_time_transcription is not None
        assert (stopped.cause, stopped.real_time_transcription.duration) == ("closed", timedelta(seconds=7))
        made = available.real_time_transcription
        assert made is not None
        began, done = TODAY + timedelta(seconds=3), TODAY + timedelta(seconds=20)
        assert (made.start_time, made.completed_time, available.event_time) == (began, done, done)
        assert (made.stabilized, made.duration) == (True, None)  # the length is told with the end, and not again
        assert made.name == made.id

    def test_nobody_is_told_without_a_url(self) -> None:
        """Whether there is a destination or not."""
        voice, app, call = running(Response().start_transcription(name="x", destination=WSS).pause(duration=5))
        assert list(call.transcriptions) == ["x"]
        voice.run()
        assert [path for path, _ in app.told] == ["/answer", "/status"]

    def test_it_has_tracks_of_its_own(self) -> None:
        """Four for transcriptions, and four for streams."""
        document = Response()
        for _ in range(2):
            document = transcription(stream(document, tracks="both"), tracks="both")
        _, _, call = running(document.pause(duration=5))
        assert (len(call.streams), len(call.transcriptions)) == (2, 2)

    def test_without_a_destination(self) -> None:
        """It is told that it can be fetched, and nothing else."""
        voice, app, call = running(transcription(transcription(Response(), name="x"), name="x").pause(duration=7))
        voice.run()
        (available,) = events(app)
        assert available.event_type == "realTimeTranscriptionAvailable"
        assert available.fields["realTimeTranscription"].keys().isdisjoint({"destination", "stabilized"})
        assert call.transcriptions == {}

    def test_a_name_in_use_is_rejected(self) -> None:
        """The event has the one that has it; a fifth track is one too many."""
        document = transcription(Response(), name="x", destination=WSS, stabilized=False)
        document = transcription(document, name="x", destination=WSS)
        for _ in range(2):
            document = transcription(document, tracks="both", destination=WSS)
        voice, app, call = running(document.pause(duration=1))
        voice.advance(0)
        rejected = [event for event in events(app) if event.event_type == "realTimeTranscriptionRejected"]
        assert [event.fields["cause"] for event in rejected] == ["duplicate", "track-limit"]
        assert rejected[0].fields["originalTranscription"]["stabilized"] == "false"
        assert rejected[0].fields["errorMessage"] == "A transcription with the name x already exists"
        assert len(call.transcriptions) == 2

    def test_all_are_stopped_without_a_name(self) -> None:
        """A name that is not in use has no effect."""
        document = (
            transcription(transcription(Response(), name="a"), name="b").stop_transcription(name="c").stop_transcription()
        )
        _, _, call = running(document.stop_transcription().pause(duration=5))
        assert call.transcriptions == {}
        assert call.timeline.texts("ignored") == ["there is no transcription c", "nothing is transcribed"]


def test_timelines_can_be_compared_and_shown() -> None:
    """Whatever the time of day, and without the password of a websocket."""
    secret = "open-sesame"
    wss = f"wss://user:{secret}@app.example/"
    document = (
        Response()
        .start_stream(name="x", destination=wss, destination_password=secret, stream_event_url="/events")
        .start_stream(name="x", destination=wss, stream_event_url="/events")
        .start_transcription(destination=wss, transcription_event_url="/events")
        .record(max_duration=2, transcribe=True, transcription_available_url="/events")
        .stop_transcription()
        .pause(duration=9)
    )
    calls: list[Call] = []
    for days in (0, 1):
        app = Answers(answer=document)
        voice = Core(app, clock=lambda days=days: TODAY + timedelta(days=days))  # type: ignore[misc]
        calls.append(voice.dial("/answer"))
        voice.advance(5)
        assert secret in str([event.fields for event in events(app)])  # for the application has to know
    first, second = calls
    assert first.timeline == second.timeline
    assert secret not in f"{first.timeline.as_json()} {first.streams!r}"
    told = next(entry for entry in first.timeline if entry.text == "mediaStreamStarted")
    assert dict(told.details["mediaStream"]) == {
        "id": "s-00000001-00000000-0000-0000-0000-000000000001",
        "name": "x",
        "tracks": ["inbound"],
        "type": "WebSocket",
    }
