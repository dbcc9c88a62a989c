"""Transcription option without a transcription.

What it does
Reports `detectLanguage` and `transcriptionAvailableUrl` on a recording without `transcribe="true"`.
`detectLanguage="false"` is accepted, because it is the default, which some SDKs always write. Recordings of a
conference are never transcribed; the rule conference-recording reports these attributes of such recordings.

Why is this bad?
Only `transcribe="true"` requests a transcription. Without it `detectLanguage` is ignored, and no request is
sent to `transcriptionAvailableUrl`.

Example::

    <Response>
      <Record
          recordCompleteUrl="https://app.example/thanks"
          transcriptionAvailableUrl="https://app.example/text"/>
    </Response>

Use instead::

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

from bxml.lint.rule import Violation, differs_from_default, effective_value
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

TRANSCRIPTION_ATTRIBUTES: Final = ("detectLanguage", "transcriptionAvailableUrl")
"""The attributes that have an effect only if the recording is transcribed."""

SEVERITY: Final = "warning"
TARGETS: Final = tuple(
    f"{verb}/@{attribute}" for verb in ("Record", "StartRecording") for attribute in TRANSCRIPTION_ATTRIBUTES
)


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report each transcription attribute if no transcription is requested; the schema check reports an invalid boolean."""
    if effective_value(element, "transcribe") != "false":
        return
    if element.name == "StartRecording" and flow.context == "conference":
        return
    for attribute in TRANSCRIPTION_ATTRIBUTES:
        if differs_from_default(element, attribute):
            message = f"{attribute} has no effect without {assignment('transcribe', 'true')}; add it or remove {attribute}"
            yield Violation.at_attribute(element, attribute, message)
