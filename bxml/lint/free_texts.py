"""The strings of a document that an application fills in: speech, URLs, names, and data that Bandwidth only passes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final, Literal, NamedTuple

from bxml import schema
from bxml.lint.rule import Part, Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node, Text
from bxml.schema import Attribute, SimpleType

Kind = Literal["speech", "url", "name", "data"]
"""The use of a string.

``speech`` is read to a caller. ``url`` is an address. ``name`` is shown, compared or used to recognize speech. ``data`` returns
to the application or to another system unchanged, so its content is the choice of the application.
"""

WHOLE_TEXT: Final = ""
"""The placeholder for an attribute name if the string is the text of its element."""


class FreeText(NamedTuple):
    """A string of a document, and its location."""

    element: Node
    kind: Kind
    value: str
    attribute: str = WHOLE_TEXT
    text: Text | None = None
    """The text in the element; ``None`` for the value of an attribute."""
    language: str = ""
    """For speech: the ``xml:lang`` of the ``lang`` element around it; empty if the language is that of the sentence."""
    sentence: Node | None = None
    """For speech: the SpeakSentence."""

    @property
    def title(self) -> str:
        """The beginning of a message about the string, without its value."""
        return self.attribute or f"the text of <{self.element.name}>"

    def violation(self, start: int, end: int, message: str) -> Violation:
        """Return a violation at some characters of the string.

        Args:
            start: The index of the first character.
            end: The index after the last character.
            message: The message without its beginning, which names the string.
        """
        part: Part = "value" if self.attribute else "text"
        return Violation(f"{self.title} {message}", self.element, part, self.attribute, self.text, (start, end))


def find(flow: Flow, *kinds: Kind) -> Iterable[FreeText]:
    """Return the strings of a document that have a :data:`Kind`, except passwords.

    The result is empty if the document has none of the :data:`SIGNS`, because no rule would report a problem. A rule must check
    each string on its own.
    """
    texts = flow.cached(_of_document)
    return flow.each(text for text in texts if text.kind in kinds) if texts else ()


SIGNS: Final = ("&", "{", "%", "[", "undefined", "None", "null", "NaN")
"""If an ASCII document contains none of these strings, no rule reports a problem in its free texts.

``&`` is one of the strings, because a reference can stand for any character.
"""


def _of_document(flow: Flow) -> list[FreeText]:
    # Most documents have no sign, and this test is much cheaper than looking at each string.
    if flow.source is not None and flow.source.isascii() and not any(map(flow.source.__contains__, SIGNS)):
        return []
    return list(_of_element(flow.root))


def _of_element(element: Node) -> Iterator[FreeText]:
    if element.name == "SpeakSentence":
        yield from _of_speech(element, element, "")
        return
    kinds = _kinds().get(element.name, {})
    for attribute, value in element.attributes.items():
        if attribute in kinds:
            yield FreeText(element, kinds[attribute], value, attribute)
    for item in element.content:
        if isinstance(item, Node):
            yield from _of_element(item)
        elif WHOLE_TEXT in kinds:
            yield FreeText(element, kinds[WHOLE_TEXT], item.value, text=item)


def _of_speech(element: Node, sentence: Node, language: str) -> Iterator[FreeText]:
    language = element.attributes.get("xml:lang", language)
    if "alias" in element.attributes:
        yield FreeText(element, "speech", element.attributes["alias"], "alias", None, language, sentence)
    for item in element.content:
        if isinstance(item, Node):
            yield from _of_speech(item, sentence, language)
        else:
            yield FreeText(element, "speech", item.value, text=item, language=language, sentence=sentence)


ADDRESSES: Final = frozenset({"url", "websocketUrl", "sipUri", "referTarget", "phoneNumberOrSipUri"})
"""The names of the types of addresses in the schema."""

PASSED_ON: Final = frozenset({"tag", "parameterValue", "uui"})
"""The names of the types in the schema whose values Bandwidth passes on without using them."""

WORDS: Final = frozenset({"conferenceName", "displayName", "transcriptionName"})
"""The names of the types in the schema that restrict the characters of a string, but allow any word.

Trying a word would compile the expressions of all types, which takes longer than checking a document.
"""


@cache
def _kinds() -> Mapping[str, Mapping[str, Kind]]:
    """Return the kinds of strings outside speech, by the name of the element and then of the attribute."""
    found: dict[str, dict[str, Kind]] = {}
    for element in schema.vocabulary().declarations():
        kinds = found.setdefault(element.name, {})
        for attribute in element.attributes.values():
            if not attribute.password_at and (kind := _kind(attribute.type, attribute)):
                kinds[attribute.name] = kind
        if element.text and (kind := _kind(element.text)):
            kinds[WHOLE_TEXT] = kind
    return found


def _kind(type_: SimpleType, attribute: Attribute | None = None) -> Kind | None:
    """Return the kind of a type, or ``None`` if the schema restricts the strings, so that they are not free texts."""
    if not ADDRESSES.isdisjoint(type_.lineage):
        return "url"
    if not PASSED_ON.isdisjoint(type_.lineage) or (attribute and attribute.username_at):
        return "data"
    is_restricted = type_.words or type_.members or type_.expressions
    return None if is_restricted and WORDS.isdisjoint(type_.lineage) else "name"
