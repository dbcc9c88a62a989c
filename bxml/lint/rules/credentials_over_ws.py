"""Stream credentials sent to an unencrypted websocket.

What it does
Reports a `ws` destination of a `StartStream` that has `destinationUsername` or `destinationPassword`.
A destination on this machine, such as `ws://localhost:8000/`, is accepted.

Why is this bad?
Over `ws` the credentials and the audio of the call are sent unencrypted. Bandwidth requires https for
webhooks with credentials. Its page of `StartStream` allows `ws` and does not mention credentials, so this is
a warning.

Example::

    <Response>
      <StartStream destination="ws://media.example/" destinationUsername="shop" destinationPassword="secret"/>
      <Pause duration="60"/>
    </Response>

Use instead::

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
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import join_names
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("StartStream/@destination",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a ws destination that receives credentials."""
    for url, names in credentials.sent_over(element, "ws"):
        yield url.violation(f"receives {join_names(names)} without encryption; use a wss URL")
