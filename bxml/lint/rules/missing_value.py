"""Text that stands for a missing value.

What it does
Reports `undefined`, `None`, `null`, `NaN` and `[object Object]` where a value belongs: as a part of a URL, as a
whole name or tag, or as a word of a sentence. In a sentence, `undefined`, `null` and `None` are accepted where
they can be words of the language, such as in `undefined behavior`, `Select None to continue` or a German
sentence: they are reported before punctuation, at the end of the text, and after a greeting or a number.
`null` is accepted as a tag, because JSON has this value. Passwords are not checked.

Why is this bad?
Programming languages write these words if a value is missing. A caller hears "Hello undefined", or the platform
requests `https://undefined/menu`.

Example::

    <Response><SpeakSentence>Hello undefined, welcome back.</SpeakSentence></Response>

Example::

    <Response><Gather gatherUrl="None"/></Response>

Use instead::

    <Response><SpeakSentence>Hello, welcome back.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bxml.lint import free_texts
from bxml.lint.free_texts import FreeText
from bxml.lint.rule import Violation, effective_value
from bxml.lint.rules.unknown_voice import VOICES
from bxml.lint.verb_order_and_effects import ROOTS, Flow
from bxml.messages.missing_values import MISSING_VALUES
from bxml.messages.text import quote
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ROOTS

CHECKED_ELSEWHERE: Final = frozenset({"voice", "locale"})
"""The attributes whose unknown values are reported by other rules."""


def check(_: Node, flow: Flow) -> Iterator[Violation]:
    """Report the first missing value of each string."""
    for text in free_texts.find(flow, "speech", "url", "name", "data"):
        # Most strings contain none of these, and this test is cheaper than the search.
        if (
            any(map(text.value.__contains__, ("undefined", "None", "null", "NaN", "[object")))
            and text.attribute not in CHECKED_ELSEWHERE
        ):
            for start, end in _places(text):
                word = text.value[start:end]
                message = f"contains {quote(word)}, which {_origin(word)}; write a value or leave it out"
                yield text.violation(start, end, message)
                break


def _origin(word: str) -> str:
    """Return a clause about the origin of a word. In a URL, the word can be ``[object%20Object]``."""
    return MISSING_VALUES.get(word) or MISSING_VALUES["[object Object]"]


def _places(text: FreeText) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each missing value in a string."""
    if text.kind == "speech":
        yield from (found.span() for found in _spoken().finditer(text.value) if _is_missing(found, text))
    elif text.kind == "url":
        yield from (found.span(1) for found in _in_url().finditer(text.value))
    else:
        word = text.value.strip()
        if word in MISSING_VALUES and (text.kind, word) != ("data", "null"):
            start = text.value.index(word)
            yield start, start + len(word)


# Patterns are compiled on first use, because few documents contain one of the words.


@cache
def _in_url() -> re.Pattern[str]:
    """Return an expression that finds a word in place of a host, part of a path, or value in a query. Group 1 is that word."""
    return re.compile(
        r"(?:\A|[/?&=#:@,;])(undefined|None|null|NaN|\[object(?:%20|\+)Object\])"
        r"(?=[/?&=#:@,;\s]|\Z|\.(?:wav|mp3|xml|bxml|json)(?:[?#\s]|\Z))"
    )


@cache
def _spoken() -> re.Pattern[str]:
    return re.compile(r"(?<![\w'-])(?:undefined|None|null|NaN)(?![\w'-])|\[object Object\]")


WORDS_BEFORE: Final = {
    "undefined": frozenset(["a", "an", "as", "leave", "leaves", "left", "remain", "remains", "the"]),
    "null": frozenset(["a", "an", "of", "or", "the", "zero"]),
    "None": frozenset(
        [
            "all",
            "and",
            "either",
            "choose",
            "chose",
            "chosen",
            "enter",
            "for",
            "is",
            "of",
            "option",
            "or",
            "pick",
            "picked",
            "press",
            "say",
            "select",
            "selected",
            "than",
        ]
    ),
}
"""The words that can come before ``undefined``, ``null`` or ``None`` if that is an English word, as in "zero or null"."""

GREETINGS: Final = frozenset(["dear", "hello", "hey", "hi", "mr.", "mrs.", "ms."])
"""Words that come before a name. After a greeting, ``None`` stands for a missing name, even in the middle of a sentence."""

NEAR: Final = 20
"""The number of characters before a word that are searched for the previous word."""


def _is_missing(found: re.Match[str], text: FreeText) -> bool:
    """Return whether a word of a sentence stands for a missing value, and is not a word of the language."""
    word, value = found[0], text.value
    if word not in WORDS_BEFORE:
        return True
    if not _is_english(text):
        return False
    before, after = value[: found.start()], value[found.end() :].lstrip().lower()
    if not before.strip() and not after.strip(" .,;:!?\r\n\t"):
        return True  # the word is the whole text
    if word == "null" and after.startswith("and void"):
        return False
    if word == "None" and (after.startswith("of ") or not _is_inside_sentence(before)):
        return False
    previous = "".join(before[-NEAR:].lower().split()[-1:])
    # Before another word, such as in "undefined behavior", the word is more likely English.
    goes_on = after[:1].isalnum() and previous not in GREETINGS and not previous.isdecimal()
    return not goes_on and previous not in WORDS_BEFORE[word]


def _is_inside_sentence(before: str) -> bool:
    """Return whether a word comes after other words of its sentence; a sentence can begin with the English word None."""
    return bool(before.strip()) and before.rstrip()[-1] not in ".!?:;-\N{EN DASH}\N{EM DASH}\"'“("


def _is_english(text: FreeText) -> bool:
    """Return whether a text is spoken in English; in German and Dutch, for example, null is a number."""
    sentence = text.sentence
    assert sentence, "every speech has a sentence"
    voice = VOICES.get(sentence.attributes.get("voice", ""))
    language = text.language or (voice.locale if voice else effective_value(sentence, "locale")) or ""
    return language.lower().startswith("en")
