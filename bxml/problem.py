"""A problem of a document: the rule that is broken, a message and a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
"""The severity of a problem: an error makes a document or verb fail; a warning marks valid BXML that is ignored or risky."""


@dataclass(frozen=True)
class Problem:
    """A problem of a document: the rule that is broken, a message and a place.

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

    def __str__(self) -> str:
        """Return ``name:line:column: message [rule]``, with the path instead of line and column if they are unknown."""
        place = (self.name, self.path) if self.line is None else (self.name, str(self.line), str(self.column))
        return f"{':'.join(filter(None, place))}: {self.message} [{self.rule}]".removeprefix(": ")
