"""The law: finds the XSD, reads its facts, and gives its verdict.

Everything that the package knows about elements, attributes and limits is read here, once, from ``schemas/bxml.xsd``.
Reading waits for the first use, so that importing the package costs next to nothing.

The reader knows the parts of XSD 1.0 that the schema uses and stops at any other: a new kind of limit cannot be written
into the schema and be overlooked in Python.
"""

from __future__ import annotations

import math
import os
import re
from _thread import allocate_lock  # threading takes longer to import
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from lxml import etree

if TYPE_CHECKING:
    from decimal import Decimal

XS: Final = "{http://www.w3.org/2001/XMLSchema}"
FACETS: Final = frozenset(
    {"enumeration", "pattern", "minInclusive", "maxInclusive", "totalDigits", "minLength", "maxLength", "whiteSpace"}
)
PARTS: Final = frozenset(
    {"annotation", "simpleContent", "sequence", "choice", "group", "attribute", "attributeGroup"},
)
DEEPEST: Final = 100
"""Levels of nested elements that this package follows: not a limit of BXML, but libxml2's parser has one at 256."""


class SimpleType(NamedTuple):
    """What a value may be: the type of an attribute, or of the text of an element."""

    noun: str
    """Completes "the value is not …"."""
    lineage: tuple[str, ...]
    """Names of this type and of those it restricts, down to XSD's own."""
    collapses: bool = False
    """Whether white space at the ends and in runs does not count."""
    words: tuple[str, ...] = ()
    """The only legal values, if there are such."""
    patterns: tuple[re.Pattern[str], ...] = ()
    """Each of these must match the whole value."""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    digits: int | None = None
    """Most digits that a number may have."""
    shortest: int | None = None
    longest: int | None = None
    members: tuple[SimpleType, ...] = ()
    """The types of which one has to fit, if this is a union."""


class Occurrence(NamedTuple):
    """How often something may stand."""

    least: int
    most: float
    """A whole number, or infinity."""


NONE: Final = Occurrence(0, 0)

_DEFAULT: Final = re.compile(r"; default (\S+)\.$").search
"""Finds the default value that a sentence ends with; XSD's own would be written into documents by other tools."""


class Attribute(NamedTuple):
    """One attribute of one element."""

    name: str
    type: SimpleType
    required: bool
    documentation: str

    @property
    def default(self) -> str | None:
        """The value that the platform takes if there is none, where one is published."""
        found = _DEFAULT(self.documentation)
        return found[1] if found else None


@dataclass(eq=False, repr=False)
class Element:
    """One element as it may stand in one place."""

    name: str
    documentation: str
    page: str
    """Where the vendor describes it."""
    attributes: Mapping[str, Attribute]
    text: SimpleType | None = None
    """The type of its text, if it holds text and nothing else."""
    mixed: bool = False
    """Whether text and children stand side by side."""
    needs_text: bool = False
    """Whether its mixed content must not be blank."""
    children: dict[str, Element] = field(default_factory=dict["str", "Element"])
    occurrence: Occurrence = NONE
    """How many children it holds."""
    maximum_bytes: int | None = None
    """The largest document, if this is the root of one."""


class Law(NamedTuple):
    """All facts of the schema."""

    elements: Mapping[str, Element]
    """The global elements: the roots and the verbs."""
    roots: Mapping[str, Element]
    """Those of them that are documents."""

    def declarations(self) -> Iterator[Element]:
        """Every element in every place where it is declared, once each."""
        seen: set[int] = set()
        waiting = list(self.elements.values())
        while waiting:
            element = waiting.pop()
            if id(element) not in seen:
                seen.add(id(element))
                yield element
                waiting.extend(element.children.values())


TEXT: Final = SimpleType("text", ("xs:string",))
"""Any text."""


T = TypeVar("T")


def _once(make: Callable[[], T]) -> Callable[[], T]:
    """Make something when it is first asked for, and once, however many threads ask: its parts are compared by identity."""
    lock = allocate_lock()
    made: list[T] = []

    def renew() -> None:  # pragma: no cover  it runs in child processes
        nonlocal lock
        lock = allocate_lock()  # a thread of the parent may hold the other one

    getattr(os, "register_at_fork", dict)(after_in_child=renew)  # Windows has no fork

    def get() -> T:
        if not made:
            with lock:
                if not made:  # pragma: no branch  only another thread can have come between
                    made.append(make())
        return made[0]

    return get


def path(name: str = "bxml.xsd") -> str:
    """Where a file of the schema lies: inside the package when installed, beside it in a source tree."""
    package = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(package, "schemas", name)
    return inside if os.path.exists(inside) else os.path.join(os.path.dirname(package), "schemas", name)


@_once
def compiled() -> etree.XMLSchema:
    """The schema as libxml2 keeps it."""
    return etree.XMLSchema(etree.parse(path()))


def allows(root: etree._Element) -> bool:
    """The verdict on a document, which is libxml2's."""
    return compiled().validate(root)


def tree(data: bytes) -> etree._Element:
    """The root of a document as libxml2 reads it, without anything from outside.

    Raises:
        lxml.etree.XMLSyntaxError: if it is not well-formed.
    """
    return etree.fromstring(data, _PARSER)


# The encoding is given because a text in UTF-8 may say that it has another.
_PARSER: Final = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, collect_ids=False)


@_once
def law() -> Law:
    """The facts of the schema."""
    return _Reader().law()


@_once
def attributes() -> Mapping[str, Mapping[str, Attribute]]:
    """The attributes of each element by its name, wherever it stands: several are declared in other elements only."""
    found: dict[str, dict[str, Attribute]] = {}
    for element in law().declarations():
        found.setdefault(element.name, {}).update(element.attributes)
    return found


@_once
def maximum_bytes() -> int:
    """The size of the largest document, declaration included."""
    (limit,) = {element.maximum_bytes for element in law().roots.values()}
    assert limit is not None
    return limit


class _Reader:
    """Turns the nodes of the XSD into facts."""

    def __init__(self) -> None:
        self._schema = etree.parse(path()).getroot()
        imported = etree.parse(path("xml-lang.xsd")).getroot()
        self._named: dict[tuple[str, str], etree._Element] = {
            (etree.QName(node).localname, prefix + node.get("name", "")): node
            for prefix, schema in (("", self._schema), ("xml:", imported))
            for node in schema.iterchildren(XS + "*")
        }
        self._elements: dict[etree._Element, Element] = {}
        self._types: dict[str, SimpleType] = {}

    def law(self) -> Law:
        globals_ = map(self._element, self._schema.iterchildren(XS + "element"))
        elements = {element.name: element for element in globals_}
        return Law(elements, {name: element for name, element in elements.items() if element.maximum_bytes is not None})

    def _element(self, node: etree._Element) -> Element:
        if node.get("ref"):
            node = self._named["element", node.get("ref", "")]
        if node not in self._elements:
            type_ = node.find(XS + "complexType")
            if type_ is None:
                type_ = self._named.get(("complexType", node.get("type", "")))
            element = Element(
                node.get("name", ""),
                _documentation(node),
                _page(node),
                {} if type_ is None else {attribute.name: attribute for attribute in self._attributes(type_)},
                text=self._text(node.get("type") if type_ is None else _extended(type_)),
                mixed=type_ is not None and type_.get("mixed") == "true",
                needs_text=_appinfo(node, "text") == "required",
                maximum_bytes=_number(_appinfo(type_, "maximum-bytes")),
                occurrence=NONE if type_ is None else _occurrence(type_),
            )
            self._elements[node] = element  # known before its children are read, for SSML holds itself
            for child in map(self._element, self._particles(type_)):
                element.children[child.name] = child
        return self._elements[node]

    def _text(self, name: str | None) -> SimpleType | None:
        return None if name is None else self._simple(name)

    def _particles(self, type_: etree._Element | None) -> list[etree._Element]:
        """The nodes that declare or name the children."""
        content = None if type_ is None else _content(type_)
        if content is None:
            return []
        if content.tag == XS + "group":
            content = self._named["group", content.get("ref", "")][0]
        particles = list(content.iterchildren(XS + "*"))
        assert all(particle.tag == XS + "element" for particle in particles), "a choice within a choice"
        return particles

    def _attributes(self, holder: etree._Element) -> Iterator[Attribute]:
        extension = holder.find(f"{XS}simpleContent/{XS}extension")
        for node in holder if extension is None else extension:
            if node.tag == XS + "attributeGroup":
                yield from self._attributes(self._named["attributeGroup", node.get("ref", "")])
            elif node.tag == XS + "attribute":
                name = node.get("name", node.get("ref", ""))
                type_ = self._simple(node.get("type", "")) if "type" in node.attrib else self._referred(name)
                yield Attribute(name, type_, node.get("use") == "required", _documentation(node))

    def _referred(self, name: str) -> SimpleType:
        """The type of an attribute that is declared elsewhere, in a schema of its own namespace."""
        return self._restricted((name,), self._named["attribute", name][0])

    def _simple(self, name: str) -> SimpleType:
        if name not in self._types:
            node = self._named.get(("simpleType", name))
            self._types[name] = _builtin(name) if node is None else self._defined(name, node)
        return self._types[name]

    def _defined(self, name: str, node: etree._Element) -> SimpleType:
        union = node.find(XS + "union")
        if union is None:
            return self._restricted((name,), node)
        named = map(self._simple, union.get("memberTypes", "").split())
        anonymous = [self._restricted((), inner) for inner in union]
        return SimpleType(_documentation(node), (name,), members=(*anonymous, *named))

    def _restricted(self, names: tuple[str, ...], node: etree._Element) -> SimpleType:
        """A type that is its parent with some facets narrowed."""
        from decimal import Decimal

        restriction = node.find(XS + "restriction")
        assert restriction is not None
        parent = self._simple(restriction.get("base", ""))
        facets: dict[str, list[str]] = {}
        for facet in restriction:
            facets.setdefault(etree.QName(facet).localname, []).append(facet.get("value", ""))
        assert facets.keys() <= FACETS, facets.keys() - FACETS
        assert facets.get("whiteSpace", ["collapse"]) == ["collapse"]
        assert len(facets.get("pattern", ())) <= 1, "several patterns of one type are alternatives"
        first = {name: values[0] for name, values in facets.items()}
        return SimpleType(
            _documentation(node),
            (*names, *parent.lineage),
            collapses=parent.collapses or "whiteSpace" in facets,
            words=tuple(facets.get("enumeration", parent.words)),
            patterns=(*parent.patterns, *map(re.compile, facets.get("pattern", ()))),
            minimum=Decimal(first["minInclusive"]) if "minInclusive" in first else parent.minimum,
            maximum=Decimal(first["maxInclusive"]) if "maxInclusive" in first else parent.maximum,
            digits=int(first["totalDigits"]) if "totalDigits" in first else parent.digits,
            shortest=int(first["minLength"]) if "minLength" in first else parent.shortest,
            longest=int(first["maxLength"]) if "maxLength" in first else parent.longest,
        )


def _builtin(name: str) -> SimpleType:
    """XSD's own types, as far as the schema uses them, with the form that the standard gives their values."""
    forms = {
        "xs:string": (),
        "xs:token": (),
        "xs:decimal": (r"[+\-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",),
        "xs:integer": (r"[+\-]?[0-9]+",),
    }
    return SimpleType("text", (name,), collapses=name != "xs:string", patterns=tuple(map(re.compile, forms[name])))


def _content(type_: etree._Element) -> etree._Element | None:
    """The part of a complex type that says which children it holds."""
    parts = {etree.QName(node).localname: node for node in type_.iterchildren(XS + "*")}
    assert parts.keys() <= PARTS, parts.keys() - PARTS
    found = [parts[name] for name in ("sequence", "choice", "group") if name in parts]
    return found[0] if found else None


def _occurrence(type_: etree._Element) -> Occurrence:
    """How many children a complex type holds."""
    content = _content(type_)
    if content is None:
        return NONE
    if content.tag == XS + "sequence":
        (content,) = content  # a sequence of several elements would need more than two numbers
    most = content.get("maxOccurs", "1")
    return Occurrence(int(content.get("minOccurs", "1")), math.inf if most == "unbounded" else int(most))


def _extended(type_: etree._Element) -> str | None:
    """The name of the simple type of the text that a complex type holds, if it holds text alone."""
    extension = type_.find(f"{XS}simpleContent/{XS}extension")
    return None if extension is None else extension.get("base")


def _documentation(node: etree._Element) -> str:
    documentation = _first(node, _DOCUMENTATION)
    return "" if documentation is None else documentation.text or ""


def _page(node: etree._Element) -> str:
    documentation = _first(node, _DOCUMENTATION)
    return "" if documentation is None else documentation.get("source", "")


_ANNOTATION: Final = XS + "annotation"
_DOCUMENTATION: Final = XS + "documentation"


def _first(node: etree._Element, tag: str) -> etree._Element | None:
    """The first part of a node's annotation that has the tag; a path would find it too, but takes ten times as long."""
    return next((part for annotation in node.iterchildren(_ANNOTATION) for part in annotation.iterchildren(tag)), None)


def _appinfo(node: etree._Element | None, source: str) -> str | None:
    return None if node is None else node.findtext(f"{XS}annotation/{XS}appinfo[@source='{source}']")


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
