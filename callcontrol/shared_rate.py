"""A rate that several processes and machines share: a row in a database contains the time of the next turn.

Each process reserves the turns of a fraction of a second with one transaction, and then takes them at even intervals. The clock
of the database decides, so the clocks of the machines may differ.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Final, TypeVar, cast

from bxml.messages.text import quote
from callcontrol.errors import CallControlError, InvalidRequest
from callcontrol.push_outcomes import RATES as LIMITS
from callcontrol.sql_database import Database, DatabaseError

# The package sqlalchemy is imported after sql_database, which names the extra if the package is missing.
import sqlalchemy  # isort: skip
from sqlalchemy import Column, Connection, Double, Engine, MetaData, Table, Text, bindparam  # isort: skip
from sqlalchemy.engine import URL  # isort: skip

__all__ = ["SharedRate"]

T = TypeVar("T")

TABLE: Final = "callcontrol_rate"
"""Name of the table."""

RESERVED: Final = 0.25
"""A process reserves the turns of this number of seconds at once."""

MOST_RESERVED: Final = 50
"""Maximum number of turns that a process reserves at once."""


class SharedRate:
    """A rate that is shared by all processes that use the same name in the same database.

    Args:
        url_or_engine: URL of the database, or an SQLAlchemy engine, as for :class:`callcontrol.SqlLedger`.
        rate: Maximum number of turns per second, of all processes together. All processes should use the same number.
        name: Name of the rate.
        pause: Function that waits for a number of seconds.

    Raises:
        InvalidRequest: If the rate is not a positive number, or the database cannot be used.
    """

    def __init__(
        self,
        url_or_engine: str | URL | Engine,
        rate: float,
        *,
        name: str = "default",
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        given = cast("object", rate)
        least, most = LIMITS
        if not isinstance(given, int | float) or isinstance(given, bool) or not least <= given <= most:
            raise InvalidRequest(f"rate={quote(given)} is not a number of calls per second from {least:g} to {most:.0f}")
        self._database = Database(url_or_engine)
        self._name, self._interval, self._pause = name, 1 / rate, pause

    def paced(self, items: Iterable[T]) -> Iterator[T]:
        """Yield each item when its turn comes.

        Args:
            items: The items, such as the call ids for :meth:`callcontrol.Client.interrupt_many`. If the items have no length,
                the reserved turns of up to a quarter of a second are lost after the last item.

        Raises:
            CallControlError: If the database cannot be used.
        """
        start, left = 0.0, 0
        remaining = len(items) if isinstance(items, Sized) else MOST_RESERVED
        self._database.acquire()
        try:
            for item in items:
                if not left:
                    left = max(1, min(MOST_RESERVED, remaining, round(RESERVED / self._interval)))
                    remaining = remaining - left if isinstance(items, Sized) else MOST_RESERVED
                    start = time.monotonic() + self._reserve(left)
                if (wait := start - time.monotonic()) > 0:
                    self._pause(wait)
                start += self._interval
                left -= 1
                yield item
        finally:
            self._database.release()

    def delay(self, seconds: float) -> None:
        """Stop all processes from taking further turns for a number of seconds, for example after a 429 response.

        Turns that are already reserved are still taken. A process reserves at most the turns of a quarter of a second.

        Args:
            seconds: The number of seconds.

        Raises:
            CallControlError: If the database cannot be used.
        """
        self._move(seconds, 0.0)

    def _reserve(self, turns: int) -> float:
        """Reserve turns, and return the seconds until the first of them."""
        return self._move(0.0, turns * self._interval)

    def _move(self, least: float, reserved: float) -> float:
        """Move the time of the next turn.

        Args:
            least: Minimum seconds from now until the next turn.
            reserved: Seconds that are reserved.

        Returns:
            Seconds until the reserved time begins.

        Raises:
            CallControlError: If the database cannot be used.
        """
        now = self._database.now
        values = {"name_": self._name, "least": least, "reserved": reserved}
        earliest = now + bindparam("least", type_=Double)
        current = sqlalchemy.case((RATES.c.next > earliest, RATES.c.next), else_=earliest)
        move = self._database.insert(RATES).values(
            name=bindparam("name_", type_=Text), next=earliest + bindparam("reserved", type_=Double)
        )
        move = move.on_conflict_do_update(index_elements=["name"], set_={"next": current + bindparam("reserved", type_=Double)})
        read = sqlalchemy.select(RATES.c.next - now).where(RATES.c.name == self._name)

        def work(connection: Connection) -> float:
            with self._database.transaction(connection):
                connection.execute(move, values)
                return float(connection.execute(read).scalar_one()) - reserved

        self._database.acquire()
        try:
            self._database.ensure(RATES)
            return self._database.run(work)
        except DatabaseError as error:
            raise CallControlError(f"{self._database.name} cannot be written: {error}; the rate cannot be kept") from None
        finally:
            self._database.release()


RATES: Final = Table(
    TABLE, MetaData(), Column("name", Text, primary_key=True), Column("next", Double, nullable=False), sqlite_with_rowid=False
)
"""One row for each rate: the time of the database at which the next turn is free, in seconds since 1970."""
