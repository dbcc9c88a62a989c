"""The errors about a document, which contain its problems.

::

    BxmlError            base class of the errors about a document; a subclass of ValueError
    ├── NotWellFormed    the document cannot be parsed
    └── InvalidDocument  the schema does not allow the XML or the Python values
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # valid documents do not need this module, whose import takes long
    from bxml.problem import Problem


class BxmlError(ValueError):
    """Base class of the errors about a document.

    Attributes:
        problems: The problems of the document, in the order of their places in the document.
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
