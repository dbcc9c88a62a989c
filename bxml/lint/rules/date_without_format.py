"""Date without a format.

What it does
Reports a `say-as` with `interpret-as="date"` but without `format`.

Why is this bad?
`03/04/2027` may be in March or in April. Bandwidth's page requires a `format` with every date, and does not
say what happens without a `format`: the speech may fail, or the wrong date may be spoken.

Example::

    <Response><SpeakSentence>Until <say-as interpret-as="date">03/04/2027</say-as>.</SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence>Until <say-as interpret-as="date" format="dmy">03/04/2027</say-as>.</SpeakSentence></Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/speakSentence
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml import schema
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import Flow
from bxml.messages import schema_findings
from bxml.messages.text import assignment
from bxml.parsing.tree import Node

SEVERITY: Final = "error"
TARGETS: Final = ("say-as/@interpret-as",)


def check(element: Node, _: Flow) -> Iterator[Violation]:
    """Report a date without a format."""
    kind = element.attributes["interpret-as"]
    if kind == "date" and "format" not in element.attributes:
        format_ = schema.vocabulary().elements["SpeakSentence"].children[element.name].attributes["format"]
        missing = f"is missing the attribute format, which {assignment('interpret-as', kind)} requires"
        message = f"<{element.name}> {missing}; expected {schema_findings.expected(format_.type)}"
        yield Violation.at_name(element, message)
