"""``bxml explain``: the page of a rule, and the list of all."""

from __future__ import annotations

import pytest

from bxml.lint import registry
from tests.bxml.command.conftest import Run


@pytest.mark.parametrize("entry", registry.entries().values(), ids=lambda entry: entry.name)
def test_pages(run: Run, entry: registry.Entry) -> None:
    """The page of each rule is printed, below its name and what it is."""
    ran = run("explain", entry.name)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(
        f"{entry.name} ({entry.severity}{'' if entry.is_on else ', off by default'})\n\n{entry.summary}\n"
    )
    assert entry.source in ran.out


def test_list(run: Run) -> None:
    """Without a rule, each has a line with its severity and what it finds."""
    lines = run("explain").out.splitlines()
    for entry in registry.entries().values():
        (line,) = (line for line in lines if line.startswith(f"  {entry.name} "))
        assert line.split()[1] == entry.severity
        assert ("off" in line.split()[2:3]) != entry.is_on
        assert line.endswith(entry.summary)
    assert len(lines) == len(registry.entries()) + 3


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("unknown-voise", "unknown-voise is not a rule; did you mean unknown-voice?"),
        ("all", "all stands for several rules; bxml explain lists them"),
    ],
)
def test_no_such_rule(run: Run, name: str, sentence: str) -> None:
    """What is no rule is told of."""
    assert run("explain", name) == (2, "", f"bxml: {sentence}\n")
