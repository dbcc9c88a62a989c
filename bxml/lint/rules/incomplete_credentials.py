"""User name without a password, or password without a user name.

What it does
Reports a user name without its password, or a password without its user name. An empty value counts as given,
because for some services the user name is a key and the password is empty.

Why is this bad?
HTTP Basic authentication sends a user name and a password. Bandwidth does not document what the platform
sends if one of them is missing, so this is a warning. A server that requires credentials will probably reject
the request.

Example::

    <Response>
      <Redirect redirectUrl="https://app.example/next" username="shop"/>
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
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = credentials.TARGETS


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report each user name or password without its counterpart."""
    for pair in credentials.pairs_of(element):
        given = pair.given(element)
        if len(given) == 1:
            name = given[0]
            missing = pair.password if name == pair.user else pair.user
            message = f"{assignment(name, element.attributes[name])} is given without {missing}; give both or neither"
            yield Violation.at_attribute(element, name, message)
