"""Every example runs and tells its story."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_quickstart_tells_the_whole_story(capsys: pytest.CaptureFixture[str]) -> None:
    """A document is built and sent as application/xml, the call interrupted, redirected and hung up, and a refusal shown."""
    runpy.run_path(str(EXAMPLES / "quickstart.py"), run_name="__main__")
    told = capsys.readouterr().out
    story = [
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
    place = 0
    for chapter in story:
        assert chapter in told[place:], f"{chapter!r} is not told, or not in its place"
        place = told.index(chapter, place) + len(chapter)


def test_quickstart_shows_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the client's secret nor its token is printed."""
    runpy.run_path(str(EXAMPLES / "quickstart.py"), run_name="__main__")
    told = capsys.readouterr().out
    assert "client-secret" not in told
    assert "access_token" not in told
