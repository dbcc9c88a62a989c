"""A stream or a transcription takes the name of one that is running.

Names are unique among the streams of a call, and among its transcriptions. One that is in use makes the new one fail with a
rejected event; the call goes on without it. A name is free again once it is stopped by that name, or for transcriptions once
all are stopped; a stream may well have the name of a transcription. Where there is no name, the platform makes one up.

Bad::

    <Response>
      <StartStream name="audio" destination="wss://app.example/caller"/>
      <StartStream name="audio" destination="wss://app.example/agent" tracks="outbound"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Good::

    <Response>
      <StartStream name="caller" destination="wss://app.example/caller"/>
      <StartStream name="agent" destination="wss://app.example/agent" tracks="outbound"/>
      <Transfer><PhoneNumber>+15555550123</PhoneNumber></Transfer>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import words
from bxml.background import outcomes
from bxml.flow import ROOTS, Flow
from bxml.rule import Found, on_value
from bxml.source import Node

SEVERITY: Final = "error"
AT: Final = ROOTS


def check(_: Node, flow: Flow) -> Iterator[Found]:
    """Each start that is refused for its name."""
    for verb, fault, since in outcomes(flow):
        if fault == "name in use":
            name = words.assignment("name", verb.attributes["name"])
            yield on_value(verb, "name", f"{name} is in use by {flow.named(since)}; stop that first, or take another name")
