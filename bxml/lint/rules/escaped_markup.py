"""Escaped markup in speech.

What it does
Reports a tag that is written as text in a `SpeakSentence`: with `&lt;` instead of `<`, or in a CDATA section. A
tag is recognized if it is an element of BXML or SSML, an end tag, an empty tag, or has attributes. Other text
between `<` and `>`, such as an email address, is accepted.

Why is this bad?
An escaped tag is text, so it has no effect, and the platform reads it aloud or drops it. Usually a library or a
template has escaped SSML that was passed as a string.

Example::

    <Response><SpeakSentence>One moment. &lt;break time="1s"/&gt; Thank you.</SpeakSentence></Response>

Example::

    <Response><SpeakSentence><![CDATA[This is <emphasis>important</emphasis>.]]></SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence>One moment. <break time="1s"/> Thank you.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bxml import schema
from bxml.lint import free_texts
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import ROOTS, Flow
from bxml.messages.text import quote
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ROOTS


def check(_: Node, flow: Flow) -> Iterator[Violation]:
    """Report the first escaped tag of each text."""
    for text in free_texts.find(flow, "speech"):
        found = "<" in text.value and next(filter(_is_markup, _tags().finditer(text.value)), None)
        if found:
            message = f"contains {quote(found[0])} as text, so it has no effect; write it as a tag, without escaping it"
            yield text.violation(*found.span(), message)


@cache
def _tags() -> re.Pattern[str]:
    """Return the expression for everything that may be a tag, a comment, a declaration or the start of a CDATA section."""
    return re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][\w:.-]*+)(?P<rest>[^<>]*)>|<!--|<!\[CDATA\[|<\?xml\b")


def _is_markup(tag: re.Match[str]) -> bool:
    if not tag["name"]:
        return True
    rest = tag["rest"].strip()
    if not rest:
        return bool(tag["end"]) or tag["name"] in _elements()
    return rest == "/" or (tag["rest"][0].isspace() and re.match(r"""[\w:.-]+\s*=\s*["']""", rest) is not None)


HTML_ELEMENTS: Final = frozenset({"b", "br", "div", "em", "i", "li", "span", "strong", "u", "ul"})
"""The HTML elements that are common in text for people."""


@cache
def _elements() -> frozenset[str]:
    return HTML_ELEMENTS | {element.name for element in schema.vocabulary().declarations()} | {"speak"}
