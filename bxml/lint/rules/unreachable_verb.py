"""A verb stands where the call never comes.

`Redirect`, `Hangup` and `Forward` never come back to the document. `Bridge`, `Gather`, `Record`, `Refer` and `Transfer` do
not either once they have the URL that is told of their end, for then the answer of that URL is run instead. What stands behind
them is never run, and nothing says so: a goodbye is not spoken, a recording not stopped.

Bad::

    <Response>
      <Gather gatherUrl="https://app.example/menu"><SpeakSentence>Press 1.</SpeakSentence></Gather>
      <SpeakSentence>You did not press anything.</SpeakSentence>
    </Response>

Good::

    <Response>
      <Gather gatherUrl="https://app.example/menu"><SpeakSentence>Press 1.</SpeakSentence></Gather>
    </Response>

Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/gather
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from bxml import schema
from bxml.lint.call_flow import ROOTS, Flow
from bxml.lint.rule import Found, on_name
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
AT: Final = ROOTS

WHY: Final[Mapping[str, str]] = {
    "Forward": "hands the call on for good",
    "Hangup": "ends the call",
    "Redirect": "goes on with the BXML of its URL",
}
"""Why no verb follows those that always end the document."""


def check(_: Node, flow: Flow) -> Iterator[Found]:
    """The first verb that is never run; those behind it go without saying."""
    if len(flow.reached) < len(flow.verbs):
        last, verb = flow.reached[-1], flow.verbs[len(flow.reached)]
        url = schema.law().elements[last.name].behavior.ends.attribute
        why = f"goes on with the answer of its {url}" if url else WHY[last.name]
        yield on_name(verb, f"<{verb.name}> is never run; {flow.named(last)} {why}")
