"""A user name or a password goes to a URL that is not encrypted.

With a user name or a password, each URL that they go to has to be https. Bandwidth says so of recordings, streams and
transcriptions in BXML, and of all webhooks in its REST description, but not what becomes of a call that does otherwise. At best
everyone on the way can read the password. A relative URL is fine, for it has the scheme of the one that the document came from.

Bad::

    <Response>
      <Redirect redirectUrl="http://app.example/next" username="shop" password="secret"/>
    </Response>

Good::

    <Response>
      <Redirect redirectUrl="https://app.example/next" username="shop" password="secret"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startRecording
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint import credentials
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found
from bxml.messages.text import listed
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
AT: Final = credentials.PLACES


def check(element: Node, _: Flow) -> Iterator[Found]:
    """Each such URL."""
    for address, given in credentials.sent(element, "http"):
        yield address.found(f"receives {listed(given)} without encryption; write an https URL")
