"""The question that a command asks before it changes all active calls."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import click

from bxml.command.formats import plain
from bxml.messages.redaction import redact_urls
from callcontrol.client import Client
from callcontrol.command.call_selection import Selection, reject
from callcontrol.command.exit_codes import REFUSED
from callcontrol.command.output import NAME, count_of_calls
from callcontrol.command.terminal_tables import Record
from callcontrol.command.verbosity import tell

F = TypeVar("F", bound=Callable[..., Any])

SHOWN_CALLS: Final = 3
"""Maximum number of calls that the question shows."""


def yes_option(command: F) -> F:
    """Add the option ``--yes`` to a command."""
    help_ = "Do not ask for confirmation with --all-active; required without a terminal."
    return click.option("--yes", is_flag=True, help=help_)(command)


def check_confirmation(selection: Selection, *, yes: bool, dry_run: bool) -> None:
    """Check that the user can confirm that all active calls are changed.

    Raises:
        click.UsageError: If a question would be necessary, but there is no terminal.
    """
    is_needed = selection.all_active and not yes and not dry_run
    reject({"--all-active requires --yes if there is no terminal to confirm on": is_needed and not can_prompt()})


def can_prompt() -> bool:
    """Return whether the user can see a question and answer it."""
    # A stream is None if it is closed.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def confirm(client: Client, calls: Sequence[Record], participle: str, details: Mapping[str, str]) -> None:
    """Ask whether to change calls. Unless the answer is yes, end the process.

    Args:
        client: The client that would change the calls.
        calls: The calls, as the API lists them.
        participle: What would be done to the calls, such as ``redirected``.
        details: Further lines of the question; the keys are their labels.
    """
    shown = [_described(call) for call in calls[:SHOWN_CALLS]]
    if len(calls) > SHOWN_CALLS:
        shown.append(f"and {len(calls) - SHOWN_CALLS:,} more")
    lines = {"account": f"{client.account_id} at {urlsplit(client.base_url).netloc}", **details}
    width = max(map(len, lines)) + 1
    for label, text in [*lines.items(), ("calls", shown[0])]:
        click.echo(f"{label + ':':{width}} {plain(redact_urls(text))}", err=True)
    for text in shown[1:]:
        click.echo(f"{'':{width}} {plain(redact_urls(text))}", err=True)
    if not click.confirm(f"{count_of_calls(len(calls))} will be {participle}. Continue?", err=True):
        tell(NAME, "nothing was sent")
        sys.exit(REFUSED)


def _described(call: Record) -> str:
    """Return the id, the numbers and the state of a call on one line."""
    return "{}  from {} to {}  {}".format(*(call.get(name) or "unknown" for name in ("callId", "from", "to", "state")))
