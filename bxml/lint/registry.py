"""Every rule by its name: those that find what the schema does not allow, and those of :mod:`bxml.lint.rules`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, NamedTuple

from bxml.lint.rule import Rule
from bxml.lint.rules import OFF_BY_DEFAULT, RULES
from bxml.lint.schema_rule_docs import PAGES
from bxml.messages.text import cut, listed, near
from bxml.parsing.syntax_errors import NOT_XML
from bxml.problem import Severity
from bxml.schema import CONTEXTS, Context

WARNINGS_OF_THE_SCHEMA: Final = frozenset({"unchecked-attribute", "unused-suppression"})

GROUPS: Final = ("all", "default", "schema")
"""Words that stand for several rules where rules are selected."""


class Entry(NamedTuple):
    """One rule."""

    name: str
    severity: Severity
    page: str
    """What it does, why, an example of each kind, and where the fact is from."""
    is_on: bool
    """Whether it is one that needs not be asked for."""
    rule: Rule | None
    """``None`` if it finds what the schema does not allow."""

    @property
    def summary(self) -> str:
        """The first line of its page."""
        return self.page.partition("\n")[0]

    @property
    def source(self) -> str:
        """Where the fact is from."""
        return self.page.rpartition("Source: ")[2].split()[0]


class UnknownName(ValueError):
    """A name that no rule or context has; its text is a sentence."""


@cache
def entries() -> Mapping[str, Entry]:
    """All rules by their names, those of the schema first."""
    of_schema = [
        Entry(name, "warning" if name in WARNINGS_OF_THE_SCHEMA else "error", page, is_on=True, rule=None)
        for name, page in PAGES.items()
    ]
    others = [Entry(name, rule.SEVERITY, rule.__doc__ or "", name not in OFF_BY_DEFAULT, rule) for name, rule in RULES.items()]
    return {entry.name: entry for entry in (*of_schema, *others)}


def selected(select: Iterable[str] = ("default",), ignore: Iterable[str] = ()) -> frozenset[str]:
    """The names of the rules that are asked for, less those that are ignored, by their names or those of groups.

    Raises:
        UnknownName: if a name is no rule's, or a rule cannot be ignored.
    """
    left_out = {name for word in ignore for name in _named(word, ignored=True)}
    return frozenset(name for word in select for name in _named(word)) - left_out | NOT_XML


def _named(word: str, *, ignored: bool = False) -> list[str]:
    """The rules that a word stands for."""
    if word not in (*GROUPS, *entries()):
        raise UnknownName(f"{cut(word)} is not a rule{near(word, (*GROUPS, *entries()))}")
    if ignored and word in NOT_XML:
        raise UnknownName(f"{word} cannot be ignored, for nothing else is looked at where it is broken")
    if word == "all":
        return [*entries()]
    if word == "default":
        return [entry.name for entry in entries().values() if entry.is_on]
    if word == "schema":
        return [entry.name for entry in entries().values() if entry.rule is None]
    return [word]


def context(word: str) -> Context:
    """The context of this name.

    Raises:
        UnknownName: if there is none.
    """
    for known in CONTEXTS:
        if word == known:
            return known
    raise UnknownName(f"{cut(str(word))} is no context; it is {listed(CONTEXTS, 'or')}")
