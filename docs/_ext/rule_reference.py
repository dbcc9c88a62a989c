"""The directives ``rule-table`` and ``rule-pages``: the rules of the validator, as ``bxml explain`` describes them."""

from __future__ import annotations

import re
from typing import Final

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bxml.lint.rule_registry import Entry, entries  # the only names here that are not public

_HEADING: Final = re.compile(r"^(What it does|Why is this bad\?)\n", re.MULTILINE)
"""A heading in the text of a rule; it has no markup, because terminals also show this text."""

_EXAMPLE: Final = re.compile(r"^((?:Example|Use instead)(?: \(.*\))?)::\n\n((?: {4}.*\n|\n)+)", re.MULTILINE)


class RuleTable(SphinxDirective):
    """A directive for tables with one row for each rule, with a link to the page of the rule."""

    def run(self) -> list[nodes.Node]:
        """Return two tables: the rules of the schema, and the rules beyond it."""
        return self.parse_text_to_nodes("\n\n".join(_tables()), allow_section_headings=True)


class RulePages(SphinxDirective):
    """A directive for the pages of all rules."""

    def run(self) -> list[nodes.Node]:
        """Return the pages as sections, in alphabetical order."""
        pages = (page(entry) for _, entry in sorted(entries().items()))
        return self.parse_text_to_nodes("\n\n".join(pages), allow_section_headings=True)


def _tables() -> list[str]:
    titles = {True: "**Required by the schema**", False: "**Valid by the schema, but probably wrong**"}
    return [
        f"{title}\n\n" + _table([entry for entry in entries().values() if (entry.rule is None) == of_schema])
        for of_schema, title in titles.items()
    ]


def _table(rules: list[Entry]) -> str:
    rows = [
        f"| [`{rule.name}`](#{rule.name}) | {_markdown(rule.summary)} | {rule.severity} | {_state(rule)} |" for rule in rules
    ]
    return "\n".join(["| Rule | Finds | Severity | Default |", "|---|---|---|---|", *rows])


def _state(rule: Entry) -> str:
    return "on" if rule.is_on else "off"


def page(rule: Entry) -> str:
    """Return the page of a rule in Markdown."""
    text, _, source = rule.page.strip().rpartition("Source: ")
    summary, _, rest = text.partition("\n")
    facts = f"Severity: **{rule.severity}** · default: **{_state(rule)}** · [source]({source.split()[0]})"
    parts = [f"({rule.name})=\n### {rule.name}", _markdown(summary), facts, _markdown_with_examples(rest.strip() + "\n")]
    return "\n\n".join(parts)


def _markdown_with_examples(text: str) -> str:
    """Return the text of a rule in Markdown, with its examples as code blocks."""
    pieces = _EXAMPLE.split(text)  # text, word, example, text, word, example, …
    parts = [_HEADING.sub(r"**\1**\n\n", _markdown(pieces[0]))]
    for word, example, after in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        code = "\n".join(line.removeprefix("    ") for line in example.strip("\n").splitlines())
        parts += [f"{word}:", f"```{{code-block}} xml\n:force:\n\n{code}\n```", _markdown(after)]
    return "\n\n".join(part for part in parts if part.strip())


def _markdown(text: str) -> str:
    """Return a text in which all Markdown is escaped except code spans."""
    spans = re.split(r"(`+[^`]+`+)", text)
    return "".join(span if span.startswith("`") else re.sub(r"([<>*_\[\]|])", r"\\\1", span) for span in spans)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("rule-table", RuleTable)
    app.add_directive("rule-pages", RulePages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
