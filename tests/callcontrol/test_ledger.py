"""A ledger has what happened as soon as it has, and is believed only where it is one."""

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
TEXTS: Final = st.text(st.characters(exclude_categories=()))
"""Halves of characters included, which are in names of files that are no text."""

TIME: Final = datetime(2025, 1, 2, 3, 4, 5, 678_900, UTC)


def outcome(call_id: str = "c-1", kind: OutcomeKind = "delivered", status: int | None = 204, detail: str | None = None) -> Outcome:
    return Outcome(call_id, word, status, detail, TIME)


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
    """The words in which a ledger is refused."""
    with pytest.raises(InvalidRequest) as caught:
        Ledger(path, document)
    return str(caught.value)


class TestLines:
    """One line for each outcome, as it happens."""

    def test_a_line_is_there_at_once(self, ledger: Ledger, path: Path) -> None:
        """Whoever reads the file sees an outcome as soon as it is written, and the next one after it."""
        ledger.write(outcome())
        assert path.read_bytes() == line()
        ledger.write(outcome("c-2", "refused", 409, "a\nb"))
        assert path.read_bytes() == line() + line(call_id="c-2", outcome="refused", status=409, detail="a\nb")

    def test_a_line_is_written_in_one_piece(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        """The system is given a whole line at a time."""
        pieces: list[bytes] = []

        def write(_: int, data: memoryview) -> int:
            pieces.append(bytes(data))
            return len(data)

        monkeypatch.setattr(os, "write", write)
        ledger.write(outcome())
        assert pieces == [line()]

    def test_what_the_system_takes_in_parts_is_written_in_parts(
        self, ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A system that takes seven bytes at once gets all of a line."""
        write = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
        ledger.write(outcome())
        assert path.read_bytes() == line()

    def test_only_the_owner_reads_it(self, ledger: Ledger, path: Path) -> None:
        """The ids of calls are nobody else's business."""
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @given(st.lists(st.tuples(TEXTS, st.sampled_from(OUTCOME_KINDS), st.none() | st.integers(100, 599), st.none() | TEXTS)))
    def test_what_is_written_is_read(self, rows: list[tuple[str, OutcomeKind, int | None, str | None]]) -> None:
        """Whatever an id or an error holds, the next run reads each line, and knows what is done."""
        with TemporaryDirectory() as directory:
            path = Path(directory, "ledger")
            with Ledger(path, DOCUMENT) as ledger:
                for row in rows:
                    ledger.write(outcome(*row))
            records = [json.loads(text) for text in path.read_bytes().splitlines()]
            assert [tuple(record.values())[:4] for record in records] == rows
            with Ledger(path, DOCUMENT) as ledger:
                assert ledger.done == {call_id for call_id, word, *_ in rows if word in FINAL}


class TestRuns:
    """A ledger goes on where it stopped, for one run at a time, and for one document."""

    @pytest.mark.parametrize(("word", "done"), [("delivered", True), ("gone", True), ("refused", False), ("unknown", False)])
    def test_what_is_final_is_done(self, path: Path, word: str, *, done: bool) -> None:
        """A call that got the document, or is over, is done; any other is not."""
        path.write_bytes(line(outcome=word))
        with Ledger(path, DOCUMENT) as ledger:
            assert ledger.done == ({"c-1"} if done else set())

    def test_a_later_line_may_be_better(self, path: Path) -> None:
        """A call that was tried twice is done if one of its lines says so."""
        path.write_bytes(line(outcome="unknown") + line() + line(call_id="c-2", outcome="refused"))
        with Ledger(path, DOCUMENT) as ledger:
            assert ledger.done == {"c-1"}

    def test_another_document_has_another_ledger(self, path: Path) -> None:
        """What another document did says nothing about this one, and the file stays as it is."""
        path.write_bytes(line())
        expected = f"the ledger {path}, line 1, is of another document; each document has a ledger of its own"
        assert refusal(path, b"<Bxml></Bxml>") == expected
        assert path.read_bytes() == line()

    def test_two_runs_do_not_share_it(self, ledger: Ledger, path: Path) -> None:
        """Whoever comes second is refused, in this process."""
        assert refusal(path) == f"the ledger {path} is in use by another run"

    def test_two_processes_do_not_share_it(self, path: Path) -> None:
        """Whoever comes second is refused, in another process; once the first has closed it, all is well."""
        program = "import sys\nfrom callcontrol.ledger import Ledger\nLedger(sys.argv[1], b'')"
        command = [sys.executable, "-c", program, str(path)]
        with Ledger(path, DOCUMENT):
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            assert run.stderr.splitlines()[-1].endswith(f"the ledger {path} is in use by another run")
        assert subprocess.run(command, check=False).returncode == 0

    def test_where_there_are_no_locks_there_are_none(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the system has no such locks, a ledger works without."""
        monkeypatch.setitem(sys.modules, "fcntl", None)
        with Ledger(path, DOCUMENT), Ledger(path, DOCUMENT) as ledger:
            ledger.write(outcome())
        assert path.read_bytes() == line()


class TestCuts:
    """A last line that a crash has cut off is mended, and nothing else is."""

    @pytest.mark.parametrize("rest", [b"", b"\0" * 100], ids=["cut", "zeros after it"])
    def test_a_line_cut_off_is_taken_away(self, path: Path, rest: bytes) -> None:
        """Wherever it was cut, the lines before it stay, and the next one is right."""
        whole = line(call_id="c-2")
        for length in range(len(whole) - 1):
            path.write_bytes(line() + whole[:length] + rest)
            with Ledger(path, DOCUMENT) as ledger:
                assert ledger.done == {"c-1"}
                ledger.write(outcome("c-3"))
            assert path.read_bytes() == line() + line(call_id="c-3")

    def test_a_line_that_lacks_its_end_is_kept(self, path: Path) -> None:
        """A call whose line is whole but for the end of it was delivered, and is not tried again."""
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
            pytest.param(line() + b"c-2", 2, id="after a line"),
        ],
    )
    def test_another_file_is_not_cut(self, path: Path, content: bytes, number: int) -> None:
        """A file that was given by mistake is refused, and loses nothing."""
        path.write_bytes(content)
        assert f"line {number}, is no line of a ledger" in refusal(path)
        assert path.read_bytes() == content

    @pytest.mark.parametrize(
        "wrong",
        [
            pytest.param(b"\n", id="empty"),
            pytest.param(b"{\n", id="no JSON"),
            pytest.param(b"[]\n", id="a list"),
            pytest.param(b"\xff\n", id="no UTF-8"),
            pytest.param(TOO_DEEP + b"\n", id="nested too deeply"),
            pytest.param(line()[:-10] + b"\n", id="cut off in the middle of the file"),
            pytest.param(line(call_id=...), id="no call"),
            pytest.param(line(call_id=1), id="a number for a call"),
            pytest.param(line(outcome=...), id="no outcome"),
            pytest.param(line(outcome="done"), id="another outcome"),
            pytest.param(line(outcome=[]), id="no word"),
            pytest.param(line(document=...), id="no document"),
        ],
    )
    def test_any_other_line_is_an_error(self, path: Path, wrong: bytes) -> None:
        """A line that no ledger has is named by its number, and the file stays as it is."""
        path.write_bytes(content := line() + wrong + line())
        assert refusal(path) == f"the ledger {path}, line 2, is no line of a ledger; it was damaged, or is another file"
        assert path.read_bytes() == content

    def test_what_was_refused_is_free(self, path: Path) -> None:
        """A ledger that was refused can be opened once it has been put right."""
        path.write_bytes(b"c-1\n")
        refusal(path)
        path.write_bytes(line())
        with Ledger(path, DOCUMENT) as ledger:
            assert ledger.done == {"c-1"}


class TestFiles:
    """What the file system refuses is said in a sentence."""

    def test_where_no_file_can_be(self, tmp_path: Path) -> None:
        """A directory that is not there, one that stands in the way, and a name that is none are refused."""
        missing = tmp_path / "missing" / "ledger"
        assert refusal(missing) == f"the ledger {missing} cannot be opened: No such file or directory"
        assert refusal(str(tmp_path)) == f"the ledger {tmp_path} cannot be opened: Is a directory"
        assert refusal("a\0b\n") == r"the ledger a\x00b\n cannot be opened: there can be no such file"
        assert refusal(5) == "ledger=5 is no path"

    def test_what_is_no_file(self, path: Path) -> None:
        """A pipe would keep nothing."""
        os.mkfifo(path)
        assert refusal(path) == f"the ledger {path} is no regular file"

    def test_what_cannot_be_locked(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a lock where there should be one, nobody knows who else writes; the file is closed again."""

        def refuse(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        with monkeypatch.context() as patched:
            patched.setattr("fcntl.flock", refuse)
            assert refusal(path) == f"the ledger {path} cannot be used: No locks available"
        with Ledger(path, DOCUMENT):
            pass

    def test_what_cannot_be_mended(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A ledger whose last line cannot be taken away is refused, and can be opened once it can."""

        def refuse(*_: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

        path.write_bytes(line() + line()[:30])
        with monkeypatch.context() as patched:
            patched.setattr(os, "ftruncate", refuse)
            assert refusal(path) == f"the ledger {path} cannot be used: Input/output error"
        with Ledger(path, DOCUMENT) as ledger:
            assert ledger.done == {"c-1"}

    @pytest.mark.parametrize("stuck", [False, True], ids=["cut off at once", "cut off by the next run"])
    def test_a_full_disk_loses_no_line(self, path: Path, monkeypatch: pytest.MonkeyPatch, *, stuck: bool) -> None:
        """A line that does not fit is an error which says what is not written; the lines before it can be read again."""
        write = os.write

        def full(descriptor: int, data: memoryview) -> int:
            if len(data) < len(line()):
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(descriptor, data[:20])

        def refuse(*_: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

        with closing(Ledger(path, DOCUMENT)) as ledger:
            ledger.write(outcome())
            with monkeypatch.context() as patched:
                patched.setattr(os, "write", full)
                if stuck:
                    patched.setattr(os, "ftruncate", refuse)
                with pytest.raises(CallControlError) as caught:
                    ledger.write(outcome("c-2"))
            assert str(caught.value) == (
                f'the ledger {path} cannot be written: No space left on device; call "c-2", delivered, is not in it'
            )
            assert not isinstance(caught.value, InvalidRequest)
            with pytest.raises(CallControlError, match='No space left on device; call "c-3", gone, is not in it'):
                ledger.write(outcome("c-3", "gone"))
        assert path.read_bytes() == line() + (line(call_id="c-2")[:20] if stuck else b"")
        with Ledger(path, DOCUMENT) as ledger:
            assert ledger.done == {"c-1"}
        assert path.read_bytes() == line()
