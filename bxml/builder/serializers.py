"""How one value is checked and written: an attribute, or the text of an element."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from bxml import schema, xml_text
from bxml.builder import codec
from bxml.messages import findings
from bxml.messages.findings import Finding
from bxml.messages.naming import python_name
from bxml.messages.text import assignment, shown
from bxml.xml_text import escape_attribute, escape_text, illegal_character

Write = Callable[[Any], str | None]
"""Gives the text of a value, or ``None`` if it does not write it."""


class Writer(NamedTuple):
    """Checks Python values against one type of the schema, and writes them."""

    wire_name: str
    """The attribute; empty for the text of an element."""
    type: schema.SimpleType
    write: Write
    """Gives a value as it stands in the document; ``None`` if it may not stand there."""
    quickly: Write
    """The same for the values that are written most; ``None`` for others too."""

    def normal(self, value: object) -> object:
        """The one value that stands for all that are written like this one, which can be written."""
        kind = codec.kind(self.type)
        return kind.read(kind.write(value) or "")

    def refuse(self, value: object) -> Finding:
        """What is wrong with a value that cannot be written."""
        offender = assignment(python_name(self.wire_name), value) if self.wire_name else shown(value)
        kind = codec.kind(self.type)
        text = kind.write(value)
        if text is None:
            return findings.wrong_kind(offender, value, kind.noun or findings.expected(self.type))
        found = findings.illegal_character(offender, text) or findings.invalid_value(offender, text, self.type)
        assert found, f"{offender} is valid, yet was not written"
        return found


def of_attribute(attribute: schema.Attribute) -> Writer:
    """Writes an attribute with the blank before it."""
    return _writer(attribute.name, attribute.type, f' {attribute.name}="', '"', escape_attribute)


def of_text(type_: schema.SimpleType) -> Writer:
    """Writes the text of an element."""
    return _writer("", type_, "", "", escape_text)


def _writer(name: str, type_: schema.SimpleType, before: str, after: str, escape: Callable[[str], str]) -> Writer:
    kind = codec.kind(type_)

    def write(value: Any) -> str | None:
        text = kind.write(value)
        if text is None or illegal_character(text) or findings.unfit(text, type_):
            return None
        return f"{before}{escape(text)}{after}"

    return Writer(name, type_, write, _quick(type_, before, after))


# Most of the time of a document goes by in these few functions, which ask as little as will do. They write only values of
# Python's own plain types, which are kept as they are given. A test holds them together with the general way.


def _quick(type_: schema.SimpleType, before: str, after: str) -> Write:
    kind = codec.kind(type_)
    if type_.words:
        return _word({kind.read(word): f"{before}{word}{after}" for word in type_.words}, type(kind.read(type_.words[0])))
    if type_.digits is not None:
        most = 10**type_.digits - 1
        low = -most if type_.minimum is None else math.ceil(type_.minimum)
        high = most if type_.maximum is None else math.floor(type_.maximum)
        return _whole_number(low, high, before, after)
    if kind.read is not str or type_.members or type_.shortest or len(type_.patterns) + (type_.longest is not None) > 1:
        return lambda _: None
    if type_.patterns:
        return _matching(type_.patterns[0], before, after)
    if type_.collapses:
        return lambda _: None
    return _short(sys.maxsize if type_.longest is None else type_.longest, before, after)


def _word(ready: dict[object, str], cls: type) -> Write:
    def write(value: Any) -> str | None:
        # The class is compared because 1 == True.
        return ready.get(value) if value.__class__ is cls else None

    return write


def _whole_number(low: int, high: int, before: str, after: str) -> Write:
    def write(value: Any) -> str | None:
        return f"{before}{value}{after}" if value.__class__ is int and low <= value <= high else None

    return write


def _matching(pattern: re.Pattern[str], before: str, after: str) -> Write:
    matches, stands_as_it_is = pattern.fullmatch, xml_text.stands_as_it_is

    def write(value: Any) -> str | None:
        if value.__class__ is not str or not stands_as_it_is(value) or not matches(value):
            return None
        return f"{before}{value}{after}"

    return write


def _short(longest: int, before: str, after: str) -> Write:
    stands_as_it_is = xml_text.stands_as_it_is

    def write(value: Any) -> str | None:
        if value.__class__ is not str or not stands_as_it_is(value) or len(value) > longest:
            return None
        return f"{before}{value}{after}"

    return write
