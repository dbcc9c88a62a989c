"""More than four tracks at the same time.

What it does
Reports a `StartStream` if more than four tracks would be streamed at the same time, and a
`StartTranscription` if more than four would be transcribed. `tracks="both"` counts as two tracks. The rule
counts only tracks that this document starts and does not stop by name. The rule does not count tracks that
the remote end may have closed while a verb took time.

Why is this bad?
A call streams at most four tracks and transcribes at most four tracks at the same time. The platform rejects
the start of further tracks.

Example::

    <Response>
      <StartStream name="archive" tracks="both" destination="wss://app.example/archive"/>
      <StartStream name="analysis" tracks="both" destination="wss://app.example/analysis"/>
      <StartStream name="agent" destination="wss://app.example/agent"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Use instead::

    <Response>
      <StartStream name="archive" tracks="both" destination="wss://app.example/archive"/>
      <StartStream name="analysis" destination="wss://app.example/analysis"/>
      <StartStream name="agent" destination="wss://app.example/agent"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.background_state import fault_of, max_tracks
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
NOUNS: Final = {"StartStream": "stream", "StartTranscription": "transcription"}
"""The noun for the activity that each verb starts, by the name of the verb."""

TARGETS: Final = tuple(NOUNS)


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report a verb that exceeds the limit of tracks."""
    fault = fault_of(element, flow)
    if fault and fault.kind == "too many tracks":
        noun = NOUNS[element.name]
        limit = f"exceeds the limit of {max_tracks(element.name)} tracks for all running {noun}s"
        message = f"<{element.name}> {limit} ({assignment('tracks', 'both')} counts as 2); stop another {noun} first"
        yield Violation.at_name(element, message)
