"""The quickstart runs and shows each of its steps."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the output of the quickstart."""
    runpy.run_path(str(EXAMPLES / "quickstart.py"), run_name="__main__")
    return capsys.readouterr().out


def test_quickstart_shows_each_step(output: str) -> None:
    """The output shows a document, an error, the request and status of an interruption, and the timeline of the call."""
    steps = [
        '<Response><Gather gatherUrl="/menu" maxDigits="1">',
        "max_digits=51 is too large",
        "PUT http://127.0.0.1:",
        "/bxml",
        "Content-Type: application/xml",
        "<Bxml><SpeakSentence",
        "HTTP status: 204",
        "pressed   1",
        "spoken    Please hold.",
        "spoken    Our office is closing.",
        "disconnected · cause: hangup",
    ]
    place = 0
    for step in steps:
        assert step in output[place:], f"{step!r} is missing, or not in this order"
        place = output.index(step, place) + len(step)


def test_quickstart_output_fits_on_a_screen(output: str) -> None:
    """The output has fewer than 40 lines."""
    assert len(output.splitlines()) < 40


def test_quickstart_shows_no_secret(output: str) -> None:
    """Neither the client's secret nor its token is printed."""
    assert "client-secret" not in output
    assert "access_token" not in output
    assert "Bearer" not in output
