"""The languages of a transcription exclude each other, or the detection of the language.

`preferredLanguages` is for a transcription that is told what it will hear: with `detectLanguage="true"` it may not be given.
It takes one dialect of each language, so not `en-US` beside `en-GB`. What the platform does otherwise is not published.

Bad::

    <Response>
      <StartTranscription destination="wss://app.example/text" preferredLanguages="en-US,en-GB"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Good::

    <Response>
      <StartTranscription destination="wss://app.example/text" preferredLanguages="en-US,es-US"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Bad::

    <Response>
      <StartTranscription destination="wss://app.example/text" detectLanguage="true" preferredLanguages="es-US"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Good::

    <Response>
      <StartTranscription destination="wss://app.example/text" detectLanguage="true"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startTranscription
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_attribute, on_value
from bxml.messages.text import assignment, shown
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
AT: Final = ("StartTranscription/@preferredLanguages",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """The attribute beside the detection; the first language that comes twice."""
    if element.attributes.get("detectLanguage") == "true":
        detection = assignment("detectLanguage", "true")
        yield on_attribute(
            element, "preferredLanguages", f"preferredLanguages may not stand beside {detection}; give one of them"
        )
    written = element.attributes["preferredLanguages"]
    pair = _two_of_one(dialect.strip() for dialect in written.split(","))
    if pair:
        first, second = map(shown, pair)
        message = f"has both {first} and {second}; one dialect of each language is allowed"
        yield on_value(element, "preferredLanguages", f"{assignment('preferredLanguages', written)} {message}")


def _two_of_one(dialects: Iterator[str]) -> tuple[str, str] | None:
    """Two dialects of one language; that one stands there twice does no harm."""
    first: dict[str, str] = {}
    for dialect in filter(None, dialects):
        other = first.setdefault(_normal(dialect).partition("-")[0], dialect)
        if _normal(other) != _normal(dialect):
            return other, dialect
    return None


def _normal(dialect: str) -> str:
    return dialect.lower().replace("_", "-")
