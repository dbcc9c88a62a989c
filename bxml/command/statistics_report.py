"""The report of ``--statistics``: the number of problems of each rule."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bxml.command.checker import Results
from bxml.command.formats.json import VERSION, ending
from bxml.lint import rule_registry


def text(results: Results) -> Iterator[str]:
    """Yield a line for each rule with problems, the most frequent rule first, then the summary."""
    for _ in results:
        pass
    rows = sorted(results.by_rule.items(), key=lambda row: (-row[1], row[0]))
    numbers = [f"{count:,}" for _, count in rows]
    width = max(map(len, numbers), default=0)
    name_width = max((len(rule) for (rule, _), _ in rows), default=0)
    for number, ((rule, severity), _) in zip(numbers, rows, strict=True):
        yield f"{number:>{width}}  {severity:7}  {rule:{name_width}}  {rule_registry.entries()[rule].summary}\n"
    yield "" if results.quiet else f"{results.summary}{results.fixable_note}\n"


def as_json(results: Results) -> Iterator[str]:
    """Yield one JSON object with the members of the json format, and ``statistics`` instead of ``problems``."""
    failures = [checked for checked in results if checked.failure]
    rows = sorted(results.by_rule.items(), key=lambda row: (-row[1], row[0]))
    counts = [{"rule": rule, "severity": severity, "count": count} for (rule, severity), count in rows]
    yield f'{{"version": {VERSION}, "statistics": {json.dumps(counts)}, {ending(results, failures)}'
