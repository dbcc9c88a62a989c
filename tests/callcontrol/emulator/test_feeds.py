"""Streams and transcriptions: names, tracks, how they end, and what is told of them."""

from __future__ import annotations

from typing import Any

import pytest

from bxml import Response
from callcontrol import BasicAuth, Client
from callcontrol.emulator.calls import Call
from callcontrol.emulator.core import Core
from callcontrol.events import Event
from tests.callcontrol.emulator.answers import Answers

WSS = "wss://app.example/"


def running(document: Response) -> tuple[Core, Answers, Call]:
    """A call that runs a document, up to its first pause."""
    app = Answers(answer=document)
    voice = Core(app)
    call = voice.dial("/answer")
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

    def test_it_goes_on_after_an_interruption(self) -> None:
        """Only what runs is interrupted."""
        voice, _app, call = running(stream(Response(), name="x").pause(duration=100))
        client = Client("9900123", BasicAuth("user", "pass"), send=voice.handle)
        client.update_call_bxml(call.call_id, Response().pause(duration=5))
        voice.advance(1)
        assert list(call.streams) == ["x"]

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
        with pytest.raises(KeyError):
            call.close_stream("x")

    def test_waiting_for_one_of_several(self) -> None:
        """Another one that is closed does not count."""
        document = stream(stream(Response(), name="x"), name="y").stop_stream(name="x", wait=True).speak_sentence("Closed.")
        voice, _, call = running(document)
        call.close_stream("y")
        voice.advance(1)
        assert call.timeline.spoken == []
        call.close_stream("x")
        call.expect_speech("closed")

    def test_a_name_that_is_free_again(self) -> None:
        """Another stream may have it, and each tells of its own end once."""
        document = stream(stream(Response(), name="x").stop_stream(name="x"), name="x").pause(duration=7)
        voice, app, _ = running(document)
        voice.run()
        stopped = [event.fields["mediaStream"] for event in events(app) if event.event_type == "mediaStreamStopped"]
        assert [each["duration"] for each in stopped] == ["PT0S", "PT7S"]
        assert stopped[0]["id"] != stopped[1]["id"]

    def test_an_unknown_name_has_no_effect(self) -> None:
        """Whether it is waited for or not."""
        _voice, _, call = running(Response().stop_stream(name="x").stop_stream(name="x", wait=True).speak_sentence("Next."))
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
        _voice, _, call = running(document.pause(duration=5))
        assert call.transcriptions == {}
        assert call.timeline.texts("ignored") == ["there is no transcription c"]
