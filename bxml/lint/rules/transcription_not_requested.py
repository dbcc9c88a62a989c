"""An attribute is about the transcription of a recording that is not transcribed.

A recording is transcribed with `transcribe="true"` only. Without it `detectLanguage` is ignored, and the
`transcriptionAvailableUrl` is never told of anything. `detectLanguage="false"` is the default, which some SDKs write unasked,
and is tolerated. Recordings of a conference are never transcribed: there conference-recording speaks.

Bad::

    <Response>
      <Record
          recordCompleteUrl="https://app.example/thanks"
          transcriptionAvailableUrl="https://app.example/text"/>
    </Response>

Good::

    <Response>
      <Record
          recordCompleteUrl="https://app.example/thanks"
          transcribe="true"
          transcriptionAvailableUrl="https://app.example/text"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/record
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, is_set, on_attribute, value
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

NEEDY: Final = ("detectLanguage", "transcriptionAvailableUrl")
"""Attributes that do nothing unless there is a transcription."""

SEVERITY: Final = "warning"
AT: Final = tuple(f"{verb}/@{attribute}" for verb in ("Record", "StartRecording") for attribute in NEEDY)


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """Each such attribute; what is neither true nor false is the schema's affair."""
    if value(element, "transcribe") != "false" or (element.name == "StartRecording" and flow.context == "conference"):
        return
    for attribute in NEEDY:
        if is_set(element, attribute):
            wanted = assignment("transcribe", "true")
            yield on_attribute(element, attribute, f"{attribute} has no effect without {wanted}")
