"""Digit option on a speech-only Gather.

What it does
Reports `maxDigits`, `terminatingDigits` and `interDigitTimeout` on a `Gather` with `input="speech"`. Default
values are accepted, because the Java and C# SDKs always write some of them. An empty `terminatingDigits` is
accepted too.

Why is this bad?
With `input="speech"` the platform ignores keys, so these attributes have no effect. Often `dtmf_speech` was
intended, and callers get no response if they press a key.

Example::

    <Response>
      <Gather gatherUrl="https://app.example/pin" input="speech" maxDigits="4">
        <SpeakSentence>Say or enter your code.</SpeakSentence>
      </Gather>
    </Response>

Use instead::

    <Response>
      <Gather gatherUrl="https://app.example/pin" input="dtmf_speech" maxDigits="4">
        <SpeakSentence>Say or enter your code.</SpeakSentence>
      </Gather>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation, differs_from_default
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"

DIGIT_ATTRIBUTES: Final = ("maxDigits", "terminatingDigits", "interDigitTimeout")
"""The attributes that have an effect only on keys that the caller presses."""

TARGETS: Final = tuple(f"Gather/@{attribute}" for attribute in DIGIT_ATTRIBUTES)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report each digit attribute of a gather that accepts only speech."""
    if element.attributes.get("input") != "speech":
        return
    for attribute in DIGIT_ATTRIBUTES:
        written = element.attributes.get(attribute)
        if written and differs_from_default(element, attribute):
            useless = f"{assignment(attribute, written)} has no effect with {assignment('input', 'speech')}"
            fix = f"use {assignment('input', 'dtmf_speech')} or remove {attribute}"
            yield Violation.at_attribute(element, attribute, f"{useless}; {fix}")
