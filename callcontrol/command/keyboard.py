"""What a caller does at a terminal, where each key counts at once, or in lines that come from elsewhere."""

from __future__ import annotations

import codecs
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self

KEYS: Final = frozenset("0123456789*#")
"""The keys that are keys of a phone; letters are for words."""

HANGS_UP: Final = frozenset("\x03\x04")
"""Ctrl-C and Ctrl-D, as a terminal sends them that leaves it to us what they do."""

ERASES: Final = frozenset("\x08\x7f")
ESCAPE: Final = "\x1b"
READ_AT_ONCE: Final = 4096


@dataclass(frozen=True)
class Press:
    """Keys are pressed."""

    digits: str


@dataclass(frozen=True)
class Say:
    """Something is said."""

    words: str


@dataclass(frozen=True)
class Draft:
    """Something is being written that is not said yet."""

    words: str


@dataclass(frozen=True)
class Stay:
    """Nothing is pressed or said, which is something to wait for as well."""


@dataclass(frozen=True)
class HangUp:
    """The caller hangs up."""


@dataclass(frozen=True)
class End:
    """Nothing comes any more."""


@dataclass(frozen=True)
class Unclear:
    """A line that is neither keys nor words."""

    line: str


Touch = Press | Say | Draft | Stay | HangUp | End | Unclear


class Typing:
    """Characters as they are typed. A letter begins what is said, and the end of the line ends it."""

    def __init__(self) -> None:
        """Nothing is typed yet."""
        self._draft = ""

    def take(self, typed: str) -> Iterator[Touch]:
        """What comes of characters that came at once; of a key that moves a cursor nothing does."""
        before, escape, _ = typed.partition(ESCAPE)
        for character in before:
            yield from self._one(character)
        if escape and self._draft:
            yield self._write("")

    def _one(self, character: str) -> Iterator[Touch]:
        if character in HANGS_UP:
            yield HangUp()
        elif self._draft:
            yield from self._further(character)
        elif character in KEYS:
            yield Press(character)
        elif character in "\r\n":
            yield Stay()
        elif character.isalpha():
            yield self._write(character)

    def _further(self, character: str) -> Iterator[Touch]:
        if character in "\r\n":
            words = self._draft
            yield self._write("")
            yield Say(words)
        elif character in ERASES:
            yield self._write(self._draft[:-1])
        elif character.isprintable():
            yield self._write(self._draft + character)

    def _write(self, words: str) -> Draft:
        self._draft = words
        return Draft(words)


def of_line(line: str) -> Touch:
    """What a line does: one that begins with a letter is said, an empty one lets time pass, any other is keys."""
    text = line.strip()
    digits = "".join(text.split())
    if text[:1].isalpha():
        return Say(text)
    if KEYS.issuperset(digits):
        return Press(digits) if digits else Stay()
    return Unclear(text)


class Keyboard:
    """Standard input, from the beginning of a ``with`` block to its end.

    Args:
        put: Given what the caller does, by another thread.

    Attributes:
        is_typed: Whether somebody types, whose keys count at once.
    """

    def __init__(self, put: Callable[[Touch], None]) -> None:
        self._put = put
        self._restore: Callable[[], None] = lambda: None
        self.is_typed = False

    def __enter__(self) -> Self:
        """Take what comes; of a terminal each key, unseen."""
        if sys.stdin is None:  # as it is if nobody has opened it
            self._put(End())
            return self
        file = sys.stdin.fileno()
        if os.isatty(file) and sys.platform != "win32":
            self._take_each_key(file)
        read = _typed if self.is_typed else _lines
        threading.Thread(target=self._take, args=(read(_parts(file)),), name="keyboard", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""
        self._restore()

    def _take_each_key(self, file: int) -> None:
        import termios
        import tty

        before = termios.tcgetattr(file)
        tty.setcbreak(file)  # in which Ctrl-C still interrupts
        self._restore = lambda: termios.tcsetattr(file, termios.TCSADRAIN, before)
        self.is_typed = True

    def _take(self, touches: Iterable[Touch]) -> None:
        for touch in touches:
            self._put(touch)


def _parts(file: int) -> Iterator[str]:
    """What can be read, as it comes; not by way of Python's file, of which a thread that waits at the end would keep hold."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while part := _read(file):
        yield decoder.decode(part)


def _read(file: int) -> bytes:
    try:
        return os.read(file, READ_AT_ONCE)
    except OSError:  # as the end of a terminal is told on Linux
        return b""


def _typed(parts: Iterable[str]) -> Iterator[Touch]:
    typing = Typing()
    for part in parts:
        yield from typing.take(part)
    yield HangUp()


def _lines(parts: Iterable[str]) -> Iterator[Touch]:
    begun = ""
    for part in parts:
        *whole, begun = (begun + part).split("\n")
        yield from map(of_line, whole)
    if begun:
        yield of_line(begun)
    yield End()
