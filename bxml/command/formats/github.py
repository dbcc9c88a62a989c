"""The github format: workflow commands that GitHub Actions shows as annotations in the changed files.

GitHub shows at most ten errors and ten warnings of a step, and drops the rest without a message. Therefore the first ten of
each severity become annotations, errors before warnings. All other problems are plain lines in the log, and the summary counts
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.command.checker import Results
from bxml.command.formats import concise, from_root, plain
from bxml.problem import Problem, Severity

MAX_ANNOTATIONS: Final = 10
"""The number of annotations of one severity that GitHub shows for one step."""


def report(results: Results) -> Iterator[str]:
    """Yield plain lines for the problems that GitHub would not show, annotations for the other problems, then the summary."""
    annotated: dict[Severity, list[Problem]] = {"error": [], "warning": []}
    for checked in results:
        for problem in checked.problems:
            if len(annotated[problem.severity]) < MAX_ANNOTATIONS:
                annotated[problem.severity].append(problem)
            else:
                yield concise.line(problem) + "\n"
    for problems in annotated.values():
        for problem in problems:
            yield _annotation(problem) + "\n"
    plain_lines = results.errors + results.warnings - results.left_out - sum(map(len, annotated.values()))
    note = f"; {plain_lines:,} of them listed above without an annotation" if plain_lines else ""
    yield results.ending(note)


def _annotation(problem: Problem) -> str:
    """Return a problem as a workflow command."""
    properties = {
        "file": plain(from_root(problem.name)),
        "line": problem.line,
        "col": problem.column,
        "endLine": problem.end_line,
        # GitHub accepts columns only for a range within one line.
        "endColumn": (problem.end_column or 1) if problem.end_line == problem.line else None,
        "title": problem.rule,
    }
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None)
    return f"::{problem.severity} {given}::{_data(plain(problem.message))}"


def _data(text: str) -> str:
    """Escape the message of a workflow command."""
    # The percent sign comes first, because the other replacements contain it.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape the value of a property of a workflow command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
