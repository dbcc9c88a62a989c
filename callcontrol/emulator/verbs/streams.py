"""Streams of a call's audio: StartStream, StopStream. Their events are sent; no websocket is opened.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream
"""

from __future__ import annotations

from bxml import StartStream, StopStream
from callcontrol.emulator.attribute_values import text, truth
from callcontrol.emulator.call_signals import StreamClosed
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.media_feeds import MediaFeed, Told, track_names
from callcontrol.emulator.tasks import Steps, Wait
from callcontrol.emulator.webhook_targets import Webhook, webhook_of
from callcontrol.events import MediaStreamRejectedEvent, MediaStreamStartedEvent, MediaStreamStoppedEvent


def start_stream(call: Call, verb: StartStream, script: Script) -> Steps[None]:
    """Stream from now on, unless the name is in use or there are too many tracks."""
    yield from ()
    to = webhook_of(verb, "streamEventUrl", script.base_url)
    stream_id = call.simulation.new_id("s")
    feed = MediaFeed(
        party=call,
        kind="stream",
        id=stream_id,
        name=verb.name or stream_id,
        tracks=track_names(text(verb, "tracks")),
        more={"destination": verb.destination, "type": "WebSocket"},
    )
    told = Told(to, MediaStreamStartedEvent, MediaStreamRejectedEvent, "mediaStream", "originalMediaStream")
    feed.begin(call.streams, told, lambda: _stopped(feed, to))


def _stopped(feed: MediaFeed, to: Webhook | None) -> None:
    """Tell that it ended, which was wanted by either side."""
    feed.party.tell(to, MediaStreamStoppedEvent, {"cause": "closed", "mediaStream": feed.ended_values()})


def stop_stream(call: Call, verb: StopStream, script: Script) -> Steps[None]:
    """End a stream, or wait until its far end closes it; nothing if there is none of this name."""
    del script
    if verb.name not in call.streams:
        call.note("ignored", f"there is no stream {verb.name}")
    elif not truth(verb, "wait"):
        call.streams[verb.name].end()
    while verb.name in call.streams:
        yield Wait(None, (StreamClosed,))
