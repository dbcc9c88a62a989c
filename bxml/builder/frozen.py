"""A dictionary that does not change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn


class Frozen(dict[str, Any]):
    """A dictionary that does not change, nor does a copy of it; unlike the standard library's view it can be pickled."""

    if not TYPE_CHECKING:  # pragma: no branch  the types of the methods need not be those of a dictionary that changes

        def _refuse(self, *_: object, **__: object) -> NoReturn:
            raise TypeError("this dictionary does not change")

        __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[Frozen], tuple[dict[str, Any]]]:
        """Pickle the contents."""
        return Frozen, (dict(self),)
