"""The commands ``create``, ``get``, ``list``, ``redirect`` and ``hangup``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast

import click

from callcontrol import call_states, request_fields
from callcontrol.call_models import CallState, MachineDetection
from callcontrol.client import Client
from callcontrol.command.api_command import Invocation, command, execute
from callcontrol.command.bulk_run import BulkOperation, bulk_options, check_settings, run_many
from callcontrol.command.call_filters import disconnect_cause_option, no_calls, pages_of_calls, state_option
from callcontrol.command.call_selection import Selection, reject, reject_tag, selects_calls
from callcontrol.command.confirmation import check_confirmation, yes_option
from callcontrol.command.exit_codes import SEARCH_FIRST, Interrupted
from callcontrol.command.many_calls import change_many, print_states
from callcontrol.command.options import is_id, options, positive_integer, request_arguments
from callcontrol.command.output import NAME, show, show_outcome, show_pages
from callcontrol.command.terminal_tables import Record, column_names, complete_columns
from callcontrol.command.time_options import check_order, time_range
from callcontrol.command.verbosity import tell
from callcontrol.command.wait_for_answer import wait_options, wait_until_answered
from callcontrol.http_messages import Reply

DETECTION: Final = "machine-detection-"
"""Prefix of the options for machine detection."""

ACTIVE: Final = tuple(state for state in call_states.NEXT if state in call_states.ENDABLE)
"""The states of the calls that ``get --all-active`` and ``hangup --all-active`` select."""

URL: Final = {"redirectUrl": "URL"}
"""The key is the request field that is an argument of the command ``redirect``; the value is the name of the argument."""


@command("create", "Create a call.")
@wait_options(", then also print the state of the call")
@options(request_fields.CREATE_CALL, Client.create_call, without={"machineDetection"})
@options(request_fields.MACHINE_DETECTION, MachineDetection, prefix=DETECTION)
def create(invocation: Invocation, *, wait: bool, wait_timeout: float, **values: Any) -> None:
    """Create an outbound call. Once it is answered, it runs the BXML with which the answer URL responds.

    The new call is printed before the command waits for anything. A call is never created twice: if the outcome of the request
    is unknown, the command does not retry, and exits with code 4.
    """
    detection = request_arguments(request_fields.MACHINE_DETECTION, values, prefix=DETECTION)
    arguments = request_arguments(request_fields.CREATE_CALL, values)
    if detection:
        arguments["machine_detection"] = MachineDetection(**detection)

    def operation(client: Client) -> Iterator[Record]:
        try:
            call = client.create_call(**arguments)
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted; the call may have been created; {SEARCH_FIRST}") from None
        yield call.reply.json()
        if wait:
            yield _record_of(wait_until_answered(client, call.call_id, wait_timeout))

    execute(invocation, operation, show_outcome)


@command("get", "Print the state of calls.")
@click.argument("ids", nargs=-1, metavar="CALL_ID...")
@selects_calls("Print the state of", ACTIVE, lists_in_dry_run=False)
@wait_options()
def get(invocation: Invocation, *, ids: tuple[str, ...], selection: Selection, wait: bool, wait_timeout: float) -> None:
    """Print the state of a call, or of several calls.

    The API knows a call until seven days after its end. A new call may take a while to become visible.

    With several ids, --from-file or --all-active, a call that cannot be read is reported on stderr, and the exit code is 1.
    """
    selection = selection.with_arguments(ids)

    def state_of(client: Client, call_id: str) -> Record:
        return _record_of(wait_until_answered(client, call_id, wait_timeout) if wait else client.get_call_state(call_id))

    if selection.are_many:
        print_states(invocation, selection, state_of, wait=wait)
    else:
        execute(invocation, lambda client: map(state_of, [client], selection.ids), show)


def _record_of(state: CallState) -> Record:
    """Return the JSON object of a response, including members that this package does not know."""
    data: object = state.reply.json()
    # The API has been seen to respond with a list of one call.
    (record,) = cast("list[Record]", data) if isinstance(data, list) else (cast("Record", data),)
    return record


@command("list", "List calls.")
@options(request_fields.LIST_CALLS, Client.list_calls, without={"minStartTime", "maxStartTime", "disconnectCause"})
@time_range
@disconnect_cause_option
@state_option(tuple(call_states.NEXT), "Only calls in this state. The command filters the calls after the API lists them.")
@reject_tag("--to", "--from", "--state", "--since")
@click.option(
    "--limit", callback=positive_integer, metavar="NUMBER", help="Maximum number of calls to list; default: unlimited."
)
@click.option(
    "--columns",
    callback=column_names,
    shell_complete=complete_columns,
    metavar="NAME,...",
    help="Print a table with these members of each call, such as callId,state,endTime, even if it does not fit the terminal.",
)
def list_(
    invocation: Invocation, *, state: str | None, limit: int | None, columns: tuple[str, ...] | None, **values: Any
) -> None:
    """List the calls of the last seven days, oldest first.

    Each page is printed as soon as it arrives; in JSON, one call per line. On a narrow terminal, the table leaves out the less
    important columns. To print everything, use --json or --columns.
    """
    if columns and invocation.as_json:
        raise click.UsageError("--columns and --json cannot be combined", click.get_current_context())
    times = {name: values.pop(name) for name in ("min_start_time", "max_start_time")}
    filters = request_arguments(request_fields.LIST_CALLS, values) | times
    check_order(*times.values())

    def operation(client: Client) -> Iterator[list[Record]]:
        left, is_empty = limit, True
        for page in pages_of_calls(client, filters, {state} if state else ()):
            rows = page[:left]
            yield rows
            is_empty = is_empty and not rows
            if left is not None:
                left -= len(rows)
                if not left:
                    return
        if is_empty:
            tell(NAME, no_calls(filters | {"state": state}))

    execute(invocation, operation, partial(show_pages, columns=columns))


@command("redirect", "Redirect calls to the BXML of a URL.")
@click.argument("words", nargs=-1, metavar="[CALL_ID]... URL")
@selects_calls("Redirect", sorted(call_states.INTERRUPTIBLE), has_tag=True)
@options(request_fields.UPDATE_CALL, Client.update_call, without={"state"}, arguments=URL)
@click.option(
    "--repeat",
    is_flag=True,
    help="Retry even if the call may have been redirected; the caller may hear the start of the BXML twice.",
)
@yes_option
@bulk_options
def redirect(  # noqa: PLR0913  one argument for each option
    invocation: Invocation,
    *,
    words: tuple[str, ...],
    selection: Selection,
    repeat: bool,
    yes: bool,
    ledger: str | None,
    repeat_unknown: bool,
    workers: int | None,
    rate: int | None,
    **values: Any,
) -> None:
    """Interrupt calls, and continue them with the BXML of a URL.

    The API responds before it sends the request to the URL: an error of the URL is reported only in the disconnect event.

    With several ids, --from-file or --all-active, the outcome of each call is written to a ledger as soon as it is known:
    delivered (the call was redirected), gone, refused or unknown. Run the same command again to resume.
    """
    *ids, url = words or ("",)
    reject(
        {
            "missing arguments CALL_ID and URL": not words and not selection.has_options,
            "missing argument URL": not words or (not ids and not selection.has_options and is_id(url)),
        }
    )
    selection = selection.with_arguments(ids, "URL")
    settings = {"ledger": ledger, "repeat_unknown": repeat_unknown, "workers": workers, "rate": rate}
    check_settings(settings, are_many=selection.are_many, yes=yes)
    check_confirmation(selection, yes=yes, dry_run=invocation.dry_run)
    arguments = request_arguments(request_fields.UPDATE_CALL, {**values, "redirect_url": url}, spelled=URL)

    def redirect_one(client: Client, call_id: str) -> Reply:
        return client.update_call(call_id, **arguments, repeat=repeat)

    def redirect_many(client: Client) -> BulkOperation:
        return partial(client.redirect_many, **arguments, repeat=repeat)

    change = Change("redirected", redirect_one, redirect_many)
    _change(invocation, selection, change, settings, yes=yes, details={"URL": url})


@command("hangup", "End calls.")
@click.argument("ids", nargs=-1, metavar="[CALL_ID]...")
@selects_calls("End", ACTIVE)
@yes_option
@bulk_options
def hangup(invocation: Invocation, *, ids: tuple[str, ...], selection: Selection, yes: bool, **settings: Any) -> None:
    """End calls: hang them up, cancel them while they ring, or remove them from the queue.

    If a single call has already ended, the command succeeds.

    With several ids, --from-file or --all-active, the outcome of each call is written to a ledger as soon as it is known:
    delivered (the call was ended), gone (it had already ended), refused or unknown. Run the same command again to resume.
    """
    selection = selection.with_arguments(ids)
    check_settings(settings, are_many=selection.are_many, yes=yes)
    check_confirmation(selection, yes=yes, dry_run=invocation.dry_run)

    def hang_up_many(client: Client) -> BulkOperation:
        return client.hang_up_many

    change = Change("ended", Client.hang_up, hang_up_many)
    _change(invocation, selection, change, settings, yes=yes)


class Change(NamedTuple):
    """A change of one call or of many calls."""

    participle: str
    """The past participle that names the change, such as ``redirected``."""
    one: Callable[[Client, str], object]
    """Function that changes one call."""
    many: Callable[[Client], BulkOperation]
    """Function that returns the method of a client that changes many calls."""


def _change(  # noqa: PLR0913  each argument is a part of the command
    invocation: Invocation,
    selection: Selection,
    change: Change,
    settings: dict[str, Any],
    *,
    yes: bool,
    details: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Change one call and print its outcome, or change many calls and print the number of calls with each outcome."""

    def change_selected(client: Client, ids: list[str]) -> None:
        many = change.many(client)
        run_many(client, ids, many, settings, as_json=invocation.as_json, all_active=selection.all_active)

    if selection.are_many:
        change_many(
            invocation,
            selection,
            yes=yes,
            participle=change.participle,
            details=details,
            first_request=change.one,
            change=change_selected,
        )
        return
    (call_id,) = selection.ids

    def operation(client: Client) -> Iterator[Record]:
        change.one(client, call_id)
        yield {"callId": call_id, "outcome": change.participle}

    execute(invocation, operation, show_outcome)
