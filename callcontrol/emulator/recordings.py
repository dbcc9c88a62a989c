"""Recordings of calls and conferences: their times, events, audio and transcriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Protocol

from bxml.builder.element import Element
from callcontrol.emulator.attribute_values import text, truth
from callcontrol.emulator.audio import Audio, decode_pcmu, encode_pcmu, joined, side_by_side, silence
from callcontrol.emulator.call_audio import Track, read_blocks
from callcontrol.emulator.event_payloads import written
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
    inbound: Track
    outbound: Track
    recordings: list[Recording]
    cleanups: list[Callable[[], None]]
    can_be_transcribed: ClassVar[bool]

    def note(self, kind: Kind, text: str, /, *, content: object = None, **details: Any) -> None:
        """Add an entry to the timeline."""

    def send_event(
        self,
        webhook: Webhook | None,
        event: type[Event],
        values: Mapping[str, Any],
        seconds: float,
        timeout: float | None = None,
    ) -> None:
        """Send an event whose response is ignored."""


@redacted
@dataclass(frozen=True)
class Clip:
    """Words in a recording.

    Attributes:
        speaker: The number of the side that speaks: 0 for the phone, 1 for the application.
        text: The words.
        start: Seconds from the beginning of the recording to the beginning of the words.
        end: Seconds from the beginning of the recording to the end of the words.
    """

    speaker: int
    text: str
    start: float
    end: float


@redacted
@dataclass(kw_only=True, eq=False)
class RecordingTranscription:
    """A transcription of a recording.

    Attributes:
        id: The id, in the vendor's form.
        url: The URL in the API.
        status: The status once the transcription is completed.
        completed_time: Time of completion, in UTC.
        is_completed: False until ``completed_time``.
    """

    id: str
    url: str = field(repr=False)
    status: str
    completed_time: datetime = field(repr=False)
    is_completed: bool = False

    def complete(self) -> None:
        """Make the text available."""
        self.is_completed = True

    def values(self) -> dict[str, Any]:
        """Return the completed transcription as its event shows it."""
        return {"id": self.id, "url": self.url, "status": self.status, "completedTime": self.completed_time}

    def as_json(self) -> dict[str, Any]:
        """Return the transcription in its present state, as the API returns it."""
        return self.values() if self.is_completed else {"id": self.id, "url": self.url, "status": "processing"}


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
        has_both_sides: Whether the recording contains what the application plays; otherwise it contains only the phone.
        seconds: Duration in seconds, without pauses.
        file_format: The format of the media: ``wav`` or ``mp3``.
        transcription: The transcription, if one was requested.
        is_deleted: Whether the media was deleted.
    """

    of: Recorded = field(repr=False)
    url: str = field(repr=False)
    available_event: type[Event] = field(repr=False)
    verb: Element = field(repr=False)
    base_url: str = field(repr=False)
    recording_id: str
    start_time: datetime = field(repr=False)
    end_time: datetime | None = field(default=None, repr=False)
    channels: int = 1
    has_both_sides: bool = field(default=True, repr=False)
    seconds: float = 0
    file_format: str = field(init=False)
    transcription: RecordingTranscription | None = field(default=None, repr=False)
    is_deleted: bool = field(default=False, repr=False)
    _is_available: bool = field(default=False, repr=False)
    _recorded: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]], repr=False)
    """The intervals of the simulation's time that were recorded."""
    _sides: dict[Track, Track] = field(init=False, repr=False)
    """For each track of the call or conference that is recorded: the track that keeps its sounds. The phone is first."""
    _since: float | None = field(init=False, repr=False)
    """Time of the start or of the last resume, in seconds of the simulation's time; ``None`` while paused."""

    def __post_init__(self) -> None:
        """Read the format from the verb, and record from now on."""
        self.file_format = text(self.verb, "fileFormat")
        sources = (self.of.inbound, self.of.outbound) if self.has_both_sides else (self.of.inbound,)
        self._sides = {source: Track(self.of.simulation.scheduler) for source in sources}
        self._since = None
        self.resume()

    @property
    def name(self) -> str | None:
        """The name that the verb gives the recording."""
        name: str | None = getattr(self.verb, "recording_name", None)
        return name

    def pause(self) -> bool:
        """Pause the recording, and return true unless the recording was already paused."""
        if self._since is None:
            return False
        now = self.of.simulation.scheduler.now
        # The scheduler's times are floats; rounding removes the error of their difference.
        self.seconds = round(self.seconds + now - self._since, 6)
        self._recorded.append((self._since, now))
        self._since = None
        for source, side in self._sides.items():
            source.disconnect(side)
        return True

    def resume(self) -> bool:
        """Resume the recording, and return whether the recording was paused."""
        if self._since is not None:
            return False
        self._since = self.of.simulation.scheduler.now
        for source, side in self._sides.items():
            source.connect(side)
        return True

    def stop(self) -> None:
        """Stop the recording, and schedule the events that follow; do nothing if the recording has stopped."""
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
        self.of.simulation.scheduler.after(seconds, self._make_available)
        available = {**self.values(), "status": "complete", "recordingName": self.name}
        self.of.send_event(
            webhook_of(self.verb, "recordingAvailableUrl", self.base_url), self.available_event, available, seconds
        )
        if self.of.can_be_transcribed and truth(self.verb, "transcribe"):
            # A transcription starts when the recording is available, and takes the same time again.
            self.transcribe(webhook_of(self.verb, "transcriptionAvailableUrl", self.base_url), 2 * seconds)

    def _make_available(self) -> None:
        self._is_available = True

    def transcribe(
        self, to: Webhook | None, seconds: float, more: Mapping[str, Any] | None = None, timeout: float | None = None
    ) -> None:
        """Transcribe the recording, and send the event of the transcription.

        Args:
            to: The webhook of the event; ``None`` if no event is sent.
            seconds: Seconds from now until the transcription is available.
            more: Further fields of the event.
            timeout: Seconds in which the application must respond to the event; ``None`` for the timeout of the call.
        """
        status = "available"
        if self.seconds <= SHORTEST_TRANSCRIBED:
            status = "file-size-too-small"
        elif self.seconds >= LONGEST_TRANSCRIBED:
            status = "file-size-too-big"
        simulation = self.of.simulation
        self.transcription = RecordingTranscription(
            id=simulation.new_id("t"),
            url=f"{self.url}/transcription",
            status=status,
            completed_time=simulation.time() + timedelta(seconds=seconds),
        )
        simulation.scheduler.after(seconds, self.transcription.complete)
        values = {**self.values(), "transcription": self.transcription.values(), **(more or {})}
        self.of.send_event(to, TranscriptionAvailableEvent, values, seconds, timeout)

    @property
    def status(self) -> str:
        """The status of the recording, in the API's words."""
        if self.is_deleted:
            return "deleted"
        return "complete" if self._is_available else "processing"

    @property
    def is_available(self) -> bool:
        """True if the recording is available, even if its media was deleted since then."""
        return self.status != "processing"

    @property
    def is_playable(self) -> bool:
        """True if the media exists: the recording is available, and its media was not deleted."""
        return self.status == "complete"

    @property
    def is_transcribed(self) -> bool:
        """True if the text of the recording is available."""
        return self.transcription is not None and self.transcription.is_completed and self.transcription.status == "available"

    def as_json(self) -> dict[str, Any]:
        """Return the fields of the recording itself as the API returns them; fields without a value are left out."""
        values = {**self.values(), "status": self.status, "recordingName": self.name}
        if not self.is_playable:
            del values["mediaUrl"]
        if self.end_time is None:
            del values["duration"]
        if self.transcription is not None:
            values["transcription"] = self.transcription.as_json()
        present: dict[str, Any] = written(values)
        return present

    def audio(self) -> Audio:
        """Return the audio, with silence where the audio is not known."""
        return joined([*self.audio_blocks()])

    def audio_blocks(self) -> Iterator[Audio]:
        """Yield the audio in blocks, so that a long recording takes little memory. The first block is empty."""
        yield silence(0, channels=self.channels)
        sides = [*self._sides.values()]
        channels = [sides] if self.channels == 1 else [[side] for side in sides]
        for interval in self._recorded:
            for blocks in zip(*(read_blocks(tracks, *interval) for tracks in channels), strict=True):
                yield side_by_side([*map(decode_pcmu, blocks)])

    def pcmu(self) -> bytes:
        """Return the audio in mu-law, with one channel."""
        return b"".join(map(encode_pcmu, self.audio_blocks()))

    def clips(self) -> list[Clip]:
        """Return all words in the recording, in order."""
        found: list[Clip] = []
        before = 0.0
        for start, end in self._recorded:
            for speaker, side in enumerate(self._sides.values()):
                found += [
                    Clip(speaker, text, before + max(0.0, heard.began - start), before + min(heard.end, end) - start)
                    for heard in side.between(start, end)
                    if (text := heard.sound.text)
                ]
            before += end - start
        return sorted(found, key=lambda clip: clip.start)

    def values(self) -> dict[str, Any]:
        """Return the fields that every event of a recording has. The times belong to the recording, not to the call."""
        return {
            "recordingId": self.recording_id,
            "mediaUrl": f"{self.url}/media",
            "startTime": self.start_time,
            "endTime": self.end_time,
            "duration": timedelta(seconds=self.seconds),
            "fileFormat": self.file_format,
            "channels": self.channels,
        }


def record(  # noqa: PLR0913  the fields of a recording
    of: Recorded, url: str, event: type[Event], verb: Element, base_url: str, *, has_both_sides: bool = True
) -> Recording:
    """Start a recording, and return it; the recording stops at the latest when the call or conference ends.

    Args:
        of: The call or conference to record.
        url: The URL of the call or conference in the API.
        event: The event to send when the recording is available.
        verb: The verb that starts the recording.
        base_url: The URL against which relative URLs of the verb resolve.
        has_both_sides: Whether to record what the application plays; otherwise only the phone is recorded.
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
        has_both_sides=has_both_sides,
    )
    of.simulation.recordings[f"{recording.url}/media"] = recording
    of.recordings.append(recording)
    of.cleanups.append(recording.stop)
    of.note("recording", "recording started", name=recording.name)
    return recording
