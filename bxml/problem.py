"""A problem of a document: the rule that is broken, a message, a place and, if one is certain, a fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]
"""The severity of a problem: an error makes a document or verb fail; a warning marks valid BXML that is ignored or risky."""


class Edit(NamedTuple):
    """A replacement of a part of the source. Lines and columns are counted from 1, and the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    """The column of the end. If the edit only inserts text, the end is equal to the start."""
    text: str
    """The new source text, already escaped for XML."""


class Fix(NamedTuple):
    """A change of the source that certainly keeps the meaning that its author intended."""

    message: str
    """A description of the change, on one line, such as ``write "julie"``."""
    edits: tuple[Edit, ...]
    """The replacements, which do not overlap; apply all of them or none."""


@dataclass(frozen=True)
class Problem:
    """A problem of a document: the rule that is broken, a message, a place and, if one is certain, a fix.

    Lines and columns are counted from 1, columns in characters. They are ``None`` for a document built in Python.

    Attributes:
        rule: Id of the rule, such as ``invalid-value``.
        message: What is wrong, what is expected and how to fix it, on one line.
        path: Path from the root, such as ``Response/Gather[2]/@maxDigits``.
        name: Name of the document, such as its file name, as passed to ``parse`` or ``validate``.
        severity: ``error`` or ``warning``.
        line: Line of the first character.
        column: Column of the first character.
        end_line: Line of the end.
        end_column: Column after the last character.
        fix: The change that fixes the problem; ``None`` if no fix is certain.
    """

    rule: str
    message: str
    path: str = ""
    name: str = ""
    severity: Severity = "error"
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    fix: Fix | None = None

    def __str__(self) -> str:
        """Return ``name:line:column: message [rule]``; if the position is unknown, the path replaces line and column."""
        place = (self.name, self.path) if self.line is None else (self.name, str(self.line), str(self.column))
        return f"{':'.join(filter(None, place))}: {self.message} [{self.rule}]".removeprefix(": ")
