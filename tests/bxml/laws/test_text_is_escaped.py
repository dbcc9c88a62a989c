"""Law: a text is a text: no string adds or removes an element, and every string comes back as it went in."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree

from bxml import Response, SpeakSentence, Tag, parse, schema, ssml
from bxml.builder.binding import binding_of
from bxml.builder.element import Element
from bxml.messages.naming import python_name
from bxml.xml_text import collapse
from tests.strategies import DECLARED, HOSTILE, fits, key, smallest, texts


class Position(NamedTuple):
    """A place for text."""

    declared: schema.Element
    name: str
    """The attribute that holds it; none for the text between the tags."""
    example: Element
    """The smallest element that has this place."""


def positions() -> Iterator[tuple[str, Position]]:
    """Every place that takes text of any form, with its name."""
    for declared in DECLARED:
        if declared.mixed or (declared.text is not None and is_free(declared.text)):
            yield declared.name, Position(declared, "", smallest(declared))
        for attribute in declared.attributes.values():
            if is_free(attribute.type):
                yield f"{declared.name}-{attribute.name}", Position(declared, attribute.name, smallest(declared))


def is_free(type_: schema.SimpleType) -> bool:
    """Whether a type sets no form; it may set a length."""
    return not (type_.words or type_.members or type_.patterns)


POSITIONS: Final = dict(positions())


def takes(position: Position, text: str) -> bool:
    """Whether the text is neither too long nor blank for the place."""
    declared, name, _ = position
    if not name and declared.mixed:
        return not declared.needs_text or collapse(text) != ""
    return fits(text, declared.attributes[name].type if name else declared.text or schema.TEXT)


def holding(position: Position, text: str) -> Element:
    """The element that holds the text in this place."""
    keyword = python_name(position.name) if position.name else binding_of(type(position.example)).content_name
    return replace(position.example, **{keyword: text})  # type: ignore[type-var]  # every element is a dataclass


def assert_holds(position: Position, text: str) -> None:
    """The element has the text, and otherwise nothing but what it has with any other text."""
    root = etree.fromstring(holding(position, text)._xml)
    plain = etree.fromstring(holding(position, "x")._xml)
    assert [node.tag for node in root.iter()] == [node.tag for node in plain.iter()]
    assert root.attrib.keys() == plain.attrib.keys()
    assert (root.get(key(position.name)) if position.name else root.text or "") == text


@pytest.mark.parametrize("position", POSITIONS.values(), ids=POSITIONS)
def test_hostile_strings_stay_strings(position: Position) -> None:
    """In every place for text, each string that could be taken for markup is kept to the letter."""
    for text in HOSTILE:
        if takes(position, text):
            assert_holds(position, text)


@given(position=st.sampled_from(sorted(POSITIONS)).map(POSITIONS.__getitem__), text=texts())
def test_every_string_stays_a_string(position: Position, text: str) -> None:
    """In every place for text, any string that XML can carry is kept to the letter."""
    assume(takes(position, text))
    assert_holds(position, text)


@given(before=texts(), after=texts())
def test_text_beside_elements_stays_text(before: str, after: str) -> None:
    """Strings before and after an element of speech stay what and where they are, at any depth."""
    speech: list[str | ssml.Ssml] = [before, ssml.Break(), ssml.S([before, ssml.Break(), after]), after]
    root = etree.fromstring(SpeakSentence(speech)._xml)
    assert [node.tag for node in root.iter()] == ["SpeakSentence", "break", "s", "break"]
    found = [root.text, root[0].tail, root[1].text, root[1][0].tail, root[1].tail]
    assert [text or "" for text in found] == [before, "", before, after, after]


def test_an_example_that_fails_without_the_law() -> None:
    """What would hang up, dial or ask for a password in a careless writer is spoken, or sent as a tag."""
    attack = "</SpeakSentence><Hangup/><SpeakSentence>&amp;]]>"
    document = parse(Response().speak_sentence(attack, voice='" gender="male').tag(attack).to_bxml())
    assert document == Response([SpeakSentence(attack, voice='" gender="male'), Tag(attack)])
    assert [type(child) for child in document.children] == [SpeakSentence, Tag]
