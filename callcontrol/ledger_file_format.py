"""The format of ledger files: JSON lines. The first line names the account, the host and the document.

Each attempt to interrupt a call has two lines: one is written before the request, the other after the response::

    {"ledger": 1, "account": "9900123", "host": "voice.bandwidth.com", "document": "0a1b2c3d4e5f6071"}
    {"call_id": "c-1", "outcome": "attempting", "status": null, "detail": null, "time": "2025-…Z"}
    {"call_id": "c-1", "outcome": "delivered", "status": 204, "detail": null, "time": "2025-…Z"}

A file contains call ids and a digest of the document, but not the document itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple, cast

from bxml.messages.text import quote
from callcontrol.errors import InvalidRequest
from callcontrol.http_messages import json_of
from callcontrol.iso8601 import in_iso, moment
from callcontrol.ledger import OUTCOME_KINDS, LedgerEntry, LedgerKey, LedgerState, OutcomeKind, stronger

VERSION: Final = 1
"""Version of the format, which the first line contains."""

ATTEMPTING: Final = "attempting"
"""The outcome in the line that is written before a request."""


class LedgerLine(NamedTuple):
    """A line of a ledger file after the first line."""

    call_id: str
    outcome: OutcomeKind | Literal["attempting"]
    status: int | None
    detail: str | None
    time: str

    def encode(self) -> bytes:
        """Return the line as bytes, with its line break."""
        return json.dumps(self._asdict()).encode() + b"\n"


class CallStates:
    """The states of all calls, which change with each line of a ledger."""

    def __init__(self) -> None:
        self.states: dict[str, LedgerState] = {}
        """For each call, by its id: its state."""
        self._before: dict[str, LedgerState | None] = {}
        """For each call that is in progress, by its id: its state before the attempt."""

    def begin(self, call_id: str) -> None:
        """Begin an attempt. If an earlier attempt of the call has no outcome, the earlier attempt stays in doubt."""
        if call_id in self._before:
            self.end(call_id, "in doubt")
        self._before[call_id] = self.states.get(call_id)
        self.states[call_id] = "in progress"

    def end(self, call_id: str, state: LedgerState) -> None:
        """End an attempt."""
        self.states[call_id] = stronger(self._before.pop(call_id, self.states.get(call_id)), state)

    def apply(self, line: LedgerLine) -> None:
        """Change the state of a call as a line says."""
        if line.outcome == ATTEMPTING:
            self.begin(line.call_id)
        else:
            self.end(line.call_id, line.outcome)

    def end_run(self) -> None:
        """Mark the calls in progress as in doubt, because their run has ended."""
        for call_id in list(self._before):
            self.end(call_id, "in doubt")


class LedgerReader:
    """Reader of the lines of a ledger file.

    Args:
        name: Name of the file, for messages.
        expected: The account, the host and the document that the file must have; ``None`` to accept any file.

    Attributes:
        key: The account, the host and the document of the file; ``None`` until its first line is read.
        end: Length of the valid lines that were read, in bytes.
        is_cut: Whether the valid lines are followed by a line that a crash has cut off.
        lacks_line_break: Whether the last valid line has no line break.
    """

    def __init__(self, name: str, expected: LedgerKey | None = None) -> None:
        self._name, self._expected = name, expected
        self.key: LedgerKey | None = None
        self.end = 0
        self.is_cut = self.lacks_line_break = False

    def lines(self, file: Iterable[bytes]) -> Iterator[LedgerLine]:
        """Yield each line after the first line, except a last line that a crash has cut off.

        Raises:
            InvalidRequest: If the file is not a ledger, or belongs to another account, host or document.
        """
        for number, data in enumerate(file, 1):
            if _is_cut(data, _HEADER_START if number == 1 else _LINE_START):
                self.is_cut = True
                return
            if number == 1:
                self._read_header(data)
            else:
                yield self._line(number, data)
            self.end += len(data)
            self.lacks_line_break = not data.endswith(b"\n")

    def _read_header(self, data: bytes) -> None:
        members = _members(data) or {}
        if isinstance(members.get("ledger"), int) and members["ledger"] > VERSION:
            raise InvalidRequest(f"{self._name} was written by a newer version of callcontrol; install that version to use it")
        key = [members.get(name) for name in ("account", "host", "document")]
        if members.get("ledger") != VERSION or not all(isinstance(part, str) for part in key):
            raise InvalidRequest(f"{self._name}, line 1: expected the first line of a ledger; this file is not a ledger")
        self.key = LedgerKey(*cast("list[str]", key))
        if self._expected is not None:
            self._check(self.key, self._expected)

    def _check(self, found: LedgerKey, expected: LedgerKey) -> None:
        """Compare the key of the file with the key of the run.

        Raises:
            InvalidRequest: If the keys differ.
        """
        for part in ("account", "host", "document"):
            theirs, ours = getattr(found, part), getattr(expected, part)
            if theirs != ours:
                names = "another document" if part == "document" else f"{part} {quote(theirs)}, and this run uses {quote(ours)}"
                raise InvalidRequest(f"{self._name} belongs to {names}; use one ledger for each {part}")

    def _line(self, number: int, data: bytes) -> LedgerLine:
        members = _members(data)
        if members is None or not _is_line(members):
            raise InvalidRequest(f"{self._name}, line {number}: not a ledger entry; the file is damaged")
        fields: dict[str, Any] = {name: members.get(name) for name in LedgerLine._fields}
        return LedgerLine(**fields)


def header(key: LedgerKey) -> bytes:
    """Return the first line of a ledger file."""
    members = {"ledger": VERSION, "account": key.account, "host": key.host, "document": key.document}
    return json.dumps(members).encode() + b"\n"


def entry(line: LedgerLine, state: LedgerState) -> LedgerEntry:
    """Return the entry of a call.

    Args:
        line: The last line about the call.
        state: The state of the call after this line.
    """
    return LedgerEntry(line.call_id, state, line.status, line.detail, moment(line.time) or datetime.min.replace(tzinfo=UTC))


def line_of(entry: LedgerEntry) -> LedgerLine:
    """Return a line from which a reader gets the state of an entry. The call of the entry must not be in progress."""
    outcome = entry.state if entry.state in OUTCOME_KINDS else ATTEMPTING
    return LedgerLine(entry.call_id, outcome, entry.status, entry.detail, in_iso(entry.time))


_HEADER_START: Final = b'{"ledger": '
"""The beginning of the first line."""

_LINE_START: Final = b'{"call_id": "'
"""The beginning of each further line."""


def _members(line: bytes) -> dict[str, Any] | None:
    """Return the members of the JSON object in a line; ``None`` if the line contains no such object."""
    try:
        record = json_of(line)
    except ValueError:
        return None
    return cast("dict[str, Any]", record) if isinstance(record, dict) else None


def _is_line(members: dict[str, Any]) -> bool:
    """Return whether a JSON object is an entry of a ledger."""
    has_strings = all(isinstance(members.get(name), str) for name in ("call_id", "outcome", "time"))
    has_result = isinstance(members.get("status"), int | None) and isinstance(members.get("detail"), str | None)
    return has_strings and has_result and members["outcome"] in (*OUTCOME_KINDS, ATTEMPTING)


def _is_cut(line: bytes, start: bytes) -> bool:
    """Return whether a crash has cut off a line that has this start. Any other line must not be removed from a file."""
    begun = line.rstrip(b"\0")  # some file systems append zeros after a power failure
    return not line.endswith(b"\n") and begun[: len(start)] == start[: len(begun)] and _members(line) is None
