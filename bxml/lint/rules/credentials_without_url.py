"""A user name or a password belongs to URLs of which none is there.

Each pair is for certain URLs of its element: `username` and `password` for the webhooks themselves, `fallbackUsername` and
`fallbackPassword` for the fallback URLs only, `destinationUsername` and `destinationPassword` for the far end of a stream.
Without any of these URLs nothing is sent to anyone, so the pair has no effect, and often is meant for another URL.

Bad::

    <Response>
      <Redirect redirectUrl="https://app.example/next" fallbackUsername="shop" fallbackPassword="secret"/>
    </Response>

Good::

    <Response>
      <Redirect redirectUrl="https://app.example/next" username="shop" password="secret"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/redirect
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint import credentials
from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, on_attribute
from bxml.lint.url_attributes import IN_TEXT
from bxml.messages.text import assignment, listed
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = credentials.PLACES


def check(element: Node, _: Flow) -> Iterator[Found]:
    """The first attribute of each such pair."""
    for pair in credentials.of(element):
        given = pair.given(element)
        if given and element.attributes.keys().isdisjoint(pair.urls) and IN_TEXT not in pair.urls:
            written = assignment(given[0], element.attributes[given[0]])
            message = f"{written} is sent to no URL; it takes {listed(pair.urls, 'or')}"
            yield on_attribute(element, given[0], message)
