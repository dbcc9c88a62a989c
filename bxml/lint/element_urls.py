"""The URLs of an element, in its attributes or in its text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from bxml import schema
from bxml.lint.rule import Violation
from bxml.messages import schema_findings
from bxml.messages.text import assignment, quote
from bxml.parsing.tree import Node
from bxml.schema import Attribute, SimpleType
from bxml.xml_text import collapse

IN_TEXT: Final = ""
"""The placeholder for an attribute name if a URL is the text of its element."""


class Url(NamedTuple):
    """A URL that the schema allows, and its location."""

    element: Node
    attribute: str
    """The name of the attribute, or :data:`IN_TEXT`."""
    value: str

    def has_scheme(self, *schemes: str) -> bool:
        """Return whether the URL has one of the given schemes; the schemes must be in lower case."""
        return self.value.lower().startswith(tuple(f"{scheme}://" for scheme in schemes))

    @property
    def is_loopback(self) -> bool:
        """True if the host of the URL is this machine: ``localhost``, a subdomain of it, or an address such as 127.0.0.1."""
        # Imported here because few URLs are checked.
        from ipaddress import ip_address
        from urllib.parse import urlsplit

        try:
            host = urlsplit(self.value).hostname or ""
            return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
        except ValueError:  # the host is another name, or the URL is malformed
            return False

    def violation(self, message: str) -> Violation:
        """Return a violation at the URL, with a message that begins with the URL."""
        if self.attribute == IN_TEXT:
            return Violation.at_text(self.element, f"the text {quote(self.value)} of <{self.element.name}> {message}")
        return Violation.at_value(self.element, self.attribute, f"{assignment(self.attribute, self.value)} {message}")


def find(element: Node, scheme: str = "") -> Iterator[Url]:
    """Yield those URLs of an element that the schema allows.

    Args:
        element: The element to search.
        scheme: The scheme of the URLs to yield, in lower case; an empty string means every scheme.
    """
    prefix = f"{scheme}://" if scheme else ""
    for attribute, type_ in _types().get(element.name, {}).items():
        value = element.text if attribute == IN_TEXT else element.attributes.get(attribute)
        if (
            value is not None
            and value.lstrip().lower().startswith(prefix)
            and schema_findings.value_fault(value, type_) is None
        ):
            yield Url(element, attribute, collapse(value) if type_.collapses else value)


@cache
def _types() -> Mapping[str, Mapping[str, SimpleType]]:
    """Return the types of URLs, by the name of the element and then by the name of the attribute or :data:`IN_TEXT`."""
    texts = {name: {IN_TEXT: element.text} for name, element in schema.vocabulary().elements.items() if element.text}
    return {
        name: {place: type_ for place, type_ in (texts.get(name, {}) | _by_name(attributes)).items() if _is_url(type_)}
        for name, attributes in schema.attributes().items()
    }


def _by_name(attributes: Mapping[str, Attribute]) -> dict[str, SimpleType]:
    return {name: attribute.type for name, attribute in attributes.items()}


def _is_url(type_: SimpleType) -> bool:
    return not {"url", "websocketUrl"}.isdisjoint(type_.lineage)
