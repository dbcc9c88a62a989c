"""The ``bxml`` command: push a document into one call, or into many."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import click

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
from callcontrol.command.pushed_document import Rules, read_valid_document, rule_options
from callcontrol.command.terminal_tables import Record


@command("bxml", "Push BXML into live calls.")
@click.argument("words", nargs=-1, metavar="[CALL_ID]... [FILE]")
@selects_calls("Interrupt", sorted(call_states.INTERRUPTIBLE))
@rule_options()
@yes_option
@bulk_options
def bxml(  # noqa: PLR0913  one argument for each option
    invocation: Invocation,
    *,
    words: tuple[str, ...],
    selection: Selection,
    yes: bool,
    select: list[str],
    ignore: list[str],
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
    check_settings(settings, are_many=are_many, yes=yes)
    check_confirmation(selection, yes=yes, dry_run=invocation.dry_run)
    rules = Rules(tuple(select), tuple(ignore))
    if are_many:
        _push_to_selected(invocation, selection, path, rules, yes=yes, settings=settings)
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
        operation = partial(client.interrupt_many, document=document.content, **rules._asdict())
        run_many(client, ids, operation, settings, as_json=invocation.as_json)

    change_many(
        invocation,
        selected,
        yes=yes,
        participle="interrupted",
        details={"document": document_summary(document.content)},
        first_request=lambda client, call_id: client.update_call_bxml(call_id, document.content, **rules._asdict()),
        change=push,
    )
