"""The registry of rules, and the documentation of each rule."""

from __future__ import annotations

import fnmatch
import re
from typing import NamedTuple

import pytest

from bxml import schema, validate
from bxml.lint import rule_registry
from bxml.lint.rules import OFF_BY_DEFAULT, RULES
from bxml.schema import CONTEXTS

WITHOUT_EXAMPLE = {"against-schema", "document-size", "nesting-depth", "unchecked-attribute"}
"""The rules without examples: only Python values violate the rule, no violation is known, or an example would be too long."""

EXAMPLE = re.compile(r"^(Example|Use instead)(?: \(--context ([\w-]+)\))?::\n\n((?:    .*\n|\n)+)", re.MULTILINE)


class Example(NamedTuple):
    """An example in the documentation of a rule."""

    rule: str
    kind: str
    context: str
    text: str


def examples() -> list[Example]:
    """Return the examples of all rules."""
    return [
        Example(entry.name, kind, context or "call", re.sub("^    ", "", text, flags=re.MULTILINE).strip("\n"))
        for entry in rule_registry.entries().values()
        for kind, context, text in EXAMPLE.findall(entry.page)
    ]


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example.rule}-{example.kind}")
def test_examples_are_correct(example: Example) -> None:
    """An example violates its rule and no other default rule. Its replacement violates no rule."""
    found = {
        problem.rule
        for problem in validate(
            example.text,
            context=example.context,  # type: ignore[arg-type]
            select=["default", example.rule],
        )
    }
    assert found == ({example.rule} if example.kind == "Example" else set())


@pytest.mark.parametrize("entry", rule_registry.entries().values(), ids=lambda entry: entry.name)
def test_documentation_is_complete(entry: rule_registry.Entry) -> None:
    """The documentation has a summary, two sections that explain the rule, an example, its replacement, and a source."""
    first, blank, *_ = entry.page.split("\n")
    assert first.endswith(".")
    assert len(first) <= 100
    assert not blank
    assert "\n\nWhat it does\n" in entry.page
    assert "\n\nWhy is this bad?\n" in entry.page
    kinds = [kind for kind, _, _ in EXAMPLE.findall(entry.page)]
    if entry.name not in WITHOUT_EXAMPLE:
        assert {"Example", "Use instead"} <= set(kinds)
    assert re.search(r"^Source: \S+", entry.page, re.MULTILINE)


@pytest.mark.parametrize("name", RULES)
def test_targets_of_rules_exist(name: str) -> None:
    """Each element and attribute that a rule names in ``TARGETS`` exists in the schema."""
    targets = {
        target
        for element in schema.vocabulary().declarations()
        for target in (
            element.name,
            *(f"@{attribute}" for attribute in element.attributes),
            *(f"{element.name}/@{attribute}" for attribute in element.attributes),
        )
    }
    for pattern in RULES[name].TARGETS:
        assert fnmatch.filter(targets, pattern), pattern


def test_rules_off_by_default_are_documented() -> None:
    """If a rule is off by default, its documentation says so."""
    assert RULES.keys() >= OFF_BY_DEFAULT
    for name in OFF_BY_DEFAULT:
        assert "off by default" in (RULES[name].__doc__ or "").replace("\n", " "), name


def test_contexts_of_examples_exist() -> None:
    """The context of each example is one of the contexts in the schema."""
    assert {example.context for example in examples()} <= set(CONTEXTS)
