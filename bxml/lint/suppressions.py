"""Comments by which an author has a problem left out: ``<!-- bxml: ignore unknown-voice -->`` before an element.

Such a comment names the rules that are left out in the next element and in all that it holds, and may say why, in parentheses.
One that leaves out nothing is a problem of its own, so that none stays behind when its reason is gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from bxml.messages.findings import Finding
from bxml.messages.text import cut, near
from bxml.parsing.tree import Comment, Node, Source, Span
from bxml.problem import Problem

RULE: Final = "unused-suppression"
MALFORMED: Final = "this comment leaves nothing out; write <!-- bxml: ignore RULE --> before an element"

_COMMENT: Final = re.compile(r"\s*+bxml:\s*+(\w*+)(?P<names>[^(]*+)(?:\(.*\)\s*+)?", re.DOTALL).fullmatch
_NAME: Final = re.compile(r"[^\s,]+")


@dataclass(eq=False, repr=False)
class Suppression:
    """One rule that one comment leaves out."""

    rule: str
    path: str
    """Of the element; empty if there is none."""
    span: Span
    used: bool = False

    def covers(self, problem: Problem) -> bool:
        """Whether a problem is in the element, and of the rule."""
        return problem.rule == self.rule and bool(self.path) and f"{problem.path}/".startswith(f"{self.path}/")


def read(
    comments: Sequence[Comment], source: Source, path_of: Callable[[Node], str], rules: AbstractSet[str]
) -> tuple[list[Suppression], list[Problem]]:
    """What the comments ask for, and what they ask for that cannot be.

    Args:
        comments: All comments of the document.
        source: Its text.
        path_of: Gives the path of an element.
        rules: The names of all rules there are.
    """
    asked: list[Suppression] = []
    faults: list[Problem] = []
    for comment in comments:
        found = _COMMENT(comment.value)
        if not found or not (found[1] == "ignore" or near(found[1], ["ignore"])):
            continue
        start = source.index(comment.start) + len("<!--")
        where = path_of(comment.node) if comment.node else ""
        names = list(_NAME.finditer(comment.value, *found.span("names")))
        if found[1] != "ignore" or not names:
            span = Span(start + found.start(1), start + max(found.end(1), found.start(1) + 1))
            faults.append(source.problem(Finding(RULE, MALFORMED), span, where))
            continue
        for name in names:
            span = Span(start + name.start(), start + name.end())
            if name[0] in rules:
                asked.append(Suppression(name[0], where, span))
            else:
                sentence = f"{cut(name[0])} is not a rule{near(name[0], rules)}"
                faults.append(source.problem(Finding(RULE, sentence), span, where))
    return asked, faults


def left(problems: Sequence[Problem], asked: Sequence[Suppression], source: Source, on: AbstractSet[str]) -> list[Problem]:
    """The problems that no comment leaves out, and one for each comment that leaves out none.

    Args:
        problems: All that was found.
        asked: What the comments ask for.
        source: The text.
        on: The rules that look; the others find nothing, so that it is not needless to leave them out.
    """
    kept: list[Problem] = []
    for problem in problems:
        covering = [suppression for suppression in asked if suppression.covers(problem)]
        if covering:
            covering[-1].used = True  # the nearest; others that say the same are needless
        else:
            kept.append(problem)
    return kept + [_unused(suppression, source) for suppression in asked if not suppression.used and suppression.rule in on]


def _unused(suppression: Suppression, source: Source) -> Problem:
    why = "finds nothing in the next element" if suppression.path else "is left out where no element follows"
    finding = Finding(RULE, f"{suppression.rule} {why}; leave this comment out")
    return source.problem(finding, suppression.span, suppression.path)
