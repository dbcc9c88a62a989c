"""Input of the caller in ``phone``: single keys on a terminal, or lines from a pipe or a file."""

from __future__ import annotations

import codecs
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self

PHONE_KEYS: Final = frozenset("0123456789*#")
"""The keys of a phone. A letter is not a key, but begins speech."""

HANG_UP_KEYS: Final = frozenset("\x03\x04")
"""Ctrl-C and Ctrl-D, as characters."""

ERASE_KEYS: Final = frozenset("\x08\x7f")
"""Backspace, which terminals send as either character."""

ESCAPE: Final = "\x1b"
"""First of the characters that a terminal sends for an arrow or function key."""

CHUNK_BYTES: Final = 4096
"""Maximum number of bytes to read from stdin at once."""


@dataclass(frozen=True)
class Press:
    """The caller presses keys."""

    digits: str


@dataclass(frozen=True)
class Say:
    """The caller says something."""

    words: str


@dataclass(frozen=True)
class Draft:
    """The words that the caller has typed so far. On Enter, the caller says them, and the draft becomes empty."""

    words: str


@dataclass(frozen=True)
class Silence:
    """The caller presses no key and says nothing until the prompt times out."""


@dataclass(frozen=True)
class HangUp:
    """The caller hangs up."""


@dataclass(frozen=True)
class EndOfInput:
    """The input has ended, so no further input follows."""


@dataclass(frozen=True)
class InvalidLine:
    """A line that is neither keys nor speech."""

    line: str


Input = Press | Say | Draft | Silence | HangUp | EndOfInput | InvalidLine


class KeyParser:
    """Parses the characters that a terminal sends. Typing a letter begins a sentence that the caller says; Enter ends it."""

    def __init__(self) -> None:
        """Start without a draft."""
        self._draft = ""

    def feed(self, typed: str) -> Iterator[Input]:
        """Parse characters that arrived together.

        Arrow and function keys only discard the draft, because the draft could not show that the cursor has moved.

        Args:
            typed: The characters.
        """
        # A terminal sends all characters of such a key together, so all characters after Escape belong to the key.
        before, escape, _ = typed.partition(ESCAPE)
        for character in before:
            yield from self._parse(character)
        if escape and self._draft:
            yield self._set_draft("")

    def _parse(self, character: str) -> Iterator[Input]:
        if character in HANG_UP_KEYS:
            yield HangUp()
        elif self._draft:
            yield from self._edit_draft(character)
        elif character in PHONE_KEYS:
            yield Press(character)
        elif character in "\r\n":
            yield Silence()
        elif character.isalpha():
            yield self._set_draft(character)

    def _edit_draft(self, character: str) -> Iterator[Input]:
        if character in "\r\n":
            words = self._draft
            yield self._set_draft("")
            yield Say(words)
        elif character in ERASE_KEYS:
            yield self._set_draft(self._draft[:-1])
        elif character.isprintable():
            yield self._set_draft(self._draft + character)

    def _set_draft(self, words: str) -> Draft:
        self._draft = words
        return Draft(words)


def parse_line(line: str) -> Input:
    """Parse a line: speech if it begins with a letter, silence if it is empty, otherwise keys."""
    text = line.strip()
    digits = "".join(text.split())
    if text[:1].isalpha():
        return Say(text)
    if PHONE_KEYS.issuperset(digits):
        return Press(digits) if digits else Silence()
    return InvalidLine(text)


class Keyboard:
    """Reads stdin in a thread during a ``with`` block.

    Args:
        put: Function that is called with each input, in the reading thread.

    Attributes:
        is_interactive: True if stdin is a terminal on which each key is read at once, without Enter.
    """

    def __init__(self, put: Callable[[Input], None]) -> None:
        self._put = put
        self._restore: Callable[[], None] = lambda: None
        self.is_interactive = False

    def __enter__(self) -> Self:
        """Start reading; a terminal no longer shows what is typed."""
        if sys.stdin is None:  # Python's value for a closed stdin
            self._put(EndOfInput())
            return self
        file = sys.stdin.fileno()
        # Windows has no termios.
        if os.isatty(file) and sys.platform != "win32":
            self._read_single_keys(file)
        parse = _parse_keys if self.is_interactive else _parse_lines
        # A daemon, because the thread may still wait for input when the call has ended.
        threading.Thread(target=self._put_all, args=(parse(_chunks(file)),), name="keyboard", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the settings of the terminal."""
        self._restore()

    def _read_single_keys(self, file: int) -> None:
        import termios
        import tty

        before = termios.tcgetattr(file)
        tty.setcbreak(file)  # unlike raw mode, it keeps Ctrl-C as a signal
        self._restore = lambda: termios.tcsetattr(file, termios.TCSADRAIN, before)
        self.is_interactive = True

    def _put_all(self, inputs: Iterable[Input]) -> None:
        for each in inputs:
            self._put(each)


def _chunks(file: int) -> Iterator[str]:
    """Yield text as soon as it can be read.

    Reads the file descriptor and not ``sys.stdin``. A thread would hold the lock of ``sys.stdin`` while it waits for input, and
    Python needs this lock at exit.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while chunk := _read(file):
        yield decoder.decode(chunk)


def _read(file: int) -> bytes:
    try:
        return os.read(file, CHUNK_BYTES)
    except OSError:  # how Linux reports that a terminal is closed
        return b""


def _parse_keys(chunks: Iterable[str]) -> Iterator[Input]:
    parser = KeyParser()
    for chunk in chunks:
        yield from parser.feed(chunk)
    yield HangUp()


def _parse_lines(chunks: Iterable[str]) -> Iterator[Input]:
    incomplete = ""
    for chunk in chunks:
        *complete, incomplete = (incomplete + chunk).split("\n")
        yield from map(parse_line, complete)
    if incomplete:
        yield parse_line(incomplete)
    yield EndOfInput()
