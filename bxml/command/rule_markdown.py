"""The documentation of a rule as Markdown, for reports and for the documentation site."""

from __future__ import annotations

import re
from typing import Final

from bxml.lint.rule_registry import Entry

_HEADING: Final = re.compile(r"^(What it does|Why is this bad\?)\n", re.MULTILINE)
"""Matches a heading in the text of a rule. The headings have no markup, because terminals also show the text."""

_EXAMPLE: Final = re.compile(r"^((?:Example|Use instead)(?: \([^)\n]*\))?)::\n\n((?: {4}.*\n|\n)+)", re.MULTILINE)


def rule_markdown(rule: Entry, language: str = "xml") -> str:
    """Return the documentation of a rule without its summary and source.

    Args:
        rule: The rule.
        language: The text after the backquotes that begin an example.
    """
    text, _, _ = rule.page.strip().rpartition("Source: ")
    _, _, rest = text.partition("\n")
    pieces = _EXAMPLE.split(rest.strip() + "\n")  # text, word, example, text, word, example, …
    parts = [_HEADING.sub(r"**\1**\n\n", escape_markdown(pieces[0]))]
    for word, example, after in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        code = "\n".join(line.removeprefix("    ") for line in example.strip("\n").splitlines())
        parts += [f"{word}:", f"```{language}\n{code}\n```", escape_markdown(after)]
    return "\n\n".join(part for part in parts if part.strip())


def escape_markdown(text: str) -> str:
    """Return a text in which all Markdown is escaped except code spans."""
    spans = re.split(r"(?<!`)(`++[^`]++`++)", text)
    return "".join(span if span.startswith("`") else re.sub(r"([<>*_\[\]|])", r"\\\1", span) for span in spans)
