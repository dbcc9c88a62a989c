"""Rewording the documentation in the schema changes neither the linter nor the emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree

from bxml.schema import XS
from tests.package_copies import Copy

CASES: Final = Path(__file__).parent / "lint" / "cases"

PROGRAM: Final = f"""
import json
from pathlib import Path

from bxml import schema, validate
from bxml.schema import CONTEXTS
from callcontrol.emulator.attribute_values import default

findings = [
    (file.name, context, problem.rule, problem.line, problem.column, problem.end_line, problem.end_column, problem.message)
    for file in sorted(Path({str(CASES)!r}).rglob("*.bxml"))
    for context in CONTEXTS
    for problem in validate(file.read_bytes(), select=["all"], context=context)
]
elements = schema.vocabulary().elements
defaults = {{f"{{verb}}/@{{name}}": default(verb, name) for verb in elements for name in elements[verb].attributes}}
print(json.dumps([findings, defaults]))
"""
"""A program that prints the problems in all test cases of the linter, and the emulator's default for each attribute."""


def result_of(copy: Copy) -> Any:
    """Return the output of the program in a copy of the source tree."""
    finished = copy.run(PROGRAM)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the output of the program with the original schema."""
    return result_of(Copy(tmp_path_factory.mktemp("original")))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """Return a copy of the source tree."""
    return Copy(tmp_path)


def test_documentation_can_be_reworded(copy: Copy, original: Any) -> None:
    """Replacing the documentation of all elements and attributes changes no problem and no default."""
    tree = etree.parse(copy.schema)
    for kind in ("element", "attribute"):
        for node in tree.iter(f"{XS}{kind}"):
            for documentation in node.findall(f"{XS}annotation/{XS}documentation"):
                documentation.text = "Another sentence."
    tree.write(copy.schema)
    assert result_of(copy) == original


def test_documentation_can_be_removed(copy: Copy, original: Any) -> None:
    """Without documentation in the schema, problems and defaults are the same, except for the messages of problems."""
    tree = etree.parse(copy.schema)
    documentation = list(tree.iter(f"{XS}documentation"))
    for node in documentation:
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)
    tree.write(copy.schema)
    (findings, defaults), (expected, expected_defaults) = result_of(copy), original
    assert [finding[:-1] for finding in findings] == [finding[:-1] for finding in expected]
    assert defaults == expected_defaults


def test_compared_output_is_not_empty(original: Any) -> None:
    """The compared output contains a problem of each rule and at least one default."""
    from bxml.lint.rules import RULES

    findings, defaults = original
    assert RULES.keys() <= {finding[2] for finding in findings}
    assert any(defaults.values())
