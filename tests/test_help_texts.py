"""The help texts of both commands name no option that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import click
import pytest

from bxml.command import bxml
from callcontrol.command import callcontrol

COMMANDS: Final[dict[str, click.Command]] = {
    "bxml": bxml,
    "callcontrol": callcontrol,
    **{f"{group.name} {name}": command for group in (bxml, callcontrol) for name, command in group.commands.items()},
}
"""By the words that run them."""

MENTIONED: Final = re.compile(r"(?:\b(bxml|callcontrol)(?: ([a-z]+))? )?(?<![\w-])(--?[a-z][a-z-]*)")
"""Finds an option, and the command if it stands before it."""


def prose(command: click.Command) -> str:
    """Return all that the help of a command says in sentences."""
    texts = [command.help, command.short_help, command.epilog, *(getattr(each, "help", None) for each in command.params)]
    return "\n".join(filter(None, texts))


def options(command: click.Command) -> Iterator[str]:
    """Yield the names of all options of a command."""
    yield "--help"
    yield "-h"
    for each in command.params:
        yield from (*each.opts, *each.secondary_opts)


def unknown(name: str, text: str) -> list[str]:
    """Return the options that a text in the help of a command names, and that do not exist."""
    found: list[str] = []
    for group, command, option in MENTIONED.findall(text):
        words = " ".join(filter(None, (group, command))) or name
        if option not in options(COMMANDS[words]):
            found.append(f"{words} {option}")
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_in_a_help_text_exists(name: str) -> None:
    """It is an option of the command itself, or of the command that is named before it."""
    assert unknown(name, prose(COMMANDS[name])) == []


def test_an_option_that_does_not_exist_is_found() -> None:
    """In a sentence, also of another command, and where a hyphen is part of a word."""
    text = "User name at --redirect-url, a two-way stream; see bxml validate --fail-on, callcontrol --timeout, bxml --select."
    assert unknown("callcontrol redirect", text) == ["callcontrol redirect --redirect-url", "bxml --select"]


def test_help_texts_name_options() -> None:
    """There is something to be checked."""
    assert MENTIONED.search(prose(callcontrol.commands["redirect"]))
