"""Transcription option that requires a destination.

What it does
Reports `stabilized` and `CustomParam` in a `StartTranscription` without a `destination`. `stabilized="true"`
is accepted, because it is the default, which some SDKs always write.

Why is this bad?
`stabilized` selects the updates that are sent to the `destination`, and the `CustomParam` elements are sent
there in the first message. Neither changes the requests to the `transcriptionEventUrl`, so both have no effect
without a `destination`.

Example::

    <Response>
      <StartTranscription transcriptionEventUrl="https://app.example/text" stabilized="false"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Use instead::

    <Response>
      <StartTranscription destination="wss://app.example/text" stabilized="false"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startTranscription
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation, differs_from_default
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("StartTranscription",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report ``stabilized``, and the first CustomParam, of a transcription without a destination."""
    if "destination" in element.attributes:
        return
    if differs_from_default(element, "stabilized"):
        yield Violation.at_attribute(element, "stabilized", _useless("stabilized"))
    parameter = next((child for child in element.children if child.name == "CustomParam"), None)
    if parameter:
        yield Violation.at_name(parameter, _useless("<CustomParam>"))


def _useless(option: str) -> str:
    return f"{option} has no effect without destination; add destination to <StartTranscription> or remove {option}"
