"""For people: each problem with the line where it stands, and a mark under the very characters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from unicodedata import category, east_asian_width

from bxml.command.checker import Results
from bxml.command.formats import plain, without_commands
from bxml.problem import Problem

WIDEST: Final = 110
"""Characters of a source line that are shown; of a longer one, the part around the problem."""

BEFORE: Final = 40
"""Characters shown before a problem in such a part."""

COLOURS: Final = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "mark": "\x1b[1;32m", "name": "\x1b[1m", "rule": "\x1b[2m"}
PLAIN: Final = "\x1b[0m"


def report(results: Results) -> Iterator[str]:
    """Each problem with its source line, and a line that counts them; coloured, for a terminal."""
    for checked in results:
        lines = re.split("\r\n|\r|\n", checked.text)
        for problem in checked.problems:
            yield f"{_headline(problem)}\n{_excerpt(problem, lines[(problem.line or 1) - 1])}\n"
    yield results.summary + "\n"


def _headline(problem: Problem) -> str:
    place = _coloured("name", f"{plain(problem.name)}:{problem.line}:{problem.column}:")
    severity = _coloured(problem.severity, f"{problem.severity}:")
    return f"{place} {severity} {plain(problem.message)} {_coloured('rule', f'[{problem.rule}]')}"


def _coloured(what: str, text: str) -> str:
    return f"{COLOURS[what]}{text}{PLAIN}"


def _excerpt(problem: Problem, line: str) -> str:
    """The source line with a mark below it; nothing if the line is empty, for then there is nothing to see."""
    if not line.strip():
        return ""
    start, end = _range(problem, line)
    first = max(0, min(start - BEFORE, len(line) - WIDEST)) if len(line) > WIDEST else 0
    last = min(len(line), first + WIDEST)
    left, right = "…" if first else "", "…" if last < len(line) else ""
    shown = without_commands(f"{left}{''.join(map(_visible, line[first:last]))}{right}")
    indent = " " * len(left) + "".join(map(_blank, line[first:start]))
    width = sum(_cells(_visible(character)) for character in line[start : min(end, last)]) or 1
    number = str(problem.line)
    mark = _coloured("mark", "^" * width)
    return f"  {number} | {shown}\n  {' ' * len(number)} | {indent}{mark}\n"


def _range(problem: Problem, line: str) -> tuple[int, int]:
    """The first character of the problem in its line, and the one after its last in this line."""
    start = (problem.column or 1) - 1
    if problem.end_line == problem.line:
        return start, max((problem.end_column or 1) - 1, start)
    return start, max(len(line.rstrip()), start)


def _visible(character: str) -> str:
    """A character that a terminal shows and nothing else."""
    if character == "\t" or character.isprintable() or category(character) == "Zs":
        return character
    return "\N{REPLACEMENT CHARACTER}"


def _blank(character: str) -> str:
    """White space as wide as a character."""
    return "\t" if character == "\t" else " " * _cells(_visible(character))


def _cells(character: str) -> int:
    """How many places of a terminal a character takes."""
    if category(character) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1
