"""SARIF 2.1.0, which GitHub code scanning, GitLab and editors read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from bxml.command.checker import Results
from bxml.command.formats import from_root
from bxml.lint import registry
from bxml.problem import Problem

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def report(results: Results) -> Iterator[str]:
    """One log with one run, whose rules are all there are, and a line for each result."""
    from bxml import __version__  # read only now

    rules = [_rule(entry) for entry in registry.entries().values()]
    driver = {"name": "bxml", "version": __version__, "rules": rules}
    places = {name: place for place, name in enumerate(registry.entries())}
    yield f'{{"$schema": {json.dumps(SCHEMA)}, "version": "2.1.0", "runs": [{{\n'
    yield f'"tool": {{"driver": {json.dumps(driver)}}},\n"columnKind": "unicodeCodePoints",\n"results": ['
    between = "\n"
    failures: list[dict[str, object]] = []
    for checked in results:
        if checked.failure:
            failures.append(_failure(checked.name, checked.failure))
        for problem in checked.problems:
            yield between + json.dumps(_result(problem, places[problem.rule]))
            between = ",\n"
    invocation = {"executionSuccessful": not failures, "toolExecutionNotifications": failures}
    yield f'\n],\n"invocations": [{json.dumps(invocation)}]\n}}]}}\n'


def _rule(entry: registry.Entry) -> dict[str, object]:
    return {
        "id": entry.name,
        "shortDescription": {"text": entry.summary},
        "fullDescription": {"text": entry.page.split("\n\n")[1]},
        "help": {"text": entry.page},
        "helpUri": entry.source,
        "defaultConfiguration": {"level": entry.severity, "enabled": entry.is_on},
    }


def _result(problem: Problem, place: int) -> dict[str, object]:
    region = {
        "startLine": problem.line,
        "startColumn": problem.column,
        "endLine": problem.end_line,
        "endColumn": problem.end_column,
    }
    location: dict[str, object] = {"physicalLocation": {"artifactLocation": _artifact(problem.name), "region": region}}
    if problem.path:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.path, "kind": "element"}]
    return {
        "ruleId": problem.rule,
        "ruleIndex": place,
        "level": problem.severity,
        "message": {"text": problem.message},
        "locations": [location],
    }


def _failure(name: str, why: str) -> dict[str, object]:
    return {
        "level": "error",
        "message": {"text": f"{name}: {why}"},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(name)}}],
    }


def _artifact(name: str) -> dict[str, object]:
    """Where a file lies: relative to where the command ran, unless it was named from the root of the machine."""
    path = quote(os.fsencode(from_root(name).replace(os.sep, "/")))
    return {"uri": f"file://{path}"} if os.path.isabs(from_root(name)) else {"uri": path, "uriBaseId": "%SRCROOT%"}
