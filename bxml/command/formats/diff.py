"""The changes that ``--fix`` would make, as unified diffs; the report of ``--diff``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bxml.command.checker import Results
from bxml.command.formats.text import visible


def report(results: Results) -> Iterator[str]:
    """Yield the diff of each file that can be fixed."""
    return (shown(checked.diff) for checked in results if checked.diff)


def shown(diff: str) -> str:
    """Return a diff as it is written to stdout.

    On a terminal, control characters are replaced. In a file or a pipe all characters are kept, because a tool may
    apply the diff.
    """
    return "".join(char if char == "\n" else visible(char) for char in diff) if sys.stdout.isatty() else diff
