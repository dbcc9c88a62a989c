"""A text held against the schema: every place where it does not obey, in words.

libxml2 has the verdict, and this walk the words; a test holds the two together: something is found if and only if libxml2
says no. The one thing more that is known here is which text must not be blank, which XSD 1.0 cannot state.

What is found is found before libxml2 sees the text. So a document never reaches it that has attributes such as
``xsi:schemaLocation``, by which a stranger could make it open files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final

from lxml import etree

from bxml import schema
from bxml.messages import findings
from bxml.messages.findings import FILE
from bxml.messages.text import assignment, shown
from bxml.parsing.tree import Node, NotReadable, Source, Text, Tree, decoded, tree
from bxml.problem import InvalidDocument, NotWellFormed, Problem
from bxml.schema import Element
from bxml.xml_text import collapse

_POINTER: Final = re.compile(r"xmlns|<\?(?!xml\s)|xml:(?!lang\b)").search
"""Finds a namespace, a processing instruction, or an attribute of XML's own that BXML does not have."""


def check(given: object, name: str = "") -> tuple[Node, list[Problem]]:
    """The root of a document, and all problems in the order of their places.

    Raises:
        NotWellFormed: if the text cannot be read.
        InvalidDocument: if it is too large to be read, or is no text.
    """
    try:
        source = Source(text_of(given, name), name)
    except NotReadable as error:
        raise NotWellFormed([legible(error, given, name).problem(error.finding, error.span)]) from None
    tree = tree_of(source)
    return tree.root, against_schema(source, tree)


def check_speech(given: object) -> tuple[Node, list[Problem]]:
    """What may stand in a SpeakSentence, as the content of a node, and all problems in the order of their places.

    Raises:
        NotWellFormed: if the text cannot be read.
        InvalidDocument: if it is too large to be read, or is no text.
    """
    element = schema.law().elements["SpeakSentence"]
    try:
        source = Source(text_of(given), before=f"<{element.name}>", after=f"</{element.name}>")
    except NotReadable as error:
        raise NotWellFormed([legible(error, given).problem(error.finding, error.span)]) from None
    root = tree_of(source).root
    return root, sorted(_of_children(source, root, element, element.name), key=place)


def text_of(given: object, name: str = "") -> str:
    """The text of a source of any kind.

    Raises:
        NotReadable: if it is not UTF-8, or says that it is not.
        InvalidDocument: if it is too large to be read, or is no text.
    """
    if not isinstance(given, str | bytes | bytearray):
        raise InvalidDocument([Problem(*findings.wrong_kind("the source", given, "a document, as text or bytes"), name=name)])
    data = given if isinstance(given, str) else bytes(given)
    size = len(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else len(data)
    limit = schema.maximum_bytes()
    if size > limit:  # then not a byte of it is looked at
        raise InvalidDocument(
            [Problem(*findings.too_large(size, limit), name=name, line=1, column=1, end_line=1, end_column=1)]
        )
    return decoded(data)


def tree_of(source: Source) -> Tree:
    """What the text holds.

    Raises:
        NotWellFormed: if it is not XML, or XML of a kind that BXML never is.
    """
    try:
        return tree(source)
    except NotReadable as error:
        raise NotWellFormed([source.problem(error.finding, error.span)]) from None


def legible(error: NotReadable, given: object, name: str = "") -> Source:
    """What can be shown of bytes or text that cannot be taken for a document."""
    assert isinstance(given, str | bytes | bytearray)
    if error.text is not None:
        return Source(error.text.removeprefix("\ufeff"), name)
    return Source((given.encode("utf-8", "replace") if isinstance(given, str) else given).decode("utf-8", "replace"), name)


def against_schema(source: Source, tree: Tree) -> list[Problem]:
    """Every place where a document does not obey the schema, in order."""
    if _is_clearly_valid(source, tree):
        return []
    return sorted(_of_root(source, tree.root), key=place) or _verdict(source, tree.root)


def _is_clearly_valid(source: Source, tree: Tree) -> bool:
    """Whether libxml2 finds nothing, and may be asked at once, which is much faster than to walk.

    It may if nothing in the text can point to a file, which names alone can do, and those cannot be written in escapes.
    """
    if _may_point_outside(source.text) or tree.root.name not in schema.law().roots:
        return False
    needing_text = _needing_text()
    for node in tree.nodes:  # a loop, for a generator takes three times as long
        if node.name in needing_text and _is_blank(node):
            return False
    try:
        return schema.allows(schema.tree(source.data))
    except etree.XMLSyntaxError:
        return False


def _may_point_outside(text: str) -> bool:
    # Most texts have none of the three behind their declaration, which is found out faster without an expression.
    behind = len("<?xml") if text.startswith("<?xml ") else 0
    return ("xmlns" in text or "xml:" in text or text.find("<?", behind) >= 0) and _POINTER(text) is not None


@cache
def _needing_text() -> frozenset[str]:
    """The elements whose mixed content must not be blank."""
    return frozenset(element.name for element in schema.law().declarations() if element.needs_text)


def _is_blank(node: Node) -> bool:
    return not any(node.children) and not collapse(node.text)


def place(problem: Problem) -> tuple[int, int]:
    """What problems are sorted by."""
    return problem.line or 0, problem.column or 0


def _verdict(source: Source, root: Node) -> list[Problem]:
    """What libxml2 has against a text, which is nothing if this walk knows the schema as well as it should."""
    try:
        valid = schema.allows(schema.tree(source.data))
    except etree.XMLSyntaxError:
        valid = False
    return [] if valid else [source.problem(findings.AGAINST_SCHEMA, source.name_span(root), root.name)]


def _of_root(source: Source, root: Node) -> Iterator[Problem]:
    law = schema.law()
    if root.name not in law.roots:
        yield source.problem(findings.unknown_root(root.name, law.roots), source.name_span(root), root.name)
    element = law.elements.get(root.name)
    if element is not None:
        yield from _of_element(source, root, element, root.name)


def _of_element(source: Source, node: Node, element: Element, path: str) -> Iterator[Problem]:
    """The problems of an element that is where it may be, and of all in it."""
    yield from _of_attributes(source, node, element, path)
    yield from _of_children(source, node, element, path)
    if element.text is not None:
        yield from _of_text(source, node, element.text, path)
    elif not element.mixed:
        yield from _of_stray_text(source, node, element, path)
    elif element.needs_text and _is_blank(node):
        yield source.problem(findings.blank(element, FILE), source.name_span(node), path)


def _of_attributes(source: Source, node: Node, element: Element, path: str) -> Iterator[Problem]:
    spans = source.attribute_spans(node)
    for name, value in node.attributes.items():
        attribute = element.attributes.get(name)
        if attribute is None and not (name.startswith("xmlns:") and name != "xmlns:xml" and value):  # unread, it is harmless
            yield source.problem(findings.unknown_attribute(name, element, FILE), spans[name][0], f"{path}/@{name}")
        elif attribute is not None:
            finding = findings.invalid_value(assignment(name, value), value, attribute.type)
            if finding:
                yield source.problem(finding, spans[name][1], f"{path}/@{name}")
    for attribute in element.attributes.values():
        if attribute.required and attribute.name not in node.attributes:
            yield source.problem(findings.missing_attribute(attribute.name, element, FILE), source.name_span(node), path)


def _of_children(source: Source, node: Node, element: Element, path: str) -> Iterator[Problem]:
    numbers: Counter[str] = Counter()
    for child in node.children:
        numbers[child.name] += 1
        step = f"{path}/{child.name}[{numbers[child.name]}]"
        declared = element.children.get(child.name) or _anywhere().get(child.name)
        if declared is None:
            yield source.problem(findings.unknown_element(child.name, element, FILE), source.name_span(child), step)
            yield from _of_strangers(source, child, element, step)
        elif child.name not in element.children:
            finding = findings.misplaced(FILE.element(child.name), element, FILE)
            yield source.problem(finding, source.name_span(child), step)
        if declared is not None:
            yield from _of_element(source, child, declared, step)
    count = numbers.total()
    if count < element.occurrence.least:
        yield source.problem(findings.too_few(count, element, FILE), source.name_span(node), path)
    if element.children and count > element.occurrence.most:
        yield source.problem(findings.too_many(count, element, FILE), source.name_span(node), path)


def _of_strangers(source: Source, node: Node, parent: Element, path: str) -> Iterator[Problem]:
    """The problems of what an unknown element holds, as far as it is known, or unknown in its turn."""
    numbers: Counter[str] = Counter()
    for child in node.children:
        numbers[child.name] += 1
        step = f"{path}/{child.name}[{numbers[child.name]}]"
        declared = _anywhere().get(child.name)
        if declared is not None:
            yield from _of_element(source, child, declared, step)
        else:
            yield source.problem(findings.unknown_element(child.name, parent, FILE), source.name_span(child), step)
            yield from _of_strangers(source, child, parent, step)


@cache
def _anywhere() -> dict[str, Element]:
    """Every element by its name, for those that stand in a wrong place."""
    return {element.name: element for element in reversed(list(schema.law().declarations()))}


def _of_text(source: Source, node: Node, type_: schema.SimpleType, path: str) -> Iterator[Problem]:
    texts = [item for item in node.content if isinstance(item, Text)]
    offender = f"the text {shown(collapse(node.text))} of {FILE.element(node.name)}"
    finding = findings.invalid_value(offender, node.text, type_)
    if finding:
        yield source.problem(finding, source.text_span(texts[0]) if texts else source.name_span(node), path)


def _of_stray_text(source: Source, node: Node, element: Element, path: str) -> Iterator[Problem]:
    """Text where none belongs; white space may stand between children, but not in an element that stays empty."""
    for item in node.content:
        if isinstance(item, Text) and (collapse(item.value) or not element.children):
            finding = findings.misplaced(f"the text {shown(collapse(item.value) or item.value)}", element, FILE)
            yield source.problem(finding, source.text_span(item), path)
