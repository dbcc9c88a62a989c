"""Everything that is wrong with a text: what the schema does not allow, and what the rules find; less what is suppressed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from bxml import schema
from bxml.lint import registry, suppressions
from bxml.lint.call_flow import ROOTS, Flow
from bxml.lint.rule import Found, Rule
from bxml.lint.rules import RULES
from bxml.messages import findings
from bxml.messages.findings import Finding
from bxml.parsing import schema_check
from bxml.parsing.tree import Node, NotReadable, Source, Span, Text, Tree
from bxml.problem import InvalidDocument, NotWellFormed, Problem, Severity
from bxml.schema import Context


@dataclass(frozen=True)
class Settings:
    """What is looked for."""

    rules: frozenset[str]
    """The names of the rules that are asked for."""
    context: Context = "call"
    severities: Mapping[str, Severity] | None = None
    """Of the rules that have another than their own."""
    allowed: frozenset[str] = frozenset()
    """Attributes that are no problem though the schema does not know them: ``tag``, or of one element ``Gather/@tag``."""

    def settle(self, problem: Problem) -> Problem:
        """A problem with the severity that was asked for."""
        severity = (self.severities or {}).get(problem.rule) or registry.entries()[problem.rule].severity
        return problem if problem.severity == severity else replace(problem, severity=severity)

    def wants(self, problem: Problem) -> bool:
        """Whether a problem is one that was asked for."""
        return problem.rule in self.rules and not (problem.rule == "unknown-attribute" and self._allows(problem.path))

    def _allows(self, path: str) -> bool:
        """Whether the attribute at the end of a path is allowed, such as that of ``Response/Gather[1]/@newAttribute``."""
        *_, element, attribute = path.split("/")
        return not self.allowed.isdisjoint({attribute[1:], f"{element.partition('[')[0]}/{attribute}"})


def problems(given: object, name: str, settings: Settings) -> tuple[list[Problem], Source | None]:
    """All that is wrong with a text, in the order of its places, and the text in which the places are; never raises.

    There is no text if what is given is none, or is too large.
    """
    try:
        source, fault = _opened(given, name)
    except InvalidDocument as error:
        return [settings.settle(problem) for problem in error.problems if settings.wants(problem)], None
    found = [source.problem(fault.finding, fault.span)] if fault else []
    if fault is None or fault.text is not None:
        found += _of_text(source, settings)
    return sorted((settings.settle(problem) for problem in found if settings.wants(problem)), key=schema_check.place), source


def too_large(name: str, size: int, settings: Settings) -> list[Problem]:
    """What is wrong with a document of which only the size is looked at."""
    finding = findings.too_large(size, schema.maximum_bytes())
    problem = Problem(*finding, name=name, line=1, column=1, end_line=1, end_column=1)
    return [settings.settle(problem)] if settings.wants(problem) else []


def problems_of_valid(text: str, settings: Settings) -> Iterator[Problem]:
    """What the rules find in a document that was built in Python, which has no lines."""
    source = Source(text)
    for problem in _of_rules(source, schema_check.tree_of(source), settings, lambda _: None):
        yield replace(problem, line=None, column=None, end_line=None, end_column=None)


def _opened(given: object, name: str) -> tuple[Source, NotReadable | None]:
    """The text, and why it cannot be taken for a document, if it cannot.

    Raises:
        InvalidDocument: if it is too large to be looked at, or is no text.
    """
    try:
        return Source(schema_check.text_of(given, name), name), None
    except NotReadable as error:
        return schema_check.legible(error, given, name), error


def _of_text(source: Source, settings: Settings) -> list[Problem]:
    try:
        tree = schema_check.tree_of(source)
    except NotWellFormed as error:
        return list(error.problems)
    found = schema_check.against_schema(source, tree)
    found += _of_rules(source, tree, settings, lambda node: source.position(source.index(node.start))[0])
    if not tree.comments:
        return found
    wanted = [problem for problem in found if settings.wants(problem)]
    asked, faults = suppressions.read(tree.comments, source, _paths(tree.root).__getitem__, registry.entries().keys())
    return suppressions.left(wanted, asked, source, settings.rules) + faults


def _of_rules(source: Source, tree: Tree, settings: Settings, line: Callable[[Node], int | None]) -> Iterator[Problem]:
    flow = Flow(tree.root, settings.context, line)
    at = _dispatch(settings.rules)
    is_known = _attributes().__contains__
    paths: dict[Node, str] = {}
    is_root = True
    for node in tree.nodes:
        for name, check_ in at(is_root, node.name, *filter(is_known, node.attributes)):
            for found in check_(node, flow):
                paths = paths or _paths(tree.root)
                path = f"{paths[found.node]}/@{found.attribute}" if found.attribute else paths[found.node]
                yield source.problem(Finding(name, found.message), _span(source, found), path)
        is_root = False


@cache
def _attributes() -> frozenset[str]:
    """The names of all attributes; no rule looks at others, of which a stranger could invent as many as he likes."""
    return frozenset(name for of_element in schema.attributes().values() for name in of_element)


def _span(source: Source, found: Found) -> Span:
    if found.part in {"attribute", "value"}:
        name, value = source.attribute_spans(found.node)[found.attribute]
        return name if found.part == "attribute" else value
    if found.part == "text":
        texts = [item for item in found.node.content if isinstance(item, Text) and item.value.strip()]
        if texts:
            return source.text_span(texts[0])
    return source.name_span(found.node)


def _paths(root: Node) -> dict[Node, str]:
    """The way from the root to each element."""
    paths = {root: root.name}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        numbers: Counter[str] = Counter()
        for child in node.children:
            numbers[child.name] += 1
            paths[child] = f"{paths[node]}/{child.name}[{numbers[child.name]}]"
            waiting.append(child)
    return paths


Check = Callable[[Node, Flow], Iterator[Found]]
Looking = Callable[..., tuple[tuple[str, Check], ...]]
"""Gives the rules that look at an element: whether it is the root, its name, and the names of its attributes."""


@lru_cache(maxsize=50)
def _dispatch(names: AbstractSet[str]) -> Looking:
    """Finds which rules look at an element, once for all elements that have the same name and attributes."""
    rules = {name: rule for name, rule in RULES.items() if name in names}

    @lru_cache(maxsize=2000)
    def looking(is_root: bool, element: str, *attributes: str) -> tuple[tuple[str, Check], ...]:  # noqa: FBT001
        if element in ROOTS and not is_root:  # then it is misplaced, and no document
            return ()
        places = {element, *(f"@{name}" for name in attributes), *(f"{element}/@{name}" for name in attributes)}
        return tuple((name, rule.check) for name, rule in rules.items() if _is_at(places, rule))

    return looking


def _is_at(places: AbstractSet[str], rule: Rule) -> bool:
    return any(fnmatchcase(place, pattern) for pattern in rule.AT for place in places)
