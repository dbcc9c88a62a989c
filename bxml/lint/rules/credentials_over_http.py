"""Credentials sent to an unencrypted URL.

What it does
Reports an `http` URL that receives a user name or a password. Relative URLs are accepted, because they use
the scheme of the URL that the document came from. URLs of this machine, such as `http://localhost:8000/next`,
are accepted too.

Why is this bad?
Anyone on the network path can read the credentials. Bandwidth requires https for the credentials of
recordings, streams and transcriptions in BXML, and of all webhooks in its REST API. It does not document what
happens to a call that uses http.

Example::

    <Response>
      <Redirect redirectUrl="http://app.example/next" username="shop" password="secret"/>
    </Response>

Use instead::

    <Response>
      <Redirect redirectUrl="https://app.example/next" username="shop" password="secret"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startRecording
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint import credentials
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import join_names
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
TARGETS: Final = credentials.TARGETS


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report each http URL that receives credentials."""
    for url, names in credentials.sent_over(element, "http"):
        yield url.violation(f"receives {join_names(names)} without encryption; use an https URL")
