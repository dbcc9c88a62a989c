"""Media feeds: the streams and transcriptions of a call, which have names and a limited number of tracks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bxml import schema
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
        original: The name of the event field that contains the active feed with the same name, if the new feed is rejected.
    """

    to: Webhook | None
    started: type[Event]
    rejected: type[Event]
    name: str
    original: str


@redacted
@dataclass(kw_only=True, eq=False)
class MediaFeed:
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
    """

    party: Party
    kind: str
    id: str
    name: str
    tracks: tuple[str, ...]
    more: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    began: float = field(init=False)
    start_time: datetime = field(init=False)
    ended: float | None = field(default=None, init=False)
    _end: Callable[[], None] = field(default=lambda: None, init=False, repr=False)

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
        rejected = rejection(self, among)
        if rejected is not None:
            self._reject(*rejected, among.get(self.name), events)
            return

        def end() -> None:
            # A stopped feed may have been replaced by another one with the same name.
            if among.get(self.name) is self:
                del among[self.name]
                self.ended = self.party.simulation.scheduler.now
                self.party.note("recording", f"{self._title} stopped")
                ended()

        among[self.name] = self
        self._end = end
        self.party.cleanups.append(end)
        self.party.note("recording", f"{self._title} started")
        self.party.send_event(events.to, events.started, {events.name: self.values()})

    def _reject(self, cause: str, message: str, original: MediaFeed | None, events: FeedEvents) -> None:
        self.party.note("recording", f"{self._title} was rejected: {message}")
        values = {events.name: self.values(), events.original: original and original.values()}
        self.party.send_event(events.to, events.rejected, {"cause": cause, "errorMessage": message, **values})

    @property
    def _title(self) -> str:
        return f'{self.kind} "{self.name}"'

    def end(self) -> None:
        """Stop the feed, and send the stopped event; do nothing if the feed is not active."""
        self._end()

    def values(self) -> dict[str, Any]:
        """Return the feed as its events show it."""
        return {"id": self.id, "name": self.name, "startTime": self.start_time, "tracks": list(self.tracks), **self.more}

    def ended_values(self) -> dict[str, Any]:
        """Return the feed with its duration, as the stopped event shows it."""
        return {**self.values(), "duration": timedelta(seconds=self.party.simulation.scheduler.now - self.began)}


def track_names(tracks: str) -> tuple[str, ...]:
    """Return the tracks that the value of the attribute ``tracks`` means."""
    return ("inbound", "outbound") if tracks == "both" else (tracks,)


def rejection(feed: MediaFeed, among: Mapping[str, MediaFeed]) -> tuple[str, str] | None:
    """Return the cause and the message if a feed cannot start in addition to the active feeds; otherwise return ``None``."""
    if feed.name in among:
        return "duplicate", f"A {feed.kind} with the name {feed.name} already exists"
    most = schema.vocabulary().elements[f"Start{feed.kind.capitalize()}"].most_tracks or 0
    if sum(len(other.tracks) for other in among.values()) + len(feed.tracks) > most:
        return "track-limit", f"A call has at most {most} tracks at once"
    return None
