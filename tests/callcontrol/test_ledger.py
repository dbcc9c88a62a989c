"""The ledger: entries are written at once, a damaged last line is repaired, and other files are rejected."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcontrol import CallControlError, InvalidRequest
from callcontrol.ledger import FINAL, OUTCOME_KINDS, Ledger, Outcome, OutcomeKind, digest
from tests.callcontrol.scripted_api import TOO_DEEP

DOCUMENT: Final = b"<Bxml/>"
STRINGS: Final = st.text(st.characters(exclude_categories=()))
"""Any string, including lone surrogates, which occur in file names that are not UTF-8."""

TIME: Final = datetime(2025, 1, 2, 3, 4, 5, 678_900, UTC)


def outcome(
    call_id: str = "c-1", kind: OutcomeKind = "delivered", status: int | None = 204, detail: str | None = None
) -> Outcome:
    return Outcome(call_id, kind, status, detail, TIME)


def line(**changes: Any) -> bytes:
    members = {"call_id": "c-1", "outcome": "delivered", "status": 204, "detail": None, "time": "2025-01-02T03:04:05.678Z"}
    record: dict[str, Any] = {**members, "document": digest(DOCUMENT), **changes}
    return json.dumps({name: value for name, value in record.items() if value is not ...}).encode() + b"\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger(path, DOCUMENT) as opened:
        yield opened


def refusal(path: Any, document: bytes = DOCUMENT) -> str:
    """Return the message of the error that a ledger raises when it is opened."""
    with pytest.raises(InvalidRequest) as caught:
        Ledger(path, document)
    return str(caught.value)


class TestEntries:
    """Each outcome is written immediately, as one line."""

    def test_entry_is_written_at_once(self, ledger: Ledger, path: Path) -> None:
        """A reader of the file sees an outcome as soon as ``write`` returns."""
        ledger.write(outcome())
        assert path.read_bytes() == line()
        ledger.write(outcome("c-2", "refused", 409, "a\nb"))
        assert path.read_bytes() == line() + line(call_id="c-2", outcome="refused", status=409, detail="a\nb")

    def test_entry_is_written_in_one_piece(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        """One system call writes a whole line."""
        pieces: list[bytes] = []

        def write(_: int, data: memoryview) -> int:
            pieces.append(bytes(data))
            return len(data)

        monkeypatch.setattr(os, "write", write)
        ledger.write(outcome())
        assert pieces == [line()]

    def test_partial_writes_are_continued(self, ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the system accepts only seven bytes at a time, the whole line is still written."""
        write = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
        ledger.write(outcome())
        assert path.read_bytes() == line()

    def test_only_the_owner_can_read_the_file(self, ledger: Ledger, path: Path) -> None:
        """The file mode is 0600."""
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @given(st.lists(st.tuples(STRINGS, st.sampled_from(OUTCOME_KINDS), st.none() | st.integers(100, 599), st.none() | STRINGS)))
    def test_written_entries_can_be_read(self, rows: list[tuple[str, OutcomeKind, int | None, str | None]]) -> None:
        """The next run reads every entry, whatever strings it contains."""
        with TemporaryDirectory() as directory:
            path = Path(directory, "ledger")
            with Ledger(path, DOCUMENT) as ledger:
                for row in rows:
                    ledger.write(outcome(*row))
            records = [json.loads(text) for text in path.read_bytes().splitlines()]
            assert [tuple(record.values())[:4] for record in records] == rows
            with Ledger(path, DOCUMENT) as ledger:
                assert ledger.done == {call_id for call_id, kind, *_ in rows if kind in FINAL}


class TestRuns:
    """With a ledger, a run can be resumed. A ledger is for one document, and for one run at a time."""

    @pytest.mark.parametrize(("kind", "done"), [("delivered", True), ("gone", True), ("refused", False), ("unknown", False)])
    def test_final_outcomes_are_done(self, path: Path, kind: str, *, done: bool) -> None:
        """A call is done only if its outcome is ``delivered`` or ``gone``."""
        path.write_bytes(line(outcome=kind))
        with Ledger(path, DOCUMENT) as ledger:
            assert ledger.done == ({"c-1"} if done else set())

    def test_one_final_entry_is_enough(self, path: Path) -> None:
        """A call with several entries is done if one of the entries has a final outcome."""
        path.write_bytes(line(outcome="unknown") + line() + line(call_id="c-2", outcome="refused"))
        with Ledger(path, DOCUMENT) as ledger:
            assert ledger.done == {"c-1"}

    def test_ledger_of_another_document_is_rejected(self, path: Path) -> None:
        """A ledger of another document is rejected, and the file is not changed."""
        path.write_bytes(line())
        expected = f"the ledger {path}, line 1: belongs to another document; use one ledger per document"
        assert refusal(path, b"<Bxml></Bxml>") == expected
        assert path.read_bytes() == line()

    def test_second_run_in_this_process_is_rejected(self, ledger: Ledger, path: Path) -> None:
        """A second run in this process is rejected, because the first run has locked the file."""
        assert refusal(path) == f"the ledger {path} is in use by another run; wait for it to end, or use another ledger"

    def test_second_run_in_another_process_is_rejected(self, path: Path) -> None:
        """Another process can open the file only after the first process has closed it."""
        program = "import sys\nfrom callcontrol.ledger import Ledger\nLedger(sys.argv[1], b'')"
        command = [sys.executable, "-c", program, str(path)]
        with Ledger(path, DOCUMENT):
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            assert run.stderr.splitlines()[-1].endswith(
                f"the ledger {path} is in use by another run; wait for it to end, or use another ledger"
            )
        assert subprocess.run(command, check=False).returncode == 0

    def test_ledger_works_without_file_locks(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """On a system without ``fcntl``, a ledger is not locked."""
        monkeypatch.setitem(sys.modules, "fcntl", None)
        with Ledger(path, DOCUMENT), Ledger(path, DOCUMENT) as ledger:
            ledger.write(outcome())
        assert path.read_bytes() == line()


class TestPartialEntries:
    """If a crash has cut off the last line, that line is repaired, and nothing else is changed."""

    @pytest.mark.parametrize("rest", [b"", b"\0" * 100], ids=["cut off", "followed by zeros"])
    def test_partial_last_line_is_removed(self, path: Path, rest: bytes) -> None:
        """A partial last line is removed, the entries before that line stay, and the next entry is valid."""
        whole = line(call_id="c-2")
        for length in range(len(whole) - 1):
            path.write_bytes(line() + whole[:length] + rest)
            with Ledger(path, DOCUMENT) as ledger:
                assert ledger.done == {"c-1"}
                ledger.write(outcome("c-3"))
            assert path.read_bytes() == line() + line(call_id="c-3")

    def test_entry_without_a_line_break_is_kept(self, path: Path) -> None:
        """An entry that lacks only its line break is complete, and its call is done."""
        path.write_bytes(line()[:-1])
        with Ledger(path, DOCUMENT) as ledger:
            assert ledger.done == {"c-1"}
            ledger.write(outcome("c-2"))
        assert path.read_bytes() == line() + line(call_id="c-2")

    @pytest.mark.parametrize(
        ("content", "number"),
        [
            pytest.param(b"c-1", 1, id="a file of ids"),
            pytest.param(b"<Bxml/>", 1, id="a document"),
            pytest.param(b'{"callId": "c-1"', 1, id="other JSON"),
            pytest.param(line() + b"c-2", 2, id="after an entry"),
        ],
    )
    def test_other_file_is_not_truncated(self, path: Path, content: bytes, number: int) -> None:
        """If a file is not a ledger, it is rejected and stays unchanged."""
        path.write_bytes(content)
        assert f"line {number}: not a ledger entry" in refusal(path)
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
            pytest.param(line(document=...), id="no document"),
        ],
    )
    def test_invalid_line_is_rejected(self, path: Path, wrong: bytes) -> None:
        """The message for an invalid line has the line number, and the file is not changed."""
        path.write_bytes(content := line() + wrong + line())
        assert refusal(path) == f"the ledger {path}, line 2: not a ledger entry; the file is damaged, or is not a ledger"
        assert path.read_bytes() == content

    def test_rejected_file_is_not_locked(self, path: Path) -> None:
        """A file that was rejected can be opened once it is corrected."""
        path.write_bytes(b"c-1\n")
        refusal(path)
        path.write_bytes(line())
        with Ledger(path, DOCUMENT) as ledger:
            assert ledger.done == {"c-1"}


class TestFiles:
    """For errors of the file system, the message has the system's reason."""

    def test_invalid_path_is_rejected(self, tmp_path: Path) -> None:
        """A path in a missing directory, the path of a directory, a path with a NUL, and a number are rejected."""
        missing = tmp_path / "missing" / "ledger"
        assert refusal(missing) == f"the ledger {missing} cannot be opened: No such file or directory"
        assert refusal(str(tmp_path)) == f"the ledger {tmp_path} cannot be opened: Is a directory"
        assert refusal("a\0b\n") == r"the ledger a\x00b\n cannot be opened: the path contains a NUL character"
        assert refusal(5) == "ledger=5 is not a path; expected a string or os.PathLike"

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
        with Ledger(path, DOCUMENT):
            pass

    def test_file_that_cannot_be_repaired_is_rejected(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """If a partial last line cannot be removed, the ledger is rejected, and can be opened later."""

        def fail(*_: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

        path.write_bytes(line() + line()[:30])
        with monkeypatch.context() as patched:
            patched.setattr(os, "ftruncate", fail)
            assert refusal(path) == f"the ledger {path} cannot be used: Input/output error"
        with Ledger(path, DOCUMENT) as ledger:
            assert ledger.done == {"c-1"}

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

        with closing(Ledger(path, DOCUMENT)) as ledger:
            ledger.write(outcome())
            with monkeypatch.context() as patched:
                patched.setattr(os, "write", full)
                if stuck:
                    patched.setattr(os, "ftruncate", fail)
                with pytest.raises(CallControlError) as caught:
                    ledger.write(outcome("c-2"))
            assert str(caught.value) == (
                f'the ledger {path} cannot be written: No space left on device; the outcome of call "c-2" (delivered) is lost'
            )
            assert not isinstance(caught.value, InvalidRequest)
            with pytest.raises(CallControlError, match=r'No space left on device; the outcome of call "c-3" \(gone\) is lost'):
                ledger.write(outcome("c-3", "gone"))
        assert path.read_bytes() == line() + (line(call_id="c-2")[:20] if stuck else b"")
        with Ledger(path, DOCUMENT) as ledger:
            assert ledger.done == {"c-1"}
        assert path.read_bytes() == line()
