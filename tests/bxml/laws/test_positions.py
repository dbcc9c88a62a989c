"""Law: every problem is at a place inside the file, in characters, and what is wrong in a known place is found on that place.

How the file is stored moves nothing: with a byte order mark, with other line ends, or in an encoding that BXML does not have.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bxml import Problem, schema, validate
from tests.mutations import (
    Written,
    elements_of,
    quoted,
    renamed,
    replaced,
    texts_half_of_them_mutated,
    texts_of_documents,
)
from tests.strategies import ODD, fits

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def problems(source: str | bytes) -> list[Problem]:
    """What all rules find."""
    return validate(source, select=["all"])


class Place(NamedTuple):
    """Where something begins and ends, as a problem says it."""

    line: int
    column: int
    end_line: int
    end_column: int


def place_of(problem: Problem) -> Place:
    """The place of a problem, which has one."""
    numbers = (problem.line, problem.column, problem.end_line, problem.end_column)
    return Place(*(number for number in numbers if number is not None))


def place_in(text: str, start: int, end: int) -> Place:
    """The place of some characters, counted in the plainest way."""
    before, through = (re.split(r"\r\n|\r|\n", text[:index]) for index in (start, end))
    return Place(len(before), len(before[-1]) + 1, len(through), len(through[-1]) + 1)


def assert_inside(problem: Problem, text: str) -> None:
    """The place begins and ends in a line that there is, at a character or right behind the last, and in this order."""
    lines = re.split(r"\r\n|\r|\n", text)
    line, column, end_line, end_column = place_of(problem)
    for number, within in ((line, column), (end_line, end_column)):
        assert 1 <= number <= len(lines), problem
        assert 1 <= within <= len(lines[number - 1]) + 1, problem
    assert (line, column) <= (end_line, end_column), problem


ANY: Final = texts_half_of_them_mutated()


@given(text=ANY)
def test_every_place_is_inside_the_text(text: str) -> None:
    """Lines and columns are those of the text; in bytes, with a byte order mark too, they are the same."""
    found = problems(text)
    for problem in found:
        assert_inside(problem, text.removeprefix("\ufeff"))
    assert problems(text.encode()) == found
    assert problems(text.removeprefix("\ufeff").encode("utf-8-sig")) == found


@given(text=ANY)
def test_the_ends_of_lines_move_nothing(text: str) -> None:
    """With the line ends of Windows, and of old Macs, everything is in the same line and column."""
    assume("\r" not in text and len(text.encode()) + text.count("\n") <= schema.maximum_bytes())
    found = problems(text)
    for ending in ("\r\n", "\r"):
        stored = text.replace("\n", ending)
        for problem in problems(stored):
            assert_inside(problem, stored.removeprefix("\ufeff"))
        assert problems(stored) == found


@given(text=ANY, encoding=st.sampled_from(["utf-16", "utf-16-le", "utf-16-be"]))
def test_another_encoding_moves_nothing(text: str, encoding: str) -> None:
    """UTF-16 is one problem at the very beginning, and all others stay where they are in UTF-8."""
    # Bytes without a mark are known by their first characters; and a mark of its own is not looked for behind another.
    assume(text.startswith("<") and "\0" not in text[:4])
    data = text.encode(encoding)
    assume(all(ord(character) < 0x80 for character in text[:2]) and len(data) <= schema.maximum_bytes())
    first, *others = problems(data)
    assert (first.rule, place_of(first)) == ("encoding", Place(1, 1, 1, 2))
    assert others == problems(text)


class Mutant(NamedTuple):
    """A text with one thing wrong, and where it stands in it."""

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


def _spoil_a_value(draw: DrawFn, text: str, element: Written) -> Mutant:
    attribute = draw(st.sampled_from(element.attributes))
    type_ = element.declared.attributes[attribute.name].type
    unfit = [value for value in ODD if not fits(value, type_)]
    assume(unfit)
    value = quoted(draw(st.sampled_from(unfit)))
    inset = 0 if value == '""' else 1  # an empty value cannot be seen but for its quotes
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
    if other.last == other.end:  # it has no end tag, so it gets one
        opened, closed = opened.removesuffix("/>") + ">", f"</{other.name}>"
    start = len(opened)
    if element.start < other.start:
        opened, start = replaced(opened, element.start, element.end, ""), start - len(moved)
        behind = text[other.inside :]
    else:
        behind = replaced(text, element.start, element.end, "")[other.inside :]
    return Mutant(opened + moved + closed + behind, start + 1, start + 1 + len(element.name))


def _double_an_attribute(draw: DrawFn, text: str, element: Written) -> Mutant:
    attribute = draw(st.sampled_from(element.attributes))
    again = text[attribute.start : attribute.end]
    blank = draw(st.sampled_from([" ", "\n\t"]))
    start = attribute.end + len(blank)
    return Mutant(replaced(text, attribute.end, attribute.end, blank + again), start, start + len(attribute.name))


MUTATIONS: Final[dict[str, tuple[str, Callable[[DrawFn, str, Written], Mutant]]]] = {
    "an element renamed": ("unknown-element", _rename_an_element),
    "an attribute renamed": ("unknown-attribute", _rename_an_attribute),
    "a value that does not fit": ("invalid-value", _spoil_a_value),
    "an element moved": ("misplaced", _move_an_element),
    "an attribute doubled": ("not-well-formed", _double_an_attribute),
}
"""The rule that each change breaks, by what the change does."""


@st.composite
def _mutants(draw: DrawFn, mutate: Callable[[DrawFn, str, Written], Mutant], *, of_attributes: bool) -> Mutant:
    text = draw(texts_of_documents())
    every = [element for element in elements_of(text)[1:] if element.attributes or not of_attributes]
    assume(every)
    return mutate(draw, text, draw(st.sampled_from(every)))


def mutants(way: str) -> SearchStrategy[Mutant]:
    """Documents that were changed in one way, and are not too large after it."""
    made = _mutants(MUTATIONS[way][1], of_attributes="element" not in way)
    return made.filter(lambda mutant: len(mutant.text.encode()) <= schema.maximum_bytes())


SHARED: Final = settings(max_examples=settings().max_examples // 3)
"""For tests of several kinds of text, which together have enough examples."""


@pytest.mark.parametrize("way", MUTATIONS)
@SHARED
@given(data=st.data())
def test_what_is_wrong_is_found_on_its_place(data: st.DataObject, way: str) -> None:
    """Of the rule that the change breaks, exactly one problem is exactly on what was changed."""
    mutant = data.draw(mutants(way))
    found = [place_of(problem) for problem in problems(mutant.text) if problem.rule == MUTATIONS[way][0]]
    assert found.count(place_in(*mutant)) == 1


def test_an_example_that_fails_without_the_law() -> None:
    """Characters beyond the first plane, tabs, line ends and a byte order mark count as an editor counts them."""
    text = '<Response>\r\n\t<!-- \N{GRINNING FACE}é --><Gather\r\n\tmaxDigits="51"/><Bogus/>\r\n</Response>'
    expected = [("invalid-value", Place(3, 13, 3, 15)), ("unknown-element", Place(3, 19, 3, 24))]
    for source in (text, text.encode(), text.encode("utf-8-sig")):
        found = [(problem.rule, place_of(problem)) for problem in validate(source, select=["schema"])]
        assert found == expected
