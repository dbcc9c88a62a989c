"""The document runner: it validates a document, reports its problems, and runs it verb by verb."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

import bxml
from bxml import schema
from bxml.builder.documents import Document
from bxml.builder.from_tree import value_of
from bxml.builder.verbs import Verb
from bxml.errors import BxmlError
from bxml.messages.redaction import redact_urls
from bxml.parsing.schema_check import check
from bxml.parsing.syntax_errors import NOT_XML
from bxml.problem import Problem
from bxml.schema import Context
from callcontrol import call_states
from callcontrol.emulator.attribute_values import truth
from callcontrol.emulator.call_or_conference import Ended, Party, WebhookResponse
from callcontrol.emulator.calls import DROPPED_RESULTS, Call
from callcontrol.emulator.generator_tasks import DroppedResult, Steps, Wait
from callcontrol.emulator.loop_detection import VERBS_PER_SECOND
from callcontrol.redacted_url_repr import redacted

DOCUMENTS: Final = 128
"""Maximum number of valid documents in the cache. An application often sends the same document to many calls."""

MAX_REPORTED: Final = 20
"""Maximum number of problems in a report."""


@redacted
@dataclass(frozen=True)
class Script:
    """A valid document, ready to run.

    Attributes:
        verbs: The verbs of the document.
        base_url: The URL that returned the document, against which its relative URLs resolve; empty for a pushed document.
        context: The context in which the document runs: ``call``, ``conference`` or ``transfer-answer``.
        source: The document as received.
    """

    verbs: tuple[Verb, ...]
    base_url: str = ""
    context: Context = "call"
    source: bytes = field(default=b"", repr=False, compare=False)


Runs: TypeAlias = "Callable[[Call, Any, Script], Steps[Script | None]]"
"""A function that runs a verb, and returns the next document, or ``None`` to continue with the next verb."""


class Refused(Exception):
    """A document is invalid.

    Attributes:
        problems: All problems: first the problems that make the document invalid, then the other errors, then the warnings.
        first: The first problem, in one line.
        is_not_xml: Whether the document is not well-formed XML.
    """

    def __init__(self, problems: Sequence[Problem], others: Sequence[Problem] = ()) -> None:
        """Order the problems.

        Args:
            problems: The problems that make the document invalid.
            others: All problems that ``bxml validate`` reports.
        """
        super().__init__(problems)
        more = [problem for problem in others if problem not in problems]
        errors = [problem for problem in more if problem.severity == "error"]
        self.problems = (*problems, *errors, *(problem for problem in more if problem not in errors))
        self.first = str(problems[0])
        self.is_not_xml = any(problem.rule in NOT_XML for problem in problems)

    @property
    def shown(self) -> tuple[Problem, ...]:
        """The first problems; a document may have thousands."""
        return self.problems[:MAX_REPORTED]

    @property
    def report(self) -> str:
        """The first problems, one per line, and the number of further problems."""
        left_out = len(self.problems) - len(self.shown)
        return "\n".join([*map(_line, self.shown), *([f"and {left_out} more"] if left_out else [])])

    def note(self, party: Party, **details: Any) -> None:
        """Add the report to the timeline of the call or conference that received the document."""
        party.note("invalid", self.report, content=self.shown, **details)


def _line(problem: Problem) -> str:
    return f"warning: {problem}" if problem.severity == "warning" else str(problem)


def read(data: bytes, base_url: str, extra: Collection[str] = (), context: Context = "call") -> Script:
    """Parse and validate a document.

    Args:
        data: The document as received.
        base_url: The URL that returned the document.
        extra: Names of attributes newer than the schema; the document may have them, and they are ignored.
        context: The context in which the document runs, such as ``conference``.

    Raises:
        Refused: If the document is invalid, or has a verb that is not allowed in this context.
    """
    names = frozenset(extra)
    try:
        return Script(_verbs(data, names, context), base_url, context, data)
    except Refused as refused:
        found = bxml.validate(data, context=context, pushed=not base_url)
        raise Refused(refused.problems, [problem for problem in found if not is_extra(problem, names)]) from None


@lru_cache(DOCUMENTS)
def _verbs(data: bytes, extra: frozenset[str], context: Context) -> tuple[Verb, ...]:
    try:
        root, found = check(data)
    except BxmlError as error:
        raise Refused(error.problems) from None
    problems = [problem for problem in found if not is_extra(problem, extra)]
    # The schema allows all verbs in any context; only lint rules know the verbs that are allowed in a given context.
    if context != "call" and not problems:
        problems = bxml.validate(data, select=[f"{context}-verb"], context=context)
    if problems:
        raise Refused(problems)
    return tuple(cast("Document", value_of(root)).children)


def is_extra(problem: Problem, extra: frozenset[str]) -> bool:
    """Return whether the problem is an unknown attribute that the emulator was told to ignore."""
    return problem.rule == "unknown-attribute" and problem.path.rpartition("@")[2] in extra


def answered(party: Party, response: WebhookResponse, context: Context = "call") -> Script:
    """Return the document in a response to an event; an empty response is a document without verbs.

    Raises:
        Ended: If the document is invalid; the timeline has the full report of the validator, which the platform does not show.
    """
    if not response.reply.body.strip():
        return Script(())
    if isinstance(response.reply, DroppedResult):
        party.note("problem", DROPPED_RESULTS, url=redact_urls(response.url))
    try:
        return read(response.reply.body, response.url, party.simulation.extra, context)
    except Refused as refused:
        refused.note(party, url=redact_urls(response.url))
        raise Ended("invalid-bxml", refused.first) from None


def run(call: Call, script: Script) -> Steps[None]:
    """Run a document, and each document that one of its verbs leads to.

    Raises:
        Ended: If a verb ends the call; at the end of the last document the function returns.
    """
    following: Script | None = script
    while following is not None:
        following = yield from _run_one(call, following)


def count(call: Call) -> Steps[None]:
    """Count a verb or an interruption of a call, and end or slow down a call that is probably in a loop.

    A loop of redirects takes no virtual time and never ends, so the number of verbs that take no time is limited. The number of
    all verbs is limited too, because a menu that repeats without input never ends either. In real time an application may wait
    in a loop until it has something to say, so the call only becomes slow.

    Raises:
        Ended: If the call exceeds a limit in virtual time.
    """
    simulation = call.simulation
    limit, most = simulation.assumptions.max_verbs, simulation.assumptions.max_total_verbs
    call.verbs_run += 1
    exceeded = None
    if call.loop_detector.exceeds(limit, simulation.scheduler.now):
        exceeded = f"the call ran more than {limit} verbs that took almost no time, probably in a loop"
    elif simulation.speed is None and call.verbs_run > most:
        exceeded = f"the call ran more than {most} verbs, probably in a loop"
    if exceeded is None:
        return
    if simulation.speed is None:
        raise Ended("error", exceeded)
    if not call.is_slowed_down:
        call.is_slowed_down = True
        call.note("problem", f"{exceeded}; from now on it runs at most {VERBS_PER_SECOND:g} verbs per second")
    yield Wait(1 / VERBS_PER_SECOND)


def answers(verb: Verb) -> bool:
    """Return whether a verb answers an unanswered inbound call."""
    when = schema.vocabulary().elements[type(verb).__name__].behavior.answers
    return truth(verb, when.attribute) if when.attribute else when.always


def _run_one(call: Call, script: Script) -> Steps[Script | None]:
    following: Script | None
    call.has_no_verbs = not script.verbs
    call.document, call.verb_index = script.source.decode("utf-8-sig"), None
    for index, verb in enumerate(script.verbs):
        yield from count(call)
        call.verb, call.verb_index = verb, index
        call.note("verb", type(verb).__name__, content=verb)
        # Only an inbound call can be in this state here, because an outbound call runs verbs only after it is answered.
        if call.state == call_states.INITIATED and answers(verb):
            call.change_state(call_states.ANSWERED)
        following = yield from call.registry.verbs[type(verb)](call, verb, script)
        if following is not None:
            return following
    return None
