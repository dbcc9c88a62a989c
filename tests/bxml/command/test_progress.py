"""The bar for those who wait."""

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
    """What a person sees."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def watched(monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, seconds: float) -> str:
    """What is written to standard error over a run in which each file takes some seconds."""
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")
    clock = itertools.count(0, seconds)
    progress = Progress(lambda: len(FILES), clock=lambda: next(clock))
    for _ in progress.over(FILES):
        with progress.aside():
            pass
    return stderr.getvalue()


def test_a_long_run_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a second there is a bar, and at the end it is gone."""
    assert "checking" in watched(monkeypatch, Terminal(), seconds=2)


def test_a_short_run_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who need not wait sees nothing."""
    assert watched(monkeypatch, Terminal(), seconds=0.1) == ""


def test_a_file_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody watches there is no bar."""
    assert watched(monkeypatch, io.StringIO(), seconds=2) == ""


def test_the_bar_makes_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the report is written to the same terminal, the bar is not there."""
    stdout = Terminal()
    monkeypatch.setattr(sys, "stdout", stdout)
    shown = watched(monkeypatch, Terminal(), seconds=2)
    assert shown.count("checking") > 1
    assert stdout.getvalue() == ""


def test_the_bar_counts_the_files(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gives the bar what it needs."""
    for number in range(3):
        Path(f"{number}.bxml").write_text(RISKY, encoding="utf-8")
    counted: list[int] = []

    def over(self: Progress, checked: list[Checked]) -> list[Checked]:
        counted.append(self._total())
        return checked

    monkeypatch.setattr(Progress, "over", over)
    assert run("validate", ".").code == 1
    assert counted == [3]
