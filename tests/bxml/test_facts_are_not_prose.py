"""The documentation in the schema is prose: rewording it changes neither what the linter finds nor what the emulator does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree

from bxml.schema import XS
from tests.copies import Copy

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
elements = schema.law().elements
defaults = {{f"{{verb}}/@{{name}}": default(verb, name) for verb in elements for name in elements[verb].attributes}}
print(json.dumps([findings, defaults]))
"""
"""Prints everything that the linter finds in the case files, and every default of the emulator."""


def result_of(copy: Copy) -> Any:
    """What the program prints on a copy."""
    finished = copy.run(PROGRAM)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the program prints on the schema as it is."""
    return result_of(Copy(tmp_path_factory.mktemp("original")))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A copy to change."""
    return Copy(tmp_path)


def test_the_documentation_can_be_reworded(copy: Copy, original: Any) -> None:
    """With another sentence on every element and attribute, each finding is the same to the letter, and each default."""
    tree = etree.parse(copy.schema)
    for kind in ("element", "attribute"):
        for node in tree.iter(f"{XS}{kind}"):
            for documentation in node.findall(f"{XS}annotation/{XS}documentation"):
                documentation.text = "Another sentence."
    tree.write(copy.schema)
    assert result_of(copy) == original


def test_the_documentation_can_be_removed(copy: Copy, original: Any) -> None:
    """Without any documentation, the same findings stand at the same places; only their wording has less to draw on."""
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


def test_the_cases_have_findings_and_the_schema_has_defaults(original: Any) -> None:
    """There is something to compare: a finding of each rule, and defaults that the documentation has, too."""
    from bxml.lint.rules import RULES

    findings, defaults = original
    assert RULES.keys() <= {finding[2] for finding in findings}
    assert any(defaults.values())
