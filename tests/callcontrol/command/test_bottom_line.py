"""The last line of a terminal, with the status of the call and the words that the person is typing."""

from __future__ import annotations

import re

import pytest

from bxml.command.standard_streams import write
from callcontrol.command import bottom_line
from callcontrol.command.bottom_line import BottomLine


def shown(written: str) -> str:
    """Return the last line of a terminal on which this text is written."""
    cells: list[str] = []
    place = 0
    for character in re.sub(r"\x1b\[\d*m", "", written):
        if character in "\r\n":
            place, cells = 0, [] if character == "\n" else cells
        else:
            cells[place : place + 1] = [character]
            place += 1
    return "".join(cells).rstrip()


@pytest.fixture
def bottom(monkeypatch: pytest.MonkeyPatch) -> BottomLine:
    """Return the last line of a terminal with 24 columns."""
    monkeypatch.setattr(bottom_line, "terminal_width", lambda: 24)
    return BottomLine()


@pytest.mark.parametrize(
    ("status", "draft", "line"),
    [
        ("", "", ""),
        ("Pause · 3 s", "", "Pause · 3 s"),
        ("", "Ye", "say: Ye"),
        ("Gather · 3 s", "Yes", "Gather · 3 s  say: Yes"),
        ("Gather · 3 s", "Yes, please", "say: Yes, please"),
        ("Gather", "One two three four five six", "…e two three four five six"[-22:].rjust(23, "…")),
        ("Gather · keys 0-9 * # (up to 4)", "", "Gather · keys 0-9 * # ("),
        ("\x9b2J", "\x9b", "\\x9b2J  say: \\x9b"),
    ],
)
def test_line_fits_the_terminal(
    bottom: BottomLine, capsys: pytest.CaptureFixture[str], status: str, draft: str, line: str
) -> None:
    """If the line is too long, the status is left out first. Then the beginning of the draft is left out."""
    bottom.set_status(status)
    bottom.set_draft(draft)
    assert shown(capsys.readouterr().out) == line


def test_lines_are_printed_above(bottom: BottomLine, capsys: pytest.CaptureFixture[str]) -> None:
    """The line is removed before other lines are printed, and shown again below them."""
    bottom.set_draft("日本")
    assert capsys.readouterr().out == "say: 日本"
    bottom.print_above(lambda: write("Hello.\n"))
    assert capsys.readouterr().out == f"\r{' ' * 9}\rHello.\nsay: 日本"
    bottom.set_draft("")
    assert capsys.readouterr().out == f"\r{' ' * 9}\r"


def test_unchanged_status_is_not_written_again(bottom: BottomLine, capsys: pytest.CaptureFixture[str]) -> None:
    """A status that does not change causes no output."""
    bottom.set_status("Pause · 3 s")
    assert "Pause" in capsys.readouterr().out
    bottom.set_status("Pause · 3 s")
    assert capsys.readouterr().out == ""


def test_line_is_not_shown_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """If stdout is not a terminal, only the other lines are printed."""
    bottom = BottomLine()
    bottom.set_status("Pause · 3 s")
    bottom.set_draft("Yes")
    bottom.print_above(lambda: write("Hello.\n"))
    assert capsys.readouterr().out == "Hello.\n"
