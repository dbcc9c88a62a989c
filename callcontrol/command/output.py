"""Output of the command: a table on a terminal, otherwise JSON with one object per line."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from bxml.command.formats import plain
from bxml.command.standard_streams import CannotWrite, stop_writing, tell, write
from bxml.messages.redaction import is_secret, redact_urls

if TYPE_CHECKING:
    from rich.table import Table

NAME: Final = "callcontrol"
"""Name of the command, as its messages print it."""

Record = Mapping[str, Any]
"""A JSON object of the API, with the API's member names."""

COLUMNS: Final = ("callId", "state", "from", "to", "startTime", "disconnectCause")
"""Members of a call that are columns in a list of calls."""

TABLE_WIDTH: Final = 1000
"""Maximum width of a table, in characters. Only the terminal wraps lines, so that an id can be copied in one piece."""

STYLES: Final = {"answered": "green", "disconnected": "dim", "delivered": "green", "refused": "red", "unknown": "red"}
"""For each of these texts of a table cell: the style of the cell."""


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
        write(_table_of(record) if prints_table(as_json) else json_line(record))


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


def show_pages(pages: Iterable[Sequence[Record]], *, as_json: bool) -> None:
    """Print each page of a list of calls as soon as it arrives.

    Raises:
        CannotWrite: If stdout cannot be written.
    """
    for page in pages:
        write(_table_of_calls(page) if prints_table(as_json) else "".join(map(json_line, page)))


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


def _table_of(record: Record) -> str:
    from rich.table import Table  # imported here, because the import takes longer than most requests
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for name, value in without_secrets(record).items():
        if value is not None:
            table.add_row(Text(plain(name), "bold"), _cell(value))
    return _rendered(table)


def _table_of_calls(calls: Sequence[Record]) -> str:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for call in map(without_secrets, calls):
        table.add_row(*(_cell(call.get(name)) for name in COLUMNS))
    return _rendered(table)


def _cell(value: Any) -> Any:
    """Return a value as text in which control characters are escaped and the library rich finds no markup."""
    from rich.text import Text

    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return Text(plain(text), STYLES.get(text, ""))


def _rendered(table: Table) -> str:
    """Return a table as text with colors; ``write`` removes the colors if stdout should have none."""
    from rich.console import Console

    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=TABLE_WIDTH)
    with console.capture() as capture:
        console.print(table)
    return capture.get()
