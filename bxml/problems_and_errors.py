"""Problems of a document, and the errors that contain them.

::

    BxmlError            base class of the errors about a document; a subclass of ValueError
    ├── NotWellFormed    the document cannot be parsed
    └── InvalidDocument  the schema does not allow the XML or the Python values
"""

from __future__ import annotations

from collections.abc import Iterable
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


class BxmlError(ValueError):
    """Base class of the errors about a document.

    Attributes:
        problems: The problems of the document, in the order of their places.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Store the problems."""
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        """Return one line for each problem."""
        return "\n".join(map(str, self.problems))


class NotWellFormed(BxmlError):
    """The document cannot be parsed: it is not well-formed XML in UTF-8, contains a DOCTYPE or is nested too deeply."""


class InvalidDocument(BxmlError):
    """The schema does not allow the document, or an element of it."""
