"""What takes a call's audio while it goes on: streams and transcriptions, each with a name, and so many of them at most."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bxml import schema
from callcontrol.emulator.party import Party
from callcontrol.emulator.webhook_targets import Webhook
from callcontrol.events import Event
from callcontrol.redaction import redacted


@redacted
@dataclass(frozen=True)
class Told:
    """What is told of feeds of a kind.

    Attributes:
        to: Where.
        started: The event of one that has begun.
        rejected: The event of one that cannot begin.
        name: The field that has the feed.
        original: The field that has the one whose name it wanted.
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
        party: Whose audio it is.
        kind: ``stream`` or ``transcription``.
        id: Its id, of the vendor's form.
        name: What the verb calls it, or its id.
        tracks: ``inbound``, ``outbound`` or both.
        more: What its events have besides.
        began: When it began, in seconds of the simulation's time.
        start_time: When, by the time of day.
    """

    party: Party
    kind: str
    id: str
    name: str
    tracks: tuple[str, ...]
    more: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    began: float = field(init=False)
    start_time: datetime = field(init=False)
    _end: Callable[[], None] = field(default=lambda: None, init=False, repr=False)

    def __post_init__(self) -> None:
        """Begin now."""
        self.began, self.start_time = self.party.simulation.scheduler.now, self.party.simulation.time()

    def begin(self, among: dict[str, MediaFeed], told: Told, ended: Callable[[], None]) -> None:
        """Go on until it is ended, or the call is; rejected if it cannot, and either is told.

        Args:
            among: The feeds of the call that go on, by their names.
            told: What is told of it.
            ended: What follows its end.
        """
        refused = refusal(self, among)
        if refused is not None:
            cause, message = refused
            original = among.get(self.name)
            self.party.note("recording", f"the {self.kind} {self.name} was rejected: {message}")
            values = {told.name: self.values(), told.original: original and original.values()}
            self.party.tell(told.to, told.rejected, {"cause": cause, "errorMessage": message, **values})
            return

        def end() -> None:
            if among.get(self.name) is self:
                del among[self.name]
                self.party.note("recording", f"the {self.kind} {self.name} ended")
                ended()

        among[self.name] = self
        self._end = end
        self.party.cleanups.append(end)
        self.party.note("recording", f"the {self.kind} {self.name} began")
        self.party.tell(told.to, told.started, {told.name: self.values()})

    def end(self) -> None:
        """End it, and have that told; nothing if it has ended."""
        self._end()

    def values(self) -> dict[str, Any]:
        """It as its events have it."""
        return {"id": self.id, "name": self.name, "startTime": self.start_time, "tracks": list(self.tracks), **self.more}

    def ended_values(self) -> dict[str, Any]:
        """The same with how long it went on."""
        return {**self.values(), "duration": timedelta(seconds=self.party.simulation.scheduler.now - self.began)}


def track_names(tracks: str) -> tuple[str, ...]:
    """The tracks that the attribute stands for."""
    return ("inbound", "outbound") if tracks == "both" else (tracks,)


def refusal(feed: MediaFeed, among: Mapping[str, MediaFeed]) -> tuple[str, str] | None:
    """Why a feed cannot begin beside those that go on: the cause, and a sentence; ``None`` if it can."""
    if feed.name in among:
        return "duplicate", f"A {feed.kind} with the name {feed.name} already exists"
    most = schema.law().elements[f"Start{feed.kind.capitalize()}"].most_tracks or 0
    if sum(len(other.tracks) for other in among.values()) + len(feed.tracks) > most:
        return "track-limit", f"A call has at most {most} tracks at once"
    return None
