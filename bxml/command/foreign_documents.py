"""Recognition of XML files that are not BXML: files with another root element, and TwiML."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final

from bxml import schema

_ROOT: Final = re.compile(r"\ufeff?(?>\s+|<\?(?>.*?\?>)|<!--(?>.*?-->)|<!DOCTYPE[^>\[]*>)*+<([^\s/>]+)", re.DOTALL).match
"""Matches everything up to the name of the root element, without backtracking: files may be large and are not trusted."""

_ELEMENT: Final = re.compile(r"<([A-Za-z]\w*+)").finditer

_TEMPLATE_MARKS: Final = ("{{", "{%", "{#", "<%", "<?")
"""The strings that begin a tag of a template; such a tag may come before the root element."""

_OF_BOTH: Final = frozenset({"Response", "Conference", "Gather", "Hangup", "Pause", "Record", "Redirect", "Refer"})
"""The names of elements that BXML and TwiML both have.

BXML and TwiML also share the elements of SSML. These are not listed, because their names are in lower case.
"""

_ATTRIBUTES_OF_BOTH: Final = frozenset({"transcribe"})
"""The names of attributes that elements of the same name have in BXML and in TwiML."""

TWIML: Final = "TwiML file"
"""The kind of a TwiML document."""

NO_BXML: Final = "XML file without BXML elements"
"""The kind of a document that has the root element of BXML, although it is neither BXML nor TwiML."""

_MAXIMUM_COMPARED: Final = 20
"""Maximum number of names that are compared with the names of BXML, because each comparison is slow."""


def has_bxml_root(data: bytes) -> bool:
    """Return whether a document, or a template for a document, has a root element of BXML."""
    # A document in UTF-16 is recognized too, so that its encoding is reported.
    text = data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")
    found = _ROOT(text)
    if found is None or found[1].startswith("%"):
        is_template = text.lstrip("\ufeff \t\r\n").startswith(_TEMPLATE_MARKS)
        return is_template and any(f"<{root}" in text for root in schema.vocabulary().roots)
    return found[1] in schema.vocabulary().roots


def is_part(data: bytes) -> bool:
    """Return whether a template is a part of a BXML document.

    This is true if its first element is a verb, and one of its verbs exists only in BXML.
    """
    names = [found[1] for found in _ELEMENT(data.decode("utf-8", "replace"))]
    return bool(names) and names[0] in _verbs() and any(map(_is_of_bxml_alone, names))


def _verbs() -> Container[str]:
    return schema.vocabulary().elements["Response"].children


def _is_of_bxml_alone(name: str) -> bool:
    # Other documents can have a name of one word, such as Record and Tag.
    return name in _verbs() and not name[1:].islower()


def foreign_kind(data: bytes) -> str:
    """Return a noun phrase for a document with the root of BXML that is not BXML, or an empty string for any other document."""
    return TWIML if is_twiml(data) else NO_BXML if _is_other_vocabulary(data) else ""


def _is_other_vocabulary(data: bytes) -> bool:
    """Return whether a document belongs to another vocabulary.

    This is true if it has only elements of that vocabulary, or has a default namespace and no name that only BXML has.
    """
    from bxml.messages.foreign_names import ELEMENTS
    from bxml.messages.text import did_you_mean
    from bxml.parsing.tree import NotReadable, Source, decoded, tree

    try:
        root, *nodes = tree(Source(decoded(data))).nodes
    except NotReadable:
        return False
    if root.attributes.get("xmlns"):
        return not any(_is_of_bxml_alone(node.name) for node in nodes)
    known = {*schema.attributes(), *ELEMENTS}
    verbs = [*dict.fromkeys(child.name for child in root.children)][:_MAXIMUM_COMPARED]
    # A similar name is probably misspelled.
    return (
        bool(nodes) and not any(node.name in known for node in nodes) and not any(did_you_mean(name, known) for name in verbs)
    )


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
