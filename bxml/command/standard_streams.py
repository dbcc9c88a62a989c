"""The output of a command on stdout, its error messages on stderr, and the colors on the two streams."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any, Final

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.formats import plain

STDOUT: Final = 1
"""The file descriptor of stdout."""


PIPE_CLOSED: Final = 141
"""Exit code after the reader of stdout has closed the pipe: 128 + SIGPIPE, as shells report programs that this signal ends."""


class CannotWrite(CannotRun):
    """Stdout does not accept more output."""


class PipeClosed(CannotWrite):
    """The reader of stdout, such as ``head -1``, has closed the pipe, because it does not want more output."""


class Group(click.Group):
    """A group of commands that raises :class:`PipeClosed` if the reader closes the pipe while click prints a help text."""

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        """Parse the arguments of the group; ``--help`` and ``--version`` print their text here."""
        with _closed_pipes():
            return super().make_context(*arguments, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that the arguments name."""
        with _closed_pipes():
            return super().invoke(ctx)


@contextmanager
def _closed_pipes() -> Generator[None]:
    """Replace a BrokenPipeError by an error that click does not catch.

    After a BrokenPipeError, click would end the process with exit code 1.
    """
    try:
        yield
    except BrokenPipeError:
        raise PipeClosed from None


def ready() -> None:
    """Let stdout and stderr accept any string, such as file names that are not valid UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        # A stream is None if it is closed.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write(text: str | bytes) -> None:
    """Write to stdout; bytes are written unchanged.

    Raises:
        PipeClosed: If the reader of stdout has closed the pipe.
        CannotWrite: If stdout does not accept more output for another reason.
    """
    try:
        click.echo(text, nl=False, color=_colour())
    except BrokenPipeError:
        raise PipeClosed from None
    except OSError as error:
        raise CannotWrite(f"cannot write to stdout: {error.strerror}") from None


def _colour() -> bool | None:
    """Return whether output has colors; ``None`` lets click use colors only on a terminal.

    The option ``--color`` overrides the environment.
    """
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    # The convention of https://no-color.org: any value counts, except an empty one.
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR", "0") not in {"", "0"} else None


def tell(command: str, sentence: str) -> None:
    """Print ``command: sentence`` to stderr; print nothing if the sentence is empty or stderr cannot be written to."""
    # A stream is None if it is closed.
    if sentence and sys.stderr is not None:
        # An error about stderr could not be printed either, and would replace the exit code of the command.
        with suppress(OSError):
            # Not click.echo, which bypasses a progress display and would write into its last line.
            sys.stderr.write(f"{command}: {plain(sentence)}\n")
            sys.stderr.flush()


def stop_writing() -> None:
    """Redirect stdout to the null device, so that Python's flush at exit does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
