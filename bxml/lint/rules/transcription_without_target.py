"""Transcription without a destination.

What it does
Reports a `StartTranscription` with neither `destination` nor `transcriptionEventUrl`. This rule is off by
default, because the result can be fetched through the REST API after the call.

Why is this bad?
The text is not sent to the application during the call.

Example::

    <Response>
      <StartTranscription name="sales"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Use instead::

    <Response>
      <StartTranscription name="sales" transcriptionEventUrl="https://app.example/text"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startTranscription
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import join_names
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("StartTranscription",)

RESULT_URLS: Final = ("destination", "transcriptionEventUrl")
"""The attributes with the URLs that receive the text."""


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a transcription without a URL for its text."""
    if element.attributes.keys().isdisjoint(RESULT_URLS):
        message = f"<StartTranscription> does not send its text to a URL; add {join_names(RESULT_URLS, 'or')}"
        yield Violation.at_name(element, message)
