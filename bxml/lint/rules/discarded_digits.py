"""Gather without a URL for its result.

What it does
Reports a `Gather` with neither `gatherUrl` nor `partialResultCallback`. A `Gather` with an unknown attribute
is accepted, because that attribute may be a misspelled `gatherUrl`; the rule unknown-attribute reports it.

Why is this bad?
The platform collects the input, discards it and continues with the next verb. This is a warning, because the
platform accepts such a `Gather`, and an application may use it only for its prompts.

Example::

    <Response>
      <Gather maxDigits="1"><SpeakSentence>Press 1 to be called back.</SpeakSentence></Gather>
    </Response>

Use instead::

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
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Gather",)

RESULT_URLS: Final = frozenset({"gatherUrl", "partialResultCallback"})
"""The attributes with the URLs that receive the input."""


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a gather without a URL for its result."""
    known = schema.attributes()[element.name]
    if RESULT_URLS.isdisjoint(element.attributes) and element.attributes.keys() <= known.keys():
        yield Violation.at_name(element, f"<{element.name}> discards the caller's input; add gatherUrl")
