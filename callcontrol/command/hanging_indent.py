"""Lines that are wrapped with a hanging indent: the text of the further lines begins below the text of the first line."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from io import TextIOBase
from shutil import get_terminal_size
from typing import Final
from unicodedata import category, east_asian_width

MIN_ROOM: Final = 20
"""Minimum number of columns for text beside the indent; on a narrower terminal, the terminal wraps the lines."""

_PARTS: Final = re.compile(r" +|[^ ]+")


def terminal_width() -> int | None:
    """Return the number of columns of the terminal; ``None`` if stdout is not a terminal."""
    # sys.stdout is None if stdout is closed.
    is_terminal = isinstance(sys.stdout, TextIOBase) and sys.stdout.isatty()
    return get_terminal_size().columns if is_terminal else None


def columns(text: str) -> int:
    """Return the number of terminal columns that a string takes."""
    return sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    if category(character) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1


def wrapped(text: str, indent: int, width: int | None) -> list[str]:
    """Return the lines of a text; each line but the first begins with the indent.

    Lines end between words. A word that is longer than a line is cut.

    Args:
        text: The text, on one line, with the part to which the indent belongs.
        indent: Number of spaces before each further line.
        width: Number of columns of the terminal; ``None`` for one long line.
    """
    return [text] if width is None or width - indent < MIN_ROOM else list(_lines(text, indent, width))


def _lines(text: str, indent: int, width: int) -> Iterator[str]:
    line, used = "", 0
    for part in _PARTS.findall(text):
        rest, size = part, columns(part)
        if used + size > width and used > indent:
            yield line.rstrip()
            line, used = " " * indent, indent
            if part.isspace():  # the line break takes the place of the space
                continue
        while used + size > width:
            fitting = cut(rest, width - used)
            yield line + fitting
            rest, line, used = rest[len(fitting) :], " " * indent, indent
            size = columns(rest)
        line, used = line + rest, used + size
    yield line


def cut(text: str, width: int) -> str:
    """Return the longest beginning of a text that fits into a number of columns, which must be at least two."""
    used = 0
    for place, character in enumerate(text):
        used += _columns_of(character)
        if used > width:
            return text[:place]
    return text
