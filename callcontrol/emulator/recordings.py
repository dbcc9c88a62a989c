"""Recordings of calls and conferences: their times, events and transcriptions, without audio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Protocol

from bxml.builder.element import Element
from callcontrol.emulator.attribute_values import text, truth
from callcontrol.emulator.simulation import Simulation
from callcontrol.emulator.timeline import Kind
from callcontrol.emulator.webhook_requests import Webhook, webhook_of
from callcontrol.events import Event, TranscriptionAvailableEvent
from callcontrol.redacted_url_repr import redacted

SHORTEST_TRANSCRIBED: Final = 0.5
"""Duration in seconds that a recording must exceed to be transcribed."""

LONGEST_TRANSCRIBED: Final = 4 * 3600.0
"""Duration in seconds that a recording must stay below to be transcribed.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/record
"""


class Recorded(Protocol):
    """The methods and attributes of a call or a conference that a recording uses."""

    simulation: Simulation
    background_recording: Recording | None
    recordings: list[Recording]
    cleanups: list[Callable[[], None]]
    can_be_transcribed: ClassVar[bool]

    def note(self, kind: Kind, text: str, /, *, content: object = None, **details: Any) -> None:
        """Add an entry to the timeline."""

    def send_event(self, webhook: Webhook | None, event: type[Event], values: Mapping[str, Any], seconds: float) -> None:
        """Send an event whose response is ignored."""


@redacted
@dataclass(kw_only=True, eq=False)
class Recording:
    """A recording of a call or a conference.

    Attributes:
        of: The call or conference that is recorded.
        url: The URL of the recording in the API.
        available_event: The event that is sent when the recording is available.
        verb: The verb that started the recording; its attributes name the webhooks.
        base_url: The URL against which relative URLs of the verb resolve.
        recording_id: The id, in the vendor's form.
        start_time: Time of the start, in UTC.
        end_time: Time of the end, in UTC; ``None`` while the recording is active.
        channels: Number of channels: 1, or 2 if each side of a call has its own channel.
        seconds: Duration in seconds, without pauses.
    """

    of: Recorded
    url: str
    available_event: type[Event]
    verb: Element
    base_url: str = field(repr=False)
    recording_id: str
    start_time: datetime
    end_time: datetime | None = None
    channels: int = 1
    seconds: float = 0
    _since: float | None = field(init=False)
    """Time of the start or of the last resume, in seconds of the simulation's time; ``None`` while paused."""

    def __post_init__(self) -> None:
        """Count the duration from now."""
        self._since = self.of.simulation.scheduler.now

    @property
    def name(self) -> str | None:
        """The name that the verb gives the recording."""
        name: str | None = getattr(self.verb, "recording_name", None)
        return name

    def pause(self) -> bool:
        """Pause, and return true unless the recording was already paused."""
        if self._since is None:
            return False
        # The scheduler's times are floats; rounding removes the error of their difference.
        self.seconds = round(self.seconds + self.of.simulation.scheduler.now - self._since, 6)
        self._since = None
        return True

    def resume(self) -> bool:
        """Resume, and return whether the recording was paused."""
        if self._since is not None:
            return False
        self._since = self.of.simulation.scheduler.now
        return True

    def stop(self) -> None:
        """Stop, and schedule the events that follow; do nothing if the recording has stopped."""
        if self.end_time is not None:
            return
        # The time since the last resume is counted only when the recording pauses.
        self.pause()
        self.end_time = self.of.simulation.time()
        if self.of.background_recording is self:
            self.of.background_recording = None
        self.of.note("recording", f"recording stopped after {self.seconds:g} s")
        self._schedule_events()

    def _schedule_events(self) -> None:
        seconds = self.of.simulation.assumptions.seconds_until_recording
        available = {**self.values(), "status": "complete", "recordingName": self.name}
        self.of.send_event(
            webhook_of(self.verb, "recordingAvailableUrl", self.base_url), self.available_event, available, seconds
        )
        if self.of.can_be_transcribed and truth(self.verb, "transcribe"):
            # A transcription starts when the recording is available, and takes the same time again.
            self.of.send_event(
                webhook_of(self.verb, "transcriptionAvailableUrl", self.base_url),
                TranscriptionAvailableEvent,
                {**self.values(), "transcription": self._transcription(2 * seconds)},
                2 * seconds,
            )

    def values(self) -> dict[str, Any]:
        """Return the fields that every event of a recording has; times are those of the recording, not of the call."""
        return {
            "recordingId": self.recording_id,
            "mediaUrl": f"{self.url}/media",
            "startTime": self.start_time,
            "endTime": self.end_time,
            "duration": timedelta(seconds=self.seconds),
            "fileFormat": text(self.verb, "fileFormat"),
            "channels": self.channels,
        }

    def _transcription(self, seconds: float) -> dict[str, Any]:
        """Return the transcription as its event shows it; the transcription is completed this many seconds from now."""
        status = "available"
        if self.seconds <= SHORTEST_TRANSCRIBED:
            status = "file-size-too-small"
        elif self.seconds >= LONGEST_TRANSCRIBED:
            status = "file-size-too-big"
        return {
            "id": self.of.simulation.new_id("t"),
            "url": f"{self.url}/transcription",
            "status": status,
            "completedTime": self.of.simulation.time() + timedelta(seconds=seconds),
        }


def record(of: Recorded, url: str, event: type[Event], verb: Element, base_url: str) -> Recording:
    """Start a recording, and return it; the recording stops at the latest when the call or conference ends.

    Args:
        of: The call or conference to record.
        url: The URL of the call or conference in the API.
        event: The event to send when the recording is available.
        verb: The verb that starts the recording.
        base_url: The URL against which relative URLs of the verb resolve.
    """
    recording_id = of.simulation.new_id("r")
    recording = Recording(
        of=of,
        url=f"{url}/recordings/{recording_id}",
        available_event=event,
        verb=verb,
        base_url=base_url,
        recording_id=recording_id,
        start_time=of.simulation.time(),
    )
    of.recordings.append(recording)
    of.cleanups.append(recording.stop)
    of.note("recording", "recording started", name=recording.name)
    return recording
