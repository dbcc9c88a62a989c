"""The base of element classes that the binding to the schema uses: the registry, the fields and the XML of an element.

It is separate from :mod:`bxml.builder.element`, which imports the binding, because imports must not be circular.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self, overload


Stored = TypeVar("Stored")
Accepted = TypeVar("Accepted")


class Children(Generic[Stored, Accepted]):
    """The type of a field that contains child elements, for type checkers only.

    For a list of several kinds of children, type checkers infer a list of their common base class. Such a list is therefore
    accepted. ``None`` is accepted in the list too, and is not stored.
    """

    if TYPE_CHECKING:

        @overload
        def __get__(self, element: None, owner: type[Any]) -> Self: ...
        @overload
        def __get__(self, element: object, owner: type[Any]) -> Sequence[Stored]: ...
        def __get__(self, element: object, owner: type[Any]) -> Any:
            """Return the children."""

        def __set__(self, element: object, children: Sequence[Accepted | None]) -> None:
            """Give type checkers the type of the constructor's argument. The field of an element cannot be set."""


NO_CHILDREN: Any = ()
"""The default of a field that contains child elements."""


EMPTY_ON_PURPOSE: Final = "_is_empty_on_purpose"
"""Name of the attribute that marks a document as empty on purpose: it was made with an empty list of verbs."""


class ElementBase:
    """Base class of :class:`bxml.builder.element.Element`, with the members that :mod:`bxml.builder.schema_binding` uses."""

    _binding: ClassVar[Any] = None
    """The binding of the class to the schema; ``None`` until the first element of the class is made."""

    _depth = 1
    """Number of nested levels in speech, including this element."""

    if TYPE_CHECKING:
        _xml: str


classes: Final[dict[str, type[Any]]] = {}
"""The element classes, by their names. Each of them is a subclass of :class:`ElementBase`."""


REQUIRED: Final = object()
"""Placeholder for the default of a field whose argument is required."""


class Field(NamedTuple):
    """A field of an element class, which is an argument of its constructor."""

    name: str
    annotation: object
    """The annotation, as it is written in the class."""
    kw_only: bool
    """True for an attribute, which can be passed only by keyword; false for the content."""
    default: object
    """The default of the argument, or :data:`REQUIRED`."""


def fields_of(cls: type[ElementBase]) -> tuple[Field, ...]:
    """Return the fields of a class: content first, ``extra`` last.

    ``dataclasses.fields`` returns the same fields. It is not used, because ``dataclasses`` takes long to import.
    """
    found: dict[str, Field] = {}
    for base in reversed(cls.__mro__):
        if base is not ElementBase and "_binding" in vars(base):  # a class that Element.__init_subclass__ has seen
            kw_only = False
            for name, annotation in base.__annotations__.items():
                if _is_kw_only(annotation):
                    kw_only = True
                else:
                    found[name] = Field(name, annotation, kw_only, getattr(cls, name, REQUIRED))
    return tuple(sorted(found.values(), key=lambda field: (field.kw_only, field.name == "extra")))


def _is_kw_only(annotation: object) -> bool:
    """Return whether an annotation is ``dataclasses.KW_ONLY``, either as the object or as a string with its name."""
    name = annotation if isinstance(annotation, str) else type(annotation).__name__
    return name.rpartition(".")[2] in {"KW_ONLY", "_KW_ONLY_TYPE"}
