"""The ledger of ``interrupt_many``: a file of JSON lines with the outcome of each call.

Each outcome is written immediately, so that a stopped run can be resumed.

An entry is a line such as::

    {"call_id": "c-1", "outcome": "delivered", "status": 204, "detail": null, "time": "2025-…Z", "document": "0a1b2c3d4e5f6071"}

A ledger contains call ids and a digest of the document, not the document itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal, Self, cast

from bxml.messages.text import escape_unprintable, quote
from callcontrol.errors import CallControlError, InvalidRequest
from callcontrol.fork_safety import renew_after_fork
from callcontrol.http_messages import json_of
from callcontrol.iso8601 import in_iso
from callcontrol.redacted_url_repr import redacted

OutcomeKind = Literal["delivered", "gone", "refused", "unknown"]
"""The kind of an outcome. :class:`Outcome` describes each kind."""

OUTCOME_KINDS: Final[tuple[OutcomeKind, ...]] = ("delivered", "gone", "refused", "unknown")
"""Every kind of outcome."""

FINAL: Final[frozenset[OutcomeKind]] = frozenset({"delivered", "gone"})
"""The kinds of outcomes after which the next run of ``interrupt_many`` skips the call."""


@redacted
@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of interrupting one call.

    Attributes:
        call_id: The id of the call.
        outcome: ``delivered``: the API accepted the document. ``gone``: the call has ended, or does not exist. ``refused``: the
            call did not receive the document, and may still be active. ``unknown``: the call may have received the document,
            because no response arrived or the API failed.
        status: Status of the last response; ``None`` if no response arrived.
        detail: Message of the error; ``None`` if the document was delivered.
        time: Time of the outcome, in UTC.
    """

    call_id: str
    outcome: OutcomeKind
    status: int | None
    detail: str | None
    time: datetime


class Ledger:
    """The open ledger of one document, locked against other runs until it is closed.

    Args:
        path: The file. If it does not exist, it is created, readable by its owner only.
        document: The document, as bytes.

    Raises:
        InvalidRequest: If the file cannot be opened, is in use, belongs to another document, or has a line that is not a ledger
            entry. The file is not changed.
    """

    def __init__(self, path: str | os.PathLike[str], document: bytes) -> None:
        self._name = _name(path)
        self._digest = digest(document)
        self._end = 0
        self._fault: str | None = None
        self.done: set[str] = set()
        """Ids of the calls that are skipped."""
        try:
            self._descriptor = os.open(path, _FLAGS, stat.S_IRUSR | stat.S_IWUSR)
        except (OSError, ValueError) as error:  # a NUL in the path raises ValueError
            raise InvalidRequest(f"{self._name} cannot be opened: {_cause(error)}") from None
        try:
            self._lock()
            self._read()
        except OSError as error:
            self.close()
            raise InvalidRequest(f"{self._name} cannot be used: {_cause(error)}") from None
        except BaseException:
            self.close()
            raise
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """Close the file in the child process; otherwise the file would stay locked after the parent process has closed it."""
        self._close(unlock=False)

    def __enter__(self) -> Self:
        """Return the ledger."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the ledger."""
        self.close()

    def close(self) -> None:
        """Unlock and close the file."""
        self._close(unlock=True)

    def _close(self, *, unlock: bool) -> None:
        descriptor, self._descriptor = self._descriptor, _CLOSED
        if descriptor == _CLOSED:
            return
        # Closing does not unlock the file while a new child process still has a copy of the descriptor.
        if unlock:
            with contextlib.suppress(ImportError, OSError):
                import fcntl

                fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)

    def write(self, outcome: Outcome) -> None:
        """Append an entry, which survives a crash of this process but not a power failure.

        Raises:
            CallControlError: If this entry or an earlier one could not be written completely.
        """
        # Syncing to the disk would take longer than the request. After a power failure the last entries may be missing, and the
        # next run interrupts their calls once more.
        if self._fault is None:
            try:
                self._append(_line(outcome, self._digest))
            except OSError as error:
                self._fault = _cause(error)
                self._remove_partial_line()
        if self._fault is not None:  # not an InvalidRequest, because requests were sent
            lost = f"the outcome of call {quote(outcome.call_id)} ({outcome.outcome}) is lost"
            raise CallControlError(f"{self._name} cannot be written: {self._fault}; {lost}")

    def _append(self, line: bytes) -> None:
        """Append a line, in several writes if the system does not accept the whole line at once."""
        left = memoryview(line)
        while left:
            left = left[os.write(self._descriptor, left) :]
        self._end += len(line)

    def _remove_partial_line(self) -> None:
        """Remove a partial last line; if that fails, the next run removes it."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, self._end)

    def _lock(self) -> None:
        """Lock the file against other runs, in this process and in others.

        Raises:
            InvalidRequest: If another run has locked it.
        """
        try:
            import fcntl
        except ImportError:  # Windows has no fcntl, so two runs with one ledger are not detected there
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidRequest(f"{self._name} is in use by another run; wait for it to end, or use another ledger") from None

    def _read(self) -> None:
        """Read all entries; if they are valid, remove or complete a last line that a crash has cut off.

        Raises:
            InvalidRequest: If the file is not a regular file, or a line is not an entry of this document.
        """
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            raise InvalidRequest(f"{self._name} is not a regular file")
        line = b"\n"
        with open(self._descriptor, "rb", closefd=False) as file:
            for number, line in enumerate(file, 1):
                if _is_cut(line):
                    os.ftruncate(self._descriptor, self._end)
                    return
                self._read_entry(number, line)
                self._end += len(line)
        if not line.endswith(b"\n"):  # only the line break is missing
            self._append(b"\n")

    def _read_entry(self, number: int, line: bytes) -> None:
        """Read the entry in a line; if its outcome is final, add the id of the call to ``done``.

        Raises:
            InvalidRequest: If the line is not an entry of this document.
        """
        record = _record(line)
        if record is None:
            raise InvalidRequest(f"{self._name}, line {number}: not a ledger entry; the file is damaged, or is not a ledger")
        if record["document"] != self._digest:
            raise InvalidRequest(f"{self._name}, line {number}: belongs to another document; use one ledger per document")
        if record["outcome"] in FINAL:
            self.done.add(record["call_id"])


def digest(document: bytes) -> str:
    """Return the digest of a document: 16 hexadecimal digits, which identify it and do not reveal its content."""
    return sha256(document).hexdigest()[:16]


_CLOSED: Final = -1
"""The file descriptor of a closed ledger."""

# O_BINARY exists on Windows only, where text mode would change line breaks.
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)

_BEGINNING: Final = b'{"call_id": "'
"""The beginning of each entry."""


def _line(outcome: Outcome, document: str) -> bytes:
    """Return the line of an outcome; ``document`` is the digest of the document."""
    record = {
        "call_id": outcome.call_id,
        "outcome": outcome.outcome,
        "status": outcome.status,
        "detail": outcome.detail,
        "time": in_iso(outcome.time),
        "document": document,
    }
    return json.dumps(record).encode() + b"\n"


def _record(line: bytes) -> dict[str, Any] | None:
    """Return the members of an entry; ``None`` if the line is not a ledger entry."""
    try:
        record = json_of(line)
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    members = cast("dict[str, Any]", record)
    has_strings = all(isinstance(members.get(name), str) for name in ("call_id", "outcome", "document"))
    return members if has_strings and members["outcome"] in OUTCOME_KINDS else None


def _is_cut(line: bytes) -> bool:
    """Return whether a line is an entry that a crash has cut off. Any other line must not be removed from a file."""
    begun = line.rstrip(b"\0")  # some file systems append zeros after a power failure
    return not line.endswith(b"\n") and begun[: len(_BEGINNING)] == _BEGINNING[: len(begun)] and _record(line) is None


def _name(path: object) -> str:
    """Return the name that messages use for a ledger.

    Raises:
        InvalidRequest: If the path is neither a string nor path-like.
    """
    if not isinstance(path, str | os.PathLike):
        raise InvalidRequest(f"ledger={quote(path)} is not a path; expected a string or os.PathLike")
    return f"the ledger {escape_unprintable(os.fsdecode(cast('str | os.PathLike[str]', path)))}"


def _cause(error: OSError | ValueError) -> str:
    """Return the system's message, such as ``No such file or directory``."""
    return getattr(error, "strerror", None) or "the path contains a NUL character"
