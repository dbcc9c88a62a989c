"""Speech option on a digits-only Gather.

What it does
Reports attributes of speech recognition, such as `hints`, on a `Gather` with `input="dtmf"`, which is the
default. Default values are accepted. `speechTimeout` counts as such an attribute because of its name.

Why is this bad?
A `Gather` recognizes speech only with `input="speech"` or `input="dtmf_speech"`. Other attributes, such as
`hints` or `language`, do not change that. The platform ignores both the attribute and the speech.

Example::

    <Response>
      <Gather gatherUrl="https://app.example/city" hints="Raleigh, Durham">
        <SpeakSentence>Which city?</SpeakSentence>
      </Gather>
    </Response>

Use instead::

    <Response>
      <Gather gatherUrl="https://app.example/city" input="speech" hints="Raleigh, Durham">
        <SpeakSentence>Which city?</SpeakSentence>
      </Gather>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation, differs_from_default, effective_value
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"

SPEECH_ATTRIBUTES: Final = (
    "hints",
    "language",
    "partialResultCallback",
    "partialResultCallbackMethod",
    "profanityFilter",
    "speechModel",
    "speechTimeout",
)
"""The attributes that have an effect only on speech."""

TARGETS: Final = tuple(f"Gather/@{attribute}" for attribute in SPEECH_ATTRIBUTES)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report each speech attribute of a gather that accepts only digits; the schema check reports an invalid ``input``."""
    if effective_value(element, "input") != "dtmf":
        return
    for attribute in SPEECH_ATTRIBUTES:
        if differs_from_default(element, attribute):
            useless = f"{assignment(attribute, element.attributes[attribute])} has no effect on digits"
            fix = f"use {assignment('input', 'speech')} or {assignment('input', 'dtmf_speech')}"
            yield Violation.at_attribute(element, attribute, f"{useless}; {fix}")
