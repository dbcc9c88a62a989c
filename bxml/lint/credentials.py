"""The user names and passwords of an element, and the URLs that receive them according to the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from bxml import schema
from bxml.lint import element_urls
from bxml.lint.element_urls import IN_TEXT, Url
from bxml.lint.unknown_parts import known_first
from bxml.parsing.tree import Node
from bxml.schema import Attribute

TARGETS: Final = (
    "@username",
    "@password",
    "@fallbackUsername",
    "@fallbackPassword",
    "@destinationUsername",
    "@destinationPassword",
)
"""The attributes that are checked by the rules about credentials."""


class Credentials(NamedTuple):
    """The attributes of a user name and a password that belong together."""

    user: str
    password: str
    urls: tuple[str, ...]
    """The attributes with the URLs that receive the user name and the password.

    :data:`bxml.lint.element_urls.IN_TEXT` stands for a URL in the text.
    """

    def given(self, element: Node) -> list[str]:
        """Return the names of the attributes of this pair that an element has, even if their values are empty."""
        return [name for name in (self.user, self.password) if name in element.attributes]


def pairs_of(element: Node) -> tuple[Credentials, ...]:
    """Return the credentials that the schema declares for an element."""
    return _by_element().get(element.name, ())


def sent_over(element: Node, scheme: str) -> Iterator[tuple[Url, list[str]]]:
    """Yield the URLs that have the given scheme and receive credentials, each with the names of its credential attributes.

    URLs of this machine are left out, because requests to them use no network.

    Args:
        element: The element with the URLs and the credentials.
        scheme: The scheme in lower case, such as ``http``.
    """
    for url in element_urls.find(element, scheme):
        given = [name for pair in pairs_of(element) if url.attribute in pair.urls for name in pair.given(element)]
        # Empty values are not secret.
        if any(element.attributes[name] for name in known_first(element.attributes, given)) and not url.is_loopback:
            yield url, given


@cache
def _by_element() -> Mapping[str, tuple[Credentials, ...]]:
    return {element: tuple(_pairs(attributes)) for element, attributes in schema.attributes().items()}


def _pairs(attributes: Mapping[str, Attribute]) -> Iterator[Credentials]:
    # The schema does not name the pairs: a user name and a password for the same URLs belong together.
    passwords = {attribute.password_at: name for name, attribute in attributes.items() if attribute.password_at}
    for user, attribute in attributes.items():
        if attribute.username_at:
            urls = tuple(IN_TEXT if url == schema.TEXT_OF_ELEMENT else url for url in attribute.username_at)
            yield Credentials(user, passwords[attribute.username_at], urls)
