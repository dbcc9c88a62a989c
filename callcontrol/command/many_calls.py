"""Commands that change many calls: the selection, the dry run, the question, and the outcome of each call."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

import click

from bxml.command.formats import plain
from bxml.command.standard_streams import CannotWrite, stop_writing, tell, write
from callcontrol.client import Client
from callcontrol.command.api_command import Invocation, execute, show_first_request, warnings_on_stderr
from callcontrol.command.call_selection import Selection
from callcontrol.command.confirmation import confirm
from callcontrol.command.exit_codes import DONE, REFUSED, Interrupted
from callcontrol.command.output import NAME, Record, json_line, prints_table, show_pages
from callcontrol.errors import CallControlError, InvalidRequest
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

    With ``--dry-run``, print the first request and the ids instead. With ``--all-active``, only the calls are listed then.

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


def change_each(
    client: Client, ids: Sequence[str], change: Callable[[Client, str], object], outcome: str, *, as_json: bool
) -> None:
    """Change calls one after the other, print the outcome of each, and end the process with the exit code.

    Args:
        client: The client.
        ids: Ids of the calls.
        change: Function that changes one call.
        outcome: The outcome of a call that was changed, such as ``redirected``.
        as_json: True to print JSON even on a terminal.

    Raises:
        Interrupted: If the user pressed Ctrl-C.
        CallControlError: If every call would cause the same error.
    """
    printer = _OutcomePrinter(as_json=as_json)
    reached = 0
    with warnings_on_stderr():
        for number, call_id in enumerate(ids, 1):
            try:
                record = _outcome_of(client, call_id, change, outcome)
            except KeyboardInterrupt:
                done = f"interrupted at call {number} of {len(ids)}, {call_id}, which may have been {outcome}"
                raise Interrupted(done) from None
            reached += record["outcome"] == outcome
            printer.show(record)
    sys.exit(DONE if reached == len(ids) else REFUSED)


def _outcome_of(client: Client, call_id: str, change: Callable[[Client, str], object], outcome: str) -> Record:
    try:
        change(client, call_id)
    except CallControlError as error:
        result = result_of(error)
        if result.failure or isinstance(error, InvalidRequest):
            raise
        return {"callId": call_id, "outcome": result.kind, "detail": str(error)}
    return {"callId": call_id, "outcome": outcome}


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
                tell(NAME, str(error))

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


class _OutcomePrinter:
    """Prints outcomes to stdout; if stdout cannot be written, to stderr, because the calls are changed in any case."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._is_broken = False

    def show(self, record: Record) -> None:
        line = self._line(record) if prints_table(self._as_json) else json_line(record)
        if not self._is_broken:
            try:
                write(line)
            except CannotWrite:
                self._is_broken = True
                stop_writing()
                tell(NAME, "the outcomes could not be written to stdout")
        if self._is_broken:
            tell(NAME, json_line(record)[:-1])

    @staticmethod
    def _line(record: Record) -> str:
        outcome = click.style(record["outcome"], fg="red" if "detail" in record else "green")
        return "  ".join([record["callId"], outcome, *([plain(record["detail"])] if "detail" in record else [])]) + "\n"
