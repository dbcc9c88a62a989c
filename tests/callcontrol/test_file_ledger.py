"""The file ledger: lines are written at once, a damaged last line is repaired, and other files are rejected."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcontrol import CallControlError, InvalidRequest
from callcontrol.file_ledger import FileLedger, OpenFileLedger, read_ledger
from callcontrol.ledger import OUTCOME_KINDS, LedgerEntry, LedgerKey, LedgerState, Outcome, OutcomeKind, digest
from tests.callcontrol.ledger_files import KEY
from tests.callcontrol.scripted_api import TOO_DEEP

STRINGS: Final = st.text(st.characters(exclude_categories=()))
"""Any string, including lone surrogates, which occur in file names that are not UTF-8."""

TIME: Final = datetime(2025, 1, 2, 3, 4, 5, 678_000, UTC)
HEADER: Final = json.dumps({"ledger": 1, "account": KEY.account, "host": KEY.host, "document": KEY.document}).encode() + b"\n"


def outcome(
    call_id: str = "c-1", kind: OutcomeKind = "delivered", status: int | None = 204, detail: str | None = None
) -> Outcome:
    return Outcome(call_id, kind, status, detail, TIME)


def line(**changes: Any) -> bytes:
    """Return a line with an outcome and the given changes. The value ``...`` removes a member."""
    members = {"call_id": "c-1", "outcome": "delivered", "status": 204, "detail": None, "time": "2025-01-02T03:04:05.678Z"}
    record: dict[str, Any] = {**members, **changes}
    return json.dumps({name: value for name, value in record.items() if value is not ...}).encode() + b"\n"


def attempt(call_id: str = "c-1") -> bytes:
    """Return the line that is written before a request."""
    return line(call_id=call_id, outcome="attempting", status=None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@pytest.fixture
def ledger(path: Path) -> Iterator[OpenFileLedger]:
    with FileLedger(path).open(KEY) as opened:
        yield opened


def states(path: Path) -> dict[str, LedgerState]:
    """Return the states with which the next run begins."""
    with FileLedger(path).open(KEY) as opened:
        return dict(opened.states())


def refusal(path: str | Path, key: LedgerKey = KEY) -> str:
    """Return the message of the error that a ledger raises when it is opened."""
    with pytest.raises(InvalidRequest) as caught:
        FileLedger(path).open(key)
    return str(caught.value)


class TestLines:
    """The first line names the run. Each attempt and each outcome is written immediately, as one line."""

    def test_lines_are_written_at_once(self, ledger: OpenFileLedger, path: Path) -> None:
        """A reader of the file sees an attempt as soon as ``claim`` returns, and an outcome as soon as ``finish`` returns."""
        assert path.read_bytes() == HEADER
        assert ledger.claim("c-1") is None
        claimed = path.read_bytes()
        record = json.loads(claimed.splitlines()[1])
        assert datetime.now(UTC) - datetime.fromisoformat(record.pop("time")) < (datetime.now(UTC) - TIME)
        assert record == {"call_id": "c-1", "outcome": "attempting", "status": None, "detail": None}
        ledger.finish(outcome(kind="refused", status=409, detail="a\nb"))
        assert path.read_bytes() == claimed + line(outcome="refused", status=409, detail="a\nb")

    def test_line_is_written_in_one_piece(self, ledger: OpenFileLedger, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """One system call writes a whole line."""
        pieces: list[bytes] = []
        write = os.write

        def record(descriptor: int, data: memoryview) -> int:
            pieces.append(bytes(data))
            return write(descriptor, data)

        monkeypatch.setattr(os, "write", record)
        ledger.claim("c-1")
        ledger.finish(outcome())
        assert HEADER + b"".join(pieces) == path.read_bytes()
        assert pieces[1:] == [line()]

    def test_partial_writes_are_continued(self, ledger: OpenFileLedger, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the system accepts only seven bytes at a time, the whole line is still written."""
        write = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
        ledger.finish(outcome())
        assert path.read_bytes() == HEADER + line()

    def test_only_the_owner_can_read_the_file(self, ledger: OpenFileLedger, path: Path) -> None:
        """The file mode is 0600, so only the owner can read the file."""
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @given(st.lists(st.tuples(STRINGS, st.sampled_from(OUTCOME_KINDS), st.none() | st.integers(100, 599), st.none() | STRINGS)))
    def test_written_entries_can_be_read(self, rows: list[tuple[str, OutcomeKind, int | None, str | None]]) -> None:
        """The entry of each call has the values that were written, whatever strings they contain."""
        last = {row[0]: row for row in rows if row[1] == "refused"}
        with TemporaryDirectory() as directory:
            path = Path(directory, "ledger")
            with FileLedger(path).open(KEY) as ledger:
                for row in last.values():
                    assert ledger.claim(row[0]) is None
                    ledger.finish(outcome(*row))
            key, entries = read_ledger(path)
            assert key == KEY
            assert entries == [LedgerEntry(*row, TIME) for row in last.values()]


class TestStates:
    """The state of a call decides whether a run may interrupt it."""

    @pytest.mark.parametrize(
        ("content", "state", "may_be_claimed"),
        [
            (b"", None, {False: True, True: True}),
            (line(outcome="refused"), "refused", {False: True, True: True}),
            (line(outcome="delivered"), "delivered", {False: False, True: False}),
            (line(outcome="gone"), "gone", {False: False, True: False}),
            (line(outcome="unknown"), "unknown", {False: False, True: True}),
            (attempt(), "in doubt", {False: False, True: True}),
        ],
    )
    @pytest.mark.parametrize("repeat", [False, True])
    def test_state_decides(
        self, path: Path, content: bytes, state: LedgerState | None, may_be_claimed: dict[bool, bool], *, repeat: bool
    ) -> None:
        """Doubtful calls are claimed only with ``repeat_unknown``. Delivered calls are never claimed again."""
        path.write_bytes(HEADER + content)
        with FileLedger(path).open(KEY) as ledger:
            assert ledger.states().get("c-1") == state
            assert ledger.states(["c-1", "c-2"]) == ({"c-1": state} if state else {})
            expected = None if may_be_claimed[repeat] else state
            assert ledger.claim("c-1", repeat_unknown=repeat) == expected
            assert ledger.claim("c-1", repeat_unknown=repeat) == ("in progress" if may_be_claimed[repeat] else state)

    @pytest.mark.parametrize(
        ("content", "state"),
        [
            (attempt() + line(outcome="refused"), "refused"),
            (attempt() + attempt() + line(outcome="refused"), "in doubt"),
            (attempt() + line(outcome="unknown") + attempt() + line(outcome="refused"), "unknown"),
            (attempt() + line(outcome="unknown") + attempt(), "unknown"),
            (attempt() + line(outcome="unknown") + attempt() + line(), "delivered"),
            (attempt() + line(outcome="refused") + attempt(), "in doubt"),
            (attempt() + line() + line(outcome="refused"), "delivered"),
            (attempt() + attempt("c-2") + line(), "delivered"),
        ],
    )
    def test_earlier_attempts_count(self, path: Path, content: bytes, state: str) -> None:
        """If an earlier attempt may have delivered the document, the call stays in doubt even after a refused attempt."""
        path.write_bytes(HEADER + content)
        assert states(path)["c-1"] == state
        assert {entry.call_id: entry.state for entry in read_ledger(path)[1]} == states(path)

    def test_refusal_in_this_run_keeps_the_doubt(self, path: Path) -> None:
        """If a call in doubt is interrupted again and refused, it stays in doubt."""
        path.write_bytes(HEADER + attempt())
        with FileLedger(path).open(KEY) as ledger:
            ledger.claim("c-1", repeat_unknown=True)
            ledger.finish(outcome(kind="refused"))
            assert ledger.claim("c-1") == "in doubt"
        assert states(path) == {"c-1": "in doubt"}


class TestRuns:
    """With a ledger, a run can be resumed. A ledger is for one account, host and document, and for one run at a time."""

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"account": "5550100"}, 'account "9900123", and this run uses "5550100"; use one ledger for each account'),
            (
                {"host": "127.0.0.1:8080"},
                'host "voice.example", and this run uses "127.0.0.1:8080"; use one ledger for each host',
            ),
            ({"document": digest(b"<Bxml/>")}, "another document; use one ledger for each document"),
        ],
        ids=["account", "host", "document"],
    )
    def test_ledger_of_another_run_is_rejected(self, path: Path, change: dict[str, str], reason: str) -> None:
        """A ledger of another account, host or document is rejected, and the file is not changed."""
        path.write_bytes(HEADER + line())
        assert refusal(path, replace(KEY, **change)) == f"the ledger {path} belongs to {reason}"
        assert path.read_bytes() == HEADER + line()

    def test_second_run_in_this_process_is_rejected(self, ledger: OpenFileLedger, path: Path) -> None:
        """A second run in this process is rejected, because the first run has locked the file."""
        assert refusal(path) == f"the ledger {path} is in use by another run; wait for it to end, or use another ledger"

    def test_second_run_in_another_process_is_rejected(self, path: Path) -> None:
        """Another process can open the file only after the first process has closed it."""
        program = (
            "import sys\nfrom callcontrol.file_ledger import FileLedger\n"
            "from tests.callcontrol.ledger_files import KEY\nFileLedger(sys.argv[1]).open(KEY)"
        )
        command = [sys.executable, "-c", program, str(path)]
        with FileLedger(path).open(KEY):
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            assert run.stderr.splitlines()[-1].endswith(
                f"the ledger {path} is in use by another run; wait for it to end, or use another ledger"
            )
        assert subprocess.run(command, check=False).returncode == 0

    def test_ledger_works_without_file_locks(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """On a system without ``fcntl``, a ledger is not locked."""
        monkeypatch.setitem(sys.modules, "fcntl", None)
        with FileLedger(path).open(KEY) as ledger:
            ledger.claim("c-1")
            FileLedger(path).open(KEY).close()
            assert [entry.state for entry in read_ledger(path)[1]] == ["in doubt"]
            ledger.finish(outcome())
        assert states(path) == {"c-1": "delivered"}


class TestChangesByOthers:
    """If another program deletes, replaces or changes the file, the run notices this before the next request."""

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (Path.unlink, "was deleted during the run"),
            (lambda path: path.rename(path.with_suffix(".moved")), "was deleted during the run"),
            (lambda path: (path.unlink(), path.write_bytes(HEADER)), "was replaced by another file during the run"),
            (lambda path: path.write_bytes(b""), "was changed by another program during the run"),
            (lambda path: path.write_bytes(path.read_bytes() + b"\n"), "was changed by another program during the run"),
        ],
        ids=["deleted", "moved", "replaced", "truncated", "appended"],
    )
    def test_change_is_noticed(self, ledger: OpenFileLedger, path: Path, change: Callable[[Path], object], reason: str) -> None:
        """No further call is claimed. If an outcome is recorded, the error says that the outcome is lost."""
        ledger.claim("c-1")
        change(path)
        with pytest.raises(CallControlError) as caught:
            ledger.claim("c-2")
        assert str(caught.value) == f'the ledger {path} {reason}; call "c-2" was not interrupted'
        with pytest.raises(CallControlError) as caught:
            ledger.finish(outcome())
        assert str(caught.value) == f'the ledger {path} {reason}; the outcome of call "c-1" (delivered) is lost'


class TestReading:
    """``read_ledger`` reads a ledger, even while a run is using it."""

    def test_attempts_of_a_run_are_in_progress(self, ledger: OpenFileLedger, path: Path) -> None:
        """While a run is using the file, its attempts without an outcome are in progress. After the run, they are in doubt."""
        ledger.claim("c-1")
        ledger.claim("c-2")
        ledger.finish(outcome("c-2"))
        assert [(entry.call_id, entry.state) for entry in read_ledger(path)[1]] == [
            ("c-1", "in progress"),
            ("c-2", "delivered"),
        ]
        ledger.close()
        assert [(entry.call_id, entry.state) for entry in read_ledger(path)[1]] == [("c-1", "in doubt"), ("c-2", "delivered")]

    def test_reading_does_not_disturb_a_run(self, path: Path) -> None:
        """A file that is being read can be opened for a run, and is not changed."""
        path.write_bytes(content := HEADER + line() + attempt()[:20])
        assert [entry.state for entry in read_ledger(path)[1]] == ["delivered"]
        assert path.read_bytes() == content

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (None, " cannot be read: No such file or directory"),
            (b"", " is empty; expected the ledger of a run"),
            (b"c-1\n", ", line 1: expected the first line of a ledger; this file is not a ledger"),
            (HEADER + b"c-1\n", ", line 2: not a ledger entry; the file is damaged"),
        ],
        ids=["missing", "empty", "other", "damaged"],
    )
    def test_other_file_is_rejected(self, path: Path, content: bytes | None, reason: str) -> None:
        """The message says what is wrong with the file."""
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InvalidRequest) as caught:
            read_ledger(path)
        assert str(caught.value) == f"the ledger {path}{reason}"

    def test_time_may_be_unreadable(self, path: Path) -> None:
        """A line whose time cannot be read is valid, and its entry has the earliest time that exists."""
        path.write_bytes(HEADER + line(time="yesterday"))
        assert read_ledger(path)[1][0].time.year == 1


class TestPartialLines:
    """If a crash has cut off the last line, that line is repaired, and nothing else is changed."""

    @pytest.mark.parametrize("rest", [b"", b"\0" * 100], ids=["cut off", "followed by zeros"])
    def test_partial_last_line_is_removed(self, path: Path, rest: bytes) -> None:
        """A partial last line is removed, the entries before that line stay, and the next entry is valid."""
        whole = line(call_id="c-2")
        for length in range(len(whole) - 1):
            path.write_bytes(HEADER + line() + whole[:length] + rest)
            with FileLedger(path).open(KEY) as ledger:
                assert ledger.states() == {"c-1": "delivered"}
                ledger.finish(outcome("c-3"))
            assert path.read_bytes() == HEADER + line() + line(call_id="c-3")

    @pytest.mark.parametrize("rest", [b"", b"\0" * 100], ids=["cut off", "followed by zeros"])
    def test_partial_first_line_is_replaced(self, path: Path, rest: bytes) -> None:
        """If a crash has cut off the first line, the ledger begins anew."""
        for length in range(len(HEADER) - 1):
            path.write_bytes(HEADER[:length] + rest)
            with FileLedger(path).open(KEY) as ledger:
                assert ledger.states() == {}
            assert path.read_bytes() == HEADER

    def test_first_line_without_a_line_break_is_kept(self, path: Path) -> None:
        """If a first line lacks only its line break, the line is complete."""
        path.write_bytes(HEADER[:-1])
        assert states(path) == {}
        assert path.read_bytes() == HEADER

    def test_entry_without_a_line_break_is_kept(self, path: Path) -> None:
        """If an entry lacks only its line break, the entry is complete, and its call is delivered."""
        path.write_bytes(HEADER + line()[:-1])
        with FileLedger(path).open(KEY) as ledger:
            assert ledger.states() == {"c-1": "delivered"}
            ledger.finish(outcome("c-2"))
        assert path.read_bytes() == HEADER + line() + line(call_id="c-2")

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            pytest.param(b"c-1", "line 1: expected the first line of a ledger", id="a file of ids"),
            pytest.param(b"<Bxml/>", "line 1: expected the first line of a ledger", id="a document"),
            pytest.param(b'{"callId": "c-1"', "line 1: expected the first line of a ledger", id="other JSON"),
            pytest.param(line(), "line 1: expected the first line of a ledger", id="no first line"),
            pytest.param(HEADER.replace(KEY.host.encode(), b'", "host": 5, "":"'), "line 1: expected", id="host is a number"),
            pytest.param(HEADER.replace(b"1", b'"1"', 1), "line 1: expected", id="version is not a number"),
            pytest.param(HEADER.replace(b"1", b"2", 1), "was written by a newer version of callcontrol", id="newer version"),
            pytest.param(HEADER + line() + b"c-2", "line 3: not a ledger entry", id="after an entry"),
        ],
    )
    def test_other_file_is_not_truncated(self, path: Path, content: bytes, reason: str) -> None:
        """If a file is not a ledger, it is rejected and stays unchanged."""
        path.write_bytes(content)
        assert reason in refusal(path)
        assert path.read_bytes() == content

    @pytest.mark.parametrize(
        "wrong",
        [
            pytest.param(b"\n", id="empty"),
            pytest.param(b"{\n", id="not JSON"),
            pytest.param(b"[]\n", id="a list"),
            pytest.param(b"\xff\n", id="not UTF-8"),
            pytest.param(TOO_DEEP + b"\n", id="nested too deeply"),
            pytest.param(line()[:-10] + b"\n", id="cut off in the middle of the file"),
            pytest.param(line(call_id=...), id="no call id"),
            pytest.param(line(call_id=1), id="call id is a number"),
            pytest.param(line(outcome=...), id="no outcome"),
            pytest.param(line(outcome="done"), id="unknown outcome"),
            pytest.param(line(outcome=[]), id="outcome is a list"),
            pytest.param(line(time=...), id="no time"),
            pytest.param(line(status="204"), id="status is a string"),
            pytest.param(line(detail=5), id="detail is a number"),
            pytest.param(HEADER, id="a second first line"),
        ],
    )
    def test_invalid_line_is_rejected(self, path: Path, wrong: bytes) -> None:
        """The message for an invalid line has the line number, and the file is not changed."""
        path.write_bytes(content := HEADER + wrong + line())
        assert refusal(path) == f"the ledger {path}, line 2: not a ledger entry; the file is damaged"
        assert path.read_bytes() == content

    def test_rejected_file_is_not_locked(self, path: Path) -> None:
        """A file that was rejected can be opened once it is corrected."""
        path.write_bytes(b"c-1\n")
        refusal(path)
        path.write_bytes(HEADER + line())
        assert states(path) == {"c-1": "delivered"}


class TestFiles:
    """For errors of the file system, the message has the system's reason."""

    def test_invalid_path_is_rejected(self, tmp_path: Path) -> None:
        """A path in a missing directory, the path of a directory, and a path with a NUL are rejected."""
        missing = tmp_path / "missing" / "ledger"
        assert refusal(missing) == f"the ledger {missing} cannot be opened: No such file or directory"
        assert refusal(str(tmp_path)) == f"the ledger {tmp_path} cannot be opened: Is a directory"
        assert refusal("a\0b\n") == r"the ledger a\x00b\n cannot be opened: the path contains a NUL character"

    def test_pipe_is_rejected(self, path: Path) -> None:
        """A pipe is rejected, because it does not keep the entries."""
        os.mkfifo(path)
        assert refusal(path) == f"the ledger {path} is not a regular file"

    def test_file_that_cannot_be_locked_is_rejected(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """If a file cannot be locked, it is rejected and closed, because another run might use it."""

        def fail(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        with monkeypatch.context() as patched:
            patched.setattr("fcntl.flock", fail)
            assert refusal(path) == f"the ledger {path} cannot be used: No locks available"
        assert states(path) == {}

    def test_file_that_cannot_be_repaired_is_rejected(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """If a partial last line cannot be removed, the ledger is rejected, and can be opened later."""

        def fail(*_: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

        path.write_bytes(HEADER + line() + line()[:30])
        with monkeypatch.context() as patched:
            patched.setattr(os, "ftruncate", fail)
            assert refusal(path) == f"the ledger {path} cannot be used: Input/output error"
        assert states(path) == {"c-1": "delivered"}

    @pytest.mark.parametrize("stuck", [False, True], ids=["removed at once", "removed by the next run"])
    def test_full_disk_loses_no_earlier_entry(self, path: Path, monkeypatch: pytest.MonkeyPatch, *, stuck: bool) -> None:
        """The error names the outcome that is lost, and the earlier entries can be read."""
        write = os.write

        def full(descriptor: int, data: memoryview) -> int:
            if len(data) < len(line()):
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(descriptor, data[:20])

        def fail(*_: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

        with closing(FileLedger(path).open(KEY)) as ledger:
            ledger.finish(outcome())
            with monkeypatch.context() as patched:
                patched.setattr(os, "write", full)
                if stuck:
                    patched.setattr(os, "ftruncate", fail)
                with pytest.raises(CallControlError) as caught:
                    ledger.finish(outcome("c-2"))
            assert str(caught.value) == (
                f'the ledger {path} cannot be written: No space left on device; the outcome of call "c-2" (delivered) is lost'
            )
            assert not isinstance(caught.value, InvalidRequest)
            with pytest.raises(CallControlError, match=r'No space left on device; the outcome of call "c-3" \(gone\) is lost'):
                ledger.finish(outcome("c-3", "gone"))
        assert path.read_bytes() == HEADER + line() + (line(call_id="c-2")[:20] if stuck else b"")
        assert states(path) == {"c-1": "delivered"}
        assert path.read_bytes() == HEADER + line()
