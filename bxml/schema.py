"""Reader of the schema: the elements, attributes and limits in ``schemas/bxml.xsd``, and validation by libxml2.

The schema is the only source of these facts. It is read once, on first use, so importing the package stays fast.

The reader supports only the parts of XSD 1.0 that the schema uses. For every other part it raises :class:`UnsupportedSchema`,
so a new kind of limit in the schema cannot be overlooked in Python.
"""

from __future__ import annotations

import math
import os
import re
from _thread import allocate_lock  # because threading takes longer to import
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, TypeVar, get_args

from lxml import etree

from bxml.record import Record

if TYPE_CHECKING:
    from decimal import Decimal

XS: Final = "{http://www.w3.org/2001/XMLSchema}"
FACTS: Final = "{urn:bxml:facts}"
"""The XML namespace of the elements in ``xs:appinfo``; the comment at the top of the schema describes these elements."""

Context = Literal["call", "conference", "transfer-answer"]
"""The place where a document runs: a call, a conference, or the called party of a transfer before that party is connected."""

CONTEXTS: Final[tuple[Context, ...]] = get_args(Context)
"""All contexts in which a document can run."""

TEXT_OF_ELEMENT: Final = "."
"""Placeholder in a list of attributes that contain URLs: it stands for the text of the element."""

MAXIMUM_DEPTH: Final = 100
"""Maximum number of nested levels that this package reads. BXML sets no limit, but libxml2 has a limit of 256."""


class UnsupportedSchema(Exception):
    """The schema contains something that this package cannot read."""


class SimpleType(NamedTuple):
    """The type of an attribute, or of the text of an element."""

    noun: str
    """A noun phrase that completes "the value is not …"."""
    lineage: tuple[str, ...]
    """Names of this type and of its base types, up to the built-in type of XSD."""
    collapses: bool = False
    """True if white space is collapsed before a value is checked."""
    words: tuple[str, ...] = ()
    """The enumerated values; empty if the type is not an enumeration."""
    expressions: tuple[str, ...] = ()
    """Regular expressions that must all match the whole value."""
    least: str | None = None
    """The smallest allowed number, as written in the schema; ``None`` without a lower limit."""
    most: str | None = None
    """The largest allowed number, as written in the schema; ``None`` without an upper limit."""
    digits: int | None = None
    """The maximum number of digits of a number."""
    shortest: int | None = None
    """The minimum length in characters."""
    longest: int | None = None
    """The maximum length in characters."""
    members: tuple[SimpleType, ...] = ()
    """The types of a union; a value must be valid for one of them."""
    form: str = ""
    """A phrase that describes the form of a value and completes "expected …"; empty if the noun suffices."""

    @property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """The regular expressions, compiled on access, because compiling all of them takes longer than reading the schema."""
        return tuple(map(_compiled, self.expressions))

    @property
    def minimum(self) -> int | Decimal | None:
        """The smallest allowed number; ``None`` without a lower limit."""
        return None if self.least is None else _bound(self.least)

    @property
    def maximum(self) -> int | Decimal | None:
        """The largest allowed number; ``None`` without an upper limit."""
        return None if self.most is None else _bound(self.most)


_compiled: Final = cache(re.compile)


@cache
def _bound(text: str) -> int | Decimal:
    """Return a number of the schema; ``decimal`` is imported only for a fraction, because the import is slow."""
    if text.lstrip("-").isdigit():
        return int(text)
    from decimal import Decimal

    return Decimal(text)


class Occurrence(NamedTuple):
    """The minimum and maximum number of children."""

    least: int
    most: float
    """The maximum number of children: an integer, or infinity."""


NONE: Final = Occurrence(0, 0)


class When(NamedTuple):
    """The condition under which a verb has an effect: always, never, or if an attribute is set.

    An attribute of type ``bool`` counts as set only if it is ``true``.
    """

    always: bool = False
    attribute: str = ""
    """The attribute that decides; empty if the effect does not depend on an attribute."""


NEVER: Final = When()


class Behavior(NamedTuple):
    """The effect of a verb on the call that runs it."""

    blocks: When = NEVER
    """The condition under which the verb takes time; recordings, streams and transcriptions continue meanwhile."""
    holds: When = NEVER
    """The condition under which the verb can keep the call connected; never true for a verb that ends when its audio ends."""
    answers: When = NEVER
    """The condition under which the verb answers an incoming call that is not answered yet."""
    ends: When = NEVER
    """The condition under which the verbs after this verb are never run."""
    contexts: frozenset[str] = frozenset()
    """The contexts in which the verb can be run."""


INERT: Final = Behavior()
"""The behavior of every element that is not a verb."""


class Attribute(NamedTuple):
    """The declaration of an attribute in the schema."""

    name: str
    type: SimpleType
    required: bool
    documentation: str
    default: str | None = None
    """The default value that Bandwidth publishes; ``None`` if no default is published."""
    method_of: str = ""
    """The attribute with the URL that this HTTP method belongs to; empty if this attribute is not an HTTP method."""
    fallback_of: str = ""
    """The attribute with the primary URL of this fallback URL; empty if this attribute is not a fallback URL."""
    username_at: tuple[str, ...] = ()
    """The attributes whose URLs receive this user name; :data:`TEXT_OF_ELEMENT` stands for a URL in the text."""
    password_at: tuple[str, ...] = ()
    """The attributes whose URLs receive this password; :data:`TEXT_OF_ELEMENT` stands for a URL in the text."""


class Element(Record):
    """The declaration of an element in the schema."""

    name: str
    documentation: str
    page: str
    """The URL of Bandwidth's page about the element."""
    attributes: Mapping[str, Attribute]
    text: SimpleType | None = None
    """The type of the text, if the element contains text only."""
    mixed: bool = False
    """True if the element contains text and children."""
    needs_text: bool = False
    """True if the mixed content must contain more than white space."""
    children: dict[str, Element]
    occurrence: Occurrence = NONE
    """The number of children that the element can have."""
    maximum_bytes: int | None = None
    """The maximum size of the document in bytes; ``None`` if this element is not the root of a document."""
    behavior: Behavior = INERT
    most_tracks: int | None = None
    """The maximum number of simultaneous tracks in a call, if this verb starts a stream or a transcription."""


class Vocabulary(NamedTuple):
    """Everything that the schema declares."""

    elements: Mapping[str, Element]
    """The global elements: the roots and the verbs."""
    roots: Mapping[str, Element]
    """The global elements that are roots of documents."""
    maximum_bytes: int
    """The maximum size of a document in bytes, including the XML declaration."""

    def declarations(self) -> Iterator[Element]:
        """Yield every declaration of every element once."""
        # SSML elements contain each other, so the declarations form cycles.
        seen: set[int] = set()
        waiting = list(self.elements.values())
        while waiting:
            element = waiting.pop()
            if id(element) not in seen:
                seen.add(id(element))
                yield element
                waiting.extend(element.children.values())


TEXT: Final = SimpleType("text", ("xs:string",))
"""The type of any text."""


T = TypeVar("T")


def _once(make: Callable[[], T]) -> Callable[[], T]:
    """Return a function that calls ``make`` on the first call and returns the same object to all threads.

    The parts of the object are compared by identity, so two threads must not get different objects.
    """
    lock = allocate_lock()
    made: list[T] = []

    def renew() -> None:  # pragma: no cover  it runs in child processes
        nonlocal lock
        lock = allocate_lock()  # a thread of the parent process may hold the old lock

    getattr(os, "register_at_fork", dict)(after_in_child=renew)  # Windows has no fork

    def get() -> T:
        if not made:
            with lock:
                if not made:  # pragma: no branch  false only after another thread has made the object
                    made.append(make())
        return made[0]

    return get


def path(name: str = "bxml.xsd") -> str:
    """Return the path of a schema file: inside an installed package, or beside the package in a source tree."""
    package = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(package, "schemas", name)
    return inside if os.path.exists(inside) else os.path.join(os.path.dirname(package), "schemas", name)


@_once
def _parsed() -> etree._ElementTree:
    """Return the parsed schema file."""
    return etree.parse(path())


@_once
def compiled() -> etree.XMLSchema:
    """Return the schema, compiled by libxml2."""
    return etree.XMLSchema(_parsed())


def allows(root: etree._Element) -> bool:
    """Return whether libxml2 accepts a document."""
    return compiled().validate(root)


def tree(data: bytes) -> etree._Element:
    """Parse a document with libxml2; entities are not expanded, and nothing external is fetched.

    Raises:
        lxml.etree.XMLSyntaxError: If the document is not well-formed.
    """
    return etree.fromstring(data, _PARSER)


# The encoding is set because a document in UTF-8 can declare another encoding.
_PARSER: Final = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, collect_ids=False)


@_once
def vocabulary() -> Vocabulary:
    """Return everything that the schema declares."""
    return _Reader(_parsed()).vocabulary()


@_once
def attributes() -> Mapping[str, Mapping[str, Attribute]]:
    """Return all attributes, by the name of the element and then by the name of the attribute.

    If several declarations of elements have the same name, their attributes are combined.
    """
    found: dict[str, dict[str, Attribute]] = {}
    for element in vocabulary().declarations():
        found.setdefault(element.name, {}).update(element.attributes)
    return found


def maximum_bytes() -> int:
    """Return the maximum size of a document in bytes, including the XML declaration."""
    return vocabulary().maximum_bytes


class _Reader:
    """Reads the nodes of the XSD."""

    def __init__(self, document: etree._ElementTree) -> None:
        self._schema = document.getroot()
        imported = etree.parse(path("xml-lang.xsd")).getroot()
        # The tag is part of the key, because XSD lets an element, a type and a group have the same name.
        self._named: dict[tuple[str, str], etree._Element] = {
            (_local(node), prefix + node.get("name", "")): node
            for prefix, schema in (("", self._schema), ("xml:", imported))
            for node in schema.iterchildren(XS + "*")
        }
        # Keeping lxml's objects for the nodes saves creating them again at each visit of a node.
        self._nodes = [node for root in (self._schema, imported) for node in root.iter()]
        # These checks come first, because the methods below ignore what they do not know.
        _reject_unknown_parts(self._nodes)
        self._reject_unknown_facts()
        self._elements: dict[etree._Element, Element] = {}
        self._types: dict[str, SimpleType] = {}

    def vocabulary(self) -> Vocabulary:
        globals_ = map(self._element, self._schema.iterchildren(XS + "element"))
        elements = {element.name: element for element in globals_}
        roots = {name: element for name, element in elements.items() if element.maximum_bytes is not None}
        for name, element in elements.items():
            if name not in roots and element.behavior is INERT:
                raise UnsupportedSchema(f"bxml.xsd: the verb {name} has no bxml:verb in its xs:appinfo")
        # Both roots must have the same limit, because the size is checked before the root is known.
        sizes = {root.maximum_bytes for root in roots.values() if root.maximum_bytes is not None}
        if len(sizes) != 1:
            raise UnsupportedSchema(
                f"bxml.xsd: documents have {len(sizes)} different bxml:maximumBytes; all must have the same"
            )
        return Vocabulary(elements, roots, *sizes)

    def _reject_unknown_facts(self) -> None:
        """Raise ``UnsupportedSchema`` for a misspelled or misplaced element of ``xs:appinfo``."""
        for appinfo in self._schema.iter(_APPINFO):
            holder = next(islice(appinfo.iterancestors(), 1, None))
            known = FACTS_OF.get(str(holder.tag).removeprefix(XS), {})
            if any(text and not text.isspace() for text in (appinfo.text, *(fact.tail for fact in appinfo))):
                raise _unsupported(appinfo, "xs:appinfo contains text; write it in an element")
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
            # lxml treats an element without children as false, so "or" would drop an empty type.
            if type_ is None:
                type_ = self._named.get(("complexType", node.get("type", "")))
            facts = _facts(node)
            element = Element(
                name=node.get("name", ""),
                documentation=_documentation(node),
                page=_page(node),
                attributes={} if type_ is None else {attribute.name: attribute for attribute in self._attributes(type_)},
                children={},
                text=self._text(node.get("type") if type_ is None else _extended(type_)),
                mixed=type_ is not None and type_.get("mixed") == "true",
                needs_text="needsText" in facts,
                maximum_bytes=None if type_ is None else _number(_facts(type_).get("maximumBytes")),
                occurrence=NONE if type_ is None else _occurrence(type_),
                behavior=_behavior(facts["verb"]) if "verb" in facts else INERT,
                most_tracks=_number(facts.get("mostTracks")),
            )
            _reject_unknown_attributes(element, node)
            self._elements[node] = element  # stored before the children are read, because SSML elements contain themselves
            for child in map(self._element, self._particles(type_)):
                element.children[child.name] = child
        return self._elements[node]

    def _text(self, name: str | None) -> SimpleType | None:
        return None if name is None else self._simple(name)

    def _particles(self, type_: etree._Element | None) -> list[etree._Element]:
        """Return the nodes that declare the children of a type, or refer to their declarations."""
        content = None if type_ is None else _content(type_)
        if content is None:
            return []
        if content.tag == XS + "group":
            content = self._named["group", content.get("ref", "")][0]
            if "minOccurs" in content.attrib or "maxOccurs" in content.attrib:
                raise _unsupported(
                    content, "minOccurs and maxOccurs in xs:group are not supported; write them where the group is used"
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
                    raise _unsupported(node, f"{name} has no type attribute; add one, because a nested type is not supported")
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
        """Return the type of an attribute that is declared in the schema of another namespace."""
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
        noun, form = _noun_and_form(node)
        return SimpleType(noun, (name,), members=(*anonymous, *named), form=form)

    def _restricted(self, names: tuple[str, ...], node: etree._Element) -> SimpleType:
        """Return a type that restricts another type."""
        (restriction,) = node.iterchildren(XS + "restriction")
        parent = self._simple(restriction.get("base", ""))
        facets: dict[str, list[str]] = {}
        for facet in restriction:
            facets.setdefault(_local(facet), []).append(facet.get("value", ""))
        if facets.get("whiteSpace", ["collapse"]) != ["collapse"]:
            raise _unsupported(restriction, f'xs:whiteSpace "{facets["whiteSpace"][0]}" is not supported; expected "collapse"')
        # XSD joins several patterns of one type with "or", but this reader requires a match of all patterns.
        if len(facets.get("pattern", ())) > 1:
            raise _unsupported(restriction, "several xs:pattern in one type are not supported; write them as one with |")
        first = {name: values[0] for name, values in facets.items()}
        noun, form = _noun_and_form(node)
        return SimpleType(
            noun,
            (*names, *parent.lineage),
            collapses=parent.collapses or "whiteSpace" in facets,
            words=tuple(facets.get("enumeration", parent.words)),
            expressions=(*parent.expressions, *facets.get("pattern", ())),
            least=first.get("minInclusive", parent.least),
            most=first.get("maxInclusive", parent.most),
            digits=int(first["totalDigits"]) if "totalDigits" in first else parent.digits,
            shortest=int(first["minLength"]) if "minLength" in first else parent.shortest,
            longest=int(first["maxLength"]) if "maxLength" in first else parent.longest,
            form=form,
        )


def _builtin(name: str) -> SimpleType:
    """Return a built-in type of XSD, with the pattern that the standard defines for its values."""
    forms = {
        "xs:string": (),
        "xs:token": (),
        "xs:decimal": (r"[+\-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",),
        "xs:integer": (r"[+\-]?[0-9]+",),
    }
    if name not in forms:
        raise UnsupportedSchema(f"bxml.xsd: the type {name} is not supported; expected one of {', '.join(forms)}")
    return SimpleType("text", (name,), collapses=name != "xs:string", expressions=forms[name])


def _content(type_: etree._Element) -> etree._Element | None:
    """Return the node that declares the children of a complex type; ``None`` without children."""
    parts = {_local(node): node for node in type_.iterchildren(XS + "*")}
    found = [parts[name] for name in ("sequence", "choice", "group") if name in parts]
    return found[0] if found else None


def _occurrence(type_: etree._Element) -> Occurrence:
    """Return the number of children that a complex type allows."""
    content = _content(type_)
    if content is None:
        return NONE
    if content.tag == XS + "sequence":
        content, *others = content.iterchildren(XS + "element")
        if others:  # an Occurrence cannot describe several elements
            raise _unsupported(content, f"xs:sequence of {1 + len(others)} elements is not supported; it must have one")
    # XSD defines 1 as the default of minOccurs and of maxOccurs.
    most = content.get("maxOccurs", "1")
    return Occurrence(int(content.get("minOccurs", "1")), math.inf if most == "unbounded" else int(most))


def _extended(type_: etree._Element) -> str | None:
    """Return the type name of the text in a complex type; ``None`` if its content is not plain text."""
    extension = type_.find(f"{XS}simpleContent/{XS}extension")
    return None if extension is None else extension.get("base")


def _documentation(node: etree._Element) -> str:
    documentation = _first(node, _DOCUMENTATION)
    return "" if documentation is None else documentation.text or ""


def _noun_and_form(type_: etree._Element) -> tuple[str, str]:
    """Return the noun of a simple type and the form of its values: the documentation before and after the colon."""
    noun, _, form = _documentation(type_).partition(": ")
    return noun, form


def _page(node: etree._Element) -> str:
    documentation = _first(node, _DOCUMENTATION)
    return "" if documentation is None else documentation.get("source", "")


_ANNOTATION: Final = XS + "annotation"
_DOCUMENTATION: Final = XS + "documentation"
_APPINFO: Final = XS + "appinfo"


def _annotation(node: etree._Element) -> Iterable[etree._Element]:
    """Return the children of a node's annotation; by the standard of XSD, the annotation is the first child of the node."""
    first = next(node.iterchildren("*"), None)
    return first if first is not None and first.tag == _ANNOTATION else ()


def _first(node: etree._Element, tag: str) -> etree._Element | None:
    """Return the first child of a node's annotation that has the tag; an XPath expression would take ten times as long."""
    for part in _annotation(node):
        if part.tag == tag:
            return part
    return None


Part: TypeAlias = tuple[frozenset[str], frozenset[str]]
"""For a supported element of XSD: the names of the elements that can contain it, and the names of its attributes."""


def _part(parents: str, attributes: str = "") -> Part:
    return frozenset(parents.split()), frozenset(attributes.split())


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
"""For each supported element of XSD, by its name: the elements that can contain it, and its attributes."""


_PARTS_BY_TAG: Final = {
    XS + name: (frozenset(XS + child for child, (parents, _) in PARTS.items() if name in parents), attributes)
    for name, (_, attributes) in PARTS.items()
}
"""For each supported element of XSD, by its tag: the tags of the allowed children, and the names of the allowed attributes."""


def _reject_unknown_parts(nodes: Iterable[etree._Element]) -> None:
    """Raise ``UnsupportedSchema`` for an unknown or misplaced element or attribute of XSD; ignore other namespaces."""
    for node in nodes:
        part = _PARTS_BY_TAG.get(str(node.tag))
        if part is None:
            continue
        children, attributes = part
        if not attributes.issuperset(node.keys()):
            unknown = min(set(map(str, node.keys())) - attributes)
            raise _unsupported(node, f"the attribute {unknown} of xs:{_local(node)} is not supported")
        for child in node:
            if child.tag not in children and str(child.tag).startswith(XS):
                raise _unsupported(child, f"xs:{_local(child)} in xs:{_local(node)} is not supported")


def _local(node: etree._Element) -> str:
    return str(node.tag).removeprefix(XS)


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
"""For each kind of declaration, by the name of its XSD element: the elements that its ``xs:appinfo`` can contain.

The value for each of these elements is the set of its attributes, which are all required.
"""


def _facts(node: etree._Element) -> dict[str, etree._Element]:
    """Return the elements of ``xs:appinfo`` in the annotation of a node, by their names."""
    return {_name_of(fact): fact for part in _annotation(node) if part.tag == _APPINFO for fact in part.iterchildren("*")}


def _name_of(fact: etree._Element) -> str:
    """Return the name of an element of ``xs:appinfo``; a name from another namespace keeps the namespace, so it is unknown."""
    return str(fact.tag).removeprefix(FACTS)


def _behavior(fact: etree._Element) -> Behavior:
    values = {str(name): str(value) for name, value in fact.items()}
    contexts = frozenset(values.pop("contexts").split())
    if not contexts or not contexts <= {*CONTEXTS}:
        raise _unsupported(fact, f"the contexts {sorted(contexts)} are not valid; expected some of {', '.join(CONTEXTS)}")
    return Behavior(contexts=contexts, **{name: _when(value, fact) for name, value in values.items()})


def _when(value: str, fact: etree._Element) -> When:
    if value in {"yes", "no"}:
        return When(value == "yes")
    if not value.startswith("@"):
        raise _unsupported(fact, f'"{value}" is not valid; expected yes, no, or @ and the name of an attribute')
    return When(attribute=value[1:])


def _reject_unknown_attributes(element: Element, node: etree._Element) -> None:
    """Raise ``UnsupportedSchema`` if ``xs:appinfo`` names an attribute that the element does not have."""
    named = {when.attribute for when in element.behavior if isinstance(when, When)}
    for attribute in element.attributes.values():
        named |= {attribute.method_of, attribute.fallback_of, *attribute.username_at, *attribute.password_at}
    known = {"", *element.attributes, *([] if element.text is None else [TEXT_OF_ELEMENT])}
    for name in sorted(named - known):
        raise _unsupported(node, f"a fact of {element.name} names {name}, but {element.name} has no such attribute")


def _number(fact: etree._Element | None) -> int | None:
    return None if fact is None else int(fact.text or "")


def _unsupported(node: etree._Element, message: str) -> UnsupportedSchema:
    file = os.path.basename(node.getroottree().docinfo.URL or "")
    return UnsupportedSchema(f"{file}:{node.sourceline}: {message}")
