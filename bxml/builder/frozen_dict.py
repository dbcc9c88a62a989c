"""An immutable dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn


class Frozen(dict[str, Any]):
    """An immutable dictionary with immutable shallow and deep copies; unlike ``types.MappingProxyType``, it can be pickled."""

    # Type checkers see the methods of dict instead, because a method that always raises cannot have their signatures.
    if not TYPE_CHECKING:  # pragma: no branch

        def _raise(self, *_: object, **__: object) -> NoReturn:
            raise TypeError("this dictionary is immutable")

        __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _raise

    def __reduce__(self) -> tuple[type[Frozen], tuple[dict[str, Any]]]:
        """Return the class and a plain copy of the items, from which unpickling makes an equal dictionary."""
        return Frozen, (dict(self),)
