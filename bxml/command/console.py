"""How a command is run by a shell: what it writes, in which colours, and the sentence with which it ends."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import Final

import click

from bxml.command.errors import CannotRun
from bxml.command.formats import plain

STDOUT: Final = 1
"""The number under which the system knows standard output."""


class CannotWrite(CannotRun):
    """The report cannot be written to where it goes; there is no sentence if whoever reads it has seen enough."""


def ready() -> None:
    """Have the streams take any text, such as the names of files that are no text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # which it is unless it is closed
            stream.reconfigure(errors="backslashreplace")


def write(text: str) -> None:
    """Write to standard output.

    Raises:
        CannotWrite: if it takes nothing more.
    """
    try:
        click.echo(text, nl=False, color=_colour())
    except BrokenPipeError:
        raise CannotWrite from None
    except OSError as error:
        raise CannotWrite(f"the report cannot be written: {error.strerror}") from None


def _colour() -> bool | None:
    """Whether there are colours: as the environment has it, or else on a terminal only."""
    return False if os.environ.get("NO_COLOR") else True if os.environ.get("FORCE_COLOR", "0") not in {"", "0"} else None


def tell(command: str, sentence: str) -> None:
    """Say a sentence on standard error, unless there is none to say."""
    if sentence:
        click.echo(f"{command}: {plain(sentence)}", err=True)


def stop_writing() -> None:
    """Have what Python writes at its end to a standard output that takes nothing more go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
