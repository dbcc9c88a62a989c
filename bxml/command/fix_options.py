"""The options of ``bxml validate`` that fix files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from bxml.command.checker import Mode, Results
from bxml.command.files import STDIN
from bxml.messages.text import counted

Command = TypeVar("Command", bound=Callable[..., object])


def with_fix_options(command: Command) -> Command:
    """Add the options ``--fix`` and ``--diff`` to a command."""
    diff = click.option("--diff", is_flag=True, help="Print a diff of the changes that --fix would make; change no file.")
    fix = click.option("--fix", is_flag=True, help="Fix the problems whose fix is certain, then report the other problems.")
    return fix(diff(command))


def mode_of(paths: Sequence[str], *, fix: bool, diff: bool, report_option: str) -> Mode:
    """Return what to do with the files.

    Args:
        paths: The paths on the command line.
        fix: True if ``--fix`` is given.
        diff: True if ``--diff`` is given.
        report_option: An option about a report, if such an option is given.

    Raises:
        UsageError: If the options cannot be combined.
    """
    if fix and diff:
        raise click.UsageError("--fix and --diff cannot be combined; --diff shows the changes without making them")
    if fix and STDIN in paths:
        raise click.UsageError("--fix cannot change stdin; use --diff to print the changes")
    if diff and report_option:
        raise click.UsageError(f"--diff and {report_option} cannot be combined; --diff prints no report")
    return "fix" if fix else "diff" if diff else "report"


def fix_summary(results: Results, mode: Mode) -> str:
    """Return a line that counts the fixes, or an empty string if neither ``--fix`` nor ``--diff`` is given."""
    fixes = counted(results.fixes, "fix", "fixes")
    files = counted(results.fixed_files, "file")
    if mode == "fix":
        return f"applied {fixes} in {files}"
    if mode == "diff":
        advice = "; apply with --fix" if results.fixes else ""
        return f"{fixes} possible in {files}{advice}{left_out_note(results.left_out_hunks)}"
    return ""


def left_out_note(hunks: int) -> str:
    """Return a clause that counts the hunks that are left out of a diff, or an empty string if no hunk is left out."""
    if not hunks:
        return ""
    verb = "is" if hunks == 1 else "are"
    return f"; {counted(hunks, 'hunk')} with a password or a CI command {verb} left out of the diff"
