"""Blocks of a template that exclude one another, such as ``{% if a %}…{% endif %}{% if not a %}…{% endif %}``.

Conditions are not read. Blocks count as alternatives if a well-formed document cannot contain all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from bxml.parsing.template_syntax import Masked, Tag


class Alternatives(NamedTuple):
    """The result of a comparison of all blocks."""

    hidden: frozenset[int]
    """The places of the tags that begin hidden blocks. A block is hidden if an earlier block is an alternative to it."""
    is_structure_known: bool
    """False if the conditions of several blocks decide whether each start tag has an end tag."""


class _Block:
    """A block while it is read, or everything outside of blocks."""

    def __init__(self, start: int = -1) -> None:
        self.start = start
        """The place of the tag that begins the block."""
        self.open: list[tuple[str, bool]] = []
        """The elements without an end tag so far: each name, and true if the element begins in a block inside this block."""
        self.strays: list[str] = []
        """The names of the end tags whose start tags are outside of the block."""
        self.last: tuple[int, int] | None = None
        """The :attr:`shape` of the last unbalanced block inside this block."""
        self.roots: list[int] = []
        """The places of the blocks inside this block that contain a root element."""
        self.has_own_root = False

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of end tags and of start tags without their counterparts."""
        return len(self.strays), len(self.open)

    @property
    def other_roots(self) -> list[int]:
        """The blocks inside this block whose root elements are alternatives to another root element."""
        return self.roots if self.has_own_root else self.roots[1:]

    def end(self, name: str) -> None:
        """Read an end tag."""
        if not self.open or self.open[-1][0] != name:
            self.strays.append(name)
        elif self.open.pop()[1]:
            self.last = None


class _Comparison:
    """The blocks that have been read so far."""

    def __init__(self) -> None:
        self.stack = [_Block()]
        self.hidden: set[int] = set()
        self.unbalanced = 0
        self._attributes: dict[str, tuple[int, ...]] = {}
        """The blocks that contain each attribute of the last element, by the name of the attribute."""

    def read_attribute(self, name: str) -> None:
        """Read an attribute of the last element."""
        blocks = tuple(block.start for block in self.stack)
        first = self._attributes.setdefault(name, blocks)
        self.hidden.update([own for own, other in zip(blocks, first, strict=False) if own != other][:1])

    def read_element(self, element: _Element) -> None:
        """Read a start tag or an end tag."""
        self._attributes = {}
        block = self.stack[-1]
        if element.is_end:
            block.end(element.name)
            return
        block.has_own_root |= not any(each.open for each in self.stack)
        if not element.is_empty:
            block.open.append((element.name, False))

    def end_block(self) -> None:
        """Read the tag that ends a block."""
        block, outer = self.stack.pop(), self.stack[-1]
        self.hidden.update(block.other_roots)
        if block.shape == (0, 0):
            outer.roots += [block.start] if block.has_own_root or block.roots else []
            return
        self.unbalanced += 1
        if block.shape == outer.last:
            self.hidden.add(block.start)
            return
        for name in block.strays:
            outer.end(name)
        outer.open += [(name, True) for name, _ in block.open]
        outer.last = block.shape


def alternatives(masked: Masked) -> Alternatives:
    """Find the blocks of a template that exclude one another.

    Args:
        masked: The masked template, with only the first branch of each condition.
    """
    comparison = _Comparison()
    for part in _parts(masked):
        if isinstance(part, _Attribute):
            comparison.read_attribute(part.name)
        elif isinstance(part, _Element):
            comparison.read_element(part)
        elif part.kind == "opening":
            comparison.stack.append(_Block(part.start))
        elif part.kind == "closing" and len(comparison.stack) > 1:
            comparison.end_block()
    hidden = comparison.hidden.union(comparison.stack[0].other_roots)
    return Alternatives(frozenset(hidden), is_structure_known=comparison.unbalanced <= 1)


class _Element(NamedTuple):
    name: str
    is_end: bool
    is_empty: bool


class _Attribute(NamedTuple):
    name: str


def _parts(masked: Masked) -> Iterator[_Element | _Attribute | Tag]:
    """Yield the XML tags of a masked template, their attributes, and the tags of the template, in the order of their places."""
    tags = iter([tag for tag, context in masked.tags if context != "hidden"])
    upcoming = next(tags, None)
    for place, part in _xml_parts(masked.text):
        while upcoming and upcoming.start < place:
            yield upcoming
            upcoming = next(tags, None)
        yield part
    if upcoming:
        yield upcoming
        yield from tags


def _xml_parts(text: str) -> Iterator[tuple[int, _Element | _Attribute]]:
    for found in _XML_TAG(text):
        name = found["name"]
        if name:
            yield found.start(), _Element(name, is_end=bool(found["end"]), is_empty=found["rest"].endswith("/"))
            for attribute in _ATTRIBUTE(text, *found.span("rest")):
                yield attribute.start(), _Attribute(attribute[1])


# An unclosed part extends to the end, so that many of them take linear time.
_XML_TAG: Final = re.compile(
    r"<!--(?>.*?(?:-->|\Z))|<!\[CDATA\[(?>.*?(?:\]\]>|\Z))|<\?(?>.*?(?:\?>|\Z))"
    r"|<(?P<end>/?)(?P<name>[^\s/>!?\"'<]++)(?P<rest>(?:[^>\"'<]|\"[^\"<]*+\"|'[^'<]*+')*+)>",
    re.DOTALL,
).finditer
_ATTRIBUTE: Final = re.compile(r"(?<![^\s=\"'/])([^\s=\"'/]++)\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))").finditer
