"""The ``bxml`` command: push a document into one call, or into many."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.files import STDIN
from bxml.command.standard_streams import tell
from callcontrol import call_states
from callcontrol.client import Client
from callcontrol.command.api_command import Invocation, command, execute, show_first_request
from callcontrol.command.bulk_run import bulk_options, run_many
from callcontrol.command.exit_codes import REFUSED
from callcontrol.command.output import NAME, count_of_calls, show_outcome
from callcontrol.command.pushed_document import PushedDocument, Rules, checked_id, read_valid_document, rule_options
from callcontrol.command.terminal_tables import Record


@command("bxml", "Push BXML into live calls.")
@click.argument("first", required=False, metavar="[CALL_ID]")
@click.argument("second", required=False, metavar="[FILE]")
@rule_options()
@click.option("--from-file", metavar="IDS", help="Interrupt the calls whose ids are in this file, one per line; - is stdin.")
@click.option("--all-active", is_flag=True, help="Interrupt all answered calls that the API currently lists.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation with --all-active; required without a terminal.")
@bulk_options
def bxml(  # noqa: PLR0913  one argument for each option
    invocation: Invocation,
    *,
    first: str | None,
    second: str | None,
    from_file: str | None,
    all_active: bool,
    yes: bool,
    select: list[str],
    ignore: list[str],
    **settings: Any,
) -> None:
    """Interrupt calls, and continue them with the document in FILE, or on stdin.

    An invalid document is rejected with the report of bxml validate, and nothing is sent. A relative URL is an error, because
    a pushed document has no base URL. To push such a document, use --ignore relative-url.

    With --from-file or --all-active, the outcome of each call is written to a ledger as soon as it is known: delivered, gone,
    refused or unknown. Run the same command again to resume. It interrupts the calls that were refused or not reached yet; it
    skips calls that may have received the document, unless --repeat-unknown is given.
    """
    are_many = from_file is not None or all_active
    path = (first if are_many else second) or STDIN
    rules = Rules(tuple(select), tuple(ignore))
    can_confirm = yes or invocation.dry_run or _can_prompt()
    _reject(
        {
            "--from-file and --all-active cannot be combined": from_file is not None and all_active,
            "--yes, --ledger, --repeat-unknown, --workers and --rate require --from-file or --all-active": (
                not are_many and (yes or any(settings.values()))
            ),
            "missing argument CALL_ID": not are_many and first is None,
            "--from-file and --all-active accept only the argument FILE": are_many and second is not None,
            "the ids and the document cannot both come from stdin": from_file == path == STDIN,
            "--all-active requires --yes if there is no terminal to confirm on": all_active and not can_confirm,
        }
    )
    if all_active:
        _push_to_all_active(invocation, path, rules, yes=yes, settings=settings)
    elif from_file is not None:
        _push_to_listed(invocation, _read_ids(from_file), path, rules, settings)
    else:
        _push_to_one(invocation, checked_id(str(first), "CALL_ID"), path, rules)


def _reject(mistakes: dict[str, bool]) -> None:
    """Raise the first message whose condition is true."""
    for message, is_made in mistakes.items():
        if is_made:
            raise click.UsageError(message, click.get_current_context())


def _can_prompt() -> bool:
    """Return whether the user can see a question and answer it."""
    # A stream is None if it is closed.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


# Ids


def _read_ids(path: str) -> list[str]:
    """Return the call ids in a file, without duplicates.

    Raises:
        CannotRun: If the file cannot be read, contains no ids, or has a line that is not an id.
    """
    try:
        # A byte order mark is skipped, since Windows editors write one.
        lines = [line.strip() for line in _read_bytes(path).decode("utf-8-sig", "backslashreplace").splitlines()]
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror}") from None
    ids = [checked_id(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line]
    if not ids:
        raise CannotRun(f"{'stdin' if path == STDIN else path} contains no call ids; expected one id per line")
    return list(dict.fromkeys(ids))


def _read_bytes(path: str) -> bytes:
    if path != STDIN:
        with open(path, "rb") as file:
            return file.read()
    if sys.stdin is None:  # Python's value for a closed stdin
        raise OSError(0, "standard input is closed")
    return sys.stdin.buffer.read()


# One call, or many


def _push_to_one(invocation: Invocation, call_id: str, path: str, rules: Rules) -> None:
    document = read_valid_document(path, rules)

    def operation(client: Client) -> Iterator[Record]:
        client.update_call_bxml(call_id, document.content, **document.rules._asdict())
        yield {"callId": call_id, "outcome": "delivered"}

    execute(invocation, operation, show_outcome)


def _push_to_listed(invocation: Invocation, ids: list[str], path: str, rules: Rules, settings: dict[str, Any]) -> None:
    document = read_valid_document(path, rules)
    if invocation.dry_run:
        show_first_request(
            invocation,
            lambda client: client.update_call_bxml(ids[0], document.content, **document.rules._asdict()),
            calls=len(ids),
        )
        return
    with invocation.account.client() as client:
        _push_to_many(invocation, client, ids, document, settings)


def _push_to_all_active(invocation: Invocation, path: str, rules: Rules, *, yes: bool, settings: dict[str, Any]) -> None:
    document = read_valid_document(path, rules)
    if invocation.dry_run:
        # The first request lists the calls; without its response, the calls to interrupt are unknown.
        show_first_request(invocation, _active_ids)
        return
    with invocation.account.client() as client:
        ids = _active_ids(client)
        if ids and not yes and not click.confirm(f"{count_of_calls(len(ids))} will be interrupted. Continue?", err=True):
            tell(NAME, "nothing was sent")
            sys.exit(REFUSED)
        _push_to_many(invocation, client, ids, document, settings)


def _active_ids(client: Client) -> list[str]:
    return [call.call_id for call in client.list_calls() if call.state in call_states.INTERRUPTIBLE]


def _push_to_many(
    invocation: Invocation, client: Client, ids: list[str], document: PushedDocument, settings: dict[str, Any]
) -> None:
    """Interrupt the calls, print the number of calls with each outcome, and end the process with the exit code."""
    push = partial(client.interrupt_many, document=document.content, **document.rules._asdict())
    sys.exit(run_many(client, ids, push, settings, as_json=invocation.as_json))
