"""Check and serialize one value: an attribute, or the text of an element."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

from bxml import schema, xml_text
from bxml.builder import attribute_codec
from bxml.messages import schema_findings
from bxml.messages.python_names import python_name
from bxml.messages.schema_findings import PYTHON, Finding
from bxml.messages.text import assignment, quote
from bxml.record import Record
from bxml.xml_text import escape_attribute, escape_text, illegal_character

Write = Callable[[Any], str | None]
"""Function that returns the XML of a value, or ``None`` if it does not write that value."""


class Writer(Record):
    """Checks Python values against one type of the schema and serializes them."""

    wire_name: str
    """Name of the attribute; empty for the text of an element."""
    type: schema.SimpleType
    """The type that values must have."""
    write: Write
    """Function that returns the XML of a valid value, or ``None`` for an invalid value."""
    write_fast: Write
    """Function that returns the same XML as ``write`` for the most frequent values, and ``None`` for all other values."""

    def canonical(self, value: object) -> object:
        """Return the value that an element stores for a valid value; values with the same XML are stored as the same value."""
        kind = attribute_codec.kind(self.type)
        return kind.read(kind.write(value) or "")

    def explain(self, value: object) -> Finding:
        """Return the reason why a value is invalid."""
        offender = assignment(python_name(self.wire_name), value) if self.wire_name else quote(value)
        kind = attribute_codec.kind(self.type)
        text = kind.write(value)
        if text is None:
            return schema_findings.wrong_type(
                offender, value, kind.noun or schema_findings.expected(self.type), takes_strings=kind.write("") is not None
            )
        found = schema_findings.illegal_character(offender, text) or schema_findings.invalid_value(
            offender, text, self.type, PYTHON
        )
        assert found, f"{offender} is valid, yet was not written"
        return found


def of_attribute(attribute: schema.Attribute) -> Writer:
    """Return the writer of an attribute; its XML begins with a space."""
    return _writer(attribute.name, attribute.type, f' {attribute.name}="', '"', escape_attribute)


def of_text(type_: schema.SimpleType) -> Writer:
    """Return the writer of the text of an element."""
    return _writer("", type_, "", "", escape_text)


def _writer(name: str, type_: schema.SimpleType, before: str, after: str, escape: Callable[[str], str]) -> Writer:
    kind = attribute_codec.kind(type_)

    def write(value: Any) -> str | None:
        text = kind.write(value)
        if text is None or illegal_character(text) or schema_findings.value_fault(text, type_):
            return None
        return f"{before}{escape(text)}{after}"

    return Writer(wire_name=name, type=type_, write=write, write_fast=_fast(type_, before, after))


# Building a document spends most of its time in the functions below, so they check no more than necessary. They write only
# plain str, int and bool values, which need no conversion. They compare ``type(value)``, because the ``__class__`` of a proxy
# is the class of its target. A test compares them with ``Writer.write``.


def _fast(type_: schema.SimpleType, before: str, after: str) -> Write:
    """Return the fast function for a type; if the type has no simple check, the function writes no value."""
    kind = attribute_codec.kind(type_)
    if type_.words:
        return _fast_word({kind.read(word): f"{before}{word}{after}" for word in type_.words}, type(kind.read(type_.words[0])))
    if type_.digits is not None:
        import math  # imported here, because a first document often has no numbers

        most = 10**type_.digits - 1
        low = -most if type_.minimum is None else math.ceil(type_.minimum)
        high = most if type_.maximum is None else math.floor(type_.maximum)
        return _fast_integer(low, high, before, after)
    if kind.read is not str or type_.members or type_.shortest or len(type_.expressions) + (type_.longest is not None) > 1:
        return _write_nothing
    if type_.expressions:
        return _fast_pattern(type_.expressions[0], before, after)
    if type_.collapses:
        return _write_nothing
    return _fast_string(sys.maxsize if type_.longest is None else type_.longest, before, after)


def _write_nothing(_: Any) -> None:
    """Return ``None`` for every value, so that ``Writer.write`` is called for all values."""


def _fast_word(written: dict[object, str], cls: type) -> Write:
    def write(value: Any) -> str | None:
        # The class is compared because 1 == True, so a dictionary would find the entry of True for 1.
        return written.get(value) if type(value) is cls else None

    return write


def _fast_integer(low: int, high: int, before: str, after: str) -> Write:
    def write(value: Any) -> str | None:
        return f"{before}{value}{after}" if type(value) is int and low <= value <= high else None

    return write


def without_escapes(expression: str) -> re.Pattern[str]:
    """Return a pattern for strings that match a regular expression and need no escape; one pattern is faster than two."""
    return re.compile(rf"(?={xml_text.NEEDS_NO_ESCAPE}\Z)(?:{expression})")


def _fast_pattern(expression: str, before: str, after: str) -> Write:
    matches = without_escapes(expression).fullmatch

    def write(value: Any) -> str | None:
        return f"{before}{value}{after}" if type(value) is str and matches(value) else None

    return write


def _fast_string(longest: int, before: str, after: str) -> Write:
    def write(value: Any) -> str | None:
        # A printable string without these four characters needs no escape. A regular expression would take more time.
        if type(value) is str and value.isprintable() and not ("&" in value or "<" in value or ">" in value or '"' in value):
            return f"{before}{value}{after}" if len(value) <= longest else None
        return None

    return write
