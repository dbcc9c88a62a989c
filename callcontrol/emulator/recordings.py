"""Recordings of calls and of conferences; what is kept of them is all but the sound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Protocol

from bxml.builder.element import Element
from callcontrol.emulator.attribute_values import text, truth
from callcontrol.emulator.simulation import Simulation
from callcontrol.emulator.timeline import Kind
from callcontrol.emulator.webhook_targets import Webhook, webhook_of
from callcontrol.events import Event, TranscriptionAvailableEvent
from callcontrol.redaction import redacted

SHORTEST_TRANSCRIBED: Final = 0.5
LONGEST_TRANSCRIBED: Final = 4 * 3600.0
"""Seconds that a recording has to be longer and shorter than, to be transcribed.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/record
"""


class Recorded(Protocol):
    """The part of a call or a conference that a recording needs."""

    simulation: Simulation
    background_recording: Recording | None
    recordings: list[Recording]
    cleanups: list[Callable[[], None]]
    can_be_transcribed: ClassVar[bool]

    def note(self, kind: Kind, text: str, /, *, content: object = None, **details: Any) -> None:
        """Write into the timeline."""

    def tell(self, webhook: Webhook | None, event: type[Event], values: Mapping[str, Any], seconds: float) -> None:
        """Send an event that expects no BXML."""


@redacted
@dataclass(kw_only=True, eq=False)
class Recording:
    """A recording of somebody.

    Attributes:
        of: Who is recorded.
        url: Where it is in the API, as far as its id.
        available_event: What is sent once it can be fetched.
        verb: The verb that began it, with what it says of events.
        base_url: What that verb's URLs are relative to.
        recording_id: Its id, of the vendor's form.
        start_time: When it began.
        end_time: When it ended.
        channels: One, or two for each side of a call on its own.
        seconds: How long it is, without the time that it was paused.
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
    """When it went on, in seconds of the simulation's time; ``None`` while it is paused."""

    def __post_init__(self) -> None:
        """Go on from now."""
        self._since = self.of.simulation.scheduler.now

    @property
    def name(self) -> str | None:
        """The name that the verb gives it."""
        given: str | None = getattr(self.verb, "recording_name", None)
        return given

    def pause(self) -> bool:
        """Leave out what follows; whether it was not paused already."""
        if self._since is None:
            return False
        # Times of the scheduler are floats, whose differences are not exactly what was waited.
        self.seconds = round(self.seconds + self.of.simulation.scheduler.now - self._since, 6)
        self._since = None
        return True

    def resume(self) -> bool:
        """Record again; whether it was paused."""
        if self._since is not None:
            return False
        self._since = self.of.simulation.scheduler.now
        return True

    def stop(self) -> None:
        """End it, and have its events sent once they are due; nothing if it has ended."""
        if self.end_time is not None:
            return
        self.pause()
        self.end_time = self.of.simulation.time()
        if self.of.background_recording is self:
            self.of.background_recording = None
        self.of.note("recording", f"ended after {self.seconds:g} s")
        seconds = self.of.simulation.assumptions.seconds_until_recording
        available = {**self.values(), "status": "complete", "recordingName": self.name}
        self.of.tell(webhook_of(self.verb, "recordingAvailableUrl", self.base_url), self.available_event, available, seconds)
        if self.of.can_be_transcribed and truth(self.verb, "transcribe"):
            self.of.tell(
                webhook_of(self.verb, "transcriptionAvailableUrl", self.base_url),
                TranscriptionAvailableEvent,
                {**self.values(), "transcription": self._transcription(2 * seconds)},
                2 * seconds,
            )

    def values(self) -> dict[str, Any]:
        """What every event of a recording has; its times are those of the recording."""
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
        """What the event of a transcription has, that is done after so many seconds."""
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
    """A recording that goes on, until it is stopped or who is recorded is no more."""
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
    of.note("recording", "began", name=recording.name)
    return recording
