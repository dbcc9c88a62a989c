"""The user name or password of a stream goes to a websocket that is not encrypted.

`destinationUsername` and `destinationPassword` are sent as the stream is opened. Over `ws` they travel in the clear, and the
audio of the call after them. That this is not meant is inferred from the rule for webhooks, which have to be https then; the
page of the verb allows `ws` and says nothing of the two together, so this is a warning.

Bad::

    <Response>
      <StartStream destination="ws://media.example/" destinationUsername="shop" destinationPassword="secret"/>
      <Pause duration="60"/>
    </Response>

Good::

    <Response>
      <StartStream destination="wss://media.example/" destinationUsername="shop" destinationPassword="secret"/>
      <Pause duration="60"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint import credentials
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found
from bxml.messages.text import listed
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("StartStream/@destination",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """Such a destination."""
    for address, given in credentials.sent(element, "ws"):
        yield address.found(f"receives {listed(given)} without encryption; write a wss URL")
