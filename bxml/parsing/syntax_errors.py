"""Why a text is not well-formed XML, in one sentence that says what to write instead.

Expat knows where it stopped and for which of some forty reasons; most of what people write wrong is one reason, "invalid
token", and what is really wrong shows in the characters before and after the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pyexpat import errors
from typing import Final, NamedTuple

from bxml import schema
from bxml.messages.findings import Finding
from bxml.messages.text import cut, near
from bxml.xml_text import illegal_character

NOT_XML: Final = frozenset({"not-well-formed", "illegal-character", "encoding", "doctype", "nesting-depth"})
"""The rules that a text breaks which is not XML, or XML of a kind that BXML never is."""

STRAY_END_TAG: Final = Finding("not-well-formed", "an end tag stands where no element is open")

SECOND_MARK: Final = Finding("not-well-formed", "a second byte order mark stands before the root element; take it away")

DOCTYPE: Final = Finding("doctype", "a document of BXML has no document type; leave <!DOCTYPE out")


class Explained(NamedTuple):
    """A finding and its place in characters."""

    finding: Finding
    start: int
    end: int


class _Case(NamedTuple):
    """A way to be wrong, known by what stands before the place where Expat stopped, and what from it on.

    The part called ``at`` is what is pointed at, in either expression, as far as ``to``; the sentence may quote named parts.
    """

    before: str
    after: str
    sentence: str
    code: str | None = None
    """Expat's code, if the case is of one."""
    in_tag: bool = False
    """Whether what is wrong may be that there is no tag, but a plain <."""


_NAME: Final = r"[^\s<>=\"'/]++"

_NAME_BEGINS: Final = r"(?<![^\s<>=\"'/])"  # or a long name would be looked at from each of its letters

_PROLOG: Final = r"(?:\s|<\?(?>.*?\?>)|<!--(?>.*?-->))*+"

_CASES: Final = (
    _Case("", r"(?P<at>)\Z", "the document has no root element", errors.XML_ERROR_NO_ELEMENTS),
    _Case(rf"\A{_PROLOG}\Z", r"(?P<at>[^<\s](?:[^<]*[^<\s])?)\s*<", "text stands before the root element; take it away"),
    _Case(rf"\A{_PROLOG}(?P<at>[^<\s][^<]*)\Z", "<", "text stands before the root element; take it away"),
    _Case(r"\A\s*\Z", r"(?P<at>[^<\s](?:[^\n]*\S)?)", "this is no XML, which begins with <"),
    _Case(
        "",
        rf"(?P<at><(?P<name>{_NAME}))",
        "<{name}> is a second root element; a document has one",
        errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT,
    ),
    _Case("", r"(?P<at>[^<\n]*[^<\s])", "text follows the root element; take it away", errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT),
    _Case(
        "",
        r"(?P<at><\?xml)",
        "the XML declaration is not at the very beginning; take away what stands before it",
        errors.XML_ERROR_MISPLACED_XML_PI,
    ),
    _Case(
        r"(?:\A|>)(?>[^>]*?(?P<at><\?xml))(?P<to>[^>]*+)\Z",
        "",
        'the XML declaration is malformed; write <?xml version="1.0" encoding="UTF-8"?>',
        errors.XML_ERROR_XML_DECL,
    ),
    _Case("", r"(?P<at><!--)", "the comment is never closed; write --> behind it", errors.XML_ERROR_UNCLOSED_TOKEN),
    _Case("", r"(?P<at><\?)", "what begins here is never closed; write ?> behind it", errors.XML_ERROR_UNCLOSED_TOKEN),
    _Case(
        "",
        rf"(?P<at><(?P<name>{_NAME}))(?:[^\"']|\"[^\"]*\"|'[^']*')*+(?P<quote>[\"'])",
        "the tag of <{name}> has a value that is never closed by {quote}",
        errors.XML_ERROR_UNCLOSED_TOKEN,
    ),
    _Case("", rf"(?P<at></?{_NAME})", "the tag is never closed; write > behind it", errors.XML_ERROR_UNCLOSED_TOKEN),
    _Case("", r"(?P<at>&)", "& begins no reference; write &amp; for the character itself", errors.XML_ERROR_UNCLOSED_TOKEN),
    _Case(
        "", r"(?P<at><)", "what begins here is never closed; write &lt; for the character <", errors.XML_ERROR_UNCLOSED_TOKEN
    ),
    _Case(
        r"(?P<at><!\[CDATA\[)(?:(?!<!\[CDATA\[).)*\Z",
        "",
        "the CDATA section is never closed; write ]]> behind it",
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    ),
    _Case(
        "",
        rf"(?P<at>(?P<name>{_NAME}))",
        "{name} stands twice in the tag; an attribute is given once",
        errors.XML_ERROR_DUPLICATE_ATTRIBUTE,
    ),
    _Case(
        "",
        r".*?(?P<at>&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcefBCEF]|1[\da-fA-F]));)",
        "{at} stands for a character that XML cannot carry, not even so",
        errors.XML_ERROR_BAD_CHAR_REF,
    ),
    _Case(
        "",
        r".*?(?P<at>&#[^;&\s]*;)",
        "{at} stands for a character that XML cannot carry, not even so",
        errors.XML_ERROR_BAD_CHAR_REF,
    ),
    _Case(
        "",
        r".*?(?P<at>&(?!(?:amp|lt|gt|quot|apos);)[^;#&\s]*;)",
        "{at} is a reference that XML does not know; {instead}",
        errors.XML_ERROR_UNDEFINED_ENTITY,
    ),
    _Case(r"(?P<at>&(?:amp|lt|gt|quot|apos))\Z", "", "{at} is not closed; write {at};"),
    _Case(r"(?P<at>&[#\w.-]*)\Z", "", "& begins no reference; write &amp; for the character itself"),
    _Case(r"(?P<at><)\Z", r"(?P<to>/[^<>\s]*>?)", STRAY_END_TAG.message),
    _Case(r"(?P<at><)\Z", "", "< begins no tag; write &lt; for the character itself"),
    _Case(
        rf"<[^<>]*?{_NAME_BEGINS}(?P<name>{_NAME})\s*=\s*\Z",
        r"(?P<at>[^\s>\"'][^\s>]*?)(?=/?>|\s|\Z)",
        'the value of {name} is not in quotes; write {name}="…"',
    ),
    _Case(
        rf"{_NAME_BEGINS}(?P<name>{_NAME})\s*=\s*(?P<quote>[\"'])(?:(?!(?P=quote)).)*+\Z",
        "(?P<at><)",
        "< stands in the value of {name}; write &lt;, or close the value with {quote}",
    ),
    _Case(r"[\"']\Z", rf"(?P<at>{_NAME})", "a blank is missing before {at}, between two attributes"),
    _Case(r"(?P<at>\]\])\Z", "(?P<to>>)", "]]> stands in text; write ]]&gt;"),
    _Case(r"<!--(?>.*?(?P<at>--))\Z", "", "-- stands in a comment; write - - or leave it out"),
    _Case(rf"<[^<>]*\s(?P<at>(?P<name>{_NAME}))\s*\Z", "", '{name} has no value; write {name}="…"', in_tag=True),
    _Case(r"(?P<at><!(?:-|\[[A-Z]*|[^\s<>-]+)?)\Z", r"(?P<to>[^\s<>]?)", "<! begins nothing here; a comment begins with <!--"),
    _Case(r"(?:\A|>)(?>[^>]*?(?P<at><\?))(?P<to>[^>]*+)\Z", "", "a processing instruction is malformed; leave it out"),
    _Case(r"(?P<at></)\Z", "", "the name is missing in an end tag"),
    _Case(rf"(?P<at></{_NAME})\s+\Z", rf"(?P<to>{_NAME})", "an end tag holds a name and nothing else"),
    _Case(rf"</?(?P<at>{_NAME}/?)\Z", r"(?P<to>[^\s<>])", "{at}{to} is not the name of an element", in_tag=True),
    _Case(rf"(?P<at></?{_NAME})\s*\Z", "<", "the tag is not closed; write > behind it", in_tag=True),
    _Case(rf"(?P<at><{_NAME})\s[^<>]*\Z", "<", "the tag is not closed; write > or /> behind it", in_tag=True),
    _Case(rf"<{_NAME}[^<>]*(?P<at>/)\Z", "", "/ stands in a tag; it closes one only right before >"),
    _Case(
        rf"<{_NAME}\s[^<>]*\Z",
        rf"(?P<at>{_NAME}|.)",
        '{at} does not belong in a tag; an attribute is written name="value"',
        in_tag=True,
    ),
    _Case(r">\s*\Z", r"(?P<at>[^<]*[^<\s])\s*\Z", "text follows the root element; take it away"),
    _Case("", "(?P<at>.?)", "this is not well-formed XML"),
)


def explanation(code: int, text: str, place: int) -> Explained:
    """Why Expat stopped, by its code and the place in the text."""
    if illegal_character(text[place : place + 1]):
        return Explained(illegal(text[place]), place, place + 1)
    tag = max(0, text.rfind("<", 0, place + 1))
    if text[tag : tag + len("<!DOCTYPE")].upper() == "<!DOCTYPE":  # as people write it, also where XML does not have it
        return Explained(DOCTYPE, tag, tag + len("<!DOCTYPE"))
    return next(_explanations(errors.messages.get(code, ""), text, place))


def _explanations(message: str, text: str, place: int) -> Iterator[Explained]:
    """What fits, the best first; the last case always does."""
    begin = max(0, place - FARTHEST)
    for case in _CASES:  # pragma: no branch  the last one always fits
        if begin and case.before.startswith(r"\A"):
            continue  # what begins the part that is looked at does not begin the text
        before = case.code in {None, message} and re.search(case.before, text[begin:place], re.DOTALL)
        after = before and re.match(case.after, text[place : place + FARTHEST], re.DOTALL)
        if before and after:
            yield _explained(case, before, after, text, place)


def _explained(case: _Case, before: re.Match[str], after: re.Match[str], text: str, place: int) -> Explained:
    parts = before.groupdict() | after.groupdict()
    begin = max(0, place - FARTHEST)
    start, end = place, place
    for found, offset in ((before, begin), (after, place)):
        if "at" in found.re.groupindex:
            start, end = offset + found.start("at"), offset + found.end("at")
        if "to" in found.re.groupindex:
            end = offset + found.end("to")
    tag = text.rfind("<", 0, place)
    name = _TAG(text, tag) if case.in_tag and tag >= 0 else None
    if name and name[1] not in _elements() and not near(name[1], _elements()):
        sentence = f"<{cut(name[1])} is no tag of BXML, and is not closed; write &lt; for the character < itself"
        return Explained(Finding("not-well-formed", sentence), *name.span())
    # Nobody can say where the value of a password ends that stands near, so that only what is surely a name is repeated.
    secret = "password" in text[begin : place + FARTHEST].lower()
    shown = {name: "…" if secret and not _may_be_shown(name, part) else cut(part or "") for name, part in parts.items()}
    sentence = case.sentence.format(**shown, instead=_instead(shown.get("at", "")))
    return Explained(Finding("not-well-formed", sentence), start, end)


_TAG: Final = re.compile(r"<([^\s<>=\"'/!?]+)").match


def _may_be_shown(name: str, part: str | None) -> bool:
    return name == "quote" or part in schema.attributes() or any(part in known for known in schema.attributes().values())


@cache
def _elements() -> frozenset[str]:
    return frozenset(element.name for element in schema.law().declarations())


def _instead(reference: str) -> str:
    """What to write for a reference, which HTML may know."""
    from html.entities import html5  # a large table, for a rare mistake

    character = html5.get(reference.removeprefix("&"))
    if character is None:
        return "it knows &amp;, &lt;, &gt;, &quot; and &apos;"
    return "write " + "".join(f"&#{ord(part)};" for part in character)


FARTHEST: Final = 4000
"""Characters before and behind a place that are looked at."""


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


def mismatch(found: str, open_: Sequence[str], line: int) -> Finding:
    """An end tag of an element that is not the innermost open one.

    Args:
        found: The name in the end tag.
        open_: The names of the elements that are open, the innermost last.
        line: Where that one begins.
    """
    innermost = open_[-1]
    still_open = f"<{cut(innermost)}> of line {line}"
    if found.lower() == innermost.lower():
        sentence = f"</{cut(found)}> does not close {still_open}; names are case-sensitive"
    elif found not in open_ and (hint := near(found, [innermost], "</{}>".format)):
        sentence = f"</{cut(found)}> does not close {still_open}{hint}"
    elif found not in open_:
        sentence = f"</{cut(found)}> closes nothing, for no <{cut(found)}> is open; take it away"
    else:
        sentence = f"</{cut(found)}> closes nothing, for {still_open} is still open; write </{cut(innermost)}> first"
    if innermost not in _elements():
        sentence += ", or &lt; if < is meant"
    return Finding("not-well-formed", sentence)


def unclosed(open_: str) -> Finding:
    """A text that ends within an element."""
    return Finding("not-well-formed", f"<{cut(open_)}> is never closed; write </{cut(open_)}> behind its content")
