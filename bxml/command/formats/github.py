"""For GitHub Actions: problems become annotations in the changed files.

GitHub shows ten errors and ten warnings of a step and keeps silent about the rest. So the first ten of each are annotations,
errors before warnings, all others stand in the log as plain lines, and the last line says how many those are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.command.checker import Results
from bxml.command.formats import concise, from_root, plain
from bxml.problem import Problem, Severity

SHOWN: Final = 10
"""Annotations of one severity that GitHub shows of one step."""


def report(results: Results) -> Iterator[str]:
    """Plain lines for what GitHub would not show, annotations for the rest, and a line that counts both."""
    annotated: dict[Severity, list[Problem]] = {"error": [], "warning": []}
    for checked in results:
        for problem in checked.problems:
            if len(annotated[problem.severity]) < SHOWN:
                annotated[problem.severity].append(problem)
            else:
                yield concise.line(problem) + "\n"
    for problems in annotated.values():
        for problem in problems:
            yield _annotation(problem) + "\n"
    left_out = results.errors + results.warnings - sum(map(len, annotated.values()))
    yield results.summary + (f"; {left_out:,} of them not annotated, but listed above" if left_out else "") + "\n"


def _annotation(problem: Problem) -> str:
    """A workflow command."""
    properties = {
        "file": plain(from_root(problem.name)),
        "line": problem.line,
        "col": problem.column,
        "endLine": problem.end_line,
        "endColumn": (problem.end_column or 1) if problem.end_line == problem.line else None,
        "title": problem.rule,
    }
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None)
    return f"::{problem.severity} {given}::{_data(plain(problem.message))}"


def _data(text: str) -> str:
    """A text in which no command ends."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A text in which no property ends."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
