"""The changes that ``--fix`` would make, as unified diffs; the report of ``--diff``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bxml.command.checker import Results
from bxml.command.formats import without_commands
from bxml.command.formats.text import visible


def report(results: Results) -> Iterator[str]:
    """Yield the diff of each file that can be fixed."""
    for checked in results:
        if checked.diff:
            yield _safe(checked.diff)


def _safe(diff: str) -> str:
    """Return a diff without CI commands and, on a terminal, without the characters that control the terminal.

    In a file or a pipe all characters are kept, because a tool may apply the diff.
    """
    shown = "".join(char if char == "\n" else visible(char) for char in diff) if sys.stdout.isatty() else diff
    return without_commands(shown)
