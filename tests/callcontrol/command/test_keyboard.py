"""What a caller does at the terminal, key by key, or in lines."""

from __future__ import annotations

import os
import pty
import sys
import termios
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from callcontrol.command.keyboard import (
    Draft,
    End,
    HangUp,
    Keyboard,
    Press,
    Say,
    Stay,
    Touch,
    Typing,
    Unclear,
    _parts,
    of_line,
)


@pytest.mark.parametrize(
    ("typed", "touches"),
    [
        ("1*#", [Press("1"), Press("*"), Press("#")]),
        ("\r\n", [Stay(), Stay()]),
        ("Ja 1\r2", [Draft("J"), Draft("Ja"), Draft("Ja "), Draft("Ja 1"), Draft(""), Say("Ja 1"), Press("2")]),
        ("ab\x7f\x08c", [Draft("a"), Draft("ab"), Draft("a"), Draft(""), Draft("c")]),
        ("é\t\n", [Draft("é"), Draft(""), Say("é")]),
        ("\x03", [HangUp()]),
        ("a\x04", [Draft("a"), HangUp()]),
        ("1\x1b[A", [Press("1")]),
        ("a\x1b[A", [Draft("a"), Draft("")]),
        (" -+\x7f", []),
    ],
)
def test_typing(typed: str, touches: list[Touch]) -> None:
    """Keys count at once; a letter begins what is said; what moves a cursor does nothing, or lets what was begun be."""
    assert list(Typing().take(typed)) == touches


def test_typing_goes_on() -> None:
    """What comes in parts is one text."""
    typing = Typing()
    assert [*typing.take("y"), *typing.take("es"), *typing.take("\r")][-2:] == [Draft(""), Say("yes")]


@pytest.mark.parametrize(
    ("line", "touch"),
    [
        ("12 #\r", Press("12#")),
        ("", Stay()),
        (" \t", Stay()),
        (" Yes, 1 please. ", Say("Yes, 1 please.")),
        ("A1", Say("A1")),
        ("1a", Unclear("1a")),
        ("-", Unclear("-")),
    ],
)
def test_lines(line: str, touch: Touch) -> None:
    """A line is keys, or words if it begins with a letter, or nothing if it is empty."""
    assert of_line(line) == touch


def taken(inbox: SimpleQueue[Touch], last: Touch) -> list[Touch]:
    """What has come, up to this."""
    touches: list[Touch] = []
    while not touches or touches[-1] != last:
        touches.append(inbox.get(timeout=5))
    return touches


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Has a file as standard input."""

    def stdin(file: int) -> None:
        monkeypatch.setattr(sys, "stdin", os.fdopen(file, closefd=False))

    return stdin


def test_a_pipe(stdin: Callable[[int], None]) -> None:
    """Lines are taken as they come, the last one also without its end; a character may come in two parts."""
    reads, writes = os.pipe()
    stdin(reads)
    inbox: SimpleQueue[Touch] = SimpleQueue()
    with Keyboard(inbox.put) as keyboard:
        assert not keyboard.is_typed
        os.write(writes, b"1\n\nZ\xc3")
        assert taken(inbox, Stay()) == [Press("1"), Stay()]
        os.write(writes, b"\xbcrich\n2\n*")
        os.close(writes)
        assert taken(inbox, End()) == [Say("Zürich"), Press("2"), Press("*"), End()]
    os.close(reads)


def test_a_pipe_that_ends_with_a_line(stdin: Callable[[int], None]) -> None:
    """The end of the last line is no line."""
    reads, writes = os.pipe()
    stdin(reads)
    inbox: SimpleQueue[Touch] = SimpleQueue()
    with Keyboard(inbox.put):
        os.write(writes, b"1\n")
        os.close(writes)
        assert taken(inbox, End()) == [Press("1"), End()]
    os.close(reads)


def test_a_terminal(stdin: Callable[[int], None]) -> None:
    """Each key counts at once and unseen, and the terminal is left as it was; its end hangs up."""
    ours, its = pty.openpty()
    stdin(its)
    before = termios.tcgetattr(its)
    inbox: SimpleQueue[Touch] = SimpleQueue()
    with Keyboard(inbox.put) as keyboard:
        assert keyboard.is_typed
        os.write(ours, b"1")
        assert inbox.get(timeout=5) == Press("1")
        assert not termios.tcgetattr(its)[3] & (termios.ECHO | termios.ICANON)
        assert termios.tcgetattr(its)[3] & termios.ISIG
    assert termios.tcgetattr(its) == before
    os.close(ours)
    assert inbox.get(timeout=5) == HangUp()
    os.close(its)


def test_no_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """If it is closed, nothing comes."""
    monkeypatch.setattr(sys, "stdin", None)
    inbox: SimpleQueue[Touch] = SimpleQueue()
    with Keyboard(inbox.put) as keyboard:
        assert (inbox.get(timeout=5), keyboard.is_typed) == (End(), False)


def test_a_terminal_that_is_gone() -> None:
    """Its end is an end, though Linux tells it as an error."""
    ours, theirs = pty.openpty()
    os.write(theirs, b"1")
    os.close(theirs)
    try:
        assert list(_parts(ours)) == ["1"]
    finally:
        os.close(ours)
