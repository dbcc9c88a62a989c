"""Silence timeout longer than the recording.

What it does
Reports a `Record` whose `silenceTimeout` is longer than its `maxDuration`, which is 60 seconds by default.
Equal values are accepted, because both limits are then reached at the same time.

Why is this bad?
`Record` ends after `silenceTimeout` seconds of silence, and in any case after `maxDuration` seconds. A longer
silence timeout is never reached. Often `maxDuration` was forgotten.

Example::

    <Response>
      <Record recordCompleteUrl="https://app.example/thanks" silenceTimeout="90"/>
    </Response>

Use instead::

    <Response>
      <Record recordCompleteUrl="https://app.example/thanks" silenceTimeout="90" maxDuration="600"/>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/record
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation, effective_number, effective_value
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("Record/@silenceTimeout",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a silence timeout that is longer than the recording."""
    silence, duration = effective_number(element, "silenceTimeout"), effective_number(element, "maxDuration")
    if silence is not None and duration is not None and silence > duration:
        limit = assignment("maxDuration", effective_value(element, "maxDuration"))
        limit += "" if "maxDuration" in element.attributes else " (the default)"
        problem = f"{assignment('silenceTimeout', element.attributes['silenceTimeout'])} is never reached"
        message = f"{problem}, because {limit} ends the recording first; lower silenceTimeout or raise maxDuration"
        yield Violation.at_value(element, "silenceTimeout", message)
