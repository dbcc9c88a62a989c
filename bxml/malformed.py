"""Why a text is not well-formed XML, in one sentence that says what to write instead.

Expat knows where it stopped and for which of some forty reasons; most of what people write wrong is one reason, "invalid
token", and what is really wrong shows in the characters before and after the place.
"""

from __future__ import annotations

import re
from pyexpat import errors
from typing import Final

from bxml import wire
from bxml.words import Finding, cut

NOT_XML: Final = frozenset({"not-well-formed", "illegal-character", "encoding", "doctype", "nesting-depth"})
"""The rules that a text breaks which is not XML, or XML of a kind that BXML never is."""

STRAY_END_TAG: Final = Finding("not-well-formed", "an end tag stands where no element is open")

DOCTYPE: Final = Finding("doctype", "a document of BXML has no document type; leave <!DOCTYPE out")

_DOCTYPE: Final = re.compile("<!doctype", re.IGNORECASE)
"""As people write it, also where XML does not have it."""

_CODES: Final = {
    errors.XML_ERROR_NO_ELEMENTS: "the document has no root element",
    errors.XML_ERROR_SYNTAX: "text stands outside the root element",
    errors.XML_ERROR_UNCLOSED_TOKEN: "what begins here is never closed",
    errors.XML_ERROR_DUPLICATE_ATTRIBUTE: "the attribute stands twice in the tag",
    errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: "something follows the root element; a document has one root",
    errors.XML_ERROR_MISPLACED_XML_PI: "the XML declaration is not at the very beginning; nothing may stand before it",
    errors.XML_ERROR_UNCLOSED_CDATA_SECTION: "the CDATA section is never closed by ]]>",
    errors.XML_ERROR_XML_DECL: 'the XML declaration is malformed; write <?xml version="1.0" encoding="UTF-8"?>',
    errors.XML_ERROR_BAD_CHAR_REF: "the reference stands for a character that XML cannot carry",
    errors.XML_ERROR_UNDEFINED_ENTITY: "the reference has a name that XML does not know; it knows amp, lt, gt, quot and apos",
}
"""By Expat's code."""

_PLACES: Final = tuple(
    (re.compile(before, re.DOTALL), re.compile(after), sentence)
    for before, after, sentence in (
        (r"&[#\w]*\Z", r"", "& begins no reference; write &amp; for the character itself"),
        (r"<\Z", r"/", STRAY_END_TAG.message),
        (r"<\Z", r"", "< begins no tag; write &lt; for the character itself"),
        (r"=\s*\Z", r"[^\"']", "the value of an attribute is not in quotes"),
        (r"=\s*[\"'][^\"']*\Z", r"<", "< stands in the value of an attribute; write &lt;"),
        (r"[\"']\Z", r"", "a blank is missing between two attributes"),
        (r"\]\]\Z", r">", "]]> stands in text; write ]]&gt;"),
        (r"<!--(?:(?!-->).)*--\Z", r"", "-- stands in a comment"),
        (r"<[^<>]*\s[^\s<>=\"']+\s*\Z", r"", "an attribute has no value"),
    )
)
"""By what stands before the place where Expat stopped, and what after it."""


def explanation(code: int, text: str, place: int) -> Finding:
    """The finding for Expat's code at a place of the text."""
    if wire.illegal_character(text[place : place + 1]):
        return illegal(text[place])
    if _DOCTYPE.match(text, max(0, text.rfind("<", 0, place + 1))):
        return DOCTYPE
    sentence = _CODES.get(errors.messages.get(code, ""))
    if sentence is None:
        line_before, after = text[max(0, place - 1000) : place], text[place:]
        found = (why for before, behind, why in _PLACES if before.search(line_before) and behind.match(after))
        sentence = next(found, "this is not well-formed XML")
    return Finding("not-well-formed", sentence)


def illegal(character: str) -> Finding:
    """A character that no document can hold."""
    return Finding("illegal-character", f"the text holds U+{ord(character):04X}; XML cannot carry it, not even escaped")


def encoding(name: str) -> Finding:
    """A text in another encoding, or that says so of itself."""
    return Finding("encoding", f"the encoding is {cut(name)}; BXML is UTF-8")


def version(number: str) -> Finding:
    """A version of XML that is not the one of BXML."""
    return Finding("not-well-formed", f'version="{cut(number)}" is not a version that BXML has; write 1.0')


def not_utf_8(byte: int) -> Finding:
    """Bytes that are no text in UTF-8."""
    return Finding("encoding", f"the byte 0x{byte:02X} is not UTF-8 here; BXML is UTF-8")


def mismatch(found: str, open_: str, line: int) -> Finding:
    """An end tag of an element that is not the innermost open one."""
    return Finding("not-well-formed", f"</{cut(found)}> closes nothing; <{cut(open_)}> of line {line} is still open")


def unclosed(open_: str, line: int) -> Finding:
    """A text that ends within an element."""
    return Finding("not-well-formed", f"the text ends before <{cut(open_)}> of line {line} is closed")
