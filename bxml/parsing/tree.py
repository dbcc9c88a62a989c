"""Parser of documents: a tree with the position of every element, attribute and text.

Expat is used because it reports the exact position of every tag. Parsing stops at a DOCTYPE, so no entity is expanded and
nothing external is fetched. This module limits the depth, and :mod:`bxml.parsing.schema_check` limits the size, so memory is
limited too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pyexpat import ExpatError, ParserCreate, errors
from typing import Final, NamedTuple

from bxml.messages import schema_findings
from bxml.messages.schema_findings import Finding
from bxml.parsing import syntax_errors
from bxml.problem import Problem
from bxml.schema import MAXIMUM_DEPTH

_DECLARED_ENCODING: Final = re.compile(r"""\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([^"'>]*)["']""").match
_DECLARED_VERSION: Final = re.compile(r"""<\?xml\s+version\s*=\s*["']([^"'>]*)["']""").match
_START_TAG_ATTRIBUTE: Final = re.compile(r"""\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""").match
_NAME: Final = re.compile(r"[^\s>]*")


class Span(NamedTuple):
    """A range of characters of the source; the end is exclusive."""

    start: int
    end: int


@dataclass(eq=False, repr=False, slots=True)
class Text:
    """Text between two tags."""

    value: str
    start: int
    """Number of bytes before the text."""


@dataclass(eq=False, repr=False, slots=True)
class Node:
    """An element of the source."""

    name: str
    attributes: dict[str, str]
    start: int
    """Number of bytes before the start tag."""
    content: list[Node | Text] = field(default_factory=list["Node | Text"])

    @property
    def children(self) -> Iterator[Node]:
        """The child elements."""
        return (item for item in self.content if isinstance(item, Node))

    @property
    def text(self) -> str:
        """The text directly in the element."""
        return "".join(item.value for item in self.content if isinstance(item, Text))


@dataclass(eq=False, repr=False)
class Comment:
    """A comment, and the element that follows it."""

    value: str
    start: int
    """Number of bytes before the comment."""
    node: Node | None = None
    """The next element in the same parent; ``None`` if none follows."""


class Tree(NamedTuple):
    """The parsed document."""

    root: Node
    nodes: list[Node]
    """Every element, in document order."""
    comments: list[Comment]


class NotReadable(Exception):
    """The source cannot be parsed as BXML."""

    def __init__(self, finding: Finding, start: int, end: int | None = None, text: str | None = None) -> None:
        """Keep the error.

        Args:
            finding: The rule and the message.
            start: Index of the first character of the error.
            end: Index after the last character; by default one character is marked.
            text: The decoded source, if it can be checked in spite of the error.
        """
        super().__init__(finding)
        self.finding = finding
        self.span = Span(start, start + 1 if end is None else end)
        self.text = text


class Source:
    """The text of a document, with conversions between offsets and positions."""

    def __init__(self, text: str, name: str = "", *, before: str = "", after: str = "") -> None:
        """Store the text to parse.

        Args:
            text: The text, without a byte order mark.
            name: The name of the document in messages.
            before: Text that is parsed before ``text`` and not counted in positions.
            after: Text that is parsed after ``text`` and not counted in positions.
        """
        self.text = f"{before}{text}{after}"
        self.name = name
        self.end = len(self.text) - len(after)
        """Index after the last character that is counted in positions."""
        self.start = len(before)
        """Index of the first character that is counted in positions."""
        self.data = self.text.encode()
        self._last = (0, 0)
        """A byte, and the index of the character that begins there."""

    def problem(self, finding: Finding, span: Span, path: str = "") -> Problem:
        """Return the problem for a finding at a range of the text."""
        (line, column), (end_line, end_column) = (self.position(min(index, self.end)) for index in span)
        return Problem(*finding, path=path, name=self.name, line=line, column=column, end_line=end_line, end_column=end_column)

    def position(self, index: int) -> tuple[int, int]:
        """Return the line and the column of a character, both counted from 1."""
        line = bisect_right(self._lines, index)
        return line, index - self._lines[line - 1] + 1 - (self.start if line == 1 else 0)

    def index(self, byte: int) -> int:
        """Return the index of the character that contains a byte."""
        if len(self.data) == len(self.text):  # ASCII text
            return byte
        # Most callers ask for places in document order, so the search continues at the last place.
        last_byte, last_index = self._last if self._last[0] <= byte else (0, 0)
        # "ignore" drops an incomplete character before the byte.
        index = last_index + len(self.data[last_byte:byte].decode("utf-8", "ignore"))
        if self.data[byte : byte + 1] < b"\x80":  # not inside a character
            self._last = byte, index
        return index

    def name_span(self, node: Node) -> Span:
        """Return the range of the name of an element in its start tag."""
        start = self.index(node.start) + 1
        return Span(start, start + len(node.name))

    def attribute_spans(self, node: Node) -> dict[str, tuple[Span, Span]]:
        """Return a dictionary: for each attribute, by its name, the range of the name and the range of the value.

        The range of a value includes the quotes only if the value is empty.
        """
        spans: dict[str, tuple[Span, Span]] = {}
        found = _START_TAG_ATTRIBUTE(self.text, self.name_span(node).end)
        while found:
            quoted = Span(*found.span(2))
            value = Span(quoted.start + 1, quoted.end - 1)
            spans[found[1]] = (Span(*found.span(1)), value if value.start < value.end else quoted)
            found = _START_TAG_ATTRIBUTE(self.text, found.end())
        return spans

    def text_span(self, text: Text) -> Span:
        """Return the range of a text up to the next tag, without white space at its ends."""
        start = self.index(text.start)
        written = re.compile(r"[^<]*").match(self.text, start)
        end = written.end() if written else start
        visible = self.text[start:end].strip()
        if visible:
            start = self.text.index(visible, start)
            end = start + len(visible)
        return Span(start, end)

    @cached_property
    def _lines(self) -> list[int]:
        """The index of the first character of each line."""
        # str.splitlines would also split at characters such as U+2028, which do not end a line in XML.
        return [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", self.text))]


def decoded(source: str | bytes) -> str:
    """Return the text of a document.

    Raises:
        NotReadable: If the document is not UTF-8, or declares another encoding or a version of XML other than 1.0.
    """
    if isinstance(source, str):
        text = source
        if illegal := re.search("[\ud800-\udfff]", text):
            raise NotReadable(syntax_errors.illegal(illegal[0]), illegal.start())
    else:
        # UTF-16 without a byte order mark has a null byte next to the "<".
        if source[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in source[:4]:
            raise NotReadable(syntax_errors.encoding("UTF-16"), 0, text=_utf_16(source))
        try:
            text = source.decode()
        except UnicodeDecodeError as error:
            raise NotReadable(syntax_errors.not_utf_8(source[error.start]), len(source[: error.start].decode())) from None
    text = text.removeprefix("\ufeff")
    if text.startswith("\ufeff"):
        raise NotReadable(syntax_errors.SECOND_MARK, 0)
    declared = _DECLARED_ENCODING(text)
    if declared and declared[1].lower() not in {"utf-8", "utf8"}:
        raise NotReadable(syntax_errors.encoding(declared[1]), *declared.span(1), text)
    version = _DECLARED_VERSION(text)
    if version and version[1] != "1.0":
        raise NotReadable(syntax_errors.version(version[1]), *version.span(1))
    return text


def _utf_16(source: bytes) -> str | None:
    """Return bytes decoded as UTF-16, with or without a byte order mark; ``None`` if they are not UTF-16."""
    order = "utf-16" if source[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-16-le" if source[1:2] == b"\0" else "utf-16-be"
    try:
        return source.decode(order)
    except UnicodeDecodeError:
        return None


def tree(source: Source) -> Tree:  # noqa: C901  the handlers share their lists
    """Parse a document.

    Raises:
        NotReadable: If the document is not well-formed, contains a DOCTYPE or is nested too deeply.
    """
    parser = ParserCreate("utf-8")
    document = Node("", {}, 0)
    open_: list[Node] = [document]
    nodes: list[Node] = []
    comments: list[Comment] = []
    waiting: list[tuple[Node, Comment]] = []  # comments whose next element is not read yet, with their parents
    text: list[Text] = []  # the current text, because Expat reports it in several parts

    def start(name: str, attributes: dict[str, str]) -> None:
        node = Node(name, attributes, parser.CurrentByteIndex)
        # The list also has the document itself, so its length is the level of the new element.
        if len(open_) > MAXIMUM_DEPTH:
            raise NotReadable(schema_findings.too_deep(MAXIMUM_DEPTH), *source.name_span(node))
        parent = open_[-1]
        while waiting and waiting[-1][0] is parent:
            waiting.pop()[1].node = node
        parent.content.append(node)
        open_.append(node)
        nodes.append(node)
        text.clear()

    def end(_: str) -> None:
        node = open_.pop()
        text.clear()
        while waiting and waiting[-1][0] is node:  # no element follows these comments
            waiting.pop()

    def characters(value: str) -> None:
        if text:
            text[0].value += value
        else:
            text.append(Text(value, parser.CurrentByteIndex))
            open_[-1].content.append(text[0])

    def comment(value: str) -> None:
        comments.append(Comment(value, parser.CurrentByteIndex))
        waiting.append((open_[-1], comments[-1]))

    def doctype(*_: object) -> None:
        # Expat calls this handler at the ">" or "[" of the declaration, not at its beginning.
        place = source.text.rindex("<!DOCTYPE", 0, source.index(parser.CurrentByteIndex) + 1)
        raise NotReadable(syntax_errors.DOCTYPE, place, place + len("<!DOCTYPE"))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.CommentHandler = comment
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(source.data, True)  # noqa: FBT003  its arguments have no names
    except ExpatError as error:
        raise _not_well_formed(source, error.code, parser.ErrorByteIndex, open_) from None
    finally:
        # The parser and the handlers refer to each other; without this, they would stay in memory until a garbage collection.
        parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
        parser.CommentHandler = parser.StartDoctypeDeclHandler = None
    return Tree(nodes[0], nodes, comments)


def _not_well_formed(source: Source, code: int, byte: int, open_: list[Node]) -> NotReadable:
    """Return the error of Expat as an error of this package."""
    # Expat reports -1 for an empty document.
    place = source.index(max(byte, 0))
    innermost = open_[-1]
    is_added = not innermost.name or source.index(innermost.start) < source.start  # not counted in positions
    mismatch = code == errors.codes[errors.XML_ERROR_TAG_MISMATCH]
    if mismatch and is_added:
        return NotReadable(syntax_errors.STRAY_END_TAG, place - len("</"), place)
    line = source.position(source.index(innermost.start))[0]
    ends = code == errors.codes[errors.XML_ERROR_NO_ELEMENTS] or (mismatch and place >= source.end)
    if ends and not is_added:
        return NotReadable(syntax_errors.unclosed(innermost.name), *source.name_span(innermost))
    if mismatch:
        name = _NAME.match(source.text, place)
        assert name, "Expat stops at the name of the end tag"
        return NotReadable(syntax_errors.mismatch(name[0], [node.name for node in open_[1:]], line), *name.span())
    return NotReadable(*syntax_errors.explanation(code, source.text, place))
