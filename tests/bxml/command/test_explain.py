"""``bxml explain``: the documentation of a rule, and the list of all rules."""

from __future__ import annotations

import pytest

from bxml.lint import rule_registry
from tests.bxml.command.conftest import Run


@pytest.mark.parametrize("entry", rule_registry.entries().values(), ids=lambda entry: entry.name)
def test_explain_prints_the_documentation_of_a_rule(run: Run, entry: rule_registry.Entry) -> None:
    """``bxml explain RULE`` prints a heading with the name and severity of the rule, and then its documentation."""
    ran = run("explain", entry.name)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(
        f"{entry.name} ({entry.severity}{'' if entry.is_on else ', off by default'})\n\n{entry.summary}\n"
    )
    assert entry.source in ran.out
    assert "::" not in ran.out
    assert ran.out.replace(":\n", "::\n").count("::\n\n    <") == entry.page.count("::\n\n    <")


def test_explain_without_a_rule_lists_all_rules(run: Run) -> None:
    """Without an argument, ``bxml explain`` prints one line for each rule, with its severity and summary."""
    lines = run("explain").out.splitlines()
    for entry in rule_registry.entries().values():
        (line,) = (line for line in lines if line.startswith(f"  {entry.name} "))
        assert line.split()[1] == entry.severity
        assert ("off" in line.split()[2:3]) != entry.is_on
        assert line.endswith(entry.summary)
    assert len(lines) == len(rule_registry.entries()) + 3


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("unknown-voise", "unknown-voise is not a rule; did you mean unknown-voice?"),
        ("all", "all is a group of rules; run bxml explain to list the rules"),
    ],
)
def test_unknown_rule_is_an_error(run: Run, name: str, sentence: str) -> None:
    """A name that is not the name of a rule causes exit code 2 and a message."""
    assert run("explain", name) == (2, "", f"bxml: {sentence}\n")
