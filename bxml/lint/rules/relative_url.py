"""Relative URL in a pushed document.

What it does
Reports a relative URL in a document with the root `Bxml`. In a document with the root `Response` relative
URLs are allowed and common.

Why is this bad?
A relative URL is resolved against the URL from which the platform requested the document. A document with the
root `Bxml` is pushed into a running call or conference, so it has no such URL. Bandwidth does not document
what happens, so this is a warning.

Example::

    <Bxml>
      <Redirect redirectUrl="/next"/>
    </Bxml>

Use instead::

    <Bxml>
      <Redirect redirectUrl="https://app.example/next"/>
    </Bxml>

Use instead::

    <Response>
      <Redirect redirectUrl="/next"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint import element_urls
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = (
    "Bridge",
    "Conference",
    "Connect",
    "Gather",
    "PhoneNumber",
    "PlayAudio",
    "Record",
    "Redirect",
    "Refer",
    "SipUri",
    "StartGather",
    "StartRecording",
    "StartStream",
    "StartTranscription",
    "Transfer",
)


def check(element: Node, flow: Flow) -> Iterator[Violation]:
    """Report each relative URL of a pushed document."""
    for url in element_urls.find(element) if flow.is_pushed else ():
        if not url.has_scheme("http", "https", "ws", "wss"):
            yield url.violation("is relative, but a pushed document has no base URL; use an absolute URL")
