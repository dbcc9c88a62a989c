"""Recognition of XML files that are not BXML: files with another root element, and TwiML."""

from __future__ import annotations

import re
from typing import Final

from bxml import schema

_ROOT: Final = re.compile(r"\ufeff?(?>\s+|<\?(?>.*?\?>)|<!--(?>.*?-->)|<!DOCTYPE[^>\[]*>)*+<([^\s/>]+)", re.DOTALL).match
"""Matches everything up to the name of the root element, without backtracking: files may be large and are not trusted."""

_ELEMENT: Final = re.compile(r"<([A-Za-z]\w*+)").finditer

_TEMPLATE_MARKS: Final = ("{{", "{%", "{#", "<%", "<?")
"""The strings at the beginning of a template whose first tag is before the root element."""

_OF_BOTH: Final = frozenset({"Response", "Conference", "Gather", "Hangup", "Pause", "Record", "Redirect", "Refer"})
"""The names of elements that BXML and TwiML both have; both also have SSML, whose names are in lower case."""

_ATTRIBUTES_OF_BOTH: Final = frozenset({"transcribe"})
"""The names of attributes that elements of the same name have in BXML and in TwiML."""


def has_bxml_root(data: bytes) -> bool:
    """Return whether the root element is the root element of a BXML document, or of a template of one."""
    # A document in UTF-16 is recognized too, so that its encoding is reported.
    text = data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")
    found = _ROOT(text)
    if found is None or found[1].startswith("%"):
        is_template = text.lstrip("\ufeff \t\r\n").startswith(_TEMPLATE_MARKS)
        return is_template and any(f"<{root}" in text for root in schema.vocabulary().roots)
    return found[1] in schema.vocabulary().roots


def is_part(data: bytes) -> bool:
    """Return whether a template is a part of a BXML document: its first element is a verb, and it has a verb of BXML alone."""
    names = [found[1] for found in _ELEMENT(data.decode("utf-8", "replace"))]
    verbs = schema.vocabulary().elements["Response"].children
    # Other documents can have a name of one word, such as Tag and Record.
    return bool(names) and names[0] in verbs and any(name in verbs and not name[1:].islower() for name in names)


def is_twiml(data: bytes) -> bool:
    """Return whether a document is TwiML: it has a name that only TwiML has, and no name that only BXML has."""
    # Imported here because only documents with problems can be TwiML.
    from bxml.messages.foreign_names import (
        TWIML_ATTRIBUTES,
        TWIML_ATTRIBUTES_WITHOUT_COUNTERPART,
        TWIML_ELEMENTS,
        TWIML_ELEMENTS_WITHOUT_COUNTERPART,
    )
    from bxml.parsing.tree import NotReadable, Source, decoded, tree

    try:
        nodes = tree(Source(decoded(data))).nodes
    except NotReadable:
        return False
    ours = schema.attributes()
    twiml = False
    for node in nodes:
        if node.name in ours and node.name not in _OF_BOTH and not node.name.islower():
            return False
        attributes = node.attributes.keys()
        if attributes & ours.get(node.name, {}).keys() - _ATTRIBUTES_OF_BOTH:
            return False
        twiml = twiml or (
            node.name in TWIML_ELEMENTS
            or node.name in TWIML_ELEMENTS_WITHOUT_COUNTERPART
            or (node.name == "Redirect" and bool(node.text.strip()))
            or not attributes.isdisjoint(TWIML_ATTRIBUTES.get(node.name, {}))
            or not attributes.isdisjoint(TWIML_ATTRIBUTES_WITHOUT_COUNTERPART.get(node.name, ()))
        )
    return twiml
