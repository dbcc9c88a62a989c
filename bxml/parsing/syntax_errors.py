"""Explanations of XML that is not well-formed: one message for each kind of mistake, with its fix.

Expat reports the place where it stopped, and one of about forty codes. Most mistakes have the same code, "invalid token", so
the message is chosen by the characters before and after that place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pyexpat import errors
from typing import Final, NamedTuple

from bxml import schema
from bxml.messages.schema_findings import HTML_PAGE, NOT_IN_XML, Finding
from bxml.messages.text import did_you_mean, shorten
from bxml.xml_text import illegal_character

NOT_XML: Final = frozenset({"not-well-formed", "illegal-character", "encoding", "doctype", "nesting-depth"})
"""Rules about documents that cannot be parsed, because they are malformed or use XML that BXML does not allow."""

STRAY_END_TAG: Final = Finding("not-well-formed", "end tag without a start tag; remove it")

SECOND_MARK: Final = Finding("not-well-formed", "second byte order mark before the root element; remove it")

DOCTYPE: Final = Finding("doctype", "BXML must not contain a DOCTYPE; remove it")

GZIP: Final = Finding("encoding", "the document is compressed with gzip; decompress it first")

_HTML_PAGE: Final = f"this is {HTML_PAGE}; expected BXML, which begins with <Response> or <Bxml>"

_COMMENTS: Final = r"(?>\s+|<!--(?>.*?-->))*+"


class Explained(NamedTuple):
    """A finding and its range of characters."""

    finding: Finding
    start: int
    end: int


class _Case(NamedTuple):
    """A kind of mistake, recognized by the text before and after the place where Expat stopped.

    A group ``at`` in ``before`` or ``after`` marks the range of the finding; a group ``to`` extends the range. The message can
    quote all named groups.
    """

    before: str
    after: str
    message: str
    code: str | None = None
    """The message of Expat that the case requires; ``None`` if the case fits every message."""
    in_tag: bool = False
    """True if the mistake can be a plain < that was read as the beginning of a tag."""


_NAME: Final = r"[^\s<>=\"'/]++"

_NAME_BEGINS: Final = r"(?<![^\s<>=\"'/])"  # keeps a search from trying each letter of a long name

_PROLOG: Final = r"(?:\s|<\?(?>.*?\?>)|<!--(?>.*?-->))*+"

_TEXT_BEFORE_ROOT: Final = "text before the root element; remove it"
_TEXT_AFTER_ROOT: Final = "text after the root element; remove it"
_STRAY_AMPERSAND: Final = 'stray "&"; write &amp;'
_STRAY_LESS_THAN: Final = 'stray "<"; write &lt;'
_STRAY_SLASH: Final = 'stray "/" in a tag; write it directly before >, or remove it'
_UNCLOSED_TAG: Final = "unclosed tag; add > after it"
_ESCAPED_QUOTE: Final = "the quote is escaped with a backslash; remove the backslash"
_CONFLICT: Final = "this is a marker of a merge conflict in Git; resolve the conflict, and remove the marker"
_ILLEGAL_REFERENCE: Final = "{at} refers to a character that XML does not allow; remove it"

# Special cases precede general cases, because the first fitting case is used. Possessive groups keep the search fast on
# hostile input.
_CASES: Final = (
    _Case("", r"(?P<at>)\Z", "the document has no root element; add <Response>", errors.XML_ERROR_NO_ELEMENTS),
    _Case(r"(?:\A|[\r\n])(?P<at><?)\Z", r"(?P<to><{6,7}(?: [^\r\n]*+)?)(?=\s)", _CONFLICT),
    _Case(rf"\A{_PROLOG}\Z", r"(?P<at>[^<\s](?:[^<]*[^<\s])?)\s*<", _TEXT_BEFORE_ROOT),
    _Case(rf"\A{_PROLOG}(?P<at>[^<\s][^<]*)\Z", "<", _TEXT_BEFORE_ROOT),
    _Case(r"\A\s*\Z", r"(?P<at>[^<\s](?:[^\n]*\S)?)", 'not XML: expected "<"'),
    _Case(
        "",
        rf"(?P<at><(?P<name>{_NAME}))",
        "<{name}> is a second root element; a document has exactly one",
        errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT,
    ),
    _Case("", r"(?P<at>[^<\n]*[^<\s])", _TEXT_AFTER_ROOT, errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT),
    _Case(
        "",
        r"(?P<at><\?xml)",
        "the XML declaration is not at the beginning of the document; remove what is before it",
        errors.XML_ERROR_MISPLACED_XML_PI,
    ),
    _Case(r"=\s*+\Z", r"(?P<at>\\[\"'])", _ESCAPED_QUOTE, errors.XML_ERROR_XML_DECL),
    _Case(
        r"(?:\A|>)(?>[^>]*?(?P<at><\?xml))(?P<to>[^>]*+)\Z",
        "",
        'malformed XML declaration; write <?xml version="1.0" encoding="UTF-8"?>',
        errors.XML_ERROR_XML_DECL,
    ),
    _Case("", r"(?P<at><!--)", "unclosed comment; add --> after it", errors.XML_ERROR_UNCLOSED_TOKEN),
    _Case("", r"(?P<at><\?)", "unclosed processing instruction; add ?> after it", errors.XML_ERROR_UNCLOSED_TOKEN),
    _Case(
        "",
        rf"(?P<at><(?P<name>{_NAME}))(?:[^\"']|\"[^\"]*\"|'[^']*')*+(?P<quote>[\"'])",
        "<{name}> has an unclosed attribute value; add {quote} after it",
        errors.XML_ERROR_UNCLOSED_TOKEN,
    ),
    _Case("", rf"(?P<at></?{_NAME})", _UNCLOSED_TAG, errors.XML_ERROR_UNCLOSED_TOKEN),
    _Case("", r"(?P<at>&)", _STRAY_AMPERSAND, errors.XML_ERROR_UNCLOSED_TOKEN),
    _Case("", r"(?P<at><)", _STRAY_LESS_THAN, errors.XML_ERROR_UNCLOSED_TOKEN),
    _Case(
        r"(?P<at><!\[CDATA\[)(?:(?!<!\[CDATA\[).)*\Z",
        "",
        "unclosed CDATA section; add ]]> after it",
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    ),
    _Case(
        "",
        rf"(?P<at>(?P<name>{_NAME}))",
        "duplicate attribute {name}; remove one of the two",
        errors.XML_ERROR_DUPLICATE_ATTRIBUTE,
    ),
    _Case(
        "",
        r".*?(?P<at>&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcefBCEF]|1[\da-fA-F]));)",
        _ILLEGAL_REFERENCE,
        errors.XML_ERROR_BAD_CHAR_REF,
    ),
    _Case("", r".*?(?P<at>&#[^;&\s]*;)", _ILLEGAL_REFERENCE, errors.XML_ERROR_BAD_CHAR_REF),
    _Case(
        "",
        # For an entity in an attribute, Expat reports the start of the tag, so the reference is searched for.
        r".*?(?P<at>&(?!(?:amp|lt|gt|quot|apos);)[^;#&\s]*;)",
        "{at} is not defined in XML; {instead}",
        errors.XML_ERROR_UNDEFINED_ENTITY,
    ),
    _Case(r"(?P<at>&(?:amp|lt|gt|quot|apos))\Z", "", "{at} has no semicolon; write {at};"),
    _Case(r"(?P<at>&[#\w.-]*)\Z", "", _STRAY_AMPERSAND),
    _Case(r"(?P<at><)\Z", r"(?P<to>/[^<>\s]*>?)", STRAY_END_TAG.message),
    _Case(r"(?P<at><)\Z", "", _STRAY_LESS_THAN),
    _Case(r"=\s*+\Z", r"(?P<at>\\[\"'])", _ESCAPED_QUOTE),
    _Case(
        rf"<[^<>]*?{_NAME_BEGINS}(?P<name>{_NAME})\s*=\s*\Z",
        r"(?P<at>[\u2018-\u201f\xab\xbb][^\s>]*?)(?=/?>|\s|\Z)",
        'the value of {name} is in typographic quotes; write straight quotes: {name}="…"',
    ),
    _Case(
        rf"<[^<>]*?{_NAME_BEGINS}(?P<name>{_NAME})\s*=\s*\Z",
        r"(?P<at>[^\s<>\"'][^\s>]*?)(?=/?>|\s|\Z)",
        'the value of {name} is not quoted; write {name}="…"',
    ),
    _Case(
        rf"{_NAME_BEGINS}(?P<name>{_NAME})\s*=\s*(?P<quote>[\"'])(?:(?!(?P=quote)).)*+\Z",
        "(?P<at><)",
        'stray "<" in the value of {name}; write &lt;, or close the value with {quote}',
    ),
    _Case(
        rf"{_NAME_BEGINS}(?P<name>{_NAME})\s*=\s*\"[^\"<]*+(?P<at>\")\Z",
        rf"{_NAME}[^<>\"=]*\"",
        'the value of {name} contains ", which ends the value; write &quot;',
    ),
    _Case(
        rf"{_NAME_BEGINS}(?P<name>{_NAME})\s*=\s*'[^'<]*+(?P<at>')\Z",
        rf"{_NAME}[^<>'=]*'",
        "the value of {name} contains ', which ends the value; write &apos;",
    ),
    _Case(r"[\"']\Z", rf"(?P<at>{_NAME})", "{at} directly follows an attribute value; add a space before it"),
    _Case(r"(?P<at>\]\])\Z", "(?P<to>>)", '"]]>" is not allowed in text; write ]]&gt;'),
    _Case(r"<!--(?>.*?(?P<at>--))\Z", "", '"--" is not allowed in a comment; write - - or remove it'),
    _Case(rf"<[^<>]*\s(?P<at>(?P<name>{_NAME}))\s*\Z", "", '{name} has no value; write {name}="…"', in_tag=True),
    _Case(r"(?P<at><!(?:-|\[[A-Z]*|[^\s<>-]+)?)\Z", r"(?P<to>[^\s<>]?)", 'stray "<!"; to begin a comment, write <!--'),
    _Case(r"(?:\A|>)(?>[^>]*?(?P<at><\?))(?P<to>[^>]*+)\Z", "", "malformed processing instruction; remove it"),
    _Case(r"(?P<at></)\Z", "", "end tag without a name; add the name of the element"),
    _Case(rf"(?P<at></{_NAME})\s+\Z", rf"(?P<to>{_NAME})", "end tag with more than a name; remove what follows the name"),
    _Case(rf"</?(?P<at>{_NAME}/?)\Z", r"(?P<to>[^\s<>])", "{at}{to} is not a valid element name", in_tag=True),
    _Case(rf"(?P<at></?{_NAME})\s*\Z", "<", _UNCLOSED_TAG, in_tag=True),
    _Case(rf"(?P<at><{_NAME})\s[^<>]*\Z", "<", "unclosed tag; add > or /> after it", in_tag=True),
    _Case(rf"<{_NAME}[^<>]*(?P<at>/)\Z", "", _STRAY_SLASH),
    _Case(
        rf"<{_NAME}\s[^<>]*\Z",
        rf"(?P<at>{_NAME}|.)",
        '{at} is not allowed in a tag; write attributes as name="value"',
        in_tag=True,
    ),
    _Case(r">\s*\Z", r"(?P<at>[^<]*[^<\s])\s*\Z", _TEXT_AFTER_ROOT),
    _Case("", "(?P<at>.?)", "not well-formed XML; check the quotes and tags before this place"),
)


def explanation(code: int, text: str, place: int) -> Explained:
    """Return the explanation of an error of Expat.

    Args:
        code: The error code of Expat.
        text: The document.
        place: The index of the character at which Expat stopped.
    """
    if illegal_character(text[place : place + 1]):
        return Explained(illegal(text[place]), place, place + 1)
    tag = max(0, text.rfind("<", 0, place + 1))
    # For a DOCTYPE in lower case or inside the root element, Expat reports another error.
    if text[tag : tag + len("<!DOCTYPE")].upper() == "<!DOCTYPE":
        return Explained(doctype(text, tag), tag, tag + len("<!DOCTYPE"))
    return next(_explanations(errors.messages.get(code, ""), text, place))


_OTHER_FORMATS: Final = (
    (
        r"(?P<at>b[\"'])(?>(?:\\n|\s)*)<",
        "this is the repr of a bytes object in Python; use the bytes themselves, or decode() instead of str()",
    ),
    (
        r"(?P<at>[\"'])(?>(?:\\n|\s)*)<",
        "the document is in quotes, like a string in JSON; use only the string inside the quotes",
    ),
    (
        r"(?P<at>HTTP/[0-9.]+ [^\r\n]*)",
        "the document begins with the headers of an HTTP response; use only the body",
    ),
    (
        r"(?P<at>[A-Za-z][A-Za-z0-9-]*+:[^\r\n]*+)(?:\r?\n[A-Za-z][A-Za-z0-9-]*+:[^\r\n]*+)*+\r?\n\r?\n",
        "the document begins with HTTP headers; use only the body",
    ),
    (r"(?P<at>&lt;)", "the document is escaped; write < for &lt; and > for &gt;"),
    (rf"(?i:{_COMMENTS}(?P<at><html\b))", _HTML_PAGE),
)
"""The formats in which a document may be wrapped: a regular expression for the beginning of the format, and the message."""


def other_format(text: str) -> Explained | None:
    """Return the explanation of a malformed document that is HTML, or is still wrapped in another format.

    Args:
        text: The document.
    """
    for beginning, message in _OTHER_FORMATS:
        if found := re.match(beginning, text[:FARTHEST], re.DOTALL):
            return Explained(Finding("not-well-formed", message), *found.span("at"))
    return None


def doctype(text: str, place: int) -> Finding:
    """Return the finding for a DOCTYPE.

    Args:
        text: The document.
        place: The index of the DOCTYPE.
    """
    page = re.match(rf"(?i:<!DOCTYPE\s+html\b[^<>]*>{_COMMENTS}<html\b)", text[place : place + FARTHEST], re.DOTALL)
    return Finding("doctype", _HTML_PAGE) if page else DOCTYPE


def _explanations(message: str, text: str, place: int) -> Iterator[Explained]:
    """Yield the explanations that fit, the best explanation first; the last case always fits."""
    begin = max(0, place - FARTHEST)
    for case in _CASES:  # pragma: no branch  the last one always fits
        if begin and case.before.startswith(r"\A"):
            continue  # the searched part does not begin at the beginning of the document
        before = case.code in {None, message} and re.search(case.before, text[begin:place], re.DOTALL)
        after = before and re.match(case.after, text[place : place + FARTHEST], re.DOTALL)
        if before and after:
            yield _explained(case, before, after, text, place)


def _explained(case: _Case, before: re.Match[str], after: re.Match[str], text: str, place: int) -> Explained:
    begin = max(0, place - FARTHEST)
    start, end = _range(((before, begin), (after, place)), place)
    tag = text.rfind("<", 0, place)
    name = _TAG(text, tag) if case.in_tag and tag >= 0 else None
    if name and name[1] not in _elements() and not did_you_mean(name[1], _elements()):
        message = f'stray "<" before {shorten(name[1])}, which is not an element of BXML; write &lt;'
        return Explained(Finding("not-well-formed", message), *name.span())
    # In malformed XML the end of a password is unknown, so near a password only known names are quoted.
    secret = "password" in text[begin : place + FARTHEST].lower()
    parts = before.groupdict() | after.groupdict()
    quoted = {name: "…" if secret and not _is_known(name, part) else shorten(part or "") for name, part in parts.items()}
    message = case.message.format(**quoted, instead=_instead(quoted.get("at", "")))
    return Explained(Finding("not-well-formed", message), start, end)


def _range(matches: Iterable[tuple[re.Match[str], int]], place: int) -> tuple[int, int]:
    """Compute the range of the finding from matches and their offsets in the document."""
    start, end = place, place
    for found, offset in matches:
        if "at" in found.re.groupindex:
            start, end = offset + found.start("at"), offset + found.end("at")
        if "to" in found.re.groupindex:
            end = offset + found.end("to")
    return start, end


_TAG: Final = re.compile(r"<([^\s<>=\"'/!?]+)").match


def _is_known(group: str, part: str | None) -> bool:
    """Return whether a group has matched a quotation mark or a name of BXML."""
    return group == "quote" or part in schema.attributes() or any(part in known for known in schema.attributes().values())


@cache
def _elements() -> frozenset[str]:
    return frozenset(element.name for element in schema.vocabulary().declarations())


def _instead(reference: str) -> str:
    """Return a clause with the replacement of an undefined reference: the character, if HTML defines the reference."""
    from html.entities import html5  # imported here because the table is large and rarely needed

    character = html5.get(reference.removeprefix("&"))
    if character is None:
        return "expected &amp;, &lt;, &gt;, &quot; or &apos;"
    return "write " + "".join(f"&#{ord(part)};" for part in character)


FARTHEST: Final = 4000
"""Maximum number of characters that are searched on each side of an error."""


def illegal(character: str) -> Finding:
    """Return the finding for a character that XML does not allow."""
    return Finding("illegal-character", f"the document contains U+{ord(character):04X}; {NOT_IN_XML}")


def encoding(name: str) -> Finding:
    """Return the finding for a document that is not encoded in UTF-8, or that declares another encoding."""
    return Finding("encoding", f"the encoding is {shorten(name)}; expected UTF-8")


def version(number: str) -> Finding:
    """Return the finding for a version of XML other than 1.0."""
    return Finding("not-well-formed", f'version="{shorten(number)}" is not a supported version of XML; write 1.0')


def not_utf_8(byte: int) -> Finding:
    """Return the finding for bytes that are not valid UTF-8."""
    return Finding("encoding", f"the byte 0x{byte:02X} is not valid UTF-8; save the document as UTF-8")


def mismatch(found: str, open_: Sequence[str], line: int) -> Finding:
    """Return the finding for an end tag that does not match the innermost open element.

    Args:
        found: The name in the end tag.
        open_: The names of the open elements, the innermost last.
        line: The line where the innermost open element begins.
    """
    innermost = open_[-1]
    message = f"</{shorten(found)}> does not match <{shorten(innermost)}>, opened on line {line}"
    if found.lower() == innermost.lower():
        message += "; names are case-sensitive"
    elif found not in open_ and (hint := did_you_mean(found, [innermost], "</{}>".format)):
        message += hint
    elif found not in open_:
        message = f"</{shorten(found)}> has no start tag; remove it"
    else:
        message += f"; write </{shorten(innermost)}> first"
    if innermost not in _elements():
        message += ', or &lt; for a literal "<"'
    return Finding("not-well-formed", message)


def unclosed(open_: str) -> Finding:
    """Return the finding for an element without an end tag."""
    return Finding("not-well-formed", f"<{shorten(open_)}> is not closed; add </{shorten(open_)}> after its content")
