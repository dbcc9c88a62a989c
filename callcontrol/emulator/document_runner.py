"""Documents as a call runs them: read, refused with the validator's report, and run verb by verb."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

import bxml
from bxml import schema
from bxml.builder.documents import Document
from bxml.builder.from_tree import value_of
from bxml.builder.verbs import Verb
from bxml.messages.redaction import without_user
from bxml.parsing.schema_check import check
from bxml.parsing.syntax_errors import NOT_XML
from bxml.problem import BxmlError, Problem
from bxml.schema import Context
from callcontrol import call_states
from callcontrol.emulator.attribute_values import truth
from callcontrol.emulator.calls import Call
from callcontrol.emulator.party import Ended, Party, WebhookResponse
from callcontrol.emulator.tasks import Steps
from callcontrol.redaction import redacted

DOCUMENTS: Final = 128
"""Valid documents that are remembered, for an application gives many calls the same."""

LONGEST_REPORT: Final = 20
"""Problems of a document that are told, of which there may be thousands."""


@redacted
@dataclass(frozen=True)
class Script:
    """The verbs of a document, where it came from, to which its URLs are relative, and where it is run."""

    verbs: tuple[Verb, ...]
    base_url: str = ""
    context: Context = "call"


Runs: TypeAlias = "Callable[[Call, Any, Script], Steps[Script | None]]"
"""What a verb does: it goes on with another document, or with the next verb."""


class Refused(Exception):
    """A document is not run, for these problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems."""
        super().__init__(problems)
        self.first = str(problems[0])
        left_out = len(problems) - LONGEST_REPORT
        more = [f"and {left_out} more"] if left_out > 0 else []
        self.report = "\n".join([*map(str, problems[:LONGEST_REPORT]), *more])
        self.is_not_xml = any(problem.rule in NOT_XML for problem in problems)


def read(data: bytes, base_url: str, extra: Collection[str] = (), context: Context = "call") -> Script:
    """The document that some bytes are.

    Args:
        data: The document.
        base_url: Where it came from.
        extra: Names of attributes, newer than the schema, that it may have, and that are not looked at.
        context: Where it is run.

    Raises:
        Refused: if the schema does not allow it, or a verb may not stand where it is run.
    """
    return Script(_verbs(data, frozenset(extra), context), base_url, context)


@lru_cache(DOCUMENTS)
def _verbs(data: bytes, extra: frozenset[str], context: Context) -> tuple[Verb, ...]:
    try:
        root, found = check(data)
    except BxmlError as error:
        raise Refused(error.problems) from None
    problems = [problem for problem in found if not _is(problem, extra)]
    if context != "call" and not problems:
        problems = bxml.validate(data, select=[f"{context}-verb"], context=context)
    if problems:
        raise Refused(problems)
    return tuple(cast("Document", value_of(root)).children)


def _is(problem: Problem, extra: frozenset[str]) -> bool:
    """Whether it is one of those attributes."""
    return problem.rule == "unknown-attribute" and problem.path.rpartition("@")[2] in extra


def answered(asker: Party, fetched: WebhookResponse, context: Context = "call") -> Script:
    """The document that answers an event; one without verbs if the answer is empty.

    Raises:
        Ended: if it is not valid; the timeline then has the validator's full report, which the platform never shows.
    """
    if not fetched.reply.body.strip():
        return Script(())
    try:
        return read(fetched.reply.body, fetched.url, asker.simulation.extra, context)
    except Refused as refused:
        asker.note("invalid", refused.report, url=without_user(fetched.url))
        raise Ended("invalid-bxml", refused.first) from None


def run(call: Call, script: Script) -> Steps[None]:
    """Run a document, and those that its verbs go on with, to the end.

    Raises:
        Ended: if the call is to end otherwise than by hanging up at the end of its documents.
    """
    following: Script | None = script
    while following is not None:
        following = yield from _run_one(call, following)


def count(call: Call) -> None:
    """Count a verb that a call runs; an interruption is as good as one.

    Raises:
        Ended: if it runs so much that it is taken to go round in circles.
    """
    call.verbs_run += 1
    if call.verbs_run > call.simulation.assumptions.max_verbs:
        raise Ended("error", f"the call has run {call.simulation.assumptions.max_verbs} verbs, and goes round in circles")


def answers(verb: Verb) -> bool:
    """Whether a verb answers an inbound call that is not answered yet."""
    when = schema.law().elements[type(verb).__name__].behavior.answers
    return truth(verb, when.attribute) if when.attribute else when.always


def _run_one(call: Call, script: Script) -> Steps[Script | None]:
    following: Script | None
    for verb in script.verbs:
        count(call)
        call.note("verb", type(verb).__name__)
        if call.state == call_states.INITIATED and answers(verb):
            call.enter(call_states.ANSWERED)
        following = yield from call.registry.verbs[type(verb)](call, verb, script)
        if following is not None:
            return following
    return None
