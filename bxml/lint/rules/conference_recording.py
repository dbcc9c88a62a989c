"""Recording option that conferences ignore.

What it does
Reports attributes of `StartRecording` that have no effect in a conference: `multiChannel`, `tag` and the
transcription options. Default values are accepted, because some SDKs always write `false` and `POST`.

Why is this bad?
The recording of a conference has one channel and no tag, and is not transcribed. The platform ignores these
attributes without an error, so an application may wait for a transcription that never arrives.

Example (--context conference)::

    <Response><StartRecording recordingAvailableUrl="https://app.example/recording" multiChannel="true"/></Response>

Use instead (--context conference)::

    <Response><StartRecording recordingAvailableUrl="https://app.example/recording"/></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startRecording
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation, differs_from_default
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("StartRecording",)

# Bandwidth's page does not mention all of these attributes, but transcription options cannot work without a transcription.
IGNORED: Final = (
    "transcribe",
    "detectLanguage",
    "transcriptionAvailableUrl",
    "transcriptionAvailableMethod",
    "tag",
    "multiChannel",
)
"""The attributes that have an effect only in calls."""


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report each ignored attribute whose value is not the default."""
    for name in IGNORED:
        if flow.context == "conference" and differs_from_default(element, name):
            ignored = assignment(name, element.attributes[name])
            yield Violation.at_attribute(element, name, f"{ignored} is ignored when a conference is recorded; remove it")
