"""The two schema validators that the tests compare with ``bxml.validate``: libxml2 and xmlschema, which share no code.

Each validator uses its own XML parser, so a difference between the parsers becomes visible.
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
"""``validate`` without the rules that go beyond the schema, for comparison with the two validators."""


def libxml2_allows(document: bytes) -> bool:
    """Return whether libxml2 can parse a document and finds it valid."""
    try:
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return False
    return _libxml2().validate(root)


def xmlschema_allows(document: bytes) -> bool:
    """Return whether Expat can parse a document and xmlschema finds it valid."""
    try:
        root = ET.fromstring(document)
    except ET.ParseError:
        return False
    # xmlschema collapses all characters that are white space in Python. In XML only four of them are white space.
    for node in root.iter():
        node.text = node.text and node.text.translate(_ORDINARY)
        for name, value in node.attrib.items():
            node.set(name, value.translate(_ORDINARY))
    return _xmlschema().is_valid(root)


_ORDINARY: Final = {code: "\x80" if code < 0xA0 else "·" for code in range(0x80, 0x10000) if chr(code).isspace()}
"""Replacements for characters that are white space in Python but not in XML. The keys are code points.

Each control character is replaced by another control character.
"""


@cache
def _libxml2() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA))


@cache
def _xmlschema() -> xmlschema.XMLSchema10:
    return xmlschema.XMLSchema10(SCHEMA)
