"""Comments that are probably misspelled suppressions."""

from __future__ import annotations

import pytest

from bxml import validate

FORM = "invalid suppression; expected <!-- bxml: ignore {} --> before an element"
REASON = "newer is not a rule; write a reason in parentheses"


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("bxml ignore unknown-voice", FORM.format("unknown-voice")),
        ("bxml-ignore unknown-voice, relative-url", FORM.format("unknown-voice, relative-url")),
        ("bxml: disable unknown-voice", FORM.format("unknown-voice")),
        ("bxml-disable-next-line unknown-voice", FORM.format("unknown-voice")),
        ("bxml: ignore-next unknown-voice", FORM.format("unknown-voice")),
        ("bxml: ignore", FORM.format("RULE")),
        ("bxml: ignore unknown-voice: newer than the list", REASON),
        ("bxml: ignore unknown-voice newer than the list", REASON),
        ("bxml: ignore unknown-vice", "unknown-vice is not a rule; did you mean unknown-voice?"),
    ],
)
def test_one_problem_names_the_correct_form(comment: str, message: str) -> None:
    """A comment causes at most one problem, which shows what to write."""
    document = f'<Response><!-- {comment} --><SpeakSentence voice="newest">Hello.</SpeakSentence></Response>'
    found = [problem.message for problem in validate(document) if problem.rule == "unused-suppression"]
    assert found == [message]


@pytest.mark.parametrize("comment", ["BXML for the menu", "bxml: the menu of sales", "bxml ignores unknown attributes", "bxml"])
def test_other_comments_are_no_suppressions(comment: str) -> None:
    """A comment that only mentions BXML is not reported."""
    assert validate(f"<Response><!-- {comment} --><Ring/></Response>") == []
