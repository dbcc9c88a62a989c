"""Detection of templates among documents: a template is reported by one problem instead of many misleading problems."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from bxml.lint import rule_registry
from bxml.messages.redaction import HIDDEN, redact_document, redact_urls
from bxml.messages.schema_findings import Finding
from bxml.messages.text import shorten
from bxml.parsing import template_syntax
from bxml.parsing.template_languages import TITLES
from bxml.parsing.template_syntax import MaskedTag
from bxml.parsing.tree import Source, Span
from bxml.problem import Problem

RULE: Final = "template"
"""Name of the rule that reports a template."""


def replaced(problems: list[Problem], source: Source) -> list[Problem]:
    """Return the problems of a document, or only one problem if the document is a template.

    A document is a template if it has errors and contains statements of a template language, or if one of its errors is at an
    expression. The rules ``leftover-placeholder`` and ``processing-instruction`` report tags in a valid document.

    Args:
        problems: The problems of the document.
        source: The source text of the document.
    """
    language = template_syntax.language_of(source.text, source.name)
    assert language is not None, "the linter calls this function only for a text with a mark of a language"
    masked = template_syntax.mask(source.text, template_syntax.tags(source.text, language)).tags
    tags = [tag for tag in masked if tag.context != "comment"]
    errors = [problem for problem in problems if rule_registry.entries()[problem.rule].severity == "error"]
    statement = next((tag for tag in tags if tag.tag.is_statement), None) if errors else None
    first = statement or _first_at_problem(source, tags, errors)
    if first is None:
        return problems
    span = Span(first.tag.start, first.tag.end)
    # The tag can be a part of a password, and can contain it.
    shown = redact_document(template_syntax.with_words(source.text, masked), is_xml=False)[span.start : span.end]
    written = "this tag" if HIDDEN in shown else redact_urls(shorten(source.text[span.start : span.end]))
    title = TITLES[language]
    message = f"{written} is {title}, so this file is a template; check its output, or use bxml validate --template {language}"
    return [source.problem(Finding(RULE, message), span)]


def _first_at_problem(source: Source, tags: Sequence[MaskedTag], problems: Sequence[Problem]) -> MaskedTag | None:
    """Return the first tag that overlaps a problem, or ``None`` if no tag overlaps a problem."""
    starts = [source.position(tag.tag.start) for tag in tags]
    ends = [source.position(tag.tag.end) for tag in tags]
    overlapping: list[int] = []
    for problem in problems:
        following = bisect_right(ends, (problem.line or 0, problem.column or 0))
        if following < len(tags) and starts[following] < (problem.end_line or 0, problem.end_column or 0):
            overlapping.append(following)
    return tags[min(overlapping)] if overlapping else None
