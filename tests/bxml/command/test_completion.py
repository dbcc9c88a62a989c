"""Shell completion: commands, options and the names of rules."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from bxml.command import bxml
from bxml.lint.rule_registry import GROUPS, entries
from callcontrol.command import callcontrol


def completed(*arguments: str, command: object = bxml) -> list[str]:
    """Return the completions that a shell offers for the last argument."""
    assert isinstance(command, type(bxml))
    found = ShellComplete(command, {}, command.name or "", "_COMPLETE").get_completions(list(arguments[:-1]), arguments[-1])
    return [item.value for item in found]


def test_explain_completes_rules() -> None:
    """``bxml explain`` offers every rule, or the rules that begin with the typed characters."""
    assert completed("explain", "") == [*entries()]
    assert completed("explain", "unknown-v") == ["unknown-voice"]
    assert completed("explain", "all") == []


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_rules_that_block_a_pushed_document_are_completed(option: str) -> None:
    """``callcontrol bxml`` offers the names of rules for the same options as ``bxml validate``."""
    assert completed("bxml", option, "relative", command=callcontrol) == ["relative-url"]


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_options_complete_rules_and_groups(option: str) -> None:
    """``--select`` and ``--ignore`` offer groups and rules, even after a comma."""
    assert completed("validate", option, "") == [*GROUPS, *entries()]
    assert completed("validate", option, "unknown-voice,unreach") == [
        "unknown-voice,unreachable-silence-timeout",
        "unknown-voice,unreachable-verb",
    ]


def test_completion_shows_what_a_rule_finds() -> None:
    """The completion of a rule has the summary of the rule as its description, for shells that show descriptions."""
    (item,) = ShellComplete(bxml, {}, "bxml", "_COMPLETE").get_completions(["explain"], "unknown-voice")
    assert item.help == entries()["unknown-voice"].summary


def test_commands_complete_their_subcommands() -> None:
    """``bxml`` and ``callcontrol`` offer their subcommands and options."""
    assert completed("val") == ["validate"]
    assert completed("red", command=callcontrol) == ["redirect"]
    assert "--format" in completed("validate", "--f")
