"""Interrupting calls on several machines, as Celery tasks that share one ledger and one rate.

``celery -A callcontrol.celery worker`` starts a worker, with the settings of the environment (:func:`app_from_env`).
:func:`submit` divides the ids of a run into batches, and sends each batch as a message to a queue. A message contains ids, the
document and its lint rules, but no credentials: each worker has a client and a ledger of its own. A call is claimed in the ledger
before its request, so a message that is delivered twice does no harm.
"""

from __future__ import annotations

import base64
import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple, cast

from bxml.messages.text import join_names, quote
from callcontrol.client import Client
from callcontrol.errors import CallControlError, Forbidden, InvalidRequest, Unauthorized
from callcontrol.fork_safety import renew_after_fork
from callcontrol.ledger import LedgerKey, LedgerState, OpenLedger, Outcome, digest, may_be_interrupted
from callcontrol.push_outcomes import RATES
from callcontrol.request_arguments import Document, checked_document
from callcontrol.retries import Attempt, Retries
from callcontrol.shared_rate import SharedRate
from callcontrol.sql_ledger import OpenSqlLedger, SqlLedger, SqlLedgerState

try:
    import celery
    from celery import signals
    from celery.exceptions import Retry
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(f"callcontrol.celery needs {missing.name}: install bxml-callcontrol[celery]", name=missing.name) from None

TASK: Final = "callcontrol.interrupt"
"""Name of the task that interrupts the calls of one batch."""

QUEUE: Final = "callcontrol"
"""Name of the queue."""

BATCH: Final = 50
"""Number of calls in a message."""

RETRY_AFTER: Final = 10.0
"""Seconds after which a batch is tried again, if the ledger could not be used."""

QUIET: Final = 0.5
"""Seconds after a 429 response in which further 429 responses do not delay the other workers again."""

VARIABLES: Final = ("CALLCONTROL_BROKER", "CALLCONTROL_LEDGER")
"""The environment variables that are required."""

log = logging.getLogger(__name__)


class App(celery.Celery):
    """A Celery application with the task that interrupts calls; :func:`make_app` creates it.

    Attributes:
        ledger: The ledger.
        fault: The reason why the application cannot be used; ``None`` if it can be used.
    """

    ledger: SqlLedger
    fault: str | None = None


class Submitted(NamedTuple):
    """The result of :func:`submit`.

    Attributes:
        key: The account, the host and the document of the run.
        awaited: The calls that have no outcome yet: those that were submitted, and those that are in progress.
        skipped: The calls whose states forbid an interruption, with their states.
        duplicates: Number of ids that occurred before.
    """

    key: LedgerKey
    awaited: list[str]
    skipped: Mapping[str, LedgerState]
    duplicates: int


def make_app(
    broker: str,
    ledger: str,
    *,
    rate: float | None = None,
    claim_seconds: float = 300.0,
    workers: int = 16,
    client: Callable[..., Client] = Client.from_env,
) -> App:
    """Return a Celery application for workers and for :func:`submit`.

    Args:
        broker: URL of the broker, such as ``redis://host`` for Redis and Valkey, or ``amqp://host`` for RabbitMQ.
        ledger: URL of the ledger, as for :class:`callcontrol.SqlLedger`.
        rate: Maximum number of calls that begin per second, of all workers together; default: unlimited.
        claim_seconds: Seconds after which the calls of a killed worker are in doubt, and its messages are delivered again; default
            300. It must be longer than all attempts at one call together.
        workers: Maximum number of calls that one process interrupts at once, 1 to 64; default 16.
        client: Function that returns the client of a worker. It is called in each worker process, with the argument ``retries``.

    Raises:
        InvalidRequest: If an argument is invalid, or the driver of the database is not installed.
    """
    least, most = RATES
    if rate is not None and not least <= rate <= most:
        raise InvalidRequest(f"rate={quote(rate)} is not a number of calls per second from {least:g} to {most:.0f}")
    app = App("callcontrol", broker=broker, set_as_current=False)
    app.ledger = SqlLedger(ledger, claim_seconds=claim_seconds)
    app.conf.update(
        accept_content=["json"],
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": claim_seconds},
        task_acks_late=True,
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_reject_on_worker_lost=True,
        task_serializer="json",
        worker_concurrency=1,
        worker_prefetch_multiplier=1,
    )
    worker = _Worker(app, ledger, rate, workers, client)
    options: dict[str, Any] = {"bind": True, "name": TASK, "max_retries": None}
    app.task(**options)(worker.interrupt)
    signals.worker_init.connect(worker.check, weak=False)
    return app


def app_from_env(environ: Mapping[str, str] | None = None) -> App:
    """Return the application with the settings of the environment. It is also the attribute ``app`` of this module.

    It reads the URL of the broker from ``CALLCONTROL_BROKER`` and the URL of the ledger from ``CALLCONTROL_LEDGER``. It also reads
    ``CALLCONTROL_RATE``, ``CALLCONTROL_CLAIM_SECONDS`` and ``CALLCONTROL_WORKERS``, which are optional; :func:`make_app` describes
    them. A worker reads its account and its credentials from the same variables as :meth:`callcontrol.Client.from_env`.

    Args:
        environ: The environment variables; default: those of the process.

    Raises:
        InvalidRequest: If variables are missing or have invalid values.
    """
    environ = os.environ if environ is None else environ
    if absent := [name for name in VARIABLES if not environ.get(name)]:
        examples = "CALLCONTROL_BROKER=redis://host CALLCONTROL_LEDGER=postgresql://user:password@host/database"
        raise InvalidRequest(f"{join_names(absent)} {'is' if len(absent) == 1 else 'are'} not set; for example: {examples}")
    given: dict[str, Any] = {}
    for name, argument, kind in (("RATE", "rate", float), ("CLAIM_SECONDS", "claim_seconds", float), ("WORKERS", "workers", int)):
        if text := environ.get(f"CALLCONTROL_{name}"):
            try:
                given[argument] = kind(text)
            except ValueError:
                raise InvalidRequest(f"CALLCONTROL_{name}={quote(text)} is not a number") from None
    return make_app(environ[VARIABLES[0]], environ[VARIABLES[1]], **given)


def submit(  # noqa: PLR0913  one argument per setting
    app: App,
    client: Client,
    call_ids: Iterable[str],
    document: Document,
    *,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    rate: float | None = None,
    repeat_unknown: bool = False,
) -> Submitted:
    """Submit calls to the workers, which push a document into them.

    Submitting the same calls twice does no harm: each call is claimed once. So if the program that submits is stopped, or the
    broker loses its messages, submit the same calls again.

    Args:
        app: The application.
        client: A client of the account. It sends no request.
        call_ids: The ids of the calls. Duplicates are skipped.
        document: The document, as for :meth:`callcontrol.Client.interrupt_many`. It is a part of each message.
        select: Lint rules that the document must not break.
        ignore: Lint rules that the document may break.
        rate: Maximum number of calls that begin per second, of all workers together, if it is lower than that of the workers.
        repeat_unknown: Whether to interrupt calls again that may have received the document.

    Raises:
        bxml.BxmlError: If the document is invalid or breaks one of the lint rules.
        ValueError: If a lint rule does not exist.
        InvalidRequest: If an argument is invalid, or the ledger cannot be used.
        CallControlError: If the ledger cannot be written, or the broker cannot be reached.
    """
    if app.fault:
        raise InvalidRequest(app.fault)
    body = checked_document(document, select=select, ignore=ignore)
    given = _checked_ids(call_ids)
    ids = list(dict.fromkeys(given))
    key = client.ledger_key(body)
    with app.ledger.open(key) as ledger:
        states = ledger.states(ids)
        new = [call_id for call_id in ids if may_be_interrupted(states.get(call_id), repeat_unknown=repeat_unknown)]
        ledger.queue(new, repeat_unknown=repeat_unknown)
    batch = _Batch(key.account, key.host, base64.b64encode(body).decode(), [*select], [*ignore], rate, repeat_unknown)
    try:
        with app.producer_or_acquire() as producer:
            for start in range(0, len(new), BATCH):
                message = {**batch._asdict(), "call_ids": new[start : start + BATCH]}
                # Celery writes the arguments of a task to its log and to its events, where a document must not appear.
                app.send_task(TASK, kwargs=message, producer=producer, argsrepr="()", kwargsrepr="{…}")
    except (app.connection_for_write().connection_errors, celery.exceptions.OperationalError) as error:  # type: ignore
        raise CallControlError(f"{error}") from None
    awaited = [call_id for call_id in ids if call_id in set(new) or states[call_id] == "in progress"]
    skipped = {call_id: state for call_id, state in states.items() if call_id not in set(awaited)}
    return Submitted(key, awaited, skipped, len(given) - len(ids))


def progress(app: App, key: LedgerKey) -> dict[SqlLedgerState, int]:
    """Return the number of calls in each state. A call that no worker has claimed yet is ``queued``."""
    return app.ledger.counts(key)
