"""The ledger in a database: shared by processes, with claims that expire, and with messages that name the next step."""

from __future__ import annotations

import importlib
import json
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from callcontrol import CallControlError, InvalidRequest, SqlLedger, sql_database
from callcontrol.ledger import OUTCOME_KINDS, LedgerEntry, LedgerState, Outcome, OutcomeKind
from callcontrol.sql_ledger import LEDGER, OpenSqlLedger
from tests.callcontrol.ledger_files import KEY
from tests.callcontrol.postgresql_server import PostgresqlServer
from tests.forked_process import forks, in_child

TIME: Final = datetime(2025, 1, 2, 3, 4, 5, 678_000, UTC)
PASSWORD: Final = "correct-horse"


def outcome(
    call_id: str = "c-1", kind: OutcomeKind = "delivered", status: int | None = 204, detail: str | None = None
) -> Outcome:
    return Outcome(call_id, kind, status, detail, TIME)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    return server.new_database()


@pytest.fixture
def ledger(url: str) -> Iterator[SqlLedger]:
    with SqlLedger(url) as found:
        yield found


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Return an engine of the user."""
    own = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    yield own
    own.dispose()


def expire(ledger: SqlLedger, call_id: str = "c-1") -> None:
    """Let a claim expire, without waiting."""
    with ledger._database.connection() as connection:
        connection.execute(sqlalchemy.update(LEDGER).where(LEDGER.c.call_id == call_id).values(expires=1.0))


class TestClaimsExpire:
    """The clock of the database decides when a claim expires. The call is then in doubt."""

    def test_claim_of_another_run_is_in_progress(self, ledger: SqlLedger) -> None:
        """A call that one run has claimed is in progress for the other runs."""
        with ledger.open(KEY) as one, ledger.open(KEY) as other:
            assert one.claim("c-1") is None
            assert other.claim("c-1", repeat_unknown=True) == other.states()["c-1"] == "in progress"
            one.finish(outcome())
            assert other.claim("c-1") == "delivered"

    def test_claim_expires(self, url: str) -> None:
        """After ``claim_seconds``, a call without an outcome is in doubt."""
        ledger = SqlLedger(url, claim_seconds=1.5)
        with ledger.open(KEY) as killed, ledger.open(KEY) as other:
            assert killed.claim("c-1") is None
            assert other.claim("c-1") == "in progress"
            time.sleep(1.6)
            assert other.states() == {"c-1": "in doubt"}
            assert ledger.counts(KEY) == {"in doubt": 1}
            assert other.claim("c-1") == "in doubt"
            assert other.claim("c-1", repeat_unknown=True) is None

    @pytest.mark.parametrize("seconds", [0, -1, True, "300", float("inf"), float("nan")])
    def test_invalid_number_of_seconds_is_rejected(self, url: str, seconds: Any) -> None:
        """The number of seconds must be positive and finite."""
        with pytest.raises(InvalidRequest, match=r"claim_seconds=.* is not a positive number of seconds"):
            SqlLedger(url, claim_seconds=seconds)

    def test_late_outcome_is_recorded(self, ledger: SqlLedger) -> None:
        """If the outcome arrives after the claim has expired, it is recorded."""
        with ledger.open(KEY) as opened:
            opened.claim("c-1")
            expire(ledger)
            opened.finish(outcome())
            assert opened.states() == {"c-1": "delivered"}

    def test_late_outcome_leaves_the_claim_of_another_run(self, ledger: SqlLedger) -> None:
        """If another run has claimed the call meanwhile, the other run keeps its claim, and the stronger outcome counts."""
        with ledger.open(KEY) as late, ledger.open(KEY) as other:
            late.claim("c-1")
            expire(ledger)
            assert other.claim("c-1", repeat_unknown=True) is None
            late.finish(outcome())
            assert other.states() == {"c-1": "in progress"}
            other.finish(outcome(kind="refused"))
            assert other.states() == {"c-1": "delivered"}

    def test_outcome_of_a_deleted_row_is_recorded(self, ledger: SqlLedger) -> None:
        """If the user has deleted the rows of the ledger meanwhile, the outcome is recorded."""
        with ledger.open(KEY) as opened:
            opened.claim("c-1")
            with ledger._database.connection() as connection:
                connection.execute(sqlalchemy.delete(LEDGER))
            opened.finish(outcome())
            assert opened.states() == {"c-1": "delivered"}

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["claim", "claim", "finish", "expire"]),
                st.booleans(),
                st.booleans(),
                st.sampled_from(OUTCOME_KINDS),
            ),
            max_size=20,
        )
    )
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_two_runs_and_one_call(self, ledger: SqlLedger, steps: list[tuple[str, bool, bool, OutcomeKind]]) -> None:
        """In any sequence of steps of two runs, an attempt that may have delivered the document is never forgotten."""
        order: dict[LedgerState | None, int] = {"refused": 1, "in doubt": 2, "unknown": 3, "gone": 4, "delivered": 5}
        results: list[LedgerState] = []
        claimed = [False, False]
        owner: int | None = None
        is_live = False
        key = replace(KEY, document=str(time.perf_counter_ns()))
        with ledger.open(key) as one, ledger.open(key) as two:
            for action, is_second, repeat_unknown, kind in steps:
                opened, index = (two, 1) if is_second else (one, 0)
                lost: list[LedgerState] = ["in doubt"] if owner is not None else []
                ended = [*results, *lost]
                before = "in progress" if is_live else max(ended, key=order.__getitem__, default=None)
                if action == "expire":
                    expire(ledger)
                    is_live = False
                elif action == "finish" and claimed[index]:
                    opened.finish(outcome(kind=kind))
                    results.append(kind)
                    claimed[index] = False
                    if owner == index:
                        owner, is_live = None, False
                elif action == "claim":
                    allowed = before in {None, "refused"} or (repeat_unknown and before in {"unknown", "in doubt"})
                    assert opened.claim("c-1", repeat_unknown=repeat_unknown) == (None if allowed else before)
                    if allowed:
                        results = ended
                        owner, is_live, claimed[index] = index, True, True


class TestSharing:
    """Several processes share a ledger."""

    def test_several_processes_claim_each_call_once(self, url: str) -> None:
        """Three processes claim the same 200 calls in different orders. Each call is claimed by one of them."""
        program = """
import random, sys
from callcontrol import SqlLedger
from callcontrol.ledger import LedgerKey, Outcome
from datetime import UTC, datetime
ids = [f"c-{number}" for number in range(200)]
random.shuffle(ids)
print(flush=True)
sys.stdin.readline()
with SqlLedger(sys.argv[1]).open(LedgerKey(*sys.argv[2:])) as ledger:
    for call_id in ids:
        if ledger.claim(call_id) is None:
            ledger.finish(Outcome(call_id, "delivered", 204, None, datetime.now(UTC)))
            print(call_id)
"""
        command = [sys.executable, "-c", program, url, KEY.account, KEY.host, KEY.document]
        processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        for process in processes:
            assert process.stdout
            process.stdout.readline()
        claimed = Counter[str]()
        for process in processes:
            assert process.stdin
            process.stdin.write("\n")
            process.stdin.flush()
        for process in processes:
            output, _ = process.communicate(timeout=60)
            assert process.returncode == 0
            claimed.update(output.split())
        assert claimed == {f"c-{number}": 1 for number in range(200)}
        assert SqlLedger(url).counts(KEY) == {"delivered": 200}

    def test_queued_calls(self, ledger: SqlLedger) -> None:
        """A queued call has no state until a run claims it. Queueing a call again does not change it."""
        with ledger.open(KEY) as opened:
            opened.queue(f"c-{number}" for number in range(1_200))
            assert opened.states() == {}
            assert ledger.counts(KEY) == {"queued": 1_200}
            assert opened.claim("c-1") is None
            opened.finish(outcome())
            opened.queue(["c-1", "c-2"])
            assert opened.states() == {"c-1": "delivered"}
            assert ledger.counts(KEY) == {"queued": 1_199, "delivered": 1}
            assert [entry.call_id for _, entry in ledger.entries()] == ["c-1"]

    @pytest.mark.parametrize("repeat_unknown", [False, True])
    def test_calls_can_be_queued_again(self, ledger: SqlLedger, *, repeat_unknown: bool) -> None:
        """Refused calls can be queued again. Doubtful calls require ``repeat_unknown``. Queued calls keep their states."""
        with ledger.open(KEY) as opened:
            for kind in OUTCOME_KINDS:
                opened.claim(kind)
                opened.finish(outcome(kind, kind))
            for call_id in ("lost", "live"):
                opened.claim(call_id)
            expire(ledger, "lost")
            before = opened.states()
            opened.queue(before, repeat_unknown=repeat_unknown)
            assert opened.states() == before
            queued = {"refused", "unknown", "lost"} if repeat_unknown else {"refused"}
            assert opened.unfinished(before) == {**dict.fromkeys(queued, "queued"), "live": "in progress"}
            assert ledger.counts(KEY)["queued"] == len(queued)
            for call_id in queued:
                assert opened.claim(call_id, repeat_unknown=repeat_unknown) is None
                opened.finish(outcome(call_id, "refused"))
            assert opened.states() == before

    def test_queued_call_is_claimed_once(self, ledger: SqlLedger) -> None:
        """``claim_queued`` claims only queued calls.

        It does not claim another call, even if its state allows an interruption.
        """
        with ledger.open(KEY) as opened:
            assert opened.claim_queued("c-1") == "in progress"
            opened.queue(["c-1", "c-2"])
            assert opened.claim_queued("c-1") is None
            assert opened.claim_queued("c-1") == "in progress"
            opened.finish(outcome(kind="refused"))
            assert opened.claim_queued("c-1") == "refused"
            assert ledger.counts(KEY) == {"refused": 1, "queued": 1}

    def test_keys_and_entries(self, ledger: SqlLedger) -> None:
        """The database lists its ledgers, and the entries of one ledger or of all ledgers."""
        other = replace(KEY, account="9900124")
        assert (ledger.keys(), list(ledger.entries()), ledger.counts(KEY)) == ([], [], {})
        for key in (KEY, other):
            with ledger.open(key) as opened:
                opened.claim("c-1")
                opened.finish(outcome(kind="refused", status=409, detail="a\0b"))
        assert ledger.keys() == [KEY, other]
        entry = LedgerEntry("c-1", "refused", 409, "a\0b", TIME)
        assert list(ledger.entries()) == [(KEY, entry), (other, entry)]
        assert list(ledger.entries(other)) == [(other, entry)]

    @forks
    def test_child_process_has_its_own_connections(self, ledger: SqlLedger) -> None:
        """A child process uses its own connections, and does not end the claims of its parent."""
        with ledger.open(KEY) as opened:
            opened.claim("c-1")

            def work() -> object:
                found = opened.claim("c-1"), opened.claim("c-2")
                opened.close()
                return found

            assert in_child(work)() == "('in progress', None)"
            assert opened.states() == {"c-1": "in progress", "c-2": "in doubt"}
            opened.finish(outcome())
            assert opened.states() == {"c-1": "delivered", "c-2": "in doubt"}

    def test_renewed_ledger(self, ledger: SqlLedger) -> None:
        """After a fork, the child process opens new connections and has no claims."""
        with ledger.open(KEY) as opened:
            opened.claim("c-1")
            pool = ledger._database.engine.pool
            ledger._database.renew_after_fork()
            opened.renew_after_fork()
            assert ledger._database.engine.pool is not pool
            opened.close()
            assert ledger.counts(KEY) == {"in progress": 1}
            pool.dispose()

    def test_engine_of_the_user(self, engine: Engine) -> None:
        """An engine of the user is not closed, and its isolation level does not change."""
        closed = list[object]()
        event.listen(engine, "close", lambda *_: closed.append(1))
        with engine.connect() as connection:
            before = connection.get_isolation_level()
        with SqlLedger(engine).open(KEY) as opened:
            assert opened.claim("c-1") is None
            opened.finish(outcome())
            assert opened.states() == {"c-1": "delivered"}
        assert not closed
        with engine.connect() as connection:
            assert connection.get_isolation_level() == before

    def test_closing_twice(self, ledger: SqlLedger) -> None:
        """A ledger can be closed twice."""
        opened = ledger.open(KEY)
        opened.close()
        opened.close()

    def test_only_the_owner_can_read_a_file(self, tmp_path: Path) -> None:
        """A new SQLite file has mode 0600. The files that SQLite creates beside it have the same mode."""
        with SqlLedger(f"sqlite:///{tmp_path}/l.db").open(KEY) as opened:
            opened.claim("c-1")
            assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}

    def test_file_as_a_uri(self, tmp_path: Path) -> None:
        """The file can be named by a URI."""
        with SqlLedger(f"sqlite:///file:{tmp_path}/l.db?uri=true").open(KEY) as opened:
            assert opened.claim("c-1") is None
        assert (tmp_path / "l.db").exists()


class TestOutages:
    """If the database cannot be reached, the message says what happened to the call."""

    @pytest.fixture(autouse=True)
    def _short_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sql_database, "PAUSES", (0.01, 0.05, 0.1, 0.2, 0.4))

    @pytest.fixture
    def url(self, postgresql: PostgresqlServer) -> str:
        return postgresql.new_database()

    @pytest.fixture
    def opened(self, ledger: SqlLedger) -> Iterator[OpenSqlLedger]:
        with ledger.open(KEY) as found:
            yield found

    def test_closed_connections_are_replaced(self, opened: OpenSqlLedger, url: str, postgresql: PostgresqlServer) -> None:
        """If the server closes the connections, for example at a restart, the ledger opens new ones."""
        assert opened.claim("c-1") is None
        postgresql.disconnect(url)
        assert opened.claim("c-2") is None
        postgresql.disconnect(url)
        opened.finish(outcome())
        postgresql.disconnect(url)
        assert opened.states() == {"c-1": "delivered", "c-2": "in progress"}

    def test_lost_claim(self, opened: OpenSqlLedger, url: str, postgresql: PostgresqlServer) -> None:
        """If the call cannot be claimed, the message says that the call was not interrupted."""
        postgresql.interrupt(url)
        with pytest.raises(CallControlError) as caught:
            opened.claim("c-1")
        assert str(caught.value).startswith("the ledger postgresql:///")
        assert str(caught.value).endswith('; call "c-1" was not interrupted')
        assert not isinstance(caught.value, InvalidRequest)
        with pytest.raises(CallControlError, match="cannot be read"):
            opened.states()
        with pytest.raises(CallControlError, match="the calls were not queued"):
            opened.queue(["c-1"])
        postgresql.resume(url)
        assert opened.states() == {}

    def test_lost_outcome(self, ledger: SqlLedger, url: str, postgresql: PostgresqlServer) -> None:
        """If an outcome cannot be written, the message contains the outcome. After the claim expires, the call is in doubt."""
        with ledger.open(KEY) as opened:
            opened.claim("c-1")
            postgresql.interrupt(url)
            with pytest.raises(CallControlError, match=r'; the outcome of call "c-1" \(delivered\) is lost$'):
                opened.finish(outcome())
        postgresql.resume(url)
        assert ledger.counts(KEY) == {"in progress": 1}
        expire(ledger)
        assert ledger.counts(KEY) == {"in doubt": 1}

    def test_outcome_is_written_after_an_outage(
        self, opened: OpenSqlLedger, url: str, postgresql: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """If the database can soon be reached again, the outcome is written."""
        monkeypatch.setattr(sql_database, "PAUSES", (0.1,) * 100)
        opened.claim("c-1")
        postgresql.interrupt(url)
        timer = threading.Timer(0.1, postgresql.resume, [url])
        timer.start()
        opened.finish(outcome())
        timer.join()
        assert opened.states() == {"c-1": "delivered"}

    @pytest.mark.parametrize("statement", ["INSERT", "COMMIT", "UPDATE"])
    def test_connection_lost_after_a_statement(self, ledger: SqlLedger, opened: OpenSqlLedger, statement: str) -> None:
        """If the connection is lost after a statement took effect, the second attempt has the same result."""
        opened.claim("c-1")
        opened.finish(outcome(kind="refused"))
        opened.queue(["c-3"])
        lost = Counter[str]()

        def lose(_connection: object, _cursor: object, text: str, *_: object) -> None:
            if text.startswith(statement) and not lost[opened_call]:
                lost[opened_call] += 1
                raise OperationalError(text, None, Exception("lost"))

        engine = ledger._database.engine
        event.listen(engine, "after_cursor_execute", lose)
        for opened_call in ("c-1", "c-2", "c-3"):
            lost.clear()
            claim = opened.claim_queued if opened_call == "c-3" else opened.claim
            assert claim(opened_call) is None
            lost.clear()
            opened.finish(outcome(opened_call, "unknown"))
        event.remove(engine, "after_cursor_execute", lose)
        assert opened.states() == dict.fromkeys(("c-1", "c-2", "c-3"), "unknown")


def refusal(url: Any) -> str:
    """Return the message of the error that a ledger raises when it is created or opened."""
    with pytest.raises(InvalidRequest) as caught, SqlLedger(url).open(KEY):
        pass
    return str(caught.value)


class TestMessages:
    """Messages about mistakes of the user name the next step, and show no password."""

    @pytest.mark.parametrize(
        ("url", "message"),
        [
            (5, "an object of type int is not the URL of a ledger; expected sqlite:///ledger.db or"),
            (Path("ledger.db"), "Path is not the URL of a ledger; expected sqlite:///ledger.db or"),
            ("ledger.db", "the URL of the ledger is invalid; expected sqlite:///ledger.db or"),
            (f"postgresql://u:{PASSWORD}@h:port/d", "the URL of the ledger is invalid; expected sqlite:///ledger.db or"),
            ("mysql://h/d", '"mysql" is not a supported database for a ledger; expected sqlite:///ledger.db or'),
            ("sqlite://", "is in memory, so no other connection can use it; expected a file: sqlite:///ledger.db"),
            ("sqlite:///:memory:", "is in memory, so no other connection can use it; expected a file: sqlite:///ledger.db"),
            (f"postgresql+asyncpg://u:{PASSWORD}@h/d", "needs the package asyncpg, which is not installed; install it"),
            (f"postgresql+none://u:{PASSWORD}@h/d", "the ledger postgresql://h/d has an unknown driver or option; expected"),
            ("sqlite+aiosqlite:///l.db", "needs the package aiosqlite, which is not installed; install it"),
            (f"postgresql://u:{PASSWORD}@127.0.0.1/d?nonsense=1", 'cannot be used: invalid connection option "nonsense"'),
        ],
    )
    def test_url(self, url: Any, message: str) -> None:
        """The message says what is wrong with the URL."""
        assert message in refusal(url)
        assert PASSWORD not in refusal(url)

    @pytest.mark.parametrize(
        ("name", "message"),
        [("no/l.db", "unable to open database file; check that its directory exists and can be written"), ("", "in memory")],
    )
    def test_file_cannot_be_opened(self, tmp_path: Path, name: str, message: str) -> None:
        """A file in a missing directory is rejected."""
        assert message in refusal(f"sqlite:///{tmp_path}/{name}" if name else "sqlite:///")

    def test_file_is_not_a_database(self, tmp_path: Path) -> None:
        """A file that is not a database is rejected, and is not changed."""
        path = tmp_path / "notes.txt"
        path.write_bytes(b"notes" * 200)
        assert refusal(f"sqlite:///{path}").endswith(
            "cannot be used: file is not a database; name another file, or a file that does not exist"
        )
        assert path.read_bytes() == b"notes" * 200

    def test_server_cannot_be_reached(self, closed_host: str) -> None:
        """If no server listens, the message says so, without the user and the password."""
        message = refusal(f"postgresql://maria:{PASSWORD}@{closed_host}/calls")
        assert message.startswith(f"the ledger postgresql://{closed_host}/calls cannot be used: ")
        assert message.endswith("; check the host and the port in the URL, and that the server is running")
        assert "maria" not in message
        assert PASSWORD not in message

    def test_database_does_not_exist(self, postgresql: PostgresqlServer) -> None:
        """If the database is missing, the message says what to do."""
        message = refusal(postgresql.url.replace("/postgres?", "/missing?"))
        assert message.endswith('database "missing" does not exist; create the database, or correct its name in the URL')

    def test_driver_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """If psycopg is not installed, the message has the command that installs it."""
        monkeypatch.setitem(sys.modules, "psycopg", None)
        assert refusal("postgresql://h/d") == (
            "the ledger postgresql://h/d needs the package psycopg, which is not installed; pip install 'psycopg[binary]'"
        )

    def test_engine_is_asynchronous(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        """An asynchronous engine is rejected."""
        monkeypatch.setattr(engine.dialect, "is_async", True)
        assert "has an asynchronous driver; expected a URL such as" in refusal(engine)

    def test_table_has_other_columns(self, url: str, engine: Engine) -> None:
        """If another program uses the name of the table, the message lists the missing columns."""
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE callcontrol_ledger (account TEXT, host TEXT, document TEXT, call_id TEXT)")
        assert refusal(url).endswith(
            "has a table callcontrol_ledger without the columns outcome, status, detail, time, owner and expires; it belongs "
            "to another program or version; rename the table, or use another database"
        )
        with pytest.raises(InvalidRequest, match="without the columns"):
            SqlLedger(url).keys()

    def test_table_was_deleted(self, ledger: SqlLedger, engine: Engine) -> None:
        """If the table is deleted during a run, the message says so in one line."""
        with ledger.open(KEY) as opened, engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE callcontrol_ledger")
            connection.commit()
            with pytest.raises(CallControlError, match=r'callcontrol_ledger.*; call "c-1" was not interrupted$') as caught:
                opened.claim("c-1")
            assert "\n" not in str(caught.value)
            with pytest.raises(InvalidRequest, match=r"cannot be read: .*callcontrol_ledger"):
                ledger.keys()

    def test_table_was_damaged(self, ledger: SqlLedger, engine: Engine) -> None:
        """If the time in a row cannot be read, the entry has the earliest time."""
        with ledger.open(KEY) as opened:
            opened.claim("c-1")
        with engine.begin() as connection:
            connection.execute(sqlalchemy.update(LEDGER).values(time="yesterday"))
        assert [entry.time.year for _, entry in ledger.entries()] == [1]

    def test_no_connection_is_free(self, engine: Engine) -> None:
        """If other parts of the program hold all connections of the engine, the error quotes SQLAlchemy's first line."""
        busy = create_engine(engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05, poolclass=sqlalchemy.QueuePool)
        with busy.connect():
            assert "cannot be used: QueuePool limit of size 1" in refusal(busy)
        busy.dispose()

    def test_password_in_a_message_of_the_driver(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the driver's message quotes the password, the password is hidden."""

        def fail(*_: object, **__: object) -> None:
            raise sqlite3.OperationalError(f"cannot use {PASSWORD}\nhere")

        engine = create_engine(f"postgresql+psycopg://u:{PASSWORD}@h/d", poolclass=NullPool)
        ledger = SqlLedger(engine)
        monkeypatch.setattr(engine.dialect, "connect", fail)
        monkeypatch.setattr(engine.dialect, "loaded_dbapi", sqlite3)
        with pytest.raises(InvalidRequest) as caught:
            ledger.open(KEY)
        assert str(caught.value) == "the ledger postgresql://h/d cannot be used: cannot use …"

    def test_repr_has_no_password(self) -> None:
        """The ``repr`` contains the name of the database, but not the password."""
        assert repr(SqlLedger(f"postgres://maria:{PASSWORD}@h:5433/d")) == "<SqlLedger: the ledger postgresql://h:5433/d>"

    @pytest.mark.parametrize("statement", ["from callcontrol import SqlLedger", "import callcontrol.sql_ledger"])
    def test_extra_is_missing(self, statement: str) -> None:
        """Without SQLAlchemy, the message names the extra."""
        program = f"import sys\nsys.modules['sqlalchemy'] = None\n{statement}"
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert run.stderr.endswith("ModuleNotFoundError: SqlLedger needs sqlalchemy: install bxml-callcontrol[sql]\n")

    def test_extra_is_missing_in_this_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The error has the name of the missing package."""
        monkeypatch.setitem(sys.modules, "sqlalchemy", None)
        monkeypatch.delitem(sys.modules, "callcontrol.sql_database")
        with pytest.raises(ModuleNotFoundError, match="SqlLedger needs sqlalchemy") as caught:
            importlib.import_module("callcontrol.sql_database")
        assert caught.value.name == "sqlalchemy"

    def test_client_does_not_import_sqlalchemy(self) -> None:
        """SQLAlchemy is imported only for the ledger in a database."""
        program = "import json, sys, callcontrol.client; print(json.dumps('sqlalchemy' in sys.modules))"
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert json.loads(run.stdout) is False


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    """While another program writes to the SQLite file, a claim waits."""
    url = f"sqlite:///{tmp_path}/l.db"
    with SqlLedger(url).open(KEY) as opened, sqlite3.connect(tmp_path / "l.db", check_same_thread=False) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.3, other.commit)
        timer.start()
        begin = time.monotonic()
        assert opened.claim("c-1") is None
        assert time.monotonic() - begin > 0.2
        timer.join()
    other.close()
