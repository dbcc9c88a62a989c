"""One line for each problem, as compilers have it: editors and ``grep`` know the form."""

from __future__ import annotations

from collections.abc import Iterator

from bxml.command.checker import Results
from bxml.command.formats import plain
from bxml.problem import Problem


def report(results: Results) -> Iterator[str]:
    """``file:line:column: severity: message [rule]`` for each problem, and a line that counts them."""
    for checked in results:
        for problem in checked.problems:
            yield line(problem) + "\n"
    yield results.summary + "\n"


def line(problem: Problem) -> str:
    """One problem in one line."""
    place = f"{problem.name}:{problem.line}:{problem.column}"
    return plain(f"{place}: {problem.severity}: {problem.message} [{problem.rule}]")
