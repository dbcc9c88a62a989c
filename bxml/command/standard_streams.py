"""The output of a command on stdout, its error messages on stderr, and the colors of both."""

from __future__ import annotations

import contextlib
import os
import sys
from io import TextIOWrapper
from typing import Final

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.formats import plain

STDOUT: Final = 1
"""The file descriptor of stdout."""


class CannotWrite(CannotRun):
    """Stdout does not accept more output; the message is empty if the reader has closed the pipe."""


def ready() -> None:
    """Let stdout and stderr accept any string, such as file names that are not valid UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        # A stream is None if it is closed.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write(text: str) -> None:
    """Write to stdout.

    Raises:
        CannotWrite: If stdout does not accept more output.
    """
    try:
        click.echo(text, nl=False, color=_colour())
    except BrokenPipeError:
        # A program that closes the pipe, such as head, does not want more output, so no message is needed.
        raise CannotWrite from None
    except OSError as error:
        raise CannotWrite(f"cannot write to stdout: {error.strerror}") from None


def _colour() -> bool | None:
    """Return true or false if the environment turns colors on or off; ``None`` lets click use colors only on a terminal."""
    # The convention of https://no-color.org: any value counts, except an empty one.
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR", "0") not in {"", "0"} else None


def tell(command: str, sentence: str) -> None:
    """Print ``command: sentence`` to stderr; print nothing if the sentence is empty or stderr cannot be written."""
    if sentence:
        with contextlib.suppress(OSError):  # after a terminal is closed, there is no place left for a message
            click.echo(f"{command}: {plain(sentence)}", err=True)


def stop_writing() -> None:
    """Redirect stdout to the null device, so that Python's flush at exit does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
