"""Options that take names of rules, and their shell completion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from bxml.lint import rule_registry

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def rule_names(_: click.Context, parameter: click.Parameter, values: Sequence[str]) -> list[str]:
    """Return the rule names from all uses of an option; each use contains one name or several names separated by commas."""
    names = [name.strip() for value in values for name in value.split(",") if name.strip()]
    try:
        rule_registry.selected(names) if parameter.name == "select" else rule_registry.selected((), names)
    except rule_registry.UnknownName as error:
        raise click.BadParameter(str(error)) from None
    if values and not names:
        raise click.BadParameter("expected at least one rule name")
    return names


def complete_rules(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the rules whose names begin with the text after the last comma; for an option, include groups."""
    del context
    # Imported here because only shell completion needs it.
    from click.shell_completion import CompletionItem

    typed, comma, last = incomplete.rpartition(",") if parameter.name != "rule" else ("", "", incomplete)
    summaries = {name: entry.summary for name, entry in rule_registry.entries().items()}
    groups = {} if parameter.name == "rule" else dict.fromkeys(rule_registry.GROUPS, "a group of rules")
    names = (groups | summaries).items()
    return [CompletionItem(f"{typed}{comma}{name}", help=summary) for name, summary in names if name.startswith(last)]
