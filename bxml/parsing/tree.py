"""Text made into a tree that knows where everything stands.

Expat reads the text, for it gives the exact place of every tag. It is stopped at a document type, so that there is no entity
to expand and nothing outside to fetch; and size and depth are limited, so that memory is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pyexpat import ExpatError, ParserCreate, errors
from typing import Final, NamedTuple

from bxml.messages import findings
from bxml.messages.findings import Finding
from bxml.parsing import syntax_errors
from bxml.problem import Problem
from bxml.schema import DEEPEST

_DECLARED_ENCODING: Final = re.compile(r"""\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([^"'>]*)["']""").match
_DECLARED_VERSION: Final = re.compile(r"""<\?xml\s+version\s*=\s*["']([^"'>]*)["']""").match
_START_TAG_ATTRIBUTE: Final = re.compile(r"""\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""").match
_NAME: Final = re.compile(r"[^\s>]*")


class Span(NamedTuple):
    """A range of characters of the text."""

    start: int
    end: int


@dataclass(eq=False, repr=False, slots=True)
class Text:
    """A run of characters between tags."""

    value: str
    start: int
    """Bytes before it."""


@dataclass(eq=False, repr=False, slots=True)
class Node:
    """An element as it stands in the text."""

    name: str
    attributes: dict[str, str]
    start: int
    """Bytes before its tag."""
    content: list[Node | Text] = field(default_factory=list["Node | Text"])

    @property
    def children(self) -> Iterator[Node]:
        """The elements among the content."""
        return (item for item in self.content if isinstance(item, Node))

    @property
    def text(self) -> str:
        """The text among the content."""
        return "".join(item.value for item in self.content if isinstance(item, Text))


@dataclass(eq=False, repr=False)
class Comment:
    """A comment, and the element that it stands before."""

    value: str
    start: int
    """Bytes before it."""
    node: Node | None = None
    """The next element in the same parent; ``None`` if none follows."""


class Tree(NamedTuple):
    """A text as it was read."""

    root: Node
    nodes: list[Node]
    """Every element, in the order of the text."""
    comments: list[Comment]


class NotReadable(Exception):
    """The text is no XML that BXML could be."""

    def __init__(self, finding: Finding, start: int, end: int | None = None, text: str | None = None) -> None:
        """Keep the finding, its place in characters, and the text if there is one that can be looked at all the same."""
        super().__init__(finding)
        self.finding = finding
        self.span = Span(start, start + 1 if end is None else end)
        self.text = text


class Source:
    """A text and the places in it."""

    def __init__(self, text: str, name: str = "", *, before: str = "", after: str = "") -> None:
        """Take the text without a byte order mark, and what to read before and after it, which has no place of its own."""
        self.text = f"{before}{text}{after}"
        self.name = name
        self.end = len(self.text) - len(after)
        """Where the text ends that its author has written."""
        self.start = len(before)
        """Where it begins."""
        self.data = self.text.encode()

    def problem(self, finding: Finding, span: Span, path: str = "") -> Problem:
        """A finding at a range of the text."""
        (line, column), (end_line, end_column) = (self.position(min(index, self.end)) for index in span)
        return Problem(*finding, path=path, name=self.name, line=line, column=column, end_line=end_line, end_column=end_column)

    def position(self, index: int) -> tuple[int, int]:
        """Line and column of a character, both from 1."""
        line = bisect_right(self._lines, index)
        return line, index - self._lines[line - 1] + 1 - (self.start if line == 1 else 0)

    def index(self, byte: int) -> int:
        """The character that begins at a byte, or that a byte is in the middle of."""
        return byte if len(self.data) == len(self.text) else len(self.data[:byte].decode("utf-8", "ignore"))

    def name_span(self, node: Node) -> Span:
        """Where the name of an element stands in its start tag."""
        start = self.index(node.start) + 1
        return Span(start, start + len(node.name))

    def attribute_spans(self, node: Node) -> dict[str, tuple[Span, Span]]:
        """Where the name and the value of each attribute stand, the value without its quotes unless it is empty."""
        spans: dict[str, tuple[Span, Span]] = {}
        found = _START_TAG_ATTRIBUTE(self.text, self.name_span(node).end)
        while found:
            quoted = Span(*found.span(2))
            value = Span(quoted.start + 1, quoted.end - 1)
            spans[found[1]] = (Span(*found.span(1)), value if value.start < value.end else quoted)
            found = _START_TAG_ATTRIBUTE(self.text, found.end())
        return spans

    def text_span(self, text: Text) -> Span:
        """Where the visible part of a run of characters stands, as far as the next tag."""
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
        """Where each line begins."""
        return [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", self.text))]


def decoded(source: str | bytes) -> str:
    """The text of a document, which is UTF-8 whatever it says of itself.

    Raises:
        NotReadable: if it is not UTF-8, or says that it is not.
    """
    if isinstance(source, str):
        text = source
        if illegal := re.search("[\ud800-\udfff]", text):
            raise NotReadable(syntax_errors.illegal(illegal[0]), illegal.start())
    else:
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
    """The text of bytes in UTF-16, with a byte order mark or without; ``None`` if they are no such text."""
    order = "utf-16" if source[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-16-le" if source[1:2] == b"\0" else "utf-16-be"
    try:
        return source.decode(order)
    except UnicodeDecodeError:
        return None


def tree(source: Source) -> Tree:  # noqa: C901  the handlers share what they fill
    """What a text holds.

    Raises:
        NotReadable: if it is not well-formed, has a document type, or is nested too deeply.
    """
    parser = ParserCreate("utf-8")
    outside = Node("", {}, 0)
    open_: list[Node] = [outside]
    nodes: list[Node] = []
    comments: list[Comment] = []
    waiting: list[tuple[Node, Comment]] = []
    text: list[Text] = []  # the run of characters that goes on, if there is one

    def start(name: str, attributes: dict[str, str]) -> None:
        node = Node(name, attributes, parser.CurrentByteIndex)
        if len(open_) > DEEPEST:
            raise NotReadable(findings.too_deep(DEEPEST), *source.name_span(node))
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
        while waiting and waiting[-1][0] is node:  # nothing follows these
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
        # The handlers know the parser and it knows them: as a circle they would wait, with all they filled, for the collector.
        parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
        parser.CommentHandler = parser.StartDoctypeDeclHandler = None
    return Tree(nodes[0], nodes, comments)


def _not_well_formed(source: Source, code: int, byte: int, open_: list[Node]) -> NotReadable:
    """Expat's verdict with the words of this package."""
    place = source.index(max(byte, 0))
    innermost = open_[-1]
    ours = not innermost.name or source.index(innermost.start) < source.start
    mismatch = code == errors.codes[errors.XML_ERROR_TAG_MISMATCH]
    if mismatch and ours:
        return NotReadable(syntax_errors.STRAY_END_TAG, place - len("</"), place)
    line = source.position(source.index(innermost.start))[0]
    ends = code == errors.codes[errors.XML_ERROR_NO_ELEMENTS] or (mismatch and place >= source.end)
    if ends and not ours:
        return NotReadable(syntax_errors.unclosed(innermost.name), *source.name_span(innermost))
    if mismatch:
        name = _NAME.match(source.text, place)
        assert name, "Expat stops at the name of the end tag"
        return NotReadable(syntax_errors.mismatch(name[0], [node.name for node in open_[1:]], line), *name.span())
    return NotReadable(*syntax_errors.explanation(code, source.text, place))
