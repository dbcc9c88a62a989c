"""The linter: it runs the schema check and the rules on a document, and drops suppressed problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import Final

from bxml import schema
from bxml.errors import InvalidDocument, NotWellFormed
from bxml.lint import rule_registry, suppressions
from bxml.lint.rule import Rule, Violation
from bxml.lint.rules import RULES
from bxml.lint.unknown_parts import Reads
from bxml.lint.verb_order_and_effects import ROOTS, Flow, UnknownOrder
from bxml.messages import schema_findings
from bxml.messages.schema_findings import Finding
from bxml.parsing import schema_check
from bxml.parsing.tree import Instruction, Node, NotReadable, Source, Span, Text, Tree
from bxml.problem import Fix, Problem, Severity
from bxml.schema import Context

TEMPLATE: Final = "template"
"""Name of the rule that reports a template."""

_TEMPLATE_MARKS: Final = ("{{", "{%", "{#", "<%", "<?php", "<?=")
"""Each template contains at least one of these strings."""


@dataclass(frozen=True)
class Settings:
    """The settings of a check.

    Args:
        rules: The names of the selected rules.
        context: The context in which the document is run.
        severities: The new severity of each rule whose severity is changed, by the name of the rule.
        allowed: The unknown attributes that are allowed: ``tag`` for every element, or ``Gather/@tag`` for one element.
    """

    rules: frozenset[str]
    context: Context = "call"
    severities: Mapping[str, Severity] | None = None
    allowed: frozenset[str] = frozenset()
    pushed: bool = False
    """True if the document is pushed into a live call or conference, whatever its root."""

    def settle(self, problem: Problem) -> Problem:
        """Return a problem with the severity from these settings."""
        severity = (self.severities or {}).get(problem.rule) or rule_registry.entries()[problem.rule].severity
        return problem if problem.severity == severity else replace(problem, severity=severity)

    def wants(self, problem: Problem) -> bool:
        """Return whether a problem belongs to a selected rule and is not about an allowed attribute."""
        return problem.rule in self.rules and not (problem.rule == "unknown-attribute" and self._allows(problem.path))

    def _allows(self, path: str) -> bool:
        """Return whether the attribute at the end of a path, such as ``Response/Gather[1]/@newAttribute``, is allowed."""
        *_, element, attribute = path.split("/")
        return not self.allowed.isdisjoint({attribute[1:], f"{element.partition('[')[0]}/{attribute}"})


def problems(given: object, name: str, settings: Settings) -> tuple[list[Problem], Source | None]:
    """Check a document. Invalid content does not raise an error.

    Args:
        given: The document, as a string or bytes.
        name: The name of the document, such as its file name; each problem contains it.
        settings: The settings of the check.

    Returns:
        The problems in document order, and the source text that their positions refer to. The source text is ``None`` if
        the document is neither a string nor bytes, or is too large.
    """
    try:
        source, error = _opened(given, name)
    except InvalidDocument as invalid:
        return [settings.settle(problem) for problem in invalid.problems if settings.wants(problem)], None
    found = [source.problem(error.finding, error.span)] if error else []
    # A document in another encoding can be decoded, so its other problems are reported together with the wrong encoding.
    if error is None:
        found += _of_text(source, settings)
    elif error.text is not None:
        # The fixes are for a document in UTF-8, which is the first thing to fix.
        found += [replace(problem, fix=None) for problem in _of_text(source, settings)]
    if TEMPLATE in settings.rules and any(mark in source.text for mark in _TEMPLATE_MARKS):
        # Imported here because most documents have no such mark.
        from bxml.lint import template_detection

        found = template_detection.replaced(found, source)
    wanted = schema_check.without_misnamed([problem for problem in found if settings.wants(problem)])
    return sorted(map(settings.settle, wanted), key=schema_check.place), source


def too_large(name: str, size: int, settings: Settings) -> list[Problem]:
    """Return the problem of a document that was not read because of its size.

    Args:
        name: The name of the document; the problem contains it.
        size: The size of the document in bytes.
        settings: The settings of the check.
    """
    finding = schema_findings.too_large(size, schema.maximum_bytes())
    problem = Problem(*finding, name=name, line=1, column=1, end_line=1, end_column=1)
    return [settings.settle(problem)] if settings.wants(problem) else []


def problems_of_valid(text: str, settings: Settings) -> Iterator[Problem]:
    """Yield the problems that the rules report in a valid document built in Python, which has no positions."""
    source = Source(text)
    tree = schema_check.tree_of(source)
    flow = Flow(tree.root, settings.context, lambda _: None, settings.pushed, tree.instructions, source.text)
    for problem in sorted(_of_rules(source, tree, settings, flow), key=schema_check.place):
        yield replace(problem, line=None, column=None, end_line=None, end_column=None, fix=None)


def _opened(given: object, name: str) -> tuple[Source, NotReadable | None]:
    """Return the source text of a document, and the error that makes it unreadable, if any.

    Raises:
        InvalidDocument: If the document is too large, or neither a string nor bytes.
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
    return of_tree(source, tree, settings)


def of_tree(  # noqa: PLR0913  the last three are for templates
    source: Source,
    tree: Tree,
    settings: Settings,
    *,
    is_order_known: bool = True,
    is_template: bool = False,
    reads: Reads | None = None,
) -> list[Problem]:
    """Return the problems of a parsed document, except the problems that a comment suppresses.

    Args:
        source: The source text of the document.
        tree: The parsed document.
        settings: The settings of the check.
        is_order_known: False to skip the rules that depend on the order of the verbs.
        is_template: True to accept suppressions without effect, because some problems of a template appear only in its output.
        reads: The record of whether a rule has read an unknown part; problems that the rule reports after that are left out.
    """
    found = schema_check.against_schema(source, tree)

    def line(node: Node) -> int:
        return source.position(source.index(node.start))[0]

    flow = Flow(tree.root, settings.context, line, settings.pushed, tree.instructions, source.text, is_order_known, reads)
    found += _of_rules(source, tree, settings, flow)
    if not tree.comments:
        return found
    wanted = [problem for problem in found if settings.wants(problem)]
    suppressed, errors = suppressions.read(tree.comments, source, paths(tree.root).__getitem__, rule_registry.entries().keys())
    return suppressions.apply(wanted, suppressed, source, frozenset() if is_template else settings.rules) + errors


def _of_rules(source: Source, tree: Tree, settings: Settings, flow: Flow) -> Iterator[Problem]:
    checks_of = _checks_by_element(settings.rules)
    is_known = _known_attributes().__contains__
    known_paths: dict[Node, str] = {}
    is_root = True
    reads = flow.reads
    for node in tree.nodes:
        for name, check in checks_of(is_root, node.name, *filter(is_known, node.attributes)):
            if reads:
                reads.has_unknown = False
            try:
                for violation in check(node, flow):
                    if reads and reads.has_unknown:
                        continue
                    # Computed for the first violation, because most documents have no violation.
                    known_paths = known_paths or paths(tree.root)
                    path = known_paths[violation.node] + (f"/@{violation.attribute}" if violation.attribute else "")
                    span = _span(source, violation)
                    fix = _fix(source, span, violation)
                    yield source.problem(Finding(name, violation.message), span, path, fix)
            except UnknownOrder:
                continue
        is_root = False


@cache
def _known_attributes() -> frozenset[str]:
    """Return the names of all attributes of the schema.

    Rules check only these attributes. Unknown names would fill the cache of :func:`_checks_by_element`, because a document can
    contain any number of unknown names.
    """
    return frozenset(name for attributes in schema.attributes().values() for name in attributes)


def _fix(source: Source, span: Span, violation: Violation) -> Fix | None:
    if violation.replacement is None:
        return None
    # Imported here because most documents need no fixes.
    from bxml.parsing import certain_fixes

    return certain_fixes.replaced_value(source, span, violation.replacement)


def _span(source: Source, violation: Violation) -> Span:
    if isinstance(violation.item, Instruction):
        return source.instruction_span(violation.item)
    if violation.piece:
        if violation.item:
            return source.part_of_text(violation.item, *violation.piece)
        return source.part_of_value(violation.node, violation.attribute, *violation.piece)
    if violation.part in {"attribute", "value"}:
        name, value = source.attribute_spans(violation.node)[violation.attribute]
        return name if violation.part == "attribute" else value
    if violation.part == "text":
        texts = [item for item in violation.node.content if isinstance(item, Text) and item.value.strip()]
        if texts:
            return source.text_span(texts[0])
    return source.name_span(violation.node)


def paths(root: Node) -> dict[Node, str]:
    """Return the path from the root to each element."""
    found = {root: root.name}
    remaining = [root]
    while remaining:
        node = remaining.pop()
        counts: Counter[str] = Counter()
        for child in node.children:
            counts[child.name] += 1
            found[child] = f"{found[node]}/{child.name}[{counts[child.name]}]"
            remaining.append(child)
    return found


Check = Callable[[Node, Flow], Iterator[Violation]]
ChecksOf = Callable[..., tuple[tuple[str, Check], ...]]
"""Function that returns the names and the checks of the rules for an element.

Its arguments: a boolean that is true for the root element, the name of the element, and the names of its attributes.
"""


@lru_cache(maxsize=50)
def _checks_by_element(names: AbstractSet[str]) -> ChecksOf:
    """Return a function that looks up the checks of an element, and caches them by the element's name and attributes."""
    rules = {name: rule for name, rule in RULES.items() if name in names}

    @lru_cache(maxsize=2000)
    def checks_of(is_root: bool, element: str, *attributes: str) -> tuple[tuple[str, Check], ...]:  # noqa: FBT001
        # A nested root element is misplaced, which the schema check reports; it is not a document.
        if element in ROOTS and not is_root:
            return ()
        targets = {element, *(f"@{name}" for name in attributes), *(f"{element}/@{name}" for name in attributes)}
        return tuple((name, rule.check) for name, rule in rules.items() if _matches(targets, rule))

    return checks_of


def _matches(targets: AbstractSet[str], rule: Rule) -> bool:
    if not targets.isdisjoint(rule.TARGETS):
        return True
    # Few targets have a wildcard; each pattern must be compiled, which takes longer than the check of a small document.
    patterns = [target for target in rule.TARGETS if "*" in target]
    return any(fnmatchcase(target, pattern) for pattern in patterns for target in targets)
