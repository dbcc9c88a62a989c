"""What is wrong with a document, as values; and the errors that carry them.

::

    BxmlError            every error of this package, a ValueError
    ├── NotWellFormed    not XML at all, or XML of a kind that BXML never is
    └── InvalidDocument  XML or Python values that the schema does not allow
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
"""An error is what the platform refuses or fails, a warning what it lets pass without effect or at a risk."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where.

    Lines and columns count from 1, columns in characters, and the end is the first character behind. They are ``None`` where
    there is no source text, as in a document built in Python. ``name`` is what the caller calls the source, such as its file.
    ``path`` leads there from the root: ``Response/Gather[2]/@maxDigits``.
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
        """``name:line:column: message [rule]``, with the path where there is no line."""
        place = (self.name, self.path) if self.line is None else (self.name, str(self.line), str(self.column))
        return f"{':'.join(filter(None, place))}: {self.message} [{self.rule}]".removeprefix(": ")


class BxmlError(ValueError):
    """Something is not valid BXML; ``problems`` says what and where."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems; the message has one line for each."""
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        """One line for each problem."""
        return "\n".join(map(str, self.problems))


class NotWellFormed(BxmlError):
    """The text is not XML, or holds what BXML never holds, such as a DOCTYPE."""


class InvalidDocument(BxmlError):
    """A document, or a part of one, that the schema does not allow; ``problems`` says why."""
