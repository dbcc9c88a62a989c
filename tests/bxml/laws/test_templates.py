"""Law: each problem of a template is a problem of its output, whatever the template inserts or omits.

These tests make templates of documents: they replace parts of a document by tags, so the document is one output of the
template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bxml.lint import apply_fixes, linter, rule_registry, template_linter
from bxml.lint.linter import Settings
from bxml.parsing import template_syntax
from bxml.parsing.syntax_errors import NOT_XML
from bxml.parsing.template_languages import LANGUAGES, Language
from bxml.problem import Problem
from tests.text_mutations import texts_half_of_them_mutated

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

CASES: Final = Path(__file__).parents[1] / "lint" / "cases"
DOCUMENTS: Final = sorted(CASES.rglob("*.bxml"))
MAX_CHANGES: Final = 60
"""Approximate maximum number of changes to try in a document. They are spread over the document."""


class Syntax(NamedTuple):
    """The tags of a template language."""

    expression: str
    condition: str
    otherwise: str
    end: str


SYNTAX: Final[Mapping[Language, Syntax]] = {
    "jinja": Syntax("{{ %s }}", "{%% if %s %%}", "{% else %}", "{% endif %}"),
    "erb": Syntax("<%%= %s %%>", "<%% if %s %%>", "<% else %>", "<% end %>"),
    "handlebars": Syntax("{{%s}}", "{{#if %s}}", "{{else}}", "{{/if}}"),
    "php": Syntax("<?= $%s ?>", "<?php if ($%s): ?>", "<?php else: ?>", "<?php endif; ?>"),
}


class Change(NamedTuple):
    """A replacement of a part of a document by a part of a template; the end is exclusive."""

    start: int
    end: int
    by: str
    outputs: tuple[str, ...] = ()
    """The other outputs of the part, besides the original."""


_MARKUP: Final = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|"
    r"<(?P<end>/?)(?P<name>[\w.-]+)(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>",
    re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(r"\s(?P<name>[\w.:-]+)\s*=\s*(?:\"(?P<value>[^\"]*)\"|'(?P<other>[^']*)')")


def changes(text: str, syntax: Syntax) -> list[Change]:
    """Return the changes of single parts of a document."""
    return list(_changes(text, syntax))


def _changes(text: str, syntax: Syntax) -> Iterator[Change]:
    open_: list[re.Match[str]] = []
    for number, found in enumerate(_MARKUP.finditer(text)):
        if not found["name"]:
            continue
        begin = syntax.condition % f"c{number}"
        if not found["end"]:
            for attribute in _ATTRIBUTE.finditer(text, *found.span("rest")):
                group = "value" if attribute["value"] is not None else "other"
                yield Change(*attribute.span(group), syntax.expression % f"v{number}")
                half = (attribute.start(group) + attribute.end(group)) // 2
                # A brace would become a part of the tag.
                if text[half - 1] != "{":
                    yield Change(half, attribute.end(group), syntax.expression % "half")
                yield Change(*attribute.span(), " " + syntax.expression % f"a{number}")
                yield Change(*attribute.span(), begin + attribute[0] + syntax.end)
                yield Change(*attribute.span(), begin + attribute[0] + syntax.otherwise + attribute[0] + syntax.end)
            spoken = re.compile(r"[^<]*[^<\s]").match(text, found.end())
            if spoken and not found["rest"].endswith("/"):
                yield Change(*spoken.span(), syntax.expression % f"t{number}")
        if found["end"] or found["rest"].endswith("/"):
            start = open_.pop() if found["end"] and open_ else found
            if open_:
                element = text[start.start() : found.end()]
                yield Change(start.start(), found.end(), syntax.expression % f"e{number}")
                yield Change(start.start(), found.end(), begin + element + syntax.end)
                hangup = f"{begin}{element}{syntax.otherwise}<Hangup/>{syntax.end}"
                yield Change(start.start(), found.end(), hangup, ("<Hangup/>",))
        else:
            open_.append(found)


SETTINGS: Final = Settings(rule_registry.selected(["all"], ["unused-suppression", "template"]))


def kinds(problems: list[Problem]) -> set[tuple[str, str]]:
    """Return the rule of each problem, and its path without the parts that differ in a template.

    The omitted parts are the numbers of elements, and the root. A template with a verb as its root is checked as a fragment.
    """
    return {(problem.rule, re.sub(r"\[\d+\]|^Response/", "", problem.path)) for problem in problems}


def of_document(text: str) -> set[tuple[str, str]]:
    """Return the problems of a document."""
    return kinds(linter.problems(text, "", SETTINGS)[0])


def of_template(text: str, language: Language) -> set[tuple[str, str]]:
    """Return the problems of a template."""
    checked = template_linter.problems(text, "", SETTINGS, language)
    assert checked is not None
    return kinds(checked.problems)


def applied(text: str, made: list[Change]) -> str:
    """Return a text with changes. They are made from the last to the first, so that the earlier places do not move."""
    for change in sorted(made, reverse=True):
        text = text[: change.start] + change.by + text[change.end :]
    return text


def is_well_formed(path: Path) -> bool:
    """Return whether a document is well-formed, so that its parts can be replaced one by one."""
    return (NOT_XML - {"nesting-depth"}).isdisjoint(rule for rule, _ in of_document(text_of(path)))


def text_of(path: Path) -> str:
    """Return the text of a document without a byte order mark."""
    return path.read_text(encoding="utf-8", errors="replace").removeprefix("\ufeff")


@pytest.mark.parametrize(
    "path", [path for path in DOCUMENTS if is_well_formed(path)], ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_each_single_change_adds_no_problem(path: Path) -> None:
    """If a tag replaces one part of a document, the template has no new problem."""
    text = text_of(path)
    original = of_document(text)
    for language in LANGUAGES:
        possible = changes(text, SYNTAX[language])
        for change in possible[:: 1 + len(possible) // MAX_CHANGES]:
            template = applied(text, [change])
            outputs = [of_document(text[: change.start] + output + text[change.end :]) for output in change.outputs]
            assert of_template(template, language) <= original.union(*outputs), template


VALUES: Final = ("true", "false", "1", "99", "a", "susan", "fr", "GET", "both", "stack", "https://app.example/y", "/z", "")
"""Values of attributes of many types."""


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_unknown_value_hides_no_problem_of_other_elements(path: Path) -> None:
    """If a problem occurs with every value of an attribute of another element, it is also reported for an unknown value."""
    text = text_of(path)
    if not is_well_formed(path) or template_syntax.tags(text, "jinja"):
        return
    original = of_document(text)
    for found in _MARKUP.finditer(text) if original else ():
        for attribute in _ATTRIBUTE.finditer(text, *found.span("rest")) if found["name"] and not found["end"] else ():
            start, end = attribute.span("value" if attribute["value"] is not None else "other")
            expected = {(rule, path) for rule, path in original if found["name"] not in path.partition("/@")[0].split("/")[-1:]}
            for value in VALUES:
                expected &= of_document(text[:start] + value + text[end:])
            assert expected <= of_template(text[:start] + "{{ v }}" + text[end:], "jinja")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_fixes_keep_every_tag(path: Path) -> None:
    """Fixes change no tag of a template."""
    text = text_of(path)
    has_fixes = any(problem.fix for problem in linter.problems(text, "", SETTINGS)[0])
    for language in LANGUAGES if has_fixes else ():
        for change in changes(text, SYNTAX[language]):
            template = applied(text, [change])
            checked = template_linter.problems(template, "", SETTINGS, language)
            fixes = [problem.fix for problem in checked.problems if problem.fix] if checked else []
            if checked and fixes:
                fixed, _ = apply_fixes.applied(template, fixes)
                assert tags_of(fixed, language) == tags_of(template, language), fixed


def tags_of(template: str, language: Language) -> list[str]:
    """Return the text of each tag of a template."""
    return [template[tag.start : tag.end] for tag in template_syntax.tags(template, language)]


@st.composite
def _templates(draw: DrawFn) -> tuple[str, str, Language]:
    """Return a document, a template with this output, and the language of the template."""
    text = draw(texts_half_of_them_mutated())
    language = draw(st.sampled_from(LANGUAGES))
    possible = [change for change in changes(text, SYNTAX[language]) if not change.outputs]
    chosen: list[Change] = []
    for change in draw(st.lists(st.sampled_from(possible), max_size=6)) if possible else ():
        if all(change.end <= other.start or other.end <= change.start for other in chosen):
            chosen.append(change)
    return text, applied(text, chosen), language


@given(_templates())
def test_several_changes_add_no_problem(example: tuple[str, str, Language]) -> None:
    """If tags replace several parts of a document, the template has no new problem."""
    text, template, language = example
    checked = template_linter.problems(template, "", SETTINGS, language)
    if checked is None:
        return
    original = of_document(text)
    malformed = any(rule == "not-well-formed" for rule, _ in original)
    assert malformed or kinds(checked.problems) <= original
