"""A user name stands without its password, or a password without its user name.

HTTP Basic authentication sends both or nothing. What the platform makes of one alone is not published, so this is a warning;
the server that asks for credentials will most likely refuse the request. An empty value counts as one, for some services
take a key as user name and no password.

Bad::

    <Response>
      <Redirect redirectUrl="https://app.example/next" username="shop"/>
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
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = credentials.PLACES


def check(element: Node, _: Flow) -> Iterator[Found]:
    """Each that is alone."""
    for pair in credentials.of(element):
        given = pair.given(element)
        if len(given) == 1:
            missing = pair.password if given == [pair.user] else pair.user
            written = assignment(given[0], element.attributes[given[0]])
            yield on_attribute(element, given[0], f"{written} stands without {missing}; give both or neither")
