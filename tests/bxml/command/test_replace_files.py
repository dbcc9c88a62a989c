"""Replacement of a file in one step."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from bxml.command import replace_files
from bxml.command.replace_files import replace_content
from tests.bxml.command.conftest import RISKY, Run


def test_a_new_file_has_the_usual_permissions() -> None:
    """The file can be read by the same users as any other new file."""
    Path("other").touch()
    replace_content("a.json", b"new")
    assert Path("a.json").read_bytes() == b"new"
    assert stat.S_IMODE(Path("a.json").stat().st_mode) == stat.S_IMODE(Path("other").stat().st_mode)


def test_a_link_and_permissions_are_kept() -> None:
    """The target of a symbolic link is replaced."""
    Path("a.json").write_bytes(b"old")
    Path("a.json").chmod(0o640)
    Path("link").symlink_to("a.json")
    replace_content("link", b"new")
    assert (Path("link").is_symlink(), Path("a.json").read_bytes()) == (True, b"new")
    assert stat.S_IMODE(Path("a.json").stat().st_mode) == 0o640


def test_hard_links_are_kept(run: Run) -> None:
    """A file with several names keeps all names when it is fixed, formatted or written as a report."""
    Path("a.bxml").write_text(f"\n{RISKY}", encoding="utf-8")
    os.link("a.bxml", "other")
    assert run("validate", "--fix", "a.bxml").code == 0
    assert "susan" in Path("other").read_text(encoding="utf-8")
    assert run("format", "a.bxml").code == 0
    assert Path("other").read_text(encoding="utf-8").startswith("<Response>\n  <")
    Path("report").touch()
    os.link("report", "report 2")
    run("validate", "a.bxml", "--output-file", "json=report")
    assert '"version": 1' in Path("report 2").read_text(encoding="utf-8")


def test_a_file_in_a_directory_that_cannot_be_written_is_written_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The permission to change the file is enough."""
    Path("a.json").write_bytes(b"old")
    number = Path("a.json").stat().st_ino
    monkeypatch.setattr(os, "access", lambda *_: False)
    replace_content("a.json", b"new")
    assert (Path("a.json").read_bytes(), Path("a.json").stat().st_ino) == (b"new", number)


@pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes")
def test_a_pipe_is_written_directly() -> None:
    """A pipe is not replaced with a file."""
    os.mkfifo("pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(Path("pipe").read_bytes()))
    reader.start()
    replace_content("pipe", b"new")
    reader.join()
    assert received == [b"new"]
    assert Path("pipe").is_fifo()


def test_a_failed_write_keeps_the_old_baseline(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves neither an incomplete baseline nor a temporary file."""

    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    Path("a.bxml").write_text(RISKY, encoding="utf-8")
    assert run("validate", "--write-baseline", ".").code == 0
    before = Path("bxml-baseline.json").read_bytes()
    Path("a.bxml").write_text("<Response><Hangup/></Response>", encoding="utf-8")
    monkeypatch.setattr(os, "replace", refuse)
    ran = run("validate", "--write-baseline", ".")
    assert (ran.code, ran.err) == (2, "bxml: bxml-baseline.json: No space left on device\n")
    assert Path("bxml-baseline.json").read_bytes() == before
    assert sorted(os.listdir()) == ["a.bxml", "bxml-baseline.json"]


def test_an_owner_that_cannot_be_kept_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the superuser can change the owner of a file, and Windows files have no owner."""

    def refuse(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "chown", refuse)
    path = Path("a.json")
    path.touch()
    replace_files.keep_owner(str(path), str(path))
    monkeypatch.setattr(sys, "platform", "win32")
    replace_files.keep_owner("missing", "missing")
