"""Output of the command: a table on a terminal, otherwise JSON with one object per line."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from bxml.command.standard_streams import CannotWrite, stop_writing, tell, write
from bxml.messages.redaction import is_secret, redact_urls
from callcontrol.command.terminal_tables import CallTable, Record, table_of

NAME: Final = "callcontrol"
"""Name of the command, as its messages print it."""


def prints_table(as_json: bool) -> bool:  # noqa: FBT001
    """Return whether to print a table: on a terminal, unless ``--json`` was given."""
    # sys.stdout is None if stdout is closed.
    return not as_json and isinstance(sys.stdout, io.TextIOBase) and sys.stdout.isatty()


def show(records: Iterable[Record], *, as_json: bool) -> None:
    """Print each record as soon as it arrives.

    Raises:
        CannotWrite: If stdout cannot be written.
    """
    for record in records:
        write(table_of(without_secrets(record)) if prints_table(as_json) else json_line(record))


def show_outcome(records: Iterable[Record], *, as_json: bool) -> None:
    """Print the outcome of a change; if stdout cannot be written, print it to stderr.

    In both cases the exit code is 0, because the change was made. With another code, a script that retries on failure could
    create a second call.
    """
    for record in records:
        try:
            show([record], as_json=as_json)
        except CannotWrite:
            stop_writing()
            tell(NAME, f"done, but the result could not be written to stdout: {json_line(record)[:-1]}")


def show_pages(pages: Iterable[Sequence[Record]], *, as_json: bool, columns: Sequence[str] | None = None) -> None:
    """Print each page of a list of calls as soon as it arrives, and at the end name the columns that did not fit.

    Args:
        pages: The pages.
        as_json: True to print JSON even on a terminal.
        columns: The columns of the table; the table is then printed even if stdout is not a terminal. ``None`` for the usual
            columns, in a table that is printed only on a terminal.

    Raises:
        CannotWrite: If stdout cannot be written.
    """
    table = CallTable(columns)
    is_table = columns is not None or prints_table(as_json)
    for page in pages:
        write(table.page(map(without_secrets, page)) if is_table else "".join(map(json_line, page)))
    if is_table:
        tell(NAME, table.left_out)


def json_line(record: Record) -> str:
    """Return a record as one line of ASCII JSON, without secrets; control characters are escaped."""
    return json.dumps(without_secrets(record)) + "\n"


def count_of_calls(calls: int) -> str:
    """Return a number of calls with its noun, such as ``1 call`` or ``2,000 calls``."""
    return f"{calls:,} call{'s' * (calls != 1)}"


def without_secrets(value: Any) -> Any:
    """Return a JSON value with its passwords replaced, including those in URLs."""
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {name: "*****" if is_secret(name) and member else without_secrets(member) for name, member in members.items()}
    if isinstance(value, list):
        return [without_secrets(item) for item in cast("list[object]", value)]
    return redact_urls(value) if isinstance(value, str) else value
