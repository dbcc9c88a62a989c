"""Unknown locale.

What it does
Reports a `locale` for which Bandwidth lists no voice. The list grows without notice, so this is a warning. If
a locale is newer than this package, suppress the problem with a comment. Beside a `voice`, a locale has no effect,
so only `voice-decides` reports it.

Why is this bad?
Bandwidth does not document what the platform does with an unknown locale: it may reject the document or speak
another language. Often the locale is only spelled differently: all locales except `cmn-CN` use an underscore,
and many have no country.

Example::

    <Response><SpeakSentence locale="en-US">Hello.</SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence locale="en_US">Hello.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.rule import Violation
from bxml.lint.rules.unknown_voice import VOICES
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment, join_names
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("SpeakSentence/@locale",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report an unknown locale; if a voice is given, the rule ``voice-decides`` reports the locale instead."""
    locale = element.attributes["locale"]
    if locale not in LOCALES and "voice" not in element.attributes:
        known = _other_spelling(locale)
        similar = f"; did you mean {known}?" if known else _same_language(locale)
        hint = similar or f"; see {schema.vocabulary().elements[element.name].page}"
        yield Violation.at_value(element, "locale", f"{assignment('locale', locale)} is not a known locale{hint}", known)


def _other_spelling(locale: str) -> str | None:
    """Return the known locale that differs only in its spelling. Return ``None`` if all known locales differ more."""
    return next((known for known in LOCALES if _parts(known) == _parts(locale)), None)


def _same_language(locale: str) -> str:
    """Return a hint with the locales of the same language, or an empty string.

    The nearest spelling is not used, because it would suggest Australia (en_AU) for Canada (en-CA).
    """
    known = [known for known in LOCALES if _parts(known)[0] == _parts(locale)[0]]
    return f"; for this language use {join_names(known, 'or')}" if known else ""


def _parts(locale: str) -> list[str]:
    return re.split("[-_]", locale.lower())


LOCALES: Final = {
    locale: frozenset(voice.gender for voice in VOICES.values() if voice.locale == locale)
    for locale in dict.fromkeys(voice.locale for voice in VOICES.values())
}
"""The genders of the voices of each locale. Bandwidth lists a voice for every locale."""
