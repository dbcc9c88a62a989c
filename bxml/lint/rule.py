"""What a rule is, and what it says.

The schema says what BXML is; a rule says what is legal by it and wrong all the same. Each is a module of :mod:`bxml.lint.rules`:
its docstring is its page, its ``check`` looks at one element at a time and tells what it has found, and where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, Protocol

from bxml import schema
from bxml.lint.call_flow import Flow
from bxml.parsing.tree import Node
from bxml.problem import Severity
from bxml.xml_text import collapse


class Found(NamedTuple):
    """One thing that a rule has against a document."""

    message: str
    node: Node
    part: Part = "name"
    attribute: str = ""


Part = Literal["name", "text", "attribute", "value"]
"""What of an element is pointed at: its name, its text, or the name or the value of an attribute."""


class Rule(Protocol):
    """A module of :mod:`bxml.lint.rules`."""

    __name__: str
    __doc__: str | None

    @property
    def SEVERITY(self) -> Severity:  # noqa: N802  as modules name their constants
        """Whether the platform refuses or fails it, or lets it pass without effect."""
        ...

    @property
    def AT(self) -> tuple[str, ...]:  # noqa: N802  likewise
        """What it looks at: elements by name, ``Gather``, by attribute, ``@tag`` or ``@*Url``, or by both, ``Gather/@tag``."""
        ...

    def check(self, element: Node, flow: Flow, /) -> Iterator[Found]:
        """What is wrong with such an element."""
        ...


def on_name(element: Node, message: str) -> Found:
    """A finding that points at the name of an element."""
    return Found(message, element)


def on_text(element: Node, message: str) -> Found:
    """A finding that points at the text of an element."""
    return Found(message, element, "text")


def on_attribute(element: Node, attribute: str, message: str) -> Found:
    """A finding that points at the name of an attribute."""
    return Found(message, element, "attribute", attribute)


def on_value(element: Node, attribute: str, message: str) -> Found:
    """A finding that points at the value of an attribute."""
    return Found(message, element, "value", attribute)


# What rules ask of attributes


def default(element: Node, attribute: str) -> str | None:
    """The value that the platform takes if there is none, where one is published."""
    found = schema.attributes().get(element.name, {}).get(attribute)
    return found.default if found else None


def value(element: Node, attribute: str) -> str | None:
    """The value of an attribute, or else its published default."""
    written = element.attributes.get(attribute)
    return default(element, attribute) if written is None else written


def number(element: Node, attribute: str) -> float | None:
    """The value of an attribute as a number, or else its default; ``None`` if it is none that the schema allows."""
    text = value(element, attribute)
    return float(text) if text is not None and _is_number(collapse(text)) else None


def is_set(element: Node, attribute: str) -> bool:
    """Whether an attribute stands there and says more than its default does, which some SDKs write without being asked."""
    written = element.attributes.get(attribute)
    if written is None:
        return False
    usual = default(element, attribute)
    if usual is None or written == usual:
        return usual is None
    return not (_is_number(written) and _is_number(usual) and float(written) == float(usual))


def _is_number(text: str) -> bool:
    return len(text) <= LONGEST_NUMBER and _NUMBER(text) is not None


LONGEST_NUMBER: Final = 30
"""Characters of the numbers that rules look at."""

_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)").fullmatch
"""A decimal number as XSD has it."""
