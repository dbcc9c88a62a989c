"""The pages of the rules, as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterator

from bxml.lint import registry


def page(name: str) -> str:
    """The page of a rule.

    Raises:
        UnknownName: if no rule has this name.
    """
    registry.selected([name])
    entries = registry.entries()
    if name not in entries:
        raise registry.UnknownName(f"{name} stands for several rules; bxml explain lists them")
    entry = entries[name]
    state = "" if entry.is_on else ", off by default"
    return f"{name} ({entry.severity}{state})\n\n{entry.page.strip()}\n\n"


def listing() -> Iterator[str]:
    """A line for each rule, those that find what the schema does not allow first."""
    entries = registry.entries().values()
    width = max(len(entry.name) for entry in entries)
    for of_schema, title in ((True, "What the schema does not allow"), (False, "What is legal and wrong all the same")):
        yield f"{title}:\n"
        for entry in entries:
            if (entry.rule is None) == of_schema:
                yield f"  {entry.name:{width}}  {entry.severity:7}  {'   ' if entry.is_on else 'off'}  {entry.summary}\n"
        yield "" if not of_schema else "\n"
