"""Types of Python values: proxies, subclasses of ``str``, and objects that only behave like strings."""

from __future__ import annotations

from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")


def is_a(value: object, cls: type[T]) -> TypeGuard[T]:
    """Return whether a value is an instance of a class, and not a proxy of an instance.

    ``isinstance`` accepts a proxy too, because a proxy returns the class of its target as its ``__class__``. Functions that are
    written in C, and work on strings or numbers, do not accept a proxy.
    """
    return issubclass(type(value), cls)


def behaves_like_string(value: Any) -> bool:
    """Return whether an object is not a string but behaves like a string, such as a lazy translation or a ``UserString``."""
    try:
        return not is_a(value, str) and bool(value.casefold() == str(value).casefold())
    except Exception:  # noqa: BLE001  a foreign object may raise anything, such as a translation outside a request
        return False


def plain(value: Any) -> Any:
    """Return the characters of a string as a plain ``str``, and any other value unchanged.

    A subclass of ``str`` can override every method, so its own methods are not used.
    """
    return str.__str__(value) if issubclass(type(value), str) else value
