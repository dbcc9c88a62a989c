"""Fixes of files: the options ``--fix`` and ``--diff`` of ``bxml validate``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from bxml import schema
from bxml.command.replace_files import replace_content
from bxml.messages.text import counted
from bxml.problem import Problem

MAX_ROUNDS: Final = 10
"""Maximum number of times that a document is fixed and checked again. A fix can make another fix possible."""


class Fixed(NamedTuple):
    """The result of fixing a document."""

    data: bytes
    """The fixed document, or the unchanged document if no fix was applied."""
    number: int
    """The number of fixes that were applied."""
    failure: str | None = None
    """The reason why other fixes were not applied."""


def fixed(data: bytes, problems: Sequence[Problem], check: Callable[[bytes], Sequence[Problem]]) -> Fixed:
    """Apply all certain fixes of a document, including fixes that only become possible after other fixes.

    Args:
        data: The document.
        problems: The problems of the document.
        check: Function that returns the problems of a changed document.
    """
    from bxml.lint.apply_fixes import applied

    count = 0
    for _ in range(MAX_ROUNDS):
        fixes = [problem.fix for problem in problems if problem.fix]
        # Problems have fixes only if the document is valid UTF-8.
        text, number = applied(data.decode(), fixes) if fixes else ("", 0)
        changed = text.encode()
        if len(changed) > schema.maximum_bytes():
            failure = f"{counted(number, 'fix', 'fixes')} would make the document larger than {schema.maximum_bytes():,} bytes"
            return Fixed(data, count, failure)
        if not number:
            break
        data, count = changed, count + number
        problems = check(data)
    return Fixed(data, count)


def replace_file(path: str, old: bytes, new: bytes) -> None:
    """Replace the content of a file in one step.

    Raises:
        OSError: If the file cannot be written, or no longer has the old content.
    """
    with open(path, "rb") as file:
        if file.read() != old:
            raise OSError(0, "changed while it was being fixed; run the command again")
    replace_content(path, new)
