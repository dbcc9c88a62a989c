"""Documents with one change in their source text, such as people make: what the tests of laws about files are made of.

Other than :mod:`tests.strategies`, which changes trees, this leaves everything else in the text as it was, so that the place of
the change is known.
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
from tests.strategies import CHARACTERS, DECLARED, EVERYWHERE, LAW, ODD, documents, written_otherwise

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


class Attribute(NamedTuple):
    """An attribute in a text: where its name and its quoted value stand."""

    name: str
    start: int
    quoted: int
    end: int


class Written(NamedTuple):
    """An element in a text, and where it and its tags stand."""

    name: str
    declared: Element
    attributes: tuple[Attribute, ...]
    start: int
    inside: int
    """Where its start tag ends."""
    last: int
    """Where its end tag begins; where the element ends if it has none."""
    end: int


_MARKUP: Final = re.compile(r"<!--.*?-->|<\?.*?\?>|<(?P<tag>/?[\w.-]+)(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>", re.DOTALL)
_ATTRIBUTE: Final = re.compile(r"(?P<name>[^\s=/]+)\s*=\s*(?P<value>\"[^\"]*\"|'[^']*')")


def elements_of(text: str) -> list[Written]:
    """Every element of a valid document, each before those that it holds."""
    return sorted(_elements_of(text), key=lambda element: element.start)


def _elements_of(text: str) -> Iterator[Written]:
    open_: list[tuple[re.Match[str], Element]] = []
    for found in _MARKUP.finditer(text):
        if not found["tag"]:
            continue
        if not found["tag"].startswith("/"):
            holding = open_[-1][1].children if open_ else LAW.elements
            open_.append((found, holding[found["tag"]]))
        if found["tag"].startswith("/") or found["rest"].endswith("/"):
            opening, declared = open_.pop()
            inside, last = opening.end(), found.end() if opening is found else found.start()
            yield Written(opening["tag"], declared, tuple(_attributes_of(opening)), opening.start(), inside, last, found.end())


def _attributes_of(tag: re.Match[str]) -> Iterator[Attribute]:
    for found in _ATTRIBUTE.finditer(tag.string, *tag.span("rest")):
        yield Attribute(found["name"], found.start(), found.start("value"), found.end())


def replaced(text: str, start: int, end: int, by: str) -> str:
    """A text with other characters in the place of some."""
    return text[:start] + by + text[end:]


def renamed(text: str, element: Written, name: str) -> str:
    """A text with another name in the tags of an element."""
    if element.last < element.end:
        text = replaced(text, element.last + len("</"), element.last + len("</") + len(element.name), name)
    return replaced(text, element.start + len("<"), element.start + len("<") + len(element.name), name)


def quoted(value: str) -> str:
    """A value in quotes, which is read as it is here."""
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
    place = draw(st.sampled_from([place for element in every for place in (element.start, element.inside, element.end)]))
    assume(not moved.start < place < moved.end)
    without = replaced(text, moved.start, moved.end, "")
    place -= len(text) - len(without) if place >= moved.end else 0
    return replaced(without, place, place, text[moved.start : moved.end])


def _double_an_attribute(draw: DrawFn, text: str) -> str:
    attribute = _any_attribute(draw, text)
    return replaced(text, attribute.end, attribute.end, " " + text[attribute.start : attribute.end])


def _flip_a_character(draw: DrawFn, text: str) -> str:
    # Not in the declaration: libxml2 takes other encodings and versions of XML, and BXML has one of each.
    start = text.index("?>") + len("?>") if text.startswith("<?xml") else 0
    place = draw(st.integers(start, len(text) - 1))
    length, by = draw(st.sampled_from([(1, True), (0, True), (1, False)]))
    return replaced(text, place, place + length, draw(_CHARACTER) if by else "")


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
"""By what they do to a text."""


def texts_of_documents() -> SearchStrategy[str]:
    """Valid documents, as this package and as others write them."""
    return documents(least=1).map(lambda document: document.to_bxml()) | written_otherwise().map(bytes.decode)


@st.composite
def _mutated(draw: DrawFn, ways: list[str]) -> str:
    text = draw(texts_of_documents())
    return MUTATIONS[draw(st.sampled_from(ways))](draw, text)


def mutated_texts(*ways: str) -> SearchStrategy[str]:
    """Documents with one change in their text, made in one of some ways, or of all."""
    return _mutated(list(ways or MUTATIONS)).filter(lambda text: len(text.encode()) <= schema.maximum_bytes())


def texts_half_of_them_mutated() -> SearchStrategy[str]:
    """Documents of which one half is valid, and the other has one change each."""
    # Chosen here, for alternatives joined by | are drawn alike often, however deep they are joined.
    return st.booleans().flatmap(lambda is_mutated: mutated_texts() if is_mutated else texts_of_documents())
