"""More than four tracks are streamed or transcribed at once.

A call streams at most four tracks at a time and transcribes at most four, where `tracks="both"` counts as two. What goes over
is refused. Only what this document starts is counted, less what it stops by name; an earlier document may have left fewer, and
what a far end could have closed while a verb took time is not counted.

Bad::

    <Response>
      <StartStream name="archive" tracks="both" destination="wss://app.example/archive"/>
      <StartStream name="analysis" tracks="both" destination="wss://app.example/analysis"/>
      <StartStream name="agent" destination="wss://app.example/agent"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Good::

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

from bxml.lint.background_state import most_tracks, outcome
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
WORDS: Final = {"StartStream": "streamed", "StartTranscription": "transcribed"}
"""What becomes of a track."""

AT: Final = tuple(WORDS)


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """A start that goes over the limit."""
    found = outcome(element, flow)
    if found and found.fault == "too many tracks":
        both = assignment("tracks", "both")
        message = f"more than {most_tracks(element.name)} tracks would be {WORDS[element.name]} at once; {both} counts as 2"
        yield on_name(element, f"<{element.name}> is one too many: {message}; stop one first")
