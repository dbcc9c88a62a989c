"""A class decorator that hides the users and passwords of URLs in ``repr``, which ends up in logs and tracebacks."""

from __future__ import annotations

from typing import Any, TypeVar

from bxml.messages.redaction import redact_urls

C = TypeVar("C", bound=type[Any])


def redacted(cls: C) -> C:
    """Hide the users and passwords of URLs in the ``repr`` of a class.

    ``@dataclass`` generates a ``repr`` for each subclass, so every class needs this decorator, above ``@dataclass``.

    Args:
        cls: The class, which is changed in place.

    Returns:
        The same class.
    """
    decorated: Any = cls
    plain = decorated.__repr__

    def __repr__(self: object) -> str:  # noqa: N807  help() shows this name
        return redact_urls(plain(self))

    __repr__.__qualname__ = f"{cls.__qualname__}.__repr__"
    decorated.__repr__ = __repr__
    return cls
