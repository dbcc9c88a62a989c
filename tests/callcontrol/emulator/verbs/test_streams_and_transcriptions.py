"""Streams and transcriptions: their names, their tracks, how they stop, and their events."""

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
from tests.callcontrol.emulator.scripted_application import TODAY, client, core, entries
from tests.callcontrol.emulator.table_application import Answers

WSS = "wss://app.example/"


def running(document: Response) -> tuple[Core, Answers, Call]:
    """Return a call that has run the document up to its first pause, with its core and application."""
    app = Answers(answer=document)
    voice = core(app)
    call = voice.dial("/answer", status_url="/status")
    voice.advance(0)
    return voice, app, call


def events(app: Answers, path: str = "/events") -> list[Event]:
    """Return the events that a path received."""
    return [event for to, event in app.events if to == path]


def stream(document: Response, **attributes: Any) -> Response:
    """Append a StartStream that sends events, and return the new document."""
    return document.start_stream(destination=WSS, stream_event_url="/events", **attributes)


class TestStreams:
    """StartStream and StopStream start and stop a stream."""

    def test_started_and_stopped_events_describe_the_stream(self) -> None:
        """The stopped event has the fields of the started event and the duration."""
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

    def test_events_have_the_times_of_stream_and_call(self) -> None:
        """The stream has its own start time. The event itself has the start time of the call."""
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

    def test_end_of_the_call_stops_it(self) -> None:
        """The end of the call stops a stream. A stream without a name has its id as name."""
        voice, app, call = running(stream(Response()).pause(duration=100))
        voice.advance(3)
        call.hang_up()
        voice.run()
        started, stopped = events(app)
        assert started.fields["mediaStream"]["name"] == started.fields["mediaStream"]["id"]
        assert stopped.fields["mediaStream"]["duration"] == "PT3S"
        assert call.streams == {}
        assert app.received[-2:] == [("/events", "mediaStreamStopped"), ("/status", "disconnect")]

    def test_running_stream_does_not_keep_the_call_alive(self) -> None:
        """If StartStream is the last verb, the call ends at once and stops the stream."""
        voice, app, call = running(stream(Response()))
        assert call.expect_end() == "hangup"
        assert events(app)[1].fields["mediaStream"]["duration"] == "PT0S"
        assert voice.calls == [call]

    def test_without_url_no_event_is_sent(self) -> None:
        """Without a URL the stream starts, but only the timeline shows it."""
        document = Response().start_stream(destination=WSS, name="x").start_stream(destination=WSS, name="x").pause(duration=9)
        _, app, call = running(document)
        assert [path for path, _ in app.received] == ["/answer"]
        assert list(call.streams) == ["x"]
        assert call.timeline.texts("stream") == [
            'stream "x" started',
            'stream "x" was rejected: A stream with the name x already exists',
        ]

    def test_it_continues_after_an_interruption(self) -> None:
        """An interruption replaces only the document, and the stream continues."""
        voice, _app, call = running(stream(Response(), name="x").pause(duration=100))
        client(voice).update_call_bxml(call.call_id, Response().pause(duration=5))
        voice.advance(1)
        assert list(call.streams) == ["x"]

    def test_name_of_a_stopped_stream_can_be_used_again(self) -> None:
        """The end of the first stream does not stop the second."""
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

    def test_stopping_a_stream_twice_does_not_stop_its_successor(self) -> None:
        """A later stream with the same name keeps running."""
        document = stream(stream(Response(), name="x").pause(duration=1).stop_stream(name="x"), name="x").pause(duration=9)
        voice, _, call = running(document)
        first = call.streams["x"]
        voice.advance(5)
        first.end()
        assert call.streams["x"] is not first

    def test_name_in_use_is_rejected(self) -> None:
        """The rejected event also describes the stream that uses the name."""
        voice, app, call = running(stream(stream(Response(), name="x"), name="x").pause(duration=1))
        voice.advance(0)
        rejected = events(app)[1]
        assert (rejected.event_type, rejected.fields["cause"]) == ("mediaStreamRejected", "duplicate")
        assert rejected.fields["errorMessage"] == "A stream with the name x already exists"
        assert rejected.fields["originalMediaStream"] == events(app)[0].fields["mediaStream"]
        assert rejected.fields["mediaStream"]["id"] != rejected.fields["originalMediaStream"]["id"]
        assert len(call.streams) == 1

    def test_rejected_stream_has_no_duration(self) -> None:
        """A rejected stream has no duration, and no stopped event is sent for it."""
        voice, app, _ = running(stream(stream(Response(), name="x", tracks="both"), name="x").pause(duration=5))
        voice.run()
        (rejected,) = (event for event in events(app) if isinstance(event, MediaStreamRejectedEvent))
        assert rejected.media_stream is not None
        assert rejected.original_media_stream is not None
        assert (rejected.media_stream.tracks, rejected.original_media_stream.tracks) == (("inbound",), ("inbound", "outbound"))
        assert rejected.media_stream.duration is None
        assert [event.event_type for event in events(app)].count("mediaStreamStopped") == 1

    def test_fifth_track_is_rejected(self) -> None:
        """At most four tracks are allowed, and a stream of both sides has two tracks."""
        document = Response()
        for tracks in ("both", "inbound", "outbound", "inbound"):
            document = stream(document, tracks=tracks)
        voice, app, call = running(document.pause(duration=1))
        voice.advance(0)
        rejected = events(app)[-1]
        assert (rejected.event_type, rejected.fields["cause"]) == ("mediaStreamRejected", "track-limit")
        assert "originalMediaStream" not in rejected.fields
        assert len(call.streams) == 3

    def test_stop_with_wait_waits_for_the_far_end(self) -> None:
        """The call continues once the far end closes the stream."""
        document = stream(Response(), name="x").stop_stream(name="x", wait=True).speak_sentence("Closed.")
        voice, app, call = running(document)
        voice.advance(500)
        assert call.timeline.spoken == []
        call.close_stream("x")
        call.expect_speech("closed")
        assert [event.event_type for event in events(app)] == ["mediaStreamStarted", "mediaStreamStopped"]
        with pytest.raises(ValueError, match=r'^stream "x" is not active; active streams: none$'):
            call.close_stream("x")

    def test_waiting_call_can_be_interrupted(self) -> None:
        """An interruption ends the wait, but the stream keeps running until the call ends."""
        document = stream(Response(), name="x").stop_stream(name="x", wait=True).speak_sentence("Never.")
        voice, app, call = running(document)
        client(voice).update_call_bxml(call.call_id, Response().pause(duration=5))
        voice.advance(4)
        assert list(call.streams) == ["x"]
        voice.run()
        assert call.timeline.spoken == []
        assert events(app)[-1].fields["mediaStream"]["duration"] == "PT5S"

    def test_wait_ignores_other_streams(self) -> None:
        """The wait for a stream does not end when the far end closes another stream."""
        document = stream(stream(Response(), name="x"), name="y").stop_stream(name="x", wait=True).speak_sentence("Closed.")
        voice, _, call = running(document)
        call.close_stream("y")
        voice.advance(1)
        assert call.timeline.spoken == []
        call.close_stream("x")
        call.expect_speech("closed")

    def test_unknown_stream_name_is_noted(self) -> None:
        """StopStream with an unknown name has no effect and does not wait."""
        _, _, call = running(Response().stop_stream(name="x").stop_stream(name="x", wait=True).speak_sentence("Next."))
        call.expect_speech("next")
        assert call.timeline.texts("ignored") == ['no stream "x" to stop'] * 2


def transcription(document: Response, **attributes: Any) -> Response:
    """Append a StartTranscription that sends events, and return the new document."""
    return document.start_transcription(transcription_event_url="/events", **attributes)


class TestTranscriptions:
    """StartTranscription and StopTranscription start and stop a transcription."""

    def test_with_destination_all_events_are_sent(self) -> None:
        """The started, stopped and available events are sent."""
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

    def test_available_event_follows_the_end(self) -> None:
        """The event has the same delay after the end as the transcription of a recording."""
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
        assert (made.stabilized, made.duration) == (True, None)  # the duration is only in the stopped event
        assert made.name == made.id

    def test_without_url_no_event_is_sent(self) -> None:
        """Without a URL no event is sent, even if a destination is given."""
        voice, app, call = running(Response().start_transcription(name="x", destination=WSS).pause(duration=5))
        assert list(call.transcriptions) == ["x"]
        voice.run()
        assert [path for path, _ in app.received] == ["/answer", "/status"]

    def test_tracks_are_counted_separately_from_streams(self) -> None:
        """Four tracks are allowed for transcriptions, and four for streams."""
        document = Response()
        for _ in range(2):
            document = transcription(stream(document, tracks="both"), tracks="both")
        _, _, call = running(document.pause(duration=5))
        assert (len(call.streams), len(call.transcriptions)) == (2, 2)

    def test_without_destination_only_the_available_event_is_sent(self) -> None:
        """The event has neither destination nor stabilized."""
        voice, app, call = running(transcription(transcription(Response(), name="x"), name="x").pause(duration=7))
        voice.run()
        (available,) = events(app)
        assert available.event_type == "realTimeTranscriptionAvailable"
        assert available.fields["realTimeTranscription"].keys().isdisjoint({"destination", "stabilized"})
        assert call.transcriptions == {}

    def test_name_in_use_and_fifth_track_are_rejected(self) -> None:
        """The rejected event also describes the transcription that uses the name."""
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

    def test_stop_without_name_stops_all(self) -> None:
        """StopTranscription without a name stops all transcriptions. An unknown name has no effect."""
        document = (
            transcription(transcription(Response(), name="a"), name="b").stop_transcription(name="c").stop_transcription()
        )
        _, _, call = running(document.stop_transcription().pause(duration=5))
        assert call.transcriptions == {}
        assert call.timeline.texts("ignored") == ['no transcription "c" to stop', "no transcription to stop"]


def test_timelines_can_be_compared_and_contain_no_password() -> None:
    """Timelines do not depend on the time of day, and never show the password of a WebSocket URL."""
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
        assert secret in str([event.fields for event in events(app)])  # the application needs the password
    first, second = calls
    assert first.timeline == second.timeline
    assert secret not in f"{first.timeline.as_json()} {first.streams!r}"
    started = next(entry for entry in first.timeline if entry.text == "mediaStreamStarted")
    assert dict(started.details["mediaStream"]) == {
        "id": "s-00000001-00000000-0000-0000-0000-000000000001",
        "name": "x",
        "tracks": ["inbound"],
        "type": "WebSocket",
    }
