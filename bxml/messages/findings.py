"""What can be wrong, and the sentences that say it: one function for each kind of finding.

A sentence is: the offender as its author wrote it; what is wrong; what is allowed; what legal spelling is near. One line,
lower case, no full stop. What is allowed is read from the schema. Names are spelled as the reader writes them, which is
one way in a file and another in a Python program.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from bxml import xml_text
from bxml.messages.naming import class_name, python_name
from bxml.messages.text import counted, cut, listed, near
from bxml.schema import Element, SimpleType
from bxml.xml_text import collapse

LONGEST_LIST: Final = 8
"""Names of attributes that a sentence lists; of a verb with more it names the page."""


class Finding(NamedTuple):
    """A rule that is broken, and the sentence that says how."""

    rule: str
    message: str


class Spelling(NamedTuple):
    """How one kind of reader writes names."""

    attribute: Callable[[str], str]
    element: Callable[[str], str]
    empty: str
    """Of an element that takes no content."""


FILE: Final = Spelling(str, "<{}>".format, "it stays empty")
PYTHON: Final = Spelling(python_name, class_name, "it takes no content, and its attributes by keyword")


# Values


def invalid_value(offender: str, text: str, type_: SimpleType) -> Finding | None:
    """A text that is no value of the type; ``None`` if it is one."""
    fault = unfit(text, type_)
    return Finding("invalid-value", f"{offender} {fault}") if fault else None


def unfit(text: str, type_: SimpleType) -> str | None:
    """What is wrong with a text as a value of the type; ``None`` if nothing is."""
    text = collapse(text) if type_.collapses else text
    for fault in (_not_a_word, _not_a_member, _not_the_length, _not_the_form, _not_the_number):
        if found := fault(text, type_):
            return found
    return None


def _not_a_word(text: str, type_: SimpleType) -> str | None:
    if not type_.words or text in type_.words:
        return None
    hint = _value_from_elsewhere(text, type_) or near(text, type_.words)
    return f"is not {type_.noun}; allowed are {listed(type_.words)}{hint}"


def _value_from_elsewhere(text: str, type_: SimpleType) -> str:
    """``; it is inbound, which …``, or nothing if no other dialect has such a word for one of the type."""
    from bxml.messages.foreign_names import VALUES

    value = VALUES.get(text)
    return f"; {value.clause}" if value and value.here in type_.words else ""


def _not_a_member(text: str, type_: SimpleType) -> str | None:
    if not type_.members or any(unfit(text, member) is None for member in type_.members):
        return None
    return f"is not {type_.noun}; allowed are {listed(_choices(type_))}{near(text, _choices(type_))}"


def _choices(type_: SimpleType) -> list[str]:
    """The words of a type, and what else it may be."""
    of_members = [choice for member in type_.members for choice in member.words or (member.noun,)]
    return [*type_.words, *of_members]


def _not_the_length(text: str, type_: SimpleType) -> str | None:
    if type_.shortest is not None and len(text) < type_.shortest:
        return f"is too short; it takes at least {counted(type_.shortest, 'character')}"
    if type_.longest is not None and len(text) > type_.longest:
        return f"has {len(text)} characters; at most {type_.longest} are allowed"
    return None


def _not_the_form(text: str, type_: SimpleType) -> str | None:
    if all(pattern.fullmatch(text) for pattern in type_.patterns):
        return None
    return f"is not {expected(type_)}{_decimal_comma(text, type_)}"


def _decimal_comma(text: str, type_: SimpleType) -> str:
    """``; it is 1.5, which …``, or nothing if a point does not make it the number that is wanted."""
    number = text.replace(",", ".")
    if type_.digits is None or number == text or unfit(number, type_):
        return ""
    from bxml.messages.foreign_names import DECIMAL_COMMA

    return f"; {DECIMAL_COMMA.format(cut(number))}"


def _not_the_number(text: str, type_: SimpleType) -> str | None:
    if type_.digits is None:
        return None
    from decimal import Decimal

    number = Decimal(text)
    if type_.minimum is not None and number < type_.minimum:
        return f"is too small; it takes {expected(type_)}"
    if type_.maximum is not None and number > type_.maximum:
        return f"is too large; it takes {expected(type_)}"
    whole, _, fraction = text.partition(".")
    if len(whole.lstrip("+-0")) + len(fraction.rstrip("0")) > type_.digits:
        return f"has too many digits; at most {type_.digits} are allowed"
    return None


def expected(type_: SimpleType) -> str:
    """What a value of the type is, with its bounds."""
    if type_.words or type_.members:
        return f"{type_.noun}: {listed(_choices(type_), 'or')}"
    if type_.minimum is None:
        return type_.noun
    if type_.maximum is None:
        return f"{type_.noun}, {type_.minimum} or more"
    return f"{type_.noun} from {type_.minimum} to {type_.maximum}"


KINDS: Final[dict[type, str]] = {
    str: "text",
    bool: "a truth value",
    int: "a whole number",
    bytes: "bytes",
    list: "a list",
    tuple: "a tuple",
    dict: "a dictionary",
    type(None): "nothing",
}
"""What Python's own values are in plain words."""


def wrong_kind(offender: str, value: object, takes: str) -> Finding:
    """A Python value of a type that does not belong here."""
    from decimal import Decimal

    kind = KINDS.get(type(value), f"of type {type(value).__name__}")
    if isinstance(value, float | Decimal):
        finite = value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)
        kind = "a number" if finite else "not a finite number"
    return Finding("invalid-value", f"{offender} is {kind}; it takes {takes}")


def not_a_name(offender: str) -> Finding:
    """An extra attribute that could not stand in a tag."""
    return Finding("unknown-attribute", f"{offender} is not the name of an attribute")


def not_extra(offender: str, keyword: str) -> Finding:
    """An extra attribute that the schema knows."""
    return Finding("unknown-attribute", f"{offender} is an attribute that this package knows; give it as {keyword}=")


def illegal_character(offender: str, text: str) -> Finding | None:
    """A character that XML cannot carry; ``None`` if there is none. Its position counts from 1."""
    found = xml_text.illegal_character(text)
    if not found:
        return None
    message = f"holds U+{ord(found[0]):04X} as character {found.start() + 1}; XML cannot carry it, not even escaped"
    return Finding("illegal-character", f"{offender} {message}")


def blank(element: Element, spelling: Spelling) -> Finding:
    """An element whose content must not be blank, and is."""
    return Finding("blank-text", f"{spelling.element(element.name)} is blank; it needs text")


# Attributes


def unknown_attribute(name: str, element: Element, spelling: Spelling) -> Finding:
    """An attribute that the element does not have."""
    legal = [spelling.attribute(attribute) for attribute in element.attributes]
    takes = f"takes {listed(legal) if legal else 'no attributes'}"
    hint = _attribute_from_elsewhere(name, element, spelling) or near(name, legal)
    allowed = hint or (f"; it {takes}" if len(legal) <= LONGEST_LIST else f"; see {element.page}")
    return Finding("unknown-attribute", f"{cut(name)} is not an attribute of {spelling.element(element.name)}{allowed}")


def _attribute_from_elsewhere(name: str, element: Element, spelling: Spelling) -> str:
    """``; TwiML's numDigits is maxDigits here``, or nothing if no other dialect has such an attribute."""
    from bxml.messages.foreign_names import ATTRIBUTES

    on_the_wire = re.sub("_([a-z])", lambda letter: letter[1].upper(), name)
    clause = ATTRIBUTES.get(f"{element.name}/@{name}") or ATTRIBUTES.get(f"{element.name}/@{on_the_wire}")
    # A SipUri in Refer has the name of one in Transfer, but none of its attributes.
    return _respelled(clause, spelling) if clause and element.attributes else ""


def missing_attribute(name: str, element: Element, spelling: Spelling) -> Finding:
    """An attribute that the element must have and has not."""
    return Finding("missing-attribute", f"{spelling.element(element.name)} lacks {spelling.attribute(name)}; it is required")


# Children


def unknown_element(name: str, element: Element, spelling: Spelling) -> Finding:
    """A child that is no element of BXML."""
    hint = _element_from_elsewhere(name, element, spelling) or near(name, element.children, spelling.element)
    return Finding("unknown-element", f"{spelling.element(cut(name))} is not an element of BXML{hint}")


def _element_from_elsewhere(name: str, parent: Element, spelling: Spelling) -> str:
    """``; TwiML's <Say> is <SpeakSentence> here``, or nothing if no other dialect has such an element."""
    from bxml.messages.foreign_names import ELEMENTS

    clause = ELEMENTS.get(f"{parent.name}/{name}") or ELEMENTS.get(name)
    return _respelled(clause, spelling) if clause else ""


def unknown_root(name: str, roots: Iterable[str]) -> Finding:
    """A document with a root that is no document's."""
    allowed = listed(map(FILE.element, roots), "or")
    return Finding("unknown-root", f"{FILE.element(cut(name))} is not the root of a document; it is {allowed}")


def misplaced(offender: str, element: Element, spelling: Spelling) -> Finding:
    """A child, or text, that may not stand in the element."""
    from bxml.messages.foreign_names import CONTENT

    clause = CONTENT.get(element.name)
    allowed = takes(element, spelling) + (_respelled(clause, spelling) if clause else "")
    return Finding("misplaced", f"{offender} may not stand in {spelling.element(element.name)}; {allowed}")


def takes(element: Element, spelling: Spelling) -> str:
    """What may stand in an element."""
    if element.text is not None:
        return f"it takes {element.text.noun}"
    if element.maximum_bytes is not None:
        return "it takes verbs"
    if not element.children:
        return spelling.empty if element.attributes else "it stays empty"
    text = "text, " if element.mixed else ""
    return f"it takes {text}{listed(map(spelling.element, element.children))}"


def one_argument(count: int, element: Element, spelling: Spelling) -> Finding:
    """A constructor that got no content, or several."""
    content = "one list" if element.text is None and not element.mixed else "one text"
    given = f"{count} arguments were given" if count else "it is missing"
    message = f"{spelling.element(element.name)} takes its content as {content}, and attributes by keyword; {given}"
    return Finding("misplaced", message)


def not_a_list(offender: str, element: Element, spelling: Spelling) -> Finding:
    """Children that are not in a list."""
    held = "verbs" if element.maximum_bytes is not None else listed(map(spelling.element, element.children))
    return Finding("misplaced", f"{spelling.element(element.name)} takes one list of {held}; {offender} is not one")


def too_few(count: int, element: Element, spelling: Spelling) -> Finding:
    """Fewer children than an element needs."""
    needed = f"{element.occurrence.least}, {listed(map(spelling.element, element.children), 'or')}"
    message = f"{spelling.element(element.name)} has {counted(count, 'child')}; it needs at least {needed}"
    return Finding("too-few-children", message)


def too_many(count: int, element: Element, spelling: Spelling) -> Finding:
    """More children than an element takes."""
    message = f"{spelling.element(element.name)} has {counted(count, 'child')}; it takes at most {element.occurrence.most}"
    return Finding("too-many-children", message)


# Documents


def too_large(size: int, limit: int) -> Finding:
    """A document above the limit."""
    return Finding("document-size", f"the document has {size} bytes; at most {limit} are allowed")


def too_deep(limit: int) -> Finding:
    """Elements nested further than this package follows."""
    return Finding("nesting-depth", f"elements are nested more than {limit} levels deep")


def unchecked(attribute: str) -> Finding:
    """An attribute given as ``extra``."""
    return Finding("unchecked-attribute", f"{attribute} is not in the schema, and is not checked")


AGAINST_SCHEMA: Final = Finding("against-schema", "the schema does not allow this document; nothing more is known")


def _respelled(clause: str, spelling: Spelling) -> str:
    """A clause of :mod:`bxml.messages.foreign_names` as its reader spells it."""
    spelled = re.sub("<([^<>]+)>", lambda found: spelling.element(found[1]), clause)
    return "; " + re.sub(r"@(\w+)", lambda found: spelling.attribute(found[1]), spelled)
