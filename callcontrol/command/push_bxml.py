"""The ``bxml`` command: push a document into one call, or into many."""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any, Final, NamedTuple

import click

from bxml import BxmlError
from bxml.command import formats
from bxml.command.cannot_run import CannotRun
from bxml.command.checker import Checked, Checker, Results
from bxml.command.configuration import Configuration, found
from bxml.command.files import STDIN
from bxml.command.progress import Progress
from bxml.command.rule_options import complete_rules, rule_names
from bxml.command.standard_streams import write
from bxml.lint import rule_registry
from bxml.lint.linter import Settings
from bxml.messages.text import quote
from callcontrol import call_states, operation_table
from callcontrol.client import Client
from callcontrol.command.api_command import Invocation, command, execute, show_first_request
from callcontrol.command.error_report import print_json_error, wants_json
from callcontrol.command.exit_codes import DONE, REFUSED, Interrupted
from callcontrol.command.options import positive_integer
from callcontrol.command.output import NAME, Record, count_of_calls, show_outcome
from callcontrol.command.verbosity import is_quiet, tell
from callcontrol.ledger import digest
from callcontrol.request_arguments import RELATIVE_URL, checked_document

STDIN_NAME: Final = "stdin.bxml"
"""File name that reports use for a document from stdin, the same as in ``bxml validate``."""


@command("bxml", "Push BXML into live calls.")
@click.argument("first", required=False, metavar="[CALL_ID]")
@click.argument("second", required=False, metavar="[FILE]")
@click.option(
    "--select",
    multiple=True,
    callback=rule_names,
    shell_complete=complete_rules,
    metavar="RULE,...",
    help="Rules that the document must not break, in addition to relative-url; other rules only cause warnings.",
)
@click.option(
    "--ignore",
    multiple=True,
    callback=rule_names,
    shell_complete=complete_rules,
    metavar="RULE,...",
    help="Rules that the document may break, such as relative-url.",
)
@click.option("--from-file", metavar="IDS", help="Interrupt the calls whose ids are in this file, one per line; - is stdin.")
@click.option("--all-active", is_flag=True, help="Interrupt all answered calls that the API currently lists.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation with --all-active; required without a terminal.")
@click.option(
    "--ledger",
    metavar="FILE",
    help="File for the outcome of each call; default: a file beside the document, named after the document and its digest.",
)
@click.option(
    "--workers", callback=positive_integer, metavar="NUMBER", help="Maximum number of calls interrupted at once; default: 16."
)
@click.option(
    "--rate",
    callback=positive_integer,
    metavar="NUMBER",
    help="Maximum number of calls interrupted per second; default: unlimited.",
)
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
    **bulk_options: Any,
) -> None:
    """Interrupt calls, and continue them with the document in FILE, or on stdin.

    An invalid document is rejected with the report of bxml validate, and nothing is sent. A relative URL is an error, because
    a pushed document has no base URL. To push such a document, use --ignore relative-url.

    With --from-file or --all-active, the outcome of each call is written to a ledger as soon as it is known: delivered, gone,
    refused or unknown. Run the same command again to resume: it skips calls that are delivered or gone.
    """
    are_many = from_file is not None or all_active
    path = (first if are_many else second) or STDIN
    rules = Rules(tuple(select), tuple(ignore))
    can_confirm = yes or invocation.dry_run or _can_prompt()
    _reject(
        {
            "--from-file and --all-active cannot be combined": from_file is not None and all_active,
            "--yes, --ledger, --workers and --rate require --from-file or --all-active": (
                not are_many and (yes or any(bulk_options.values()))
            ),
            "missing argument CALL_ID": not are_many and first is None,
            "--from-file and --all-active accept only the argument FILE": are_many and second is not None,
            "the ids and the document cannot both come from stdin": from_file == path == STDIN,
            "--all-active requires --yes if there is no terminal to confirm on": all_active and not can_confirm,
        }
    )
    if all_active:
        _push_to_all_active(invocation, path, rules, yes=yes, bulk_options=bulk_options)
    elif from_file is not None:
        _push_to_listed(invocation, _read_ids(from_file), path, rules, bulk_options)
    else:
        _push_to_one(invocation, _checked_id(str(first), "CALL_ID"), path, rules)


def _reject(mistakes: dict[str, bool]) -> None:
    """Raise the first message whose condition is true."""
    for message, is_made in mistakes.items():
        if is_made:
            raise click.UsageError(message, click.get_current_context())


def _can_prompt() -> bool:
    """Return whether the user can see a question and answer it."""
    # A stream is None if it is closed.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


# Documents and ids


class Rules(NamedTuple):
    """The options ``--select`` and ``--ignore``."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]

    def applied_to(self, configuration: Configuration) -> Configuration:
        """Return a configuration in which the rules that block a document are errors."""
        blocking = rule_registry.selected((RELATIVE_URL, *self.select), self.ignore)
        ignore = [name for name in configuration.ignore if name not in blocking]
        return replace(
            configuration,
            select=(*configuration.select, *blocking),
            ignore=(*ignore, *self.ignore),
            severity={**configuration.severity, **dict.fromkeys(blocking, "error")},
        )


class PushedDocument(NamedTuple):
    """A valid document, with the path of its file and the rules that were checked."""

    path: str
    content: bytes
    rules: Rules

    @property
    def ledger(self) -> str:
        """Default name of the ledger.

        The name contains a digest of the document, because each document needs its own ledger.
        """
        name = STDIN_NAME if self.path == STDIN else self.path
        return f"{name}.{digest(self.content)[:8]}.ledger.jsonl"


def _read_valid_document(path: str, rules: Rules) -> PushedDocument:
    """Read a document. If it is invalid, print the report of ``bxml validate`` and end the process.

    Raises:
        CannotRun: If the file cannot be read.
    """
    data, checked = _check(path, rules.applied_to(found(os.curdir)))
    results, report = _report(checked)
    if not results.errors and not _is_valid(data, rules):
        # The project's configuration can allow attributes or ignore rules, but the client does not use it, so check without it.
        results, report = _report(_check(path, rules.applied_to(Configuration()))[1])
    if results.errors:
        write("".join(formats.format_of("json")(results)) if wants_json() else report)
        if wants_json():
            print_json_error(f"{path}: the document is invalid; stdout has the report", REFUSED)
        sys.exit(REFUSED)
    if results.warnings and not is_quiet():
        click.echo(report, nl=False, err=True)
    return PushedDocument(path, data, rules)


def _check(path: str, configuration: Configuration) -> tuple[bytes, Checked]:
    def settings(name: str) -> Settings:
        return replace(configuration.settings(name), pushed=True)

    try:
        return Checker(settings, STDIN_NAME).document(path)
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror}") from None


def _report(checked: Checked) -> tuple[Results, str]:
    results = Results([checked])
    return results, "".join(formats.format_of(None)(results))


def _is_valid(data: bytes, rules: Rules) -> bool:
    try:
        checked_document(data, **rules._asdict())
    except BxmlError:
        return False
    return True


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
    ids = [_checked_id(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line]
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


def _checked_id(text: str, place: str) -> str:
    """Return a call id.

    Ids are checked before the document is read, because the file name is taken for an id if CALL_ID is forgotten.

    Raises:
        CannotRun: If the string is not an id.
    """
    if not re.fullmatch(operation_table.ID, text):
        raise CannotRun(f"{place}: {quote(text)} is not a call id; an id consists of letters, digits, - and _")
    return text


# One call, or many


def _push_to_one(invocation: Invocation, call_id: str, path: str, rules: Rules) -> None:
    document = _read_valid_document(path, rules)

    def operation(client: Client) -> Iterator[Record]:
        client.update_call_bxml(call_id, document.content, **document.rules._asdict())
        yield {"callId": call_id, "outcome": "delivered"}

    execute(invocation, operation, show_outcome)


def _push_to_listed(invocation: Invocation, ids: list[str], path: str, rules: Rules, bulk_options: dict[str, Any]) -> None:
    document = _read_valid_document(path, rules)
    if invocation.dry_run:
        show_first_request(
            invocation,
            lambda client: client.update_call_bxml(ids[0], document.content, **document.rules._asdict()),
            calls=len(ids),
        )
        return
    with invocation.account.client() as client:
        _push_to_many(invocation, client, ids, document, bulk_options)


def _push_to_all_active(invocation: Invocation, path: str, rules: Rules, *, yes: bool, bulk_options: dict[str, Any]) -> None:
    document = _read_valid_document(path, rules)
    if invocation.dry_run:
        # The first request lists the calls; without its response, the calls to interrupt are unknown.
        show_first_request(invocation, _active_ids)
        return
    with invocation.account.client() as client:
        ids = _active_ids(client)
        if ids and not yes and not click.confirm(f"{count_of_calls(len(ids))} will be interrupted. Continue?", err=True):
            tell(NAME, "nothing was sent")
            sys.exit(REFUSED)
        _push_to_many(invocation, client, ids, document, bulk_options)


def _active_ids(client: Client) -> list[str]:
    return [call.call_id for call in client.list_calls() if call.state in call_states.INTERRUPTIBLE]


def _push_to_many(
    invocation: Invocation, client: Client, ids: list[str], document: PushedDocument, bulk_options: dict[str, Any]
) -> None:
    """Interrupt the calls, print the number of calls with each outcome, and end the process with the exit code."""
    ledger = bulk_options["ledger"] or document.ledger
    given: dict[str, Any] = {name: value for name, value in bulk_options.items() if value is not None} | {"ledger": ledger}
    numbers = itertools.count(1)
    tell(NAME, f"{count_of_calls(len(ids))}; writing the outcome of each to {ledger}")
    try:
        with Progress(lambda: len(ids), title="interrupting") as bar:
            tally = client.interrupt_many(
                ids, document.content, **document.rules._asdict(), **given, on_outcome=lambda _: bar.at(next(numbers))
            )
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; run the same command again to resume from {ledger}") from None
    show_outcome([{**asdict(tally), "ledger": ledger}], as_json=invocation.as_json)
    # Skipped calls do not count as failures, so that a script can repeat the command until it succeeds.
    sys.exit(REFUSED if tally.gone or tally.refused or tally.unknown else DONE)
