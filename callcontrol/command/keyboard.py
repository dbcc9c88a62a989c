"""Input of the person in ``phone``: single keys on a terminal, or lines from a pipe or a file."""

from __future__ import annotations

import codecs
import os
import re
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Self

from bxml.messages.text import join_names, quote

PHONE_KEYS: Final = frozenset("0123456789*#")
"""The keys of a phone. A letter is not a key, but a part of speech."""

HANG_UP_KEY: Final = "\x03"
"""Ctrl-C, as a character; terminals usually send a signal instead."""

PUT_DOWN_KEY: Final = "\x04"
"""Ctrl-D, as a character."""

DOCUMENT_KEY: Final = "\x02"
"""Ctrl-B, as a character."""

SWITCH_KEY: Final = "\t"
"""The key Tab, as a character."""

ERASE_KEYS: Final = frozenset("\x08\x7f")
"""Backspace, which terminals send as either character."""

ESCAPE: Final = "\x1b"
"""The key Esc, and the first of the characters that a terminal sends for an arrow or function key."""

QUOTE: Final = '"'
"""The character to type before speech that does not begin with a letter."""

PUT_DOWN: Final = "/hang-up"
"""The line that hangs up one phone."""

PLAY: Final = "/play"
"""The beginning of a line that plays a file."""

WAIT: Final = "/wait"
"""The beginning of a line that waits."""

LONGEST_WAIT: Final = 86400
"""Maximum number of seconds of a wait: one day."""

COMMANDS: Final = f"{PUT_DOWN}, {PLAY} FILE and {WAIT} SECONDS"
"""The lines that begin with a slash, for messages."""

CHUNK_BYTES: Final = 4096
"""Maximum number of bytes to read from stdin at once."""

_TYPED: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|O.|.)?|.", re.DOTALL)
"""Matches one typed character, or all characters that a terminal sends for one arrow or function key."""

_ADDRESS: Final = re.compile(r"(\+[0-9]+|sips?:\S+):(?!\S)", re.IGNORECASE)
"""Matches the number of a phone and the colon that separates it from the input of this phone."""


_SECONDS: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
"""Matches a number of seconds."""


@dataclass(frozen=True)
class Press:
    """The person presses keys.

    Attributes:
        digits: The keys.
        number: The number of the phone; empty if the line names no phone.
    """

    digits: str
    number: str = ""


@dataclass(frozen=True)
class Say:
    """The person says something."""

    words: str
    number: str = ""


@dataclass(frozen=True)
class Draft:
    """The words that the person has typed so far. On Enter they are said, and the draft becomes empty."""

    words: str


@dataclass(frozen=True)
class Silence:
    """The person presses no key and says nothing until the prompt times out."""

    number: str = ""


@dataclass(frozen=True)
class Play:
    """The person plays a sound.

    Attributes:
        path: The path of a WAV or MP3 file.
        number: The number of the phone; empty if the line names no phone.
    """

    path: str
    number: str = ""


@dataclass(frozen=True)
class Wait:
    """The person does nothing for some time.

    Attributes:
        seconds: The number of seconds, in the emulator's time.
        number: The number of a phone that must be in a call; empty if the line names no phone.
    """

    seconds: float
    number: str = ""


@dataclass(frozen=True)
class PutDown:
    """The person hangs up one phone."""

    number: str = ""


@dataclass(frozen=True)
class HangUp:
    """The person hangs up all phones."""


@dataclass(frozen=True)
class Switch:
    """The person takes the next phone."""


@dataclass(frozen=True)
class ShowDocument:
    """The person wants to see the last document in full."""


@dataclass(frozen=True)
class EndOfInput:
    """The input has ended, so no further input follows."""


@dataclass(frozen=True)
class Invalid:
    """Input that has no meaning.

    Attributes:
        reason: The input, quoted, and what is wrong with it.
    """

    reason: str


Action = Press | Say | Play | Wait | Silence | PutDown
"""Input that acts on a phone."""

Input = Action | Draft | HangUp | Switch | ShowDocument | EndOfInput | Invalid


def _unquoted(text: str) -> str:
    """Return speech without the quote at its beginning, and without the quote at its end."""
    return text[1:].removesuffix(QUOTE).strip() if text.startswith(QUOTE) else text.strip()


class KeyParser:
    """Parses the characters that a terminal sends. A letter or a quote begins speech, and Enter says it."""

    def __init__(self) -> None:
        """Start without a draft."""
        self._draft = ""
        self._commands: dict[str, Input] = {
            HANG_UP_KEY: HangUp(),
            PUT_DOWN_KEY: PutDown(),
            DOCUMENT_KEY: ShowDocument(),
            SWITCH_KEY: Switch(),
        }

    def feed(self, typed: str) -> Iterator[Input]:
        """Parse characters that arrived together.

        Args:
            typed: The characters.
        """
        for found in _TYPED.finditer(typed):
            yield from self._parse(found[0])

    def _parse(self, key: str) -> Iterator[Input]:
        if key in self._commands:
            yield self._commands[key]
        elif key.startswith(ESCAPE) and key != ESCAPE:
            # The cursor stays at the end of the draft.
            yield Invalid("arrow and function keys have no effect")
        elif self._draft:
            yield from self._edit_draft(key)
        elif key in PHONE_KEYS:
            yield Press(key)
        elif key in "\r\n":
            yield Silence()
        elif key.isalpha() or key == QUOTE:
            yield self._set_draft(key)
        elif key not in ERASE_KEYS:
            yield Invalid(f"{quote(key)} is neither a key nor the beginning of speech; {QUOTE} begins any speech")

    def _edit_draft(self, key: str) -> Iterator[Input]:
        if key in "\r\n":
            words = _unquoted(self._draft)
            yield self._set_draft("")
            yield Say(words) if words else Invalid("there are no words to say")
        elif key in ERASE_KEYS:
            yield self._set_draft(self._draft[:-1])
        elif key == ESCAPE:
            yield self._set_draft("")
        elif key.isprintable():
            yield self._set_draft(self._draft + key)
        else:
            yield Invalid(f"{quote(key)} cannot be said")

    def _set_draft(self, words: str) -> Draft:
        self._draft = words
        return Draft(words)


def parse_line(line: str, numbers: Collection[str] = ()) -> Input:
    """Parse a line.

    Keys and spaces are pressed. A line with a letter, or in quotes, is said. An empty line is silence. Any of these lines may
    begin with the number of a phone and a colon.

    Args:
        line: The line.
        numbers: The numbers of the phones that the person can hold.
    """
    text = line.strip()
    number = next((number for number in numbers if text.startswith(f"{number}:")), "")
    text = text.removeprefix(f"{number}:").strip()
    digits = "".join(text.split())
    if PHONE_KEYS.issuperset(digits):
        return Press(digits, number) if digits else Silence(number)
    if text.startswith("/"):
        return _command(text, number)
    words = _unquoted(text)
    if words and text.startswith(QUOTE):
        return Say(words, number)
    stranger = _ADDRESS.match(text)
    if stranger:
        known = join_names(numbers) if numbers else "there is only one"
        return Invalid(f"{quote(text)} is for {stranger[1]}, which is not one of your phones; your phones: {known}")
    if any(map(str.isalpha, text)):
        return Say(text, number)
    return Invalid(f"{quote(text)} is neither keys nor speech; keys are 0-9, * and #; speech has a letter or is in quotes")


def _command(text: str, number: str) -> Input:
    """Return the input of a line that begins with a slash."""
    name, _, argument = text.partition(" ")
    argument = argument.strip()
    if text == PUT_DOWN:
        return PutDown(number)
    if name == PLAY and argument:
        return Play(argument, number)
    if name == WAIT and _SECONDS.fullmatch(argument) and float(argument) <= LONGEST_WAIT:
        return Wait(float(argument), number)
    return Invalid(f"{quote(text)} is not a command; the commands are {COMMANDS}; SECONDS is at most {LONGEST_WAIT}")


class Keyboard:
    """Reads stdin in a thread during a ``with`` block.

    Args:
        put: Function that is called with each input, in the reading thread.
        numbers: The numbers of the phones that the person can hold.

    Attributes:
        is_interactive: True if stdin is a terminal on which each key is read at once, without Enter.
    """

    def __init__(self, put: Callable[[Input], None], numbers: Collection[str] = ()) -> None:
        self._put = put
        self._numbers = numbers
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
        parse = _parse_keys if self.is_interactive else partial(_parse_lines, numbers=self._numbers)
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


def _parse_lines(chunks: Iterable[str], numbers: Collection[str]) -> Iterator[Input]:
    incomplete = ""
    for chunk in chunks:
        *complete, incomplete = (incomplete + chunk).split("\n")
        yield from (parse_line(line, numbers) for line in complete)
    if incomplete:
        yield parse_line(incomplete, numbers)
    yield EndOfInput()
