"""The URLs of an element, each with its place, and what its attributes are, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from bxml import schema
from bxml.lint.rule import Found, on_text, on_value
from bxml.messages import findings
from bxml.messages.text import assignment, shown
from bxml.parsing.tree import Node
from bxml.schema import Attribute, SimpleType
from bxml.xml_text import collapse

IN_TEXT: Final = ""
"""Stands for the name of an attribute where a URL is the text of its element."""


class Address(NamedTuple):
    """A URL that the schema allows, and its place."""

    element: Node
    attribute: str
    """Or else :data:`IN_TEXT`."""
    url: str

    def has_scheme(self, *schemes: str) -> bool:
        """Whether it begins with one of these schemes."""
        return self.url.lower().startswith(tuple(f"{scheme}://" for scheme in schemes))

    def found(self, message: str) -> Found:
        """A finding that points at it, and begins with it."""
        if self.attribute == IN_TEXT:
            return on_text(self.element, f"the text {shown(self.url)} of <{self.element.name}> {message}")
        return on_value(self.element, self.attribute, f"{assignment(self.attribute, self.url)} {message}")


def of(element: Node, scheme: str = "") -> Iterator[Address]:
    """The URLs of an element, or those with a scheme; what the schema does not allow is none."""
    begin = f"{scheme}://" if scheme else ""
    for attribute, type_ in _types().get(element.name, {}).items():
        written = element.text if attribute == IN_TEXT else element.attributes.get(attribute)
        if written is not None and written.lstrip().lower().startswith(begin) and findings.unfit(written, type_) is None:
            yield Address(element, attribute, collapse(written) if type_.collapses else written)


@cache
def _types() -> Mapping[str, Mapping[str, SimpleType]]:
    """The types of the URLs of each element by their places."""
    texts = {name: {IN_TEXT: element.text} for name, element in schema.law().elements.items() if element.text}
    return {
        name: {place: type_ for place, type_ in (texts.get(name, {}) | _by_name(of_element)).items() if _is_url(type_)}
        for name, of_element in schema.attributes().items()
    }


def _by_name(of_element: Mapping[str, Attribute]) -> dict[str, SimpleType]:
    return {name: attribute.type for name, attribute in of_element.items()}


def _is_url(type_: SimpleType) -> bool:
    return not {"url", "websocketUrl"}.isdisjoint(type_.lineage)
