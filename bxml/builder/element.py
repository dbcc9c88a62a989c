"""The base class of all elements: an immutable value that is always valid.

A constructor checks all of its arguments against the schema and serializes the element once. Documents contain exactly that
XML, so the form that is sent is the form that was checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar, cast, dataclass_transform

from bxml.builder.element_base import ElementBase, classes, fields_of
from bxml.builder.frozen_dict import Frozen
from bxml.problems_and_errors import InvalidDocument

if TYPE_CHECKING:
    from inspect import Signature

    from bxml.builder.binding import Binding

E = TypeVar("E", bound="Element")

VERDICT: Final = "_cached_verdict"
"""Name under which a document keeps the result of its validation. The result does not take part in comparisons."""


def _binding_of(cls: type[Element]) -> Binding:
    # Imported when the first element is made and not with the package, because this import takes long.
    from bxml.builder.binding import binding_of

    return binding_of(cls)


class _LazySignature:
    """The signature of the constructor for ``help()`` and consoles, made on access because ``inspect`` takes long to import."""

    def __get__(self, _: object, owner: type[Element]) -> Signature:
        if owner is Element:
            raise AttributeError("Element is a base class and has no signature")
        return signature_of(owner)


def signature_of(cls: type[Element]) -> Signature:
    """Return the signature of the constructor of a class."""
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


def _attribute_error(cls: type[Element], name: str, owner: str) -> AttributeError:
    """Return the error for an attribute that does not exist.

    Args:
        cls: The class of the element.
        name: The name of the attribute.
        owner: The start of the message, as in messages of Python.
    """
    message = f"{owner} has no attribute {name!r}"
    # Protocols look up names with an underscore, and dataclass looks up the default of each field, so both must be fast.
    if name.startswith("_") or name in cls.__annotations__:
        return AttributeError(message)
    from bxml.builder.attribute_hints import hint

    # Without an object, a traceback does not add another suggestion to the message.
    return AttributeError(message + hint(cls, name), name=name, obj=None)


if TYPE_CHECKING:  # type checkers would accept any name if they saw __getattr__
    ElementType = type
else:

    class ElementType(type):
        """The class of element classes; it explains attributes that do not exist."""

        def __getattr__(cls, name: str) -> object:
            """Raise AttributeError, with the equivalent of a name of another SDK or a misspelled name."""
            raise _attribute_error(cls, name, f"type object {cls.__name__!r}")


@dataclass_transform(frozen_default=True)
class Element(ElementBase, metaclass=ElementType):
    """An XML element as an immutable, comparable and hashable value.

    A subclass is a dataclass with its content before ``KW_ONLY`` and its attributes after it. Type checkers derive the
    arguments of its constructor from these fields; the constructor of this class checks and serializes them.

    Raises:
        InvalidDocument: If an argument is invalid; the error lists every problem of this element.
    """

    if TYPE_CHECKING:
        _binding: ClassVar[Binding | None]
    else:
        __signature__ = _LazySignature()

        def __getattr__(self, name: str) -> object:
            """Raise AttributeError, with the equivalent of a name of another SDK or a misspelled name."""
            raise _attribute_error(type(self), name, f"{type(self).__name__!r} object")

        def __setattr__(self, name: str, value: object) -> None:
            """Raise FrozenInstanceError, because an element is immutable."""
            raise FrozenInstanceError(f"cannot assign to field {name!r}")

        def __delattr__(self, name: str) -> None:
            """Raise FrozenInstanceError, because an element is immutable."""
            raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __init_subclass__(cls) -> None:
        """Make the class a dataclass and register it by its name."""
        cls._binding = None  # a binding of the base class would not have the fields that this class adds
        dataclass(init=False, repr=False, eq=False)(cls)
        # The first class keeps the name, so a subclass in an application does not change what parse returns.
        classes.setdefault(cls.__name__, cls)

    # No docstring, because editors would show it instead of the docstring of the subclass. The constructor avoids
    # function calls, because building a document spends most of its time here.
    def __init__(self, *content: Any, extra: Mapping[str, str] | None = None, **attributes: Any) -> None:
        binding = self._binding or _binding_of(type(self))
        # Filled directly, because __setattr__ raises.
        values = self.__dict__
        # As in any dataclass, the content can also be passed by keyword.
        if binding.content_name in attributes:
            content = (*content, attributes.pop(binding.content_name))
        inside, problems = binding.set_content(binding, values, content) if content else binding.without_content
        tag = binding.opening
        # Only write_checked handles extra, None, unusual values and errors; it starts again from the arguments.
        slow = extra is not None or (binding.required and not binding.required <= attributes.keys())
        if attributes:
            fast_writers = binding.fast_writers
            try:
                for name, value in attributes.items():
                    text = fast_writers[name](value)
                    if text is None:
                        slow = True
                        break
                    tag += text
            except KeyError:
                slow = True
        if slow:
            attributes, tag, problems = binding.write_checked(attributes, extra, problems)
        if problems:
            raise InvalidDocument(problems)
        values.update(attributes)
        values["_xml"] = f"{tag}>{inside}{binding.closing}" if inside else tag + "/>"

    def __eq__(self, other: object) -> bool:
        """Return true for the same element with the same content and attributes; the order of attributes does not matter."""
        return self._values() == other._values() if isinstance(other, Element) else NotImplemented

    def __hash__(self) -> int:
        """Return a hash of the element name, the content and the attributes, except ``extra``."""
        # The value of extra is a dictionary, which has no hash.
        return hash(frozenset((name, value) for name, value in self._values().items() if name != "extra"))

    def _values(self) -> dict[str, object]:
        """Return the values that equality compares: the arguments and the element name."""
        # The name replaces the XML, because the XML depends on the order of the arguments.
        values: dict[str, object] = {**self.__dict__, "_xml": _binding_of(type(self)).element.name}
        values.pop(VERDICT, None)
        return values

    def __repr__(self) -> str:
        """Return the constructor call in Python, without the values of passwords."""
        from bxml.messages.redaction import is_secret, redact_urls

        arguments: list[str] = []
        for field in fields_of(type(self)):
            if field.name in self.__dict__:
                value = self.__dict__[field.name]
                if isinstance(value, Frozen):
                    value = {name: "…" if is_secret(name) else text for name, text in value.items()}
                elif isinstance(value, tuple):
                    value = [*cast("tuple[object, ...]", value)]
                shown = repr("…" if is_secret(field.name) else value)
                arguments.append(f"{field.name}={shown}" if field.kw_only else shown)
        return f"{type(self).__name__}({redact_urls(', '.join(arguments))})"

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[type[Self], dict[str, object]]]:
        """Return the class and its arguments, so unpickling checks them again."""
        arguments = {field.name: self.__dict__[field.name] for field in fields_of(type(self)) if field.name in self.__dict__}
        return _unpickle, (type(self), arguments)

    def __copy__(self) -> Self:
        """Return this element, because it is immutable."""
        return self

    def __deepcopy__(self, _: object) -> Self:
        """Return this element, because it is immutable."""
        return self


def _unpickle(cls: type[E], arguments: dict[str, Any]) -> E:
    return cls(**arguments)
