"""Input of the caller: single keys from a terminal, or lines from a pipe."""

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
    EndOfInput,
    HangUp,
    Input,
    Invalid,
    Keyboard,
    KeyParser,
    Play,
    Press,
    PutDown,
    Say,
    ShowDocument,
    Silence,
    Switch,
    Wait,
    _chunks,
    parse_line,
)

NUMBERS = ("+13365550142", "sip:desk@pbx.example")
"""The numbers of the phones that the person holds."""

NO_EFFECT = Invalid("arrow and function keys have no effect")


def neither(key: str) -> Invalid:
    """Return the input for a character that is neither a key nor the beginning of speech."""
    return Invalid(f'"{key}" is neither a key nor the beginning of speech; " begins any speech')


@pytest.mark.parametrize(
    ("typed", "inputs"),
    [
        ("1*#", [Press("1"), Press("*"), Press("#")]),
        ("\r\n", [Silence(), Silence()]),
        ("Ja 1\r2", [Draft("J"), Draft("Ja"), Draft("Ja "), Draft("Ja 1"), Draft(""), Say("Ja 1"), Press("2")]),
        ("ab\x7f\x08c", [Draft("a"), Draft("ab"), Draft("a"), Draft(""), Draft("c")]),
        ('"4"\n', [Draft('"'), Draft('"4'), Draft('"4"'), Draft(""), Say("4")]),
        ('"\r', [Draft('"'), Draft(""), Invalid("there are no words to say")]),
        ("é\t\n", [Draft("é"), Switch(), Draft(""), Say("é")]),
        ("\x02\x03", [ShowDocument(), HangUp()]),
        ("a\x04", [Draft("a"), PutDown()]),
        ("1\x1b[A\x1b[15~\x1bOP2", [Press("1"), NO_EFFECT, NO_EFFECT, NO_EFFECT, Press("2")]),
        ("a\x1b[Ab\x1b", [Draft("a"), NO_EFFECT, Draft("ab"), Draft("")]),
        ("\x1b\x1bb", [NO_EFFECT, Draft("b")]),
        ("\x1b", [neither("\\x1b")]),
        ("a\x01", [Draft("a"), Invalid('"\\x01" cannot be said')]),
        (" -+\x7f", [neither(" "), neither("-"), neither("+")]),
    ],
)
def test_keys_are_parsed(typed: str, inputs: list[Input]) -> None:
    """Phone keys take effect at once. A letter or a quote begins speech. All other keys except Backspace are reported."""
    assert list(KeyParser().feed(typed)) == inputs


def test_speech_may_arrive_in_chunks() -> None:
    """Several characters form one utterance, even if they arrive one at a time."""
    parser = KeyParser()
    assert [*parser.feed("y"), *parser.feed("es"), *parser.feed("\r")][-2:] == [Draft(""), Say("yes")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("12 #\r", Press("12#")),
        ("", Silence()),
        (" \t", Silence()),
        (" Yes, 1 please. ", Say("Yes, 1 please.")),
        ("A1", Say("A1")),
        ("1a", Say("1a")),
        ('"42"', Say("42")),
        ('" 42 ', Say("42")),
        ("/hang-up", PutDown()),
        ("/wait 5", Wait(5)),
        ("/wait  0.25", Wait(0.25)),
        ("/play my file.wav", Play("my file.wav")),
        ('"/wait 5"', Say("/wait 5")),
        ("+13365550142: 12", Press("12", NUMBERS[0])),
        ("+13365550142:Yes", Say("Yes", NUMBERS[0])),
        ('sip:desk@pbx.example: "42"', Say("42", NUMBERS[1])),
        ("+13365550142:", Silence(NUMBERS[0])),
        ("+13365550142: /hang-up", PutDown(NUMBERS[0])),
        ("+13365550142: /wait 1", Wait(1, NUMBERS[0])),
        ("+13365550142: /play a.wav", Play("a.wav", NUMBERS[0])),
        ("at +13365550142: yes", Say("at +13365550142: yes")),
    ],
)
def test_lines_are_parsed(line: str, expected: Input) -> None:
    """A line can contain keys, speech, silence, or a command. The number of a phone may precede this input."""
    assert parse_line(line, NUMBERS) == expected


@pytest.mark.parametrize("line", ["-", '"', '""', "4-2"])
def test_other_lines_are_invalid(line: str) -> None:
    """The message for an invalid line lists the valid inputs."""
    expected = "is neither keys nor speech; keys are 0-9, * and #; speech has a letter or is in quotes"
    assert parse_line(f" {line} ", NUMBERS) == Invalid(f'"{line}" {expected}')


@pytest.mark.parametrize(
    "line", ["/", "/hang-ups", "/hang-up now", "/play", "/wait", "/wait -1", "/wait 86400.5", "/wait 1e3", "/help"]
)
def test_unknown_commands_are_invalid(line: str) -> None:
    """The message for a line that begins with a slash lists the commands."""
    expected = "is not a command; the commands are /hang-up, /play FILE and /wait SECONDS; SECONDS is at most 86400"
    assert parse_line(line, NUMBERS) == Invalid(f'"{line}" {expected}')


@pytest.mark.parametrize(
    ("numbers", "known"),
    [(NUMBERS, "your phones: +13365550142 and sip:desk@pbx.example"), ((), "your phones: there is only one")],
)
@pytest.mark.parametrize("stranger", ["+13365550199", "sip:anna@sip.example"])
def test_line_for_another_phone_is_invalid(stranger: str, numbers: tuple[str, ...], known: str) -> None:
    """A line is invalid if it begins with the number of a phone that the person does not hold."""
    line = f"{stranger}: Yes"
    assert parse_line(line, numbers) == Invalid(f'"{line}" is for {stranger}, which is not one of your phones; {known}')


def received(inbox: SimpleQueue[Input], last: Input) -> list[Input]:
    """Return the inputs from the queue, up to and including ``last``."""
    inputs: list[Input] = []
    while not inputs or inputs[-1] != last:
        inputs.append(inbox.get(timeout=5))
    return inputs


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that replaces stdin with a file descriptor."""

    def stdin(file: int) -> None:
        monkeypatch.setattr(sys, "stdin", os.fdopen(file, closefd=False))

    return stdin


def test_pipe_is_read_line_by_line(stdin: Callable[[int], None]) -> None:
    """Lines are read as they arrive. The last line needs no line break. A character may arrive in two parts."""
    reads, writes = os.pipe()
    stdin(reads)
    inbox: SimpleQueue[Input] = SimpleQueue()
    with Keyboard(inbox.put, ["+13365550142"]) as keyboard:
        assert not keyboard.is_interactive
        os.write(writes, b"+13365550142: 1\n\nZ\xc3")
        assert received(inbox, Silence()) == [Press("1", "+13365550142"), Silence()]
        os.write(writes, b"\xbcrich\n2\n*")
        os.close(writes)
        assert received(inbox, EndOfInput()) == [Say("Zürich"), Press("2"), Press("*"), EndOfInput()]
    os.close(reads)


def test_final_line_break_is_not_an_empty_line(stdin: Callable[[int], None]) -> None:
    """The line break after the last line does not add an empty line."""
    reads, writes = os.pipe()
    stdin(reads)
    inbox: SimpleQueue[Input] = SimpleQueue()
    with Keyboard(inbox.put):
        os.write(writes, b"1\n")
        os.close(writes)
        assert received(inbox, EndOfInput()) == [Press("1"), EndOfInput()]
    os.close(reads)


def test_terminal_is_read_key_by_key(stdin: Callable[[int], None]) -> None:
    """Each key takes effect at once without echo. The terminal settings are restored, and closing the terminal hangs up."""
    ours, its = pty.openpty()
    stdin(its)
    before = termios.tcgetattr(its)
    inbox: SimpleQueue[Input] = SimpleQueue()
    with Keyboard(inbox.put) as keyboard:
        assert keyboard.is_interactive
        os.write(ours, b"1")
        assert inbox.get(timeout=5) == Press("1")
        assert not termios.tcgetattr(its)[3] & (termios.ECHO | termios.ICANON)
        assert termios.tcgetattr(its)[3] & termios.ISIG
    assert termios.tcgetattr(its) == before
    os.close(ours)
    assert inbox.get(timeout=5) == HangUp()
    os.close(its)


def test_closed_stdin_has_no_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed stdin ends the input at once."""
    monkeypatch.setattr(sys, "stdin", None)
    inbox: SimpleQueue[Input] = SimpleQueue()
    with Keyboard(inbox.put) as keyboard:
        assert (inbox.get(timeout=5), keyboard.is_interactive) == (EndOfInput(), False)


def test_closed_terminal_ends_the_input() -> None:
    """A closed terminal ends the input, although Linux reports an error."""
    ours, theirs = pty.openpty()
    os.write(theirs, b"1")
    os.close(theirs)
    try:
        assert list(_chunks(ours)) == ["1"]
    finally:
        os.close(ours)
