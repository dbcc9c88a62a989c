"""The part of element classes that their binding to the schema needs: the registry, the fields and the XML of an element.

It is separate from :mod:`bxml.builder.element`, which imports the binding, because imports must not be circular.
"""

from __future__ import annotations

from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Final


class ElementBase:
    """Base class of :class:`bxml.builder.element.Element`, with the members that :mod:`bxml.builder.binding` uses."""

    _binding: ClassVar[Any] = None
    """The binding of the class to the schema; ``None`` until the first element of the class is made."""

    _depth = 1
    """Number of nested levels in speech, including this element."""

    if TYPE_CHECKING:
        _xml: str


classes: Final[dict[str, type[Any]]] = {}
"""Every element class by its name; each is a subclass of :class:`ElementBase`."""


def fields_of(cls: type[ElementBase]) -> tuple[Field[Any], ...]:
    """Return the fields of a class: content first, ``extra`` last."""
    found = fields(cls)  # type: ignore[arg-type]  # every subclass becomes a dataclass
    return tuple(sorted(found, key=lambda field: (field.kw_only, field.name == "extra")))
