"""Reader of the schema: the elements, attributes and limits in ``schemas/bxml.xsd``, and validation by libxml2.

The schema is the only source of these facts. Each declaration is read once, on first use, so a first document is built fast.

The reader supports only the parts of XSD 1.0 that the schema uses, and ignores what it does not know. The tests check that the
schema contains nothing else, so a new kind of limit in the schema cannot be overlooked in Python.
"""

from __future__ import annotations

import os
import re
from _thread import allocate_lock  # because threading takes longer to import
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NamedTuple, TypeVar, get_args

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
    """The smallest allowed number, as written in the schema; ``None`` if there is no lower limit."""
    most: str | None = None
    """The largest allowed number, as written in the schema; ``None`` if there is no upper limit."""
    digits: int | None = None
    """The maximum number of digits of a number."""
    shortest: int | None = None
    """The minimum length in characters."""
    longest: int | None = None
    """The maximum length in characters."""
    members: tuple[SimpleType, ...] = ()
    """The types of a union; a value must be valid for at least one of these types."""
    form: str = ""
    """A phrase that describes the form of a value and completes "expected …"; empty if the noun suffices."""

    @property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """The regular expressions, compiled on access, because compiling all of them takes longer than reading the schema."""
        return tuple(map(_compiled, self.expressions))

    @property
    def minimum(self) -> int | Decimal | None:
        """The smallest allowed number; ``None`` if there is no lower limit."""
        return None if self.least is None else _bound(self.least)

    @property
    def maximum(self) -> int | Decimal | None:
        """The largest allowed number; ``None`` if there is no upper limit."""
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
    """The condition under which the verb can keep the call connected; ``NEVER`` for a verb that ends when its audio ends."""
    answers: When = NEVER
    """The condition under which the verb answers an incoming call that is not answered yet."""
    ends: When = NEVER
    """The condition under which the verbs after this verb are never run."""
    contexts: frozenset[str] = frozenset()
    """The contexts in which the verb can be run."""


INERT: Final = Behavior()
"""The behavior of every element that is not a verb."""


class Attribute(Record):
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


T = TypeVar("T")


class _read_on_access(Generic[T]):  # noqa: N801  lower case, because it is used like a decorator
    """A property that is read from the schema on first access and then kept; all threads get the same object.

    The ``cached_property`` of Python 3.11 is not used, because it has a lock that another thread can hold during a fork.
    """

    def __init__(self, read: Callable[[Any], T]) -> None:
        self._read = read
        self._name = read.__name__

    def __get__(self, element: object, _: object) -> T:
        """Return the value, and store it in the element."""
        value: T = element.__dict__.setdefault(self._name, self._read(element))
        return value


class Element:
    """The declaration of an element in the schema; its parts are read on first access, because a program needs few of them."""

    def __init__(self, node: etree._Element, reader: _Reader) -> None:
        """Store the node of the declaration."""
        self.name: Final = node.get("name", "")
        self.node: Final = node
        self._reader: Final = reader

    @_read_on_access
    def _type(self) -> etree._Element | None:
        """Return the node of the complex type; ``None`` for a simple type."""
        # lxml treats an element without children as false, so "or" would drop an empty type.
        nested = _child(self.node, "complexType")
        return self._reader.named.get(("complexType", self.node.get("type", ""))) if nested is None else nested

    @_read_on_access
    def _facts(self) -> dict[str, etree._Element]:
        return _facts_of(self.node)

    @_read_on_access
    def documentation(self) -> str:
        """Return the description of the element."""
        return _documentation(self.node)

    @_read_on_access
    def page(self) -> str:
        """Return the URL of Bandwidth's page about the element."""
        return _page(self.node)

    @_read_on_access
    def attributes(self) -> Mapping[str, Attribute]:
        """Return the attributes, by their names."""
        return {} if self._type is None else {each.name: each for each in self._reader.attributes(self._type)}

    @_read_on_access
    def text(self) -> SimpleType | None:
        """Return the type of the text; ``None`` for an element that cannot contain text, or can also contain elements."""
        declaring = self.node if self._type is None else _extension(self._type)
        name = None if declaring is None else declaring.get("type", declaring.get("base"))
        return None if name is None else self._reader.simple_type(name)

    @_read_on_access
    def mixed(self) -> bool:
        """Return true if the element contains text and children."""
        return self._type is not None and self._type.get("mixed") == "true"

    @_read_on_access
    def needs_text(self) -> bool:
        """Return true if the mixed content must contain more than white space."""
        return "needsText" in self._facts

    @_read_on_access
    def children(self) -> Mapping[str, Element]:
        """Return the declarations of the elements that this element can contain, by their names."""
        found = map(self._reader.element, () if self._type is None else self._reader.particles(self._type))
        return {child.name: child for child in found}

    @_read_on_access
    def occurrence(self) -> Occurrence:
        """Return the number of children that the element can have."""
        return NONE if self._type is None else _occurrence(self._type)

    @_read_on_access
    def maximum_bytes(self) -> int | None:
        """Return the maximum size of the document in bytes, or ``None`` if this element is not the root of a document."""
        return None if self._type is None else _number(_facts_of(self._type).get("maximumBytes"))

    @_read_on_access
    def behavior(self) -> Behavior:
        """Return the effect of the verb on the call; :data:`INERT` if the element is not a verb."""
        return _behavior(self._facts["verb"]) if "verb" in self._facts else INERT

    @_read_on_access
    def most_tracks(self) -> int | None:
        """Return the maximum number of simultaneous tracks in a call, or ``None`` if this verb does not start tracks."""
        return _number(self._facts.get("mostTracks"))


class Vocabulary(Record):
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
        self.named: Final[Mapping[tuple[str, str], etree._Element]] = {
            (_local(node), prefix + node.get("name", "")): node
            for prefix, schema in (("", self._schema), ("xml:", imported))
            for node in schema.iterchildren(XS + "*")
        }
        self._elements: dict[etree._Element, Element] = {}
        self._types: dict[str, SimpleType] = {}

    def vocabulary(self) -> Vocabulary:
        globals_ = map(self.element, self._schema.iterchildren(XS + "element"))
        elements = {element.name: element for element in globals_}
        roots = {name: element for name, element in elements.items() if element.maximum_bytes is not None}
        # Both roots must have the same limit, because the size is checked before the root is known.
        sizes = {root.maximum_bytes for root in roots.values() if root.maximum_bytes is not None}
        if len(sizes) != 1:
            raise UnsupportedSchema(
                f"bxml.xsd: documents have {len(sizes)} different values of bxml:maximumBytes; use one value"
            )
        return Vocabulary(elements=elements, roots=roots, maximum_bytes=sizes.pop())

    def element(self, node: etree._Element) -> Element:
        """Return the declaration in a node, or the declaration that the node refers to."""
        if node.get("ref"):
            node = self.named["element", node.get("ref", "")]
        if node not in self._elements:
            # Declarations are compared by identity, so two threads must not get different objects.
            self._elements.setdefault(node, Element(node, self))
        return self._elements[node]

    def particles(self, type_: etree._Element) -> list[etree._Element]:
        """Return the nodes that declare the children of a type, or refer to their declarations."""
        content = _content(type_)
        if content is None:
            return []
        if content.tag == XS + "group":
            content = self.named["group", content.get("ref", "")][0]
            if "minOccurs" in content.attrib or "maxOccurs" in content.attrib:
                raise _unsupported(
                    content, "the content of xs:group must not have minOccurs or maxOccurs; write them on the reference"
                )
        particles = list(content.iterchildren(XS + "element"))
        for particle in particles if content.tag == XS + "choice" else ():
            if "minOccurs" in particle.attrib or "maxOccurs" in particle.attrib:
                raise _unsupported(
                    particle, "an element of xs:choice must not have minOccurs or maxOccurs; write them on xs:choice"
                )
        return particles

    def attributes(self, holder: etree._Element) -> Iterator[Attribute]:
        """Yield the attributes of a type or of a group of attributes."""
        extension = _extension(holder)
        for node in holder if extension is None else extension:
            if node.tag == XS + "attributeGroup":
                yield from self.attributes(self.named["attributeGroup", node.get("ref", "")])
            elif node.tag == XS + "attribute":
                name = node.get("name", node.get("ref", ""))
                if node.get("use", "required") != "required":
                    use = node.get("use")
                    raise _unsupported(
                        node, f'use="{use}" of {name} is not supported; expected use="required" or no use attribute'
                    )
                if "type" not in node.attrib and "ref" not in node.attrib:
                    raise _unsupported(node, f"{name} has no type attribute; add one, because a nested type is not supported")
                type_ = self.simple_type(node.get("type", "")) if "type" in node.attrib else self._referred(name)
                facts = _facts_of(node)
                yield Attribute(
                    name=name,
                    type=type_,
                    required=node.get("use") == "required",
                    documentation=_documentation(node),
                    default=facts["default"].text if "default" in facts else None,
                    method_of=facts["method"].get("of", "") if "method" in facts else "",
                    fallback_of=facts["fallback"].get("of", "") if "fallback" in facts else "",
                    username_at=tuple(facts["username"].get("at", "").split()) if "username" in facts else (),
                    password_at=tuple(facts["password"].get("at", "").split()) if "password" in facts else (),
                )

    def _referred(self, name: str) -> SimpleType:
        """Return the type of an attribute that is declared in the schema of another namespace."""
        return self._restricted((name,), self.named["attribute", name][0])

    def simple_type(self, name: str) -> SimpleType:
        """Return the simple type with a name."""
        if name not in self._types:
            node = self.named.get(("simpleType", name))
            self._types[name] = _builtin(name) if node is None else self._defined(name, node)
        return self._types[name]

    def _defined(self, name: str, node: etree._Element) -> SimpleType:
        union = _child(node, "union")
        if union is None:
            return self._restricted((name,), node)
        named = map(self.simple_type, union.get("memberTypes", "").split())
        anonymous = [self._restricted((), inner) for inner in union]
        noun, form = _noun_and_form(node)
        return SimpleType(noun, (name,), members=(*anonymous, *named), form=form)

    def _restricted(self, names: tuple[str, ...], node: etree._Element) -> SimpleType:
        """Return a type that restricts another type."""
        (restriction,) = node.iterchildren(XS + "restriction")
        parent = self.simple_type(restriction.get("base", ""))
        facets: dict[str, list[str]] = {}
        for facet in restriction:
            facets.setdefault(_local(facet), []).append(facet.get("value", ""))
        if facets.get("whiteSpace", ["collapse"]) != ["collapse"]:
            raise _unsupported(restriction, f'xs:whiteSpace "{facets["whiteSpace"][0]}" is not supported; expected "collapse"')
        # XSD joins several patterns of one type with "or", but this reader requires a match of all patterns.
        if len(facets.get("pattern", ())) > 1:
            raise _unsupported(
                restriction, "several xs:pattern in one type are not supported; combine them in one xs:pattern with |"
            )
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
    """Return the node that declares the children of a complex type, or ``None`` if the type has no children."""
    return _child(type_, "sequence", "choice", "group")


def _occurrence(type_: etree._Element) -> Occurrence:
    """Return the number of children that a complex type allows."""
    content = _content(type_)
    if content is None:
        return NONE
    if content.tag == XS + "sequence":
        content, *others = content.iterchildren(XS + "element")
        if others:  # an Occurrence cannot describe several elements
            raise _unsupported(content, f"xs:sequence of {1 + len(others)} elements is not supported; expected one element")
    # XSD defines 1 as the default of minOccurs and of maxOccurs.
    most = content.get("maxOccurs", "1")
    return Occurrence(int(content.get("minOccurs", "1")), float("inf") if most == "unbounded" else int(most))


def _extension(type_: etree._Element) -> etree._Element | None:
    """Return the node that declares the text and the attributes of a complex type, or ``None`` if it can have children."""
    content = _child(type_, "simpleContent")
    return None if content is None else _child(content, "extension")


def _child(node: etree._Element, *names: str) -> etree._Element | None:
    """Return the first child that is an element of XSD with one of the names; ``find`` would take three times as long."""
    return next(node.iterchildren(*[XS + name for name in names]), None)


def _documentation(node: etree._Element) -> str:
    documentation = _documentation_node(node)
    return "" if documentation is None else documentation.text or ""


def _noun_and_form(type_: etree._Element) -> tuple[str, str]:
    """Return the noun of a simple type and the form of its values: the documentation before and after the colon."""
    noun, _, form = _documentation(type_).partition(": ")
    return noun, form


def _page(node: etree._Element) -> str:
    documentation = _documentation_node(node)
    return "" if documentation is None else documentation.get("source", "")


def _documentation_node(node: etree._Element) -> etree._Element | None:
    annotation = _child(node, "annotation")
    return None if annotation is None else _child(annotation, "documentation")


def _local(node: etree._Element) -> str:
    return str(node.tag).removeprefix(XS)


def _facts_of(node: etree._Element) -> dict[str, etree._Element]:
    """Return the elements of ``xs:appinfo`` in the annotation of a node, by their names."""
    annotation = _child(node, "annotation")
    appinfos = () if annotation is None else annotation.iterchildren(XS + "appinfo")
    return {str(fact.tag).removeprefix(FACTS): fact for appinfo in appinfos for fact in appinfo.iterchildren("*")}


def _behavior(fact: etree._Element) -> Behavior:
    values = {str(name): str(value) for name, value in fact.items()}
    contexts = frozenset(values.pop("contexts").split())
    if not contexts or not contexts <= {*CONTEXTS}:
        raise _unsupported(fact, f"the contexts {sorted(contexts)} are invalid; expected one or more of {', '.join(CONTEXTS)}")
    return Behavior(contexts=contexts, **{name: _when(value, fact) for name, value in values.items()})


def _when(value: str, fact: etree._Element) -> When:
    if value in {"yes", "no"}:
        return When(value == "yes")
    if not value.startswith("@"):
        raise _unsupported(fact, f'"{value}" is not valid; expected yes, no, or @ and the name of an attribute')
    return When(attribute=value[1:])


def _number(fact: etree._Element | None) -> int | None:
    return None if fact is None else int(fact.text or "")


def _unsupported(node: etree._Element, message: str) -> UnsupportedSchema:
    file = os.path.basename(node.getroottree().docinfo.URL or "")
    return UnsupportedSchema(f"{file}:{node.sourceline}: {message}")
