"""What happened in a call, in order, as a test compares it and a person reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, overload

from bxml.builder.frozen import Frozen
from callcontrol.redaction import redacted

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
    "recording",
    "invalid",
    "problem",
]
"""What kinds of things happen.

``state``: the call has another one. ``spoken``, ``played``, ``heard``: what the caller hears of BXML and of tones. ``pressed``,
``said``: what the caller does; ``gathered``: what came of it; ``ignored``: what came to nothing. ``verb``: another verb begins.
``event``, ``answer``: what a webhook is sent, and what came back. ``api``: what the API did to the call. ``joined``, ``left``:
other calls and conferences. ``recording``: recordings, streams and transcriptions. ``invalid``: a document that is none, with
the validator's report. ``problem``: what else went wrong.
"""


@redacted
@dataclass(frozen=True)
class Entry:
    """One thing that happened.

    Attributes:
        at: Seconds since the call began.
        kind: What kind of thing.
        text: What happened, in words: of ``spoken`` the text and of ``event`` the event's type, and nothing else.
        details: More about it, by name, such as the voice, or what an event has that others have not.
        content: All that was sent or received, which differs from run to run and so is not compared: the whole event, or the
            document that answered it.
    """

    at: float
    kind: Kind
    text: str
    details: Mapping[str, Any] = field(default_factory=Frozen, hash=False)
    content: Any = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        """One line, or several for a report; of details, the first line each."""
        first, *more = self.text.splitlines() or ["nothing"]
        simple = {name: str(value) for name, value in self.details.items() if isinstance(value, str | int | float)}
        told = "".join(f" · {name}: {(value.splitlines() or [''])[0]}" for name, value in simple.items())
        return "\n".join([f"{self.at:8.2f}  {self.kind:<9} {first}{told}", *(f"{'':20}{line}" for line in more)])

    def as_json(self) -> dict[str, Any]:
        """The entry as an object of JSON."""
        return {"at": round(self.at, 3), "kind": self.kind, "text": self.text, "details": dict(self.details)}


class Timeline(Sequence[Entry]):
    """All that happened in a call, in order."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        """Take entries, or none yet."""
        self._entries = list(entries)

    def add(self, entry: Entry) -> None:
        """Add what happened last."""
        self._entries.append(entry)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Timeline: ...
    def __getitem__(self, index: int | slice) -> Entry | Timeline:
        """One entry, or a part as a timeline."""
        return Timeline(self._entries[index]) if isinstance(index, slice) else self._entries[index]

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """The entries in order."""
        return iter(tuple(self._entries))

    def __eq__(self, other: object) -> bool:
        """Whether the same happened at the same times."""
        return self._entries == other._entries if isinstance(other, Timeline) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it grows

    def texts(self, *kinds: Kind) -> list[str]:
        """The texts of all entries of these kinds."""
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
        """One entry on a line."""
        return "\n".join(map(str, self))

    def __repr__(self) -> str:
        """How much happened."""
        return f"<Timeline of {len(self)} entries>"

    def as_json(self) -> str:
        """All entries as a list in JSON."""
        return json.dumps([entry.as_json() for entry in self], ensure_ascii=False, default=str)
