"""Speech of invisible characters only.

What it does
Reports a `SpeakSentence` whose text has only spaces and invisible characters. At least one of the characters,
such as U+00A0 or U+200B, is not white space in XML. The rule blank-text reports text that has only white
space.

Why is this bad?
The text is not blank for the schema, but there is nothing to speak. Such characters come from word processors
and from `&#160;` in templates, around an empty variable. For silence, use `Pause`.

Example::

    <Response><SpeakSentence>&#160;</SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence>Hello.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import join_names
from bxml.parsing.tree import Node, Text
from bxml.xml_text import WHITE_SPACE

SEVERITY: Final = "warning"
TARGETS: Final = ("SpeakSentence",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a SpeakSentence whose text is not blank, but has no visible character."""
    # A visible character in the text of the sentence itself is the usual case, so it is looked for first.
    if not _is_invisible(element.text):
        return
    text = _all_text(element)
    invisible = [f"U+{ord(character):04X}" for character in dict.fromkeys(text) if character not in WHITE_SPACE]
    if invisible and _is_invisible(text):
        found = join_names(invisible[:MOST_NAMED])
        message = f"the text of <{element.name}> contains only {found}; add text, or use <Pause> for silence"
        first = next((item for item in element.content if isinstance(item, Text) and item.value.strip(WHITE_SPACE)), None)
        # Without a text of its own, the name of the sentence is marked.
        yield Violation(message, element, "text", item=first, piece=(0, len(first.value)) if first else None)


MOST_NAMED: Final = 3
"""Maximum number of characters that a message names."""

CATEGORIES: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""The Unicode categories of control characters, format characters and spaces."""


def _is_invisible(text: str) -> bool:
    if text[:1].isalnum():
        return False
    from unicodedata import category  # imported here because most sentences begin with a letter

    return all(category(character) in CATEGORIES for character in text)


def _all_text(element: Node) -> str:
    """Return the text of an element and of everything in it, including each ``alias``."""
    inside = "".join(map(_all_text, element.children))
    return element.text + element.attributes.get("alias", "") + inside
