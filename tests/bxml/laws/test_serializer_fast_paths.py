"""Property: the fast path of a serializer returns either ``None`` or the same result as the general path."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bxml import Gather
from bxml.builder import attribute_codec
from bxml.builder.element_base import classes
from bxml.builder.schema_binding import binding_of
from bxml.builder.value_writers import Writer
from bxml.messages import schema_findings
from bxml.messages.python_names import class_name
from bxml.strategies import texts
from bxml.strategies.value_strategies import values
from bxml.xml_text import illegal_character
from tests.strategies import DECLARED, ODD


class Word(StrEnum):
    """A string enumeration, as an application may define it."""

    POST = "POST"
    BLANK = " "


class Shouted(str):
    """A string whose ``str`` differs from its content."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return the content in upper case."""
        return self.upper()


class Number(IntEnum):
    """An integer enumeration, as an application may define it."""

    FIVE = 5


UNUSUAL: Final[tuple[object, ...]] = (
    None, True, False, 0, 1, -1, 5, 50, 51, 10**18 - 1, 10**18, 10**5000, -(10**5000), 0.0, -0.0, 0.1, 1e-7, 1e300,
    float("nan"), float("inf"), Decimal(0), Decimal("-0"), Decimal("1.50"), Decimal("1e17"), Decimal("1e999999999"),
    Decimal("-1e-999999999"), Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), timedelta(0), timedelta(seconds=-1),
    timedelta(microseconds=1), timedelta.max, Word.POST, Word.BLANK, Number.FIVE, Shouted("post"),
    Shouted("sip:desk@pbx.example"), b"POST", bytearray(b"x"), [], ["a", "b"], ("a", "b,c"), [Word.POST], ["a", 1], {"a"},
    {"a": "b"}, range(3), 5j, object(), int, "\0", "\ud800", "\ufffe",
)  # fmt: skip
"""Values of many types that an application could pass for any attribute."""


def writers() -> Iterator[tuple[str, Writer]]:
    """Yield a name and the writer for each attribute of every class, and for the text of every class."""
    for name in sorted({class_name(declared.name) for declared in DECLARED}):
        binding = binding_of(classes[name])
        yield name, binding.text
        yield from ((f"{name}-{keyword}", writer) for keyword, writer in binding.writers.items())


WRITERS: Final = dict(writers())


def is_valid(writer: Writer, value: Any) -> bool:
    """Return whether the schema and XML allow the serialized value."""
    text = attribute_codec.kind(writer.type).write(value)
    return text is not None and not illegal_character(text) and schema_findings.value_fault(text, writer.type) is None


def check(writer: Writer, value: Any) -> None:
    """Check that the fast and the general path agree about a value, and that a refused value has a message."""
    written = writer.write(value)
    assert (written is not None) == is_valid(writer, value)
    quickly = writer.write_fast(value)
    if quickly is not None:
        assert quickly == written
        normal = writer.canonical(value)
        assert (normal, type(normal)) == (value, type(value))
    if written is None:
        assert writer.explain(value).message
    else:
        assert writer.write(writer.canonical(value)) == written


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_both_paths_agree_about_unusual_values(writer: Writer) -> None:
    """The fast and the general path agree about each unusual value, and a refused value has a message."""
    for value in (*UNUSUAL, *ODD):
        check(writer, value)


@given(data=st.data(), name=st.sampled_from(sorted(WRITERS)))
def test_both_paths_agree_about_valid_values(data: st.DataObject, name: str) -> None:
    """The writer of an attribute serializes each valid value, and the fast and the general path agree."""
    writer = WRITERS[name]
    value = data.draw(values(writer.type))
    assert is_valid(writer, value)
    check(writer, value)


@given(name=st.sampled_from(sorted(WRITERS)), text=texts())
def test_both_paths_agree_about_strings(name: str, text: str) -> None:
    """The fast and the general path agree about any string, in any attribute or text."""
    check(WRITERS[name], text)


def test_boolean_is_not_an_integer() -> None:
    """Neither path accepts a boolean as an integer. A member of an IntEnum is converted to ``int``."""
    writer, boolean = WRITERS["Gather-max_digits"], True
    assert writer.write_fast(1) == writer.write(1) == ' maxDigits="1"'
    assert writer.write_fast(boolean) is writer.write(boolean) is None
    assert writer.write_fast(Number.FIVE) is None
    assert type(Gather(max_digits=Number.FIVE).max_digits) is int
