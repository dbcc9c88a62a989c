"""Search for BXML in the strings of programs.

A string is a document if its whole text, apart from white space at the ends, is a Response or Bxml element. The string can be
joined from several literals. An interpolated expression, or an operand that is not a literal, is a placeholder, like an
expression of a template.
"""

from __future__ import annotations

import re
import sys
from array import array
from bisect import bisect_left, bisect_right
from codecs import lookup
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from bxml import schema
from bxml.command.cannot_run import CannotRun
from bxml.command.foreign_documents import foreign_kind
from bxml.command.host_languages import HostLanguage
from bxml.lint import template_linter
from bxml.lint.linter import Settings
from bxml.messages.redaction import redact_document
from bxml.messages.schema_findings import Finding
from bxml.parsing import template_syntax
from bxml.parsing.template_syntax import Tag
from bxml.parsing.tree import Source, Span
from bxml.problem import Fix, Problem

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode
    from tree_sitter import Parser


LONGEST_EXPRESSION: Final = 500
"""Maximum length of an expression that is a part of a document; a longer expression is replaced by its line and column."""


class NotSearched(Exception):
    """A program cannot be searched; the message says why."""


class _Part(NamedTuple):
    """A part of the text of a string, and its place in the program."""

    text: str
    start: int
    end: int
    is_verbatim: bool = True
    """True if each character of the text is one character of the program; false for an escape sequence or an expression."""
    is_unknown: bool = False
    """True if the text is an expression whose value is unknown."""
    is_interpolated: bool = False
    """True if the expression is in a string, such as ``f"{name}"``, and not an operand beside it."""


class EmbeddedDocument:
    """A document in a string of a program."""

    def __init__(self, program: Source, parts: Sequence[_Part], language: HostLanguage) -> None:
        """Store the parts of the document.

        Args:
            program: The source text of the program.
            parts: The parts of the document, in the order of their places.
            language: The language of the program.
        """
        self.language = language.name
        self.text = "".join(part.text for part in parts)
        """The document; expressions are written as in the program, unless they are long."""
        self._program = program
        self._parts = parts
        self._starts = [0, *accumulate(len(part.text) for part in parts)][:-1]
        self.span = Span(parts[0].start, parts[-1].end)
        """The range of the document in the program."""

    @property
    def tags(self) -> list[Tag]:
        """The ranges of the document whose text is unknown."""
        unknown = [
            (start, start + len(part.text)) for start, part in zip(self._starts, self._parts, strict=True) if part.is_unknown
        ]
        # A string without interpolated expressions can be a format or a template.
        if any(part.is_interpolated for part in self._parts):
            found = unknown
        elif not unknown and ("{%" in self.text or "<%" in self.text):
            language = template_syntax.language_of(self.text)
            return template_syntax.tags(self.text, language) if language else []
        else:
            text = _without(self.text, unknown)
            found = sorted([*unknown, *_placeholders(text, self.language)])
        return [Tag(start, end, "output", is_statement=False) for start, end in found]

    def problems(self, name: str, settings: Settings) -> list[Problem]:
        """Return the problems of the document, with their positions in the program.

        Args:
            name: The file name of the program; each problem contains it.
            settings: The settings of the check.
        """
        return template_linter.problems_of_embedded(
            self.text, self.tags, settings, lambda text: _EmbeddedSource(text, name, self)
        )

    @property
    def is_foreign(self) -> bool:
        """True if the document is TwiML or other XML with the root element of BXML, or if its content is a placeholder."""
        masked = template_syntax.mask(self.text, self.tags).text
        return bool(_ANY_CONTENT(masked) or foreign_kind(masked.encode()))

    @property
    def redacted(self) -> str:
        """The document, with passwords hidden."""
        return redact_document(self.text, is_xml=not self.tags)

    @property
    def shown(self) -> Iterator[Span]:
        """The ranges of the program that a report may show: the text of the strings, and the expressions in them."""
        for part in self._parts:
            if not part.is_unknown or (part.is_interpolated and part.end - part.start <= LONGEST_EXPRESSION):
                yield Span(part.start, part.end)

    @property
    def start(self) -> tuple[int, int]:
        """The line and the column of the first character in the program."""
        return self._program.position(self.span.start)

    @property
    def end(self) -> tuple[int, int]:
        """The line and the column after the last character in the program."""
        return self._program.position(self.span.end)

    def position(self, index: int) -> tuple[int, int]:
        """Return the line and the column of a character of the document in the program."""
        return self._program.position(self._range(index).start)

    def end_position(self, index: int) -> tuple[int, int]:
        """Return the line and the column of the end of the character before ``index``."""
        return self._program.position(self._range(index - 1).end)

    def _range(self, index: int) -> Span:
        number = max(0, bisect_right(self._starts, index) - 1)
        part = self._parts[number]
        offset = index - self._starts[number]
        if not part.is_verbatim:
            return Span(part.start, part.end)
        return Span(part.start + offset, part.start + offset + 1)


class _EmbeddedSource(Source):
    """The source text of an embedded document, with positions in the program."""

    def __init__(self, text: str, name: str, document: EmbeddedDocument) -> None:
        super().__init__(text, name)
        self._document = document

    def problem(self, finding: Finding, span: Span, path: str = "", fix: Fix | None = None) -> Problem:  # noqa: ARG002  see below
        # A fix is left out, because its text is not written in the syntax of the program.
        line, column = self._document.position(min(span.start, self.end))
        end_line, end_column = self._document.end_position(min(max(span.end, span.start + 1), self.end))
        return Problem(*finding, path=path, name=self.name, line=line, column=column, end_line=end_line, end_column=end_column)

    def position(self, index: int) -> tuple[int, int]:
        return self._document.position(index)


_ANY_CONTENT: Final = re.compile(
    r"[^>]*+>\s*(?:[(\[]?(?:\.\.\.|…|\.[*+]\??)[)\]]?|(?=\w*_)\w+|[:$@%#~?]\{?\w+\}?[$@%#~]?|\[\w+\]|#?\{\w+\})\s*</\w+>"
).fullmatch
"""Matches a document whose only content stands for any content: ``...``, a word such as ``__VERBS__``, or ``:verbs``."""

_PLACEHOLDER: Final = re.compile(
    r"\{\{[^{}<>]*\}\}|%?\{[\w.:!]*\}|\{\w*+(?:![rsa])?[:,][^{}\r\n]{0,20}\}|%(?:\(\w*\)|\d+\$)?[-+0]?\d*(?:\.\d*)?[sdifgr]\b"
    r"|%[-+0 #\d.]*+<(?P<name>\w+)>[-+0 #\d.]*+[A-Za-z]|(?P<line>%n)|(?P<dollar>\$(?:[A-Za-z_]\w*+|\{\w+\}))"
)
"""Matches a placeholder of a format, such as ``{name}``, ``{0:>5}``, ``%s``, ``%(name)s`` or ``%1$s``; in Ruby ``%{name}`` or
``%<name>s``, in Java ``%n``, and ``$name`` in the templates of Python.

It also matches a placeholder of a template: ``{{ name }}``.
"""

_OF_LANGUAGE: Final = {"line": "java", "dollar": "python"}
"""The language of each kind of placeholder that exists in only one language."""


def _placeholders(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Yield the range of each placeholder."""
    elements = schema.attributes()
    for found in _PLACEHOLDER.finditer(text):
        # "5%<emphasis>more</emphasis>" has a percent sign before an element.
        if found["name"] is not None and (language != "ruby" or found["name"] in elements):
            continue
        kind = found.lastgroup or ""
        if _OF_LANGUAGE.get(kind, language) == language:
            yield found.span()


def _without(text: str, ranges: Sequence[tuple[int, int]]) -> str:
    """Return a text in which the given ranges are replaced with spaces."""
    pieces: list[str] = []
    place = 0
    for start, end in ranges:
        pieces += text[place:start], " " * (end - start)
        place = end
    return "".join((*pieces, text[place:]))


def without_code(program: str, documents: Iterable[EmbeddedDocument]) -> str:
    """Return a program with spaces instead of everything outside of documents, because code can contain secrets.

    Args:
        program: The program, in which passwords may be hidden.
        documents: The documents.
    """
    pieces: list[str] = []
    place = 0
    # A document can be in an expression of another document.
    for start, end in sorted(span for document in documents for span in document.shown):
        pieces += _CHARACTER.sub(" ", program[place:start]), program[max(place, start) : end]
        place = max(place, end)
    return "".join((*pieces, _CHARACTER.sub(" ", program[place:])))


_CHARACTER: Final = re.compile(r"[^\r\n]")


def embedded_documents(data: bytes, language: HostLanguage) -> tuple[Source, list[EmbeddedDocument]]:
    """Return the source text of a program, and the documents in its strings.

    Args:
        data: The program.
        language: The language of the program.

    Raises:
        NotSearched: If the program contains documents, and its encoding is unknown.
        CannotRun: If the parser of the language is not installed.
    """
    # Most programs contain no BXML, so they are not parsed.
    marks = [f"<{root}".encode() for root in schema.vocabulary().roots]
    if not any(mark in data for mark in marks):
        return Source(""), []
    encoding = _encoding(data, language)
    # Each byte is a character of Latin-1, so every program can be searched.
    program = Source(data.decode(encoding or "latin-1"))
    places = sorted(place for mark in marks for place in _places(program.data, mark))
    documents = list(_documents(program, places, language))
    if documents and encoding is None:
        raise NotSearched("not valid UTF-8; save the file as UTF-8")
    return program, documents


_DECLARATION: Final = re.compile(rb"(?:[^\n]*\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)").match
"""Matches the comment of Python and Ruby that declares the encoding, in the first or the second line."""

_ENCODINGS: Final = re.compile(r"ascii|big5|cp\d|euc|gb|iso8859|koi8|mac|shift|utf-8").match
"""Matches the normalized names of the encodings that are supported; other codecs may be slow, or may not decode text."""


def _encoding(data: bytes, language: HostLanguage) -> str | None:
    """Return the encoding of a program, or ``None`` if it is unknown."""
    declared = _DECLARATION(data) if language.name in _WITH_BYTES else None
    for name in (declared[1].decode("ascii", "replace") if declared else "utf-8", "utf-8"):
        with suppress(LookupError, UnicodeDecodeError):
            if _ENCODINGS(lookup(name).name):
                data.decode(name)
                return name
    return None


def _places(data: bytes, mark: bytes) -> Iterator[int]:
    place = data.find(mark)
    while place >= 0:
        yield place
        place = data.find(mark, place + 1)


def _documents(program: Source, places: Sequence[int], language: HostLanguage) -> Iterator[EmbeddedDocument]:
    tree = _parser(language).parse(program.data)
    index = _index_function(program)
    for node in _whole_strings(tree.root_node, places, language):
        written = (part for operand in _operands(node, language) for part in _parts(operand, program, index, language))
        parts = _trimmed(_joined(written, language))
        if parts and _is_document("".join(part.text for part in parts)):
            yield EmbeddedDocument(program, parts, language)


def _whole_strings(root: SyntaxNode, places: Sequence[int], language: HostLanguage) -> Iterator[SyntaxNode]:
    """Yield each string that contains one of the places, in source order; a string includes the strings that are joined to it.

    The tree is walked from the root, because tree-sitter finds the parent of a node as slowly as all ancestors of the node.
    """
    waiting = [(root, False)]
    while waiting:
        node, is_operand = waiting.pop()
        following = bisect_left(places, node.start_byte)
        if following == len(places) or places[following] >= node.end_byte:
            continue
        joins = _joins(node, language)
        if not is_operand and (joins or node.type in language.strings):
            yield node
        waiting.extend((child, joins) for child in reversed(node.children))


@cache
def _parser(language: HostLanguage) -> Parser:
    try:
        from tree_sitter import Language, Parser

        grammar = import_module(language.module)
    except ModuleNotFoundError as error:
        raise CannotRun(f"BXML in programs needs {error.name}: install bxml-callcontrol[embedded]") from None
    capsule: object = getattr(grammar, language.grammar)()
    return Parser(Language(capsule))


_CONTINUATION: Final = frozenset(range(0x80, 0xC0))
"""The bytes that continue a character in UTF-8."""


class _Index:
    """The index of the character at each byte of a program that is not ASCII."""

    def __init__(self, data: bytes) -> None:
        self._indexes = array("I", accumulate((byte not in _CONTINUATION for byte in data), initial=0))

    def __getitem__(self, byte: int) -> int:
        return self._indexes[byte]


def _index_function(program: Source) -> Sequence[int] | _Index:
    return range(len(program.data) + 1) if program.text.isascii() else _Index(program.data)


_PARENTHESES: Final = frozenset({"parenthesized_expression", "parenthesized_statements"})


def _joins(node: SyntaxNode, language: HostLanguage) -> bool:
    """Return whether a node joins its operands.

    For a ``binary_expression``, the result depends on the operator, because the node can also be a multiplication.
    """
    if node.type in _PARENTHESES:
        return True
    if node.type not in language.joins:
        return False
    operator = node.child_by_field_name("operator")
    return operator is None or operator.type == "+"


def _operands(node: SyntaxNode, language: HostLanguage) -> Iterator[SyntaxNode]:
    """Yield the operands that a string is joined from, in the order of their places."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if _joins(node, language):
            waiting.extend(child for child in reversed(node.named_children) if child.type not in {"comment", "line_comment"})
        else:
            yield node


_CONTENT: Final = frozenset(
    {"string_content", "string_fragment", "multiline_string_fragment", "heredoc_content", "string_literal_content"}
    | {"raw_string_content"}
)
_ESCAPES: Final = frozenset({"escape_sequence", "escape_interpolation"})
_EXPRESSIONS: Final = frozenset({"interpolation", "template_substitution", "string_interpolation"})


def _parts(node: SyntaxNode, program: Source, index: Sequence[int] | _Index, language: HostLanguage) -> Iterator[_Part]:
    """Yield the parts of the text of an operand."""
    if node.type not in language.strings:
        yield _expression(program, index[node.start_byte], index[node.end_byte], "{%s}")
        return
    first, last = _content(node)
    opening = program.data[node.start_byte : first]
    escapes = _undivided_escapes(node, opening, language)
    units = _units(opening, language)
    place = first
    for child in _inner(node):
        yield from _plain(program, index[place], index[child.start_byte], escapes)
        start, end = index[child.start_byte], index[child.end_byte]
        if child.type in _ESCAPES:
            yield _Part(_unescaped(program.text[start:end], units), start, end, is_verbatim=False)
        else:
            yield _expression(program, start, end)
        place = child.end_byte
    yield from _plain(program, index[place], index[last], escapes)


def _expression(program: Source, start: int, end: int, form: str = "%s") -> _Part:
    """Return the part of a document that stands for an expression.

    Args:
        program: The program.
        start: The index of the first character of the expression.
        end: The index after the last character of the expression.
        form: The form of the text; ``%s`` stands for the expression.
    """
    if end - start <= LONGEST_EXPRESSION:
        text = form % program.text[start:end]
        return _Part(text, start, end, is_verbatim=False, is_unknown=True, is_interpolated=form == "%s")
    # An expression can contain other documents, so the text of all documents would grow with the square of the program.
    line, column = program.position(start)
    text = f"{{… {line}:{column}}}"
    return _Part(text, start, end, is_verbatim=False, is_unknown=True, is_interpolated=form == "%s")


def _content(node: SyntaxNode) -> tuple[int, int]:
    """Return the range of bytes between the delimiters of a string."""
    if not node.children:  # a verbatim string of C#: @"…"
        return node.start_byte + len('@"'), node.end_byte - len('"')
    opening = [child for child in node.children[:2] if child.type not in _CONTENT | _ESCAPES | _EXPRESSIONS]
    first = node.start_byte if node.type == "heredoc_body" else opening[-1].end_byte
    return first, max(first, node.children[-1].start_byte)


def _inner(node: SyntaxNode) -> Iterator[SyntaxNode]:
    """Yield the escape sequences and the expressions of a string."""
    for child in node.children:
        if child.type in _ESCAPES | _EXPRESSIONS:
            yield child
        elif child.type in _CONTENT:
            yield from (inner for inner in child.children if inner.type in _ESCAPES | _EXPRESSIONS)


_SINGLE_QUOTED: Final = re.compile(r"\\[\\']")
_DOUBLED_QUOTE: Final = re.compile('""')
_DOUBLED_BRACE: Final = re.compile(r"\{\{|\}\}")
_DOUBLED_QUOTE_OR_BRACE: Final = re.compile(r'""|\{\{|\}\}')
_CONTINUED_LINE: Final = re.compile(r"\\\r?\n")


def _undivided_escapes(node: SyntaxNode, opening: bytes, language: HostLanguage) -> re.Pattern[str] | None:
    """Return a regular expression for the escape sequences of a string that the grammar does not report as nodes."""
    if language.name == "ruby" and opening[:2] in {b"'", b"%q"}:
        return _SINGLE_QUOTED
    if language.name == "java":
        return _CONTINUED_LINE
    if language.name == "python" and b"f" in opening.lower():
        return _DOUBLED_BRACE
    if node.type == "verbatim_string_literal":
        return _DOUBLED_QUOTE
    if node.type == "interpolated_string_expression" and b'"""' not in opening:
        return _DOUBLED_QUOTE_OR_BRACE if b"@" in opening else _DOUBLED_BRACE
    return None


def _plain(program: Source, start: int, end: int, escapes: re.Pattern[str] | None) -> Iterator[_Part]:
    for found in escapes.finditer(program.text, start, end) if escapes else ():
        yield _Part(program.text[start : found.start()], start, found.start())
        # A continued line disappears; of the other sequences the last character remains.
        yield _Part(found[0][-1].strip("\n"), *found.span(), is_verbatim=False)
        start = found.end()
    yield _Part(program.text[start:end], start, end)


_LETTERS: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "a": "\a",
    "e": "\x1b",
    "s": " ",
    "0": "\0",
}
_NUMBER: Final = re.compile(r"\\(?:(?P<letter>[xuU])\{?(?P<hex>[0-9a-fA-F][0-9a-fA-F\s]*)\}?|(?P<octal>[0-7]{1,3}))").fullmatch
_SURROGATES: Final = range(0xD800, 0xE000)
_ASCII: Final = range(0x80)
_UNDECODED_BYTE: Final = 0xDC00
"""The number that Python adds to an undecodable byte; the sum is a surrogate, which stands for the byte in a string."""

_WITH_BYTES: Final = frozenset({"python", "ruby"})
"""The languages in which an escape sequence can be a byte of UTF-8. In other languages, the sequence is a unit of UTF-16."""

_Units = Literal["characters", "UTF-8", "UTF-16"]
"""The units of escape sequences with numbers: ``"\\xc3\\xa9"`` is two characters, or the two bytes of one character."""


def _units(opening: bytes, language: HostLanguage) -> _Units:
    if language.name == "python":
        return "UTF-8" if b"b" in opening.lower() else "characters"
    return "UTF-8" if language.name == "ruby" else "UTF-16"


def _unescaped(sequence: str, units: _Units) -> str:
    """Return the text of an escape sequence; a part of a character becomes a surrogate, which :func:`_joined` joins."""
    number = _NUMBER(sequence)
    if number:
        digits, base = (number["hex"], 16) if number["hex"] else (number["octal"], 8)
        is_byte = units == "UTF-8" and number["letter"] in {"x", None}
        # Ruby has several numbers in one sequence: \u{1F600 1F601}.
        return "".join(_unit(int(each, base), units, is_byte=is_byte) for each in digits.split())
    if sequence.startswith(r"\N{"):
        import unicodedata  # imported here because few programs have such a sequence

        try:
            return unicodedata.lookup(sequence[3:-1])
        except KeyError:
            return "\ufffd"
    # A backslash at the end of a line removes the line break. A doubled brace stands for one brace.
    letter = sequence[1:]
    return "" if letter.isspace() else _LETTERS.get(letter, letter[-1:])


def _unit(code: int, units: _Units, *, is_byte: bool) -> str:
    """Return a character or a part of a character; return U+FFFD if the number is invalid."""
    if is_byte:
        return chr(code if code in _ASCII else _UNDECODED_BYTE + (code & 0xFF))
    is_character = code <= sys.maxunicode and (units == "UTF-16" or code not in _SURROGATES)
    return chr(code) if is_character else "\ufffd"


def _joined(parts: Iterable[_Part], language: HostLanguage) -> Iterator[_Part]:
    """Yield the parts that have text; the parts of one character, which are surrogates, become one part."""
    for is_divided, group in groupby((part for part in parts if part.text), lambda part: ord(part.text[-1]) in _SURROGATES):
        if not is_divided:
            yield from group
            continue
        divided = [*group]
        text = "".join(part.text for part in divided)
        if language.name in _WITH_BYTES:
            text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        else:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        yield _Part(text, divided[0].start, divided[-1].end, is_verbatim=False)


def _trimmed(parts: Iterable[_Part]) -> list[_Part]:
    """Return the parts of a text without white space at its ends."""
    kept = [*parts]
    while kept and kept[0].text.isspace():
        kept.pop(0)
    while kept and kept[-1].text.isspace():
        kept.pop()
    if kept and kept[0].is_verbatim:
        text = kept[0].text.lstrip()
        kept[0] = kept[0]._replace(text=text, start=kept[0].end - len(text))
    if kept and kept[-1].is_verbatim:
        text = kept[-1].text.rstrip()
        kept[-1] = kept[-1]._replace(text=text, end=kept[-1].start + len(text))
    return kept


_DOCUMENT: Final = re.compile(r"(?>\s+|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<(?P<root>\w+)(?P<empty>[^<>]*+>\Z)?", re.DOTALL).match


def _is_document(text: str) -> bool:
    """Return whether a text is a document from its first character to its last."""
    found = _DOCUMENT(text)
    if found is None or found["root"] not in schema.vocabulary().roots:
        return False
    return text.endswith(f"</{found['root']}>") or (found["empty"] is not None and text.endswith("/>"))
