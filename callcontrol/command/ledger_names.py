"""Ledgers by their names on the command line, and the default ledger. A name is a path of a file or a URL of a database."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bxml.command.cannot_run import CannotRun
from bxml.messages.text import escape_unprintable
from callcontrol.command.output import NAME
from callcontrol.errors import InvalidRequest
from callcontrol.file_ledger import FileLedger
from callcontrol.ledger import Ledger, LedgerKey

if TYPE_CHECKING:
    from callcontrol.sql_ledger import SqlLedger


def is_url(name: str) -> bool:
    """Return whether a name is the URL of a database."""
    return "://" in name


def ledger_of(name: str) -> Ledger:
    """Return the ledger with the given name.

    Raises:
        InvalidRequest: If the URL is invalid, or the extra ``sql`` is not installed.
    """
    return sql_ledger(name) if is_url(name) else FileLedger(name)


def sql_ledger(url: str) -> SqlLedger:
    """Return the ledger in a database.

    Raises:
        InvalidRequest: If the URL is invalid, or the extra ``sql`` is not installed.
    """
    with _extra_needed():
        from callcontrol.sql_ledger import SqlLedger  # imported here, because it needs the extra sql
    return SqlLedger(url)


@contextmanager
def _extra_needed() -> Generator[None]:
    """Report a missing package as an error of the user."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise InvalidRequest(str(error)) from None


def existing_database(url: str) -> SqlLedger:
    """Return the ledger in a database. An SQLite file must exist, because reading a missing file would create it.

    Raises:
        CannotRun: If the SQLite file does not exist.
        InvalidRequest: If the URL is invalid, or the extra ``sql`` is not installed.
    """
    with _extra_needed():
        from callcontrol.sql_database import missing_file  # imported here, because it needs the extra sql
    if path := missing_file(url):
        raise CannotRun(f"{escape_unprintable(path)} does not exist; expected the database of a run")
    return sql_ledger(url)


def default_ledger(key: LedgerKey) -> str:
    """Return the path of the default ledger: one file for each account, host and request, in the state directory of the user.

    Raises:
        InvalidRequest: If the directory cannot be created.
    """
    import platformdirs  # imported here, because other commands do not need it

    directory = os.path.join(platformdirs.user_state_dir(NAME, appauthor=False), "ledgers")
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
    except OSError as error:
        reason = f"{escape_unprintable(directory)} cannot be created: {error.strerror}"
        raise InvalidRequest(f"{reason}; name another file with --ledger") from None
    parts = (re.sub(r"[^\w.-]", "_", part, flags=re.ASCII) for part in (key.account, key.host, key.document))
    return os.path.join(directory, "_".join(parts) + ".jsonl")


def ids_file(ledger: str) -> str:
    """Return the path of the file beside a ledger that contains the ids of all calls of its runs."""
    return f"{ledger}.ids"


def add_ids(ledger: str, ids: Iterable[str]) -> str:
    """Add ids to the file beside a ledger, and return the path of this file. Only the owner of the file can read it.

    Raises:
        InvalidRequest: If the file cannot be written.
    """
    path = ids_file(ledger)
    try:
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii") as file:
            text = file.read()
            if text and not text.endswith("\n"):  # an earlier run was killed while it wrote its ids
                file.write("\n")
            known = set(text.splitlines())
            file.writelines(f"{call_id}\n" for call_id in ids if call_id not in known)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "the file does not contain ids"
        raise InvalidRequest(f"{escape_unprintable(path)} cannot be written: {reason}; use another ledger") from None
    return path
