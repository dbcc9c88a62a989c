"""Attributes of verbs, with the default that the schema publishes where there is none."""

from __future__ import annotations

from functools import cache
from typing import Any

from bxml import schema
from bxml.builder.element import Element
from bxml.messages.naming import python_name


@cache
def default(verb: str, attribute: str) -> str:
    """The value that the platform takes if an attribute is not given, as it is written."""
    return schema.attributes()[verb][attribute].default or ""


def text(verb: Element, attribute: str) -> str:
    """An attribute that is a text."""
    given: Any = getattr(verb, python_name(attribute))
    return default(type(verb).__name__, attribute) if given is None else str(given)


def number(verb: Element, attribute: str) -> float:
    """An attribute that is a number: of seconds, of milliseconds, or of something else."""
    return float(text(verb, attribute))


def truth(verb: Element, attribute: str) -> bool:
    """An attribute that is true or false."""
    given: bool | None = getattr(verb, python_name(attribute))
    return default(type(verb).__name__, attribute) == "true" if given is None else given
