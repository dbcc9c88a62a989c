"""``bxml format``: the files that it changes, its report, and its exit code."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bxml import validate
from tests.bxml.command.conftest import Run

ROOT = Path(__file__).parents[3]

UNTIDY = "<Response><Ring duration='5' /></Response>"
TIDY = '<Response>\n  <Ring duration="5"/>\n</Response>\n'


def read(name: str) -> str:
    """Return the content of a file."""
    return Path(name).read_bytes().decode()


@pytest.fixture(autouse=True)
def _documents() -> None:
    Path("a.bxml").write_text(UNTIDY, encoding="utf-8")
    Path("b.bxml").write_text(TIDY, encoding="utf-8")


def test_files_are_formatted_in_place(run: Run) -> None:
    """A file that is not formatted is replaced. A second run changes nothing."""
    assert run("format", ".") == (0, "reformatted a.bxml\n1 file reformatted, 1 file already formatted\n", "")
    assert read("a.bxml") == read("b.bxml") == TIDY
    before = Path("b.bxml").stat()
    assert run("format", ".") == (0, "2 files already formatted\n", "")
    assert Path("b.bxml").stat().st_mtime_ns == before.st_mtime_ns
    assert sorted(os.listdir()) == ["a.bxml", "b.bxml"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.bxml.j2", '<Ring duration="{{ n }}"/>', "c.bxml.j2:1:17: {{ n }} is Jinja, so this file is a template; "),
        (
            "c.bxml.j2",
            '{% extends "a" %}\n<Response/>',
            'c.bxml.j2:1:1: {% extends "a" %} is Jinja, so this file is a template; ',
        ),
        ("c.py", "a = '<Response/>'", "c.py:1:1: this file is a program; "),
    ],
)
def test_template_or_program_is_explained(run: Run, name: str, text: str, message: str) -> None:
    """A template or a program cannot be formatted. The message says what the file is."""
    Path(name).write_text(text, encoding="utf-8")
    kind = "programs" if name == "c.py" else "templates"
    for ran in (run("format", "--check", name), run("format", "-", "--stdin-filename", name, stdin=text.encode())):
        assert (ran.code, ran.err.splitlines()) == (
            2,
            [f"bxml: {message}bxml format does not format {kind} [{ran.err[:-2].rpartition('[')[2]}]"],
        )


def test_listed_files_are_no_commands(run: Run) -> None:
    """A file whose name looks like a command of GitHub Actions is listed with ``./`` before its name."""
    Path("::error::c.bxml").write_text(TIDY, encoding="utf-8")
    ran = run("format", "--show-files", "::error::c.bxml")
    assert ran.out == run("validate", "--show-files", "::error::c.bxml").out == "./::error::c.bxml\n"


def test_check_changes_nothing() -> None:
    """With ``--check``, files that are not formatted are listed and cause exit code 1."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def check(*paths: str) -> tuple[int, str, str]:
        code = "from bxml.command import main; main()"
        command = [sys.executable, "-c", code, "format", "--check", *paths]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        return ran.returncode, ran.stdout, ran.stderr

    assert check(".") == (1, "would reformat a.bxml\n1 file would be reformatted, 1 file already formatted\n", "")
    assert read("a.bxml") == UNTIDY
    assert check("b.bxml") == (0, "1 file already formatted\n", "")


def test_diff_changes_nothing(run: Run) -> None:
    """With ``--diff``, changes are printed and cause exit code 1. A hunk with a password is counted but not printed."""
    diff = (
        f"diff --git a/a.bxml b/a.bxml\n--- a/a.bxml\n+++ b/a.bxml\n@@ -1,1 +1,3 @@\n-{UNTIDY}\n\\ No newline at end of file\n"
    )
    diff += "".join(f"+{line}\n" for line in TIDY.splitlines())
    note = "bxml: 1 file would be reformatted, 1 file already formatted"
    for options in (["--diff"], ["--diff", "--check"]):
        assert run("format", *options) == (1, diff, f"{note}\n")
    assert read("a.bxml") == UNTIDY
    assert run("format", "--diff", "b.bxml") == (0, "", "bxml: 1 file already formatted\n")
    assert run("format", "--diff", "-", "--stdin-filename", "a.bxml", stdin=UNTIDY.encode()) == (1, diff, "")
    assert run("format", "--diff", "-", stdin=TIDY.encode()) == (0, "", "")
    secret = b'<Response><Redirect redirectUrl="https://app.example/" username="a" password="hunter2"/></Response>'
    left_out = "1 hunk with a password or a CI command is left out of the diff"
    assert run("format", "--diff", "-", stdin=secret) == (1, "", f"bxml: {left_out}\n")
    Path("a.bxml").write_bytes(secret)
    assert run("format", "--diff") == (1, "", f"{note}; {left_out}\n")


def test_files_that_cannot_be_formatted_are_named(run: Run) -> None:
    """Malformed, missing and large files are reported, and the other files are formatted."""
    Path("c.bxml").write_text("<Response>\n<Ring></Response>", encoding="utf-8")
    with Path("d.bxml").open("wb") as file:
        file.truncate(10**9)
    Path("e.xml").write_text("<project>", encoding="utf-8")
    ran = run("format", ".", "f.bxml")
    assert (ran.code, ran.out) == (
        2,
        "reformatted a.bxml\n1 file reformatted, 1 file already formatted, 3 files could not be formatted\n",
    )
    assert ran.err.splitlines() == [
        f"bxml: {validate(Path('c.bxml').read_bytes(), name='c.bxml')[0]}",
        "bxml: d.bxml:1:1: the document has 1000000000 bytes; at most 65536 are allowed [document-size]",
        "bxml: f.bxml: no such file or directory",
    ]


def test_no_files_exit_with_2(run: Run) -> None:
    """A directory without BXML is an error."""
    Path("empty").mkdir()
    ran = run("format", "empty")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("bxml: no BXML files found in empty; ")


def test_stdin_is_written_to_stdout(run: Run) -> None:
    """The path ``-`` formats stdin. Every character is written as UTF-8."""
    document = "<Response><Tag>日本\U0001f600</Tag></Response>"
    expected = (0, "<Response>\n  <Tag>日本\U0001f600</Tag>\n</Response>\n", "")
    assert run("format", "-", stdin=document.encode()) == expected
    code = "from bxml.command import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run(
        [sys.executable, "-c", code, "format", "-"], input=document.encode(), capture_output=True, check=True, env=environment
    )
    assert ran.stdout.decode() == expected[1]


def test_stdin_can_be_checked(run: Run) -> None:
    """``--check -`` reports whether stdin is formatted, under the name that ``--stdin-filename`` gives."""
    assert run("format", "--check", "-", stdin=TIDY.encode()) == (0, "", "")
    assert run("format", "--check", "-", stdin=UNTIDY.encode()) == (1, "would reformat stdin.bxml\n", "")
    arguments = ("format", "--check", "-", "--stdin-filename", "x.bxml")
    assert run(*arguments, stdin=UNTIDY.encode()) == (1, "would reformat x.bxml\n", "")


def test_broken_stdin_writes_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """If stdin cannot be formatted, nothing is written to stdout, so a pipe does not lose the document silently."""
    ran = run("format", "-", "--stdin-filename", "x.bxml", stdin=b"<Response>")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("bxml: x.bxml:1:2: ")

    def refuse(_: str) -> Any:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("bxml.command.format_report.read", refuse)
    assert run("format", "-") == (2, "", "bxml: stdin.bxml: Input/output error\n")


def test_stdin_cannot_be_combined(run: Run) -> None:
    """Stdin and files cannot be formatted in one run, because both would write to stdout."""
    ran = run("format", "-", "a.bxml")
    assert (ran.code, ran.out) == (2, "")
    assert 'the path "-" cannot be combined with other paths' in ran.err
    assert read("a.bxml") == UNTIDY


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither these modes nor links")
def test_mode_and_link_are_kept(run: Run) -> None:
    """A file keeps its mode, and a link still points to it."""
    Path("a.bxml").chmod(0o640)
    Path("x").mkdir()
    Path("x/link.bxml").symlink_to("../a.bxml")
    assert run("format", "x").code == 0
    assert Path("x/link.bxml").is_symlink()
    assert (read("a.bxml"), Path("a.bxml").stat().st_mode & 0o777) == (TIDY, 0o640)


def test_file_stays_complete_after_an_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk is full, the file is named and keeps its content, and no temporary file stays behind."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    ran = run("format", ".")
    assert (ran.code, ran.err) == (2, "bxml: a.bxml: No space left on device\n")
    assert read("a.bxml") == UNTIDY
    assert sorted(os.listdir()) == ["a.bxml", "b.bxml"]
