"""What every element is: a frozen value that is valid from the moment it exists.

A constructor checks its arguments against the schema, all of them, and writes the element down once. That text is what a
document sends, so that nothing is checked in one form and sent in another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast, dataclass_transform

from bxml.builder.element_base import ElementBase, classes, fields_of
from bxml.builder.frozen import Frozen
from bxml.problem import InvalidDocument

if TYPE_CHECKING:
    from inspect import Signature

    from bxml.builder.binding import Form

E = TypeVar("E", bound="Element")


def _form_of(cls: type[Element]) -> Form:
    # Imported with the first element, because it reads the schema.
    from bxml.builder.binding import form_of

    return form_of(cls)


class _LazySignature:
    """The arguments that ``help()`` and consoles show, made when they ask."""

    def __get__(self, _: object, owner: type[Element]) -> Signature:
        if owner is Element:
            raise AttributeError("Element has no elements of its own")
        return signature_of(owner)


def signature_of(cls: type[Element]) -> Signature:
    """The arguments of a class."""
    from inspect import Parameter, Signature

    parameters = [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY if field.kw_only is True else Parameter.POSITIONAL_OR_KEYWORD,
            default=Parameter.empty if field.default is MISSING else field.default,
            annotation=field.type,
        )
        for field in fields_of(cls)
    ]
    return Signature(parameters)


@dataclass_transform(frozen_default=True)
class Element(ElementBase):
    """An XML element as a value: immutable, comparable, hashable.

    A subclass is a dataclass that cannot be changed, its content before ``KW_ONLY`` and its attributes after it. Type checkers
    take the arguments of its constructor from these fields. The constructor here checks every argument and writes the element
    down; it has no docstring, because editors would show that instead of the subclass's.

    Raises:
        InvalidDocument: with all problems of this element.
    """

    if TYPE_CHECKING:
        _form: ClassVar[Form | None]
    else:
        __signature__ = _LazySignature()

        def __setattr__(self, name: str, value: object) -> None:
            """An element does not change."""
            raise FrozenInstanceError(f"cannot assign to field {name!r}")

        def __delattr__(self, name: str) -> None:
            """An element does not change."""
            raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __init_subclass__(cls) -> None:
        """Make the class a dataclass and remember it by its name."""
        cls._form = None  # not that of the base, whose fields can be fewer
        dataclass(init=False, repr=False, eq=False)(cls)
        classes.setdefault(cls.__name__, cls)

    def __init__(self, *content: Any, extra: Mapping[str, str] | None = None, **attributes: Any) -> None:
        binding = self._form or _form_of(type(self))
        values = self.__dict__
        if binding.content_name in attributes:
            content = (*content, attributes.pop(binding.content_name))
        inside, problems = binding.fill(binding, values, content) if content else binding.without_content
        tag = binding.opening
        careful = extra is not None or (binding.required and not binding.required <= attributes.keys())
        if attributes:
            quickly = binding.quickly
            try:
                for name, value in attributes.items():
                    text = quickly[name](value)
                    if text is None:
                        careful = True
                        break
                    tag += text
            except KeyError:
                careful = True
        if careful:
            attributes, tag, refused = binding.carefully(attributes, extra)
            problems += refused
        if problems:
            raise InvalidDocument(problems)
        values.update(attributes)
        values["_xml"] = f"{tag}>{inside}{binding.closing}" if inside else tag + "/>"

    def __eq__(self, other: object) -> bool:
        """Whether the other is the same element with the same content and attributes, in whatever order they were given."""
        return self._values() == other._values() if isinstance(other, Element) else NotImplemented

    def __hash__(self) -> int:
        """Equal elements have equal hashes."""
        return hash(frozenset((name, value) for name, value in self._values().items() if name != "extra"))

    def _values(self) -> dict[str, object]:
        """What was given, and the name of the element."""
        return {**self.__dict__, "_xml": _form_of(type(self)).element.name}

    def __repr__(self) -> str:
        """As it is written in Python, without the values of passwords."""
        from bxml.messages.redaction import is_secret, without_user  # loaded when the first element was made

        given: list[str] = []
        for field in fields_of(type(self)):
            if field.name in self.__dict__:
                value = self.__dict__[field.name]
                if isinstance(value, Frozen):
                    value = {name: "…" if is_secret(name) else text for name, text in value.items()}
                elif isinstance(value, tuple):
                    value = [*cast("tuple[object, ...]", value)]
                shown = repr("…" if is_secret(field.name) else value)
                given.append(f"{field.name}={shown}" if field.kw_only else shown)
        return f"{type(self).__name__}({without_user(', '.join(given))})"

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[type[Self], dict[str, object]]]:
        """Pickle the arguments; unpickling checks them again."""
        arguments = {field.name: self.__dict__[field.name] for field in fields_of(type(self)) if field.name in self.__dict__}
        return _make, (type(self), arguments)

    def __copy__(self) -> Self:
        """Itself, which cannot change."""
        return self

    def __deepcopy__(self, _: object) -> Self:
        """Itself, which cannot change."""
        return self


def _make(cls: type[E], arguments: dict[str, Any]) -> E:
    return cls(**arguments)
