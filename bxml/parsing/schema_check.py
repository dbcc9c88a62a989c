"""Check of a document against the schema: every problem with its place and message.

libxml2 decides whether a document is valid; this module explains why a document is invalid. A test compares the two: this
module reports problems if and only if libxml2 refuses the document. The exception is empty speech: XSD 1.0 cannot forbid it,
but this module reports it.

Attributes such as ``xsi:schemaLocation`` could make libxml2 open files. This module therefore checks a document before libxml2
reads it, and a document with such attributes never reaches libxml2. Editors find the schema by the attribute
``xsi:noNamespaceSchemaLocation``, so it is allowed on the root element, and removed before libxml2 reads the document.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache
from typing import Final

from lxml import etree

from bxml import schema
from bxml.errors import InvalidDocument, NotWellFormed
from bxml.messages import schema_findings
from bxml.messages.schema_findings import FILE
from bxml.messages.string_likes import is_a
from bxml.messages.text import assignment, quote
from bxml.parsing.tree import Node, NotReadable, Source, Text, Tree, decoded, tree
from bxml.problem import Fix, Problem
from bxml.schema import Element
from bxml.xml_text import collapse

_POINTER: Final = re.compile(r"xmlns|<\?(?!xml\s)|xml:(?!lang\b)").search
"""Finds a namespace declaration, a processing instruction, or a name with the prefix ``xml`` other than ``xml:lang``."""

_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
"""The namespace of ``xsi:noNamespaceSchemaLocation``."""


def check(given: object, name: str = "") -> tuple[Node, list[Problem]]:
    """Check a document.

    Args:
        given: The document, as a string or bytes.
        name: The name of the document; each problem contains it.

    Returns:
        The root of the document, and all problems in the order of their places.

    Raises:
        NotWellFormed: If the document cannot be parsed.
        InvalidDocument: If the document is too large, or is not a string or bytes.
    """
    try:
        source = Source(text_of(given, name), name)
    except NotReadable as error:
        raise NotWellFormed([legible(error, given, name).problem(error.finding, error.span)]) from None
    tree = tree_of(source)
    return tree.root, without_misnamed(against_schema(source, tree))


def check_speech(given: object) -> tuple[Node, list[Problem]]:
    """Check SSML, the content of a SpeakSentence.

    Args:
        given: The SSML, as a string or bytes.

    Returns:
        A node with the SSML as its content, and all problems in the order of their places.

    Raises:
        NotWellFormed: If the SSML cannot be parsed.
        InvalidDocument: If the SSML is too large, or is not a string or bytes.
    """
    element = schema.vocabulary().elements["SpeakSentence"]
    try:
        # SSML has no root element of its own, but XML needs one.
        source = Source(text_of(given), before=f"<{element.name}>", after=f"</{element.name}>")
    except NotReadable as error:
        raise NotWellFormed([legible(error, given).problem(error.finding, error.span)]) from None
    root = tree_of(source).root
    return root, sorted(_check_children(source, root, element, element.name), key=place)


def text_of(given: object, name: str = "") -> str:
    """Return the text of a document.

    Args:
        given: The document, as a string or bytes.
        name: The name of the document; each problem contains it.

    Raises:
        NotReadable: If the document is not UTF-8, or declares another encoding.
        InvalidDocument: If the document is too large, or is not a string or bytes.
    """
    if not is_a(given, str) and not is_a(given, bytes) and not is_a(given, bytearray):
        finding = schema_findings.wrong_type("the document", given, "BXML as a string or bytes", takes_strings=True)
        raise InvalidDocument([Problem(*finding, name=name)])
    data = str.__str__(given) if isinstance(given, str) else bytes(given)
    # A lone surrogate must not raise here; decoded() reports it with its place.
    size = len(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else len(data)
    limit = schema.maximum_bytes()
    if size > limit:  # checked first, so that a huge document costs no time
        raise InvalidDocument(
            [Problem(*schema_findings.too_large(size, limit), name=name, line=1, column=1, end_line=1, end_column=1)]
        )
    return decoded(data)


def tree_of(source: Source) -> Tree:
    """Return the tree of a document.

    Raises:
        NotWellFormed: If the document is not well-formed, contains a DOCTYPE or is nested too deeply.
    """
    try:
        return tree(source)
    except NotReadable as error:
        raise NotWellFormed([source.problem(error.finding, error.span)]) from None


def legible(error: NotReadable, given: object, name: str = "") -> Source:
    """Decode as much as possible of an unreadable document, so that the error gets a position."""
    assert isinstance(given, str | bytes | bytearray)
    if error.text is not None:
        return Source(error.text.removeprefix("\ufeff"), name)
    # A lone surrogate becomes one question mark, so the characters after it keep their places.
    data = str.encode(given, "utf-8", "replace") if isinstance(given, str) else given
    return Source(data.decode("utf-8", "replace"), name)


def against_schema(source: Source, tree: Tree) -> list[Problem]:
    """Return the problems of a document, in the order of their places."""
    if _is_clearly_valid(source, tree):
        return []
    return sorted(_check_root(source, tree.root), key=place) or _unexplained(source, tree.root)


def without_misnamed(problems: list[Problem]) -> list[Problem]:
    """Return the problems, but leave out each missing attribute that has a wrong name; the name is a problem of its own."""
    if all(problem.rule != "missing-attribute" for problem in problems):
        return problems
    meant = {
        (problem.path.rpartition("/@")[0], problem.fix.edits[0].text)
        for problem in problems
        if problem.rule == "unknown-attribute" and problem.fix
    }
    return [
        problem
        for problem in problems
        if problem.rule != "missing-attribute" or (problem.path, problem.message.rpartition(" ")[2]) not in meant
    ]


def _is_clearly_valid(source: Source, tree: Tree) -> bool:
    """Return whether libxml2 accepts the document; return false if libxml2 must not read the document yet.

    Asking libxml2 first is much faster than walking the tree, and is safe if no name in the document can refer to a file. Names
    cannot be escaped, so a search in the text finds them.
    """
    if _may_point_outside(source.text) or tree.root.name not in schema.vocabulary().roots:
        return False
    needing_text = _needing_text()
    for node in tree.nodes:  # a generator would take three times as long
        if node.name in needing_text and _has_no_text(node):
            return False
    try:
        return schema.allows(schema.tree(source.data))
    except etree.XMLSyntaxError:
        return False


def _may_point_outside(text: str) -> bool:
    # Plain searches are faster than the expression, and most documents contain none of these strings.
    start = len("<?xml") if text.startswith("<?xml ") else 0
    return ("xmlns" in text or "xml:" in text or text.find("<?", start) >= 0) and _POINTER(text) is not None


@cache
def _needing_text() -> frozenset[str]:
    """Return the names of the elements with mixed content that must contain text."""
    return frozenset(element.name for element in schema.vocabulary().declarations() if element.needs_text)


def _has_no_text(node: Node) -> bool:
    return not any(node.children) and not collapse(node.text)


def place(problem: Problem) -> tuple[int, int]:
    """Return the line and the column of a problem, by which problems are sorted."""
    return problem.line or 0, problem.column or 0


def _unexplained(source: Source, root: Node) -> list[Problem]:
    """Return a problem without an explanation if libxml2 refuses a document in which this module finds no problem."""
    try:
        # Expat does not know namespaces here, so libxml2 alone refuses an undeclared prefix.
        valid = schema.allows(schema.tree(_without_schema_location(source, root)))
    except etree.XMLSyntaxError:
        valid = False
    return [] if valid else [source.problem(schema_findings.UNEXPLAINED, source.name_span(root), root.name)]


def _schema_location(root: Node) -> str | None:
    """Return the name of the attribute ``xsi:noNamespaceSchemaLocation`` of the root element, with its prefix."""
    for name in root.attributes:
        prefix, _, local = name.partition(":")
        if local == "noNamespaceSchemaLocation" and root.attributes.get(f"xmlns:{prefix}") == _INSTANCE:
            return name
    return None


def _without_schema_location(source: Source, root: Node) -> bytes:
    """Return a document without the attribute ``xsi:noNamespaceSchemaLocation``, so that libxml2 does not open the schema."""
    location = _schema_location(root)
    if location is None:
        return source.data
    spans = source.attribute_spans(root)[location]
    # The span of a value includes the quotes only if the value is empty.
    end = spans[1].end + bool(root.attributes[location])
    return f"{source.text[: spans[0].start]}{source.text[end:]}".encode()


def _check_root(source: Source, root: Node) -> Iterator[Problem]:
    vocabulary = schema.vocabulary()
    if root.name not in vocabulary.roots:
        yield source.problem(schema_findings.unknown_root(root.name, vocabulary.roots), source.name_span(root), root.name)
    # A verb as the root is reported above; the mistakes inside the verb are reported here.
    element = vocabulary.elements.get(root.name)
    if element is not None:
        location = _schema_location(root)
        yield from _check_element(source, root, element, root.name, () if location is None else (location,))


def _check_element(source: Source, node: Node, element: Element, path: str, ignored: Collection[str] = ()) -> Iterator[Problem]:
    """Yield the problems of a declared element and of its content, except the problems of ignored attributes."""
    yield from _check_attributes(source, node, element, path, ignored)
    if _has_no_text(node) and any(schema_findings.names_content(name, element) for name in node.attributes):
        return  # the content is not missing, but written as an attribute, which is reported above
    yield from _check_children(source, node, element, path)
    if element.text is not None:
        yield from _check_text(source, node, element.text, path)
    elif not element.mixed:
        yield from _check_stray_text(source, node, element, path)
    elif element.needs_text and _has_no_text(node):
        yield source.problem(schema_findings.no_text(element, FILE), source.name_span(node), path)


def _check_attributes(source: Source, node: Node, element: Element, path: str, ignored: Collection[str]) -> Iterator[Problem]:
    spans = source.attribute_spans(node)
    fixes: dict[str, Fix | None] = {}
    for name, value in node.attributes.items():
        attribute = element.attributes.get(name)
        is_namespace = name.startswith("xmlns:") and name != "xmlns:xml" and value  # harmless, because no name uses the prefix
        if attribute is None and not is_namespace and name not in ignored:
            # Imported here and below, because valid documents need no fixes.
            from bxml.parsing import certain_fixes

            unknown = schema_findings.unknown_attribute(name, element, FILE)
            fixes = fixes or certain_fixes.attribute_names(source, node, element)
            yield source.problem(unknown, spans[name][0], f"{path}/@{name}", fixes[name])
        elif attribute is not None:
            finding = schema_findings.invalid_value(assignment(name, value), value, attribute.type, FILE)
            if finding:
                from bxml.parsing import certain_fixes

                fix = certain_fixes.attribute_value(source, spans[name][1], value, attribute.type)
                yield source.problem(finding, spans[name][1], f"{path}/@{name}", fix)
    for attribute in element.attributes.values():
        if attribute.required and attribute.name not in node.attributes:
            yield source.problem(schema_findings.missing_attribute(attribute.name, element, FILE), source.name_span(node), path)


def _check_children(source: Source, node: Node, element: Element, path: str) -> Iterator[Problem]:
    numbers: Counter[str] = Counter()
    for child in node.children:
        numbers[child.name] += 1
        step = f"{path}/{child.name}[{numbers[child.name]}]"
        declared = element.children.get(child.name) or _anywhere().get(child.name)
        if declared is None:
            from bxml.parsing import certain_fixes

            finding = schema_findings.unknown_element(child.name, element, FILE)
            yield source.problem(finding, source.name_span(child), step, certain_fixes.element_name(source, child, element))
            yield from _check_unknown_element(source, child, element, step)
        elif child.name not in element.children:
            finding = schema_findings.misplaced(FILE.element(child.name), element, FILE)
            yield source.problem(finding, source.name_span(child), step)
        if declared is not None:
            yield from _check_element(source, child, declared, step)
    count = numbers.total()
    if count < element.occurrence.least:
        yield source.problem(schema_findings.too_few(count, element, FILE), source.name_span(node), path)
    # In an element that takes no children, each child is already reported as misplaced.
    if element.children and count > element.occurrence.most:
        yield source.problem(schema_findings.too_many(count, element, FILE), source.name_span(node), path)


def _check_unknown_element(source: Source, node: Node, parent: Element, path: str) -> Iterator[Problem]:
    """Yield the problems of the children of an unknown element."""
    numbers: Counter[str] = Counter()
    for child in node.children:
        numbers[child.name] += 1
        step = f"{path}/{child.name}[{numbers[child.name]}]"
        declared = _anywhere().get(child.name)
        if declared is not None:
            yield from _check_element(source, child, declared, step)
        else:
            yield source.problem(schema_findings.unknown_element(child.name, parent, FILE), source.name_span(child), step)
            yield from _check_unknown_element(source, child, parent, step)


@cache
def _anywhere() -> dict[str, Element]:
    """Return the declaration of each element, by the name of the element, for checking elements in a wrong place."""
    # Reversed, so that the first declaration of a name wins: a SipUri is checked as in Transfer, not as in Refer.
    return {element.name: element for element in reversed(list(schema.vocabulary().declarations()))}


def _check_text(source: Source, node: Node, type_: schema.SimpleType, path: str) -> Iterator[Problem]:
    texts = [item for item in node.content if isinstance(item, Text)]
    offender = f"the text {quote(collapse(node.text))} of {FILE.element(node.name)}"
    finding = schema_findings.invalid_value(offender, node.text, type_, FILE)
    if finding:
        yield source.problem(finding, source.text_span(texts[0]) if texts else source.name_span(node), path)


def _check_stray_text(source: Source, node: Node, element: Element, path: str) -> Iterator[Problem]:
    """Yield the problems of text that is not allowed; white space is allowed between children, but not in an empty element."""
    for item in node.content:
        if isinstance(item, Text) and (collapse(item.value) or not element.children):
            from bxml.parsing import certain_fixes

            finding = schema_findings.misplaced(f"the text {quote(collapse(item.value) or item.value)}", element, FILE)
            fix = certain_fixes.text_as_attribute(source, node, element)
            yield source.problem(finding, source.text_span(item), path, fix)
