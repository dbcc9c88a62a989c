"""Every rule keeps the promises of its page, and is one that can be found, explained and switched."""

from __future__ import annotations

import fnmatch
import re
from typing import NamedTuple

import pytest

from bxml import schema, validate
from bxml.lint import registry
from bxml.lint.rules import OFF_BY_DEFAULT, RULES
from bxml.schema import CONTEXTS

NEEDLESS = {"against-schema", "document-size", "nesting-depth", "unchecked-attribute"}
"""Rules that no example shows: what they find is found in values, or is not known to exist, or fills more than a page."""

EXAMPLE = re.compile(r"^(Bad|Good)(?: \(--context ([\w-]+)\))?::\n\n((?:    .*\n|\n)+)", re.MULTILINE)


class Example(NamedTuple):
    """An example on a page."""

    rule: str
    kind: str
    context: str
    text: str


def examples() -> list[Example]:
    """All examples of all pages."""
    return [
        Example(entry.name, kind, context or "call", re.sub("^    ", "", text, flags=re.MULTILINE).strip("\n"))
        for entry in registry.entries().values()
        for kind, context, text in EXAMPLE.findall(entry.page)
    ]


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example.rule}-{example.kind}")
def test_examples_of_pages(example: Example) -> None:
    """A bad example breaks its rule and no other, whatever others are switched on; a good one breaks none."""
    found = {
        problem.rule
        for problem in validate(
            example.text,
            context=example.context,  # type: ignore[arg-type]
            select=["default", example.rule],
        )
    }
    assert found == ({example.rule} if example.kind == "Bad" else set())


@pytest.mark.parametrize("entry", registry.entries().values(), ids=lambda entry: entry.name)
def test_pages_are_whole(entry: registry.Entry) -> None:
    """Each page says in one line what is found, then why, shows both sides, and names its source."""
    first, blank, *rest = entry.page.split("\n")
    assert first.endswith(".")
    assert len(first) <= 100
    assert not blank
    assert rest
    kinds = [kind for kind, _, _ in EXAMPLE.findall(entry.page)]
    if entry.name not in NEEDLESS:
        assert {"Bad", "Good"} <= set(kinds)
    assert re.search(r"^Source: \S+", entry.page, re.MULTILINE)


@pytest.mark.parametrize("name", RULES)
def test_rules_look_at_what_exists(name: str) -> None:
    """Each place that a rule looks at is one of the schema."""
    places = {
        place
        for element in schema.law().declarations()
        for place in (
            element.name,
            *(f"@{attribute}" for attribute in element.attributes),
            *(f"{element.name}/@{attribute}" for attribute in element.attributes),
        )
    }
    for place in RULES[name].AT:
        assert fnmatch.filter(places, place), place


def test_rules_off_by_default_are_rules() -> None:
    """What is off by default exists, and says on its page why it is off."""
    assert RULES.keys() >= OFF_BY_DEFAULT
    for name in OFF_BY_DEFAULT:
        assert "off by default" in (RULES[name].__doc__ or "").replace("\n", " "), name


def test_contexts_of_examples_exist() -> None:
    """No example names a context that does not exist."""
    assert {example.context for example in examples()} <= set(CONTEXTS)
