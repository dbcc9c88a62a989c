"""The part of every element class that its binding to the schema needs: the registry, the fields and the written text."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Final


class ElementBase:
    """Base class of :class:`bxml.builder.element.Element`; :mod:`bxml.builder.binding` knows elements only by this class."""

    _form: ClassVar[Any] = None
    """The binding of the class, once the first element of the class was made."""

    _depth = 1
    """Levels of nested elements in speech, including this one."""

    if TYPE_CHECKING:
        _xml: str


classes: Final[dict[str, type[Any]]] = {}
"""Every class of elements by its name; each is a subclass of :class:`ElementBase`."""


def fields_of(cls: type[ElementBase]) -> tuple[Field[Any], ...]:
    """Return the fields of a class: content first, ``extra`` last."""
    found = fields(cls)  # type: ignore[arg-type]  # every subclass is made a dataclass
    return tuple(sorted(found, key=lambda field: (field.kw_only, field.name == "extra")))
