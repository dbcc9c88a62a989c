"""Recording without a notification URL.

What it does
Reports a `Record` without a `recordCompleteUrl`, `recordingAvailableUrl` or `transcriptionAvailableUrl`. This
rule is off by default, because the platform keeps recordings for 30 days, and an application can list them
through the REST API.

Why is this bad?
The platform sends no request about the recording, so the application does not learn that it exists.

Example::

    <Response>
      <SpeakSentence>Please leave a message.</SpeakSentence>
      <Record/>
    </Response>

Use instead::

    <Response>
      <SpeakSentence>Please leave a message.</SpeakSentence>
      <Record recordingAvailableUrl="https://app.example/recordings"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/record
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import join_names
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Record",)

NOTIFICATION_URLS: Final = ("recordCompleteUrl", "recordingAvailableUrl", "transcriptionAvailableUrl")
"""The attributes with the URLs that are notified of a recording, the most useful attribute first."""


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a recording without a notification URL."""
    if element.attributes.keys().isdisjoint(NOTIFICATION_URLS):
        message = f"<Record> does not report its recording to a URL; add {join_names(NOTIFICATION_URLS, 'or')}"
        yield Violation.at_name(element, message)
