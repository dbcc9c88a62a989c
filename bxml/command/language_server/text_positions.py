"""Conversion between the positions of the Language Server Protocol and those of this package."""

from __future__ import annotations

import re
from bisect import bisect_right

from lsprotocol.types import Position, PositionEncodingKind, Range

from bxml.problem import Edit, Problem


class Positions:
    """The positions in a text.

    The protocol counts lines from 0, and columns in units of an encoding that the editor and the server agree on. Lines end as
    in the protocol, and as in XML; ``str.splitlines`` would split at more characters. An editor counts a byte order mark as a
    character of the first line; the positions of problems do not count it.

    Args:
        text: The text.
        encoding: The encoding whose units the editor counts.
    """

    def __init__(self, text: str, encoding: str) -> None:
        self._text = text
        self._starts = [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]
        self._encoding = encoding
        self._mark = len(text) - len(text.removeprefix("\ufeff"))

    def index(self, position: Position) -> int:
        """Return the index of the character after a position; move a position after the end of a line or text to that end."""
        if position.line >= len(self._starts):
            return len(self._text)
        start = self._starts[position.line]
        line = self._line(position.line)
        return start + len(self._decoded(line, position.character))

    def position(self, index: int) -> Position:
        """Return the position before the character with an index."""
        line = bisect_right(self._starts, index) - 1
        return Position(line, self._units(self._text[self._starts[line] : index]))

    def range(self, start: int, end: int) -> Range:
        """Return the range from one index to another."""
        return Range(self.position(start), self.position(end))

    def range_of(self, place: Problem | Edit) -> Range:
        """Return the range of a problem or an edit."""
        lines, columns = (place.line or 1, place.end_line or 1), (place.column or 1, place.end_column or 1)
        start, end = (
            self._starts[line - 1] + column - 1 + (self._mark if line == 1 else 0)
            for line, column in zip(lines, columns, strict=True)
        )
        return self.range(start, end)

    def _line(self, line: int) -> str:
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self._text)
        return self._text[self._starts[line] : end].rstrip("\r\n")

    def _units(self, text: str) -> int:
        if self._encoding == PositionEncodingKind.Utf32:
            return len(text)
        if self._encoding == PositionEncodingKind.Utf8:
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text.encode("utf-16-le", "surrogatepass")) // 2

    def _decoded(self, text: str, units: int) -> str:
        """Return the beginning of a text, with the given length in units of the encoding."""
        if self._encoding == PositionEncodingKind.Utf32:
            return text[:units]
        if self._encoding == PositionEncodingKind.Utf8:
            return text.encode("utf-8", "surrogatepass")[:units].decode("utf-8", "ignore")
        return text.encode("utf-16-le", "surrogatepass")[: units * 2].decode("utf-16-le", "ignore")
