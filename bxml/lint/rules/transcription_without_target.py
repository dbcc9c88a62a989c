"""Nobody gets what is transcribed.

A `StartTranscription` with neither a `destination` nor a `transcriptionEventUrl` transcribes for nobody while the call goes on.
The result can be fetched through the REST API afterwards, which may be what is wanted: so this rule is off by default.

Bad::

    <Response>
      <StartTranscription name="sales"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Good::

    <Response>
      <StartTranscription name="sales" transcriptionEventUrl="https://app.example/text"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startTranscription
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.messages.text import listed
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("StartTranscription",)

TOLD: Final = ("destination", "transcriptionEventUrl")
"""The URLs that get the text."""


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A transcription that goes nowhere."""
    if element.attributes.keys().isdisjoint(TOLD):
        yield on_name(element, f"<StartTranscription> tells nobody what it hears; give it a {listed(TOLD, 'or')}")
