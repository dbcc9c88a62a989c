"""Transcriptions of calls that go on: StartTranscription, StopTranscription. Their events are sent; nothing is transcribed.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startTranscription
"""

from __future__ import annotations

from datetime import timedelta

from bxml import StartTranscription, StopTranscription
from callcontrol.emulator.attribute_values import text, truth
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.media_feeds import MediaFeed, Told, track_names
from callcontrol.emulator.tasks import Steps
from callcontrol.emulator.webhook_targets import Webhook, webhook_of
from callcontrol.events import (
    RealTimeTranscriptionAvailableEvent,
    RealTimeTranscriptionRejectedEvent,
    RealTimeTranscriptionStartedEvent,
    RealTimeTranscriptionStoppedEvent,
)


def start_transcription(call: Call, verb: StartTranscription, script: Script) -> Steps[None]:
    """Transcribe from now on, unless the name is in use or there are too many tracks.

    That it began, was rejected or ended is told only if there is a destination for what is transcribed meanwhile.
    """
    yield from ()
    to = webhook_of(verb, "transcriptionEventUrl", script.base_url)
    live = to if verb.destination else None
    transcription_id = call.simulation.new_id("t")
    stabilized = str(truth(verb, "stabilized")).lower() if verb.destination else None
    feed = MediaFeed(
        party=call,
        kind="transcription",
        id=transcription_id,
        name=verb.name or transcription_id,
        tracks=track_names(text(verb, "tracks")),
        more={"destination": verb.destination, "stabilized": stabilized},
    )
    events = RealTimeTranscriptionStartedEvent, RealTimeTranscriptionRejectedEvent
    told = Told(live, *events, "realTimeTranscription", "originalTranscription")
    feed.begin(call.transcriptions, told, lambda: _stopped(feed, live, to))


def _stopped(feed: MediaFeed, live: Webhook | None, to: Webhook | None) -> None:
    """Tell that it ended, and after a while that it can be fetched."""
    call = feed.party
    call.tell(live, RealTimeTranscriptionStoppedEvent, {"cause": "closed", "realTimeTranscription": feed.ended_values()})
    seconds = 2 * call.simulation.assumptions.seconds_until_recording
    available = {
        **feed.values(),
        "status": "available",
        "url": f"{call.url}/transcriptions/{feed.id}",
        "completedTime": call.simulation.time() + timedelta(seconds=seconds),
    }
    call.tell(to, RealTimeTranscriptionAvailableEvent, {"realTimeTranscription": available}, seconds)


def stop_transcription(call: Call, verb: StopTranscription, script: Script) -> Steps[None]:
    """End the transcription of this name, or all; nothing if there is none."""
    del script
    yield from ()
    found = [feed for feed in call.transcriptions.values() if verb.name in (None, feed.name)]
    for feed in found:
        feed.end()
    if not found:
        call.note("ignored", "nothing is transcribed" if verb.name is None else f"there is no transcription {verb.name}")
