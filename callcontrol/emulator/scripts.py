"""Documents as a call runs them: read, refused with the validator's report, and run verb by verb."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from lxml import etree

import bxml
from bxml.flow import Context
from bxml.malformed import NOT_XML
from bxml.verbs import Ring, Verb
from callcontrol import states
from callcontrol.emulator.calls import Call
from callcontrol.emulator.correspondence import Correspondent, Ended, Fetched
from callcontrol.emulator.processes import Steps

if TYPE_CHECKING:
    from bxml.problem import Problem

LONGEST_REPORT: Final = 20
"""Problems of a document that the state of its call tells."""


@dataclass(frozen=True)
class Script:
    """The verbs of a document, and where it came from, to which its URLs are relative."""

    verbs: tuple[Verb, ...]
    base_url: str = ""


Runs: TypeAlias = "Callable[[Call, Any, Script], Steps[Script | None]]"
"""What a verb does: it goes on with another document, or with the next verb."""


class Refused(Exception):
    """A document is not run, for these problems."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep the problems."""
        super().__init__(problems)
        self.report = "\n".join(map(str, problems[:LONGEST_REPORT]))
        self.first = str(problems[0])
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
    problems = [problem for problem in bxml.validate(data, select=SELECT[context], context=context) if not _is(problem, extra)]
    if problems:
        raise Refused(problems)
    document = bxml.parse(_without(data, extra) if extra else data)
    return Script(tuple(document.children), base_url)


SELECT: Final[dict[Context, tuple[str, ...]]] = {
    "call": ("schema",),
    "conference": ("schema", "conference-verb"),
    "transfer-answer": ("schema", "transfer-answer-verb"),
}
"""The rules by which a document is refused, by where it is run: others find what does not fail a call at once."""


def _is(problem: Problem, extra: Collection[str]) -> bool:
    return problem.rule == "unknown-attribute" and problem.path.rpartition("@")[2] in extra


def _without(data: bytes, names: Collection[str]) -> bytes:
    """A document without attributes of these names."""
    root = etree.fromstring(data)
    for element in root.iter(etree.Element):
        for name in names:
            element.attrib.pop(name, None)
    return etree.tostring(root)


def answered(asker: Correspondent, fetched: Fetched, context: Context = "call") -> Script:
    """The document that answers an event; one without verbs if the answer is empty.

    Raises:
        Ended: if it is not valid; the timeline then has the validator's full report, which the platform never shows.
    """
    if not fetched.reply.body.strip():
        return Script(())
    try:
        return read(fetched.reply.body, fetched.url, asker.world.extra, context)
    except Refused as refused:
        asker.note("invalid", refused.report, url=fetched.url)
        raise Ended("invalid-bxml", refused.first) from None


def run(call: Call, script: Script, verbs: dict[type[Verb], Runs]) -> Steps[None]:
    """Run a document, and those that its verbs go on with, to the end.

    Raises:
        Ended: if the call is to end otherwise than by hanging up at the end of its documents.
    """
    following: Script | None = script
    while following is not None:
        following = yield from _run_one(call, following, verbs)


LEAVES_UNANSWERED: Final = frozenset({"Forward", "Hangup", "Redirect", "Tag"})
"""The verbs that do not answer an inbound call; Ring does as its ``answerCall`` says."""


def answers(verb: Verb) -> bool:
    """Whether a verb answers an inbound call that is not answered yet."""
    return verb.answer_call is not False if isinstance(verb, Ring) else type(verb).__name__ not in LEAVES_UNANSWERED


def _run_one(call: Call, script: Script, verbs: dict[type[Verb], Runs]) -> Steps[Script | None]:
    for verb in script.verbs:
        call.verbs_run += 1
        if call.verbs_run > call.world.decisions.most_verbs:
            raise Ended("error", f"the call has run {call.world.decisions.most_verbs} verbs, and goes round in circles")
        call.note("verb", type(verb).__name__)
        if call.state == states.INITIATED and answers(verb):
            call.enter(states.ANSWERED)
        following = yield from verbs[type(verb)](call, verb, script)
        if following is not None:
            return following
    return None
