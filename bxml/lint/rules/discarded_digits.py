"""What the caller presses or says is thrown away.

A `Gather` without a `gatherUrl` takes time and input as any other does, tells nobody what it got, and lets the call go on with
the next verb. A `partialResultCallback` is told of speech while it lasts, so with one not all is lost. The platform accepts
both, and a `Gather` may be there for its prompts alone: therefore a warning. Where an attribute is misspelt, only that is
said.

Bad::

    <Response>
      <Gather maxDigits="1"><SpeakSentence>Press 1 to be called back.</SpeakSentence></Gather>
    </Response>

Good::

    <Response>
      <Gather maxDigits="1" gatherUrl="https://app.example/callback">
        <SpeakSentence>Press 1 to be called back.</SpeakSentence>
      </Gather>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_name
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Gather",)

TOLD: Final = frozenset({"gatherUrl", "partialResultCallback"})
"""The URLs of a Gather that receive what is gathered."""


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A Gather that tells nobody."""
    known = schema.attributes()[element.name]
    if TOLD.isdisjoint(element.attributes) and element.attributes.keys() <= known.keys():
        yield on_name(element, f"<{element.name}> throws away what it gathers; give it a gatherUrl")
