"""The concise format: one line for each problem, as compilers print it, for editors and ``grep``."""

from __future__ import annotations

from collections.abc import Iterator

from bxml.command.checker import Results
from bxml.command.formats import plain
from bxml.problem import Problem


def report(results: Results) -> Iterator[str]:
    """Yield ``file:line:column: severity: message [rule]`` for each problem, then the summary."""
    for checked in results:
        for problem in checked.problems:
            yield line(problem) + "\n"
    yield results.ending()


def line(problem: Problem) -> str:
    """Return a problem as one line."""
    place = f"{problem.name}:{problem.line}:{problem.column}"
    return plain(f"{place}: {problem.severity}: {problem.message} [{problem.rule}]")
