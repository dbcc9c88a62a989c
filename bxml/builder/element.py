"""The base class of all elements: an immutable value that is always valid.

A constructor checks all of its arguments against the schema and serializes the element once. Documents contain exactly that
XML, so the form that is sent is the form that was checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar, cast, dataclass_transform

from bxml.builder.element_base import REQUIRED, ElementBase, classes, fields_of
from bxml.builder.frozen_dict import Frozen
from bxml.errors import InvalidDocument

if TYPE_CHECKING:
    from inspect import Signature

    from bxml.builder.schema_binding import Binding, Problems

E = TypeVar("E", bound="Element")

DATACLASS_FIELDS: Final = "__dataclass_fields__"
"""Name of the attribute that makes a class a dataclass."""


def binding_of(cls: type[Element]) -> Binding:
    """Return the binding of a class to the schema."""
    # Imported when the first element is made and not with the package, because this import takes long.
    from bxml.builder import schema_binding

    return schema_binding.binding_of(cls)


class _LazyDataclass:
    """The fields of a dataclass. The first access makes the class a dataclass, because ``dataclasses`` takes long to import."""

    def __get__(self, _: object, owner: type[Element]) -> object:
        import sys
        from dataclasses import KW_ONLY, dataclass

        # dataclass() looks the annotation KW_ONLY up in the module of the class.
        vars(sys.modules[owner.__module__]).setdefault("KW_ONLY", KW_ONLY)
        dataclass(init=False, repr=False, eq=False)(owner)
        return vars(owner)[DATACLASS_FIELDS]


class _LazyMatchArgs:
    """The names of the positional arguments, for ``match`` statements."""

    def __get__(self, _: object, owner: type[Element]) -> tuple[str, ...]:
        return tuple(field.name for field in fields_of(owner) if not field.kw_only)


class _LazySignature:
    """The signature of the constructor for ``help()`` and consoles. It is made on access: ``inspect`` takes long to import."""

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
            Parameter.KEYWORD_ONLY if field.kw_only else Parameter.POSITIONAL_OR_KEYWORD,
            default=Parameter.empty if field.default is REQUIRED else field.default,
            annotation=field.annotation,
        )
        for field in fields_of(cls)
    ]
    return Signature(parameters)


def _attribute_error(cls: type[Element], name: str) -> AttributeError:
    """Return the error for an attribute that an element of a class does not have."""
    message = f"{cls.__name__!r} object has no attribute {name!r}"
    # Protocols look up names with an underscore, so these must be fast.
    if name.startswith("_"):
        return AttributeError(message)
    from bxml.builder.attribute_hints import hint

    # Without an object, a traceback does not add another suggestion to the message.
    found = hint(cast("Any", cls), name)  # mypy takes the hash of an element for that of its class
    return AttributeError(message + found, name=name, obj=None)


@dataclass_transform(frozen_default=True)
class Element(ElementBase):
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
        __match_args__ = _LazyMatchArgs()

        def __getattr__(self, name: str) -> object:
            """Raise AttributeError; if the name is misspelled or comes from another SDK, the message names the equivalent."""
            raise _attribute_error(type(self), name)

        def __setattr__(self, name: str, value: object) -> None:
            """Raise FrozenInstanceError, because an element is immutable."""
            from dataclasses import FrozenInstanceError

            raise FrozenInstanceError(f"cannot assign to field {name!r}")

        def __delattr__(self, name: str) -> None:
            """Raise FrozenInstanceError, because an element is immutable."""
            from dataclasses import FrozenInstanceError

            raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __init_subclass__(cls) -> None:
        """Register the class by its name; the class becomes a dataclass on the first access to its dataclass fields."""
        cls._binding = None  # a binding of the base class would not have the fields that this class adds
        setattr(cls, DATACLASS_FIELDS, _LazyDataclass())
        # The first class keeps the name, so a subclass in an application does not change what parse returns.
        classes.setdefault(cls.__name__, cls)

    # No docstring, because editors would show it instead of the docstring of the subclass. The constructor avoids
    # function calls, because building a document spends most of its time here.
    def __init__(self, *content: Any, extra: Mapping[str, str] | None = None, **attributes: Any) -> None:
        # Looked up in the class, because __getattr__ slows down every look-up in an element.
        binding = type(self)._binding or binding_of(type(self))
        # Filled directly, because __setattr__ raises.
        values = self.__dict__
        # As in any dataclass, the content can also be passed by keyword.
        if binding.content_name in attributes:
            content = (*content, attributes.pop(binding.content_name))
        inside: str = ""
        problems: Problems = ()
        if content:
            inside, problems = binding.set_content(binding, values, content)
        elif binding.needs_content:
            problems = binding.no_content_problems()
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
        return {**self.__dict__, "_xml": binding_of(type(self)).element.name}

    def _arguments(self) -> dict[str, Any]:
        """Return the arguments of the constructor, by name and in the order of its parameters."""
        return {field.name: self.__dict__[field.name] for field in fields_of(type(self)) if field.name in self.__dict__}

    def __repr__(self) -> str:
        """Return the constructor call in Python, without the values of passwords."""
        from bxml.messages.redaction import is_secret, redact_urls

        content = binding_of(type(self)).content_name
        arguments: list[str] = []
        for name, value in self._arguments().items():
            shown = value
            if isinstance(value, Frozen):
                shown = {key: "…" if is_secret(key) else given for key, given in value.items()}
            elif isinstance(value, tuple):
                shown = [*cast("tuple[object, ...]", value)]
            text = repr("…" if is_secret(name) else shown)
            arguments.append(text if name == content else f"{name}={text}")
        return f"{type(self).__name__}({redact_urls(', '.join(arguments))})"

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[type[Self], dict[str, object]]]:
        """Return the class and its arguments, so unpickling checks them again."""
        return _unpickle, (type(self), self._arguments())

    def replace(self, *content: Any, **attributes: Any) -> Self:
        """Return a new element with other content or attributes; this element does not change.

        ``gather.replace(max_digits=2)`` keeps the other attributes and the prompts, and ``pause.replace(duration=None)``
        removes an attribute.

        Args:
            content: The new content. Without this argument, the element keeps its content.
            attributes: The new attributes, by their names in Python; ``None`` removes an attribute.

        Raises:
            InvalidDocument: If an argument is invalid; the error lists every problem.
        """
        arguments = self._arguments() | attributes
        if content:
            arguments.pop(binding_of(type(self)).content_name, None)
        return type(self)(*content, **arguments)

    def __copy__(self) -> Self:
        """Return this element, because it is immutable."""
        return self

    def __deepcopy__(self, _: object) -> Self:
        """Return this element, because it is immutable."""
        return self


def _unpickle(cls: type[E], arguments: dict[str, Any]) -> E:
    return cls(**arguments)
