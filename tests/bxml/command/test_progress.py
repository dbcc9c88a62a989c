"""The progress bar: it is shown only in a long run whose stderr is a terminal."""

from __future__ import annotations

import io
import itertools
import sys
from pathlib import Path

import pytest

from bxml.command.checker import Checked
from bxml.command.progress import Progress
from tests.bxml.command.conftest import RISKY, Run

FILES = [Checked(f"{number}.bxml") for number in range(3)]


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Return true."""
        return True


def output_of_run(monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, seconds: float) -> str:
    """Return the output on stderr of a run in which each file takes the given number of seconds."""
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")
    clock = itertools.count(0, seconds)
    progress = Progress(lambda: len(FILES), clock=lambda: next(clock))
    for _ in progress.over(FILES):
        with progress.aside():
            pass
    return stderr.getvalue()


def test_a_long_run_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of more than a second shows a bar."""
    assert "checking" in output_of_run(monkeypatch, Terminal(), seconds=2)


def test_a_short_run_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of less than a second shows no bar."""
    assert output_of_run(monkeypatch, Terminal(), seconds=0.1) == ""


def test_redirected_stderr_receives_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """No bar is written if stderr is not a terminal."""
    assert output_of_run(monkeypatch, io.StringIO(), seconds=2) == ""


def test_the_bar_is_hidden_while_the_report_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal that also shows the report, the bar is removed before each piece of the report and then redrawn."""
    stdout = Terminal()
    monkeypatch.setattr(sys, "stdout", stdout)
    shown = output_of_run(monkeypatch, Terminal(), seconds=2)
    assert shown.count("checking") > 1
    assert stdout.getvalue() == ""


def test_the_bar_receives_the_number_of_files(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command passes the number of files to the bar."""
    for number in range(3):
        Path(f"{number}.bxml").write_text(RISKY, encoding="utf-8")
    counted: list[int] = []

    def over(self: Progress, checked: list[Checked]) -> list[Checked]:
        counted.append(self._total())
        return checked

    monkeypatch.setattr(Progress, "over", over)
    assert run("validate", ".").code == 1
    assert counted == [3]
