"""Commands that change many calls: the selection, the dry run, the question, and the outcome of each call."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from bxml.command import standard_streams
from bxml.command.standard_streams import write
from callcontrol.client import Client
from callcontrol.command.api_command import Invocation, execute, show_first_request
from callcontrol.command.call_selection import Selection
from callcontrol.command.confirmation import confirm
from callcontrol.command.exit_codes import REFUSED
from callcontrol.command.output import NAME, json_line, prints_table, show_pages
from callcontrol.command.terminal_tables import Record
from callcontrol.command.verbosity import tell
from callcontrol.errors import CallControlError
from callcontrol.push_outcomes import result_of


def change_many(  # noqa: PLR0913  each argument is a part of the command
    invocation: Invocation,
    selection: Selection,
    *,
    yes: bool,
    participle: str,
    details: Mapping[str, str],
    first_request: Callable[[Client, str], object],
    change: Callable[[Client, list[str]], None],
) -> None:
    """Find the selected calls, ask for confirmation if all active calls are selected, and change the calls.

    With ``--dry-run``, print the first request and the ids instead. The list of calls for ``--all-active`` is then the only
    request that is sent.

    Args:
        invocation: The account and the options.
        selection: The selected calls.
        yes: True to change all active calls without a question.
        participle: What is done to the calls, such as ``redirected``.
        details: Further lines of the question; the keys are their labels.
        first_request: Function that changes one call.
        change: Function that changes the calls with the given ids.

    Raises:
        CannotRun: If the file with ids or an account setting is invalid, or stdout cannot be written.
        CallControlError: If the calls cannot be listed or changed.
    """
    ids = [] if selection.all_active else selection.listed_ids()
    if invocation.dry_run and ids:
        show_first_request(invocation, lambda client: first_request(client, ids[0]), ids=ids)
        return
    with invocation.account.client() as client:
        if selection.all_active:
            calls = list(selection.active_calls(client))
            ids = [call["callId"] for call in calls]
            if not calls:
                tell(NAME, selection.no_calls)
            if invocation.dry_run:
                _show_selected(invocation, ids, first_request)
                return
            if calls and not yes:
                confirm(client, calls, participle, details)
        change(client, ids)


def _show_selected(invocation: Invocation, ids: Sequence[str], first_request: Callable[[Client, str], object]) -> None:
    if ids:
        show_first_request(invocation, lambda client: first_request(client, ids[0]), ids=ids)
    elif not prints_table(invocation.as_json):
        write(json_line({"calls": 0, "callIds": []}))


def print_states(
    invocation: Invocation, selection: Selection, state_of: Callable[[Client, str], Record], *, wait: bool
) -> None:
    """Print the states of many calls: in JSON as they arrive, on a terminal as one table.

    A call that cannot be read is reported on stderr, and then the exit code is 1.

    Args:
        invocation: The account and the options.
        selection: The selected calls.
        state_of: Function that returns the state of a call.
        wait: True if ``state_of`` waits, so that the state in the list of calls is not enough.

    Raises:
        CannotRun: If the file with ids or an account setting is invalid, or stdout cannot be written.
        CallControlError: If the calls cannot be listed, or every call would cause the same error.
    """
    selection = selection.with_file_read()
    if invocation.dry_run and selection.ids:
        show_first_request(invocation, lambda client: state_of(client, selection.ids[0]), ids=selection.ids)
        return
    failed: list[str] = []

    def states(client: Client) -> Iterator[Record]:
        for call in _selected(client, selection):
            try:
                yield state_of(client, call["callId"]) if wait or "state" not in call else call
            except CallControlError as error:
                if result_of(error).failure or getattr(error, "sent", True) is False:
                    raise
                failed.append(call["callId"])
                standard_streams.tell(NAME, str(error))

    def pages(client: Client) -> Iterator[Sequence[Record]]:
        found = states(client)
        return iter([list(found)]) if prints_table(invocation.as_json) else ([state] for state in found)

    execute(invocation, pages, show_pages)
    if failed:
        sys.exit(REFUSED)


def _selected(client: Client, selection: Selection) -> Iterator[Record]:
    """Yield the active calls as the API lists them, or only the ids of calls that were given by id."""
    if not selection.all_active:
        yield from ({"callId": call_id} for call_id in selection.ids)
        return
    is_empty = True
    for call in selection.active_calls(client):
        is_empty = False
        yield call
    if is_empty:
        tell(NAME, selection.no_calls)
