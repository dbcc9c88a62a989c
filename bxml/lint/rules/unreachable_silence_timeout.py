"""A recording is over before its silence could have lasted long enough.

`Record` ends after `silenceTimeout` seconds of silence, and after `maxDuration` seconds in any case, which are 60 where none
are given. A longer silence than that never ends it, and is a sign that `maxDuration` was forgotten. Two equal times are
tolerated, for then both come at the same moment.

Bad::

    <Response>
      <Record recordCompleteUrl="https://app.example/thanks" silenceTimeout="90"/>
    </Response>

Good::

    <Response>
      <Record recordCompleteUrl="https://app.example/thanks" silenceTimeout="90" maxDuration="600"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/record
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.call_flow import Flow
from bxml.lint.rule import Found, number, on_value, value
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ("Record/@silenceTimeout",)


def check(element: Node, _: Flow) -> Iterator[Found]:
    """A silence that is longer than the recording."""
    silence, whole = number(element, "silenceTimeout"), number(element, "maxDuration")
    if silence is not None and whole is not None and silence > whole:
        limit = assignment("maxDuration", value(element, "maxDuration"))
        limit += "" if "maxDuration" in element.attributes else ", the default"
        written = assignment("silenceTimeout", element.attributes["silenceTimeout"])
        yield on_value(element, "silenceTimeout", f"{written} is never reached; the recording ends before by {limit}")
