"""The directives ``rule-table`` and ``rule-pages``: the rules of the validator, as ``bxml explain`` describes them."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bxml.command.rule_markdown import escape_markdown, rule_markdown
from bxml.lint.rule_registry import Entry, entries


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
        f"| [`{rule.name}`](#{rule.name}) | {escape_markdown(rule.summary)} | {rule.severity} | {_state(rule)} |"
        for rule in rules
    ]
    return "\n".join(["| Rule | Finds | Severity | Default |", "|---|---|---|---|", *rows])


def _state(rule: Entry) -> str:
    return "on" if rule.is_on else "off"


def page(rule: Entry) -> str:
    """Return the page of a rule in Markdown."""
    facts = f"Severity: **{rule.severity}** · default: **{_state(rule)}** · [source]({rule.source})"
    text = rule_markdown(rule, "{code-block} xml\n:force:\n")
    return "\n\n".join([f"({rule.name})=\n### {rule.name}", escape_markdown(rule.summary), facts, text])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("rule-table", RuleTable)
    app.add_directive("rule-pages", RulePages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
