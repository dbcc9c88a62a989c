"""Strategies for attribute values and text, one for each simple type of the schema."""

from __future__ import annotations

import string
from datetime import timedelta
from decimal import Decimal
from functools import cache
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from bxml.builder import attribute_codec
from bxml.messages import schema_findings
from bxml.schema import SimpleType
from bxml.strategies.text_strategies import CHARACTERS, texts

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def fits(text: str, type_: SimpleType) -> bool:
    """Return whether the package accepts a string as a value of the type."""
    return schema_findings.value_fault(text, type_) is None


@cache
def values(type_: SimpleType) -> SearchStrategy[Any]:
    """Return a strategy for Python values of the type, in every Python type that the package accepts for it."""
    if type_.members:
        return st.one_of(*map(values, type_.members))
    if type_.words:
        return st.sampled_from([attribute_codec.kind(type_).read(word) for word in type_.words])
    if type_.digits is not None:
        return _numbers(type_)
    if "commaSeparated" in type_.lineage:
        items = st.lists(texts().filter(lambda text: "," not in text), max_size=3)
        return items | items.map(tuple) | texts()
    if "breakTime" in type_.lineage:
        return strings(type_) | strings(type_).map(_duration)
    return strings(type_)


@cache
def strings(type_: SimpleType) -> SearchStrategy[str]:
    """Return a strategy for strings that a type without numeric limits accepts."""
    if type_.words:
        return st.sampled_from(type_.words)
    if type_.patterns:
        return st.from_regex(type_.patterns[-1], fullmatch=True, alphabet=CHARACTERS).filter(lambda text: fits(text, type_))
    longest = type_.longest or 0
    # Random strings rarely have the maximum length, which is counted in characters.
    of_greatest_length = CHARACTERS.map(lambda character: character * longest)
    return (texts() | of_greatest_length if longest else texts()).filter(lambda text: fits(text, type_))


def _numbers(type_: SimpleType) -> SearchStrategy[Any]:
    """Return a strategy for int, float, Decimal and timedelta values of a numeric type."""
    most = 10 ** (type_.digits or 0) - 1
    low = -most if type_.minimum is None else type_.minimum
    high = most if type_.maximum is None else type_.maximum
    if "wholeNumber" in type_.lineage:
        return st.integers(ceil(low), floor(high))
    places = (type_.digits or 0) - len(str(int(high)))
    decimals = st.integers(0, places).flatmap(
        lambda places: st.integers(ceil(low * 10**places), floor(high * 10**places)).map(
            lambda number: Decimal(number).scaleb(-places)
        )
    )
    unit = timedelta(seconds=1) if "seconds" in type_.lineage else timedelta(milliseconds=1)
    # Rounded, because the type limits the number of digits.
    floats = st.floats(float(low), float(high)).map(lambda number: round(number, 9))
    durations = st.timedeltas(float(low) * unit, float(high) * unit)
    return (
        st.integers(ceil(low), floor(high))
        | decimals
        | floats.filter(lambda value: low <= value <= high)
        | durations.filter(lambda value: low <= value / unit <= high)
    )


def _duration(text: str) -> timedelta:
    number, unit = text.rstrip(string.ascii_letters), text.lstrip(string.digits + ".")
    return float(number) * {"s": timedelta(seconds=1), "ms": timedelta(milliseconds=1)}[unit]
