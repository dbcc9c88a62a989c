"""Fixtures that run the ``bxml`` command in this process, in an empty directory."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bxml.command import main


class Ran(NamedTuple):
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs ``bxml`` with the given arguments and stdin."""

    def run(*arguments: str | Path, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["bxml", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        try:
            main()
        except SystemExit as end:
            code = end.code
        else:
            code = 0
        assert isinstance(code, int)
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to an empty directory, and remove the environment variables that affect colors, paths or the default format."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


VALID = "<Response><SpeakSentence>Hello.</SpeakSentence></Response>\n"
INVALID = '<Response>\n  <Gather gatherUrl="https://app.example/menu" maxDigits="51"/>\n</Response>\n'
RISKY = '<Response><SpeakSentence voice="Susan">Hello.</SpeakSentence></Response>\n'
"""A document with one warning."""

TOO_LARGE = '2:59: error: maxDigits="51" is too large; expected an integer from 1 to 50 [invalid-value]\n'
UNKNOWN = '1:33: warning: voice="Susan" is not a known voice; did you mean susan? [unknown-voice]\n'
