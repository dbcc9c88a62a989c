"""Values of verb attributes; a missing attribute has the default that the schema publishes."""

from __future__ import annotations

from functools import cache
from typing import Any

from bxml import schema
from bxml.builder.element import Element
from bxml.messages.python_names import python_name


@cache
def default(verb: str, attribute: str) -> str:
    """Return the default of an attribute as it is written in BXML, or an empty string if the schema publishes no default."""
    return schema.attributes()[verb][attribute].default or ""


def text(verb: Element, attribute: str) -> str:
    """Return the value of an attribute as a string."""
    given: Any = getattr(verb, python_name(attribute))
    # An empty value differs from a missing value: with terminatingDigits="" no key ends a Record; by default, the key # does.
    return default(type(verb).__name__, attribute) if given is None else str(given)


def number(verb: Element, attribute: str) -> float:
    """Return the value of a numeric attribute, in the unit of that attribute."""
    return float(text(verb, attribute))


def truth(verb: Element, attribute: str) -> bool:
    """Return the value of a boolean attribute."""
    given: bool | None = getattr(verb, python_name(attribute))
    return default(type(verb).__name__, attribute) == "true" if given is None else given
