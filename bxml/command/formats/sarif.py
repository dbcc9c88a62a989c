"""The sarif format: SARIF 2.1.0, which GitHub code scanning, GitLab and editors read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from bxml.command.checker import Results
from bxml.command.formats import from_root
from bxml.lint import rule_registry
from bxml.problem import Fix, Problem

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
"""The URL of the schema of the format."""


def report(results: Results) -> Iterator[str]:
    """Yield one log with one run: all rules, then each result on a line of its own."""
    # Imported here because reading the version of the installed package takes time.
    from bxml import __version__

    rules = [_rule(entry) for entry in rule_registry.entries().values()]
    driver = {"name": "bxml", "version": __version__, "rules": rules}
    indexes = {name: index for index, name in enumerate(rule_registry.entries())}
    yield f'{{"$schema": {json.dumps(SCHEMA)}, "version": "2.1.0", "runs": [{{\n'
    # Columns count characters; SARIF also allows UTF-16 code units, in which an emoji counts as two.
    yield f'"tool": {{"driver": {json.dumps(driver)}}},\n"columnKind": "unicodeCodePoints",\n"results": ['
    separator = "\n"
    failures: list[dict[str, object]] = []
    for checked in results:
        if checked.failure:
            failures.append(_failure(checked.name, checked.failure))
        for problem in checked.problems:
            yield separator + json.dumps(_result(problem, indexes[problem.rule]))
            separator = ",\n"
    invocation = {"executionSuccessful": not failures, "toolExecutionNotifications": failures}
    yield f'\n],\n"invocations": [{json.dumps(invocation)}]\n}}]}}\n'


def _rule(entry: rule_registry.Entry) -> dict[str, object]:
    return {
        "id": entry.name,
        "shortDescription": {"text": entry.summary},
        "fullDescription": {"text": entry.page.split("\n\n")[1]},
        "help": {"text": entry.page},
        "helpUri": entry.source,
        "defaultConfiguration": {"level": entry.severity, "enabled": entry.is_on},
    }


def _result(problem: Problem, rule_index: int) -> dict[str, object]:
    region = {
        "startLine": problem.line,
        "startColumn": problem.column,
        "endLine": problem.end_line,
        "endColumn": problem.end_column,
    }
    location: dict[str, object] = {"physicalLocation": {"artifactLocation": _artifact(problem.name), "region": region}}
    if problem.path:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.path, "kind": "element"}]
    result: dict[str, object] = {
        "ruleId": problem.rule,
        "ruleIndex": rule_index,
        "level": problem.severity,
        "message": {"text": problem.message},
        "locations": [location],
    }
    return result | {"fixes": [_fix(problem.name, problem.fix)]} if problem.fix else result


def _fix(name: str, fix: Fix) -> dict[str, object]:
    replacements = [
        {
            "deletedRegion": {
                "startLine": edit.line,
                "startColumn": edit.column,
                "endLine": edit.end_line,
                "endColumn": edit.end_column,
            },
            "insertedContent": {"text": edit.text},
        }
        for edit in fix.edits
    ]
    change = {"artifactLocation": _artifact(name), "replacements": replacements}
    return {"description": {"text": fix.message}, "artifactChanges": [change]}


def _failure(name: str, reason: str) -> dict[str, object]:
    return {
        "level": "error",
        "message": {"text": f"{name}: {reason}"},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(name)}}],
    }


def _artifact(name: str) -> dict[str, object]:
    """Return the location of a file: a relative URI, or a file URL if the user gave an absolute path."""
    # Encoded as bytes, because a file name need not be valid UTF-8.
    path = quote(os.fsencode(from_root(name).replace(os.sep, "/")))
    return {"uri": f"file://{path}"} if os.path.isabs(from_root(name)) else {"uri": path, "uriBaseId": "%SRCROOT%"}
