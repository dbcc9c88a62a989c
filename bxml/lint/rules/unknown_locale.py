"""A locale is none of those in which the vendor has a voice.

What the platform does with it is not published: it may refuse the document, or speak in another language. Most often the locale
is one of another spelling: here there is an underscore in all but `cmn-CN`, and many a language has no country. The list grows
without notice, so this is a warning: a locale that is newer than this package is no mistake, and can be allowed by a comment.

Bad::

    <Response><SpeakSentence locale="en-US">Hello.</SpeakSentence></Response>

Good::

    <Response><SpeakSentence locale="en_US">Hello.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_value
from bxml.lint.rules.unknown_voice import VOICES
from bxml.messages.text import assignment, listed
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("SpeakSentence/@locale",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A name that no locale has."""
    locale = element.attributes["locale"]
    if locale not in LOCALES:
        allowed = _respelled(locale) or _of_its_language(locale) or "; see the vendor's page of <SpeakSentence> for the list"
        yield on_value(element, "locale", f"{assignment('locale', locale)} is no locale that is known{allowed}")


def _respelled(locale: str) -> str:
    """The locale that has the same parts."""
    return "".join(f"; did you mean {known}?" for known in LOCALES if _parts(known) == _parts(locale))


def _of_its_language(locale: str) -> str:
    """The locales that share the first part; the nearest word alone would send Canada to Australia."""
    known = [known for known in LOCALES if _parts(known)[0] == _parts(locale)[0]]
    return f"; of this language there is {listed(known)}" if known else ""


def _parts(locale: str) -> list[str]:
    return re.split("[-_]", locale.lower())


LOCALES: Final = {
    locale: frozenset(voice.gender for voice in VOICES.values() if voice.locale == locale)
    for locale in dict.fromkeys(voice.locale for voice in VOICES.values())
}
"""The genders of the voices of each locale: those that the vendor lists are those that have a voice."""
