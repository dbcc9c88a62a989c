"""The text format, for people: each problem with its source line, and a marker below the part with the problem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from unicodedata import category, east_asian_width

from bxml.command.checker import Results
from bxml.command.ci_commands import without_commands
from bxml.command.formats import plain
from bxml.problem import Problem

MAX_WIDTH: Final = 110
"""Maximum length of a source line that is shown whole. If a line is longer, only the part around the problem is shown."""

LEAD: Final = 40
"""The number of characters shown before the problem in a long line."""

COLORS: Final = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "mark": "\x1b[1;32m", "name": "\x1b[1m", "rule": "\x1b[2m"}
"""The escape sequence that starts the color of each part of a problem."""

PLAIN: Final = "\x1b[0m"
"""The escape sequence that ends a color; click removes the colors if stdout is not a terminal."""


def report(results: Results) -> Iterator[str]:
    """Yield each problem with its source line, then the summary. The text has colors for a terminal."""
    for checked in results:
        # str.splitlines would also split at characters that do not end a line in XML.
        lines = re.split("\r\n|\r|\n", checked.text)
        for problem in checked.problems:
            yield f"{_headline(problem)}\n{_excerpt(problem, lines[(problem.line or 1) - 1])}\n"
    yield results.ending()


def _headline(problem: Problem) -> str:
    place = _coloured("name", f"{plain(problem.name)}:{problem.line}:{problem.column}:")
    severity = _coloured(problem.severity, f"{problem.severity}:")
    return f"{place} {severity} {plain(problem.message)} {_coloured('rule', f'[{problem.rule}]')}"


def _coloured(part: str, text: str) -> str:
    return f"{COLORS[part]}{text}{PLAIN}"


def _excerpt(problem: Problem, line: str) -> str:
    """Return the source line with a marker below it, or an empty string if the line is empty."""
    if not line.strip():
        return ""
    start, end = _range(problem, line)
    first = max(0, min(start - LEAD, len(line) - MAX_WIDTH)) if len(line) > MAX_WIDTH else 0
    last = min(len(line), first + MAX_WIDTH)
    left, right = "…" if first else "", "…" if last < len(line) else ""
    shown = without_commands(f"{left}{''.join(map(visible, line[first:last]))}{right}")
    indent = " " * len(left) + "".join(map(_blank, line[first:start]))
    width = sum(_cells(visible(character)) for character in line[start : min(end, last)]) or 1
    number = str(problem.line)
    marker = _coloured("mark", "^" * width)
    return f"  {number} | {shown}\n  {' ' * len(number)} | {indent}{marker}\n"


def _range(problem: Problem, line: str) -> tuple[int, int]:
    """Return the start and the exclusive end of a problem within its first line, counted from 0."""
    start = (problem.column or 1) - 1
    if problem.end_line == problem.line:
        return start, max((problem.end_column or 1) - 1, start)
    return start, max(len(line.rstrip()), start)


def visible(character: str) -> str:
    """Return a character, or a replacement if a terminal would not show it or would act on it."""
    # str.isprintable is false for every space except the ASCII space.
    if character == "\t" or character.isprintable() or category(character) == "Zs":
        return character
    return "\N{REPLACEMENT CHARACTER}"


def _blank(character: str) -> str:
    """Return white space as wide as a character; a tab stays a tab, because its width depends on the terminal."""
    return "\t" if character == "\t" else " " * _cells(visible(character))


def _cells(character: str) -> int:
    """Return the number of terminal columns that a character takes."""
    if category(character) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1
