"""Property: the position of each problem is inside the document, and a known mistake is reported at its exact position.

A byte order mark, other line ends and another encoding do not change the positions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bxml import Problem, schema, validate
from bxml.strategies.value_strategies import fits
from tests.strategies import ODD
from tests.text_mutations import (
    Written,
    elements_of,
    quoted,
    renamed,
    replaced,
    texts_half_of_them_mutated,
    texts_of_documents,
)

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def problems(source: str | bytes) -> list[Problem]:
    """Return the problems that all rules find in a source."""
    return validate(source, select=["all"])


class Place(NamedTuple):
    """The lines and columns at which a problem starts and ends."""

    line: int
    column: int
    end_line: int
    end_column: int


def place_of(problem: Problem) -> Place:
    """Return the position of a problem."""
    numbers = (problem.line, problem.column, problem.end_line, problem.end_column)
    return Place(*(number for number in numbers if number is not None))


def place_in(text: str, start: int, end: int) -> Place:
    """Return the lines and columns of two offsets, found by splitting the text before each offset into lines."""
    before, through = (re.split(r"\r\n|\r|\n", text[:index]) for index in (start, end))
    return Place(len(before), len(before[-1]) + 1, len(through), len(through[-1]) + 1)


def assert_inside(problem: Problem, text: str) -> None:
    """Check that a problem does not end before its start, and that both positions are on lines of the text.

    A column may be at most one after the last character of its line.
    """
    lines = re.split(r"\r\n|\r|\n", text)
    line, column, end_line, end_column = place_of(problem)
    for number, within in ((line, column), (end_line, end_column)):
        assert 1 <= number <= len(lines), problem
        assert 1 <= within <= len(lines[number - 1]) + 1, problem
    assert (line, column) <= (end_line, end_column), problem


ANY: Final = texts_half_of_them_mutated()


@given(text=ANY)
def test_each_place_is_inside_the_text(text: str) -> None:
    """Each problem is inside the text. Positions are the same if the text is bytes, with or without a byte order mark."""
    found = problems(text)
    for problem in found:
        assert_inside(problem, text.removeprefix("\ufeff"))
    assert problems(text.encode()) == found
    assert problems(text.removeprefix("\ufeff").encode("utf-8-sig")) == found


@given(text=ANY)
def test_line_ends_do_not_change_places(text: str) -> None:
    """Line ends of Windows (CRLF) and of old Macs (CR) do not change the positions."""
    assume("\r" not in text and len(text.encode()) + text.count("\n") <= schema.maximum_bytes())
    found = problems(text)
    for ending in ("\r\n", "\r"):
        stored = text.replace("\n", ending)
        for problem in problems(stored):
            assert_inside(problem, stored.removeprefix("\ufeff"))
        assert problems(stored) == found


@given(text=ANY, encoding=st.sampled_from(["utf-16", "utf-16-le", "utf-16-be"]))
def test_encoding_does_not_change_places(text: str, encoding: str) -> None:
    """A document in UTF-16 has one additional problem, at its beginning. All other problems are the same as in UTF-8.

    The problems have no fixes, because the encoding must be corrected first.
    """
    # Without a byte order mark, UTF-16 is recognized by the first characters. A text with a mark would get a second one.
    assume(text.startswith("<") and "\0" not in text[:4])
    data = text.encode(encoding)
    assume(all(ord(character) < 0x80 for character in text[:2]) and len(data) <= schema.maximum_bytes())
    first, *others = problems(data)
    assert (first.rule, place_of(first)) == ("encoding", Place(1, 1, 1, 2))
    assert others == [replace(problem, fix=None) for problem in problems(text)]


class Mutant(NamedTuple):
    """A document with one mistake, and the range of the mistake."""

    text: str
    start: int
    end: int


def _rename_an_element(draw: DrawFn, text: str, element: Written) -> Mutant:
    name = draw(st.sampled_from(["bogus", "Bogus-1", "É", "_", element.name + "S_"]))
    start = element.start + len("<")
    return Mutant(renamed(text, element, name), start, start + len(name))


def _rename_an_attribute(draw: DrawFn, text: str, element: Written) -> Mutant:
    attribute = draw(st.sampled_from(element.attributes))
    name = draw(st.sampled_from(["bogus", "É", "_", attribute.name + "S", "foo:bar"]))
    changed = replaced(text, attribute.start, attribute.start + len(attribute.name), name)
    return Mutant(changed, attribute.start, attribute.start + len(name))


def _replace_a_value(draw: DrawFn, text: str, element: Written) -> Mutant:
    attribute = draw(st.sampled_from(element.attributes))
    type_ = element.declared.attributes[attribute.name].type
    unfit = [value for value in ODD if not fits(value, type_)]
    assume(unfit)
    value = quoted(draw(st.sampled_from(unfit)))
    inset = 0 if value == '""' else 1  # the position of an empty value includes its quotes
    changed = replaced(text, attribute.quoted, attribute.end, value)
    return Mutant(changed, attribute.quoted + inset, attribute.quoted + len(value) - inset)


def _move_an_element(draw: DrawFn, text: str, element: Written) -> Mutant:
    others = [
        other
        for other in elements_of(text)
        if element.name not in other.declared.children and not element.start <= other.start < element.end
    ]
    assume(others)
    other = draw(st.sampled_from(others))
    moved = text[element.start : element.end]
    opened, closed = text[: other.inside], ""
    if other.last == other.end:  # the empty-element tag is replaced by a start tag and an end tag
        opened, closed = opened.removesuffix("/>") + ">", f"</{other.name}>"
    start = len(opened)
    if element.start < other.start:
        opened, start = replaced(opened, element.start, element.end, ""), start - len(moved)
        after = text[other.inside :]
    else:
        after = replaced(text, element.start, element.end, "")[other.inside :]
    return Mutant(opened + moved + closed + after, start + 1, start + 1 + len(element.name))


def _repeat_an_attribute(draw: DrawFn, text: str, element: Written) -> Mutant:
    attribute = draw(st.sampled_from(element.attributes))
    again = text[attribute.start : attribute.end]
    white_space = draw(st.sampled_from([" ", "\n\t"]))
    start = attribute.end + len(white_space)
    return Mutant(replaced(text, attribute.end, attribute.end, white_space + again), start, start + len(attribute.name))


MUTATIONS: Final[dict[str, tuple[str, Callable[[DrawFn, str, Written], Mutant]]]] = {
    "an element renamed": ("unknown-element", _rename_an_element),
    "an attribute renamed": ("unknown-attribute", _rename_an_attribute),
    "an invalid value": ("invalid-value", _replace_a_value),
    "an element moved": ("misplaced", _move_an_element),
    "an attribute repeated": ("not-well-formed", _repeat_an_attribute),
}
"""For each kind of change, by its description: the rule that the change breaks, and the function that makes the change."""


@st.composite
def _mutants(draw: DrawFn, mutate: Callable[[DrawFn, str, Written], Mutant], *, of_attributes: bool) -> Mutant:
    text = draw(texts_of_documents())
    every = [element for element in elements_of(text)[1:] if element.attributes or not of_attributes]
    assume(every)
    return mutate(draw, text, draw(st.sampled_from(every)))


def mutants(way: str) -> SearchStrategy[Mutant]:
    """Return a strategy for documents with one change of the given kind, within the size limit."""
    made = _mutants(MUTATIONS[way][1], of_attributes="element" not in way)
    return made.filter(lambda mutant: len(mutant.text.encode()) <= schema.maximum_bytes())


SHARED: Final = settings(max_examples=settings().max_examples // 3)
"""Settings for parametrized tests. Each case runs only a third of the usual examples, because there are many cases."""


@pytest.mark.parametrize("way", MUTATIONS)
@SHARED
@given(data=st.data())
def test_mistake_is_reported_at_its_place(data: st.DataObject, way: str) -> None:
    """The broken rule reports exactly one problem at the position of the change."""
    mutant = data.draw(mutants(way))
    found = [place_of(problem) for problem in problems(mutant.text) if problem.rule == MUTATIONS[way][0]]
    assert found.count(place_in(*mutant)) == 1


def test_places_are_counted_as_in_editors() -> None:
    """Lines and columns are counted as in editors, even after an emoji, tabs, CRLF and a byte order mark."""
    text = '<Response>\r\n\t<!-- \N{GRINNING FACE}é --><Gather\r\n\tmaxDigits="51"/><Bogus/>\r\n</Response>'
    expected = [("invalid-value", Place(3, 13, 3, 15)), ("unknown-element", Place(3, 19, 3, 24))]
    for source in (text, text.encode(), text.encode("utf-8-sig")):
        found = [(problem.rule, place_of(problem)) for problem in validate(source, select=["schema"])]
        assert found == expected
