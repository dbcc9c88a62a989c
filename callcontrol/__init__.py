"""Live calls, controlled.

:class:`Client` sends the five call operations; above all it interrupts and redirects live calls, with documents that are
known to be valid. :func:`parse_event` reads what the vendor sends to webhooks: :mod:`callcontrol.events` has a class for each
event, :mod:`callcontrol.webhooks` the answers. :mod:`callcontrol.emulator` answers the operations on this machine.

The names are those of :mod:`callcontrol.public`, which is imported with the first of them: whoever runs tests has the plugin
imported with everything that is installed, and pays for no client.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callcontrol.public import *  # noqa: F403  the list of names is there

__version__: str
"""The installed version."""


def __getattr__(name: str) -> Any:
    """A module of the package, or a public name.

    Raises:
        AttributeError: if there is neither.
    """
    if name == "__version__":
        return import_module("bxml").__version__
    if find_spec(f"{__name__}.{name}"):  # first, for public names need modules that ask for modules
        return import_module(f"{__name__}.{name}")
    public = import_module("callcontrol.public")
    if name == "__all__" or name in public.__all__:
        return getattr(public, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """All names, for who looks for one."""
    return sorted({*globals(), *import_module("callcontrol.public").__all__})
