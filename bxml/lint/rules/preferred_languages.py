"""Conflicting languages of a transcription.

What it does
Reports `preferredLanguages` beside `detectLanguage="true"`, and a `preferredLanguages` with two dialects of
one language, such as `en-US` and `en-GB`.

Why is this bad?
`preferredLanguages` is for transcriptions whose languages are known in advance. Bandwidth does not allow it
with language detection, and allows one dialect of each language. It does not document what the platform does
with other values.

Example::

    <Response>
      <StartTranscription destination="wss://app.example/text" preferredLanguages="en-US,en-GB"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Use instead::

    <Response>
      <StartTranscription destination="wss://app.example/text" preferredLanguages="en-US,es-US"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Example::

    <Response>
      <StartTranscription destination="wss://app.example/text" detectLanguage="true" preferredLanguages="es-US"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Use instead::

    <Response>
      <StartTranscription destination="wss://app.example/text" detectLanguage="true"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startTranscription
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment, quote
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
TARGETS: Final = ("StartTranscription/@preferredLanguages",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report ``preferredLanguages`` beside language detection, and the first two dialects of one language."""
    if element.attributes.get("detectLanguage") == "true":
        detection = assignment("detectLanguage", "true")
        message = f"preferredLanguages is not allowed with {detection}; remove one of them"
        yield Violation.at_attribute(element, "preferredLanguages", message)
    languages = element.attributes["preferredLanguages"]
    conflict = _conflicting_dialects(dialect.strip() for dialect in languages.split(","))
    if conflict:
        first, second = map(quote, conflict)
        message = f"contains {first} and {second}, but only one dialect of each language is allowed; remove one of them"
        yield Violation.at_value(element, "preferredLanguages", f"{assignment('preferredLanguages', languages)} {message}")


def _conflicting_dialects(dialects: Iterator[str]) -> tuple[str, str] | None:
    """Return the first two different dialects of one language; a repeated dialect is harmless."""
    first: dict[str, str] = {}
    for dialect in filter(None, dialects):
        other = first.setdefault(_normalized(dialect).partition("-")[0], dialect)
        if _normalized(other) != _normalized(dialect):
            return other, dialect
    return None


def _normalized(dialect: str) -> str:
    return dialect.lower().replace("_", "-")
