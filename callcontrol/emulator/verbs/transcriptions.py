"""The verbs StartTranscription and StopTranscription. Their text consists of the prompts and the caller's speech.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startTranscription
"""

from __future__ import annotations

from datetime import timedelta

from bxml import StartTranscription, StopTranscription
from callcontrol.emulator.attribute_values import text, truth
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.generator_tasks import Steps
from callcontrol.emulator.streams_and_transcriptions import FeedEvents, Transcription, track_names
from callcontrol.emulator.webhook_requests import Webhook, webhook_of
from callcontrol.events import (
    RealTimeTranscriptionAvailableEvent,
    RealTimeTranscriptionRejectedEvent,
    RealTimeTranscriptionStartedEvent,
    RealTimeTranscriptionStoppedEvent,
)


def start_transcription(call: Call, verb: StartTranscription, script: Script) -> Steps[None]:
    """Start a transcription of the call, unless the name is in use or the call would have too many tracks.

    The started, rejected and stopped events are sent only if the verb has a ``destination``, which receives the text live.
    """
    yield from ()
    target = webhook_of(verb, "transcriptionEventUrl", script.base_url)
    live_target = target if verb.destination else None
    transcription_id = call.simulation.new_id("t")
    stabilized = str(truth(verb, "stabilized")).lower() if verb.destination else None
    feed = Transcription(
        party=call,
        kind="transcription",
        id=transcription_id,
        name=verb.name or transcription_id,
        tracks=track_names(text(verb, "tracks")),
        more={"destination": verb.destination, "stabilized": stabilized},
    )
    classes = RealTimeTranscriptionStartedEvent, RealTimeTranscriptionRejectedEvent
    events = FeedEvents(live_target, *classes, "realTimeTranscription", "originalTranscription")
    feed.begin(call.transcriptions, events, lambda: _send_stopped(feed, live_target, target))
    if call.transcriptions.get(feed.name) is feed:  # it was not rejected
        call.all_transcriptions.append(feed)


def _send_stopped(feed: Transcription, live_target: Webhook | None, target: Webhook | None) -> None:
    """Send ``realTimeTranscriptionStopped``, and later ``realTimeTranscriptionAvailable``."""
    call = feed.party
    stopped = {"cause": "closed", "realTimeTranscription": feed.ended_values()}
    call.send_event(live_target, RealTimeTranscriptionStoppedEvent, stopped)
    seconds = 2 * call.simulation.assumptions.seconds_until_recording  # as for the transcription of a recording
    available = {
        **feed.values(),
        "status": "available",
        "url": f"{call.url}/transcriptions/{feed.id}",
        "completedTime": call.simulation.time() + timedelta(seconds=seconds),
    }

    def finish() -> None:
        feed.has_text = True

    call.simulation.scheduler.after(seconds, finish)
    call.send_event(target, RealTimeTranscriptionAvailableEvent, {"realTimeTranscription": available}, seconds)


def stop_transcription(call: Call, verb: StopTranscription, script: Script) -> Steps[None]:
    """Stop the transcription of this name, or all transcriptions of the call if the verb has no name."""
    del script
    yield from ()
    found = [feed for feed in call.transcriptions.values() if verb.name in (None, feed.name)]
    for feed in found:
        feed.end()
    if not found:
        name = "" if verb.name is None else f'"{verb.name}" '
        call.note("ignored", f"no transcription {name}to stop")
