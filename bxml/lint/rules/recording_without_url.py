"""Nobody is told that there is a recording.

A `Record` with none of `recordCompleteUrl`, `recordingAvailableUrl` and `transcriptionAvailableUrl` leaves a file that no
request tells of. It is kept for 30 days all the same, and an application can list the recordings of a call through the REST
API: so this rule is off by default.

Bad::

    <Response>
      <SpeakSentence>Please leave a message.</SpeakSentence>
      <Record/>
    </Response>

Good::

    <Response>
      <SpeakSentence>Please leave a message.</SpeakSentence>
      <Record recordingAvailableUrl="https://app.example/recordings"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/record
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.messages.text import listed
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Record",)

TOLD: Final = ("recordCompleteUrl", "recordingAvailableUrl", "transcriptionAvailableUrl")
"""The URLs that are told of a recording, in the order in which they are best."""


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A recording that no URL is told of."""
    if element.attributes.keys().isdisjoint(TOLD):
        yield on_name(element, f"<Record> tells nobody of its recording; give it a {listed(TOLD, 'or')}")
