"""The timeline of a call: everything that happened, in order, for tests to compare and people to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, overload

from bxml.builder.frozen_dict import Frozen
from callcontrol.redacted_url_repr import redacted

Kind = Literal[
    "state",
    "spoken",
    "played",
    "heard",
    "pressed",
    "said",
    "gathered",
    "ignored",
    "verb",
    "event",
    "answer",
    "api",
    "joined",
    "left",
    "leg",
    "recording",
    "stream",
    "transcription",
    "invalid",
    "problem",
]
"""The kinds of timeline entries.

``state``: a new state. ``spoken``, ``played``, ``heard``: a sentence, an audio file, and tones or ringing that the caller
hears. ``pressed``, ``said``: keys and speech of the caller. ``gathered``: the result of a Gather. ``ignored``: something
without an effect, such as a key that no verb was listening for. ``verb``: a verb starts. ``event``, ``answer``: a webhook event
that was sent, and the response to it. ``api``: an API request that changed the call. ``joined``, ``left``: the call joins or
leaves another call, a conference or an endpoint. ``leg``: a phone that a verb called was not joined. ``recording``,
``stream``, ``transcription``: a recording, a media stream or a real-time transcription starts or stops; ``stream`` also reports
how long a stream played audio.
``invalid``: the validator's report on an invalid document. ``problem``: any other error.
"""


@redacted
@dataclass(frozen=True)
class Entry:
    """One entry of a timeline.

    Attributes:
        at: Seconds since the start of the call.
        kind: The kind of entry.
        text: What happened: for ``spoken`` the sentence, for ``event`` the event type.
        details: Further values by name, such as the voice of a sentence, or the fields that only one type of event has.
        content: The whole event that was sent, the document that was received, or the problems of an invalid document.
            Comparisons ignore the content, because it differs between test runs.
        number: Serial number of the entry, counted across all calls and conferences of the emulator; comparisons ignore it.
    """

    at: float
    kind: Kind
    text: str
    # A dictionary has no hash, so the details are left out of the hash of an entry.
    details: Mapping[str, Any] = field(default_factory=Frozen, hash=False)
    # repr hides the content, because it may contain credentials or personal data.
    content: Any = field(default=None, compare=False, repr=False)
    number: int = field(default=0, compare=False, repr=False)

    def __str__(self) -> str:
        """Return the entry as a string, with all lines of its text and the first line of each detail."""
        first, *more = self.text.splitlines() or ["nothing"]
        simple = {name: str(value) for name, value in self.details.items() if isinstance(value, str | int | float)}
        details = "".join(f" · {name}: {(value.splitlines() or [''])[0]}" for name, value in simple.items())
        return "\n".join([f"{self.at:8.2f}  {self.kind:<9} {first}{details}", *(f"{'':20}{line}" for line in more)])

    def as_json(self) -> dict[str, Any]:
        """Return the entry as a JSON object, except the field ``content``."""
        return {"at": round(self.at, 3), "kind": self.kind, "text": self.text, "details": dict(self.details)}


class Timeline(Sequence[Entry]):
    """The timeline of a call or a conference: a read-only sequence of entries, in order.

    Two timelines are equal if the same things happened at the same times.

    Args:
        entries: The initial entries.
    """

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self._entries = list(entries)

    def add(self, entry: Entry) -> None:
        """Add an entry at the end."""
        self._entries.append(entry)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Timeline: ...
    def __getitem__(self, index: int | slice) -> Entry | Timeline:
        """Return the entry at an index, or a timeline with the entries of a slice."""
        return Timeline(self._entries[index]) if isinstance(index, slice) else self._entries[index]

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over the entries in order; entries that are added meanwhile are not included."""
        return iter(tuple(self._entries))

    def __eq__(self, other: object) -> bool:
        """Return whether the same things happened at the same times."""
        return self._entries == other._entries if isinstance(other, Timeline) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # a timeline is mutable

    def texts(self, *kinds: Kind) -> list[str]:
        """Return the texts of all entries of these kinds.

        Args:
            *kinds: Kinds of entries, such as ``"spoken"`` or ``"event"``.
        """
        return [entry.text for entry in self if entry.kind in kinds]

    @property
    def spoken(self) -> list[str]:
        """The sentences that were spoken."""
        return self.texts("spoken")

    @property
    def events(self) -> list[str]:
        """The types of the events that were sent."""
        return self.texts("event")

    def __str__(self) -> str:
        """Return all entries as text, one below the other."""
        return "\n".join(map(str, self))

    def __repr__(self) -> str:
        """Return the number of entries."""
        return f"<Timeline of {len(self)} entries>"

    def as_json(self) -> str:
        """Return all entries as a JSON list, without their contents."""
        return json.dumps([entry.as_json() for entry in self], ensure_ascii=False, default=str)
