"""The formatter: it writes a document in its canonical form, and does not change anything that has a meaning.

Only the white space that has no meaning changes: between elements that contain no text, and inside tags. Text, mixed content
such as speech, CDATA sections, comments, character references and the order of attributes stay as they are. If an element has
unexpected text, or is not in the schema, only its tags change.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bxml import schema
from bxml.errors import InvalidDocument, NotWellFormed
from bxml.messages import schema_findings
from bxml.parsing import schema_check
from bxml.parsing.tree import NotReadable, Source
from bxml.problem import Problem
from bxml.xml_text import WHITE_SPACE

STEP: Final = "  "
"""The indentation of one level."""

MAX_WIDTH: Final = 120
"""The maximum length of a line with a start tag; a longer tag has one attribute on each line."""

_START_TAG: Final = re.compile(r"<([^\s/>!?][^\s/>]*+)((?:\s++[^\s=/>]++\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'))*+)\s*+(/?)>").match
_ATTRIBUTE: Final = re.compile(r"\s++([^\s=/>]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')").match
_UNBROKEN: Final = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
"""The strings that begin a part of the source that is not a tag, each with the string that ends the part."""


@dataclass(slots=True)
class _Item:
    """Text, a comment, a CDATA section or a processing instruction, as it is in the source."""

    text: str

    @property
    def is_space(self) -> bool:
        return not self.text.strip(WHITE_SPACE)

    @property
    def is_text(self) -> bool:
        """True for text and CDATA sections."""
        return not self.text.startswith(("<!--", "<?"))


@dataclass(slots=True)
class _Element:
    """An element of the source."""

    name: str
    attributes: list[str]
    content: list[_Element | _Item] = field(default_factory=list["_Element | _Item"])


def formatted(given: str | bytes, name: str = "") -> bytes:
    """Return a document in its canonical form.

    Lines end with CRLF if the first line of the given document ends with CRLF. A byte order mark is kept.

    Args:
        given: The document, as a string or as bytes in UTF-8.
        name: The name of the document; each problem contains it.

    Raises:
        NotWellFormed: If the document cannot be parsed.
        InvalidDocument: If the root is not Response or Bxml, or the document is too large before or after formatting.
    """
    try:
        source = Source(schema_check.text_of(given, name), name)
    except NotReadable as error:
        raise NotWellFormed([schema_check.legible(error, given, name).problem(error.finding, error.span)]) from None
    root = schema_check.tree_of(source).root
    roots = schema.vocabulary().roots
    if root.name not in roots:
        raise InvalidDocument(
            [source.problem(schema_findings.unknown_root(root.name, roots), source.name_span(root), root.name)]
        )
    # XML treats all line ends as LF.
    text = re.sub(r"\r\n|\r", "\n", source.text)
    lines = _layout(_items(text), roots, "")
    ending = "\r\n" if source.text.partition("\n")[0].endswith("\r") else "\n"
    result = "".join(f"{line}\n" for line in lines).replace("\n", ending).encode()
    if given.startswith("\ufeff") if isinstance(given, str) else given.startswith(BOM_UTF8):
        result = BOM_UTF8 + result
    limit = schema.maximum_bytes()
    if len(result) > limit:
        # The platform would refuse the formatted document although it accepts the original.
        raise InvalidDocument([Problem(*schema_findings.too_large(len(result), limit), name=name)])
    return result


def _items(text: str) -> list[_Element | _Item]:
    """Return the root element and everything around it."""
    document = _Element("", [])
    open_ = [document]
    place = 0
    while place < len(text):
        start = _START_TAG(text, place)
        if start:
            element = _Element(start[1], [*_attributes(start[2])])
            open_[-1].content.append(element)
            place = start.end()
            if not start[3]:
                open_.append(element)
        elif text.startswith("</", place):
            open_.pop()
            place = text.index(">", place) + 1
        else:
            end = _end(text, place)
            open_[-1].content.append(_Item(text[place:end]))
            place = end
    return document.content


def _end(text: str, place: int) -> int:
    """Return the index after a part of the source that is not a tag."""
    for begin, end in _UNBROKEN.items():
        if text.startswith(begin, place):
            return text.index(end, place + len(begin)) + len(end)
    found = text.find("<", place)
    return len(text) if found < 0 else found


def _attributes(text: str) -> Iterator[str]:
    """Yield each attribute, in double quotes unless the value contains a double quote."""
    found = _ATTRIBUTE(text)
    while found:
        name, double, single = found.groups("")
        quote = "'" if '"' in single else '"'
        yield f"{name}={quote}{double or single}{quote}"
        found = _ATTRIBUTE(text, found.end())


def _layout(content: list[_Element | _Item], declared: Mapping[str, schema.Element], margin: str) -> list[str]:
    """Return the lines of the content of an element that contains elements only.

    Args:
        content: The content.
        declared: The elements that the schema allows here, by name.
        margin: The indentation.
    """
    lines: list[str] = []
    breaks = 0
    follows_element = False
    for item in content:
        if isinstance(item, _Item) and item.is_space:
            breaks = item.text.count("\n")
            continue
        if isinstance(item, _Item) and follows_element and not breaks:
            lines[-1] += f" {item.text}"  # a comment behind an element stays there
        else:
            lines += [""] if lines and breaks > 1 else []
            lines += (
                _element_lines(item, declared.get(item.name), margin)
                if isinstance(item, _Element)
                else [margin + _declaration(item.text)]
            )
        follows_element = isinstance(item, _Element)
        breaks = 0
    return lines


def _declaration(text: str) -> str:
    """Return an XML declaration in its canonical form; return any other text unchanged."""
    if not re.match(r"<\?xml\s", text):
        return text
    attributes = _attributes(text.removeprefix("<?xml").removesuffix("?>"))
    return f"<?xml {' '.join(attributes)}?>"


def _element_lines(element: _Element, declared: schema.Element | None, margin: str) -> Iterator[str]:
    if declared is None or not _contains_elements_only(element, declared):
        yield margin + _opening(element, margin) + "".join(map(_unchanged, element.content)) + _closing(element)
        return
    lines = _layout(element.content, declared.children, margin + STEP)
    if not lines:
        element.content.clear()
    yield margin + _opening(element, margin)
    yield from lines
    if lines:
        yield margin + _closing(element)


def _contains_elements_only(element: _Element, declared: schema.Element) -> bool:
    """Return whether the white space in an element has no meaning."""
    if not declared.children or declared.mixed:
        return False
    return all(isinstance(item, _Element) or item.is_space or not item.is_text for item in element.content)


def _unchanged(item: _Element | _Item) -> str:
    """Return a part of the source in which only tags are canonical."""
    if isinstance(item, _Item):
        return item.text
    return _opening(item, None) + "".join(map(_unchanged, item.content)) + _closing(item)


def _opening(element: _Element, margin: str | None) -> str:
    """Return a start tag.

    Args:
        element: The element.
        margin: The indentation of the tag; ``None`` if the tag is within text, where it stays on one line.
    """
    end = ">" if element.content else "/>"
    tag = " ".join((f"<{element.name}", *element.attributes)) + end
    if margin is None or len(margin) + len(tag) <= MAX_WIDTH or len(element.attributes) < 2:  # noqa: PLR2004
        return tag
    return f"\n{margin}{2 * STEP}".join((f"<{element.name}", *element.attributes)) + end


def _closing(element: _Element) -> str:
    return f"</{element.name}>" if element.content else ""
