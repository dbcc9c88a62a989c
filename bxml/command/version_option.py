"""The option ``--version``, which the commands bxml and callcontrol have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])


def version_option(command: Command) -> Command:
    """Add the option ``--version`` to a command."""
    option = click.option(
        "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print, help="Print the version."
    )
    return option(command)


def _print(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001  click passes it by position
    """Print the name of the command and its version, then exit."""
    if asked:
        # Imported here because reading the version of the installed package takes time.
        from bxml import __version__

        click.echo(f"{context.info_name} {__version__}")
        context.exit()
