"""A database for ledgers, SQLite or PostgreSQL: connections, transactions, retries, and messages without passwords.

Every statement runs in the driver's autocommit mode, so a single statement is a transaction of its own and takes one round
trip. Longer transactions begin and end with explicit statements, in the same way for both databases.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, TypeVar, cast

from bxml.messages.redaction import redact_urls
from bxml.messages.text import escape_unprintable, join_names, quote
from callcontrol.errors import InvalidRequest
from callcontrol.fork_safety import renew_after_fork

try:
    import sqlalchemy
    from sqlalchemy import Connection, Engine, Table
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.engine import URL, make_url
    from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
    from sqlalchemy.pool import Pool, QueuePool
    from sqlalchemy.schema import CreateTable
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(f"SqlLedger needs {missing.name}: install bxml-callcontrol[sql]", name=missing.name) from None

T = TypeVar("T")

PAUSES: Final = (0.1, 0.3, 1.0, 3.0)
"""Seconds to wait before each further attempt after a lost connection."""

BUSY_TIMEOUT: Final = 30.0
"""Seconds for which a process waits while another process writes to the SQLite file."""

CONNECTIONS: Final = 8
"""Maximum number of connections of a process to PostgreSQL. SQLite gets one connection, because it has one writer at a time."""

EXAMPLES: Final = "sqlite:///ledger.db or postgresql://host/database"
"""URLs that messages give as examples."""


_forgotten: Final[list[Pool]] = []
"""Connections of a parent process. A child process must not finalize them, because they belong to the parent."""


class DatabaseError(Exception):
    """A statement failed, even after the retries. The message names the cause and, if there is one, the next step."""


class Database:
    """A database, with its connections.

    The connections are opened when they are needed. They are closed when the last user of the database has released it, unless
    the engine was passed as an argument. A child process has its own connections.

    Args:
        url_or_engine: A URL, or an SQLAlchemy engine. An engine that was passed is never closed.

    Attributes:
        name: The database in messages: the URL without user, password and options.
        base: The engine as it was passed as an argument, or created from the URL.
        engine: The engine in autocommit mode, which has the same connections.

    Raises:
        InvalidRequest: If the argument is not the URL of a database that can be used, or a package is missing.
    """

    def __init__(self, url_or_engine: str | URL | Engine) -> None:
        given = cast("object", url_or_engine)
        url = given.url if isinstance(given, Engine) else _url(given)
        self.name = _name(url)
        self._password = url.password or ""
        self._is_sqlite = _check(url, self.name)
        self._is_own = not isinstance(given, Engine)
        engine = given if isinstance(given, Engine) else _engine(url, self.name)
        if engine.dialect.is_async:
            raise InvalidRequest(f"{self.name} has an asynchronous driver; expected a URL such as {EXAMPLES}")
        self.base = engine
        # A copy of the engine, which has the same pool, so the isolation level of the caller's engine does not change.
        self.engine: Engine = engine.execution_options(isolation_level="AUTOCOMMIT", preserve_rowcount=True)
        self._users = 0
        self._checked = set[str]()
        self._lock = threading.Lock()
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """Forget the connections in the child process, and leave their sockets to the parent process."""
        self._lock = threading.Lock()
        _forgotten.append(self.engine.pool)
        self.engine.dispose(close=False)

    def acquire(self) -> None:
        """Count one more user of the database."""
        with self._lock:
            self._users += 1

    def release(self) -> None:
        """Count one user fewer, and close the connections after the last user."""
        with self._lock:
            self._users -= 1
            is_last = self._users == 0
        if is_last and self._is_own:
            self.engine.dispose()

    # Statements

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT statement that can have an ON CONFLICT clause."""
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    @property
    def now(self) -> sqlalchemy.ColumnElement[float]:
        """The time of the database, in seconds since 1970."""
        text = "((julianday('now') - 2440587.5) * 86400.0)" if self._is_sqlite else "extract(epoch from clock_timestamp())"
        return sqlalchemy.literal_column(text, sqlalchemy.Double())

    def run(self, work: Callable[[Connection], T], pauses: Sequence[float] | None = None) -> T:
        """Call a function with a connection, and return its result.

        If the connection is lost, the function is called again with a new connection, so the function must have the same
        effect if it is called twice.

        Args:
            work: The function. Each statement is committed at once, except in :meth:`transaction`.
            pauses: Seconds to wait before each further attempt; default: :data:`PAUSES`.

        Raises:
            DatabaseError: If the function failed.
        """
        left = list(PAUSES if pauses is None else pauses)
        while True:
            try:
                with self.connection() as connection:
                    return work(connection)
            except SQLAlchemyError as error:
                if not left or not self._can_be_repeated(error):
                    raise DatabaseError(self._words(error)) from None
            time.sleep(left.pop(0))

    def _can_be_repeated(self, error: SQLAlchemyError) -> bool:
        """Return whether a second attempt can succeed, because a connection was lost or the SQLite file is locked."""
        if not isinstance(error, OperationalError | InterfaceError):
            return False
        return "locked" in str(error.orig) if self._is_sqlite else True

    @contextlib.contextmanager
    def connection(self) -> Generator[Connection]:
        """Open a connection, or take a connection that is not in use."""
        with self.engine.connect() as connection:
            if self._is_sqlite and _PREPARED not in connection.info:
                for pragma in _PRAGMAS:
                    connection.exec_driver_sql(pragma)
                connection.info[_PREPARED] = True
            yield connection

    @contextlib.contextmanager
    def transaction(self, connection: Connection) -> Generator[None]:
        """Begin a transaction that may write, and commit it at the end of the ``with`` block."""
        # In SQLite, a transaction that begins with a read can fail when it writes, even if it waits for other writers.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if self._is_sqlite else "BEGIN ISOLATION LEVEL READ COMMITTED")
        try:
            yield
        except BaseException:
            with contextlib.suppress(SQLAlchemyError):
                connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")

    def ensure(self, table: Table) -> None:
        """Create a table if it does not exist.

        Raises:
            InvalidRequest: If the database cannot be used, or has a table with this name and other columns.
        """
        if table.name in self._checked:
            return
        try:
            # Two processes that open a new SQLite file at once can disturb each other.
            names = self.run(lambda connection: self._columns(connection, table), None if self._is_sqlite else ())
        except DatabaseError as error:
            raise InvalidRequest(f"{self.name} cannot be used: {error}") from None
        if lacking := [column.name for column in table.columns if column.name not in names]:
            raise InvalidRequest(
                f"{self.name} has a table {table.name} without the columns {join_names(lacking)}; it belongs to another "
                "program or version; rename the table, or use another database"
            )
        self._checked.add(table.name)

    def _columns(self, connection: Connection, table: Table) -> set[str]:
        """Return the names of the columns of a table, which is created if it does not exist."""
        # The table is looked up first, because a user without the right to create tables may use an existing table.
        if not sqlalchemy.inspect(connection).has_table(table.name):
            with self.transaction(connection):
                if not self._is_sqlite:  # two processes that create a table at once would fail in spite of IF NOT EXISTS
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_CREATING})")
                connection.execute(CreateTable(table, if_not_exists=True))
        return {column["name"] for column in sqlalchemy.inspect(connection).get_columns(table.name)}

    def _words(self, error: SQLAlchemyError) -> str:
        """Return the cause of an error in one line, without the password, and the next step if there is one."""
        if not isinstance(error, DBAPIError):
            return escape_unprintable(str(error).partition("\n")[0])
        words = next(iter(str(error.orig).strip().splitlines()), type(error.orig).__name__)
        if self._password:
            words = words.replace(self._password, "…")
        words = escape_unprintable(redact_urls(words))
        step = next((step for step, parts in _STEPS.items() if any(part in words.lower() for part in parts)), "")
        return f"{words}{step and '; '}{step}"


_PREPARED: Final = "callcontrol"
"""Key in the ``info`` of a connection to SQLite. The key is set after the connection has been configured."""

_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000:.0f}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
)

_CREATING: Final = 7_226_222_511
"""Number of the lock that a process holds while it creates a table."""

_STEPS: Final = {
    "check that its directory exists and can be written": ["unable to open database file"],
    "check that the file and its directory can be written": ["readonly database"],
    "name another file, or a file that does not exist": ["not a database"],
    "another program holds the file; end that program": ["database is locked"],
    "check the user and the password in the URL": ["password authentication failed", "no password supplied"],
    "grant the user this permission, or use another user": ["permission denied"],
    "allow connections to this database": ["not currently accepting connections"],
    "create the database, or correct its name in the URL": ['database "'],
    "check the host and the port in the URL, and that the server is running": [
        "connection refused",
        "connection failed",
        "could not connect",
        "could not translate",
        "failed to resolve",
        "no such file",
        "timeout expired",
    ],
}
"""For each next step: parts of error messages, in lower case. A message that contains one of the parts needs this step."""

_EXPECTED: Final = ("sqlite", "postgresql")


def _url(given: object) -> URL:
    """Return the URL of a database, with a driver.

    Raises:
        InvalidRequest: If the argument is not a URL. The message does not quote the argument, which may contain a password.
    """
    if not isinstance(given, str | URL):
        raise InvalidRequest(f"an object of type {type(given).__name__} is not the URL of a ledger; expected {EXAMPLES}")
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise InvalidRequest(f"the URL of the ledger is invalid; expected {EXAMPLES}") from None
    # The names without a driver mean different drivers in different versions of SQLAlchemy.
    return url.set(drivername="postgresql+psycopg") if url.drivername in {"postgres", "postgresql"} else url


def missing_file(url: str) -> str | None:
    """Return the path of the SQLite file that a URL names, if this file does not exist.

    :class:`Database` would create the file, so code that only reads a database calls this function first.

    Raises:
        InvalidRequest: If the URL does not lead to a database that can be used.
    """
    parsed = _url(url)
    path = str(parsed.database)
    is_file = _check(parsed, _name(parsed)) and not path.startswith("file:")
    return path if is_file and not os.path.exists(path) else None


def _name(url: URL) -> str:
    """Return the name that messages use for a database."""
    host = f"{url.host or ''}{f':{url.port}' if url.port else ''}"
    return escape_unprintable(f"the ledger {url.get_backend_name()}://{host}/{url.database or ''}")


def _check(url: URL, name: str) -> bool:
    """Check that a URL leads to a database that several connections can share, and return whether it is SQLite.

    Raises:
        InvalidRequest: If the URL does not lead to such a database.
    """
    backend = url.get_backend_name()
    if backend not in _EXPECTED:
        raise InvalidRequest(f"{quote(backend)} is not a supported database for a ledger; expected {EXAMPLES}")
    is_sqlite = backend == "sqlite"
    if is_sqlite and (not url.database or ":memory:" in url.database or "mode=memory" in url.database):
        raise InvalidRequest(f"{name} is in memory, so no other connection can use it; expected a file: sqlite:///ledger.db")
    return is_sqlite


def _engine(url: URL, name: str) -> Engine:
    """Return an engine for a URL.

    Raises:
        InvalidRequest: If the driver is not known or not installed.
    """
    settings: dict[str, Any] = {"poolclass": QueuePool, "pool_size": CONNECTIONS, "max_overflow": 0, "pool_timeout": 60.0}
    driver = url.get_driver_name() if "+" in url.drivername else ""
    if url.get_backend_name() == "sqlite":
        settings |= {"pool_size": 1, "connect_args": {"timeout": BUSY_TIMEOUT, "check_same_thread": False}}
    elif driver in {"psycopg", "psycopg2"}:
        defaults = {"connect_timeout": "10", "tcp_user_timeout": "30000"}
        settings["connect_args"] = {option: value for option, value in defaults.items() if option not in url.query}
    try:
        engine = sqlalchemy.create_engine(url, **settings)
    except ModuleNotFoundError as missing:
        step = "pip install 'psycopg[binary]'" if missing.name == "psycopg" else "install it"
        raise InvalidRequest(f"{name} needs the package {missing.name}, which is not installed; {step}") from None
    except (SQLAlchemyError, TypeError, ValueError):
        raise InvalidRequest(f"the URL of {name} has an unknown driver or option; expected {EXAMPLES}") from None
    if url.get_backend_name() == "sqlite":
        _create(str(url.database))
    return engine


def _create(path: str) -> None:
    """Create an SQLite file that only its owner can read, unless the file exists or its name is a URI."""
    if not path.startswith("file:"):
        with contextlib.suppress(OSError, ValueError):  # SQLite reports the error when it opens the file
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, stat.S_IRUSR | stat.S_IWUSR))
