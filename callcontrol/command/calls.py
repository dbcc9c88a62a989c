"""The commands ``create``, ``get``, ``list``, ``redirect`` and ``hangup``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final, cast

import click

from callcontrol import call_states, request_fields
from callcontrol.call_models import CallState, MachineDetection
from callcontrol.client import Client
from callcontrol.command.api_command import Invocation, command, execute
from callcontrol.command.exit_codes import SEARCH_FIRST, Interrupted
from callcontrol.command.options import options, positive_integer, request_arguments
from callcontrol.command.output import show, show_outcome, show_pages
from callcontrol.command.terminal_tables import Record, column_names, complete_columns
from callcontrol.command.wait_for_answer import wait_options, wait_until_answered

DETECTION: Final = "machine-detection-"
"""Prefix of the options for machine detection."""

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


@command("get", "Print the state of a call.")
@click.argument("call_id")
@wait_options()
def get(invocation: Invocation, *, call_id: str, wait: bool, wait_timeout: float) -> None:
    """Print the state of a call.

    The API knows a call until seven days after its end. A new call may take a while to become visible.
    """

    def operation(client: Client) -> Iterator[Record]:
        yield _record_of(wait_until_answered(client, call_id, wait_timeout) if wait else client.get_call_state(call_id))

    execute(invocation, operation, show)


def _record_of(state: CallState) -> Record:
    """Return the JSON object of a response, including members that this package does not know."""
    data: object = state.reply.json()
    # The API has been seen to respond with a list of one call.
    (record,) = cast("list[Record]", data) if isinstance(data, list) else (cast("Record", data),)
    return record


@command("list", "List calls.")
@options(request_fields.LIST_CALLS, Client.list_calls)
@click.option(
    "--state", metavar="|".join(call_states.NEXT), help="Only calls in this state; filtered after the API lists them."
)
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
    filters = request_arguments(request_fields.LIST_CALLS, values)

    def operation(client: Client) -> Iterator[list[Record]]:
        calls, left = client.list_calls(**filters), limit
        for page in calls.pages():
            found = zip(page, calls.reply.json(), strict=True)
            rows: list[Record] = [row for call, row in found if state in {None, call.state}][:left]
            yield rows
            if left is not None:
                left -= len(rows)
                if not left:
                    return

    execute(invocation, operation, partial(show_pages, columns=columns))


@command("redirect", "Redirect a call to the BXML of a URL.")
@click.argument("call_id")
@click.argument("url")
@options(request_fields.UPDATE_CALL, Client.update_call, without={"state"}, arguments=URL)
@click.option(
    "--repeat", is_flag=True, help="Retry even if the call may already be redirected; the caller may hear the beginning twice."
)
def redirect(invocation: Invocation, *, call_id: str, url: str, repeat: bool, **values: Any) -> None:
    """Interrupt a call, and continue it with the BXML of a URL.

    The API responds before it sends the request to the URL: an error of the URL is reported only in the disconnect event.
    """
    arguments = request_arguments(request_fields.UPDATE_CALL, {**values, "redirect_url": url}, spelled=URL)

    def operation(client: Client) -> Iterator[Record]:
        client.update_call(call_id, **arguments, repeat=repeat)
        yield {"callId": call_id, "outcome": "redirected"}

    execute(invocation, operation, show_outcome)


@command("hangup", "End a call.")
@click.argument("call_id")
def hangup(invocation: Invocation, *, call_id: str) -> None:
    """End a call: hang it up, cancel it while it rings, or remove it from the queue.

    Succeeds if the call has already ended.
    """

    def operation(client: Client) -> Iterator[Record]:
        client.hang_up(call_id)
        yield {"callId": call_id, "outcome": "ended"}

    execute(invocation, operation, show_outcome)
