"""A URL is relative in a document that is pushed into a live call.

A relative URL is taken to be relative to the URL whose answer the document is. A document with the root `Bxml` is no answer:
it is sent by PUT into a running call or conference, so there is nothing that the URL could be relative to. That is inferred; no
page says what happens, so this is a warning. In a document with the root `Response` relative URLs are fine, and common.

Bad::

    <Bxml>
      <Redirect redirectUrl="/next"/>
    </Bxml>

Good::

    <Bxml>
      <Redirect redirectUrl="https://app.example/next"/>
    </Bxml>

Good::

    <Response>
      <Redirect redirectUrl="/next"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint import url_attributes
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = (
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


def check(element: Node, flow: Flow) -> Iterator[Found]:
    """Each relative URL."""
    for address in url_attributes.of(element) if flow.is_pushed else ():
        if not address.has_scheme("http", "https", "ws", "wss"):
            yield address.found("is relative, and a document that is pushed has no URL of its own; write an absolute one")
