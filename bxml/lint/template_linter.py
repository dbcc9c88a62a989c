"""Check of templates, which reports each problem that does not depend on the values of the template.

The tags of the template are masked, and the rest is checked like a document. A problem is dropped if it can disappear in the
output: if it is about a masked value, about missing content where the template can insert content, or if its rule has read an
attribute or children that the template decides. Every problem that remains is in every output.

A definition, such as a macro, is checked on its own, because its place in the output differs from its place in the template.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from itertools import accumulate
from operator import itemgetter
from pyexpat import ExpatError, ParserCreate, errors
from typing import Final, NamedTuple

from bxml import schema
from bxml.errors import InvalidDocument, NotWellFormed
from bxml.lint import linter
from bxml.lint.linter import Settings
from bxml.lint.rules import RULES
from bxml.lint.unknown_parts import Reads, UnknownAttributes, UnknownContent
from bxml.messages.redaction import HIDDEN, redact_document
from bxml.parsing import schema_check, template_syntax
from bxml.parsing.template_blocks import alternatives
from bxml.parsing.template_languages import Language
from bxml.parsing.template_syntax import DIGITS, Masked, MaskedTag, Part, Tag
from bxml.parsing.tree import Node, NotReadable, Source, Tree, decoded
from bxml.problem import Problem

_ABOUT_CONTENT: Final = frozenset({"too-few-children", "too-many-children", "blank-text", "invalid-value"})
"""The rules of the schema about the content of an element as a whole."""

_FIRST_ELEMENT: Final = re.compile(r"(?>\s+|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<([^\s/>]+)", re.DOTALL).match


class CheckedTemplate(NamedTuple):
    """The result of checking a template."""

    problems: list[Problem]
    """The problems, in the order of their places."""
    text: str
    """The template, with passwords hidden; empty if there are no problems."""


def problems(given: object, name: str, settings: Settings, language: Language | None) -> CheckedTemplate | None:
    """Check a template. Invalid content does not raise an error.

    Args:
        given: The template, as a string or bytes.
        name: The name of the template; each problem contains it.
        settings: The settings of the check.
        language: The language of the template; ``None`` to detect it from the name and the content.

    Returns:
        The problems; ``None`` if the document is not a template or cannot be decoded, so that it must be checked like any
        document.
    """
    try:
        text = schema_check.text_of(given, name)
    except (NotReadable, InvalidDocument):
        return None
    language = language or template_syntax.language_of(text, name)
    tags = template_syntax.tags(text, language) if language else []
    # A part of a document is not a document, even if it has no tags.
    if not tags and not (template_syntax.is_named_as_template(name) and _is_part(text)):
        return None
    template = Source(text, name)
    wanted: list[Problem] = []
    is_xml = True
    whole = template_syntax.mask(text, tags)
    for part in template_syntax.parts(text, tags, language) if language else ():
        make_source = partial(_source, template, part)
        found = _checked(template_syntax.mask(part.text, part.tags), settings, make_source)
        if isinstance(found, NotWellFormed):
            is_xml = False
            found = _checked_without_alternatives(part, settings, make_source)
        wanted += _wanted(found, settings)
    wanted.sort(key=schema_check.place)
    return CheckedTemplate(wanted, _redacted(text, whole, is_xml=is_xml) if wanted else "")


def _checked_without_alternatives(
    part: Part, settings: Settings, make_source: Callable[[Masked], tuple[Source | None, bool]]
) -> list[Problem] | NotWellFormed:
    """Check a template that is malformed if all blocks are kept: keep only the first of several alternatives."""
    # Each branch of a condition can contain a start tag for the same end tag; the first branches alone are well-formed.
    masked = template_syntax.mask(part.text, part.tags, first_branches=True)
    found = _checked(masked, settings, make_source)
    if not isinstance(found, NotWellFormed):
        return found
    hidden, is_structure_known = alternatives(masked)
    if hidden:
        masked = template_syntax.mask(part.text, part.tags, first_branches=True, hidden_blocks=hidden)
        found = _checked(masked, settings, make_source)
    # A definition can contain any text, and an end tag without its start tag.
    if isinstance(found, NotWellFormed) and (
        part.is_definition
        or (_is_unbalanced(masked.text) and (not is_structure_known or _prints_tags(part, masked, found, make_source)))
    ):
        return []
    return found


def _prints_tags(
    part: Part, masked: Masked, error: NotWellFormed, make_source: Callable[[Masked], tuple[Source | None, bool]]
) -> bool:
    """Return whether a function that is called before the place of an error can print the missing tag."""
    source, _ = make_source(masked)
    assert source, "the template has been parsed"
    place = error.problems[0].line or 0, error.problems[0].column or 0
    elements = [*_XML_TAG(masked.text)]
    ends = [element.end() for element in elements]
    for tag, context in masked.tags:
        if context != "text" or tag.kind != "output" or "(" not in part.text[tag.start : tag.end]:
            continue
        last = bisect_right(ends, tag.start) - 1
        # In an element such as SpeakSentence, most functions print text.
        is_speech = last >= 0 and elements[last][1] in _containing_text()
        if not is_speech and source.position(tag.end + source.start) <= place:
            return True
    return False


_XML_TAG: Final = re.compile(r"<(/?[\w:-]++)[^<>]*+>").finditer


def _is_unbalanced(masked: str) -> bool:
    """Return whether the error of a document is a tag without its counterpart, or a second root."""
    parser = ParserCreate()
    with suppress(ExpatError):
        parser.Parse(masked, True)  # noqa: FBT003  its arguments have no names
    return parser.ErrorCode in _UNBALANCED


_UNBALANCED: Final = frozenset(
    errors.codes[each]
    for each in (
        errors.XML_ERROR_TAG_MISMATCH,
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT,
    )
)


def problems_of_embedded(
    text: str, tags: Sequence[Tag], settings: Settings, make_source: Callable[[str], Source]
) -> list[Problem]:
    """Check a document that is embedded in another text, and has unknown parts.

    Args:
        text: The document.
        tags: The ranges of the unknown parts.
        settings: The settings of the check.
        make_source: Function that returns the source text of the masked document, with the positions in the other text.

    Returns:
        The problems in the order of their places.
    """
    try:
        decoded(text)
    except NotReadable as error:
        problem = make_source(text).problem(error.finding, error.span)
        return [settings.settle(problem)] if settings.wants(problem) else []
    masked = template_syntax.mask(text, tags)
    return _wanted(_checked(masked, settings, lambda masked: (make_source(masked.text), False)), settings)


def _wanted(found: list[Problem] | NotWellFormed, settings: Settings) -> list[Problem]:
    of_settings = (
        found.problems
        if isinstance(found, NotWellFormed)
        else schema_check.without_misnamed([problem for problem in found if settings.wants(problem)])
    )
    return sorted((settings.settle(_readable(problem)) for problem in of_settings), key=schema_check.place)


def _redacted(text: str, masked: Masked, *, is_xml: bool) -> str:
    """Return a template with its passwords hidden; every other character keeps its position."""
    is_xml = is_xml and all(tag.context != "hidden" for tag in masked.tags)
    # Without its tags, because a quotation mark or ">" in a tag does not end a password.
    shown = redact_document(template_syntax.with_words(text, masked.tags), is_xml=is_xml)
    pieces: list[str] = []
    place = 0
    for tag, _ in masked.tags:
        word = shown[tag.start : tag.end]
        # A tag in a password can contain the password, such as {{ password or "secret" }}.
        pieces += shown[place : tag.start], word if HIDDEN in word else redact_document(text[tag.start : tag.end], is_xml=False)
        place = tag.end
    return "".join((*pieces, shown[place:]))


def _readable(problem: Problem) -> Problem:
    message, path = map(template_syntax.without_masks, (problem.message, problem.path))
    return replace(problem, message=message, path=path)


def _checked(
    masked: Masked, settings: Settings, make_source: Callable[[Masked], tuple[Source | None, bool]]
) -> list[Problem] | NotWellFormed:
    """Return the problems of a masked template, or the error that makes it unreadable."""
    source, is_fragment = make_source(masked)
    if source is None:
        return []
    try:
        tree = schema_check.tree_of(source)
    except NotWellFormed as error:
        return error
    reads = Reads()
    uncertain = _uncertain(source, tree, masked.tags, reads, is_fragment=is_fragment)
    found = linter.of_tree(
        source, tree, settings, is_order_known=uncertain.is_order_known, is_template=bool(masked.tags), reads=reads
    )
    nodes = {path: node for node, path in linter.paths(tree.root).items()}
    kept: list[Problem] = []
    for problem in found:
        node = nodes.get(problem.path.partition("/@")[0], tree.root)
        is_moved = problem.rule == "misplaced" and uncertain.moves(problem, source, node, nodes)
        if not is_moved and not uncertain.includes(problem, node):
            kept.append(problem if uncertain.allows_fix(problem, node) else replace(problem, fix=None))
    return kept


class _PartSource(Source):
    """The source text of a part of a template; its positions are those of the template.

    Args:
        text: The masked text of the part.
        template: The source text of the template.
        part: The part.
        before: Text that is parsed before ``text``.
        after: Text that is parsed after ``text``.
    """

    def __init__(self, text: str, template: Source, part: Part, *, before: str = "", after: str = "") -> None:
        super().__init__(text, template.name, before=before, after=after)
        self._template = template
        self._places = part

    def position(self, index: int) -> tuple[int, int]:
        return self._template.position(self._places.place(max(0, index - self.start)))


def _source(template: Source, part: Part, masked: Masked) -> tuple[Source | None, bool]:
    """Return the source to parse, and whether it is a fragment, which another template inserts into a document.

    A template is a fragment, too, if another template prints its beginning or its end: ``{% include "header.xml" %}``.
    The source is ``None`` if the template has no element.
    """
    text = masked.text
    first = _FIRST_ELEMENT(text)
    if first is None:
        return (None if "<" not in text else _PartSource(text, template, part)), False
    outputs = [tag.start for tag, context in masked.tags if tag.kind == "output" and context == "text"]
    roots = schema.vocabulary().roots
    if first[1] in _names_of_parts():
        ended = next((root for root in roots if text.rstrip().endswith(f"</{root}>") and f"<{root}" not in text), None)
        has_end = ended is not None and bool(outputs) and outputs[0] < first.start(1)
        before, after = (f"<{ended}>", "") if has_end else ("<Response>", "</Response>")
        text = template_syntax.without_declaration(text)
        return _PartSource(text, template, part, before=before, after=after), True
    end = text.rfind(">")
    is_empty = text.rfind("<") < first.start(1) and text[end - 1] == "/"
    if first[1] in roots and outputs and outputs[-1] > end and f"</{first[1]}" not in text and not is_empty:
        return _PartSource(text, template, part, after=f"</{first[1]}>"), True
    return _PartSource(text, template, part), False


def _is_part(text: str) -> bool:
    first = _FIRST_ELEMENT(text)
    return first is not None and first[1] in _names_of_parts()


@cache
def _names_of_parts() -> frozenset[str]:
    """Return the names of all elements except the root elements."""
    vocabulary = schema.vocabulary()
    return frozenset(element.name for element in vocabulary.declarations()).difference(vocabulary.roots)


class _Uncertain(NamedTuple):
    """The parts of a template that depend on its values."""

    of_other_parent: frozenset[Node]
    """The elements of a fragment whose parent must be an element other than the root, such as PhoneNumber."""

    is_order_known: bool
    """True if the template neither inserts nor omits verbs."""
    attributes: frozenset[Node]
    """The elements with unknown attributes."""
    content: frozenset[Node]
    """The elements that contain, at any depth, a place where the template can insert or omit elements."""
    starts: Sequence[tuple[int, int]]
    """The line and the column of the beginning of each tag."""
    ends: Sequence[tuple[int, int]]
    """The line and the column of the end of each tag."""

    blocks: Sequence[tuple[int, int]]
    """The line and the column of the beginning of each tag that begins, divides or ends a block."""
    moved: Sequence[tuple[tuple[int, int], int]]
    """Places where a block begins or ends, if a function can print the content of the block elsewhere. Each place comes with
    the index at which the innermost such block around the following text begins, or -1 outside of such blocks.
    """
    has_hidden_branches: bool
    """True if some branches of conditions are not checked."""

    def _overlap(self, start: tuple[int, int], end: tuple[int, int]) -> bool:
        """Return whether a tag overlaps a range of the template."""
        following = bisect_right(self.ends, start)
        return following < len(self.starts) and self.starts[following] < end

    def moves(self, problem: Problem, source: Source, node: Node, nodes: Mapping[str, Node]) -> bool:
        """Return whether a misplaced element or text is in a block that a function can print in another element."""
        place = problem.line or 0, problem.column or 0
        number = bisect_right(self.moved, place, key=itemgetter(0)) - 1
        if number < 0:
            return False
        is_element = place == source.position(source.name_span(node).start)
        container = nodes[problem.path.rpartition("/")[0]] if is_element else node
        return source.index(container.start) < self.moved[number][1]

    def allows_fix(self, problem: Problem, node: Node) -> bool:
        """Return whether the fix of a problem is certain for every output, and keeps all tags of the template."""
        if problem.fix is None or node in self.attributes or self.has_hidden_branches:
            return problem.fix is None
        edits = sorted(problem.fix.edits)
        if any(
            _has_mask(edit.text) or self._overlap((edit.line, edit.column), (edit.end_line, edit.end_column)) for edit in edits
        ):
            return False
        # The ends of the fix can be in different branches of a condition.
        first, last = (edits[0].line, edits[0].column), (edits[-1].line, edits[-1].column)
        return bisect_left(self.blocks, first) == bisect_left(self.blocks, last)

    def includes(self, problem: Problem, node: Node) -> bool:
        """Return whether a problem can disappear in the output of the template."""
        if problem.rule == "misplaced" and node in self.of_other_parent:
            return True
        if self._overlap((problem.line or 0, problem.column or 0), (problem.end_line or 0, problem.end_column or 0)):
            return True
        # A rule reports only problems that do not depend on unknown parts, even if the message contains a masked URL.
        if problem.rule in RULES:
            return False
        if _has_mask(problem.message):
            return True
        # Instead of its content, an element can have an attribute that names the content, which is reported differently.
        if problem.rule in _ABOUT_CONTENT and not problem.path.rpartition("/")[2].startswith("@"):
            return node in self.attributes or node in self.content
        return problem.rule == "missing-attribute" and node in self.attributes


def _uncertain(source: Source, tree: Tree, tags: Sequence[MaskedTag], reads: Reads, *, is_fragment: bool) -> _Uncertain:
    """Find the unknown parts of a template, and let the tree record when a rule reads them."""
    visible = [tag for tag in tags if tag.context != "hidden"]
    in_tags, content, parents = _elements_with_tags(source, tree, visible)
    if is_fragment:
        content.add(tree.root)
        parents.add(tree.root)
    for node in tree.nodes:
        values = _unknown_values(node)
        certain = _certain_attributes(source, node, in_tags[node]) if node in in_tags else None
        if values or certain is not None:
            node.attributes = UnknownAttributes(node.attributes, reads, values, certain)
    for node in parents:
        node.content = UnknownContent(node.content, reads)
    positions = [(source.position(tag.tag.start + source.start), source.position(tag.tag.end + source.start)) for tag in tags]
    starts, ends = [start for start, _ in positions], [end for _, end in positions]
    blocks = [start for start, tag in zip(starts, tags, strict=True) if tag.tag.kind in {"opening", "middle", "closing"}]
    verbs = schema.vocabulary().elements["Response"].children
    strangers = {child for child in tree.root.children if child.name not in verbs} if is_fragment else set[Node]()
    return _Uncertain(
        # Text beside such an element is misplaced in a Response, too.
        frozenset(strangers | {tree.root} if strangers else ()),
        tree.root not in parents,
        frozenset(in_tags),
        frozenset(content),
        starts,
        ends,
        blocks,
        _moved(source, visible),
        has_hidden_branches=len(visible) < len(tags),
    )


def _moved(source: Source, tags: Sequence[MaskedTag]) -> list[tuple[tuple[int, int], int]]:
    """Return the places where a block begins or ends, if a function can print the content of the block elsewhere."""
    begins = [-1]  # for each open block
    changes: list[tuple[tuple[int, int], int]] = []
    for tag, _ in tags:
        begin = begins[-1]
        if tag.kind == "opening":
            begins.append(tag.start + source.start if tag.moves_content else begin)
        elif tag.kind == "closing" and len(begins) > 1:
            begins.pop()
        if begins[-1] != begin:
            changes.append((source.position(tag.end + source.start), begins[-1]))
    return changes


def _certain_attributes(source: Source, node: Node, tags: Sequence[Tag]) -> frozenset[str]:
    """Return the names of the attributes of an element that are outside of all blocks of the template.

    Args:
        source: The source text of the masked template.
        node: The element.
        tags: The tags between the attributes of the element, in the order of their places.
    """
    certain: set[str] = set()
    for name, (span, _) in source.attribute_spans(node).items():
        before = [tag.kind for tag in tags if tag.start + source.start < span.start]
        if before.count("opening") == before.count("closing") and not _has_mask(name):
            certain.add(name)
    return frozenset(certain)


def _has_mask(text: str) -> bool:
    return not DIGITS_SET.isdisjoint(text)


DIGITS_SET: Final = frozenset(DIGITS)


def _unknown_values(node: Node) -> frozenset[str]:
    """Return the names of the attributes whose unknown values matter for rules.

    Unknown URLs do not matter, because a rule reads only the existence of a URL, or reports a problem at the URL.
    """
    declared = schema.attributes().get(node.name, {})
    return frozenset(
        name
        for name, value in node.attributes.items()
        if _has_mask(value) and not (name in declared and not _URLS.isdisjoint(declared[name].type.lineage))
    )


_URLS: Final = frozenset({"url", "websocketUrl"})
"""The names of the types of URLs in the schema."""


def _elements_with_tags(
    source: Source, tree: Tree, tags: Sequence[MaskedTag]
) -> tuple[dict[Node, list[Tag]], set[Node], set[Node]]:
    """Return the elements whose attributes, content or children depend on tags.

    Returns:
        Three values: a mapping from each element with tags between its attributes to these tags; the elements that contain, at
        any depth, a tag in place of elements; and the elements whose children depend on such a tag.
    """
    places = _byte_offsets(source, [tag.tag.start + source.start for tag in tags])
    remaining = iter([*zip(places, tags, strict=True)])
    upcoming = next(remaining, None)
    attributes: dict[Node, list[Tag]] = {}
    content: set[Node] = set()
    parents: set[Node] = set()
    is_blank = cache(_is_blank)  # an element can contain many tags
    open_: list[Node] = []
    nodes = iter(tree.nodes)
    last: Node | None = None

    def before(byte: int) -> None:
        """Assign the tags before a place of the document to elements."""
        nonlocal upcoming
        while upcoming and upcoming[0] < byte:
            tag = upcoming[1]
            if tag.context == "tag" and last:
                attributes.setdefault(last, []).append(tag.tag)
            elif tag.context == "text" and tag.tag.kind != "silent" and open_:
                insert(open_[-1])
            upcoming = next(remaining, None)

    def insert(parent: Node) -> None:
        """Record that the template decides the content of an element."""
        if _contains_elements(parent):
            content.update(open_)
            parents.add(parent)
        elif is_blank(parent):
            # A block without text, such as {% block greeting %}{% endblock %}, can be filled by another template.
            content.update(node for node in open_ if not _contains_elements(node))
            parents.add(parent)

    def start(_: str, __: dict[str, str]) -> None:
        nonlocal last
        before(parser.CurrentByteIndex)
        last = next(nodes)
        open_.append(last)

    def end(_: str) -> None:
        before(parser.CurrentByteIndex)
        open_.pop()

    parser = ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(source.data, True)  # noqa: FBT003  its arguments have no names
    # The parser and the handlers refer to each other; without this, they would stay in memory until a garbage collection.
    parser.StartElementHandler = parser.EndElementHandler = None
    return attributes, content, parents


def _is_blank(node: Node) -> bool:
    return not node.text.strip()


def _contains_elements(node: Node) -> bool:
    """Return whether elements are the only content that the schema allows; return true for an unknown element."""
    return node.name not in _containing_text()


@cache
def _containing_text() -> frozenset[str]:
    return frozenset(element.name for element in schema.vocabulary().declarations() if element.mixed or element.text)


def _byte_offsets(source: Source, places: Sequence[int]) -> Iterator[int]:
    """Yield the byte offset of each character with an index in ``places``; the indexes must be in ascending order."""
    pieces = (len(source.text[start:end].encode()) for start, end in zip([0, *places], places, strict=False))
    return accumulate(pieces)
