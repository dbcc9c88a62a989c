"""The findings of the schema check and their messages: one function for each kind of finding.

A message is one line in lower case without a full stop: what was found, quoted; what is wrong; what is allowed or expected; the
fix or the nearest legal spelling. The schema defines what is allowed. Names are spelled as the reader writes them: as in
XML for a file, as in Python for a program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, cast

from bxml import xml_text
from bxml.messages.python_names import class_name, python_name
from bxml.messages.string_likes import behaves_like_string, is_a
from bxml.messages.text import counted, did_you_mean, join_names, shorten
from bxml.schema import Element, SimpleType, vocabulary
from bxml.xml_text import collapse

LONGEST_LIST: Final = 8
"""Maximum number of names that a message lists. Instead of a longer list, the message gives the URL of Bandwidth's page."""


class Finding(NamedTuple):
    """A rule that is broken, and the message that explains it."""

    rule: str
    message: str


class Spelling(NamedTuple):
    """The spelling of names for readers of XML or for readers of Python."""

    attribute: Callable[[str], str]
    element: Callable[[str], str]
    no_content: str
    """The message about content in an element that has attributes only."""


FILE: Final = Spelling(str, "<{}>".format, "it must be empty")
"""The spelling for documents in files."""

PYTHON: Final = Spelling(python_name, class_name, "it has no content; pass its attributes by keyword")
"""The spelling for constructors in Python."""


# Values


def invalid_value(offender: str, text: str, type_: SimpleType, spelling: Spelling) -> Finding | None:
    """Return the finding for a string that is not a valid value of the type; ``None`` for a valid string."""
    fault = value_fault(text, type_)
    if not fault:
        return None
    sibling = _sibling(text, type_, spelling)
    return Finding("invalid-value", f"{offender} {sibling or fault + _hint(text, type_, fault, spelling)}")


def _hint(text: str, type_: SimpleType, fault: str, spelling: Spelling) -> str:
    """Return a clause that follows the fault of an invalid value and suggests a valid value, or an empty string."""
    from bxml.messages.missing_values import missing_value_hint

    is_number_or_boolean = spelling is FILE and (type_.digits is not None or "bool" in type_.lineage)
    hint = "" if "did you mean" in fault else missing_value_hint(text, is_number_or_boolean=is_number_or_boolean)
    return hint or _phone_number(text, type_)


def _sibling(text: str, type_: SimpleType, spelling: Spelling) -> str:
    """Return a fault that suggests another element for a text, such as SipUri for a SIP URI; empty if no other element fits."""
    for parent in vocabulary().declarations():
        texts = {name: child.text for name, child in parent.children.items() if child.text}
        # Among elements with other content, such as verbs, a text says nothing about its element.
        if type_ in texts.values() and len(texts) == len(parent.children):
            for name, other in texts.items():
                if value_fault(text, other) is None:
                    return f"is not {type_.noun}, but {other.noun}; write {spelling.element(name)}"
    return ""


PHONE_NUMBER_TYPES: Final = {"callerId", "phoneNumber", "phoneNumberOrSipUri"}
"""Names of the types in the schema that allow phone numbers."""


def _phone_number(text: str, type_: SimpleType) -> str:
    """Return a clause such as ``; did you mean "+12125550123"?``; empty if the type does not allow phone numbers."""
    if PHONE_NUMBER_TYPES.isdisjoint(type_.lineage):
        return ""
    from bxml.messages.phone_numbers import e164_hint

    return e164_hint(text, lambda number: value_fault(number, type_) is None)


def value_fault(text: str, type_: SimpleType) -> str | None:
    """Return the reason why a string is not a valid value of the type; ``None`` for a valid string."""
    text = collapse(text) if type_.collapses else text
    # The form is checked before the number, because Decimal raises for a string that is not a number.
    for check in (_check_enumeration, _check_union, _check_length, _check_form, _check_number):
        if fault := check(text, type_):
            return fault
    return None


def _check_enumeration(text: str, type_: SimpleType) -> str | None:
    if not type_.words or text in type_.words:
        return None
    hint = _value_from_elsewhere(text, type_) or did_you_mean(text, type_.words)
    return f"is not {type_.noun}; expected {join_names(type_.words, 'or')}{hint}"


def _value_from_elsewhere(text: str, type_: SimpleType) -> str:
    """Return a clause such as ``; write inbound, which …``, or an empty string if neither TwiML nor an SDK has the value."""
    # Imported here and below, because valid documents do not need these tables.
    from bxml.messages.foreign_names import VALUES

    value = VALUES.get(text)
    return f"; {value.clause}" if value and value.here in type_.words else ""


def _check_union(text: str, type_: SimpleType) -> str | None:
    if not type_.members or any(value_fault(text, member) is None for member in type_.members):
        return None
    return f"is not {type_.noun}; expected {join_names(_choices(type_), 'or')}{did_you_mean(text, _choices(type_))}"


def _choices(type_: SimpleType) -> list[str]:
    """Return the enumerated values of a type, and the nouns of the other types in its union."""
    of_members = [choice for member in type_.members for choice in member.words or (member.noun,)]
    return [*type_.words, *of_members]


def _check_length(text: str, type_: SimpleType) -> str | None:
    if type_.shortest is not None and len(text) < type_.shortest:
        return f"is too short; expected at least {counted(type_.shortest, 'character')}"
    if type_.longest is not None and len(text) > type_.longest:
        return f"has {len(text)} characters; at most {type_.longest} are allowed"
    return None


def _check_form(text: str, type_: SimpleType) -> str | None:
    if all(pattern.fullmatch(text) for pattern in type_.patterns):
        return None
    if type_.form:
        return f"is not {type_.noun}; expected {type_.form}"
    return f"is not {expected(type_)}{_url_fault(text, type_) or _decimal_comma(text, type_)}"


_SCHEMES: Final = {"url": ("http", "https"), "websocketUrl": ("ws", "wss")}
"""The allowed schemes of each type of URLs, by the name of the type in the schema."""

_WHITE_SPACE_NOUNS: Final = {" ": "a space", "\t": "a tab", "\r": "a line break", "\n": "a line break"}


def _url_fault(text: str, type_: SimpleType) -> str:
    """Return a clause such as ``: it contains a space``, or an empty string if the type is not a type of URLs."""
    schemes = next((_SCHEMES[name] for name in type_.lineage if name in _SCHEMES), ())
    if not schemes:
        return ""
    if not text:
        return ": it is empty"
    from bxml.messages.missing_values import MISSING_VALUES

    if text in MISSING_VALUES:
        return ""  # the space in [object Object] is not the mistake
    if white_space := next((char for char in text if char in _WHITE_SPACE_NOUNS), ""):
        inside = any(char in _WHITE_SPACE_NOUNS for char in text.strip(xml_text.WHITE_SPACE))
        fix = "write %20" if inside and white_space == " " else "remove it"
        return f": it contains {_WHITE_SPACE_NOUNS[white_space]}; {fix}"
    # A URL with a legal scheme and without white space can be invalid only because it has no host.
    if text.partition(":")[0].lower() in schemes:
        return f": it has no host; expected {schemes[-1]}:// and a host"
    return f": it has no scheme {' or '.join(schemes)}"


def _decimal_comma(text: str, type_: SimpleType) -> str:
    """Return a clause such as ``; write 1.5`` for a string that is valid with a point, or an empty string."""
    number = text.replace(",", ".")
    if type_.digits is None or number == text or value_fault(number, type_):
        return ""
    from bxml.messages.foreign_names import DECIMAL_COMMA

    return f"; {DECIMAL_COMMA.format(shorten(number))}"


def _check_number(text: str, type_: SimpleType) -> str | None:
    if type_.digits is None:
        return None
    from decimal import Decimal

    number = Decimal(text)
    if type_.minimum is not None and number < type_.minimum:
        return f"is too small; expected {expected(type_)}"
    if type_.maximum is not None and number > type_.maximum:
        return f"is too large; expected {expected(type_)}"
    # The totalDigits of XSD counts neither leading zeros nor the zeros at the end of a fraction.
    whole, _, fraction = text.partition(".")
    if len(whole.lstrip("+-0")) + len(fraction.rstrip("0")) > type_.digits:
        return f"has too many digits; at most {type_.digits} are allowed"
    return None


def expected(type_: SimpleType) -> str:
    """Return a noun phrase for the values of the type, with their bounds."""
    if type_.words or type_.members:
        return f"{type_.noun}: {join_names(_choices(type_), 'or')}"
    if type_.minimum is None:
        return type_.noun
    if type_.maximum is None:
        return f"{type_.noun} of at least {type_.minimum}"
    return f"{type_.noun} from {type_.minimum} to {type_.maximum}"


PYTHON_TYPES: Final[dict[type, str]] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a float",
    bytes: "bytes",
    list: "a list",
    tuple: "a tuple",
    dict: "a dictionary",
    type(None): "None",
}
"""A noun phrase for the values of each built-in type of Python."""


def wrong_type(offender: str, value: object, noun: str, *, takes_strings: bool = False) -> Finding:
    """Return the finding for a Python value of a wrong type.

    Args:
        offender: The value, quoted, with the name of its argument.
        value: The value.
        noun: A noun phrase for what is expected.
        takes_strings: True if a string could be valid.
    """
    import math
    from decimal import Decimal

    kind = PYTHON_TYPES.get(type(value), f"of type {type(value).__name__}")
    if (is_a(value, float) and not math.isfinite(value)) or (is_a(value, Decimal) and not value.is_finite()):
        kind = "not a finite number"
    # The schema says "text" for any string, but Python has no type of that name.
    hint = _call_str(value) if takes_strings else ""
    return Finding("invalid-value", f"{offender} is {kind}; expected {'a string' if noun == 'text' else noun}{hint}")


def _call_str(value: object) -> str:
    """Return a clause such as ``; call str() on it first`` for an object, or a list of objects, that behave like strings."""
    if behaves_like_string(value):
        return "; call str() on it first"
    in_list = isinstance(value, list | tuple) and any(map(behaves_like_string, cast("Iterable[object]", value)))
    return "; call str() on each item first" if in_list else ""


def not_a_name(offender: str) -> Finding:
    """Return the finding for an extra attribute whose name XML does not allow."""
    return Finding("unknown-attribute", f"{offender} is not a valid attribute name")


def not_extra(offender: str, keyword: str) -> Finding:
    """Return the finding for an extra attribute that the schema declares."""
    return Finding("unknown-attribute", f"{offender} is an attribute in the schema; pass it as {keyword}=")


def illegal_character(offender: str, text: str) -> Finding | None:
    """Return the finding for a character that XML cannot contain, or ``None`` if every character is legal."""
    found = xml_text.illegal_character(text)
    if not found:
        return None
    character = f"U+{ord(found[0]):04X} at character {found.start() + 1}"
    return Finding("illegal-character", f"{offender} contains {character}; {NOT_IN_XML}")


NOT_IN_XML: Final = "XML does not allow it, even if it is escaped; remove it"
"""The end of every message about an illegal character."""


def no_text(element: Element, spelling: Spelling) -> Finding:
    """Return the finding for an element that must contain text, but contains at most white space."""
    return Finding("blank-text", f"{spelling.element(element.name)} has no text; add the text to speak")


# Attributes


def unknown_attribute(name: str, element: Element, spelling: Spelling) -> Finding:
    """Return the finding for an attribute that the element does not have."""
    legal = [spelling.attribute(attribute) for attribute in element.attributes]
    allowed = f"expected {join_names(legal, 'or')}" if legal else "it has no attributes"
    # The tables of attributes are about files; in Python, the same name is more likely the content's argument in an SDK.
    hints = [attribute_from_elsewhere(name, element, spelling), _named_content(name, element, spelling)]
    hint = next(filter(None, hints if spelling is FILE else reversed(hints)), "") or did_you_mean(name, legal)
    next_step = hint or (f"; {allowed}" if len(legal) <= LONGEST_LIST else f"; see {element.page}")
    return Finding("unknown-attribute", f"{shorten(name)} is not an attribute of {spelling.element(element.name)}{next_step}")


def attribute_from_elsewhere(name: str, element: Element, spelling: Spelling) -> str:
    """Return a clause such as ``; TwiML's numDigits is maxDigits here``; empty if no other dialect has the attribute."""
    from bxml.messages.foreign_names import ATTRIBUTES

    # In Python the name is a keyword, such as num_digits for TwiML's numDigits.
    on_the_wire = re.sub("_([a-z])", lambda letter: letter[1].upper(), name)
    clause = ATTRIBUTES.get(f"{element.name}/@{name}") or ATTRIBUTES.get(f"{element.name}/@{on_the_wire}")
    # SipUri in Refer has the same name as in Transfer, but no attributes.
    return respelled(clause, spelling) if clause and element.attributes else ""


def names_content(name: str, element: Element) -> bool:
    """Return whether an unknown attribute or keyword is a name that the content of the element has in another package."""
    from bxml.messages.foreign_names import NAMED_CONTENT

    content = NAMED_CONTENT.get(element.name)
    return content is not None and name not in element.attributes and python_name(name) in content.names


def _named_content(name: str, element: Element, spelling: Spelling) -> str:
    """Return a clause such as ``; the URL is the content: PlayAudio("…")``; empty if the name is not a name of the content."""
    from bxml.messages.foreign_names import NAMED_CONTENT

    if not names_content(name, element):
        return ""
    noun, owner = NAMED_CONTENT[element.name].noun, spelling.element(element.name)
    if spelling is FILE:
        return f"; {noun} is the text of {owner}" if noun else f"; write {_children(element, spelling, 'or')} in {owner}"
    return f'; {noun} is the content: {owner}("…")' if noun else f"; the content is {list_of_children(element, spelling)}"


def missing_attribute(name: str, element: Element, spelling: Spelling) -> Finding:
    """Return the finding for a required attribute that is missing."""
    message = f"{spelling.element(element.name)} is missing the required attribute {spelling.attribute(name)}"
    return Finding("missing-attribute", message)


# Children


def unknown_element(name: str, parent: Element, spelling: Spelling) -> Finding:
    """Return the finding for a child that is not an element of BXML."""
    hint = _element_from_elsewhere(name, parent, spelling) or did_you_mean(name, parent.children, spelling.element)
    next_step = hint or _allowed_children(parent, spelling)
    return Finding("unknown-element", f"{spelling.element(shorten(name))} is not an element of BXML{next_step}")


def _allowed_children(parent: Element, spelling: Spelling) -> str:
    """Return a clause that lists the children of an element, or names the vendor's page if there are many."""
    legal = [*map(spelling.element, parent.children)]
    if len(legal) > LONGEST_LIST:
        return f"; see {parent.page}"
    return f"; expected {join_names(legal, 'or')}" if legal else ""


def _element_from_elsewhere(name: str, parent: Element, spelling: Spelling) -> str:
    """Return a clause such as ``; TwiML's <Say> is <SpeakSentence> here``; empty if no other dialect has the element."""
    from bxml.messages.foreign_names import ELEMENTS

    clause = ELEMENTS.get(f"{parent.name}/{name}") or ELEMENTS.get(name)
    return respelled(clause, spelling) if clause else ""


def unknown_root(name: str, roots: Iterable[str]) -> Finding:
    """Return the finding for an element that cannot be the root of a document."""
    allowed = join_names(map(FILE.element, roots), "or")
    if name.lower() == "html":
        return Finding("unknown-root", f"{FILE.element(shorten(name))} begins {HTML_PAGE}; expected {allowed}")
    return Finding("unknown-root", f"{FILE.element(shorten(name))} cannot be the root of a document; expected {allowed}")


HTML_PAGE: Final = "an HTML page, perhaps an error page or a login page"
"""The noun phrase for an HTML document in place of BXML."""


def misplaced(offender: str, element: Element, spelling: Spelling) -> Finding:
    """Return the finding for a child, or text, that is not allowed in the element."""
    from bxml.messages.foreign_names import CONTENT

    clause = CONTENT.get(element.name)
    allowed = takes(element, spelling) + (respelled(clause, spelling) if clause else "")
    return Finding("misplaced", f"{offender} is not allowed in {spelling.element(element.name)}; {allowed}")


def takes(element: Element, spelling: Spelling) -> str:
    """Return a clause about the content that is allowed in an element."""
    if element.text is not None:
        return f"expected {element.text.noun}"
    if element.maximum_bytes is not None:
        return "expected verbs"
    if not element.children:
        return spelling.no_content if element.attributes else "it must be empty"
    text = ["text"] if element.mixed else []
    return f"expected {join_names([*text, *map(spelling.element, element.children)], 'or')}"


def one_argument(count: int, element: Element, spelling: Spelling) -> Finding:
    """Return the finding for a constructor that got no content, or its content in several arguments."""
    name = spelling.element(element.name)
    content = "one string or list" if element.mixed else "one list" if element.text is None else "one string"
    given = f"got {count} content arguments" if count else "is missing its content"
    return Finding("misplaced", f"{name} {given}; expected {content}, and attributes by keyword")


def not_a_list(offender: str, element: Element, spelling: Spelling) -> Finding:
    """Return the finding for children that are not in a list."""
    name = spelling.element(element.name)
    return Finding("misplaced", f"{name} got {offender}; expected {list_of_children(element, spelling, offender)}")


def list_of_children(element: Element, spelling: Spelling, child: str = "") -> str:
    """Return a noun phrase such as ``a list of SpeakSentence and PlayAudio: Gather([SpeakSentence(…)])``.

    Args:
        element: The element that contains the children.
        spelling: The spelling of names.
        child: The child of the example, if it is allowed in the element.
    """
    name, legal = spelling.element(element.name), [*map(spelling.element, element.children)]
    example = next(each for each in (child, spelling.element("SpeakSentence"), *legal) if each in legal)
    return f"a list of {_children(element, spelling, 'and')}: {name}([{example}(…)])"


def _children(element: Element, spelling: Spelling, conjunction: str) -> str:
    """Return the names of the children that are allowed in an element; for a document, return ``verbs``."""
    return "verbs" if element.maximum_bytes is not None else join_names(map(spelling.element, element.children), conjunction)


def too_few(count: int, element: Element, spelling: Spelling) -> Finding:
    """Return the finding for an element with too few children."""
    needed = f"{element.occurrence.least} {join_names(map(spelling.element, element.children), 'or')}"
    message = f"{spelling.element(element.name)} has {counted(count, 'child', 'children')}; expected at least {needed}"
    return Finding("too-few-children", message)


def too_many(count: int, element: Element, spelling: Spelling) -> Finding:
    """Return the finding for an element with too many children."""
    children = counted(count, "child", "children")
    message = f"{spelling.element(element.name)} has {children}; expected at most {element.occurrence.most}"
    return Finding("too-many-children", message)


# Documents


def too_large(size: int, limit: int) -> Finding:
    """Return the finding for a document whose size is above the limit; size and limit are in bytes."""
    return Finding("document-size", f"the document has {size} bytes; at most {limit} are allowed")


def too_deep(limit: int) -> Finding:
    """Return the finding for elements that are nested more deeply than this package reads."""
    return Finding("nesting-depth", f"elements are nested more than {limit} levels deep; remove some levels")


def unchecked(attribute: str) -> Finding:
    """Return the finding for an attribute given as ``extra``."""
    return Finding("unchecked-attribute", f"{attribute} is not in the schema, so it is not checked")


UNEXPLAINED: Final = Finding(
    "against-schema", "the schema does not allow this document, for an unknown reason; please report it as a bug of bxml"
)
"""The finding for a document that libxml2 refuses, although this package finds no problem in it."""


def respelled(clause: str, spelling: Spelling) -> str:
    """Return a clause of :mod:`bxml.messages.foreign_names`, with its names spelled for the reader."""
    spelled = re.sub("<([^<>]+)>", lambda found: spelling.element(found[1]), clause)
    return "; " + re.sub(r"@(\w+)", lambda found: spelling.attribute(found[1]), spelled)
