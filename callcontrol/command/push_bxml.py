"""The ``bxml`` command: push a document into one call, or into many."""

from __future__ import annotations

import itertools
import os
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
from bxml.command.standard_streams import tell, write
from bxml.lint import rule_registry
from bxml.lint.linter import Settings
from callcontrol import call_states
from callcontrol.client import Client
from callcontrol.command.api_command import Invocation, command, execute
from callcontrol.command.call_selection import Selection, is_id, reject, selects_calls
from callcontrol.command.confirmation import check_confirmation, yes_option
from callcontrol.command.document_summary import document_summary
from callcontrol.command.exit_codes import DONE, REFUSED, Interrupted
from callcontrol.command.many_calls import change_many
from callcontrol.command.options import positive_integer
from callcontrol.command.output import NAME, Record, count_of_calls, show_outcome
from callcontrol.ledger import digest
from callcontrol.push_outcomes import Tally
from callcontrol.request_arguments import RELATIVE_URL, checked_document

STDIN_NAME: Final = "stdin.bxml"
"""File name that reports use for a document from stdin, the same as in ``bxml validate``."""


@command("bxml", "Push BXML into live calls.")
@click.argument("words", nargs=-1, metavar="[CALL_ID]... [FILE]")
@selects_calls("Interrupt", sorted(call_states.INTERRUPTIBLE))
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
@yes_option
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
    words: tuple[str, ...],
    selection: Selection,
    yes: bool,
    select: list[str],
    ignore: list[str],
    **bulk_options: Any,
) -> None:
    """Interrupt calls, and continue them with the document in FILE, or on stdin.

    With several arguments, the last is FILE. An invalid document is rejected with the report of bxml validate, and nothing is
    sent. A relative URL is an error, because a pushed document has no base URL. To push such a document, use --ignore
    relative-url.

    With several ids, --from-file or --all-active, the outcome of each call is written to a ledger as soon as it is known:
    delivered, gone, refused or unknown. Run the same command again to resume: it skips calls that are delivered or gone.
    """
    ids, path = _split(words, options_only=selection.has_options)
    selection = selection.with_arguments(ids, "FILE")
    are_many = selection.are_many
    reject(
        {
            "--yes, --ledger, --workers and --rate require several ids, --from-file or --all-active": (
                not are_many and (yes or any(bulk_options.values()))
            ),
            "the ids and the document cannot both come from stdin": selection.from_file == path == STDIN,
        }
    )
    check_confirmation(selection, yes=yes, dry_run=invocation.dry_run)
    rules = Rules(tuple(select), tuple(ignore))
    if are_many:
        _push_to_selected(invocation, selection, path, rules, yes=yes, bulk_options=bulk_options)
    else:
        _push_to_one(invocation, selection.ids[0], path, rules)


def _split(words: tuple[str, ...], *, options_only: bool) -> tuple[tuple[str, ...], str]:
    """Return the ids and the path of the document: a single argument is the path only if options select the calls."""
    if words and (options_only or len(words) > 1):
        return words[:-1], words[-1]
    return words, STDIN


# Documents


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
        write(report)
        sys.exit(REFUSED)
    if results.warnings:
        click.echo(report, nl=False, err=True)
    return PushedDocument(path, data, rules)


def _check(path: str, configuration: Configuration) -> tuple[bytes, Checked]:
    def settings(name: str) -> Settings:
        return replace(configuration.settings(name), pushed=True)

    try:
        return Checker(settings, STDIN_NAME).document(path)
    except OSError as error:
        hint = "; the last argument is the file with the document; - is stdin" if path != STDIN and is_id(path) else ""
        raise CannotRun(f"{path}: {error.strerror}{hint}") from None


def _report(checked: Checked) -> tuple[Results, str]:
    results = Results([checked])
    return results, "".join(formats.format_of(None)(results))


def _is_valid(data: bytes, rules: Rules) -> bool:
    try:
        checked_document(data, **rules._asdict())
    except BxmlError:
        return False
    return True


# One call, or many


def _push_to_one(invocation: Invocation, call_id: str, path: str, rules: Rules) -> None:
    document = _read_valid_document(path, rules)

    def operation(client: Client) -> Iterator[Record]:
        client.update_call_bxml(call_id, document.content, **document.rules._asdict())
        yield {"callId": call_id, "outcome": "delivered"}

    execute(invocation, operation, show_outcome)


def _push_to_selected(  # noqa: PLR0913  each argument is a part of the command
    invocation: Invocation, selected: Selection, path: str, rules: Rules, *, yes: bool, bulk_options: dict[str, Any]
) -> None:
    selected = selected.with_file_read()  # first, because the document is taken for the ids if an argument is forgotten
    document = _read_valid_document(path, rules)

    def push(client: Client, ids: list[str]) -> None:
        if ids:
            _push_to_many(invocation, client, ids, document, bulk_options)
        else:
            show_outcome([{**asdict(Tally()), "ledger": None}], as_json=invocation.as_json)

    change_many(
        invocation,
        selected,
        yes=yes,
        participle="interrupted",
        details={"document": document_summary(document.content)},
        first_request=lambda client, call_id: client.update_call_bxml(call_id, document.content, **rules._asdict()),
        change=push,
    )


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
