"""``callcontrol ledger``: showing, counting, merging and exporting ledgers."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcontrol import SqlLedger, Tally
from callcontrol.command import ledgers
from callcontrol.command.ledgers import merged_entries
from callcontrol.emulator import Emulator
from callcontrol.file_ledger import FileLedger, read_ledger, write_ledger
from callcontrol.ledger import LEDGER_STATES, LedgerEntry, LedgerKey, LedgerState
from tests.callcontrol.command.conftest import DOCUMENT, PASSWORD, Run
from tests.callcontrol.command.test_process import on_a_terminal, ran
from tests.callcontrol.ledger_files import KEY

TIME: Final = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
STATES: Final[dict[str, LedgerState]] = {
    "c-1": "delivered",
    "c-2": "gone",
    "c-3": "refused",
    "c-4": "unknown",
    "c-5": "in doubt",
}
RECORD: Final = {
    "call_id": "c-3",
    "state": "refused",
    "status": 429,
    "detail": "Too Many",
    "time": "2025-01-02T03:04:05.000Z",
    "account": KEY.account,
    "host": KEY.host,
    "document": KEY.document,
}


def written(name: str, states: dict[str, LedgerState], key: LedgerKey = KEY) -> str:
    """Write a ledger in the current directory, and return its name."""
    details = {"refused": (429, "Too Many"), "unknown": (None, "=1+1, lost\nconnection"), "delivered": (204, None)}
    entries = [LedgerEntry(call_id, state, *details.get(state, (None, None)), TIME) for call_id, state in states.items()]
    write_ledger(name, key, entries)
    return name


def written_by_hand(name: str) -> str:
    """Write a ledger without the function that writes ledgers, and return its name."""
    with FileLedger(name).open(KEY) as ledger:
        ledger.claim("c-1")
    return name


class TestShow:
    """``ledger show`` and ``ledger export`` print the state of each call."""

    def test_calls_are_shown(self, run: Run) -> None:
        """There is one JSON object for each call, with the account, the host and the digest of the document."""
        records = run("ledger", "show", written("night.jsonl", STATES)).records
        assert {record["call_id"]: record["state"] for record in records} == STATES
        assert records[2] == RECORD

    @pytest.mark.parametrize(("options", "ids"), [(["in-doubt"], ["c-5"]), (["gone", "refused"], ["c-2", "c-3"])])
    def test_states_are_selected(self, run: Run, options: list[str], ids: list[str]) -> None:
        """``--state`` selects calls, and can be repeated."""
        arguments = [argument for option in options for argument in ("--state", option)]
        for command in (["show"], ["export", "--format", "json"]):
            records = run("ledger", *command, written(f"{command[0]}.jsonl", STATES), *arguments).records
            assert [record["call_id"] for record in records] == ids

    def test_no_calls_are_reported(self, run: Run) -> None:
        """If no call has the selected state, the command says so on stderr."""
        ran = run("ledger", "show", written("night.jsonl", {}), "--state", "gone")
        assert ran == (0, "", "callcontrol: no calls found\n")

    def test_table_fits_the_terminal(self, empty_directory: Path) -> None:
        """On a terminal, a table shows the calls; only the detail is shortened."""
        long: dict[str, LedgerState] = {f"c-{'1' * 40}": "unknown", "c-2": "delivered"}
        written("night.jsonl", long)
        code, shown, _ = on_a_terminal("ledger", "show", "night.jsonl", width=100, NO_COLOR="1")
        assert code == 0
        head, first, second = shown.splitlines()
        assert head.split() == ["call_id", "state", "status", "time", "detail"]
        assert first.split()[:2] == [f"c-{'1' * 40}", "unknown"]
        assert first.endswith("…")
        assert len(first) <= 100
        assert second.split()[:3] == ["c-2", "delivered", "204"]

    def test_table_is_printed_for_a_terminal(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """The table has a line for each call, and a long detail is shortened to the width of the terminal."""
        monkeypatch.setattr(ledgers, "prints_table", lambda as_json: not as_json)
        monkeypatch.setenv("COLUMNS", "80")
        head, *rows = run("ledger", "show", written("night.jsonl", STATES)).out.splitlines()
        assert head.split() == ["call_id", "state", "status", "time", "detail"]
        assert [row.split()[0] for row in rows] == [*STATES]
        assert max(map(len, rows)) <= 80

    def test_csv_can_be_read(self, run: Run) -> None:
        """The first line of CSV has the names of the columns. Line breaks and commas in details are quoted."""
        rows = list(csv.DictReader(io.StringIO(run("ledger", "export", written("night.jsonl", STATES)).out)))
        assert {row["call_id"]: row["state"] for row in rows} == STATES
        assert rows[2] == {name: str(value) for name, value in RECORD.items()}
        assert rows[3]["detail"] == "'=1+1, lost\nconnection"

    def test_ledger_in_use_is_shown(self, run: Run) -> None:
        """A ledger can be shown while a run is using it."""
        with FileLedger("night.jsonl").open(KEY) as ledger:
            ledger.claim("c-1")
            assert run("ledger", "show", "night.jsonl").records[0]["state"] == "in progress"
        assert run("ledger", "show", "night.jsonl").records[0]["state"] == "in doubt"


class TestSummary:
    """``ledger summary`` counts the calls, and says what is left to do."""

    def test_calls_are_counted(self, run: Run) -> None:
        """The summary counts the calls that the next run would interrupt, and the calls that require ``--repeat-unknown``."""
        assert run("ledger", "summary", written("night.jsonl", STATES)).records == [
            {
                "account": KEY.account,
                "host": KEY.host,
                "document": KEY.document,
                "delivered": 1,
                "gone": 1,
                "refused": 1,
                "unknown": 1,
                "in_doubt": 1,
                "in_progress": 0,
                "next_run": 1,
                "only_with_repeat_unknown": 2,
            }
        ]

    def test_ids_beside_the_ledger_are_counted(self, run: Run) -> None:
        """A run writes the ids of its calls beside the ledger, so the summary knows which calls were not begun."""
        Path("night.jsonl.ids").write_text("c-1\nc-9\n", encoding="utf-8")
        (record,) = run("ledger", "summary", written("night.jsonl", STATES)).records
        assert (record["not_begun"], record["next_run"]) == (1, 2)

    def test_calls_that_were_not_begun_are_counted(self, run: Run) -> None:
        """With the file of ids, the calls that are not in the ledger count as left to do."""
        Path("ids.txt").write_text("c-1\nc-3\nc-8\nc-9\n", encoding="utf-8")
        (record,) = run("ledger", "summary", written("night.jsonl", STATES), "--from-file", "ids.txt").records
        assert (record["not_begun"], record["next_run"]) == (2, 3)


class TestMerge:
    """``ledger merge`` writes one ledger from several."""

    def test_ledgers_are_merged(self, run: Run) -> None:
        """The new ledger has all calls. A run with this ledger does not repeat a request that an earlier run may have sent."""
        written("a.jsonl", {"c-1": "delivered", "c-2": "refused", "c-3": "in doubt"})
        written("b.jsonl", {"c-1": "refused", "c-2": "unknown", "c-4": "gone"})
        ran = run("ledger", "merge", "a.jsonl", "b.jsonl", "--output", "all.jsonl")
        assert ran == (0, "", "callcontrol: wrote 4 calls to all.jsonl\n")
        with FileLedger("all.jsonl").open(KEY) as ledger:
            assert ledger.states() == {"c-1": "delivered", "c-2": "unknown", "c-3": "in doubt", "c-4": "gone"}

    def test_different_ledgers_are_rejected(self, run: Run) -> None:
        """Ledgers of different documents, accounts or hosts are not merged."""
        written("a.jsonl", {"c-1": "delivered"})
        written("b.jsonl", {"c-1": "delivered"}, LedgerKey(KEY.account, "other.example", KEY.document))
        ran = run("ledger", "merge", "a.jsonl", "b.jsonl", "--output", "all.jsonl")
        assert (ran.code, ran.out) == (2, "")
        assert "the ledgers belong to different accounts, hosts or documents" in ran.err
        assert not Path("all.jsonl").exists()

    def test_ledger_in_use_is_rejected(self, run: Run) -> None:
        """A ledger in which a call is in progress is not merged."""
        with FileLedger("a.jsonl").open(KEY) as ledger:
            ledger.claim("c-1")
            ran = run("ledger", "merge", "a.jsonl", "--output", "all.jsonl")
        assert (ran.code, "a run is still working on call c-1" in ran.err) == (2, True)

    def test_existing_file_is_kept(self, run: Run) -> None:
        """An existing file is never overwritten."""
        written("a.jsonl", {"c-1": "delivered"})
        ran = run("ledger", "merge", "a.jsonl", "--output", "a.jsonl")
        assert (ran.code, ran.err) == (2, "callcontrol: the ledger a.jsonl cannot be written: File exists\n")
        assert read_ledger("a.jsonl")[1][0].state == "delivered"

    def test_full_disk_leaves_no_ledger(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the new ledger cannot be written completely, no part of it remains."""

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "link", fail)
        ran = run("ledger", "merge", written_by_hand("a.jsonl"), "--output", "all.jsonl")
        assert ran == (2, "", "callcontrol: the ledger all.jsonl cannot be written: No space left on device\n")
        assert [path.name for path in Path().iterdir() if "ledger" in path.name or "jsonl" in path.name] == ["a.jsonl"]

    def test_no_other_file_is_removed(self, run: Run) -> None:
        """Neither a failed nor a successful merge touches another file, whatever its name."""
        other = Path("all.jsonl.partial")
        other.write_text("mine", encoding="utf-8")
        assert run("ledger", "merge", written_by_hand("a.jsonl"), "--output", "all.jsonl").code == 0
        assert run("ledger", "merge", "a.jsonl", "--output", "all.jsonl").code == 2
        assert other.read_text(encoding="utf-8") == "mine"

    @given(st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(LEDGER_STATES[:5])))))
    def test_order_does_not_matter(self, ledgers: list[list[tuple[str, LedgerState]]]) -> None:
        """The merged states are the same in any order of the ledgers."""
        entries = [[LedgerEntry(call_id, state, None, None, TIME) for call_id, state in ledger] for ledger in ledgers]

        def states(ledgers: list[list[LedgerEntry]]) -> dict[str, LedgerState]:
            return {entry.call_id: entry.state for entry in merged_entries(entry for ledger in ledgers for entry in ledger)}

        assert states(entries) == states(entries[::-1])


class TestDatabases:
    """The URL of a database can be used in place of a file."""

    URL: Final = "sqlite:///night.db"

    @pytest.fixture
    def ids(self, new_call: Callable[..., str]) -> list[str]:
        """Create two calls, and write their ids and a document to files."""
        ids = [new_call(), new_call()]
        Path("ids.txt").write_text("\n".join(ids), encoding="utf-8")
        Path("notice.bxml").write_text(DOCUMENT, encoding="utf-8")
        return ids

    def test_run_uses_a_database(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """A run with a database URL is resumed, and the commands show its calls. Several documents can share a database."""
        arguments = ("bxml", "--from-file", "ids.txt", "notice.bxml", "--ledger", self.URL)
        assert run(*arguments).records[0] == {**asdict(Tally(delivered=2)), "ledger": self.URL}
        assert run(*arguments).records[0]["skipped"] == 2
        run("hangup", *ids, "--ledger", self.URL)
        assert [record["call_id"] for record in run("ledger", "show", self.URL, "--state", "delivered").records] == ids * 2
        assert [record["delivered"] for record in run("ledger", "summary", self.URL).records] == [2, 2]
        assert len(run("ledger", "export", self.URL).out.splitlines()) == 5
        ran = run("ledger", "merge", self.URL, "--output", "all.jsonl")
        assert (ran.code, "different accounts, hosts or documents" in ran.err) == (2, True)

    def test_missing_extra_is_reported(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without SQLAlchemy, the message names the extra that installs it."""
        Path("night.db").write_bytes(b"")
        monkeypatch.delitem(sys.modules, "callcontrol.sql_ledger", raising=False)
        monkeypatch.delitem(sys.modules, "callcontrol.sql_database", raising=False)
        monkeypatch.setitem(sys.modules, "sqlalchemy", None)
        message = "SqlLedger needs sqlalchemy: install bxml-callcontrol[sql]"
        assert run("ledger", "show", self.URL) == (2, "", f"callcontrol: {message}\n")

    @pytest.mark.parametrize("command", [["show"], ["summary"], ["export"], ["merge", "--output", "all.jsonl"]], ids=str)
    def test_database_without_calls_is_reported(self, run: Run, command: list[str]) -> None:
        """If a database does not exist, it is not created. If a database has no calls, there are no runs to show."""
        ran = run("ledger", command[0], self.URL, *command[1:])
        assert ran == (2, "", "callcontrol: night.db does not exist; expected the database of a run\n")
        assert not Path("night.db").exists()
        with SqlLedger(self.URL).open(KEY):
            pass
        ran = run("ledger", command[0], self.URL, *command[1:])
        assert ran == (2, "", "callcontrol: sqlite:///night.db contains no calls of a run\n")

    def test_missing_file_is_not_created_whatever_the_driver(self, run: Run) -> None:
        """The URL may name a driver and have options. SQLite itself opens a URL in SQLite's own form."""
        ran = run("ledger", "show", "sqlite+pysqlite:///night.db?timeout=3")
        assert ran == (2, "", "callcontrol: night.db does not exist; expected the database of a run\n")
        assert run("ledger", "show", "sqlite:///file:night.db?mode=ro&uri=true").code == 2
        assert not Path("night.db").exists()

    def test_queued_calls_are_not_merged(self, run: Run) -> None:
        """Calls that wait for a worker would be missing in the merged ledger, so the ledgers are not merged."""
        with SqlLedger(self.URL).open(KEY) as ledger:
            ledger.queue(["c-1"])
        ran = run("ledger", "merge", self.URL, "--output", "all.jsonl")
        message = "sqlite:///night.db still has 1 call in its queue; merge when the run has ended"
        assert ran == (2, "", f"callcontrol: {message}\n")

    def test_password_of_a_database_is_hidden(self, run: Run, voice: Emulator, ids: list[str]) -> None:
        """The password of a database URL is never printed; ``run`` checks this."""
        url = f"postgresql+psycopg://user:{PASSWORD}@127.0.0.1:1/night"
        for arguments in (["bxml", "--from-file", "ids.txt", "notice.bxml", "--ledger", url], ["ledger", "show", url]):
            ran = run(*arguments)
            assert (ran.code, ran.out) == (2, "")
            assert "127.0.0.1" in ran.err


@pytest.mark.parametrize("command", ["show", "summary", "export"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "the ledger night.jsonl cannot be read: No such file or directory"),
        (b"c-1\n", "the ledger night.jsonl, line 1: expected the first line of a ledger; this file is not a ledger"),
    ],
    ids=["missing", "other file"],
)
def test_other_file_is_rejected(run: Run, command: str, content: bytes | None, reason: str) -> None:
    """The message says what is wrong with the file, and the exit code is 2."""
    if content is not None:
        Path("night.jsonl").write_bytes(content)
    assert run("ledger", command, "night.jsonl") == (2, "", f"callcontrol: {reason}\n")


def test_commands_work_as_processes(empty_directory: Path) -> None:
    """The real command shows, counts, exports and merges a ledger, without an account."""
    written("night.jsonl", STATES)
    assert len(ran("ledger", "show", "night.jsonl").records) == 5
    assert ran("ledger", "summary", "night.jsonl").records[0]["gone"] == 1
    assert len(ran("ledger", "export", "night.jsonl").out.splitlines()) == 7  # a detail has a line break
    assert ran("ledger", "merge", "night.jsonl", "--output", "copy.jsonl").code == 0
    assert read_ledger("copy.jsonl") == read_ledger("night.jsonl")
