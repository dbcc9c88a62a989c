"""Processing instruction.

What it does
Reports a processing instruction, such as `<?php … ?>`. Instructions for editors and browsers, such as
`<?xml-stylesheet … ?>` and `<?xml-model … ?>`, are accepted before the root element. Their names begin with `xml`.

Why is this bad?
BXML has no processing instructions, so the text that the instruction should write is missing. Usually a template
was sent without being run.

Example::

    <Response><SpeakSentence>Hello <?php echo $name ?>.</SpeakSentence></Response>

Use instead::

    <Response><SpeakSentence>Hello Ann.</SpeakSentence></Response>

Source: https://www.w3.org/TR/xml/#sec-pi
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bxml.lint.rule import Violation
from bxml.lint.verb_order_and_effects import ROOTS, Flow
from bxml.messages.text import shorten
from bxml.parsing.tree import Node

SEVERITY: Final = "warning"
TARGETS: Final = ROOTS


def check(root: Node, flow: Flow) -> Iterator[Violation]:
    """Report each processing instruction."""
    for instruction in flow.instructions:
        if instruction.start < root.start and instruction.target.startswith("xml"):
            continue
        fix = "run the PHP code first" if instruction.target == "php" else "remove it"
        message = f"the processing instruction <?{shorten(instruction.target)} … ?> has no effect in BXML; {fix}"
        yield Violation.at_instruction(instruction, message)
