"""The sarif format: SARIF 2.1.0, which GitHub code scanning, GitLab and editors read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from bxml.command.checker import Checked, Results
from bxml.command.fingerprints import fingerprints, line_hashes
from bxml.command.host_languages import host_language
from bxml.command.repository_paths import repository_path, repository_root
from bxml.command.rule_markdown import escape_markdown, rule_markdown
from bxml.lint import rule_registry
from bxml.messages.text import counted
from bxml.problem import Fix, Problem

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
"""The URL of the schema of the format."""

ROOT: Final = "%SRCROOT%"
"""The name of the root of the repository, to which the URIs of files are relative."""

MAX_CONTEXT: Final = 1000
"""The maximum number of characters of the document in a result."""


def report(results: Results) -> Iterator[str]:
    """Yield one log with one run: all rules, then each result on a line of its own."""
    rules = [_rule(entry) for entry in rule_registry.entries().values()]
    indexes = {name: index for index, name in enumerate(rule_registry.entries())}
    root = repository_root()
    yield f'{{"$schema": {json.dumps(SCHEMA)}, "version": "2.1.0", "runs": [{{\n'
    yield f'"tool": {{"driver": {json.dumps(_tool() | {"rules": rules})}}},\n'
    # Columns count characters; SARIF also allows UTF-16 code units, in which an emoji counts as two.
    yield f'"columnKind": "unicodeCodePoints",\n{_origin()}"results": ['
    separator = "\n"
    failures: list[dict[str, object]] = []
    for checked in results:
        artifact = _artifact(checked.name, root)
        if checked.failure:
            failures.append(_failure(f"{checked.name}: {checked.failure}", artifact))
        for result in _results(checked, artifact, indexes):
            yield separator + json.dumps(result)
            separator = ",\n"
    invocation = {"executionSuccessful": not failures, "toolExecutionNotifications": failures}
    if results.left_out:
        message = f"--max-problems left {counted(results.left_out, 'problem')} out of this log."
        failures.append({"level": "note", "message": _message(message)})
    yield f'\n],\n"invocations": [{json.dumps(invocation)}]\n}}]}}\n'


def _tool() -> dict[str, object]:
    # Imported here because reading the metadata of the installed package takes time.
    from importlib.metadata import metadata

    package = metadata("bxml-callcontrol")
    # Each field is "label, URL".
    urls = dict(field.split(", ", 1) for field in package.get_all("Project-URL", ()))
    return {
        "name": "bxml",
        "version": package["Version"],
        "semanticVersion": package["Version"],
        "informationUri": urls["Documentation"],
    }


def _origin() -> str:
    """Return the members that name the root of the URIs and, if the CI system provides it, the checked commit."""
    description = "The root of the repository, or the current directory outside of a repository."
    members: dict[str, object] = {"originalUriBaseIds": {ROOT: {"description": {"text": description}}}}
    server, repository = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    uri = f"{server}/{repository}" if server and repository else os.environ.get("CI_PROJECT_URL")
    revision = os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA")
    if uri and revision:
        control = {"repositoryUri": uri, "revisionId": revision, "mappedTo": {"uriBaseId": ROOT}}
        members["versionControlProvenance"] = [control]
    return "".join(f"{json.dumps(name)}: {json.dumps(value)},\n" for name, value in members.items())


def _rule(entry: rule_registry.Entry) -> dict[str, object]:
    # The name must differ from the id by more than its case.
    words = entry.name.split("-") if "-" in entry.name else re.findall(r"\w\w+", entry.summary)
    markdown = f"{escape_markdown(entry.summary)}\n\n{rule_markdown(entry)}\n\n[Source]({entry.source})"
    return {
        "id": entry.name,
        "name": "".join(map(str.capitalize, words)),
        "shortDescription": {"text": entry.summary},
        "fullDescription": {"text": entry.page.split("\n\n")[1]},
        "help": {"text": entry.plain_page, "markdown": markdown},
        "helpUri": entry.source,
        "defaultConfiguration": {"level": entry.severity, "enabled": entry.is_on},
    }


def _results(checked: Checked, artifact: dict[str, object], indexes: dict[str, int]) -> Iterator[dict[str, object]]:
    # str.splitlines would also split at characters that do not end a line in XML.
    lines = re.split("\r\n|\r|\n", checked.text)
    hashes = line_hashes(checked.text, {problem.line or 1 for problem in checked.problems})
    for problem, fingerprint in zip(checked.problems, fingerprints(checked), strict=True):
        regions = _regions(problem, lines)
        if host_language(checked.name):
            # The lines around a document in a program are code, which can contain secrets.
            regions.pop("contextRegion", None)
        physical = {"artifactLocation": artifact, **regions}
        location: dict[str, object] = {"physicalLocation": physical}
        if problem.path:
            location["logicalLocations"] = [{"fullyQualifiedName": problem.path, "kind": "element"}]
        # GitHub recognizes alerts by the first fingerprint. The second one also survives changes elsewhere in the line.
        by_name = {"primaryLocationLineHash": hashes.get(problem.line or 1), "bxmlProblem/v1": fingerprint}
        result: dict[str, object] = {
            "ruleId": problem.rule,
            "ruleIndex": indexes[problem.rule],
            "level": problem.severity,
            "message": _message(problem.message),
            "locations": [location],
            "partialFingerprints": {name: value for name, value in by_name.items() if value},
        }
        yield result | {"fixes": [_fix(problem.fix, artifact)]} if problem.fix else result


def _regions(problem: Problem, lines: list[str]) -> dict[str, object]:
    """Return the regions of the marked part and of the lines around it. A region includes its text unless the text is long."""
    first, last = problem.line or 1, problem.end_line or 1
    region: dict[str, object] = {
        "startLine": problem.line,
        "startColumn": problem.column,
        "endLine": problem.end_line,
        "endColumn": problem.end_column,
    }
    around = lines[max(0, first - 2) : last + 1]
    text = "\n".join(around)
    if len(text) > MAX_CONTEXT or last > len(lines):
        return {"region": region}
    marked = lines[first - 1 : last]
    # The end comes first, because it is counted from the beginning of the same string if the part is on one line.
    marked[-1] = marked[-1][: (problem.end_column or 1) - 1]
    marked[0] = marked[0][(problem.column or 1) - 1 :]
    start = max(1, first - 1)
    context = {"startLine": start, "endLine": start + len(around) - 1, "snippet": {"text": text}}
    return {"region": region | {"snippet": {"text": "\n".join(marked)}}, "contextRegion": context}


def _fix(fix: Fix, artifact: dict[str, object]) -> dict[str, object]:
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
    change = {"artifactLocation": artifact, "replacements": replacements}
    return {"description": _message(fix.message), "artifactChanges": [change]}


def _failure(text: str, artifact: dict[str, object]) -> dict[str, object]:
    return {"level": "error", "message": _message(text), "locations": [{"physicalLocation": {"artifactLocation": artifact}}]}


def _message(text: str) -> dict[str, object]:
    """Return a message, escaped as sections 3.11.5 and 3.11.6 of the standard require.

    A brace is doubled, because ``{0}`` is a placeholder. A text that looks like a link, such as ``[a](b)``, would be shown as a
    link; all other brackets stay as they are, because they need no escape.
    """
    if "](" in text:
        text = re.sub(r"[\\\[\]]", r"\\\g<0>", text)
    return {"text": text.replace("{", "{{").replace("}", "}}")}


def _artifact(name: str, root: str) -> dict[str, object]:
    """Return the location of a file: a URI relative to the root of the repository, or a file URL for a file outside of it."""
    path = repository_path(name, root)
    # Encoded as bytes, because a file name need not be valid UTF-8.
    uri = quote(os.fsencode(path))
    return {"uri": f"file:///{uri.lstrip('/')}"} if os.path.isabs(path) else {"uri": uri, "uriBaseId": ROOT}
