"""Unified diffs of fixed documents, which ``git apply`` and ``patch -p1`` accept, and which are safe in a log."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from bxml.command.ci_commands import has_command
from bxml.command.repository_paths import repository_path, repository_root
from bxml.messages.redaction import redact_document

CONTEXT_LINES: Final = 3
"""Number of unchanged lines that a diff shows before and after a change."""


class Diff(NamedTuple):
    """The changes of a file as a unified diff."""

    text: str
    """The diff; empty if all hunks are left out."""
    left_out: int
    """The number of hunks that are left out, because a line contains a password or a command of a CI system."""


def unified_diff(name: str, old: bytes, new: bytes, *, is_xml: bool = True) -> Diff:
    """Return the changes of a document.

    A hunk is left out if it cannot be shown unchanged: a changed hunk would not apply, or would write wrong text into the file.

    Args:
        name: The path of the document, relative to the current directory or absolute.
        old: The document, valid UTF-8.
        new: The fixed document.
        is_xml: True if the document is well-formed XML; false for a template.
    """
    old_lines, new_lines = _lines(old.decode()), _lines(new.decode())
    hidden_old, hidden_new = _hidden(old.decode(), is_xml=is_xml), _hidden(new.decode(), is_xml=is_xml)
    hunks: list[str] = []
    left_out = 0
    for group in SequenceMatcher(None, old_lines, new_lines).get_grouped_opcodes(CONTEXT_LINES):
        old_range, new_range = range(group[0][1], group[-1][2]), range(group[0][3], group[-1][4])
        lines = [*_hunk(group, old_lines, new_lines)]
        if not (hidden_old.isdisjoint(old_range) and hidden_new.isdisjoint(new_range)) or any(map(has_command, lines)):
            left_out += 1
        else:
            hunks += f"@@ -{_written(old_range)} +{_written(new_range)} @@\n", *lines
    path = repository_path(name, repository_root()).lstrip("/")
    return Diff("".join((*_header(path), *hunks)) if hunks else "", left_out)


def _lines(text: str) -> list[str]:
    """Return the lines of a text with their ends. Unlike str.splitlines, diffs end a line at a line feed only."""
    lines = text.split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *filter(None, lines[-1:])]


def _hidden(text: str, *, is_xml: bool) -> set[int]:
    """Return the indexes of the lines with a password."""
    shown = _lines(redact_document(text, is_xml=is_xml))
    return {index for index, (line, redacted) in enumerate(zip(_lines(text), shown, strict=True)) if line != redacted}


def _hunk(group: Iterable[tuple[str, int, int, int, int]], old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for operation, old_start, old_end, new_start, new_end in group:
        if operation == "equal":
            yield from (_line(" ", line) for line in old[old_start:old_end])
        else:
            yield from (_line("-", line) for line in old[old_start:old_end])
            yield from (_line("+", line) for line in new[new_start:new_end])


def _line(mark: str, line: str) -> str:
    return f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _written(lines: range) -> str:
    return f"{lines.start + 1},{len(lines)}"


def _header(path: str) -> Iterator[str]:
    """Yield the lines before the first hunk.

    The first line makes ``git apply`` resolve the path from the root of the repository, even in a subdirectory.
    """
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    # Git ends a name that contains a space with a tab, because a date can follow a name.
    end = "\t" if " " in path else ""
    yield f"diff --git {old} {new}\n"
    yield f"--- {old}{end}\n"
    yield f"+++ {new}{end}\n"


_ESCAPED: Final = re.compile(rb"[\x00-\x1f\x7f\"\\]|#(?=#)")
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")


def _quoted(path: str) -> str:
    """Return a path as Git writes it: quoted like a string of C if it contains a control character, a quote or a backslash."""
    encoded = os.fsencode(path)
    if not _ESCAPED.search(encoded) and path.replace(" ", "").isprintable():
        return path
    return f'"{_NOT_ASCII.sub(_octal, _ESCAPED.sub(_octal, encoded)).decode()}"'


def _octal(found: re.Match[bytes]) -> bytes:
    return b"\\%03o" % ord(found[0])
