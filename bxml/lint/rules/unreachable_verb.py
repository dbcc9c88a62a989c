"""Unreachable verb.

What it does
Reports the first verb that is never run. `Redirect`, `Hangup` and `Forward` always end the document.
`Bridge`, `Gather`, `Record`, `Refer` and `Transfer` also end the document if they have the URL that is
requested when the verb completes, because the call then continues with the response of that URL.

Why is this bad?
The platform skips the later verbs without an error: a goodbye is not spoken, a recording is not stopped.

Example::

    <Response>
      <Gather gatherUrl="https://app.example/menu"><SpeakSentence>Press 1.</SpeakSentence></Gather>
      <SpeakSentence>You did not press anything.</SpeakSentence>
    </Response>

Use instead::

    <Response>
      <Gather gatherUrl="https://app.example/menu"><SpeakSentence>Press 1.</SpeakSentence></Gather>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from bxml import schema
from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import ROOTS, Flow
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ROOTS

REASONS: Final[Mapping[str, str]] = {
    "Forward": "passes on the call",
    "Hangup": "ends the call",
    "Redirect": "continues with the response of its redirectUrl",
}
"""The reasons why some verbs always end the document, by the names of the verbs."""


def check(_: Node, flow: Flow) -> Iterator[Violation]:
    """Report only the first verb that is never run, because later verbs are not run for the same reason."""
    if len(flow.reached) < len(flow.verbs):
        last, verb = flow.reached[-1], flow.verbs[len(flow.reached)]
        url = schema.vocabulary().elements[last.name].behavior.ends.attribute
        reason = f"continues with the response of its {url}" if url else REASONS[last.name]
        message = f"is never run, because {flow.describe(last)} {reason}; remove it or move it before <{last.name}>"
        yield Violation.at_name(verb, f"<{verb.name}> {message}")
