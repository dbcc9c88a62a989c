"""The json format, for programs. The format is stable: within a version, members can be added, but not changed or removed.

::

    {"version": 1,
     "problems": [{"file": "menu.bxml", "line": 2, "column": 11, "end_line": 2, "end_column": 20, "path": "Response/…",
                   "severity": "error", "rule": "unknown-attribute", "message": "…",
                   "fix": {"message": "…", "edits": [{"line": 2, "column": 11, "end_line": 2, "end_column": 20,
                                                     "text": "maxDigits"}]}}],
     "failures": [{"file": "secret.bxml", "message": "Permission denied"}],
     "summary": {"files": 1, "files_with_problems": 1, "errors": 1, "warnings": 0,
                 "known": 0, "fixed": 0, "not_reported": 0}}

Lines and columns are counted from 1, columns in characters; end positions are exclusive. ``fix`` is ``null`` if no fix is
certain.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from bxml.command.checker import Checked, Results
from bxml.problem import Problem

VERSION: Final = 1
"""The version of the format; it changes when a member is changed or removed."""


def report(results: Results) -> Iterator[str]:
    """Yield one JSON object, with each problem on a line of its own."""
    failures: list[Checked] = []
    yield f'{{"version": {VERSION}, "problems": ['
    separator = "\n"
    for checked in results:
        failures += [checked] if checked.failure else []
        for problem in checked.problems:
            yield separator + json.dumps(_problem(problem))
            separator = ",\n"
    yield f"\n], {ending(results, failures)}"


def ending(results: Results, failures: Iterable[Checked]) -> str:
    """Return the members that follow the problems.

    Args:
        results: The counted results.
        failures: The results of the files that could not be read.
    """
    failed = [{"file": checked.name, "message": checked.failure} for checked in failures]
    summary = {
        "files": results.files,
        "files_with_problems": results.with_problems,
        "errors": results.errors,
        "warnings": results.warnings,
        "known": results.known,
        "fixed": results.fixes,
        "not_reported": results.left_out,
    }
    return f'"failures": {json.dumps(failed)},\n"summary": {json.dumps(summary)}}}\n'


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.name,
        "line": problem.line,
        "column": problem.column,
        "end_line": problem.end_line,
        "end_column": problem.end_column,
        "path": problem.path,
        "severity": problem.severity,
        "rule": problem.rule,
        "message": problem.message,
        "fix": problem.fix and {"message": problem.fix.message, "edits": [edit._asdict() for edit in problem.fix.edits]},
    }
