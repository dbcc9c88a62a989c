"""The gitlab format: a Code Quality report, which GitLab shows in merge requests, beside the changed lines.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from bxml.command.checker import Checked, Results
from bxml.command.fingerprints import fingerprints
from bxml.command.formats import plain
from bxml.command.repository_paths import repository_path, repository_root
from bxml.problem import Problem

SEVERITIES: Final = {"error": "major", "warning": "minor"}
"""The severity in GitLab for each severity of a problem."""

UNREADABLE: Final = "unreadable-file"
"""The name of the check that reports files that could not be read."""


def report(results: Results) -> Iterator[str]:
    """Yield a JSON array with one object for each problem, and for each file that could not be read."""
    root = repository_root()
    separator = "[\n"
    for checked in results:
        # GitLab reads UTF-8, so the bytes of other encodings are escaped.
        path = plain(repository_path(checked.name, root))
        for violation in _violations(checked, path):
            yield separator + json.dumps(violation)
            separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _violations(checked: Checked, path: str) -> Iterator[dict[str, object]]:
    if checked.failure:
        (fingerprint,) = fingerprints(Checked(checked.name, (Problem(UNREADABLE, checked.failure),)), path)
        yield _violation(UNREADABLE, checked.failure, "blocker", fingerprint, {"path": path, "lines": {"begin": 1}})
    for problem, fingerprint in zip(checked.problems, fingerprints(checked, path), strict=True):
        positions = {
            "begin": {"line": problem.line, "column": problem.column},
            "end": {"line": problem.end_line, "column": problem.end_column},
        }
        location = {"path": path, "lines": {"begin": problem.line, "end": problem.end_line}, "positions": positions}
        yield _violation(problem.rule, problem.message, SEVERITIES[problem.severity], fingerprint, location)


def _violation(rule: str, message: str, severity: str, fingerprint: str, location: object) -> dict[str, object]:
    return {
        "type": "issue",
        "description": message,
        "check_name": rule,
        "categories": ["Bug Risk"],
        "severity": severity,
        "fingerprint": fingerprint,
        "location": location,
    }
