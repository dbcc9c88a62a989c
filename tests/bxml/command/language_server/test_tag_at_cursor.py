"""The part of a tag at the cursor, in complete and in unfinished documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bxml.command.language_server.tag_at_cursor import Part, part_at
from tests.linear_time import assert_linear


def part(text: str) -> Part | None:
    """Return the part at the mark ``|``."""
    before, after = text.split("|")
    return part_at(before + after, len(before))


def marked(text: str) -> tuple[str, str] | None:
    """Return the kind and the text of the part at the mark ``|``."""
    found = part(text)
    return None if found is None else (found.kind, text.replace("|", "")[found.start : found.end])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<|", ("element", "")),
        ("<Res|ponse/>", ("element", "Response")),
        ("<Response|/>", ("element", "Response")),
        ("|<Response/>", None),
        ("<Response/|>", None),
        ("<Response/>|", None),
        ("</|", ("end tag", "")),
        ("<A></A|>", ("end tag", "A")),
        ("<A></A |>", None),
        ("<A |", ("attribute", "")),
        ("<A |/>", ("attribute", "")),
        ('<A b="1" |c="2"/>', ("attribute", "c")),
        ('<A b="1"| c="2"/>', None),
        ('<A b="|1"/>', ("value", "1")),
        ('<A b="1|"/>', ("value", "1")),
        ("<A b = '\"|'/>", ("value", '"')),
        ('<A b=|"1"/>', None),
        ('<A b="|', ("value", "")),
        ('<A b="|\n c="2"/>', ("value", "")),
        ('<A b="|<B c="2"/>', ("value", "")),
        ('<A b="\n c="|2"/>', ("value", "2")),
        ('<A b= c="|2"/>', ("value", "2")),
        ('<A b c="|2"/>', ("value", "2")),
        ('<A "x" b="|2"/>', ("value", "2")),
        ('<A / b="|2"/>', ("value", "2")),
        ('<A b=">" c="|2"/>', ("value", "2")),
        ("<!-- <A| -->", None),
        ("<!-- <A| ", None),
        ("<!-- <A --><B|", ("element", "B")),
        ("<![CDATA[<A>]]><B|", ("element", "B")),
        ("<?xml version='1.0'?><B|", ("element", "B")),
        ("<!DOCTYPE A><B|", ("element", "B")),
        ("<!-- -->|<B/>", None),
    ],
)
def test_part(text: str, expected: tuple[str, str] | None) -> None:
    """The part is found in complete and in unfinished tags, and not in comments and similar constructs."""
    assert marked(text) == expected


@pytest.mark.parametrize(
    ("text", "parents"),
    [
        ("<A><B><C/><|", ("A", "B")),
        ("<A><B></B><|", ("A",)),
        ("<A><B><C></B><|", ("A",)),
        ("<A><B></X><|", ("A", "B")),
        ("<A><B></A><|", ()),
        ("<A><B><A></A><|", ("A", "B")),
        ("<A><B <|", ("A", "B")),
        ('<A><B c="1" /><|', ("A",)),
        ("<A><!-- <B> --><|", ("A",)),
    ],
)
def test_parents(text: str, parents: tuple[str, ...]) -> None:
    """An end tag ends the innermost open element of its name. An end tag without such an element is ignored."""
    found = part(text)
    assert found
    assert found.parents == parents


def test_attributes() -> None:
    """The part of an attribute names the attribute and the other attributes of the tag."""
    found = part("<A b='1' c='|2' d='3'/>")
    assert found
    assert (found.element, found.attribute, found.others) == ("A", "c", frozenset({"b", "d"}))


def test_no_part_in_a_document_that_is_nested_too_deeply() -> None:
    """A document that is nested too deeply has no parts, so that the search takes linear time."""
    assert part("<A>" * 100 + "<|")
    assert part("<A>" * 101 + "<|") is None


@given(st.text(alphabet="<>/!-?[]='\" \nAbCDT|é"), st.data())
def test_a_part_touches_the_cursor(text: str, data: st.DataObject) -> None:
    """In any text, the search ends without an error, and the part contains or touches the cursor."""
    index = data.draw(st.integers(0, len(text)))
    found = part_at(text, index)
    assert found is None or 0 <= found.start <= index <= found.end <= len(text)


@pytest.mark.parametrize(
    "repeated", ["<", "<A ", "<A/>", "</A>", "<A></A>", "<!--", "<!---->", "<A b='", '<A b="1"', "='", "' ", "<A b = ", " "]
)
def test_the_search_takes_linear_time(repeated: str) -> None:
    """A document of the maximum size takes about four times as long as a quarter of it."""
    assert_linear(lambda text: part_at(text, len(text)), "<A " + repeated * (65536 // len(repeated)))
