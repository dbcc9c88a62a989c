"""Attributes and children that depend on the values of a template, and a record of whether a rule has read any of them.

If a rule has read no unknown part, it reports the same problems for every output of the template.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any, cast

from bxml.parsing.tree import Node, Text


class Reads:
    """The record of a check."""

    has_unknown = False
    """True if a rule has read an unknown part since this was set to false."""


class UnknownAttributes(dict[str, str]):
    """The attributes of an element if some of them are unknown.

    Args:
        attributes: The attributes as they are written.
        reads: The record, which notes each access that depends on an unknown attribute.
        values: The names of the attributes whose values are unknown.
        certain: The names of the attributes that every output has; ``None`` if every output has exactly the attributes of the
            template.
    """

    def __init__(
        self, attributes: dict[str, str], reads: Reads, values: frozenset[str], certain: frozenset[str] | None
    ) -> None:
        super().__init__(attributes)
        self._reads = reads
        self._values = values
        self._certain = certain

    def is_unknown(self, name: object) -> bool:
        """Return whether the value or the existence of an attribute is unknown."""
        return name in self._values or (self._certain is not None and name not in self._certain)

    def _read(self, name: object) -> None:
        if self.is_unknown(name):
            self._reads.has_unknown = True

    def _read_names(self) -> None:
        if self._certain is not None:
            self._reads.has_unknown = True

    def _read_values(self) -> None:
        if self._values:
            self._reads.has_unknown = True
        self._read_names()

    def __getitem__(self, name: str) -> str:
        """Return a value, as a dictionary does."""
        self._read(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, as a dictionary does."""
        self._read(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        """Return whether the template contains an attribute, as a dictionary does."""
        if self._certain is not None and name not in self._certain:
            self._reads.has_unknown = True
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        """Yield the names, as a dictionary does."""
        self._read_names()
        return super().__iter__()

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        """Return the names, as a dictionary does."""
        self._read_names()
        return super().keys()

    def items(self) -> ItemsView[str, str]:  # type: ignore[override]
        """Return the names and values, as a dictionary does."""
        self._read_values()
        return super().items()

    def values(self) -> ValuesView[str]:  # type: ignore[override]
        """Return the values, as a dictionary does."""
        self._read_values()
        return super().values()


def known_first(attributes: dict[str, str], names: list[str]) -> list[str]:
    """Return names of attributes. The names with known values come first, so a rule reads an unknown value only if it must."""
    return sorted(names, key=attributes.is_unknown) if isinstance(attributes, UnknownAttributes) else names


class UnknownContent(list["Node | Text"]):
    """The content of an element in which a template inserts or omits elements.

    Args:
        content: The content as it is written.
        reads: The record, which notes each access.
    """

    def __init__(self, content: list[Node | Text], reads: Reads) -> None:
        super().__init__(content)
        self._reads = reads

    def __iter__(self) -> Iterator[Node | Text]:
        """Yield the items, as a list does."""
        self._reads.has_unknown = True
        return super().__iter__()

    def __len__(self) -> int:
        """Return the number of items, as a list does."""
        self._reads.has_unknown = True
        return super().__len__()

    def __getitem__(self, index: Any) -> Any:
        """Return an item, as a list does."""
        self._reads.has_unknown = True
        return cast("Any", super().__getitem__(index))
