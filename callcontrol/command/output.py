"""What the command writes: a table for people on a terminal, or else JSON, one object on a line."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from bxml.command.console import CannotWrite, stop_writing, tell, write
from bxml.command.formats import plain
from bxml.messages.redaction import is_secret, without_user

if TYPE_CHECKING:
    from rich.table import Table

NAME: Final = "callcontrol"
"""What the command is called in its own sentences."""

Record = Mapping[str, Any]
"""An object of the API, under the API's own names."""

COLUMNS: Final = ("callId", "state", "from", "to", "startTime", "disconnectCause")
"""What a list of calls shows of each."""

WIDEST: Final = 1000
"""Characters of a line of a table. A line is left to the terminal to break, so that an id can be copied in one piece."""

STYLES: Final = {"answered": "green", "disconnected": "dim", "delivered": "green", "refused": "red", "unknown": "red"}
"""How some words look, where there are colours."""


def is_for_people(as_json: bool) -> bool:  # noqa: FBT001
    """Whether a table is wanted: on a terminal, unless JSON was asked for."""
    return not as_json and isinstance(sys.stdout, io.TextIOBase) and sys.stdout.isatty()  # it is none if it is closed


def show(records: Iterable[Record], *, as_json: bool) -> None:
    """Write what was asked for.

    Raises:
        CannotWrite: if it cannot be written.
    """
    for record in records:
        write(_table_of(record) if is_for_people(as_json) else line(record))


def show_done(records: Iterable[Record], *, as_json: bool) -> None:
    """Write what was done; if that is not possible, say so elsewhere, for it is done all the same."""
    for record in records:
        try:
            show([record], as_json=as_json)
        except CannotWrite:
            stop_writing()
            tell(NAME, f"it is done, but could not be written: {line(record)[:-1]}")


def show_pages(pages: Iterable[Sequence[Record]], *, as_json: bool) -> None:
    """Write each page of a list of calls as soon as it is there.

    Raises:
        CannotWrite: if it cannot be written.
    """
    for page in pages:
        write(_table_of_calls(page) if is_for_people(as_json) else "".join(map(line, page)))


def line(record: Record) -> str:
    """An object in JSON, in which no character moves a terminal."""
    return json.dumps(without_secrets(record)) + "\n"


def counted(calls: int) -> str:
    """So many calls, in words."""
    return f"{calls:,} call{'s' * (calls != 1)}"


def without_secrets(value: Any) -> Any:
    """A value from JSON in which no password can be read."""
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {name: "*****" if is_secret(name) and member else without_secrets(member) for name, member in members.items()}
    if isinstance(value, list):
        return [without_secrets(item) for item in cast("list[object]", value)]
    return without_user(value) if isinstance(value, str) else value


def _table_of(record: Record) -> str:
    from rich.table import Table  # only here, for its import takes longer than most requests
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for name, value in without_secrets(record).items():
        if value is not None:
            table.add_row(Text(plain(name), "bold"), _cell(value))
    return _drawn(table)


def _table_of_calls(calls: Sequence[Record]) -> str:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for call in map(without_secrets, calls):
        table.add_row(*(_cell(call.get(name)) for name in COLUMNS))
    return _drawn(table)


def _cell(value: Any) -> Any:
    """A value as text that neither moves a terminal nor is taken for markup."""
    from rich.text import Text

    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return Text(plain(text), STYLES.get(text, ""))


def _drawn(table: Table) -> str:
    """A table with its colours, which are taken away again where there are to be none."""
    from rich.console import Console

    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=WIDEST)
    with console.capture() as drawn:
        console.print(table)
    return drawn.get()
