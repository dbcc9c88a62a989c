"""Law: the quick way to write a value is the general way, or no way at all."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bxml import Gather
from bxml.builder import codec
from bxml.builder.binding import binding_of
from bxml.builder.element_base import classes
from bxml.builder.serializers import Writer
from bxml.messages import findings
from bxml.messages.naming import class_name
from bxml.xml_text import illegal_character
from tests.strategies import DECLARED, ODD, texts, values


class Word(StrEnum):
    """Words as an application may keep them, whose own ``str`` is the word."""

    POST = "POST"
    BLANK = " "


class Shouted(str):
    """A text that shows itself in another way than it is."""

    __slots__ = ()

    def __str__(self) -> str:
        """Not what it is."""
        return self.upper()


class Number(IntEnum):
    """Numbers as an application may keep them."""

    FIVE = 5


STRANGE: Final[tuple[object, ...]] = (
    None, True, False, 0, 1, -1, 5, 50, 51, 10**18 - 1, 10**18, 10**5000, -(10**5000), 0.0, -0.0, 0.1, 1e-7, 1e300,
    float("nan"), float("inf"), Decimal(0), Decimal("-0"), Decimal("1.50"), Decimal("1e17"), Decimal("1e999999999"),
    Decimal("-1e-999999999"), Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), timedelta(0), timedelta(seconds=-1),
    timedelta(microseconds=1), timedelta.max, Word.POST, Word.BLANK, Number.FIVE, Shouted("post"),
    Shouted("sip:desk@pbx.example"), b"POST", bytearray(b"x"), [], ["a", "b"], ("a", "b,c"), [Word.POST], ["a", 1], {"a"},
    {"a": "b"}, range(3), 5j, object(), int, "\0", "\ud800", "\ufffe",
)  # fmt: skip
"""Values of every kind that somebody may give for some attribute."""


def writers() -> Iterator[tuple[str, Writer]]:
    """What writes each attribute and each text of each class, with its name."""
    for name in sorted({class_name(declared.name) for declared in DECLARED}):
        binding = binding_of(classes[name])
        yield name, binding.text
        yield from ((f"{name}-{keyword}", writer) for keyword, writer in binding.writers.items())


WRITERS: Final = dict(writers())


def is_written(writer: Writer, value: Any) -> bool:
    """Whether the schema and XML allow what a value is on the wire."""
    text = codec.kind(writer.type).write(value)
    return text is not None and not illegal_character(text) and findings.unfit(text, writer.type) is None


def check(writer: Writer, value: Any) -> None:
    """All that the ways to write one value have to do with each other."""
    written = writer.write(value)
    assert (written is not None) == is_written(writer, value)
    fast = writer.write_fast(value)
    if fast is not None:
        assert fast == written
        canonical = writer.canonical(value)
        assert (canonical, type(canonical)) == (value, type(value))
    if written is None:
        assert writer.explain(value).message
    else:
        assert writer.write(writer.canonical(value)) == written


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_strange_values_are_written_alike_or_refused(writer: Writer) -> None:
    """No way to write finds a text for a value for which another finds another or none; what is refused is explained."""
    for value in (*STRANGE, *ODD):
        check(writer, value)


@given(data=st.data(), name=st.sampled_from(sorted(WRITERS)))
def test_values_that_fit_are_written_alike(data: st.DataObject, name: str) -> None:
    """What the type takes is written, and read back as the value that stands for it."""
    writer = WRITERS[name]
    value = data.draw(values(writer.type))
    assert is_written(writer, value)
    check(writer, value)


@given(name=st.sampled_from(sorted(WRITERS)), text=texts())
def test_texts_are_written_alike_or_refused(name: str, text: str) -> None:
    """The same holds for any text, in any place."""
    check(WRITERS[name], text)


def test_an_example_that_fails_without_the_law() -> None:
    """A truth value is no number on any way, though Python takes one for the other; nor is a subclass kept as it is."""
    writer, truth = WRITERS["Gather-max_digits"], True
    assert writer.write_fast(1) == writer.write(1) == ' maxDigits="1"'
    assert writer.write_fast(truth) is writer.write(truth) is None
    assert writer.write_fast(Number.FIVE) is None
    assert type(Gather(max_digits=Number.FIVE).max_digits) is int
