"""Python names for the names in XML: ``gather_url`` for ``gatherUrl``, ``from_`` for ``from``, ``SayAs`` for ``say-as``."""

from __future__ import annotations

import re
from keyword import iskeyword


def python_name(wire_name: str) -> str:
    """Return the keyword argument for an attribute, or the name of the method for a verb."""
    # The capital that begins the name of a verb also gets an underscore, which lstrip removes.
    name = re.sub("[A-Z]", lambda capital: "_" + capital[0].lower(), re.sub("[-:]", "_", wire_name)).lstrip("_")
    return name + "_" if iskeyword(name) else name


def class_name(wire_name: str) -> str:
    """Return the name of the class for an element."""
    return "".join(part[:1].upper() + part[1:] for part in wire_name.split("-"))
