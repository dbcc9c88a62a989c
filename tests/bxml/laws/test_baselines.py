"""Property: a baseline hides exactly the problems that were known when it was written, even if their lines move."""

from __future__ import annotations

from collections import Counter
from typing import Final

from hypothesis import assume, given
from hypothesis import strategies as st

from bxml import Problem, validate
from bxml.command.baseline import Baseline, known_problems
from bxml.command.checker import Checked
from bxml.command.configuration import Configuration
from bxml.messages.redaction import redact_document
from bxml.parsing.syntax_errors import NOT_XML
from tests.text_mutations import mutated_texts, texts_half_of_them_mutated

RULES: Final = Configuration().settings("").rules

MOVED: Final = ("<!-- c -->\n", "\n\n", "<!-- c -->\r\n  ")
"""Text that can be inserted before the root element."""


def checked(text: str) -> Checked:
    """Return the result of checking a document."""
    problems = tuple(validate(text, "menu.bxml"))
    is_xml = NOT_XML.isdisjoint(problem.rule for problem in problems)
    return Checked("menu.bxml", problems, redact_document(text, is_xml=is_xml))


def compared(before: str, after: str) -> tuple[tuple[Problem, ...], list[str]]:
    """Return the new problems of a document compared with an older version, and the lines about fixed problems."""
    baseline = Baseline("baseline.json", {"menu.bxml": Counter(known_problems(checked(before)))})
    (result,) = baseline.without_known([checked(after)], lambda _: RULES)
    assert result.known == len(checked(after).problems) - len(result.problems)
    return result.problems, list(baseline.fixed_problems())


@given(mutated_texts())
def test_known_problems_are_neither_new_nor_fixed(text: str) -> None:
    """Compared with its own baseline, a document has no new and no fixed problem."""
    assert compared(text, text) == ((), [])


@given(mutated_texts("an element renamed", "an attribute renamed", "a value changed"), st.sampled_from(MOVED))
def test_problems_stay_known_when_their_lines_move(text: str, inserted: str) -> None:
    """Lines that are inserted before the problems do not make a problem new or fixed."""
    start = text.index("?>") + len("?>") if text.startswith("<?xml") else 0
    assert compared(text, text[:start] + inserted + text[start:]) == ((), [])


@given(texts_half_of_them_mutated())
def test_problems_stay_known_when_the_indentation_changes(text: str) -> None:
    """Other line ends and deeper indentation do not make a problem new or fixed."""
    other = text.replace("\n", "\r\n").replace("\r\n  ", "\r\n\t\t")
    if len(validate(other)) == len(validate(text)):
        assert [problem.rule for problem in compared(text, other)[0]] == []


@given(texts_half_of_them_mutated())
def test_a_new_problem_is_reported_and_a_fixed_one_is_counted(text: str) -> None:
    """An unknown verb is a new problem if it was added, and a fixed problem if it was removed."""
    end = max(text.rfind("</"), 0)
    with_fault = text[:end] + "<Bogus/>" + text[end:]
    # In a document that is not well-formed, or has an unknown root, the verb is not checked.
    assume("Bogus" in "".join(problem.message for problem in validate(with_fault)))
    assert "Bogus" in "".join(problem.message for problem in compared(text, with_fault)[0])
    assert "unknown-element" in "".join(compared(with_fault, text)[1])
