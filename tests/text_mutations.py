"""Documents with one change in their source text, such as a typo, for the property tests of files.

:mod:`tests.strategies` changes trees. This module changes one part of the text and keeps the rest, so the position of the
change is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import escape

from hypothesis import assume
from hypothesis import strategies as st

from bxml import schema
from bxml.schema import Element
from bxml.strategies import documents
from bxml.strategies.text_strategies import CHARACTERS
from tests.strategies import DECLARED, EVERYWHERE, ODD, VOCABULARY, written_otherwise

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


class Attribute(NamedTuple):
    """An attribute in a source text, with the offsets of its name and its quoted value."""

    name: str
    start: int
    quoted: int
    """The offset of the opening quote."""
    end: int
    """The offset after the closing quote."""


class Written(NamedTuple):
    """An element in a source text, with the offsets of the element and its tags."""

    name: str
    declared: Element
    attributes: tuple[Attribute, ...]
    start: int
    inside: int
    """The offset after the start tag."""
    last: int
    """The offset of the end tag, or the end of the element if it has no end tag."""
    end: int


_MARKUP: Final = re.compile(r"<!--.*?-->|<\?.*?\?>|<(?P<tag>/?[\w.-]+)(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>", re.DOTALL)
_ATTRIBUTE: Final = re.compile(r"(?P<name>[^\s=/]+)\s*=\s*(?P<value>\"[^\"]*\"|'[^']*')")


def elements_of(text: str) -> list[Written]:
    """Return every element of a valid document in document order."""
    return sorted(_elements_of(text), key=lambda element: element.start)


def _elements_of(text: str) -> Iterator[Written]:
    """Yield each element when its end tag is reached."""
    stack: list[tuple[re.Match[str], Element]] = []
    for found in _MARKUP.finditer(text):
        if not found["tag"]:
            continue
        if not found["tag"].startswith("/"):
            allowed = stack[-1][1].children if stack else VOCABULARY.elements
            stack.append((found, allowed[found["tag"]]))
        if found["tag"].startswith("/") or found["rest"].endswith("/"):
            opening, declared = stack.pop()
            inside, last = opening.end(), found.end() if opening is found else found.start()
            yield Written(opening["tag"], declared, tuple(_attributes_of(opening)), opening.start(), inside, last, found.end())


def _attributes_of(tag: re.Match[str]) -> Iterator[Attribute]:
    for found in _ATTRIBUTE.finditer(tag.string, *tag.span("rest")):
        yield Attribute(found["name"], found.start(), found.start("value"), found.end())


def replaced(text: str, start: int, end: int, by: str) -> str:
    """Return a text with the characters from start to end replaced."""
    return text[:start] + by + text[end:]


def renamed(text: str, element: Written, name: str) -> str:
    """Return a text with the name of an element replaced, in both tags."""
    # The end tag is replaced first, because a change moves everything after it.
    if element.last < element.end:
        text = replaced(text, element.last + len("</"), element.last + len("</") + len(element.name), name)
    return replaced(text, element.start + len("<"), element.start + len("<") + len(element.name), name)


def quoted(value: str) -> str:
    """Return a value in quotes, escaped so that a parser reads the same value."""
    return f'"{escape(value, {mark: f"&#{ord(mark)};" for mark in chr(34) + chr(9) + chr(10) + chr(13)})}"'


def _rename_an_element(draw: DrawFn, text: str) -> str:
    element = draw(st.sampled_from(elements_of(text)))
    return renamed(text, element, draw(_other_name(element.name, [declared.name for declared in DECLARED])))


def _rename_an_attribute(draw: DrawFn, text: str) -> str:
    attribute = _any_attribute(draw, text)
    other = draw(_other_name(attribute.name, list(EVERYWHERE)))
    return replaced(text, attribute.start, attribute.start + len(attribute.name), other)


def _change_a_value(draw: DrawFn, text: str) -> str:
    attribute = _any_attribute(draw, text)
    return replaced(text, attribute.quoted, attribute.end, quoted(draw(st.sampled_from(ODD))))


def _move_an_element(draw: DrawFn, text: str) -> str:
    every = elements_of(text)
    moved = draw(st.sampled_from(every))
    target = draw(st.sampled_from([offset for element in every for offset in (element.start, element.inside, element.end)]))
    # An element cannot be moved into itself.
    assume(not moved.start < target < moved.end)
    without = replaced(text, moved.start, moved.end, "")
    target -= len(text) - len(without) if target >= moved.end else 0
    return replaced(without, target, target, text[moved.start : moved.end])


def _double_an_attribute(draw: DrawFn, text: str) -> str:
    attribute = _any_attribute(draw, text)
    return replaced(text, attribute.end, attribute.end, " " + text[attribute.start : attribute.end])


def _flip_a_character(draw: DrawFn, text: str) -> str:
    # The XML declaration stays: libxml2 accepts several encodings and versions of XML, but BXML allows only one of each.
    start = text.index("?>") + len("?>") if text.startswith("<?xml") else 0
    offset = draw(st.integers(start, len(text) - 1))
    # Replace, insert or delete a character.
    removed, inserts = draw(st.sampled_from([(1, True), (0, True), (1, False)]))
    return replaced(text, offset, offset + removed, draw(_CHARACTER) if inserts else "")


_CHARACTER: Final = st.sampled_from("<>&\"'=/ \n\r\t;#-!?[]:.xX05\0\x0b\x7f\ufeff\uffff") | CHARACTERS


def _any_attribute(draw: DrawFn, text: str) -> Attribute:
    attributes = [attribute for element in elements_of(text) for attribute in element.attributes]
    assume(attributes)
    return draw(st.sampled_from(attributes))


def _other_name(name: str, known: list[str]) -> SearchStrategy[str]:
    misspelt = [name + "s", name[:-1] + "_", name.upper(), name.swapcase(), "foo:" + name, "xml:" + name, "5" + name]
    return st.sampled_from(misspelt) | st.sampled_from(known)


MUTATIONS: Final[dict[str, Callable[[DrawFn, str], str]]] = {
    "an element renamed": _rename_an_element,
    "an attribute renamed": _rename_an_attribute,
    "a value changed": _change_a_value,
    "an element moved": _move_an_element,
    "an attribute doubled": _double_an_attribute,
    "a character flipped": _flip_a_character,
}
"""For each change, by its description: the function that makes the change."""


def texts_of_documents() -> SearchStrategy[str]:
    """Return a strategy for valid documents, as this package and as other programs write them."""
    return documents(min_verbs=1).map(lambda document: document.to_bxml()) | written_otherwise().map(bytes.decode)


@st.composite
def _mutated(draw: DrawFn, changes: list[str]) -> str:
    text = draw(texts_of_documents())
    return MUTATIONS[draw(st.sampled_from(changes))](draw, text)


def mutated_texts(*changes: str) -> SearchStrategy[str]:
    """Return a strategy for documents with one change in their text.

    Args:
        changes: Keys of ``MUTATIONS`` from which a change is chosen. By default, all keys are used.
    """
    return _mutated(list(changes or MUTATIONS)).filter(lambda text: len(text.encode()) <= schema.maximum_bytes())


def texts_half_of_them_mutated() -> SearchStrategy[str]:
    """Return a strategy for documents: one half is valid, and each document of the other half has one change."""
    # Hypothesis draws all alternatives joined by | equally often, so joining these strategies by | would not give halves.
    return st.booleans().flatmap(lambda is_mutated: mutated_texts() if is_mutated else texts_of_documents())
