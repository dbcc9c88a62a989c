"""Every access of a rule to an unknown part of a template is recorded."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bxml.lint.unknown_parts import Reads, UnknownAttributes, UnknownContent
from bxml.parsing.tree import Source
from bxml.parsing.tree import tree as parse_tree

URL = frozenset({"gatherUrl"})

READS: dict[str, Callable[[dict[str, str]], object]] = {
    "value": lambda attributes: attributes["gatherUrl"],
    "get": lambda attributes: attributes.get("gatherUrl"),
    "in": lambda attributes: "maxDigits" in attributes,
    "names": list,
    "keys": lambda attributes: attributes.keys(),
    "items": lambda attributes: attributes.items(),
    "values": lambda attributes: attributes.values(),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reading_an_unknown_attribute_is_recorded(read: Callable[[dict[str, str]], object]) -> None:
    """Every way to read the attributes of an element is recorded if a template can insert some of the attributes."""
    reads = Reads()
    attributes = UnknownAttributes(
        {"tag": "7", "gatherUrl": "x"}, reads, frozenset({"gatherUrl"}), frozenset({"tag", "gatherUrl"})
    )
    read(attributes)
    assert reads.has_unknown


CONTENT_READS: dict[str, Callable[[UnknownContent], object]] = {
    "items": list,
    "number": len,
    "item": lambda content: content[0],
}


@pytest.mark.parametrize("read", CONTENT_READS.values(), ids=CONTENT_READS)
def test_reading_unknown_content_is_recorded(read: Callable[[UnknownContent], object]) -> None:
    """Every way to read the content of an element is recorded if a template can insert elements into the content."""
    reads = Reads()
    root = parse_tree(Source("<Response><Hangup/></Response>")).nodes[0]
    read(UnknownContent([root], reads))
    assert reads.has_unknown


def test_reading_a_known_attribute_is_not_recorded() -> None:
    """A rule that reads only known attributes applies to the template."""
    reads = Reads()
    attributes = UnknownAttributes(
        {"tag": "7", "gatherUrl": "x"}, reads, frozenset({"gatherUrl"}), frozenset({"tag", "gatherUrl"})
    )
    assert attributes["tag"] == attributes.get("tag") == "7"
    assert "gatherUrl" in attributes
    assert not reads.has_unknown
