"""A transcription without a destination has what goes to the destination only.

`stabilized` decides which updates are sent to the `destination`, and the `CustomParam` elements are sent to it in the first
message. Without a `destination` both do nothing: the `transcriptionEventUrl` gets neither. `stabilized="true"` is the
default, which some SDKs write unasked, and is tolerated.

Bad::

    <Response>
      <StartTranscription transcriptionEventUrl="https://app.example/text" stabilized="false"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Good::

    <Response>
      <StartTranscription destination="wss://app.example/text" stabilized="false"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startTranscription
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, is_set, on_attribute, on_name
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("StartTranscription",)

WHY: Final = "<StartTranscription> has no destination; give it one, or leave this out"


def check(element: Node, _: Flow) -> Iterator[Found]:
    """The attribute, and the first of the parameters."""
    if "destination" in element.attributes:
        return
    if is_set(element, "stabilized"):
        yield on_attribute(element, "stabilized", f"stabilized has no effect; {WHY}")
    parameter = next((child for child in element.children if child.name == "CustomParam"), None)
    if parameter:
        yield on_name(parameter, f"<CustomParam> goes nowhere; {WHY}")
