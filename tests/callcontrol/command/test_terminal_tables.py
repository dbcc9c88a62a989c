"""Tables that fit the terminal: the columns that are left out, the message about them, and ``--columns``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import click
import pytest

from callcontrol.command import calls, output
from callcontrol.command.terminal_tables import COLUMNS, IMPORTANCE, MEMBERS, CallTable, complete_columns
from callcontrol.emulator import Emulator
from tests.callcontrol.command.conftest import Run
from tests.callcontrol.command.test_process import on_a_terminal
from tests.callcontrol.command.test_process import ran as ran_in_a_process

LONG: Final = "sip:" + "x" * 60 + "@sip.example"
"""A SIP URI that is wider than its column."""

HINT: Final = "for all columns use --json, or name some with --columns"


def call(id_: str = "c-1", **members: Any) -> dict[str, Any]:
    times = {"startTime": "2026-11-02T09:00:00.000Z", "disconnectCause": None}
    return {"callId": id_ * 12, "state": "answered", "from": "+19195550100", "to": "+12125550123", **times, **members}


def lines(table: str) -> list[str]:
    """Return the lines of a table without colors."""
    return re.sub(r"\x1b\[[0-9;]*m", "", table).splitlines()


@pytest.fixture
def width(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that sets the width of the terminal."""
    return lambda width: monkeypatch.setenv("COLUMNS", str(width))


class TestWidth:
    """The columns of a table that may be wider than the terminal."""

    @pytest.mark.parametrize("columns", range(30, 160))
    def test_no_line_is_wider_than_the_terminal(self, width: Callable[[int], None], columns: int) -> None:
        """No line is wider than the terminal, unless the terminal is narrower than an id. Ids are complete."""
        width(columns)
        table = CallTable()
        for page in ([call("c-1"), call("c-2", to=LONG)], [call("c-3", state="disconnected", disconnectCause="timeout")]):
            shown = lines(table.page(page))
            assert [line.split()[0] for line in shown[1:]] == [each["callId"] for each in page]
            assert max(map(len, shown)) <= max(columns, 36)

    @pytest.mark.parametrize("columns", range(30, 160))
    def test_columns_have_a_fixed_order_of_importance(self, width: Callable[[int], None], columns: int) -> None:
        """A column is shown only if all more important columns are shown. Columns that are left out are named."""
        width(columns)
        table = CallTable()
        head = lines(table.page([call()]))[0].split()
        assert {*head} == {"callId", *IMPORTANCE[: len(head) - 1]}
        assert head == [name for name in COLUMNS if name in head]
        missing = ", ".join(name for name in COLUMNS if name not in head)
        assert table.left_out == (f"columns left out: {missing}; {HINT}" if missing else "")

    def test_later_pages_have_no_further_columns(self, width: Callable[[int], None]) -> None:
        """If a column is left out of one page, it is left out of all later pages, even if they have space for it."""
        width(75)
        table = CallTable()
        heads = [lines(table.page([call(id_)]))[0].split() for id_ in ("c-1", "c-10000", "c-1")]
        assert heads == [["callId", "state", "to"], ["callId"], ["callId"]]

    def test_long_uri_is_shortened(self, width: Callable[[int], None]) -> None:
        """A long SIP URI is shortened to the space that is left, and the message says so."""
        width(90)
        table = CallTable()
        shown = lines(table.page([call(to=LONG)]))
        assert shown[1].endswith("…")
        assert len(shown[1]) == 90
        assert table.left_out == f"columns left out: startTime, disconnectCause; shortened: to; {HINT}"

    def test_wide_characters_count_twice(self, width: Callable[[int], None]) -> None:
        """The width of a cell is counted in columns of the terminal, not in characters."""
        width(80)
        table = CallTable(["callId", "errorMessage"])
        head, row = lines(table.page([call(errorMessage="\N{HIRAGANA LETTER A}" * 9)]))
        assert row.endswith("\N{HIRAGANA LETTER A}" * 9)
        assert head.rstrip().endswith("errorMessage")

    def test_page_without_calls_has_no_table(self) -> None:
        """A filter can leave a page without calls. Such a page prints nothing and removes no columns."""
        table = CallTable()
        assert (table.page([]), table.left_out) == ("", "")


class TestColumnsOption:
    """The option ``--columns``."""

    def test_named_columns_are_complete(self, width: Callable[[int], None]) -> None:
        """Columns that are named are printed in the given order, even if they do not fit."""
        width(40)
        table = CallTable(["to", "callId"])
        assert lines(table.page([call(to=LONG)]))[1].split() == [LONG, "c-1" * 12]
        assert table.left_out == ""

    def test_every_member_of_a_call_can_be_a_column(self, run: Run, voice: Emulator, new_call: Callable[..., str]) -> None:
        """Every member of a call in the API's responses can be a column."""
        new_call()
        (listed,) = run("list").records
        assert listed.keys() <= {*MEMBERS}
        assert {*COLUMNS} <= {*MEMBERS}
        ran = run("list", "--columns", ",".join(listed))
        assert (ran.code, ran.out.splitlines()[0].split()) == (0, [*listed])

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("callid", "callid is not a member of a call; did you mean callId?"),
            ("state,", f"an empty name is not a member of a call; expected {', '.join(MEMBERS[:-1])} or {MEMBERS[-1]}"),
        ],
    )
    def test_unknown_column_is_reported(self, run: Run, voice: Emulator, text: str, message: str) -> None:
        """The message for an unknown column names a similar column, or else all columns."""
        ran = run("list", "--columns", text)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == f"callcontrol: invalid value for '--columns': {message}; see callcontrol list --help\n"
        assert not voice.exchanges

    def test_json_has_no_columns(self, run: Run, voice: Emulator) -> None:
        """``--columns`` and ``--json`` cannot be combined."""
        ran = run("list", "--columns", "state", "--json")
        assert (ran.code, ran.out) == (2, "")
        assert "--columns and --json cannot be combined; see callcontrol list --help" in ran.err

    def test_names_are_completed(self) -> None:
        """Shell completion completes the last name."""
        context = click.Context(calls.list_)
        (parameter,) = [each for each in calls.list_.params if each.name == "columns"]
        assert complete_columns(context, parameter, "callId,st") == ["callId,state", "callId,stirShaken", "callId,startTime"]


def test_narrow_terminal_gets_a_narrow_table(voice: Emulator, new_call: Callable[..., str]) -> None:
    """On a terminal with 80 columns, every line fits and ids are complete. Columns that are left out are named."""
    ids = [new_call() for _ in range(3)]
    code, shown, _ = on_a_terminal("list", width=80, NO_COLOR="1")
    *table, message = shown.splitlines()
    assert code == 0
    assert table[0].split() == ["callId", "state", "to"]
    assert [line.split()[0] for line in table[1:]] == ids
    assert max(map(len, table)) <= 80
    assert message == f"callcontrol: columns left out: from, startTime, disconnectCause; {HINT}"


def test_columns_print_a_table_in_a_pipe(voice: Emulator, new_call: Callable[..., str]) -> None:
    """With ``--columns`` the table is printed even if stdout is not a terminal."""
    call_id = new_call()
    ran = ran_in_a_process("list", "--columns", "state,callId,state")
    assert (ran.code, ran.err) == (0, "")
    assert [line.split() for line in ran.out.splitlines()] == [["state", "callId"], ["answered", call_id]]


def test_json_prints_no_message_about_columns(
    run: Run, voice: Emulator, new_call: Callable[..., str], monkeypatch: pytest.MonkeyPatch, width: Callable[[int], None]
) -> None:
    """The message about columns appears only with a table."""
    new_call()
    width(20)
    assert run("list").err == ""
    monkeypatch.setattr(output, "prints_table", lambda _: True)
    assert "columns left out: " in run("list").err
