"""Documentation of the rules, formatted for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from bxml.lint import rule_registry


def page(name: str) -> str:
    """Return the documentation of a rule, below a heading with its name and severity.

    Raises:
        UnknownName: If the name is unknown, or is the name of a group.
    """
    # Called only because its error about an unknown name contains a suggestion.
    rule_registry.selected([name])
    entries = rule_registry.entries()
    if name not in entries:
        raise rule_registry.UnknownName(f"{name} is a group of rules; run bxml explain to list the rules")
    entry = entries[name]
    state = "" if entry.is_on else ", off by default"
    return f"{name} ({entry.severity}{state})\n\n{entry.plain_page.strip()}\n\n"


def listing() -> Iterator[str]:
    """Yield one line for each rule, under two headings: rules of the schema first, then all other rules."""
    entries = rule_registry.entries().values()
    width = max(len(entry.name) for entry in entries)
    for of_schema, title in ((True, "Not allowed by the schema"), (False, "Valid by the schema, but probably wrong")):
        yield f"{title}:\n"
        for entry in entries:
            if (entry.rule is None) == of_schema:
                yield f"  {entry.name:{width}}  {entry.severity:7}  {'   ' if entry.is_on else 'off'}  {entry.summary}\n"
        yield "" if not of_schema else "\n"
