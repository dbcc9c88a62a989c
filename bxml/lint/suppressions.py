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

MAXIMUM_LENGTH: Final = 300
"""The number of characters at the beginning of a comment that decide whether it is a misspelled suppression."""

_COMMENT: Final = re.compile(r"\s*+bxml:\s*+([\w-]*+)(?P<names>[^(]*+)(?:\(.*\)\s*+)?", re.DOTALL).fullmatch
_OTHER_KEYWORDS: Final = frozenset(
    {"disable", "ignore-next", "ignore-next-line", "ignore-line", "disable-next-line", "noqa", "off", "suppress"}
)
"""The keywords of other linters; for example ``eslint-disable-next-line``."""
_NAME: Final = re.compile(r"[^\s,:]+")


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
        path_of: Function that returns the path of an element.
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
    """Yield the suppressions of a comment, and one problem if a part of the comment is invalid."""
    start = source.index(comment.start) + len("<!--")
    match = _COMMENT(comment.value)
    if not match or match[1] != "ignore":
        # Other comments may begin with bxml too.
        if misspelled := _misspelled(comment.value, rules):
            yield source.problem(Finding(RULE, _correct_form(misspelled[1])), _span(start, misspelled[0]), path)
        return
    names = list(_NAME.finditer(comment.value, *match.span("names")))
    if not names:
        yield source.problem(Finding(RULE, MALFORMED), _span(start, match.span(1)), path)
        return
    unknown = [name for name in names if name[0] not in rules]
    for name in names:
        if name[0] in rules:
            yield Suppression(name[0], path, _span(start, name.span()))
    if unknown:
        first = unknown[0]
        # Words after the rules are probably the reason.
        is_reason = first is not names[0] and not did_you_mean(first[0], rules)
        hint = "; write a reason in parentheses" if is_reason else did_you_mean(first[0], rules)
        finding = Finding(RULE, f"{shorten(first[0])} is not a rule{hint}")
        yield source.problem(finding, _span(start, (first.start(), unknown[-1].end() if is_reason else first.end())), path)


def _span(start: int, of_match: tuple[int, int]) -> Span:
    """Return the range in the document for a range in a comment. The result has at least one character."""
    first, end = of_match
    return Span(start + first, start + max(end, first + 1))


def _misspelled(comment: str, rules: AbstractSet[str]) -> tuple[tuple[int, int], Sequence[str]] | None:
    """Return the range of the keyword and the rules of a comment that is probably a misspelled suppression."""
    beginning = comment[:MAXIMUM_LENGTH]
    # Compiled here because few documents have such a comment.
    found = re.match(r"\s*+bxml\s*+[:-]?\s*+([A-Za-z-]*+)\s*+:?", beginning, re.IGNORECASE)
    if not found:
        return None
    keyword = found[1].lower()
    if keyword not in _OTHER_KEYWORDS and keyword != "ignore" and not did_you_mean(keyword, ["ignore"]):
        return None
    names = [word for word in re.findall(r"[\w-]+", beginning[found.end() :]) if word in rules]
    # Without a colon, "bxml ignore" may be the beginning of a sentence.
    is_sentence = not names and ":" not in found[0]
    return None if is_sentence else ((found.start(1), found.end(1)), names)


def _correct_form(names: Sequence[str]) -> str:
    return MALFORMED.replace("RULE", ", ".join(names) or "RULE")


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
