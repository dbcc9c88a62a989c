"""The commands ``ledger show``, ``ledger summary``, ``ledger merge`` and ``ledger export``."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import click

from bxml.command.cannot_run import CannotRun
from bxml.command.standard_streams import write
from bxml.messages.text import escape_unprintable
from callcontrol.command import verbosity
from callcontrol.command.account import refuse_options
from callcontrol.command.call_selection import read_ids
from callcontrol.command.ledger_names import existing_database, ids_file, is_url
from callcontrol.command.output import NAME, count_of_calls, json_line, prints_table, show
from callcontrol.command.terminal_tables import entry_table
from callcontrol.command.verbosity import tell
from callcontrol.file_ledger import read_ledger, write_ledger
from callcontrol.iso8601 import in_iso
from callcontrol.ledger import DOUBTFUL, LEDGER_STATES, LedgerEntry, LedgerKey, stronger

MEMBERS: Final = ("call_id", "state", "status", "detail", "time", "account", "host", "document")
"""The members of a record that describes a call, and the columns of a CSV file."""

STATE_OPTIONS: Final = {state.replace(" ", "-"): state for state in LEDGER_STATES}
"""For each value of ``--state``: the name of the state in the ledger."""


class Run(NamedTuple):
    """The calls of one account, host and document in a ledger."""

    key: LedgerKey
    entries: Sequence[LedgerEntry]


@click.group("ledger", short_help="Show and merge the ledgers of runs over many calls.", no_args_is_help=False)
@verbosity.options
@click.pass_context
def ledger(context: click.Context, /) -> None:
    """Show what a run over many calls has done, and what is left to do.

    FILE is a ledger that callcontrol bxml, redirect or hangup has written, or the URL of a database with such ledgers. A ledger
    can be read while a run is using it.
    """
    refuse_options(context)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON even on a terminal.")
state_option = click.option(
    "--state", "states", multiple=True, type=click.Choice([*STATE_OPTIONS]), help="Only calls in this state; repeatable."
)


@ledger.command("show", short_help="Print the state of each call.")
@verbosity.options
@click.argument("file")
@state_option
@json_option
def show_calls(*, file: str, states: Sequence[str], as_json: bool) -> None:
    """Print the state of each call: the last outcome, or "in doubt" if a run ended before it knew the outcome."""
    chosen = {STATE_OPTIONS[state] for state in states} or set(LEDGER_STATES)
    records = [record for run in runs_in(file) for record in _records(run) if record["state"] in chosen]
    if not records:
        tell(NAME, "no calls found")
    elif prints_table(as_json):
        write(entry_table(records))
    else:
        write("".join(map(json_line, records)))


@ledger.command("summary", short_help="Count the calls, and say what is left to do.")
@verbosity.options
@click.argument("file")
@click.option(
    "--from-file",
    metavar="IDS",
    help="File with the ids of all calls of the run, to count the calls that were not begun; default: FILE.ids.",
)
@json_option
def summary(*, file: str, from_file: str | None, as_json: bool) -> None:
    """Count the calls in each state, and say what the next run would do.

    The next run interrupts the calls that were refused or not begun. Calls that are unknown or in doubt may have received the
    request. To interrupt them again, use callcontrol bxml --repeat-unknown.
    """
    if from_file is None and not is_url(file) and os.path.exists(ids_file(file)):
        from_file = ids_file(file)
    ids = None if from_file is None else read_ids(from_file)
    show((_summary(run, ids) for run in runs_in(file)), as_json=as_json)


@ledger.command("merge", short_help="Merge several ledgers into a new ledger.")
@verbosity.options
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--output", required=True, metavar="FILE", help="File of the new ledger. The file must not exist yet.")
def merge(*, files: Sequence[str], output: str) -> None:
    """Write a ledger that has the state of each call in several ledgers of the same account, host and document.

    If a call has different states, the new ledger has the first of these states in this order: delivered, gone, unknown, in
    doubt, refused. So a run with the new ledger never repeats a request that one of the runs may have sent.
    """
    for url in filter(is_url, files):
        _check_no_queue(url)
    runs = [run for file in files for run in runs_in(file)]
    keys = {run.key for run in runs}
    if len(keys) > 1:
        raise CannotRun(
            "the ledgers belong to different accounts, hosts or documents; compare them with callcontrol ledger summary"
        )
    merged = merged_entries(entry for run in runs for entry in run.entries)
    write_ledger(output, keys.pop(), merged)
    tell(NAME, f"wrote {count_of_calls(len(merged))} to {output}")


@ledger.command("export", short_help="Write the state of each call as CSV or JSON.")
@verbosity.options
@click.argument("file")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", help="Format of the output; default: csv.")
@state_option
def export(*, file: str, form: str, states: Sequence[str]) -> None:
    """Write the state of each call to stdout, for a spreadsheet or another program."""
    chosen = {STATE_OPTIONS[state] for state in states} or set(LEDGER_STATES)
    records = [record for run in runs_in(file) for record in _records(run) if record["state"] in chosen]
    write(_csv(records) if form == "csv" else "".join(map(json_line, records)))


def merged_entries(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """Return one entry for each call: the entry with the strongest state.

    Raises:
        CannotRun: If a call is in progress.
    """
    merged: dict[str, LedgerEntry] = {}
    for entry in entries:
        if entry.state == "in progress":
            raise CannotRun(f"a run is still working on call {escape_unprintable(entry.call_id)}; merge when the run has ended")
        before = merged.get(entry.call_id)
        if before is None or stronger(before.state, entry.state) != before.state:
            merged[entry.call_id] = entry
    return list(merged.values())


def runs_in(file: str) -> list[Run]:
    """Return the runs in a ledger, which is named by the path of a file or by the URL of a database.

    Raises:
        CannotRun: If the database does not exist or contains no calls.
        InvalidRequest: If the ledger cannot be read.
    """
    if not is_url(file):
        return [Run(*read_ledger(file))]
    ledger = existing_database(file)
    entries: dict[LedgerKey, list[LedgerEntry]] = {}
    for key, entry in ledger.entries():
        entries.setdefault(key, []).append(entry)
    if not entries:
        raise CannotRun(f"{ledger.name} contains no calls of a run")
    return [Run(key, found) for key, found in entries.items()]


def _check_no_queue(url: str) -> None:
    """Raise an error if calls in a database still wait for a worker.

    Raises:
        CannotRun: If calls wait for a worker.
    """
    ledger = existing_database(url)
    for key in ledger.keys():  # noqa: SIM118  not a dictionary
        if queued := ledger.counts(key).get("queued"):
            raise CannotRun(f"{ledger.name} still has {count_of_calls(queued)} in its queue; merge when the run has ended")


def _records(run: Run) -> Iterator[dict[str, Any]]:
    """Yield the record of each call."""
    for entry in run.entries:
        values = (entry.call_id, entry.state, entry.status, entry.detail, in_iso(entry.time), *_key_values(run.key))
        yield dict(zip(MEMBERS, values, strict=True))


def _key_values(key: LedgerKey) -> tuple[str, str, str]:
    return key.account, key.host, key.document


def _summary(run: Run, ids: Sequence[str] | None) -> dict[str, Any]:
    """Return the record of a run: the number of calls in each state, and the number that the next run would interrupt.

    Args:
        run: The run.
        ids: The ids of the calls that the run should reach; ``None`` if they are not known.
    """
    counts = Counter(entry.state for entry in run.entries)
    begun = {entry.call_id for entry in run.entries}
    not_begun = {} if ids is None else {"not_begun": len(set(ids) - begun)}
    return {
        **dict(zip(("account", "host", "document"), _key_values(run.key), strict=True)),
        **{state.replace(" ", "_"): counts[state] for state in LEDGER_STATES},
        **not_begun,
        "next_run": counts["refused"] + sum(not_begun.values()),
        "only_with_repeat_unknown": sum(counts[state] for state in DOUBTFUL),
    }


def _csv(records: Iterable[dict[str, Any]]) -> str:
    """Return records as CSV. The first line has the names of the columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(MEMBERS)
    writer.writerows(map(_without_formula, record.values()) for record in records)
    return text.getvalue()


def _without_formula(value: object) -> object:
    """Return a value that a spreadsheet does not treat as a formula. Details can contain text from a server."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"} else value
