"""The option ``--version`` of the commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])


def version_option(command: Command) -> Command:
    """Give a command the option ``--version``."""
    option = click.option(
        "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print, help="Print the version."
    )
    return option(command)


def _print(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001  click gives it so
    """Say which version this is."""
    if asked:
        from bxml import __version__  # read only now

        click.echo(f"{context.info_name} {__version__}")
        context.exit()
