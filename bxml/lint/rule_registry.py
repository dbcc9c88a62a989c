"""The registry of all rules by name: the rules of the schema, and the rules of :mod:`bxml.lint.rules`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, NamedTuple

from bxml.lint.rule import Rule
from bxml.lint.rules import OFF_BY_DEFAULT, RULES
from bxml.lint.schema_rule_docs import PAGES
from bxml.messages.text import did_you_mean, join_names, shorten
from bxml.parsing.syntax_errors import NOT_XML
from bxml.problem import Severity
from bxml.schema import CONTEXTS, Context

SCHEMA_WARNINGS: Final = frozenset({"unchecked-attribute", "unused-suppression"})
"""The rules of the schema that are warnings by default."""

GROUPS: Final = ("all", "default", "schema")
"""The names that select several rules."""


class Entry(NamedTuple):
    """A rule in the registry."""

    name: str
    severity: Severity
    """The default severity."""
    page: str
    """The documentation: what the rule does, why it exists, examples, and the URL of its source."""
    is_on: bool
    """True if the rule is on by default."""
    rule: Rule | None
    """The module of the rule; ``None`` for a rule of the schema."""

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.page.partition("\n")[0]

    @property
    def plain_page(self) -> str:
        """The documentation as plain text, without the double colons before examples."""
        return self.page.replace("::\n\n", ":\n\n")

    @property
    def source(self) -> str:
        """The URL of the page that the rule is based on."""
        return self.page.rpartition("Source: ")[2].split()[0]


class UnknownName(ValueError):
    """An unknown name of a rule or context, or a rule that cannot be ignored."""


@cache
def entries() -> Mapping[str, Entry]:
    """Return all rules by name, the rules of the schema first."""
    of_schema = [
        Entry(name, "warning" if name in SCHEMA_WARNINGS else "error", page, is_on=True, rule=None)
        for name, page in PAGES.items()
    ]
    others = [Entry(name, rule.SEVERITY, rule.__doc__ or "", name not in OFF_BY_DEFAULT, rule) for name, rule in RULES.items()]
    return {entry.name: entry for entry in (*of_schema, *others)}


def selected(select: Iterable[str] = ("default",), ignore: Iterable[str] = ()) -> frozenset[str]:
    """Return the names of the selected rules, except the ignored rules.

    The rules for malformed XML are always selected, because nothing else can be checked if one of these rules is violated.

    Args:
        select: The names of rules or groups to select.
        ignore: The names of rules or groups to ignore.

    Raises:
        UnknownName: If a name is unknown, or a rule cannot be ignored.
    """
    ignored = {rule for name in ignore for rule in _expanded(name, ignored=True)}
    return frozenset(rule for name in select for rule in _expanded(name)) - ignored | NOT_XML


def _expanded(name: str, *, ignored: bool = False) -> list[str]:
    """Return the names of the rules that a name or a group selects."""
    if name not in (*GROUPS, *entries()):
        hint = did_you_mean(name, (*GROUPS, *entries())) or "; run bxml explain to list the rules"
        raise UnknownName(f"{shorten(name)} is not a rule{hint}")
    if ignored and name in NOT_XML:
        raise UnknownName(f"{name} cannot be ignored, because nothing else can be checked in a document that violates it")
    if name == "all":
        return [*entries()]
    if name == "default":
        return [entry.name for entry in entries().values() if entry.is_on]
    if name == "schema":
        return [entry.name for entry in entries().values() if entry.rule is None]
    return [name]


def context(name: str) -> Context:
    """Return the context with a name.

    Raises:
        UnknownName: If no context has this name.
    """
    for known in CONTEXTS:
        if name == known:
            return known
    raise UnknownName(f"{shorten(str(name))} is not a context; expected {join_names(CONTEXTS, 'or')}")
