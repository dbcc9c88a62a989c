"""The interface of a rule, and the violations that it reports.

The schema defines valid BXML. A rule reports BXML that is valid by the schema, but probably wrong. Each rule is a module of
:mod:`bxml.lint.rules`. The docstring of the module documents the rule, and its ``check`` function reports the violations of one
element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, Protocol

from bxml import schema
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Instruction, Node, Text
from bxml.problem import Severity
from bxml.xml_text import collapse


class Violation(NamedTuple):
    """A violation of a rule, and its location in the document."""

    message: str
    node: Node
    part: Part = "name"
    attribute: str = ""
    item: Text | Instruction | None = None
    """The text or the processing instruction with the violation; ``None`` for the first text of the element."""
    piece: tuple[int, int] | None = None
    """The start and the exclusive end of the faulty characters in the text or value; ``None`` for all characters."""
    replacement: str | None = None
    """The value that certainly is the intended value of the attribute; ``None`` if no value is certain."""

    @classmethod
    def at_name(cls, element: Node, message: str) -> Violation:
        """Return a violation at the name of an element."""
        return cls(message, element)

    @classmethod
    def at_text(cls, element: Node, message: str) -> Violation:
        """Return a violation at the text of an element."""
        return cls(message, element, "text")

    @classmethod
    def at_attribute(cls, element: Node, attribute: str, message: str) -> Violation:
        """Return a violation at the name of an attribute."""
        return cls(message, element, "attribute", attribute)

    @classmethod
    def at_value(cls, element: Node, attribute: str, message: str, replacement: str | None = None) -> Violation:
        """Return a violation at the value of an attribute, with the value that certainly was intended."""
        return cls(message, element, "value", attribute, replacement=replacement)

    @classmethod
    def at_instruction(cls, instruction: Instruction, message: str) -> Violation:
        """Return a violation at a processing instruction."""
        return cls(message, instruction.node, "instruction", item=instruction)


Part = Literal["name", "text", "attribute", "value", "instruction"]
"""The part of an element where a violation is.

A violation is at the name of the element, at its text, at the name or the value of an attribute, or at a processing
instruction.
"""


class Rule(Protocol):
    """A module of :mod:`bxml.lint.rules`."""

    __name__: str
    __doc__: str | None

    @property
    def SEVERITY(self) -> Severity:  # noqa: N802  modules name their constants like this
        """The default severity: ``error`` for BXML that fails, ``warning`` for BXML that is ignored or risky."""
        ...

    @property
    def TARGETS(self) -> tuple[str, ...]:  # noqa: N802  modules name their constants like this
        """The elements to check: by name (``Gather``), by attribute (``@tag``, ``@*Url``), or by both (``Gather/@tag``)."""
        ...

    def check(self, element: Node, flow: Flow, /) -> Iterator[Violation]:
        """Yield the violations of an element that is a target of the rule."""
        ...


# Attribute values


def default(element: Node, attribute: str) -> str | None:
    """Return the documented default of an attribute, or ``None`` if it has no default."""
    declared = schema.attributes().get(element.name, {}).get(attribute)
    return declared.default if declared else None


def effective_value(element: Node, attribute: str) -> str | None:
    """Return the value of an attribute, or its documented default if the attribute is missing."""
    written = element.attributes.get(attribute)
    return default(element, attribute) if written is None else written


def effective_number(element: Node, attribute: str) -> float | None:
    """Return the value or default of an attribute as a number, or ``None`` if it is not a decimal number."""
    text = effective_value(element, attribute)
    return float(text) if text is not None and _is_number(collapse(text)) else None


def differs_from_default(element: Node, attribute: str) -> bool:
    """Return whether an attribute is given with a value other than its default.

    Some SDKs write attributes with their defaults even if the application does not set them, so rules do not report defaults.
    """
    written = element.attributes.get(attribute)
    if written is None:
        return False
    default_value = default(element, attribute)
    if default_value is None or written == default_value:
        return default_value is None
    return not (_is_number(written) and _is_number(default_value) and float(written) == float(default_value))


def _is_number(text: str) -> bool:
    return len(text) <= MAX_NUMBER_LENGTH and _NUMBER(text) is not None


MAX_NUMBER_LENGTH: Final = 30
"""The maximum length, in characters, of a number that rules compare."""

_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)").fullmatch
"""Matches a decimal number as XSD defines it."""
