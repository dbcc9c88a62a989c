"""Tables for a terminal: one record with a line for each member, or a list of calls that fits the width of the terminal."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import click

from bxml.command.formats import plain
from bxml.messages.text import did_you_mean, join_names
from callcontrol import call_states
from callcontrol.call_models import CallState

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

Record = Mapping[str, Any]
"""A JSON object of the API, with the API's member names, without secrets."""

ID: Final = "callId"
"""The column that is always shown and never shortened, so that an id can be copied in one piece."""

COLUMNS: Final = (ID, "state", "from", "to", "startTime", "disconnectCause")
"""Members of a call that are columns in a list of calls, from left to right."""

IMPORTANCE: Final = ("state", "to", "from", "disconnectCause", "startTime")
"""The columns beside the id, most important first. A narrow terminal shows only the first of these columns."""

MEMBERS: Final = tuple(
    re.sub("_([a-z])", lambda letter: letter[1].upper(), each.name.rstrip("_"))
    for each in fields(CallState)
    if each.name not in {"unknown", "reply"}
)
"""Members of a call that can be columns, with the API's names."""

LEAST_WIDTHS: Final = MappingProxyType({"state": max(map(len, call_states.NEXT)), "from": 16, "to": 16})
"""The least widths of columns. The longest state and phone number fit; a longer SIP URI is shortened."""

GAP: Final = 2
"""Number of spaces between two columns."""

WIDEST: Final = 1000
"""Maximum width of the table of one record. The terminal, not the table, wraps long lines, so that a URL can be copied in one
piece."""

STYLES: Final = {"answered": "green", "disconnected": "dim", "delivered": "green", "refused": "red", "unknown": "red"}
"""For each of these texts of a table cell: the style of the cell."""


def table_of(record: Record) -> str:
    """Return a record as a table with a line for each member that has a value."""
    from rich.table import Table  # imported here, because the import takes longer than most requests
    from rich.text import Text

    table = Table.grid(padding=(0, GAP))
    for name, value in record.items():
        if value is not None:
            table.add_row(Text(plain(name), "bold"), _cell(value))
    return _rendered(table, WIDEST)


class CallTable:
    """The tables of a list of calls, one for each page.

    If the terminal is too narrow, the tables have fewer columns. Once a page leaves out a column, all later pages also leave it
    out.

    Args:
        columns: The columns; ``None`` for :data:`COLUMNS`, as far as they fit. Columns that are given are always complete.
    """

    def __init__(self, columns: Sequence[str] | None = None) -> None:
        self._given = columns
        self._columns = list(columns or COLUMNS)
        self._shortened: set[str] = set()

    def page(self, calls: Iterable[Record]) -> str:
        """Return the table of one page; empty for a page without calls."""
        from rich.table import Table

        rows = list(calls)
        if not rows:
            return ""
        cells = {name: [_cell(call.get(name)) for call in rows] for name in self._columns}
        needed = {name: max(len(name), *(cell.cell_len for cell in column)) for name, column in cells.items()}
        widths = needed if self._given else self._fitting(needed, shutil.get_terminal_size().columns)
        self._columns = [name for name in self._columns if name in widths]
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
        for name in self._columns:
            table.add_column(name, no_wrap=True, overflow="ellipsis", width=widths[name])
        for row in zip(*(cells[name] for name in self._columns), strict=True):
            table.add_row(*row)
        return _rendered(table, sum(widths.values()) + GAP * len(widths))

    @property
    def left_out(self) -> str:
        """A sentence that names the columns that were left out or shortened; empty if the tables are complete."""
        missing = [] if self._given else [name for name in COLUMNS if name not in self._columns]
        shortened = [name for name in COLUMNS if name in self._shortened and name not in missing]
        parts = [f"{verb}: {', '.join(names)}" for verb, names in (("left out", missing), ("shortened", shortened)) if names]
        return f"columns {'; '.join(parts)}; for all columns use --json, or name some with --columns" if parts else ""

    def _fitting(self, needed: Mapping[str, int], width: int) -> dict[str, int]:
        """Return the widths of the columns that fit, most important first.

        Args:
            needed: For each column: the width of its widest cell.
            width: The width of the terminal.
        """
        widths = {ID: needed[ID]}
        left = width - needed[ID]
        for name in (each for each in IMPORTANCE if each in needed):
            least = LEAST_WIDTHS.get(name, needed[name])
            if GAP + least > left:
                break
            widths[name] = least
            left -= GAP + least
        for name, least in widths.items():
            added = max(0, min(left, needed[name] - least))
            widths[name] = least + added
            left -= added
        self._shortened |= {name for name, width in widths.items() if width < needed[name]}
        return widths


LEDGER_COLUMNS: Final = ("call_id", "state", "status", "time", "detail")
"""The members of a ledger entry that are columns, from left to right. Only the last column is shortened."""


def entry_table(records: Sequence[Record]) -> str:
    """Return a table of the entries of a ledger. It fits the terminal, because the details are shortened."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    cells = {name: [_cell(record[name]) for record in records] for name in LEDGER_COLUMNS}
    widths = {name: max(len(name), *(cell.cell_len for cell in column)) for name, column in cells.items()}
    others = sum(widths.values()) - widths["detail"] + GAP * len(LEDGER_COLUMNS)
    widths["detail"] = max(len("detail"), min(widths["detail"], shutil.get_terminal_size().columns - others))
    for name, width in widths.items():
        table.add_column(name, no_wrap=True, overflow="ellipsis", width=width)
    for row in zip(*cells.values(), strict=True):
        table.add_row(*row)
    return _rendered(table, sum(widths.values()) + GAP * len(widths))


def column_names(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    """Return the value of ``--columns``, without duplicates, or ``None`` if the option was not given.

    Raises:
        click.BadParameter: If a name is not a member of a call.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in MEMBERS:
            hint = did_you_mean(name, MEMBERS) or f"; expected {join_names(MEMBERS, 'or')}"
            raise click.BadParameter(f"{plain(name) or 'an empty name'} is not a member of a call{hint}")
    return tuple(dict.fromkeys(names))


def complete_columns(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Complete the last name of ``--columns``."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in MEMBERS if name.startswith(last)]


def _cell(value: Any) -> Text:
    """Return a value as text without markup for the library ``rich``, and with control characters escaped."""
    from rich.text import Text

    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return Text(plain(text), STYLES.get(text, ""))


def _rendered(table: Table, width: int) -> str:
    """Return a table as text with colors; ``write`` removes the colors if stdout should have none."""
    from rich.console import Console

    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=width)
    with console.capture() as capture:
        console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())
