"""Which user name and password go to which URLs of an element, as the schema says of each."""

from __future__ import annotations

import re
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

_DOCUMENTED: Final = re.compile(r"(User name|Password) for HTTP Basic authentication at (.+); no default\.").fullmatch

_TEXT: Final = "the URL of the file"
"""What the schema calls the URL that is the text of its element."""


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
    passwords = dict(_documented(attributes, "Password"))
    for where, user in _documented(attributes, "User name"):
        urls = tuple(IN_TEXT if url == _TEXT else url for url in re.split(", | and ", where))
        yield Credentials(user, passwords[where], urls)


def _documented(attributes: Mapping[str, Attribute], noun: str) -> Iterator[tuple[str, str]]:
    """Where each user name, or each password, goes, and its attribute."""
    for name, attribute in attributes.items():
        found = _DOCUMENTED(attribute.documentation)
        if found and found[1] == noun:
            yield found[2], name
