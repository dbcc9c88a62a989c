"""The two engines that say whether the schema allows a document: libxml2 and xmlschema, which share no line of code.

Each has its own parser too, so that what the one reads differently from the other shows. What ``validate`` finds that they
could find as well stands beside them.
"""

from functools import cache, partial
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import xmlschema
from lxml import etree

from bxml import validate

SCHEMA: Final = Path(__file__).parents[1] / "schemas" / "bxml.xsd"

against_schema: Final = partial(validate, select=["schema"])
"""What ``validate`` finds without the rules that go beyond the schema."""


def libxml2_allows(document: bytes) -> bool:
    """Whether libxml2 can read a document, and finds it valid."""
    try:
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return False
    return _libxml2().validate(root)


def xmlschema_allows(document: bytes) -> bool:
    """Whether Expat can read a document, and xmlschema finds it valid."""
    try:
        root = ET.fromstring(document)
    except ET.ParseError:
        return False
    # xmlschema collapses every blank that Python knows; XML has four, and for it the others are signs like any.
    for node in root.iter():
        node.text = node.text and node.text.translate(_ORDINARY)
        for name, value in node.attrib.items():
            node.set(name, value.translate(_ORDINARY))
    return _xmlschema().is_valid(root)


_ORDINARY: Final = {code: "\x80" if code < 0xA0 else "·" for code in range(0x80, 0x10000) if chr(code).isspace()}
"""For each blank that is none in XML a sign of the same kind, which is control character or not."""


@cache
def _libxml2() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA))


@cache
def _xmlschema() -> xmlschema.XMLSchema10:
    return xmlschema.XMLSchema10(SCHEMA)
