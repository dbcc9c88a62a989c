"""The help texts of both commands mention only options that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import click
import pytest

from bxml.command import bxml
from callcontrol.command import callcontrol
from tests.callcontrol.command.conftest import commands_of

COMMANDS: Final[dict[str, click.Command]] = {
    "bxml": bxml,
    "callcontrol": callcontrol,
    **{" ".join([str(group.name), *words]): command for group in (bxml, callcontrol) for words, command in commands_of(group)},
}
"""The commands. The keys are their full names, such as ``bxml validate``."""

MENTIONED: Final = re.compile(r"(?:\b(bxml|callcontrol)(?: ([a-z]+))? )?(?<![\w-])(--?[a-z][a-z-]*)")
"""Pattern that matches an option, together with the command before the option if there is one."""


def prose(command: click.Command) -> str:
    """Return all sentences in the help of a command."""
    texts = [command.help, command.short_help, command.epilog, *(getattr(each, "help", None) for each in command.params)]
    return "\n".join(filter(None, texts))


def options(command: click.Command) -> Iterator[str]:
    """Yield the names of all options of a command."""
    yield "--help"
    yield "-h"
    for each in command.params:
        yield from (*each.opts, *each.secondary_opts)


def unknown(name: str, text: str) -> list[str]:
    """Return the options that the help of a command mentions but that do not exist.

    Args:
        name: Command that the help belongs to.
        text: The help.
    """
    found: list[str] = []
    for group, command, option in MENTIONED.findall(text):
        words = " ".join(filter(None, (group, command))) or name
        if option not in options(COMMANDS[words]):
            found.append(f"{words} {option}")
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_in_a_help_text_exists(name: str) -> None:
    """Each option in a help text belongs to the command itself, or to the command that the text names before the option."""
    assert unknown(name, prose(COMMANDS[name])) == []


def test_an_option_that_does_not_exist_is_found() -> None:
    """Unknown options of the command itself and of other commands are found. Hyphens inside words do not begin an option."""
    text = "User name at --redirect-url, a two-way stream; see bxml validate --fail-on, callcontrol --timeout, bxml --select."
    assert unknown("callcontrol redirect", text) == ["callcontrol redirect --redirect-url", "bxml --select"]


def test_help_texts_name_options() -> None:
    """The help texts mention options, so the tests above have options to check."""
    assert MENTIONED.search(prose(callcontrol.commands["redirect"]))
