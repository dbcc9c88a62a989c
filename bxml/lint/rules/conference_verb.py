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


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """Every verb that a conference does not take."""
    if flow.context != "conference":
        return
    known = schema.law().elements[element.name].children
    allowed = [name for name, verb in known.items() if "conference" in verb.behavior.contexts]
    for verb in element.children:
        if verb.name in known and verb.name not in allowed:
            names = listed(map("<{}>".format, allowed))
            yield on_name(verb, f"<{verb.name}> makes a conference reject the whole document; allowed are {names}")
