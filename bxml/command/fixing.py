"""Fixes of files: the options ``--fix`` and ``--diff`` of ``bxml validate``."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from bxml import schema
from bxml.command.checker import counted
from bxml.command.replace_files import replace_content
from bxml.problem import Problem

MAX_ROUNDS: Final = 10
"""Maximum number of times that a document is fixed and checked again. A fix can make another one possible."""

CONTEXT_LINES: Final = 3
"""Number of unchanged lines that a diff shows before and after a change."""


class Fixed(NamedTuple):
    """The result of fixing a document."""

    data: bytes
    """The fixed document; without a fix, the unchanged document."""
    number: int
    """The number of fixes that were applied."""
    failure: str | None = None
    """The reason why other fixes were not applied."""


def fixed(data: bytes, problems: Sequence[Problem], check: Callable[[bytes], Sequence[Problem]]) -> Fixed:
    """Apply all certain fixes of a document, also those that become possible by other fixes.

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


def unified_diff(name: str, old: bytes, new: bytes, *, is_xml: bool = True) -> str:
    """Return the changes of a document as a unified diff, which ``git apply`` and ``patch -p1`` read.

    Passwords are hidden.

    Args:
        name: The name of the document.
        old: The document, valid UTF-8.
        new: The fixed document.
        is_xml: True if the document is well-formed; a template may not be.
    """
    from difflib import unified_diff

    path = name.replace(os.sep, "/").lstrip("/")
    lines = unified_diff(_lines(old, is_xml=is_xml), _lines(new, is_xml=is_xml), f"a/{path}", f"b/{path}", n=CONTEXT_LINES)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(data: bytes, *, is_xml: bool) -> list[str]:
    """Return the lines of a document with their ends, without its passwords."""
    from bxml.messages.redaction import redact_document

    # Unlike str.splitlines, diffs end a line at "\n" only.
    lines = redact_document(data.decode(), is_xml=is_xml).split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *filter(None, lines[-1:])]
