"""Verb that is not allowed in a conference.

What it does
Reports verbs that are not allowed in a document for a conference. Such a document can play audio, speak text,
and record the conference.

Why is this bad?
If a document contains one such verb, the platform rejects the whole document, including the verbs that are
allowed.

Example (--context conference)::

    <Response>
      <SpeakSentence>A new member has joined.</SpeakSentence>
      <Pause duration="2"/>
    </Response>

Use instead (--context conference)::

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
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import ROOTS, Flow
from bxml.messages.text import join_names
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
TARGETS: Final = ROOTS


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report every verb that is not allowed in a conference."""
    if flow.context != "conference":
        return
    known = schema.vocabulary().elements[element.name].children
    allowed = [name for name, verb in known.items() if "conference" in verb.behavior.contexts]
    for verb in flow.each(element.children):
        if verb.name in known and verb.name not in allowed:
            message = "is not allowed in a conference, so the platform rejects the whole document"
            names = join_names(map("<{}>".format, allowed))
            yield Violation.at_name(verb, f"<{verb.name}> {message}; allowed are {names}")
