"""A document for a conference holds a verb that conferences do not take.

A conference plays audio, speaks, and is recorded; everything else is for a single call. One other verb and the platform
rejects the whole document, also the verbs in it that would have been right.

Bad (--context conference)::

    <Response>
      <SpeakSentence>A new member has joined.</SpeakSentence>
      <Pause duration="2"/>
    </Response>

Good (--context conference)::

    <Response>
      <SpeakSentence>A new member has joined.</SpeakSentence>
      <PlayAudio>https://app.example/chime.mp3</PlayAudio>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/conference
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.call_flow import ROOTS, Flow
from bxml.lint.rule import Found, on_name
from bxml.messages.text import listed
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
AT: Final = ROOTS

ALLOWED: Final = ("PlayAudio", "SpeakSentence", "StartRecording", "StopRecording", "PauseRecording", "ResumeRecording")
"""The verbs that a conference takes."""


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """Every other verb."""
    for verb in element.children if flow.context == "conference" else ():
        if verb.name in schema.law().elements[element.name].children and verb.name not in ALLOWED:
            allowed = listed(map("<{}>".format, ALLOWED))
            yield on_name(verb, f"<{verb.name}> makes a conference reject the whole document; allowed are {allowed}")
