"""What became of each call, in a file of JSON lines that is written as it happens, so that a run can go on where one stopped.

A line is::

    {"call_id": "c-1", "outcome": "delivered", "status": 204, "detail": null, "time": "2025-…Z", "document": "0a1b2c3d4e5f6071"}

The ids of calls are in it, and nothing of the document but a digest.
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

from bxml.messages.text import one_line, shown
from callcontrol.errors import CallControlError, InvalidRequest
from callcontrol.forks import renew_after_fork
from callcontrol.http_messages import json_of
from callcontrol.iso8601 import in_iso
from callcontrol.redaction import redacted

Word = Literal["delivered", "gone", "refused", "unknown"]
"""What can become of an interruption."""

WORDS: Final[tuple[Word, ...]] = ("delivered", "gone", "refused", "unknown")

FINAL: Final[frozenset[Word]] = frozenset({"delivered", "gone"})
"""The outcomes after which a call is not tried again."""


@redacted
@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the interruption of one call.

    Attributes:
        call_id: The call.
        outcome: ``delivered``: the API has taken the document. ``gone``: the call is over, or nobody knows it. ``refused``: the
            document certainly was not delivered, and the call may still be there. ``unknown``: nobody knows, for no answer came
            back, or one that says neither.
        status: The status of the last answer; ``None`` if there was none.
        detail: What went wrong, in words; ``None`` if nothing did.
        time: When it was known, in UTC.
    """

    call_id: str
    outcome: Word
    status: int | None
    detail: str | None
    time: datetime


class Ledger:
    """The ledger of one document, which nobody else can use until it is closed.

    Args:
        path: The file. It is made if it is not there, readable by its owner only.
        document: The document.

    Raises:
        InvalidRequest: if the file cannot be used, is in use, is of another document, or holds anything but lines of a ledger.
            It is as it was then.
    """

    def __init__(self, path: str | os.PathLike[str], document: bytes) -> None:
        self._name = _name(path)
        self._digest = digest(document)
        self._end = 0
        self._fault: str | None = None
        self.done: set[str] = set()
        """The calls that are not to be tried again."""
        try:
            self._descriptor = os.open(path, _FLAGS, stat.S_IRUSR | stat.S_IWUSR)
        except (OSError, ValueError) as error:  # the latter if there is a NUL in the path
            raise InvalidRequest(f"{self._name} cannot be opened: {_words(error)}") from None
        try:
            self._lock()
            self._read()
        except OSError as error:
            self.close()
            raise InvalidRequest(f"{self._name} cannot be used: {_words(error)}") from None
        except BaseException:
            self.close()
            raise
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """Close the child's copy of the file, which would keep the lock when the parent has ended. The parent keeps it."""
        self._close(unlock=False)

    def __enter__(self) -> Self:
        """The ledger itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let others use the file."""
        self._close(unlock=True)

    def _close(self, *, unlock: bool) -> None:
        descriptor, self._descriptor = self._descriptor, _CLOSED
        if descriptor == _CLOSED:
            return
        if unlock:  # a child process that is just being forked has a copy of the file
            with contextlib.suppress(ImportError, OSError):
                import fcntl

                fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)

    def write(self, outcome: Outcome) -> None:
        """Add one line.

        Raises:
            CallControlError: if it cannot be written in whole; then no later line can, either.
        """
        # The system has the line when this returns, so that it outlives this process however that ends. It is not forced onto
        # the disk, which would take longer than the request: after a power failure the last lines may be missing, and their
        # calls are interrupted once more.
        if self._fault is None:
            try:
                self._append(_line(outcome, self._digest))
            except OSError as error:
                self._fault = _words(error)
                self._cut_off()
        if self._fault is not None:  # no InvalidRequest, for requests have been sent
            lost = f"call {shown(outcome.call_id)}, {outcome.outcome}, is not in it"
            raise CallControlError(f"{self._name} cannot be written: {self._fault}; {lost}")

    def _append(self, line: bytes) -> None:
        """Write at the end, at once unless the system takes less."""
        left = memoryview(line)
        while left:
            left = left[os.write(self._descriptor, left) :]
        self._end += len(line)

    def _cut_off(self) -> None:
        """Take away what is there of a line; if even that is impossible, the next to open the file does it."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, self._end)

    def _lock(self) -> None:
        """Keep everybody else out, this process included.

        Raises:
            InvalidRequest: if somebody is in.
        """
        try:
            import fcntl
        except ImportError:  # as on Windows, where whoever starts two runs has to keep them apart
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidRequest(f"{self._name} is in use by another run") from None

    def _read(self) -> None:
        """Learn what is done; then, if all lines are right, mend the last.

        Raises:
            InvalidRequest: if one is not.
        """
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            raise InvalidRequest(f"{self._name} is no regular file")
        line = b"\n"
        with open(self._descriptor, "rb", closefd=False) as file:
            for number, line in enumerate(file, 1):
                if _is_cut(line):
                    os.ftruncate(self._descriptor, self._end)
                    return
                self._learn(number, line)
                self._end += len(line)
        if not line.endswith(b"\n"):  # the last character is all that is missing
            self._append(b"\n")

    def _learn(self, number: int, line: bytes) -> None:
        record = _record(line)
        if record is None:
            raise InvalidRequest(f"{self._name}, line {number}, is no line of a ledger; it was damaged, or is another file")
        if record["document"] != self._digest:
            raise InvalidRequest(f"{self._name}, line {number}, is of another document; each document has a ledger of its own")
        if record["outcome"] in FINAL:
            self.done.add(record["call_id"])


def digest(document: bytes) -> str:
    """What stands for a document in its ledger: enough to tell it from any other, and nothing to read it from."""
    return sha256(document).hexdigest()[:16]


_CLOSED: Final = -1

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)

_BEGINNING: Final = b'{"call_id": "'
"""How each line begins."""


def _line(outcome: Outcome, document: str) -> bytes:
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
    """What a line says; ``None`` if it is no line of a ledger."""
    try:
        record = json_of(line)
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    members = cast("dict[str, Any]", record)
    texts = all(isinstance(members.get(name), str) for name in ("call_id", "outcome", "document"))
    return members if texts and members["outcome"] in WORDS else None


def _is_cut(line: bytes) -> bool:
    """Whether this is the beginning of a line, and no more: what a crash leaves. The end of any other file is not touched."""
    begun = line.rstrip(b"\0")  # which some file systems leave after a power failure
    return not line.endswith(b"\n") and begun[: len(_BEGINNING)] == _BEGINNING[: len(begun)] and _record(line) is None


def _name(path: object) -> str:
    if not isinstance(path, str | os.PathLike):
        raise InvalidRequest(f"ledger={shown(path)} is no path")
    return f"the ledger {one_line(os.fsdecode(cast('str | os.PathLike[str]', path)))}"


def _words(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or "there can be no such file"
