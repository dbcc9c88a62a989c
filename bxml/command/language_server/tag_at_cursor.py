"""Scanner that finds the part of a tag at the cursor, also in a document that is being written and is not well-formed yet."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from bxml.schema import MAXIMUM_DEPTH

Kind = Literal["element", "end tag", "attribute", "value"]
"""The kind of the part: the name of an element in its start tag or end tag, the name of an attribute, or its value."""


class Part(NamedTuple):
    """A part of a tag."""

    kind: Kind
    parents: tuple[str, ...]
    """The names of the open elements around the tag, the root first."""
    element: str
    """The name in the tag, which may be incomplete."""
    attribute: str
    """The name of the attribute, which may be incomplete; empty for the name of an element."""
    others: frozenset[str]
    """The names of the other attributes in the tag."""
    start: int
    """Index of the first character of the name or value."""
    end: int
    """Index after the last character of the name or value."""


_OPAQUE: Final = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>", "<!": ">"}
"""The end of each construct that contains no tags, by the start of the construct."""

_NAME: Final = re.compile(r"[^\s=/<>\"']*")
_ATTRIBUTE: Final = re.compile(r"[^\s=/<>\"']+")
_EQUALS: Final = re.compile(r"\s*+=\s*+")
# A value ends at the end of its line at the latest, because its closing quote may not be written yet.
_VALUE: Final = re.compile(r"""(?P<quote>["'])(?:(?!(?P=quote))[^<\r\n])*+""")
_BETWEEN: Final = re.compile(r"[^<>]")


_TagPart = tuple[Kind, str, int, int]
"""The name of an element, or the name or value of an attribute: kind, name of the attribute, start and end."""


class _Tag(NamedTuple):
    parts: list[_TagPart]
    """The name of the element, and the names and values of the attributes."""
    end: int
    """Index after the last character before ``>`` or ``/>``."""


def part_at(text: str, index: int) -> Part | None:
    """Return the part of a tag that contains or touches the cursor, or ``None`` if the cursor is elsewhere.

    White space in a start tag is the empty name of an attribute.

    Args:
        text: The document.
        index: Index of the character after the cursor.
    """
    open_: list[str] = []
    place = text.find("<")
    while 0 <= place < index and len(open_) <= MAXIMUM_DEPTH:
        closing = next((end for start, end in _OPAQUE.items() if text.startswith(start, place)), None)
        if closing is not None:
            end = text.find(closing, place)
            place = -1 if end < 0 else text.find("<", end)
            continue
        tag = _tag(text, place)
        kind, _, start, end = tag.parts[0]
        name = text[start:end]
        if index <= tag.end:
            return _part(text, index, tag, tuple(open_), name)
        if kind == "end tag":
            if name in open_:
                del open_[len(open_) - 1 - open_[::-1].index(name) :]
        elif not text.startswith("/>", tag.end):
            open_.append(name)
        place = text.find("<", tag.end)
    return None


def _part(text: str, index: int, tag: _Tag, parents: tuple[str, ...], element: str) -> Part | None:
    in_space = text[index - 1].isspace() and tag.parts[0][0] != "end tag"
    space: list[_TagPart] = [("attribute", "", index, index)] if in_space else []
    touched = [part for part in tag.parts if part[2] <= index <= part[3]] or space
    if not touched:
        return None
    kind, attribute, start, end = touched[0]
    others = frozenset(name for _, name, *_ in tag.parts if name not in {"", attribute})
    return Part(kind, parents, element, attribute, others, start, end)


def _tag(text: str, place: int) -> _Tag:
    """Read the tag that begins at an index, up to its end or the next ``<``."""
    is_end_tag = text.startswith("/", place + 1)
    name = _NAME.match(text, place + 1 + is_end_tag)
    assert name, "the expression matches an empty name too"
    parts: list[_TagPart] = [("end tag" if is_end_tag else "element", "", *name.span())]
    place = name.end()
    while _BETWEEN.match(text, place) and not text.startswith("/>", place):
        if not (found := _ATTRIBUTE.match(text, place)):
            place += 1
            continue
        attribute = found[0]
        parts.append(("attribute", attribute, *found.span()))
        place = found.end()
        if equals := _EQUALS.match(text, place):
            place = equals.end()
            if value := _VALUE.match(text, place):
                parts.append(("value", attribute, value.start() + 1, value.end()))
                place = value.end()
    return _Tag(parts, place)
