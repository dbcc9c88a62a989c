"""Which user name and password go to which URLs of an element, as the schema says of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from bxml import schema
from bxml.lint import url_attributes
from bxml.lint.url_attributes import IN_TEXT, Address
from bxml.parsing.tree import Node
from bxml.schema import Attribute

PLACES: Final = (
    "@username",
    "@password",
    "@fallbackUsername",
    "@fallbackPassword",
    "@destinationUsername",
    "@destinationPassword",
)
"""Where a rule looks that looks at credentials."""


class Credentials(NamedTuple):
    """A user name and a password that belong together."""

    user: str
    password: str
    urls: tuple[str, ...]
    """The attributes with the URLs that they go to, or :data:`bxml.lint.url_attributes.IN_TEXT`."""

    def given(self, element: Node) -> list[str]:
        """Those of the two that an element has; an empty one counts."""
        return [name for name in (self.user, self.password) if name in element.attributes]


def of(element: Node) -> tuple[Credentials, ...]:
    """The credentials that an element may have."""
    return _by_element().get(element.name, ())


def sent(element: Node, scheme: str) -> Iterator[tuple[Address, list[str]]]:
    """The URLs with a scheme that credentials of an element go to, each with the names of these."""
    for address in url_attributes.of(element, scheme):
        given = [name for pair in of(element) if address.attribute in pair.urls for name in pair.given(element)]
        if any(element.attributes[name] for name in given):  # what is empty is no secret
            yield address, given


@cache
def _by_element() -> Mapping[str, tuple[Credentials, ...]]:
    return {element: tuple(_pairs(attributes)) for element, attributes in schema.attributes().items()}


def _pairs(attributes: Mapping[str, Attribute]) -> Iterator[Credentials]:
    passwords = {attribute.password_at: name for name, attribute in attributes.items() if attribute.password_at}
    for user, attribute in attributes.items():
        if attribute.username_at:
            urls = tuple(IN_TEXT if url == schema.TEXT_OF_ELEMENT else url for url in attribute.username_at)
            yield Credentials(user, passwords[attribute.username_at], urls)
