"""Property: a string never becomes markup, and is parsed as the same string."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree

from bxml import Response, SpeakSentence, Tag, parse, schema, ssml
from bxml.builder.element import Element
from bxml.builder.schema_binding import binding_of
from bxml.messages.python_names import python_name
from bxml.strategies import texts
from bxml.strategies.text_strategies import AWKWARD
from bxml.strategies.value_strategies import fits
from bxml.xml_text import collapse
from tests.strategies import DECLARED, key, smallest


class Position(NamedTuple):
    """An attribute, or the text of an element, that allows any string."""

    declared: schema.Element
    name: str
    """Name of the attribute; empty for the text of the element."""
    example: Element
    """The smallest valid element of the declaration."""


def positions() -> Iterator[tuple[str, Position]]:
    """Yield each position that allows any string, with a name for its test."""
    for declared in DECLARED:
        if declared.mixed or (declared.text is not None and is_free(declared.text)):
            yield declared.name, Position(declared, "", smallest(declared))
        for attribute in declared.attributes.values():
            if is_free(attribute.type):
                yield f"{declared.name}-{attribute.name}", Position(declared, attribute.name, smallest(declared))


def is_free(type_: schema.SimpleType) -> bool:
    """Return whether a type allows any string of an allowed length."""
    return not (type_.words or type_.members or type_.expressions)


POSITIONS: Final = dict(positions())


def allows(position: Position, text: str) -> bool:
    """Return whether a string is valid at the position."""
    declared, name, _ = position
    if not name and declared.mixed:
        return not declared.needs_text or collapse(text) != ""
    return fits(text, declared.attributes[name].type if name else declared.text or schema.TEXT)


def element_with(position: Position, text: str) -> Element:
    """Return an element with a string at the position."""
    keyword = python_name(position.name) if position.name else binding_of(type(position.example)).content_name
    return replace(position.example, **{keyword: text})  # type: ignore[type-var]  # every element is a dataclass


def assert_unchanged(position: Position, text: str) -> None:
    """Check that the string is unchanged at the position, and that it neither adds nor removes an element or attribute."""
    root = etree.fromstring(element_with(position, text)._xml)
    plain = etree.fromstring(element_with(position, "x")._xml)
    assert [node.tag for node in root.iter()] == [node.tag for node in plain.iter()]
    assert root.attrib.keys() == plain.attrib.keys()
    assert (root.get(key(position.name)) if position.name else root.text or "") == text


@pytest.mark.parametrize("position", POSITIONS.values(), ids=POSITIONS)
def test_strings_that_look_like_markup_are_escaped(position: Position) -> None:
    """Strings that look like markup are kept unchanged at each position that allows them."""
    for text in AWKWARD:
        if allows(position, text):
            assert_unchanged(position, text)


@given(position=st.sampled_from(sorted(POSITIONS)).map(POSITIONS.__getitem__), text=texts())
def test_any_string_is_escaped(position: Position, text: str) -> None:
    """Any string of legal characters is kept unchanged at each position that allows the string."""
    assume(allows(position, text))
    assert_unchanged(position, text)


@given(before=texts(), after=texts())
def test_strings_beside_elements_are_escaped(before: str, after: str) -> None:
    """Strings before and after an SSML element are kept unchanged, at any depth."""
    speech: list[str | ssml.Ssml] = [before, ssml.Break(), ssml.S([before, ssml.Break(), after]), after]
    root = etree.fromstring(SpeakSentence(speech)._xml)
    assert [node.tag for node in root.iter()] == ["SpeakSentence", "break", "s", "break"]
    found = [root.text, root[0].tail, root[1].text, root[1][0].tail, root[1].tail]
    assert [text or "" for text in found] == [before, "", before, after, after]


def test_string_with_verbs_is_spoken() -> None:
    """The markup of a verb inside a string is spoken, or sent as a tag, and adds no verb."""
    attack = "</SpeakSentence><Hangup/><SpeakSentence>&amp;]]>"
    document = parse(Response().speak_sentence(attack, voice='" gender="male').tag(attack).to_bxml())
    assert document == Response([SpeakSentence(attack, voice='" gender="male'), Tag(attack)])
    assert [type(child) for child in document.children] == [SpeakSentence, Tag]
