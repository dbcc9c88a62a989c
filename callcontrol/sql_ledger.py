"""A ledger in a database, which several processes and machines can use at once.

A run claims a call for a limited time. If the run ends without an outcome, the claim expires, and the call is then in doubt.
The clock of the database decides when a claim has expired, so the clocks of the machines may differ.
"""

from __future__ import annotations

import contextlib
import math
import re
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Literal, NamedTuple, Self, TypeVar, cast

from bxml.messages.text import quote
from callcontrol.errors import CallControlError, InvalidRequest
from callcontrol.fork_safety import renew_after_fork
from callcontrol.iso8601 import in_iso, moment
from callcontrol.ledger import DOUBTFUL, LedgerEntry, LedgerKey, LedgerState, Outcome, may_be_interrupted, stronger
from callcontrol.sql_database import Database, DatabaseError

# The package sqlalchemy is imported after sql_database, which names the extra if the package is missing.
import sqlalchemy  # isort: skip
from sqlalchemy import Column, Connection, Double, Engine, Integer, MetaData, Table, Text, bindparam  # isort: skip
from sqlalchemy.engine import URL  # isort: skip

T = TypeVar("T")

TABLE: Final = "callcontrol_ledger"
"""Name of the table."""

CHUNK: Final = 500
"""Maximum number of ids in a statement."""

QUEUED: Final = "queued"
"""The value of ``owner`` for a call that waits until a run claims it."""

SqlLedgerState = LedgerState | Literal["queued"]
"""The state of a call in a database. A call is ``queued`` while it waits until a run claims it."""


class SqlLedger:
    """A ledger in an SQLite or PostgreSQL database, for any number of runs, processes and machines at once.

    All ledgers of a database are in one table, ``callcontrol_ledger``, which is created if it does not exist. The table
    contains call ids, outcomes and a digest of each document, but no document. The connections to the database are closed when
    no run uses the ledger. Use the ledger in a ``with`` statement to keep the connections open between runs.

    Args:
        url_or_engine: URL of the database, such as ``sqlite:///ledger.db`` or
            ``postgresql+psycopg://user:password@host/database``, or an SQLAlchemy engine.
        claim_seconds: Seconds after which a claim expires if its run ended without an outcome; default 300. It must be longer
            than all attempts at one call together: the deadline of the retries plus one timeout.

    Raises:
        InvalidRequest: If an argument is invalid, or the driver of the database is not installed.
    """

    def __init__(self, url_or_engine: str | URL | Engine, *, claim_seconds: float = 300.0) -> None:
        seconds = cast("object", claim_seconds)
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds < math.inf:
            raise InvalidRequest(f"claim_seconds={quote(seconds)} is not a positive number of seconds")
        self._database = Database(url_or_engine)
        self._seconds = float(seconds)

    @property
    def name(self) -> str:
        """The URL of the database, without user, password and options."""
        return self._database.name.removeprefix("the ledger ")

    @property
    def engine(self) -> Engine:
        """The engine, whose connections the ledger uses."""
        return self._database.base

    def __repr__(self) -> str:
        """Return the class and the database, without user and password."""
        return f"<SqlLedger: {self._database.name}>"

    def __enter__(self) -> Self:
        """Keep the connections open until the end of the ``with`` block."""
        self._database.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._database.release()

    def open(self, key: LedgerKey) -> OpenSqlLedger:
        """Return the open ledger.

        Args:
            key: The account, the host and the document of the run.

        Raises:
            InvalidRequest: If the database cannot be used, or its table has other columns.
        """
        return OpenSqlLedger(self._database, key, self._seconds)

    def keys(self) -> list[LedgerKey]:
        """Return the account, the host and the document of each ledger in the database.

        Raises:
            InvalidRequest: If the database cannot be read.
        """
        query = sqlalchemy.select(*_KEY_COLUMNS).distinct().order_by(*_KEY_COLUMNS)
        return [LedgerKey(*map(_decoded, row)) for row in self._read(lambda connection: connection.execute(query).all())]

    def entries(self, key: LedgerKey | None = None) -> Iterator[tuple[LedgerKey, LedgerEntry]]:
        """Yield the entry of each call that a run has claimed, with the key of its ledger, in the order of the keys and ids.

        Args:
            key: The ledger; default: all ledgers of the database.

        Raises:
            InvalidRequest: If the database cannot be read.
        """
        last: tuple[str, ...] | None = None
        while rows := self._read(partial(self._page, key=key, last=last)):
            for row in rows:
                state = _state(row)
                if state is not None:
                    time = moment(row.time) or datetime.min.replace(tzinfo=UTC)
                    entry = LedgerEntry(_decoded(row.call_id), state, row.status, row.detail and _decoded(row.detail), time)
                    yield LedgerKey(*map(_decoded, (row.account, row.host, row.document))), entry
            last = (rows[-1].account, rows[-1].host, rows[-1].document, rows[-1].call_id)

    def counts(self, key: LedgerKey) -> dict[SqlLedgerState, int]:
        """Return the number of calls in each state that occurs.

        Args:
            key: The ledger.

        Raises:
            InvalidRequest: If the database cannot be read.
        """
        columns = (
            LEDGER.c.outcome,
            (LEDGER.c.owner == QUEUED).label("is_queued"),
            LEDGER.c.owner.is_not(None).label("is_claimed"),
            (LEDGER.c.expires > self._database.now).label("is_live"),
        )
        query = sqlalchemy.select(*columns, sqlalchemy.func.count()).where(*_belongs_to(key)).group_by(*columns)
        found = Counter[SqlLedgerState]()
        for outcome, is_queued, is_claimed, is_live, number in self._read(lambda connection: connection.execute(query).all()):
            row = _Row(outcome, "" if is_claimed else None, 1.0 if is_live else 0.0, 0.0)
            found[QUEUED if is_queued else _state(row) or QUEUED] += number
        return dict(found)

    def _page(self, connection: Connection, key: LedgerKey | None, last: tuple[str, ...] | None) -> list[Any]:
        """Return the next rows after the row with the given primary key."""
        primary = tuple(LEDGER.primary_key.columns)
        query = sqlalchemy.select(LEDGER, self._database.now.label("now")).order_by(*primary).limit(CHUNK)
        if key is not None:
            query = query.where(*_belongs_to(key))
        if last is not None:
            query = query.where(sqlalchemy.tuple_(*primary) > sqlalchemy.tuple_(*map(sqlalchemy.literal, last)))
        return list(connection.execute(query))

    def _read(self, work: Callable[[Connection], T]) -> T:
        """Call a function that reads the table, and return its result.

        Raises:
            InvalidRequest: If the database cannot be read.
        """
        self._database.acquire()
        try:
            self._database.ensure(LEDGER)
            return self._database.run(work)
        except DatabaseError as error:
            raise InvalidRequest(f"{self._database.name} cannot be read: {error}") from None
        finally:
            self._database.release()


class OpenSqlLedger:
    """An open :class:`SqlLedger`. Its methods may be called by several threads at once.

    Args:
        database: The database.
        key: The account, the host and the document of the run.
        claim_seconds: Seconds after which a claim expires.

    Raises:
        InvalidRequest: In the same cases as :meth:`SqlLedger.open`.
    """

    def __init__(self, database: Database, key: LedgerKey, claim_seconds: float) -> None:
        self._database, self._key, self._seconds = database, key, claim_seconds
        self._claims: dict[str, str] = {}
        """For each claimed call, by its id: the owner of the claim, which is a new name for each claim."""
        self._is_open = True
        database.acquire()
        try:
            database.ensure(LEDGER)
        except BaseException:
            database.release()
            raise
        self._statements = _Statements(database, key)
        renew_after_fork(self)

    def renew_after_fork(self) -> None:
        """Forget the claims in the child process. They belong to the parent process."""
        self._claims = {}

    def __enter__(self) -> Self:
        """Return the ledger."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the ledger."""
        self.close()

    def close(self) -> None:
        """Close the ledger. Calls that were claimed and not finished are in doubt at once."""
        if not self._is_open:
            return
        self._is_open = False
        with contextlib.suppress(DatabaseError):  # without a connection, the claims expire later
            for call_id, owner in list(self._claims.items()):
                values = {"id_": _encoded(call_id), "of": owner}
                self._database.run(partial(Connection.execute, statement=self._statements.expire, parameters=values), ())
        self._database.release()

    def states(self, call_ids: Collection[str] | None = None) -> Mapping[str, LedgerState]:
        """Return the state of each call that has a state.

        Args:
            call_ids: The calls; ``None`` for all calls of the ledger.

        Raises:
            CallControlError: If the database cannot be read.
        """
        return {_decoded(row.call_id): state for row in self._rows_of(call_ids) if (state := _state(row)) is not None}

    def _rows_of(self, call_ids: Collection[str] | None) -> list[Any]:
        """Return the rows of calls.

        Raises:
            CallControlError: If the database cannot be read.
        """
        encoded = None if call_ids is None else [_encoded(call_id) for call_id in call_ids]
        try:
            return self._database.run(lambda connection: list(self._rows(connection, encoded)))
        except DatabaseError as error:
            raise CallControlError(f"{self._database.name} cannot be read: {error}") from None

    def _rows(self, connection: Connection, call_ids: list[str] | None) -> Iterator[Any]:
        """Yield the rows of calls."""
        if call_ids is None:
            yield from connection.execute(self._statements.select_all)
            return
        for chunk in _chunks(call_ids):
            yield from connection.execute(self._statements.select_some, {"ids": chunk})

    def unfinished(self, call_ids: Collection[str]) -> dict[str, Literal["queued", "in progress"]]:
        """Return the calls that are queued or in progress.

        Args:
            call_ids: The calls.

        Raises:
            CallControlError: If the database cannot be read.
        """
        found: dict[str, Literal["queued", "in progress"]] = {}
        for row in self._rows_of(call_ids):
            if row.owner == QUEUED:
                found[_decoded(row.call_id)] = "queued"
            elif _state(row) == "in progress":
                found[_decoded(row.call_id)] = "in progress"
        return found

    def queue(self, call_ids: Iterable[str], *, repeat_unknown: bool = False) -> None:
        """Queue calls, which a run will claim later. Calls whose state forbids an interruption do not change.

        Args:
            call_ids: The ids of the calls.
            repeat_unknown: Whether to interrupt again the calls that may have received the document.

        Raises:
            CallControlError: If the ledger cannot be written.
        """
        statement = self._statements.queue_again if repeat_unknown else self._statements.queue
        rows = [{"id_": _encoded(call_id), "at": _now()} for call_id in call_ids]

        def insert(connection: Connection) -> None:
            for chunk in _chunks(rows):
                with self._database.transaction(connection):
                    connection.execute(statement, chunk)

        self._run(insert, "the calls were not queued")

    def claim(self, call_id: str, *, repeat_unknown: bool = False) -> LedgerState | None:
        """Claim a call for a limited time, unless its state forbids an interruption.

        Args:
            call_id: The id of the call.
            repeat_unknown: Whether to interrupt the call again if it may have received the document.

        Returns:
            ``None`` if the call was claimed; otherwise its state.

        Raises:
            CallControlError: If the ledger cannot be written. The call was not claimed.
        """
        owner = uuid.uuid4().hex
        values = {"id_": _encoded(call_id), "at": _now(), "of": owner, "seconds": self._seconds}

        def take(connection: Connection) -> LedgerState | None:
            if connection.execute(self._statements.take_new, values).rowcount:
                return None
            with self._database.transaction(connection):
                row = self._locked(connection, values)
                state = _state(row)
                if row.owner == owner:  # claimed by the attempt before, which lost its connection after the statement
                    return None
                if may_be_interrupted(state, repeat_unknown=repeat_unknown):
                    connection.execute(self._statements.take, {**values, "result": state})
                    return None
                return state

        state = self._run(take, f"call {quote(call_id)} was not interrupted")
        if state is None:
            self._claims[call_id] = owner
        return state

    def claim_queued(self, call_id: str) -> LedgerState | None:
        """Claim a call for a limited time if it is queued.

        Even if two messages about a queued call arrive, the call is claimed once.

        Args:
            call_id: The id of the call.

        Returns:
            ``None`` if the call was claimed; otherwise its state.

        Raises:
            CallControlError: If the ledger cannot be written. The call was not claimed.
        """
        owner = uuid.uuid4().hex
        values = {"id_": _encoded(call_id), "at": _now(), "of": owner, "seconds": self._seconds}

        def take(connection: Connection) -> LedgerState | None:
            if connection.execute(self._statements.take_queued, values).rowcount:
                return None
            row = connection.execute(self._statements.select_some, {"ids": [values["id_"]]}).one_or_none()
            if row is not None and row.owner == owner:  # as in claim()
                return None
            return (_state(row) if row is not None else None) or "in progress"

        state = self._run(take, f"call {quote(call_id)} was not interrupted")
        if state is None:
            self._claims[call_id] = owner
        return state

    def finish(self, outcome: Outcome) -> None:
        """Record the outcome of a call that was claimed.

        If the connection is lost, this method tries again for a few seconds. If the claim has expired meanwhile and another run
        has claimed the call, the outcome is recorded, and the other run keeps its claim.

        Raises:
            CallControlError: If the ledger cannot be written. The call is in doubt when its claim expires.
        """
        values = {
            "id_": _encoded(outcome.call_id),
            "of": self._claims.get(outcome.call_id, ""),
            "result": outcome.outcome,
            "status_": outcome.status,
            "text": outcome.detail and _encoded(outcome.detail),
            "at": in_iso(outcome.time),
        }

        def record(connection: Connection) -> None:
            if connection.execute(self._statements.finish_first, values).rowcount:
                return
            with self._database.transaction(connection):
                row = self._locked(connection, values)
                result = stronger(row.outcome, outcome.outcome)
                connection.execute(self._statements.finish, {**values, "result": result})
                connection.execute(self._statements.free, values)

        self._run(record, f"the outcome of call {quote(outcome.call_id)} ({outcome.outcome}) is lost")
        self._claims.pop(outcome.call_id, None)

    def _locked(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Return the row of a call, which no other transaction can change until this transaction ends."""
        connection.execute(self._statements.insert, values)
        return connection.execute(self._statements.select_locked, values).one()

    def _run(self, work: Callable[[Connection], T], consequence: str) -> T:
        """Call a function that writes to the ledger, and return its result.

        Args:
            work: The function.
            consequence: The consequence of a failure, for the message of the error.

        Raises:
            CallControlError: If the ledger cannot be written.
        """
        try:
            return self._database.run(work)
        except DatabaseError as error:
            raise CallControlError(f"{self._database.name} cannot be written: {error}; {consequence}") from None


LEDGER: Final = Table(
    TABLE,
    MetaData(),
    Column("account", Text, primary_key=True),
    Column("host", Text, primary_key=True),
    Column("document", Text, primary_key=True),
    Column("call_id", Text, primary_key=True),
    Column("outcome", Text),
    Column("status", Integer),
    Column("detail", Text),
    Column("time", Text, nullable=False),
    Column("owner", Text),
    Column("expires", Double),
    sqlite_with_rowid=False,
)
"""One row for each call.

``outcome`` is the result of all attempts that have ended. ``owner`` names the claim of the attempt that has not ended, and
``expires`` is the time of the database at which this claim expires, in seconds since 1970.
"""

_KEY_COLUMNS: Final = (LEDGER.c.account, LEDGER.c.host, LEDGER.c.document)


class _Row(NamedTuple):
    """The columns of a row that decide on the state of a call."""

    outcome: LedgerState | None
    owner: str | None
    expires: float | None
    now: float


def _state(row: Any) -> LedgerState | None:
    """Return the state of the call in a row; ``None`` if no run has claimed the call."""
    found = _Row(row.outcome, row.owner, row.expires, row.now)
    if found.owner in (None, QUEUED):
        return found.outcome
    return "in progress" if (found.expires or 0.0) > found.now else stronger(found.outcome, "in doubt")


class _Statements:
    """The statements of an open ledger. They are created once, because creating them takes longer than executing them."""

    def __init__(self, database: Database, key: LedgerKey) -> None:
        ledger = LEDGER.c
        is_call = (*_belongs_to(key), ledger.call_id == bindparam("id_"))
        is_own = ledger.owner == bindparam("of", type_=Text)
        states = sqlalchemy.select(ledger.call_id, ledger.outcome, ledger.owner, ledger.expires, database.now.label("now"))
        account, host, document = map(_encoded, (key.account, key.host, key.document))
        new = database.insert(LEDGER).values(
            account=account, host=host, document=document, call_id=bindparam("id_"), time=bindparam("at")
        )
        claim: dict[str, Any] = {
            "owner": bindparam("of", type_=Text),
            "expires": database.now + bindparam("seconds", type_=Double),
        }
        result: dict[str, Any] = {
            "outcome": bindparam("result", type_=Text),
            "status": bindparam("status_", type_=Integer),
            "detail": bindparam("text", type_=Text),
            "time": bindparam("at", type_=Text),
        }
        free: dict[str, Any] = {"owner": None, "expires": None}
        is_free = sqlalchemy.or_(ledger.owner.is_(None), ledger.owner == QUEUED)
        # An outcome of earlier attempts can be stronger than the new outcome, unless it is "refused", the weakest.
        is_weak = sqlalchemy.or_(ledger.outcome.is_(None), ledger.outcome == "refused")
        has_expired = sqlalchemy.and_(ledger.owner.is_not(None), ledger.expires <= database.now)
        primary = LEDGER.primary_key.columns.keys()

        self.select_all = states.where(*_belongs_to(key))
        self.select_some = states.where(*_belongs_to(key), ledger.call_id.in_(bindparam("ids", expanding=True)))
        self.select_locked = states.where(*is_call).with_for_update()
        self.insert = new.on_conflict_do_nothing(index_elements=primary)
        self.take_new = new.values(claim).on_conflict_do_update(
            index_elements=primary,
            set_={**claim, "time": bindparam("at", type_=Text)},
            where=sqlalchemy.and_(is_free, ledger.outcome.is_(None)),
        )
        self.take_queued = (
            sqlalchemy.update(LEDGER)
            .where(*is_call, ledger.owner == QUEUED)
            .values({**claim, "time": bindparam("at", type_=Text)})
        )
        self.take = (
            sqlalchemy.update(LEDGER)
            .where(*is_call)
            .values({**claim, "time": bindparam("at", type_=Text), "outcome": bindparam("result", type_=Text)})
        )
        self.queue = new.values(owner=QUEUED).on_conflict_do_update(
            index_elements=primary, set_={"owner": QUEUED}, where=sqlalchemy.and_(ledger.owner.is_(None), is_weak)
        )
        self.queue_again = new.values(owner=QUEUED).on_conflict_do_update(
            index_elements=primary,
            set_={
                "owner": QUEUED,
                "expires": None,
                "outcome": sqlalchemy.case((sqlalchemy.and_(has_expired, is_weak), "in doubt"), else_=ledger.outcome),
            },
            where=sqlalchemy.and_(
                sqlalchemy.or_(ledger.owner.is_(None), has_expired),
                sqlalchemy.or_(is_weak, *(ledger.outcome == state for state in sorted(DOUBTFUL))),
            ),
        )
        self.finish_first = sqlalchemy.update(LEDGER).where(*is_call, is_own, is_weak).values({**result, **free})
        self.finish = sqlalchemy.update(LEDGER).where(*is_call).values(result)
        self.free = sqlalchemy.update(LEDGER).where(*is_call, is_own).values(free)
        self.expire = sqlalchemy.update(LEDGER).where(*is_call, is_own).values(expires=database.now)


def _belongs_to(key: LedgerKey) -> tuple[Any, ...]:
    """Return the conditions that are true for the rows of a ledger."""
    values = (key.account, key.host, key.document)
    return tuple(column == _encoded(value) for column, value in zip(_KEY_COLUMNS, values, strict=True))


def _chunks(items: list[T]) -> Iterator[list[T]]:
    """Yield the items in lists of limited length."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def _now() -> str:
    """Return the current time in the format of the ledger."""
    return in_iso(datetime.now(UTC))


def _encoded(text: str) -> str:
    r"""Return a string that a database accepts: NUL, lone surrogates and backslashes are replaced by ``\u`` and digits."""
    return _NOT_ACCEPTED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _decoded(text: str) -> str:
    """Return the string that :func:`_encoded` has encoded."""
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), text)


_NOT_ACCEPTED: Final = re.compile("[\\\\\0\ud800-\udfff]")
_ENCODED: Final = re.compile(r"\\u([0-9a-f]{4})")
