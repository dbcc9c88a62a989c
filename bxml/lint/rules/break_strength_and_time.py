"""Break with both strength and time.

What it does
Reports a `break` with both `strength` and `time`.

Why is this bad?
Both attributes set the length of the pause. Bandwidth documents each of them, but does not document which one
has priority. The pause may be shorter or longer than intended. Nothing fails, so this is a warning.

Example::

    <Response><SpeakSentence>One <break strength="weak" time="2s"/> two.</SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence>One <break time="2s"/> two.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ("break/@strength",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report the strength of a break that also has a time, because the time is more exact."""
    strength, time = element.attributes["strength"], element.attributes.get("time")
    if time is not None:
        both = f"{assignment('strength', strength)} and {assignment('time', time)}"
        yield Violation.at_attribute(element, "strength", f"{both} both set the length of the pause; remove one of them")
