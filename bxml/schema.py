"""The law: finds the XSD, reads its facts, and gives its verdict.

Everything that the package knows about elements, attributes and limits is read here, once, from ``schemas/bxml.xsd``.
Reading waits for the first use, so that importing the package costs next to nothing.

The reader knows the parts of XSD 1.0 that the schema uses and raises :class:`UnsupportedSchema` at any other: a new kind of
limit cannot be written into the schema and be overlooked in Python.
"""

from __future__ import annotations

import math
import os
import re
from _thread import allocate_lock  # threading takes longer to import
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar, get_args

from lxml import etree

if TYPE_CHECKING:
    from decimal import Decimal

XS: Final = "{http://www.w3.org/2001/XMLSchema}"
FACTS: Final = "{urn:bxml:facts}"
"""The namespace of the facts in ``xs:appinfo``; the head of the schema describes them."""

Context = Literal["call", "conference", "transfer-answer"]
"""Where a document is run: on a call, in a conference, or on a called party before it is connected."""

CONTEXTS: Final[tuple[Context, ...]] = get_args(Context)

TEXT_OF_ELEMENT: Final = "."
"""Stands for the text of an element among the places of its URLs."""

DEEPEST: Final = 100
"""Levels of nested elements that this package follows: not a limit of BXML, but libxml2's parser has one at 256."""


class UnsupportedSchema(Exception):
    """The schema states something that this package does not read."""


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


class When(NamedTuple):
    """When a verb does something: always, never, or as an attribute says: if that is given, or ``true`` if it is a ``bool``."""

    always: bool = False
    attribute: str = ""
    """The attribute that decides; empty if none does."""


NEVER: Final = When()


class Behavior(NamedTuple):
    """The effect of a verb on the call that runs it."""

    blocks: When = NEVER
    """It takes time, during which recordings, streams and transcriptions go on."""
    holds: When = NEVER
    """It can keep a call up, and does not end with the sound it makes."""
    answers: When = NEVER
    """It answers an incoming call that is not answered yet."""
    ends: When = NEVER
    """The verbs after it are never run."""
    contexts: frozenset[str] = frozenset()
    """Where it can be run: ``call``, ``conference``, ``transfer-answer``."""


INERT: Final = Behavior()
"""The behavior of every element that is not a verb."""


class Attribute(NamedTuple):
    """One attribute of one element."""

    name: str
    type: SimpleType
    required: bool
    documentation: str
    default: str | None = None
    """The value that the platform takes if there is none, where one is published."""
    method_of: str = ""
    """The attribute with the URL that is requested with this HTTP method, if this is a method."""
    fallback_of: str = ""
    """The attribute with the URL that this one is the fallback of, if it is a fallback."""
    username_at: tuple[str, ...] = ()
    """The attributes with the URLs that receive this user name, or :data:`TEXT_OF_ELEMENT`."""
    password_at: tuple[str, ...] = ()
    """The attributes with the URLs that receive this password, or :data:`TEXT_OF_ELEMENT`."""


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
    behavior: Behavior = INERT
    most_tracks: int | None = None
    """The tracks of all streams, or transcriptions, that run at once on a call, if this starts one."""


class Law(NamedTuple):
    """All facts of the schema."""

    elements: Mapping[str, Element]
    """The global elements: the roots and the verbs."""
    roots: Mapping[str, Element]
    """Those of them that are documents."""
    maximum_bytes: int
    """The size of the largest document, declaration included."""

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


def maximum_bytes() -> int:
    """The size of the largest document, declaration included."""
    return law().maximum_bytes


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
        for root in (self._schema, imported):
            _refuse_unknown_parts(root)
        self._refuse_unknown_facts()
        self._elements: dict[etree._Element, Element] = {}
        self._types: dict[str, SimpleType] = {}

    def law(self) -> Law:
        globals_ = map(self._element, self._schema.iterchildren(XS + "element"))
        elements = {element.name: element for element in globals_}
        roots = {name: element for name, element in elements.items() if element.maximum_bytes is not None}
        for name, element in elements.items():
            if name not in roots and element.behavior is INERT:
                raise UnsupportedSchema(f"bxml.xsd: the verb {name} has no bxml:verb in its xs:appinfo")
        sizes = {root.maximum_bytes for root in roots.values() if root.maximum_bytes is not None}
        if len(sizes) != 1:
            raise UnsupportedSchema(
                f"bxml.xsd: documents have {len(sizes)} different bxml:maximumBytes; all must have the same"
            )
        return Law(elements, roots, *sizes)

    def _refuse_unknown_facts(self) -> None:
        """Stop at a fact that is misspelled, or that stands where the reader does not look for it."""
        for appinfo in self._schema.iter(_APPINFO):
            holder = next(islice(appinfo.iterancestors(), 1, None))
            known = FACTS_OF.get(str(holder.tag).removeprefix(XS), {})
            if any(text and not text.isspace() for text in (appinfo.text, *(fact.tail for fact in appinfo))):
                raise _unsupported(appinfo, "xs:appinfo holds text; write it in an element")
            for fact in appinfo.iterchildren("*"):
                name = _name_of(fact)
                if name not in known:
                    expected = f"expected {', '.join(known) or 'none here'}"
                    raise _unsupported(fact, f"{name} is not a known fact of {holder.get('name')}; {expected}")
                for attribute in sorted(known[name].symmetric_difference(map(str, fact.keys()))):
                    fault = "is missing the" if attribute in known[name] else "has the unknown"
                    raise _unsupported(fact, f"bxml:{name} of {holder.get('name')} {fault} attribute {attribute}")

    def _element(self, node: etree._Element) -> Element:
        if node.get("ref"):
            node = self._named["element", node.get("ref", "")]
        if node not in self._elements:
            type_ = node.find(XS + "complexType")
            if type_ is None:
                type_ = self._named.get(("complexType", node.get("type", "")))
            facts = _facts(node)
            element = Element(
                node.get("name", ""),
                _documentation(node),
                _page(node),
                {} if type_ is None else {attribute.name: attribute for attribute in self._attributes(type_)},
                text=self._text(node.get("type") if type_ is None else _extended(type_)),
                mixed=type_ is not None and type_.get("mixed") == "true",
                needs_text="needsText" in facts,
                maximum_bytes=None if type_ is None else _number(_facts(type_).get("maximumBytes")),
                occurrence=NONE if type_ is None else _occurrence(type_),
                behavior=_behavior(facts["verb"]) if "verb" in facts else INERT,
                most_tracks=_number(facts.get("mostTracks")),
            )
            _refuse_dangling(element, node)
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
            if "minOccurs" in content.attrib or "maxOccurs" in content.attrib:
                raise _unsupported(
                    content, "minOccurs and maxOccurs in xs:group are not supported; write them where it is used"
                )
        particles = list(content.iterchildren(XS + "element"))
        for particle in particles if content.tag == XS + "choice" else ():
            if "minOccurs" in particle.attrib or "maxOccurs" in particle.attrib:
                raise _unsupported(particle, "minOccurs and maxOccurs in xs:choice are not supported; write them on the choice")
        return particles

    def _attributes(self, holder: etree._Element) -> Iterator[Attribute]:
        extension = holder.find(f"{XS}simpleContent/{XS}extension")
        for node in holder if extension is None else extension:
            if node.tag == XS + "attributeGroup":
                yield from self._attributes(self._named["attributeGroup", node.get("ref", "")])
            elif node.tag == XS + "attribute":
                name = node.get("name", node.get("ref", ""))
                if node.get("use", "required") != "required":
                    raise _unsupported(
                        node, f'use="{node.get("use")}" of {name} is not supported; expected "required" or no use'
                    )
                if "type" not in node.attrib and "ref" not in node.attrib:
                    raise _unsupported(node, f"{name} has no type; name one, for a type within it is not supported")
                type_ = self._simple(node.get("type", "")) if "type" in node.attrib else self._referred(name)
                facts = _facts(node)
                yield Attribute(
                    name,
                    type_,
                    node.get("use") == "required",
                    _documentation(node),
                    default=facts["default"].text if "default" in facts else None,
                    method_of=facts["method"].get("of", "") if "method" in facts else "",
                    fallback_of=facts["fallback"].get("of", "") if "fallback" in facts else "",
                    username_at=tuple(facts["username"].get("at", "").split()) if "username" in facts else (),
                    password_at=tuple(facts["password"].get("at", "").split()) if "password" in facts else (),
                )

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

        (restriction,) = node.iterchildren(XS + "restriction")
        parent = self._simple(restriction.get("base", ""))
        facets: dict[str, list[str]] = {}
        for facet in restriction:
            facets.setdefault(etree.QName(facet).localname, []).append(facet.get("value", ""))
        if facets.get("whiteSpace", ["collapse"]) != ["collapse"]:
            raise _unsupported(restriction, f'xs:whiteSpace "{facets["whiteSpace"][0]}" is not supported; expected "collapse"')
        if len(facets.get("pattern", ())) > 1:
            raise _unsupported(restriction, "several xs:pattern in one type are not supported; write them as one with |")
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
    if name not in forms:
        raise UnsupportedSchema(f"bxml.xsd: the type {name} is not supported; expected one of {', '.join(forms)}")
    return SimpleType("text", (name,), collapses=name != "xs:string", patterns=tuple(map(re.compile, forms[name])))


def _content(type_: etree._Element) -> etree._Element | None:
    """The part of a complex type that says which children it holds."""
    parts = {etree.QName(node).localname: node for node in type_.iterchildren(XS + "*")}
    found = [parts[name] for name in ("sequence", "choice", "group") if name in parts]
    return found[0] if found else None


def _occurrence(type_: etree._Element) -> Occurrence:
    """How many children a complex type holds."""
    content = _content(type_)
    if content is None:
        return NONE
    if content.tag == XS + "sequence":
        content, *others = content.iterchildren(XS + "element")
        if others:  # which would need more than two numbers
            raise _unsupported(content, f"xs:sequence of {1 + len(others)} elements is not supported; it must have one")
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
_APPINFO: Final = XS + "appinfo"


def _first(node: etree._Element, tag: str) -> etree._Element | None:
    """The first part of a node's annotation that has the tag; a path would find it too, but takes ten times as long."""
    return next((part for annotation in node.iterchildren(_ANNOTATION) for part in annotation.iterchildren(tag)), None)


class Part(NamedTuple):
    """A part of XSD that the reader knows."""

    parents: frozenset[str]
    attributes: frozenset[str]


def _part(parents: str, attributes: str = "") -> Part:
    return Part(frozenset(parents.split()), frozenset(attributes.split()))


_FACET: Final = _part("restriction", "value")

PARTS: Final[Mapping[str, Part]] = {
    "schema": _part("", "targetNamespace {http://www.w3.org/XML/1998/namespace}lang"),
    "import": _part("schema", "namespace schemaLocation"),
    "annotation": _part("element attribute simpleType complexType"),
    "documentation": _part("annotation", "source"),
    "appinfo": _part("annotation"),
    "element": _part("schema sequence choice", "name type ref minOccurs maxOccurs"),
    "complexType": _part("schema element", "name mixed"),
    "simpleContent": _part("complexType"),
    "extension": _part("simpleContent", "base"),
    "sequence": _part("complexType"),
    "choice": _part("complexType group", "minOccurs maxOccurs"),
    "group": _part("schema complexType", "name ref minOccurs maxOccurs"),
    "attributeGroup": _part("schema complexType extension", "name ref"),
    "attribute": _part("schema complexType extension attributeGroup", "name ref type use"),
    "simpleType": _part("schema attribute union", "name"),
    "union": _part("simpleType", "memberTypes"),
    "restriction": _part("simpleType", "base"),
    **dict.fromkeys(("enumeration", "pattern", "whiteSpace"), _FACET),
    **dict.fromkeys(("minInclusive", "maxInclusive", "totalDigits", "minLength", "maxLength"), _FACET),
}
"""The parts of XSD that the reader knows, with where each can stand and what attributes it can have."""


def _refuse_unknown_parts(schema: etree._Element) -> None:
    for node in schema.iter(XS + "*"):
        name = str(node.tag).removeprefix(XS)
        parent = node.getparent()
        holder = "" if parent is None else str(parent.tag).removeprefix(XS)
        part = PARTS.get(name)
        if part is None or (holder and holder not in part.parents):
            raise _unsupported(node, f"xs:{name} in xs:{holder} is not supported")
        for attribute in sorted(set(map(str, node.keys())) - part.attributes):
            raise _unsupported(node, f"the attribute {attribute} of xs:{name} is not supported")


FACTS_OF: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "element": {"verb": frozenset(Behavior._fields), "needsText": frozenset(), "mostTracks": frozenset()},
    "complexType": {"maximumBytes": frozenset()},
    "attribute": {
        "default": frozenset(),
        "method": frozenset({"of"}),
        "fallback": frozenset({"of"}),
        "username": frozenset({"at"}),
        "password": frozenset({"at"}),
    },
}
"""The facts that each kind of declaration can have, each with the attributes that it must have."""


def _facts(node: etree._Element) -> dict[str, etree._Element]:
    """The facts in the annotation of a node, by their names."""
    return {
        _name_of(fact): fact
        for annotation in node.iterchildren(_ANNOTATION)
        for appinfo in annotation.iterchildren(_APPINFO)
        for fact in appinfo.iterchildren("*")
    }


def _name_of(fact: etree._Element) -> str:
    """The name of a fact; in another namespace it keeps that, and is not known."""
    return str(fact.tag).removeprefix(FACTS)


def _behavior(fact: etree._Element) -> Behavior:
    said = {str(name): str(value) for name, value in fact.items()}
    contexts = frozenset(said.pop("contexts").split())
    if not contexts or not contexts <= {*CONTEXTS}:
        raise _unsupported(fact, f"the contexts {sorted(contexts)} are not some of {', '.join(CONTEXTS)}")
    return Behavior(contexts=contexts, **{name: _when(value, fact) for name, value in said.items()})


def _when(said: str, fact: etree._Element) -> When:
    if said in {"yes", "no"}:
        return When(said == "yes")
    if not said.startswith("@"):
        raise _unsupported(fact, f'"{said}" is not yes, no, or @ and the name of an attribute')
    return When(attribute=said[1:])


def _refuse_dangling(element: Element, node: etree._Element) -> None:
    """Stop at a fact that names an attribute which its element does not have."""
    named = {when.attribute for when in element.behavior if isinstance(when, When)}
    for attribute in element.attributes.values():
        named |= {attribute.method_of, attribute.fallback_of, *attribute.username_at, *attribute.password_at}
    known = {"", *element.attributes, *([] if element.text is None else [TEXT_OF_ELEMENT])}
    for name in sorted(named - known):
        raise _unsupported(node, f"a fact of {element.name} names {name}, which is not an attribute of it")


def _number(fact: etree._Element | None) -> int | None:
    return None if fact is None else int(fact.text or "")


def _unsupported(node: etree._Element, message: str) -> UnsupportedSchema:
    file = os.path.basename(node.getroottree().docinfo.URL or "")
    return UnsupportedSchema(f"{file}:{node.sourceline}: {message}")
