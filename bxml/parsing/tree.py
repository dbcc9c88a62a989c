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
from bxml.problem import Edit, Fix, Problem
from bxml.schema import MAXIMUM_DEPTH

_DECLARED_ENCODING: Final = re.compile(r"""\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([^"'>]*)["']""").match
_DECLARED_VERSION: Final = re.compile(r"""<\?xml\s+version\s*=\s*["']([^"'>]*)["']""").match
_START_TAG_ATTRIBUTE: Final = re.compile(r"""\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""").match
_NAME: Final = re.compile(r"[^\s>]*")

_CDATA: Final = "<![CDATA["
# The group "none" is written text that is no part of the value.
_IN_CDATA: Final = re.compile(r"(?P<none>\]\]>)|\r\n|.", re.DOTALL).match
_OUTSIDE_CDATA: Final = re.compile(r"(?P<none><!\[CDATA\[|<!--.*?-->|<\?.*?\?>)|&[^;]*;|\r\n|.", re.DOTALL).match


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
    """The next element in the same parent; ``None`` if no element follows."""


class Instruction(NamedTuple):
    """A processing instruction, such as ``<?php … ?>``."""

    target: str
    """The name after ``<?``."""
    node: Node
    """The element that contains the instruction; for an instruction outside the root element, the root element."""
    start: int
    """Number of bytes before the instruction."""


class Tree(NamedTuple):
    """The parsed document."""

    root: Node
    nodes: list[Node]
    """Every element, in document order."""
    comments: list[Comment]
    instructions: list[Instruction]
    """Every processing instruction, in document order. The XML declaration does not count as a processing instruction."""


class NotReadable(Exception):
    """The source cannot be parsed as BXML."""

    def __init__(self, finding: Finding, start: int, end: int | None = None, text: str | None = None) -> None:
        """Keep the error.

        Args:
            finding: The rule and the message.
            start: Index of the first character of the error.
            end: Index after the last character; by default one character is marked.
            text: The decoded source, if the source can be checked in spite of the error.
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
        """The offset of a byte, and the index of the character that begins at this byte."""

    def problem(self, finding: Finding, span: Span, path: str = "", fix: Fix | None = None) -> Problem:
        """Return the problem for a finding at a range of the text."""
        (line, column), (end_line, end_column) = (self.position(min(index, self.end)) for index in span)
        return Problem(*finding, path, self.name, "error", line, column, end_line, end_column, fix)

    def edit(self, span: Span, text: str) -> Edit:
        """Return the replacement of a range of the text."""
        return Edit(*self.position(span.start), *self.position(span.end), text)

    def offset(self, line: int, column: int) -> int:
        """Return the index of the character at a position; the inverse of :meth:`position`."""
        return self._lines[line - 1] + column - 1 + (self.start if line == 1 else 0)

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

    def end_tag(self, node: Node) -> Span | None:
        """Return the range of the end tag of an element; ``None`` for an element without an end tag, such as ``<Hangup/>``.

        The source must be well-formed.
        """
        byte = self._ends[node.start]
        # Expat reports the end of <Hangup/> behind the tag.
        if not node.content and self.data[byte - 2 : byte] == b"/>":
            return None
        start = self.index(byte)
        return Span(start, self.text.index(">", start) + 1)

    @cached_property
    def _ends(self) -> dict[int, int]:
        """The byte offset of the end tag of each element, by the byte offset of its start tag."""
        parser = ParserCreate("utf-8")
        open_: list[int] = []
        ends: dict[int, int] = {}

        def start(*_: object) -> None:
            open_.append(parser.CurrentByteIndex)

        def end(_: str) -> None:
            ends[open_.pop()] = parser.CurrentByteIndex

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.Parse(self.data, True)  # noqa: FBT003  its arguments have no names
        # The parser and the handlers refer to each other; without this, they would stay in memory until a garbage collection.
        parser.StartElementHandler = parser.EndElementHandler = None
        return ends

    def attribute_spans(self, node: Node) -> dict[str, tuple[Span, Span]]:
        """Return the range of the name and the range of the value of each attribute, by the name of the attribute.

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

    def part_of_text(self, text: Text, start: int, end: int) -> Span:
        """Return the range in the source for the characters from ``start`` to ``end`` of the parsed text."""
        return self._part(self.index(text.start), start, end)

    def part_of_value(self, node: Node, attribute: str, start: int, end: int) -> Span:
        """Return the range in the source for the characters from ``start`` to ``end`` of the parsed value of an attribute."""
        return self._part(self.attribute_spans(node)[attribute][1].start, start, end)

    def _part(self, index: int, start: int, end: int) -> Span:
        """Return the range in the source for the characters from ``start`` to ``end`` of the text or value at an index."""
        in_cdata = self.text.endswith(_CDATA, 0, index)
        count = 0
        first = last = index
        while count < end:
            written = (_IN_CDATA if in_cdata else _OUTSIDE_CDATA)(self.text, index)
            assert written, "each expression matches any character"
            if written.lastgroup == "none":
                in_cdata = written[0] == _CDATA
            else:
                first = index if count <= start else first
                count += 1
                last = written.end()
            index = written.end()
        return Span(first, last)

    def instruction_span(self, instruction: Instruction) -> Span:
        """Return the range of the start of a processing instruction, such as ``<?php``."""
        start = self.index(instruction.start)
        return Span(start, start + len("<?") + len(instruction.target))

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
        if source.startswith(_GZIP):
            raise NotReadable(syntax_errors.GZIP, 0)
        # The byte order mark of UTF-32 begins with that of UTF-16. Without a mark, null bytes are next to the "<".
        if source[:4] in _UTF_32:
            raise NotReadable(syntax_errors.encoding("UTF-32"), 0, text=_decoded(source, _UTF_32[bytes(source[:4])]))
        if source[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in source[:4]:
            order = (
                "utf-16" if source[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-16-le" if source[1:2] == b"\0" else "utf-16-be"
            )
            raise NotReadable(syntax_errors.encoding("UTF-16"), 0, text=_decoded(source, order))
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


_GZIP: Final = b"\x1f\x8b"

_UTF_32: Final = {
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"<\0\0\0": "utf-32-le",
    b"\0\0\0<": "utf-32-be",
}
"""The names of encodings in Python, by the first four bytes of a document in UTF-32."""


def _decoded(source: bytes, encoding: str) -> str | None:
    """Return bytes decoded with an encoding, or ``None`` if the bytes are not valid in this encoding."""
    try:
        return source.decode(encoding)
    except UnicodeDecodeError:
        return None


def tree(source: Source) -> Tree:  # noqa: C901, PLR0915  the handlers share their lists
    """Parse a document.

    Raises:
        NotReadable: If the document is not well-formed, contains a DOCTYPE or is nested too deeply.
    """
    parser = ParserCreate("utf-8")
    document = Node("", {}, 0)
    open_: list[Node] = [document]
    nodes: list[Node] = []
    comments: list[Comment] = []
    instructions: list[Instruction] = []
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

    def instruction(target: str, _: str) -> None:
        instructions.append(Instruction(target, open_[-1], parser.CurrentByteIndex))

    def doctype(*_: object) -> None:
        # Expat calls this handler at the ">" or "[" of the declaration, not at its beginning.
        place = source.text.rindex("<!DOCTYPE", 0, source.index(parser.CurrentByteIndex) + 1)
        raise NotReadable(syntax_errors.doctype(source.text, place), place, place + len("<!DOCTYPE"))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.CommentHandler = comment
    parser.ProcessingInstructionHandler = instruction
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(source.data, True)  # noqa: FBT003  its arguments have no names
    except ExpatError as error:
        raise _not_well_formed(source, error.code, parser.ErrorByteIndex, open_) from None
    finally:
        # The parser and the handlers refer to each other; without this, they would stay in memory until a garbage collection.
        parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
        parser.CommentHandler = parser.ProcessingInstructionHandler = parser.StartDoctypeDeclHandler = None
    root = nodes[0]
    within = [each if each.node is not document else each._replace(node=root) for each in instructions]
    return Tree(root, nodes, comments, within)


def _not_well_formed(source: Source, code: int, byte: int, open_: list[Node]) -> NotReadable:
    """Return the error of Expat as an error of this package."""
    # SSML has a text before it that is not counted, so it cannot be a document of another format.
    if source.start == 0 and (other := syntax_errors.other_format(source.text)):
        return NotReadable(*other)
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
