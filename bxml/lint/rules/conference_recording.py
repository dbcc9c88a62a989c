"""A conference is to be recorded in a way that only calls are.

The recording of a conference is not transcribed, has one channel and carries no tag. What asks for these on `StartRecording` is
quietly ignored, and a transcription that is waited for never comes. The defaults `false` and `POST` are left alone, for SDKs
write them unasked.

Bad (--context conference)::

    <Response><StartRecording recordingAvailableUrl="https://app.example/recording" multiChannel="true"/></Response>

Good (--context conference)::

    <Response><StartRecording recordingAvailableUrl="https://app.example/recording"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startRecording
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, is_set, on_attribute
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("StartRecording",)

# What belongs to a transcription is of no use without one, also where the page does not say so.
IGNORED: Final = (
    "transcribe",
    "detectLanguage",
    "transcriptionAvailableUrl",
    "transcriptionAvailableMethod",
    "tag",
    "multiChannel",
)
"""The attributes that matter for calls only."""


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """Every such attribute that says more than its default."""
    for name in IGNORED:
        if flow.context == "conference" and is_set(element, name):
            given = assignment(name, element.attributes[name])
            yield on_attribute(element, name, f"{given} is ignored when a conference is recorded; leave it out")
