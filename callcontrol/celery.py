"""Interrupting calls on several machines, as Celery tasks that share one ledger and one rate.

``celery -A callcontrol.celery worker`` starts a worker, with the settings of the environment (:func:`app_from_env`).
:func:`submit` divides the ids of a run into batches, and sends each batch as a message to a queue. A message contains ids, the
document and its lint rules, but no credentials: each worker has its own client, and its own connection to the ledger. A call is
claimed in the ledger before its request, so a message that is delivered twice does no harm.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import os
import time
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, cast

import bxml
from bxml.messages.redaction import redact_urls
from bxml.messages.text import escape_unprintable, join_names, quote
from callcontrol.adaptive_rate_limiter import DEFAULT_PAUSE
from callcontrol.client import Client
from callcontrol.errors import CallControlError, Forbidden, InvalidRequest, Unauthorized
from callcontrol.ledger import LedgerKey, LedgerState, OpenLedger, may_be_interrupted
from callcontrol.push_outcomes import MOST_WORKERS, BulkSettings
from callcontrol.request_arguments import Document, checked_document
from callcontrol.retries import Attempt, Retries
from callcontrol.shared_rate import SharedRate
from callcontrol.sql_ledger import OpenSqlLedger, SqlLedger, SqlLedgerState

try:
    import celery
    from celery import signals
    from kombu.utils.url import maybe_sanitize_url
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        f"callcontrol.celery needs {missing.name}: install bxml-callcontrol[celery]", name=missing.name
    ) from None

__all__ = ["app_from_env", "make_app", "progress", "submit"]

TASK: Final = "callcontrol.interrupt"
"""Name of the task that interrupts the calls of one batch."""

QUEUE: Final = "callcontrol"
"""Name of the queue."""

BATCHES: Final = 20
"""Number of messages of a run, unless the batches would be too small or too large."""

LEAST, MOST = 50, 500
"""Minimum and maximum number of calls in a message."""

RETRY_AFTER: Final = 10.0
"""Seconds after which a batch is tried again, if the ledger could not be used."""

HIDDEN: Final[dict[str, Any]] = {"argsrepr": "()", "kwargsrepr": "{…}"}
"""Texts that stand for the arguments of a task in Celery's log and events, where a document must not appear."""

TOO_MANY_REQUESTS: Final = 429

QUIET: Final = 0.5
"""For this number of seconds after a 429 response, further 429 responses do not delay the other workers again."""

VARIABLES: Final = ("CALLCONTROL_BROKER", "CALLCONTROL_LEDGER")
"""The environment variables that are required."""

log = logging.getLogger(__name__)


class App(celery.Celery):
    """A Celery application with the task that interrupts calls; :func:`make_app` creates it."""

    ledger: SqlLedger
    """The ledger."""
    worker: _Worker
    """The part of the application that works in worker processes."""
    fault: str | None = None
    """The reason why the application cannot be used; ``None`` if it can be used."""

    def check(self) -> None:
        """Connect to the broker, so that a fault is found before the ledger is changed.

        Raises:
            InvalidRequest: If the application cannot be used.
            CallControlError: If the broker cannot be reached.
        """
        if self.fault:
            raise InvalidRequest(self.fault)
        with self.broken(), self.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=1)

    @contextlib.contextmanager
    def broken(self) -> Generator[None]:
        """Raise an error with a readable message if the broker cannot be used in the ``with`` block.

        Raises:
            CallControlError: If the broker cannot be used.
        """
        try:
            yield
        except Exception as error:  # noqa: BLE001  each broker's package has errors of its own
            words = str(error.args[0] if isinstance(error, KeyError) else error)
            cause = escape_unprintable(redact_urls(words.partition("\n")[0]))
            try:
                place = maybe_sanitize_url(self.conf.broker_url)
            except ValueError:  # the message of this error may contain a part of the password
                place, cause = "in CALLCONTROL_BROKER", "the URL is invalid"
            raise CallControlError(
                f"the broker {place} cannot be used: {cause}; check the URL, and that the broker runs"
            ) from None


class _Batch(NamedTuple):
    """A message, without the ids of its calls."""

    account: str
    host: str
    document: str
    """The document, in Base64."""
    select: list[str]
    ignore: list[str]
    rate: float | None


class Submitted(NamedTuple):
    """The result of :func:`submit`.

    Attributes:
        key: The account, the host and the document of the run.
        awaited: The calls that have no outcome yet: those that were submitted, and those that are in progress.
        skipped: The calls whose states forbid an interruption, with their states.
        duplicates: Number of ids that were skipped because they had occurred before.
        batch: The message, without ids.
    """

    key: LedgerKey
    awaited: list[str]
    skipped: Mapping[str, LedgerState]
    duplicates: int
    batch: _Batch


def make_app(  # noqa: PLR0913  one argument per setting
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
        claim_seconds: Seconds after which the calls of a killed worker are in doubt, and its messages are delivered again;
            default 300. It must be longer than all attempts at one call together.
        workers: Maximum number of calls that one process interrupts at once, 1 to 64; default 16.
        client: Function that returns the client of a worker. Each worker process calls it with the argument ``retries``.

    Raises:
        InvalidRequest: If an argument is invalid, or the driver of the database is not installed.
    """
    BulkSettings(workers=workers, rate=rate).check((), MOST_WORKERS)
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
        worker_prefetch_multiplier=2,
    )
    app.worker = _Worker(app, rate, workers, client)
    options: dict[str, Any] = {"bind": True, "name": TASK, "max_retries": None}
    app.task(**options)(_interrupt)
    return app


def app_from_env(environ: Mapping[str, str] | None = None) -> App:
    """Return an application with the settings of the environment. The attribute ``app`` of this module is such an application.

    ``CALLCONTROL_BROKER`` is the URL of the broker, and ``CALLCONTROL_LEDGER`` the URL of the ledger. The variables
    ``CALLCONTROL_RATE``, ``CALLCONTROL_CLAIM_SECONDS`` and ``CALLCONTROL_WORKERS`` are optional; they set the arguments of
    :func:`make_app` with these names. A worker reads its account and its credentials from the same variables as
    :meth:`callcontrol.Client.from_env`.

    Args:
        environ: The environment variables; default: those of the process.

    Raises:
        InvalidRequest: If variables are missing or have invalid values.
    """
    environ = os.environ if environ is None else environ
    if absent := [name for name in VARIABLES if not environ.get(name)]:
        examples = "CALLCONTROL_BROKER=redis://host CALLCONTROL_LEDGER=postgresql://host/database"
        raise InvalidRequest(f"{join_names(absent)} {'is' if len(absent) == 1 else 'are'} not set; for example: {examples}")
    given: dict[str, Any] = {}
    for name, argument, kind in (
        ("RATE", "rate", float),
        ("CLAIM_SECONDS", "claim_seconds", float),
        ("WORKERS", "workers", int),
    ):
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

    Submitting the same calls twice does no harm: each call is claimed once. So if your program is stopped, or the broker loses
    messages, submit the same calls again.

    Args:
        app: The application.
        client: A client of the account. It sends no request.
        call_ids: The ids of the calls. Duplicates are skipped.
        document: The document, as for :meth:`callcontrol.Client.interrupt_many`. It is a part of each message.
        select: Lint rules that the document must not break.
        ignore: Lint rules that the document may break.
        rate: Maximum number of calls that begin per second, of all workers together. It can only lower the rate of the workers.
        repeat_unknown: Whether to interrupt again the calls that may have received the document.

    Raises:
        bxml.BxmlError: If the document is invalid or breaks one of the lint rules.
        ValueError: If a lint rule does not exist.
        InvalidRequest: If an argument is invalid, or the ledger cannot be used.
        CallControlError: If the ledger cannot be written, or the broker cannot be reached.
    """
    BulkSettings(rate=rate).check((), MOST_WORKERS)
    app.check()
    body = checked_document(document, select=select, ignore=ignore)
    given = _checked_ids(call_ids)
    ids = list(dict.fromkeys(given))
    key = client._account.ledger_key(body)
    with app.ledger.open(key) as ledger:
        states = ledger.states(ids)
        new = [call_id for call_id in ids if may_be_interrupted(states.get(call_id), repeat_unknown=repeat_unknown)]
        ledger.queue(new, repeat_unknown=repeat_unknown)
    batch = _Batch(key.account, key.host, base64.b64encode(body).decode(), [*select], [*ignore], rate)
    awaited = {*new, *(call_id for call_id, state in states.items() if state == "in progress")}
    skipped: Mapping[str, LedgerState] = {call_id: state for call_id, state in states.items() if call_id not in awaited}
    submitted = Submitted(key, [call_id for call_id in ids if call_id in awaited], skipped, len(given) - len(ids), batch)
    send(app, submitted, new)
    return submitted


def send(app: App, submitted: Submitted, call_ids: Sequence[str]) -> None:
    """Send messages about calls that are queued in the ledger.

    If several messages about a call arrive, the call is claimed once.

    Args:
        app: The application.
        submitted: The result of :func:`submit`.
        call_ids: The ids of the calls.

    Raises:
        CallControlError: If the broker cannot be reached.
    """
    size = max(LEAST, min(MOST, len(call_ids) // BATCHES))
    with app.broken(), app.producer_or_acquire() as producer:
        for start in range(0, len(call_ids), size):
            message = {**submitted.batch._asdict(), "call_ids": call_ids[start : start + size]}
            app.send_task(TASK, kwargs=message, producer=producer, **HIDDEN)


def has_messages(app: App) -> bool:
    """Return whether the queue contains messages that no worker has taken.

    Raises:
        CallControlError: If the broker cannot be reached.
    """
    with app.broken(), app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        try:
            return bool(channel.queue_declare(QUEUE, passive=True).message_count)
        except connection.channel_errors:  # a broker can delete a queue that is empty
            return False


def progress(app: App, key: LedgerKey) -> dict[SqlLedgerState, int]:
    """Return the number of calls in each state. A call that no worker has claimed yet is ``queued``."""
    return app.ledger.counts(key)


# In the workers


class _Worker:
    """The state of a worker process: its client, and the rates that it shares with the other workers.

    Args:
        app: The application.
        rate: Maximum number of calls that begin per second, of all workers together; ``None`` for unlimited.
        workers: Maximum number of calls at once.
        make_client: Function that returns the client.
    """

    def __init__(self, app: App, rate: float | None, workers: int, make_client: Callable[..., Client]) -> None:
        self._app, self._rate, self._workers, self._make_client = app, rate, workers, make_client
        self._client: Client | None = None
        self._rates: dict[float, SharedRate] = {}
        self._current: SharedRate | None = None
        self._quiet_until = 0.0

    def check(self) -> None:
        """Check the settings and the ledger before the first task.

        Raises:
            InvalidRequest: If the client cannot be created, or the ledger cannot be used.
        """
        self._make_client().close()
        with self._app.ledger.open(LedgerKey("", "", "")):
            pass

    def interrupt(self, batch: _Batch, call_ids: Collection[str]) -> None:
        """Interrupt the queued calls of a batch.

        Raises:
            InvalidRequest: If the batch is for another account or host.
            Unauthorized: If the credentials are wrong.
            Forbidden: If the credentials have no access.
            CallControlError: If the ledger cannot be used.
        """
        if self._client is None:
            self._client = self._make_client(retries=Retries(on_attempt=self._attempted))
            self._app.ledger.__enter__()  # the connections stay open until the process ends
        client, body = self._client, base64.b64decode(batch.document)
        key = client._account.ledger_key(body)
        if (key.account, key.host) != (batch.account, batch.host):
            raise InvalidRequest(
                f"a batch is for account {quote(batch.account)} at {batch.host}, and this worker uses account "
                f"{quote(key.account)} at {key.host}; use one broker for each account, or correct the variables of the worker"
            )
        with self._app.ledger.open(key) as ledger:
            unfinished = ledger.unfinished(call_ids)
            new = [call_id for call_id in call_ids if unfinished.get(call_id) == "queued"]
            rate = min((rate for rate in (batch.rate, self._rate) if rate is not None), default=None)
            self._current = self._shared(rate, key) if rate else None
            try:
                client.interrupt_many(
                    self._current.paced(new) if self._current else new,
                    body,
                    select=batch.select,
                    ignore=batch.ignore,
                    ledger=_QueuedCalls(ledger),
                    workers=self._workers,
                )
            except (Unauthorized, Forbidden):
                ledger.queue(new)  # for another worker; calls that are finished do not change
                raise

    def _shared(self, rate: float, key: LedgerKey) -> SharedRate:
        """Return the rate that all workers share for an account."""
        if rate not in self._rates:
            self._rates[rate] = SharedRate(self._app.ledger.engine, rate, name=f"{key.account}@{key.host}")
        return self._rates[rate]

    def _attempted(self, attempt: Attempt) -> None:
        """After a 429 response, delay the calls of all workers. Threads call this method."""
        rate, now = self._current, time.monotonic()
        if attempt.status == TOO_MANY_REQUESTS and rate is not None and now >= self._quiet_until:
            self._quiet_until = now + QUIET
            try:
                rate.delay(attempt.pause or DEFAULT_PAUSE)
            except CallControlError as error:  # the client of this worker waits anyway
                log.warning("%s", error)


class _QueuedCalls:
    """The open ledger of a batch, in which only queued calls can be claimed. It stays open at the end of a run.

    Args:
        ledger: The ledger.
    """

    def __init__(self, ledger: OpenSqlLedger) -> None:
        self._ledger = ledger
        self.finish = ledger.finish

    def claim(self, call_id: str, *, repeat_unknown: bool = False) -> LedgerState | None:  # noqa: ARG002  the protocol has it
        """Claim a call, if it is queued."""
        return self._ledger.claim_queued(call_id)

    def open(self, key: LedgerKey) -> OpenLedger:  # noqa: ARG002  the protocol has this parameter
        """Return this ledger."""
        return self

    def __enter__(self) -> Self:
        """Return this ledger."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the ledger open."""

    def states(self, call_ids: Collection[str] | None = None) -> Mapping[str, LedgerState]:  # noqa: ARG002  likewise
        """Return no states, because only queued calls are passed to the run."""
        return {}


def _interrupt(task: Any, *, call_ids: list[str], **batch: Any) -> None:
    """Interrupt the calls of a batch. This function is the Celery task."""
    app = cast("App", task.app)
    try:
        app.worker.interrupt(_Batch(**batch), call_ids)
    except (Unauthorized, Forbidden) as error:
        log.critical("%s; this worker stops, and its batch goes to another worker", error)
        app.control.shutdown(destination=[task.request.hostname])
        raise task.retry(countdown=RETRY_AFTER, **HIDDEN) from None
    except bxml.BxmlError:
        raise
    except CallControlError as error:
        log.critical("%s; the batch is tried again in %g s", error, RETRY_AFTER)
        raise task.retry(countdown=RETRY_AFTER, **HIDDEN) from None


@signals.worker_init.connect
def _check(sender: Any, **_: Any) -> None:
    """End a worker with a message if its settings are wrong."""
    if isinstance(sender.app, App):
        try:
            if sender.app.fault:
                raise InvalidRequest(sender.app.fault)
            sender.app.worker.check()
        except CallControlError as error:
            raise SystemExit(f"callcontrol: {error}") from None


def _checked_ids(call_ids: Iterable[str]) -> list[str]:
    """Return the ids as a list.

    Raises:
        InvalidRequest: If they are not strings, or are a single string.
    """
    if isinstance(call_ids, str | bytes):
        raise InvalidRequest(f"call_ids={quote(call_ids)} is a single id; expected a list or another iterable of strings")
    ids = list(call_ids)
    for call_id in cast("list[object]", ids):
        if not isinstance(call_id, str):
            raise InvalidRequest(f"call_ids contains {quote(call_id)}; expected strings")
    return ids


if TYPE_CHECKING:
    app: App
    """The application with the settings of the environment."""
else:

    def __getattr__(name: str) -> object:
        """Return ``app``, which is created on first use, because it reads the environment.

        Raises:
            AttributeError: If the name is not ``app``.
        """
        if name != "app":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            found = app_from_env()
        except (
            InvalidRequest
        ) as error:  # the command "celery" would print a traceback; a worker prints the message when it starts
            found = App("callcontrol", set_as_current=False)
            found.fault = str(error)
        globals()["app"] = found
        return found
