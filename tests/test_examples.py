"""``examples/quickstart.py`` runs and prints each of its steps."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_quickstart_prints_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    """The quickstart sends a document as application/xml, redirects and hangs up the call, and prints a 409 response."""
    runpy.run_path(str(EXAMPLES / "quickstart.py"), run_name="__main__")
    output = capsys.readouterr().out
    steps = [
        '<Gather gatherUrl="https://app.example/menu"',
        "max_digits=51 is too large",
        "→ POST",
        "← 201",
        "→ PUT",
        "application/xml",
        "← 204",
        '{"redirectUrl": "https://app.example/survey"}',
        "← 200",
        '{"state": "completed"}',
        "← 200",
        "← 409",
        "never sent:",
        "disconnected, cause hangup",
    ]
    offset = 0
    for step in steps:
        assert step in output[offset:], f"{step!r} is missing, or not in this order"
        offset = output.index(step, offset) + len(step)


def test_quickstart_prints_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the client's secret nor its token is printed."""
    runpy.run_path(str(EXAMPLES / "quickstart.py"), run_name="__main__")
    output = capsys.readouterr().out
    assert "client-secret" not in output
    assert "access_token" not in output
