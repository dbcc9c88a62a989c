"""An attribute of speech recognition stands on a Gather that takes digits alone.

A `Gather` listens for keys unless its `input` is `speech` or `dtmf_speech`; setting `hints` or a `language` does not change
that. What the caller says is not heard, and the attribute is passed over. Published defaults may stand there, for they ask for
nothing. That `speechTimeout` is among these attributes is not stated, but follows from its name.

Bad::

    <Response>
      <Gather gatherUrl="https://app.example/city" hints="Raleigh, Durham">
        <SpeakSentence>Which city?</SpeakSentence>
      </Gather>
    </Response>

Good::

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

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, is_set, on_attribute, value
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"

OF_SPEECH: Final = (
    "hints",
    "language",
    "partialResultCallback",
    "partialResultCallbackMethod",
    "profanityFilter",
    "speechModel",
    "speechTimeout",
)
"""The attributes that only matter to speech."""

AT: Final = tuple(f"Gather/@{attribute}" for attribute in OF_SPEECH)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """Each attribute of speech where there is none; an input that does not exist may have meant some."""
    if value(element, "input") != "dtmf":
        return
    for attribute in OF_SPEECH:
        if is_set(element, attribute):
            useless = f"{assignment(attribute, element.attributes[attribute])} has no effect on digits"
            allowed = f"{assignment('input', 'speech')} or {assignment('input', 'dtmf_speech')}"
            yield on_attribute(element, attribute, f"{useless}; it needs {allowed}")
