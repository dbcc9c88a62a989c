"""A ledger in a file, for one run at a time: opening, locking, writing and reading the file."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from bxml.messages.text import escape_unprintable, quote
from callcontrol.errors import CallControlError, InvalidRequest
from callcontrol.fork_safety import renew_after_fork
from callcontrol.iso8601 import in_iso
from callcontrol.ledger import LedgerEntry, LedgerKey, LedgerState, Outcome, may_be_interrupted
from callcontrol.ledger_file_format import ATTEMPTING, CallStates, LedgerLine, LedgerReader, entry, header, line_of
from callcontrol.redacted_url_repr import redacted


@redacted
@dataclass(frozen=True, slots=True)
class FileLedger:
    """A ledger in a file.

    Attributes:
        path: The file. If it does not exist, it is created when the ledger is opened, and only its owner can read it.
    """

    path: str | os.PathLike[str]

    def open(self, key: LedgerKey) -> OpenFileLedger:
        """Return the open ledger, locked against other runs until it is closed.

        Args:
            key: The account, the host and the document of the run.

        Raises:
            InvalidRequest: If the file cannot be opened, is in use, belongs to another account, host or document, or has a line
                that is not a ledger entry. The file is not changed.
        """
        return OpenFileLedger(self.path, key)


class OpenFileLedger:
    """An open :class:`FileLedger`, which one run uses. Its methods may be called by several threads at once.

    Args:
        path: The file.
        key: The account, the host and the document of the run.

    Raises:
        InvalidRequest: In the same cases as :meth:`FileLedger.open`.
    """

    def __init__(self, path: str | os.PathLike[str], key: LedgerKey) -> None:
        self._name = name_of(path)
        self._path = path
        self._end = 0
        self._fault: str | None = None
        self._calls = CallStates()
        try:
            self._descriptor = os.open(path, _FLAGS, stat.S_IRUSR | stat.S_IWUSR)
        except (OSError, ValueError) as error:  # a NUL in the path raises ValueError
            raise InvalidRequest(f"{self._name} cannot be opened: {cause(error)}") from None
        try:
            self._lock_file()
            self._read(key)
        except OSError as error:
            self.close()
            raise InvalidRequest(f"{self._name} cannot be used: {cause(error)}") from None
        except BaseException:
            self.close()
            raise
        self._writing = threading.Lock()
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """Close the file in the child process; otherwise the file would stay locked after the parent process has closed it."""
        self._writing = threading.Lock()
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

    def states(self, call_ids: Collection[str] | None = None) -> Mapping[str, LedgerState]:
        """Return the state of each call that has a state.

        Args:
            call_ids: The calls; ``None`` for all calls of the ledger.
        """
        known = self._calls.states
        return known if call_ids is None else {call_id: known[call_id] for call_id in call_ids if call_id in known}

    def claim(self, call_id: str, *, repeat_unknown: bool = False) -> LedgerState | None:
        """Write a line that claims a call before it is interrupted, unless the state of the call forbids an interruption.

        The line survives a crash of this process but not a power failure.

        Args:
            call_id: The id of the call.
            repeat_unknown: Whether to interrupt the call again if it may have received the document.

        Returns:
            ``None`` if the call was claimed; otherwise its state.

        Raises:
            CallControlError: If the line could not be written, or the file was deleted, replaced or changed by another program.
        """
        with self._writing:
            state = self._calls.states.get(call_id)
            if not may_be_interrupted(state, repeat_unknown=repeat_unknown):
                return state
            attempt = LedgerLine(call_id, ATTEMPTING, None, None, in_iso(datetime.now(UTC)))
            self._write(attempt.encode(), f"call {quote(call_id)} was not interrupted")
            self._calls.begin(call_id)
            return None

    def finish(self, outcome: Outcome) -> None:
        """Write a line with the outcome of a call. The line survives a crash of this process but not a power failure.

        Raises:
            CallControlError: If this line or an earlier one could not be written completely, or the file was deleted, replaced
                or changed by another program.
        """
        lost = f"the outcome of call {quote(outcome.call_id)} ({outcome.outcome}) is lost"
        with self._writing:
            line = LedgerLine(outcome.call_id, outcome.outcome, outcome.status, outcome.detail, in_iso(outcome.time))
            self._write(line.encode(), lost)
            self._calls.end(outcome.call_id, outcome.outcome)

    def _write(self, line: bytes, consequence: str) -> None:
        """Append a line.

        Args:
            line: The line.
            consequence: The consequence of a failure, for the message of the error.

        Raises:
            CallControlError: If this line or an earlier one could not be written completely.
        """
        # Syncing to the disk would take longer than the request. After a power failure the last lines may be missing, and the
        # next run interrupts their calls once more.
        if self._fault is None:
            self._fault = self._change_by_others()
        if self._fault is None:
            try:
                self._append(line)
            except OSError as error:
                self._fault = f"cannot be written: {cause(error)}"
                self._remove_partial_line()
        if self._fault is not None:  # not an InvalidRequest, because requests were sent
            raise CallControlError(f"{self._name} {self._fault}; {consequence}")

    def _change_by_others(self) -> str | None:
        """Return the end of a message if the file was deleted, replaced or changed by another program; otherwise ``None``."""
        try:
            found = os.stat(self._path)
        except OSError:
            return "was deleted during the run"
        opened = os.fstat(self._descriptor)
        if (found.st_dev, found.st_ino) != (opened.st_dev, opened.st_ino):
            return "was replaced by another file during the run"
        return None if opened.st_size == self._end else "was changed by another program during the run"

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

    def _lock_file(self) -> None:
        """Lock the file against other runs, in this process and in others.

        Raises:
            InvalidRequest: If another run has locked the file.
        """
        try:
            import fcntl
        except ImportError:  # Windows has no fcntl, so two runs with one ledger are not detected there
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidRequest(f"{self._name} is in use by another run; wait for it to end, or use another ledger") from None

    def _read(self, key: LedgerKey) -> None:
        """Read the states of all calls, or write the first line if the file is empty.

        If a crash has cut off the last line, remove that line. If the line lacks only its line break, complete it.

        Raises:
            InvalidRequest: If the file is not a regular file, belongs to another key, or has a line that is not an entry.
        """
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            raise InvalidRequest(f"{self._name} is not a regular file")
        reader = LedgerReader(self._name, key)
        with open(self._descriptor, "rb", closefd=False) as file:
            for line in reader.lines(file):
                self._calls.apply(line)
        self._calls.end_run()
        self._end = reader.end
        if reader.is_cut:
            os.ftruncate(self._descriptor, self._end)
        elif reader.lacks_line_break:
            self._append(b"\n")
        if reader.key is None:
            self._append(header(key))


def read_ledger(path: str | os.PathLike[str]) -> tuple[LedgerKey, list[LedgerEntry]]:
    """Read a ledger file, which a run may be using.

    Args:
        path: The file.

    Returns:
        The account, the host and the document of the ledger, and the state of each call in the order of the first attempts. An
        attempt without an outcome is ``in progress`` if a run is using the file, otherwise ``in doubt``.

    Raises:
        InvalidRequest: If the file cannot be read, or is not a ledger.
    """
    name = name_of(path)
    reader, calls, last = LedgerReader(name), CallStates(), dict[str, LedgerLine]()
    try:
        with open(path, "rb") as file:
            is_in_use = _is_locked(file.fileno())
            for line in reader.lines(file):
                calls.apply(line)
                last[line.call_id] = line
    except InvalidRequest:
        raise
    except (OSError, ValueError) as error:  # a NUL in the path raises ValueError
        raise InvalidRequest(f"{name} cannot be read: {cause(error)}") from None
    if reader.key is None:
        raise InvalidRequest(f"{name} is empty; expected the ledger of a run")
    if not is_in_use:
        calls.end_run()
    return reader.key, [entry(line, calls.states[call_id]) for call_id, line in last.items()]


def write_ledger(path: str | os.PathLike[str], key: LedgerKey, entries: Iterable[LedgerEntry]) -> None:
    """Write a new ledger file.

    Args:
        path: The file, which must not exist. It is readable by its owner only.
        key: The account, the host and the document.
        entries: The state of each call. No call may be in progress.

    Raises:
        InvalidRequest: If the file exists or cannot be written.
    """
    from tempfile import NamedTemporaryFile  # imported here, because only ``ledger merge`` needs it

    name = name_of(path)
    try:
        with NamedTemporaryFile(dir=os.path.dirname(path) or os.curdir, prefix=".ledger-") as file:
            file.write(header(key))
            file.writelines(line_of(entry).encode() for entry in entries)
            file.flush()
            os.link(file.name, path)  # unlike a rename, this fails if the path exists, and no one ever sees half a ledger
    except (OSError, ValueError) as error:  # a NUL in the path raises ValueError
        raise InvalidRequest(f"{name} cannot be written: {cause(error)}") from None


def _is_locked(descriptor: int) -> bool:
    """Return whether a run has locked a ledger file."""
    try:
        import fcntl
    except ImportError:  # Windows has no fcntl
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False


def name_of(path: str | os.PathLike[str]) -> str:
    """Return the name that messages use for a ledger."""
    return f"the ledger {escape_unprintable(os.fsdecode(path))}"


def cause(error: OSError | ValueError) -> str:
    """Return the system's message, such as ``No such file or directory``."""
    return getattr(error, "strerror", None) or "the path contains a NUL character"


_CLOSED: Final = -1
"""The file descriptor of a closed ledger."""

# O_BINARY exists on Windows only, where text mode would change line breaks.
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
