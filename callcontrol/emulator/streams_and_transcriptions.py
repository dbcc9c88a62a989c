"""Media feeds: the streams and transcriptions of a call, which have names and a limited number of tracks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from bxml import schema
from callcontrol.emulator.call_audio import Track
from callcontrol.emulator.call_or_conference import Party
from callcontrol.emulator.webhook_requests import Webhook
from callcontrol.events import Event
from callcontrol.redacted_url_repr import redacted


@redacted
@dataclass(frozen=True)
class FeedEvents:
    """The events of one kind of media feed: of streams or of transcriptions.

    Attributes:
        to: The webhook that receives the events; ``None`` if the events are not sent.
        started: The event of a feed that started.
        rejected: The event of a feed that could not start.
        name: The name of the event field that contains the feed.
        original: In the rejected event: the name of the field that contains the active feed with the same name.
    """

    to: Webhook | None
    started: type[Event]
    rejected: type[Event]
    name: str
    original: str


@redacted
@dataclass(kw_only=True, eq=False)
class MediaFeed(ABC):
    """A stream or a transcription.

    Attributes:
        party: The call or conference whose audio the feed carries.
        kind: The kind of feed: ``stream`` or ``transcription``.
        id: The id, in the vendor's form.
        name: The name in the verb; the id if the verb has no name.
        tracks: The tracks of the feed: ``inbound``, ``outbound`` or both.
        more: Other fields that describe the feed in its events.
        began: Time of the start, in seconds of the simulation's time.
        start_time: Time of the start, in UTC.
        ended: Time of the end, in seconds of the simulation's time; ``None`` while the feed is active.
        cause: The cause of the end, in the API's words.
        error_message: The error that ended the feed; ``None`` if it ended normally.
        ended_by: ``the application`` if the destination ended the feed; ``close_stream`` if a test did; otherwise ``None``.
        is_silent: Whether the feed is a stream without a connection, so that the application neither hears nor plays anything.
    """

    party: Party = field(repr=False)
    kind: Literal["stream", "transcription"]
    id: str
    name: str
    tracks: tuple[str, ...]
    more: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    began: float = field(init=False, repr=False)
    start_time: datetime = field(init=False, repr=False)
    ended: float | None = field(default=None, init=False)
    cause: str = field(default="closed", init=False, repr=False)
    error_message: str | None = field(default=None, init=False, repr=False)
    ended_by: str | None = field(default=None, init=False, repr=False)
    is_silent: bool = field(default=False, init=False, repr=False)
    _among: dict[str, MediaFeed] = field(init=False, repr=False)
    _events: FeedEvents = field(init=False, repr=False)
    _ended: Callable[[], None] = field(init=False, repr=False)
    _has_started: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        """Set the start to the current time."""
        self.began, self.start_time = self.party.simulation.scheduler.now, self.party.simulation.time()

    def begin(self, among: dict[str, MediaFeed], events: FeedEvents, ended: Callable[[], None]) -> None:
        """Start the feed and send the started event; if the feed cannot start, send the rejected event.

        The feed is active until :meth:`end`, or until the call ends.

        Args:
            among: The active feeds of this kind, by name; the feed adds and removes itself.
            events: The events of this kind of feed.
            ended: Function that is called when the feed stops.
        """
        self._among, self._events, self._ended = among, events, ended
        rejected = rejection(self, among)
        if rejected is not None:
            self.reject(*rejected, among.get(self.name))
            return
        among[self.name] = self
        self.party.cleanups.append(self.end)
        if not self.open():
            self.is_silent = self.kind == "stream"
            self.start(connection="none" if self.is_silent else None)

    @abstractmethod
    def open(self) -> bool:
        """Begin to carry audio, and return whether the feed starts only after a connection is open."""

    @abstractmethod
    def close(self) -> None:
        """Stop carrying audio."""

    def start(self, **details: str | None) -> None:
        """Add the start of the feed to the timeline, and send the started event.

        Args:
            details: Details of the timeline entry.
        """
        self._has_started = True
        self.began, self.start_time = self.party.simulation.scheduler.now, self.party.simulation.time()
        self.party.note(self.kind, f"{self.title} started", **details)
        self.party.send_event(self._events.to, self._events.started, {self._events.name: self.values()})

    def reject(self, cause: str, message: str, original: MediaFeed | None = None) -> None:
        """Add the rejection of the feed to the timeline, and send the rejected event.

        Args:
            cause: The cause, in the API's words.
            message: The reason in one sentence.
            original: The active feed with the same name, if any.
        """
        self._remove()
        self.party.note(self.kind, f"{self.title} was rejected: {message}", cause=cause)
        values = {self._events.name: self.values(), self._events.original: original and original.values()}
        self.party.send_event(self._events.to, self._events.rejected, {"cause": cause, "errorMessage": message, **values})

    @property
    def has_started(self) -> bool:
        """True after the start of the feed: the connection of a stream was opened, or is not needed."""
        return self._has_started

    @property
    def title(self) -> str:
        """The kind and the name, for the timeline."""
        return f'{self.kind} "{self.name}"'

    def end(self) -> None:
        """Stop the feed, and send the stopped event; do nothing if the feed is not active."""
        if not self._remove():
            return
        self.close()
        if self._has_started:
            self.ended = self.party.simulation.scheduler.now
            self.party.note(self.kind, f"{self.title} stopped", by=self.ended_by, error=self.error_message)
            self._ended()
        else:
            self.party.note(self.kind, f"{self.title} stopped before its connection was open")

    def _remove(self) -> bool:
        """Remove the feed from the active feeds, and return whether it was active."""
        # A stopped feed may have been replaced by another one with the same name.
        if self._among.get(self.name) is not self:
            return False
        del self._among[self.name]
        if self.end in self.party.cleanups:  # at the end of a call, the call has removed this function before it runs it
            self.party.cleanups.remove(self.end)
        return True

    def values(self) -> dict[str, Any]:
        """Return the feed as its events show it."""
        return {"id": self.id, "name": self.name, "startTime": self.start_time, "tracks": list(self.tracks), **self.more}

    def ended_values(self) -> dict[str, Any]:
        """Return the feed with its duration, as the stopped event shows it."""
        return {**self.values(), "duration": timedelta(seconds=self.party.simulation.scheduler.now - self.began)}


@redacted
@dataclass(kw_only=True, eq=False)
class Transcription(MediaFeed):
    """A transcription of a call in real time.

    Attributes:
        texts: The words on each track; empty until the transcription ends.
        has_text: Whether the API returns the words, because the transcription ended some time ago.
    """

    texts: dict[str, str] = field(default_factory=dict[str, str], init=False, repr=False)
    has_text: bool = field(default=False, init=False, repr=False)
    _heard: dict[str, Track] = field(default_factory=dict[str, Track], init=False, repr=False)
    """The sounds on each track since the start."""

    def open(self) -> bool:
        """Begin to listen to the call."""
        for name in self.tracks:
            self._heard[name] = Track(self.party.simulation.scheduler)
            self.party.track(name).connect(self._heard[name])
        return False

    def close(self) -> None:
        """Stop listening, and keep only the words."""
        while self._heard:
            name, heard = self._heard.popitem()
            self.party.track(name).disconnect(heard)
            sounds = [each.sound for each in heard.between(self.began, self.party.simulation.scheduler.now)]
            self.texts[name] = " ".join(sound.text for sound in sounds if sound.text)


def track_names(tracks: str) -> tuple[str, ...]:
    """Return the tracks that the value of the attribute ``tracks`` means."""
    return ("inbound", "outbound") if tracks == "both" else (tracks,)


def rejection(feed: MediaFeed, among: Mapping[str, MediaFeed]) -> tuple[str, str] | None:
    """Return the cause and the message of a rejection; ``None`` if the feed can start in addition to the active feeds."""
    if feed.name in among:
        return "duplicate", f"A {feed.kind} with the name {feed.name} already exists"
    most = schema.vocabulary().elements[f"Start{feed.kind.capitalize()}"].most_tracks or 0
    if sum(len(other.tracks) for other in among.values()) + len(feed.tracks) > most:
        return "track-limit", f"A call has at most {most} tracks at once"
    return None
