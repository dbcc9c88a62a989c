"""Documentation and completions of elements, attributes and values, from the schema and the tables of the rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bxml import schema
from bxml.command.language_server.tag_at_cursor import Part
from bxml.lint.rules.unknown_locale import LOCALES
from bxml.lint.rules.unknown_voice import VOICES
from bxml.messages.schema_findings import expected
from bxml.schema import Attribute, Element, SimpleType


class Choice(NamedTuple):
    """A completion."""

    text: str
    """The name or value to insert."""
    detail: str = ""
    """A short description, such as ``required``."""
    documentation: str = ""
    """The documentation as Markdown."""


def documentation(part: Part) -> str | None:
    """Return the documentation of the element or attribute at the cursor as Markdown, or ``None`` if BXML does not have it."""
    element = _element(part)
    if element is None:
        return None
    if part.kind in {"element", "end tag"}:
        return _of_element(element)
    attribute = element.attributes.get(part.attribute)
    return None if attribute is None else _of_attribute(attribute)


def choices(part: Part) -> list[Choice]:
    """Return the names or values that are allowed at the cursor, in the order of the schema."""
    return list(_choices(part))


def _choices(part: Part) -> Iterator[Choice]:
    if part.kind == "element":
        for child in _children(part.parents).values():
            yield Choice(child.name, documentation=_of_element(child))
    elif part.kind == "end tag":
        if part.parents:
            yield Choice(part.parents[-1])
    elif element := _element(part):
        if part.kind == "attribute":
            for each in element.attributes.values():
                if each.name not in part.others:
                    yield Choice(each.name, "required" if each.required else "", _of_attribute(each))
        elif attribute := element.attributes.get(part.attribute):
            yield from _values(attribute)


def _values(attribute: Attribute) -> Iterator[Choice]:
    if attribute.name == "voice":
        for name, voice in VOICES.items():
            yield Choice(name, f"{voice.locale}, {voice.gender}")
    elif attribute.name == "locale":
        yield from map(Choice, LOCALES)
    else:
        for word in _words(attribute.type):
            yield Choice(word, "default" if word == attribute.default else "")


def _words(type_: SimpleType) -> Iterator[str]:
    yield from type_.words
    for member in type_.members:
        yield from _words(member)


def _element(part: Part) -> Element | None:
    """Return the declaration of the element whose tag contains the cursor."""
    if part.kind == "end tag" and part.element not in part.parents:
        return None
    parents = part.parents
    if part.kind == "end tag":
        parents = parents[: len(parents) - 1 - parents[::-1].index(part.element)]
    return _children(parents).get(part.element)


def _children(parents: tuple[str, ...]) -> dict[str, Element]:
    """Return the elements that are allowed at a place, by their names; return no elements if a parent is not BXML.

    Args:
        parents: The names of the open elements, the root first.
    """
    vocabulary = schema.vocabulary()
    if not parents:
        return dict(vocabulary.roots)
    # A verb on its own is also documented, for example a fragment that is inserted into a document.
    element = vocabulary.elements.get(parents[0])
    for name in parents[1:]:
        element = element and element.children.get(name)
    return dict(element.children) if element else {}


def _of_element(element: Element) -> str:
    page = f"[Bandwidth's documentation]({element.page})" if element.page else ""
    return "\n\n".join(filter(None, (f"`<{element.name}>`", element.documentation, page)))


def _of_attribute(attribute: Attribute) -> str:
    values = "text" if attribute.type.noun == "text" else expected(attribute.type)
    required = "It is required. " if attribute.required else ""
    return f"`{attribute.name}`\n\n{attribute.documentation}\n\n{required}Expected: {values}."
