"""Text in a wrong encoding.

What it does
Reports letters and punctuation, in speech or in a name, whose UTF-8 bytes were read as Windows-1252 or
ISO-8859-1: `Ã©` for `é`. Also reports U+FFFD, which replaces characters that could not be read.

Why is this bad?
The caller hears the names of strange characters, or nothing in their place. Usually a program has read a file, a
database or a request with a wrong encoding.

Example::

    <Response><SpeakSentence locale="fr">Le cafÃ© est fermÃ©.</SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence locale="fr">Le café est fermé.</SpeakSentence></Response>

Source: https://www.w3.org/International/questions/qa-what-is-encoding
"""

# ruff: noqa: RUF001  the rule is about unusual characters

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bxml.lint import free_texts
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import ROOTS, Flow
from bxml.messages.text import quote
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ROOTS

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def check(_: Node, flow: Flow) -> Iterator[Violation]:
    """Report the first wrong sequence of each string."""
    for text in free_texts.find(flow, "speech", "name"):
        if not text.value.isascii():
            yield from _of_text(text)


def _of_text(text: free_texts.FreeText) -> Iterator[Violation]:
    for found in _suspects().finditer(text.value):
        if found[0] == REPLACEMENT:
            message = "contains U+FFFD, which replaces a character that could not be read; read the text in its own encoding"
            yield text.violation(*found.span(), message)
            return
        meant = _decoded(found[0])
        if meant and not _is_end_of_word(found):
            message = f"contains {quote(found[0])}, which is UTF-8 in a wrong encoding; did you mean {quote(meant)}?"
            yield text.violation(*found.span(), message)
            return


_FIRST: Final = "ÂÃÄÅ"
"""The first UTF-8 bytes of Latin letters and of Latin-1 signs. These bytes were read as Windows-1252."""

_MORE: Final = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
"""The later UTF-8 bytes of a character, as the content of a character class. They were read as ISO-8859-1 or Windows-1252."""


@cache
def _suspects() -> re.Pattern[str]:
    """Return the expression for sequences that may be characters in a wrong encoding.

    A French text can contain an é, an ellipsis and a quotation mark in sequence, which are also the bytes of one Chinese
    character. A character of three bytes therefore matches only if it is punctuation, or if another such character follows.
    """
    return re.compile(
        f"(?:[{_FIRST}][{_MORE}])+|(?:[ÐÑ][{_MORE}]){{2,}}|(?:â[€„‚\x80\x82\x84][{_MORE}])+|ï»¿|ï¿½"
        f"|(?:[à-ï][{_MORE}]{{2}}){{2,}}|(?:ð[Ÿ\x9f][{_MORE}]{{2}})+|{REPLACEMENT}"
    )


def _decoded(text: str) -> str:
    """Return the intended text of a sequence, or an empty string if its bytes are not UTF-8 or stand for control characters."""
    try:
        meant = b"".join(character.encode("latin-1" if character <= "\xff" else "cp1252") for character in text).decode()
    except UnicodeDecodeError:
        return ""
    return "" if any("\x80" <= character < "\xa0" for character in meant) else meant


_QUOTATION_MARKS: Final = frozenset("‚„‘’“”‹›«»…–—\N{NO-BREAK SPACE}")
"""Characters that often follow a word."""


def _is_end_of_word(found: re.Match[str]) -> bool:
    """Return whether a sequence is the last capital letter of a word, followed by a quotation mark or a similar character."""
    if len(found[0]) != len("Ã©") or found[0][1] not in _QUOTATION_MARKS:
        return False
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    # In UTF-8 the sequences with Â are signs, and Ã with a no-break space is à: a space can follow. Other letters begin a word.
    can_stand_alone = found[0][0] == "Â" or found[0] == "Ã\N{NO-BREAK SPACE}"
    return before.isupper() or not (after.isalpha() or can_stand_alone)
