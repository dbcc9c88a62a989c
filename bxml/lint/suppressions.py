"""Comments that suppress problems: ``<!-- bxml: ignore unknown-voice -->`` before an element.

Such a comment names the rules to suppress in the next element and in everything inside it. It may give the reason in
parentheses. A suppression without effect is reported as a problem, so that obsolete suppressions are found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from bxml.messages.schema_findings import Finding
from bxml.messages.text import did_you_mean, shorten
from bxml.parsing.tree import Comment, Node, Source, Span
from bxml.problem import Problem

RULE: Final = "unused-suppression"
"""Name of the rule that reports problems with suppressions."""

MALFORMED: Final = "invalid suppression; expected <!-- bxml: ignore RULE --> before an element"
"""The message for a comment with a misspelled keyword or without rules."""

_COMMENT: Final = re.compile(r"\s*+bxml:\s*+(\w*+)(?P<names>[^(]*+)(?:\(.*\)\s*+)?", re.DOTALL).fullmatch
_NAME: Final = re.compile(r"[^\s,]+")


@dataclass(eq=False, repr=False)
class Suppression:
    """One rule that a comment suppresses."""

    rule: str
    path: str
    """The path of the element; an empty string if no element follows the comment."""
    span: Span
    """The position of the name of the rule."""
    used: bool = False
    """True if a problem has been suppressed."""

    def covers(self, problem: Problem) -> bool:
        """Return whether a problem belongs to this rule and is inside the element."""
        return problem.rule == self.rule and bool(self.path) and f"{problem.path}/".startswith(f"{self.path}/")


def read(
    comments: Sequence[Comment], source: Source, path_of: Callable[[Node], str], rules: AbstractSet[str]
) -> tuple[list[Suppression], list[Problem]]:
    """Return the suppressions of a document, and a problem for each invalid suppression.

    Args:
        comments: All comments of the document.
        source: The source text of the document.
        path_of: Returns the path of an element.
        rules: The names of all rules.
    """
    found: list[Suppression] = []
    errors: list[Problem] = []
    for comment in comments:
        path = path_of(comment.node) if comment.node else ""
        for item in _items(comment, source, path, rules):
            if isinstance(item, Suppression):
                found.append(item)
            else:
                errors.append(item)
    return found, errors


def _items(comment: Comment, source: Source, path: str, rules: AbstractSet[str]) -> Iterator[Suppression | Problem]:
    """Yield the suppressions of a comment, and a problem for each invalid suppression."""
    match = _COMMENT(comment.value)
    # Other comments may begin with bxml: too, so only a misspelled keyword is reported.
    if not match or not (match[1] == "ignore" or did_you_mean(match[1], ["ignore"])):
        return
    start = source.index(comment.start) + len("<!--")
    names = list(_NAME.finditer(comment.value, *match.span("names")))
    if match[1] != "ignore" or not names:
        span = Span(start + match.start(1), start + max(match.end(1), match.start(1) + 1))
        yield source.problem(Finding(RULE, MALFORMED), span, path)
        return
    for name in names:
        span = Span(start + name.start(), start + name.end())
        if name[0] in rules:
            yield Suppression(name[0], path, span)
        else:
            yield source.problem(Finding(RULE, f"{shorten(name[0])} is not a rule{did_you_mean(name[0], rules)}"), span, path)


def apply(
    problems: Sequence[Problem], suppressions: Sequence[Suppression], source: Source, selected: AbstractSet[str]
) -> list[Problem]:
    """Return the problems that are not suppressed, and a problem for each suppression without effect.

    Args:
        problems: All problems of the document.
        suppressions: All suppressions of the document.
        source: The source text of the document.
        selected: The names of the selected rules. Suppressions of other rules are not reported as unused.
    """
    kept: list[Problem] = []
    for problem in problems:
        covering = [suppression for suppression in suppressions if suppression.covers(problem)]
        if covering:
            # Only the nearest suppression counts as used, because outer suppressions of the same rule are redundant.
            covering[-1].used = True
        else:
            kept.append(problem)
    unused = [suppression for suppression in suppressions if not suppression.used and suppression.rule in selected]
    return kept + [_unused(suppression, source) for suppression in unused]


def _unused(suppression: Suppression, source: Source) -> Problem:
    if suppression.path:
        fault = "is not violated in the next element; remove this suppression"
    else:
        fault = "is suppressed, but no element follows; move the comment before an element or remove it"
    return source.problem(Finding(RULE, f"{suppression.rule} {fault}"), suppression.span, suppression.path)
