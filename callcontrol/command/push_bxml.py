"""The ``bxml`` command: push a document into one call, or into many."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NoReturn

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.files import STDIN
from callcontrol import call_states
from callcontrol.client import Client
from callcontrol.command.api_command import Invocation, command, execute
from callcontrol.command.bulk_run import bulk_options, check_settings, run_many
from callcontrol.command.call_selection import Selection, reject, selects_calls
from callcontrol.command.confirmation import check_confirmation, yes_option
from callcontrol.command.document_summary import document_summary
from callcontrol.command.many_calls import change_many
from callcontrol.command.output import show_outcome
from callcontrol.command.pushed_document import PushedDocument, Rules, read_valid_document, rule_options
from callcontrol.command.terminal_tables import Record


@command("bxml", "Push BXML into live calls.")
@click.argument("words", nargs=-1, metavar="[CALL_ID]... [FILE]")
@selects_calls("Interrupt", sorted(call_states.INTERRUPTIBLE))
@rule_options()
@yes_option
@bulk_options
@click.option(
    "--celery",
    is_flag=True,
    help="Let Celery workers interrupt the calls. Set CALLCONTROL_BROKER and CALLCONTROL_LEDGER here and for each worker.",
)
def bxml(  # noqa: PLR0913  one argument for each option
    invocation: Invocation,
    *,
    words: tuple[str, ...],
    selection: Selection,
    yes: bool,
    select: list[str],
    ignore: list[str],
    celery: bool,
    **settings: Any,
) -> None:
    """Interrupt calls, and continue them with the document in FILE, or on stdin.

    With several arguments, the last is FILE. An invalid document is rejected with the report of bxml validate, and nothing is
    sent. A relative URL is an error, because a pushed document has no base URL. To push such a document, use --ignore
    relative-url.

    With several ids, --from-file or --all-active, the outcome of each call is written to a ledger as soon as it is known:
    delivered, gone, refused or unknown. Run the same command again to resume. It interrupts the calls that were refused or not
    reached yet; it skips calls that may have received the document, unless --repeat-unknown is given.
    """
    ids, path = _split(words, options_only=selection.has_options)
    selection = selection.with_arguments(ids, "FILE")
    are_many = selection.are_many
    reject({"the ids and the document cannot both come from stdin": selection.from_file == path == STDIN})
    check_settings(settings | {"celery": celery}, are_many=are_many, yes=yes)
    conflict = "--celery cannot be combined with --ledger or --workers; set CALLCONTROL_LEDGER and CALLCONTROL_WORKERS"
    reject({conflict: celery and bool(settings["ledger"] or settings["workers"])})
    check_confirmation(selection, yes=yes, dry_run=invocation.dry_run)
    rules = Rules(tuple(select), tuple(ignore))
    if are_many:
        _push_to_selected(invocation, selection, path, rules, yes=yes, settings=settings | {"celery": celery})
    else:
        _push_to_one(invocation, selection.ids[0], path, rules)


def _split(words: tuple[str, ...], *, options_only: bool) -> tuple[tuple[str, ...], str]:
    """Return the ids and the path of the document: a single argument is the path only if options select the calls."""
    if words and (options_only or len(words) > 1):
        return words[:-1], words[-1]
    return words, STDIN


# One call, or many


def _push_to_one(invocation: Invocation, call_id: str, path: str, rules: Rules) -> None:
    document = read_valid_document(path, rules)

    def operation(client: Client) -> Iterator[Record]:
        client.update_call_bxml(call_id, document.content, **document.rules._asdict())
        yield {"callId": call_id, "outcome": "delivered"}

    execute(invocation, operation, show_outcome)


def _push_to_selected(  # noqa: PLR0913  each argument is a part of the command
    invocation: Invocation, selected: Selection, path: str, rules: Rules, *, yes: bool, settings: dict[str, Any]
) -> None:
    selected = selected.with_file_read()  # first, because the document is taken for the ids if an argument is forgotten
    document = read_valid_document(path, rules)

    def push(client: Client, ids: list[str]) -> None:
        if settings["celery"] and ids:
            push_by_workers(client, ids, document, settings, as_json=invocation.as_json)
        operation = partial(client.interrupt_many, document=document.content, **rules._asdict())
        local = {name: value for name, value in settings.items() if name != "celery"}
        run_many(client, ids, operation, local, as_json=invocation.as_json, all_active=selected.all_active)

    change_many(
        invocation,
        selected,
        yes=yes,
        participle="interrupted",
        details={"document": document_summary(document.content)},
        first_request=lambda client, call_id: client.update_call_bxml(call_id, document.content, **rules._asdict()),
        change=push,
    )


def push_by_workers(
    client: Client, ids: list[str], document: PushedDocument, settings: Mapping[str, Any], *, as_json: bool
) -> NoReturn:
    """Let Celery workers push a document into calls, and end the process with the exit code.

    Raises:
        CannotRun: If the extra ``celery`` is not installed.
        CallControlError: If the broker or the ledger cannot be used.
    """
    try:
        from callcontrol.celery import app_from_env  # imported here, because it needs the extra celery
        from callcontrol.command.celery_run import run_on_workers
    except ModuleNotFoundError as error:
        raise CannotRun(str(error)) from None
    code = run_on_workers(
        app_from_env(),
        client,
        ids,
        document.content,
        rules=document.rules._asdict(),
        rate=settings["rate"],
        repeat_unknown=settings["repeat_unknown"],
        as_json=as_json,
    )
    sys.exit(code)
