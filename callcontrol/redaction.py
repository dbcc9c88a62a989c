"""Values whose ``repr`` shows no user and password of a URL, because logs and tracebacks hold it."""

from __future__ import annotations

from typing import Any, TypeVar

from bxml.messages.redaction import without_user

C = TypeVar("C", bound=type[Any])


def redacted(cls: C) -> C:
    """Hide the users and passwords of URLs in the ``repr`` of a class.

    A dataclass writes a ``repr`` of its own for each subclass, so each one is decorated, above ``@dataclass``.
    """
    decorated: Any = cls
    plain = decorated.__repr__

    def __repr__(self: object) -> str:  # noqa: N807  the name that help() shows
        return without_user(plain(self))

    __repr__.__qualname__ = f"{cls.__qualname__}.__repr__"
    decorated.__repr__ = __repr__
    return cls
