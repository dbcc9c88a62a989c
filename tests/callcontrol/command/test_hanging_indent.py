"""Lines that are wrapped with a hanging indent."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcontrol.command.hanging_indent import columns, cut, terminal_width, wrapped


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("  1.00  one two", None, ["  1.00  one two"]),
        ("  1.00  one two three four five", 28, ["  1.00  one two three four", "        five"]),
        ("  1.00  one two three four  five", 28, ["  1.00  one two three four", "        five"]),
        ("  1.00  one two three fourth five", 28, ["  1.00  one two three fourth", "        five"]),
        ("  1.00  one two three four five", 27, ["  1.00  one two three four five"]),
        ("  1.00  https://app.example/answer/1", 28, ["  1.00  https://app.example/", "        answer/1"]),
        ("  1.00  POST https://app.example/answer", 28, ["  1.00  POST", "        https://app.example/", "        answer"]),
        ("  1.00  日本日本日本日本日本日 one", 29, ["  1.00  日本日本日本日本日本", "        日 one"]),
        ("  1.00  cafe\u0301 cafe\u0301 cafe\u0301 cafe\u0301", 28, ["  1.00  cafe\u0301 cafe\u0301 cafe\u0301 cafe\u0301"]),
        ("  1.00  ", 28, ["  1.00  "]),
    ],
)
def test_lines_end_between_words(text: str, width: int | None, lines: list[str]) -> None:
    """Lines end between words. A word that is too long is cut. A character may have a width of two columns or zero columns."""
    assert wrapped(text, 8, width) == lines


@given(st.text("ab 日\u0301", max_size=80), st.integers(0, 20), st.integers(20, 60))
def test_nothing_is_lost(text: str, indent: int, room: int) -> None:
    """Every line fits. All characters are kept, except the spaces at the line breaks."""
    width = indent + room
    lines = wrapped(text, indent, width)
    assert all(columns(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_beginning_of_a_text_is_cut() -> None:
    """A text is cut before a character that does not fit."""
    assert (cut("日本", 3), cut("ab", 2), cut("", 2)) == ("日", "ab", "")


def test_width_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The width is known only if stdout is a terminal."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "77")
    widths: list[int | None] = []
    for stream in (Terminal(), io.StringIO(), None):
        monkeypatch.setattr(sys, "stdout", stream)
        widths.append(terminal_width())
    assert widths == [77, None, None]
