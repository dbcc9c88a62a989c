"""The base class of records: classes with named fields, without the module ``dataclasses``.

The import of ``bxml`` would take a third longer with ``dataclasses``.
"""

from __future__ import annotations

from typing import Any, dataclass_transform


@dataclass_transform(eq_default=False, kw_only_default=True)
class Record:
    """A class whose annotations are its fields; each field is passed by keyword. Two records are never equal."""

    def __init__(self, **fields: Any) -> None:
        """Store the fields."""
        self.__dict__.update(fields)
