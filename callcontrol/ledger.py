"""Ledgers: a ledger records which calls a run may interrupt, which calls the run has interrupted, and the outcome of each call.

A run claims each call before it sends the request, and records the outcome after the response. So after a crash the ledger
names every call that may have received the document. :class:`callcontrol.file_ledger.FileLedger` is a file for one process;
:class:`callcontrol.sql_ledger.SqlLedger` is a database for several processes.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final, Literal, Protocol, runtime_checkable

from callcontrol.redacted_url_repr import redacted

OutcomeKind = Literal["delivered", "gone", "refused", "unknown"]
"""The kind of an outcome. :class:`Outcome` describes each kind."""

OUTCOME_KINDS: Final[tuple[OutcomeKind, ...]] = ("delivered", "gone", "refused", "unknown")
"""Every kind of outcome."""

LedgerState = Literal["delivered", "gone", "refused", "unknown", "in doubt", "in progress"]
"""The state of a call in a ledger: the kind of its outcome, or one of two states of a call without an outcome.

``in doubt``: a run claimed the call and ended without an outcome, so the call may have received the document.
``in progress``: a run has claimed the call and has not finished it.
"""

LEDGER_STATES: Final[tuple[LedgerState, ...]] = (*OUTCOME_KINDS, "in doubt", "in progress")
"""Every state of a call in a ledger."""

FINAL: Final[frozenset[LedgerState]] = frozenset({"delivered", "gone"})
"""The states after which a call is never interrupted again."""

DOUBTFUL: Final[frozenset[LedgerState]] = frozenset({"unknown", "in doubt"})
"""The states of calls that may have received the document. They are interrupted again only with ``repeat_unknown``."""

UNSETTLED: Final[frozenset[LedgerState]] = frozenset({*DOUBTFUL, "in progress"})
"""The states of calls without a known outcome: the doubtful calls, and the calls that another run is interrupting."""

_RANKS: Final[Mapping[LedgerState, int]] = MappingProxyType(
    {"refused": 0, "in doubt": 1, "unknown": 2, "in progress": 3, "gone": 4, "delivered": 5}
)
"""The rank of each state. If a call had several attempts, the state with the highest rank is the state of the call."""


@redacted
@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of interrupting one call.

    Attributes:
        call_id: The id of the call.
        outcome: ``delivered``: the API accepted the document. ``gone``: the call has ended, or does not exist. ``refused``: the
            call did not receive the document, and may still be active. ``unknown``: the call may have received the document,
            because no response arrived or the API failed.
        status: Status of the last response; ``None`` if no response arrived.
        detail: Message of the error; ``None`` if the document was delivered.
        time: Time of the outcome, in UTC.
    """

    call_id: str
    outcome: OutcomeKind
    status: int | None
    detail: str | None
    time: datetime


@redacted
@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """The state of one call in a ledger.

    Attributes:
        call_id: The id of the call.
        state: The state of the call.
        status: Status of the last response; ``None`` if no response arrived.
        detail: Message of the last error; ``None`` if there was no error.
        time: Time of the last outcome or of the claim, in UTC.
    """

    call_id: str
    state: LedgerState
    status: int | None
    detail: str | None
    time: datetime


@redacted
@dataclass(frozen=True, slots=True)
class LedgerKey:
    """The account, the host and the document that a ledger belongs to. A run rejects a ledger with another key.

    Attributes:
        account: The account id.
        host: Host of the API, with the port if the URL has one.
        document: Digest of the document, or of another request that is sent to each call.
    """

    account: str
    host: str
    document: str


class OpenLedger(AbstractContextManager["OpenLedger"], Protocol):
    """An open ledger. All methods may be called by several threads at once."""

    def states(self, call_ids: Collection[str] | None = None) -> Mapping[str, LedgerState]:
        """Return the state of each call that has a state.

        Args:
            call_ids: The calls; ``None`` for all calls of the ledger.
        """
        ...

    def claim(self, call_id: str, *, repeat_unknown: bool = False) -> LedgerState | None:
        """Claim a call before it is interrupted, unless its state forbids an interruption.

        Args:
            call_id: The id of the call.
            repeat_unknown: Whether to interrupt the call again if it may have received the document.

        Returns:
            ``None`` if the call was claimed; otherwise its state.

        Raises:
            CallControlError: If the ledger cannot be written. The call was not claimed.
        """
        ...

    def finish(self, outcome: Outcome) -> None:
        """Record the outcome of a call that was claimed.

        Raises:
            CallControlError: If the ledger cannot be written. The call stays in doubt.
        """
        ...


@runtime_checkable
class Ledger(Protocol):
    """A ledger that can be opened for a run."""

    def open(self, key: LedgerKey) -> OpenLedger:
        """Return the open ledger.

        Args:
            key: The account, the host and the document of the run.

        Raises:
            InvalidRequest: If the ledger cannot be opened, is in use, or belongs to another account, host or document.
        """
        ...


LedgerArgument = str | os.PathLike[str] | Ledger
"""A ledger as an argument: the path of a file, or a ledger object."""


def may_be_interrupted(state: LedgerState | None, *, repeat_unknown: bool) -> bool:
    """Return whether a call in this state may be interrupted.

    Args:
        state: The state of the call; ``None`` if the ledger has no entry for it.
        repeat_unknown: Whether to interrupt the call again if it may have received the document.
    """
    return state is None or state == "refused" or (repeat_unknown and state in DOUBTFUL)


def stronger(before: LedgerState | None, after: LedgerState) -> LedgerState:
    """Return the state of a call after an attempt.

    If an earlier attempt may have delivered the document, the call stays doubtful, even if the last attempt was refused.

    Args:
        before: The state before the attempt; ``None`` if it was the first attempt.
        after: The result of the attempt.
    """
    return after if before is None else max(before, after, key=_RANKS.__getitem__)


def digest(document: bytes) -> str:
    """Return the digest of a document: 16 hexadecimal digits, which identify it and do not reveal its content."""
    return sha256(document).hexdigest()[:16]
