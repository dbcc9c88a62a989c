"""Credentials without a URL.

What it does
Reports a user name or a password if its element has no URL that could receive it. `username` and `password`
belong to the webhook URLs, `fallbackUsername` and `fallbackPassword` to the fallback URLs, and
`destinationUsername` and `destinationPassword` to the destination of a stream.

Why is this bad?
The credentials are not sent anywhere and have no effect. Often they are intended for another URL.

Example::

    <Response>
      <Redirect redirectUrl="https://app.example/next" fallbackUsername="shop" fallbackPassword="secret"/>
    </Response>

Use instead::

    <Response>
      <Redirect redirectUrl="https://app.example/next" username="shop" password="secret"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/redirect
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint import credentials
from bxml.lint.element_urls import IN_TEXT
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment, join_names
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = credentials.TARGETS


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report the user name of credentials without a URL, or the password if there is no user name."""
    for pair in credentials.pairs_of(element):
        given = pair.given(element)
        if given and element.attributes.keys().isdisjoint(pair.urls) and IN_TEXT not in pair.urls:
            useless = f"{assignment(given[0], element.attributes[given[0]])} has no effect"
            message = f"{useless} without {join_names(pair.urls, 'or')}; add the URL or remove {join_names(given)}"
            yield Violation.at_attribute(element, given[0], message)
