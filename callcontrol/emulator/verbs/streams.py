"""The verbs StartStream and StopStream.

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream
"""

from __future__ import annotations

from bxml import StartStream, StopStream
from callcontrol.emulator.attribute_values import text, truth
from callcontrol.emulator.call_signals import StreamClosed
from callcontrol.emulator.calls import Call
from callcontrol.emulator.document_runner import Script
from callcontrol.emulator.generator_tasks import Steps, Wait
from callcontrol.emulator.media_streams import MediaStream
from callcontrol.emulator.stream_connections import Destination
from callcontrol.emulator.stream_messages import StreamMessages
from callcontrol.emulator.streams_and_transcriptions import FeedEvents, MediaFeed, track_names
from callcontrol.emulator.webhook_requests import Webhook, webhook_of
from callcontrol.events import MediaStreamRejectedEvent, MediaStreamStartedEvent, MediaStreamStoppedEvent


def start_stream(call: Call, verb: StartStream, script: Script) -> Steps[None]:
    """Start a stream of the call's audio, unless the name is in use or the call would have too many tracks.

    The next verb does not wait for the connection.
    """
    yield from ()
    target = webhook_of(verb, "streamEventUrl", script.base_url)
    stream_id = call.simulation.new_id("s")
    name, tracks = verb.name or stream_id, track_names(text(verb, "tracks"))
    feed = MediaStream(
        party=call,
        kind="stream",
        id=stream_id,
        name=name,
        tracks=tracks,
        more={"destination": verb.destination, "type": "WebSocket"},
        destination=Destination(verb.destination, verb.destination_username, verb.destination_password),
        messages=StreamMessages(
            account_id=call.account_id,
            call_id=call.call_id,
            stream_id=stream_id,
            stream_name=name,
            tracks=tracks,
            parameters={each.name: each.value for each in verb.children},
        ),
        is_bidirectional=text(verb, "mode") == "bidirectional",
        left=lambda: call.signal(StreamClosed()),
    )
    events = FeedEvents(target, MediaStreamStartedEvent, MediaStreamRejectedEvent, "mediaStream", "originalMediaStream")
    feed.begin(call.streams, events, lambda: _send_stopped(feed, target))


def _send_stopped(feed: MediaFeed, target: Webhook | None) -> None:
    """Send ``mediaStreamStopped``."""
    values = {"cause": feed.cause, "errorMessage": feed.error_message, "mediaStream": feed.ended_values()}
    feed.party.send_event(target, MediaStreamStoppedEvent, values)


def stop_stream(call: Call, verb: StopStream, script: Script) -> Steps[None]:
    """Stop the stream of this name; if the verb has ``wait``, keep the call waiting until the far end closes the stream."""
    del script
    if verb.name not in call.streams:
        call.note("ignored", f'no stream "{verb.name}" to stop')
    elif not truth(verb, "wait"):
        call.streams[verb.name].end()
    # The signal is the same for all streams, so it may be about another stream.
    while verb.name in call.streams:
        yield Wait(None, (StreamClosed,))
