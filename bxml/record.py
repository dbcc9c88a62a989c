"""The base class of records: classes with named fields, without the module ``dataclasses``.

Building a first document takes 1.5 times as long if it imports ``dataclasses``, which imports ``inspect``.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import dataclass_transform


@dataclass_transform(eq_default=False, kw_only_default=True)
class Record(SimpleNamespace):
    """A class whose annotations are its fields; each is an argument by keyword. Two records are never equal."""

    def __eq__(self, other: object) -> bool:
        """Return whether the other object is this record."""
        return self is other

    def __hash__(self) -> int:
        """Return a hash of the identity."""
        return object.__hash__(self)
