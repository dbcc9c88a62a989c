"""The parts of XSD 1.0, and the facts in ``xs:appinfo``, that :mod:`bxml.schema` can read.

The reader ignores everything else. The tests check the schema, so programs do not spend time on these checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from lxml import etree

from bxml import schema
from bxml.schema import FACTS, INERT, TEXT_OF_ELEMENT, XS, Behavior, Element, UnsupportedSchema, Vocabulary, When

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
"""For each name of a supported element of XSD: the elements that can contain the element, and its attributes."""

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


def read_supported(document: etree._ElementTree) -> Vocabulary:
    """Return the vocabulary of a schema, after every part of it has been read.

    Raises:
        UnsupportedSchema: If the schema contains something that the reader does not support.
    """
    _reject_unknown_parts(document.getroot())
    _reject_unknown_parts(etree.parse(schema.path("xml-lang.xsd")).getroot())
    _reject_unknown_facts(document.getroot())
    vocabulary = schema._Reader(document).vocabulary()
    for element in vocabulary.declarations():
        _read_everything(element)
        _reject_unknown_attributes(element)
    for name, element in vocabulary.elements.items():
        if name not in vocabulary.roots and element.behavior is INERT:
            raise UnsupportedSchema(f"bxml.xsd: the verb {name} has no bxml:verb in its xs:appinfo")
    return vocabulary


def _read_everything(element: Element) -> None:
    """Read every part of a declaration, so that each error of the reader is raised."""
    for name in vars(Element):
        getattr(element, name)


def _reject_unknown_parts(root: etree._Element) -> None:
    """Raise ``UnsupportedSchema`` for an unknown or misplaced element or attribute of XSD. Ignore other namespaces."""
    for node in root.iter(XS + "*"):
        name = schema._local(node)
        parent = node.getparent()
        parents, attributes = PARTS.get(name, _part(""))
        if parent is not None and schema._local(parent) not in parents:
            raise schema._unsupported(node, f"xs:{name} in xs:{schema._local(parent)} is not supported")
        for attribute in sorted(map(str, node.keys())):
            if attribute not in attributes:
                raise schema._unsupported(node, f"the attribute {attribute} of xs:{name} is not supported")


def _reject_unknown_facts(root: etree._Element) -> None:
    """Raise ``UnsupportedSchema`` for a misspelled or misplaced element of ``xs:appinfo``."""
    for appinfo in root.iter(XS + "appinfo"):
        _, holder, *_ = appinfo.iterancestors()
        known = FACTS_OF.get(schema._local(holder), {})
        if any(text and not text.isspace() for text in (appinfo.text, *(fact.tail for fact in appinfo))):
            raise schema._unsupported(appinfo, "xs:appinfo contains text; write it in an element")
        for fact in appinfo.iterchildren("*"):
            name = str(fact.tag).removeprefix(FACTS)
            if name not in known:
                expected = f"expected {', '.join(known) or 'none here'}"
                raise schema._unsupported(fact, f"{name} is not a known fact of {holder.get('name')}; {expected}")
            for attribute in sorted(known[name].symmetric_difference(map(str, fact.keys()))):
                fault = "is missing the" if attribute in known[name] else "has the unknown"
                raise schema._unsupported(fact, f"bxml:{name} of {holder.get('name')} {fault} attribute {attribute}")


def _reject_unknown_attributes(element: Element) -> None:
    """Raise ``UnsupportedSchema`` if ``xs:appinfo`` names an attribute that the element does not have."""
    named = {when.attribute for when in element.behavior if isinstance(when, When)}
    for attribute in element.attributes.values():
        named |= {attribute.method_of, attribute.fallback_of, *attribute.username_at, *attribute.password_at}
    known: Iterable[str] = {"", *element.attributes, *([] if element.text is None else [TEXT_OF_ELEMENT])}
    for name in sorted(named.difference(known)):
        raise schema._unsupported(
            element.node, f"a fact of {element.name} names {name}, but {element.name} has no such attribute"
        )
