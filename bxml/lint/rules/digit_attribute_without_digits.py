"""An attribute that is about digits stands on a Gather that takes speech alone.

With `input="speech"` no key is listened for, so none can be too late, the last, or one too many: `maxDigits`,
`terminatingDigits` and `interDigitTimeout` have nothing to act on. Often `dtmf_speech` was meant, and callers who press a key
get no answer. The defaults may stand there, for the SDKs for Java and C# always write some, and so may an empty
`terminatingDigits`.

Bad::

    <Response>
      <Gather gatherUrl="https://app.example/pin" input="speech" maxDigits="4">
        <SpeakSentence>Say or enter your code.</SpeakSentence>
      </Gather>
    </Response>

Good::

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

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, is_set, on_attribute
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"

OF_DIGITS: Final = ("maxDigits", "terminatingDigits", "interDigitTimeout")
"""The attributes that only matter once a key is pressed."""

AT: Final = tuple(f"Gather/@{attribute}" for attribute in OF_DIGITS)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """Each attribute of digits where there are none."""
    if element.attributes.get("input") != "speech":
        return
    for attribute in OF_DIGITS:
        written = element.attributes.get(attribute)
        if written and is_set(element, attribute):
            useless = f"{assignment(attribute, written)} has no effect with {assignment('input', 'speech')}"
            yield on_attribute(element, attribute, f"{useless}; it needs {assignment('input', 'dtmf_speech')}")
