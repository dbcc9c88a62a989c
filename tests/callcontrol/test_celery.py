"""Interrupting calls with Celery workers: with real servers and processes, and within this process."""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from celery.exceptions import Retry

import bxml
import callcontrol.celery
from callcontrol import BasicAuth, CallControlError, Client, Headers, InvalidRequest, Reply, Request, Tally
from callcontrol.celery import QUEUE, TASK, App, Submitted, app_from_env, make_app, progress, submit
from callcontrol.command import celery_run
from callcontrol.command.celery_run import run_on_workers, tally_of
from callcontrol.command.exit_codes import DONE, REFUSED, Interrupted
from callcontrol.emulator import Core
from callcontrol.ledger import Outcome, digest
from callcontrol.shared_rate import SharedRate
from tests.callcontrol import celery_workers
from tests.callcontrol.celery_workers import ACCOUNT, NOTICE, WAITING, FaultyEmulator, Worker, environment, new_queue
from tests.callcontrol.emulator.document_application import answering
from tests.callcontrol.postgresql_server import PostgresqlServer

RULES: Final[dict[str, Any]] = {"select": (), "ignore": ()}


def client_of(url: str) -> Client:
    return Client(ACCOUNT, BasicAuth("user", "password"), base_url=url)


class TestRealServers:
    """Workers in processes of their own, with PostgreSQL and Valkey."""

    @pytest.mark.timeout(180)
    def test_a_worker_is_killed(self, postgresql: PostgresqlServer, broker: str, tmp_path: Path) -> None:
        """If one of two workers is killed, no call is interrupted twice. Calls that this worker had begun are in doubt."""
        proof = celery_workers.kill_one_of_two_workers(postgresql.new_database(), new_queue(broker), tmp_path, calls=1_000)
        in_doubt = {call_id for call_id, state in proof.states.items() if state == "in doubt"}
        assert len(proof.states) == 1_000
        assert set(proof.states.values()) <= {"delivered", "in doubt"}
        assert len(in_doubt) <= 16
        assert all(number == 1 for call_id, number in proof.deliveries.items() if call_id not in in_doubt)
        assert all(proof.deliveries[call_id] <= 1 for call_id in in_doubt)
        assert (proof.tally["delivered"], proof.tally["unknown"]) == (1_000 - len(in_doubt), len(in_doubt))

    @pytest.mark.timeout(120)
    def test_workers_share_one_rate(self, postgresql: PostgresqlServer, broker: str, tmp_path: Path) -> None:
        """Two workers together begin 60 calls per second, with a tolerance of 10 %. On a busy machine the rate may be lower."""
        url, queue = postgresql.new_database(), new_queue(broker)
        with FaultyEmulator(360, fault_every=0) as emulator, ExitStack() as stack:
            variables = environment(queue, url, emulator.url, rate=60)
            workers = [stack.enter_context(Worker(variables, tmp_path / f"{number}.log")) for number in range(2)]
            for worker in workers:
                worker.wait()
            app = make_app(queue, url)
            assert run_on_workers(app, client_of(emulator.url), emulator.ids, NOTICE, rules=RULES) == DONE
            assert 40 <= (len(emulator.times) - 1) / (emulator.times[-1] - emulator.times[0]) <= 66
            assert all("succeeded" in worker.output for worker in workers)

    @pytest.mark.timeout(120)
    def test_wrong_credentials_stop_a_worker(self, postgresql: PostgresqlServer, broker: str, tmp_path: Path) -> None:
        """A worker with wrong credentials stops, and another worker interrupts its calls."""
        url, queue = postgresql.new_database(), new_queue(broker)
        with FaultyEmulator(3, fault_every=0, credentials={"user": "password"}) as emulator:
            variables = environment(queue, url, emulator.url)
            app = make_app(queue, url)
            submitted = submit(app, client_of(emulator.url), emulator.ids, NOTICE)
            with Worker({**variables, "BW_PASSWORD": "mistyped"}, tmp_path / "wrong.log") as wrong:
                assert wrong.process.wait(60) == 0
                assert "this worker stops, and its batch goes to another worker" in wrong.output
                assert "mistyped" not in wrong.output
            states = dict.fromkeys(emulator.ids, "refused")
            with app.ledger.open(submitted.key) as ledger:
                assert ledger.states().items() <= states.items()
            with Worker(variables, tmp_path / "right.log"):
                end = time.monotonic() + 60
                while app.ledger.counts(submitted.key) != {"delivered": 3}:
                    assert time.monotonic() < end
                    time.sleep(0.1)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            (
                {"CALLCONTROL_BROKER": "", "CALLCONTROL_LEDGER": ""},
                "CALLCONTROL_BROKER and CALLCONTROL_LEDGER are not set; for",
            ),
            ({"CALLCONTROL_RATE": "fast"}, 'CALLCONTROL_RATE="fast" is not a number'),
            ({"CALLCONTROL_LEDGER": "sqlite:////no/directory/l.db"}, "check that its directory exists and can be written"),
            ({"BW_ACCOUNT_ID": ""}, "BW_ACCOUNT_ID"),
        ],
    )
    def test_worker_with_wrong_settings(self, tmp_path: Path, changes: dict[str, str], message: str) -> None:
        """If a worker has wrong settings, it ends with a message of one line and without a traceback."""
        variables = {**environment("memory://", f"sqlite:///{tmp_path}/l.db", "http://127.0.0.1:9/api/v2"), **changes}
        with Worker(variables, tmp_path / "worker.log") as worker:
            assert worker.process.wait(60) == 1
            assert worker.output.startswith("callcontrol: ")
            assert message in worker.output
            assert worker.output.count("\n") == 1


@pytest.fixture
def core() -> Iterator[Core]:
    """Return an emulator with five calls."""
    with Core(answering(WAITING)) as voice:
        for _ in range(5):
            voice.dial("/answer")
        voice.advance(5)
        yield voice


@pytest.fixture
def ids(core: Core) -> list[str]:
    return [call.call_id for call in core.calls]


@pytest.fixture
def new_client(core: Core) -> Callable[..., Client]:
    """Return a function that returns a client of the emulator."""

    def client(**settings: Any) -> Client:
        return Client(ACCOUNT, BasicAuth("user", "password"), send=core.handle, pause=lambda _: None, **settings)

    return client


@pytest.fixture
def app(tmp_path: Path, new_client: Callable[..., Client]) -> Iterator[App]:
    """Return an application with a broker in this process."""
    found = make_app(f"memory://{tmp_path.name}", f"sqlite:///{tmp_path}/l.db", client=new_client)
    with found.connection_for_write() as connection:
        channel: Any = connection.default_channel
        channel.queue_declare(QUEUE, durable=True)
        channel.queue_purge(QUEUE)
    yield found
    found.ledger._database.engine.dispose()


def messages(app: App) -> list[dict[str, Any]]:
    """Take the messages from the queue, and return their arguments."""
    found = []
    with app.connection_for_read() as connection, connection.SimpleQueue(QUEUE) as queue:
        while queue.qsize():
            message = queue.get()
            message.ack()
            assert "9900123" not in json.dumps(message.headers)
            found.append(message.payload[1])
    return found


def work(app: App) -> None:
    """Carry out the tasks in the queue."""
    for message in messages(app):
        app.tasks[TASK].apply(kwargs=message, throw=True)


class TestSubmitting:
    """Ids become messages, without credentials."""

    def test_run(self, app: App, core: Core, ids: list[str], new_client: Callable[..., Client]) -> None:
        """The calls are queued, then interrupted, and are skipped when they are submitted again."""
        core.call(ids[0]).hang_up()
        submitted = submit(app, new_client(), [*ids, ids[1]], NOTICE)
        assert (submitted.awaited, submitted.skipped, submitted.duplicates) == (ids, {}, 1)
        assert submitted.key.document == digest(NOTICE)
        assert progress(app, submitted.key) == {"queued": 5}
        work(app)
        assert progress(app, submitted.key) == {"delivered": 4, "gone": 1}
        again = submit(app, new_client(), ids, NOTICE)
        assert (again.awaited, again.duplicates) == ([], 0)
        assert again.skipped == {ids[0]: "gone", **dict.fromkeys(ids[1:], "delivered")}
        assert messages(app) == []
        assert [len(core.call(call_id).documents) for call_id in ids] == [0, 1, 1, 1, 1]

    def test_message(self, app: App, ids: list[str], new_client: Callable[..., Client]) -> None:
        """A message contains the ids and the document, and neither credentials nor the URL of the ledger."""
        submit(app, new_client(), ids, NOTICE, ignore=["relative-url"], rate=7)
        (message,) = messages(app)
        assert message == {
            "account": ACCOUNT,
            "host": "voice.bandwidth.com",
            "document": base64.b64encode(NOTICE).decode(),
            "select": [],
            "ignore": ["relative-url"],
            "rate": 7,
            "call_ids": ids,
        }

    def test_large_run_has_several_messages(self, app: App, new_client: Callable[..., Client]) -> None:
        """The calls are divided into batches."""
        submit(app, new_client(), (f"c-{number}" for number in range(120)), NOTICE)
        assert [len(message["call_ids"]) for message in messages(app)] == [50, 50, 20]

    def test_message_that_arrives_twice(self, app: App, core: Core, ids: list[str], new_client: Callable[..., Client]) -> None:
        """If calls are submitted twice, or a message is delivered twice, each call is interrupted once."""
        submit(app, new_client(), ids, NOTICE)
        submit(app, new_client(), ids, NOTICE)
        twice = messages(app)
        assert len(twice) == 2
        for message in [*twice, *twice]:
            app.tasks[TASK].apply(kwargs=message, throw=True)
        assert [len(core.call(call_id).documents) for call_id in ids] == [1] * 5

    def test_calls_in_progress_are_awaited(self, app: App, ids: list[str], new_client: Callable[..., Client]) -> None:
        """A call that another run has claimed is awaited, and not submitted."""
        key = new_client()._account.ledger_key(NOTICE)
        with app.ledger.open(key) as ledger:
            ledger.claim(ids[0])
            assert submit(app, new_client(), ids, NOTICE).awaited == ids
            assert messages(app)[0]["call_ids"] == ids[1:]

    def test_doubtful_calls(self, app: App, core: Core, ids: list[str], new_client: Callable[..., Client]) -> None:
        """A call that may have received the document is submitted only with ``repeat_unknown``."""
        key = new_client()._account.ledger_key(NOTICE)
        with app.ledger.open(key) as ledger:
            ledger.claim(ids[0])
        assert submit(app, new_client(), ids[:1], NOTICE).skipped == {ids[0]: "in doubt"}
        assert submit(app, new_client(), ids[:1], NOTICE, repeat_unknown=True).awaited == ids[:1]
        work(app)
        assert len(core.call(ids[0]).documents) == 1

    @pytest.mark.parametrize("rate", [0, -1, "5"])
    def test_invalid_rate_is_rejected(self, app: App, new_client: Callable[..., Client], rate: Any) -> None:
        """An invalid rate is rejected before anything is submitted. A rate of 0 would remove the limit of the workers."""
        with pytest.raises(InvalidRequest, match="is not a number of calls per second"):
            submit(app, new_client(), ["c-1"], NOTICE, rate=rate)
        assert messages(app) == []

    @pytest.mark.parametrize(
        ("call_ids", "message"),
        [("c-1", 'call_ids="c-1" is a single id'), (["c-1", 2], "call_ids contains 2; expected strings")],
    )
    def test_invalid_ids(self, app: App, new_client: Callable[..., Client], call_ids: Any, message: str) -> None:
        """The ids must be strings."""
        with pytest.raises(InvalidRequest, match=message):
            submit(app, new_client(), call_ids, NOTICE)

    def test_invalid_document(self, app: App, new_client: Callable[..., Client]) -> None:
        """An invalid document is not submitted."""
        with pytest.raises(bxml.InvalidDocument):
            submit(app, new_client(), ["c-1"], "<Bxml><Nothing/></Bxml>")
        assert messages(app) == []

    @pytest.mark.parametrize(
        ("broker", "message"),
        [
            ("redis://maria:correct-horse@{host}/0", "the broker redis://"),
            ("nothing://h", "the broker nothing://"),
            ("redis://:correct-horse/1@h:1/0", "the broker in CALLCONTROL_BROKER cannot be used: the URL is invalid"),
        ],
    )
    def test_broker_cannot_be_used(
        self, tmp_path: Path, closed_host: str, new_client: Callable[..., Client], broker: str, message: str
    ) -> None:
        """If the broker cannot be used, the message names it without its password, and the ledger does not change."""
        app = make_app(broker.format(host=closed_host), f"sqlite:///{tmp_path}/l.db")
        with pytest.raises(CallControlError) as caught:
            submit(app, new_client(), ["c-1"], NOTICE)
        assert str(caught.value).startswith(message)
        assert str(caught.value).endswith("; check the URL, and that the broker runs")
        assert "correct-horse" not in str(caught.value)
        assert app.ledger.keys() == []

    def test_settings(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """The settings come from the environment."""
        variables = environment("memory://", f"sqlite:///{tmp_path}/l.db", "", rate="2.5", claim_seconds=60, workers=3)
        app = app_from_env(variables)
        assert app.ledger._seconds == 60
        assert (app.worker._rate, app.worker._workers) == (2.5, 3)
        assert app.ledger.name == f"sqlite:///{tmp_path}/l.db"
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delitem(vars(callcontrol.celery), "app", raising=False)
        assert callcontrol.celery.app is callcontrol.celery.app
        assert callcontrol.celery.app.fault is None
        monkeypatch.delitem(vars(callcontrol.celery), "app")

    @pytest.mark.parametrize("name", ["rate", "claim_seconds", "workers"])
    def test_setting_is_not_a_number(self, name: str) -> None:
        """A setting that is not a number is rejected."""
        with pytest.raises(InvalidRequest, match=f'CALLCONTROL_{name.upper()}="many" is not a number'):
            app_from_env(environment("memory://", "sqlite:///l.db", "", **{name: "many"}))

    def test_settings_are_missing(self, monkeypatch: pytest.MonkeyPatch, new_client: Callable[..., Client]) -> None:
        """Without settings, the attribute ``app`` exists, and its first use raises the error."""
        monkeypatch.setenv("CALLCONTROL_BROKER", "memory://")
        monkeypatch.delenv("CALLCONTROL_LEDGER", raising=False)
        monkeypatch.delitem(vars(callcontrol.celery), "app", raising=False)
        found = callcontrol.celery.app
        monkeypatch.delitem(vars(callcontrol.celery), "app")
        with pytest.raises(InvalidRequest, match="CALLCONTROL_LEDGER is not set; for example: CALLCONTROL_BROKER=redis://host"):
            submit(found, new_client(), ["c-1"], NOTICE)
        with pytest.raises(SystemExit, match="callcontrol: CALLCONTROL_LEDGER is not set"):
            callcontrol.celery._check(SenderOf(found))

    @pytest.mark.parametrize(("name", "value"), [("rate", 0), ("workers", 65), ("claim_seconds", 0)])
    def test_invalid_setting(self, name: str, value: Any) -> None:
        """Invalid settings are rejected at once."""
        with pytest.raises(InvalidRequest, match=f"{name}={value} is not"):
            make_app("memory://", "sqlite:///l.db", **{name: value})

    def test_unknown_name(self) -> None:
        """The module has no other attributes."""
        with pytest.raises(AttributeError, match=r"module 'callcontrol\.celery' has no attribute 'nothing'"):
            _ = callcontrol.celery.nothing  # type: ignore[attr-defined]

    def test_extra_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without Celery, the message names the extra."""
        monkeypatch.setitem(sys.modules, "celery", None)
        monkeypatch.delitem(sys.modules, "callcontrol.celery")
        with pytest.raises(ModuleNotFoundError, match=r"callcontrol\.celery needs celery: install bxml-callcontrol\[celery\]"):
            __import__("callcontrol.celery")


@dataclasses.dataclass
class SenderOf:
    """The sender of a signal of Celery."""

    app: object


class TestTask:
    """The task in a worker."""

    def test_worker_is_checked(self, app: App) -> None:
        """A worker with correct settings starts. Workers of other applications are not checked."""
        callcontrol.celery._check(SenderOf(app))
        callcontrol.celery._check(SenderOf(object()))

    def test_outage_of_the_ledger(
        self, app: App, ids: list[str], new_client: Callable[..., Client], caplog: pytest.LogCaptureFixture
    ) -> None:
        """If the ledger cannot be used, the batch is tried again later."""
        submit(app, new_client(), ids, NOTICE)
        (message,) = messages(app)
        with app.ledger._database.connection() as connection:
            connection.exec_driver_sql("DROP TABLE callcontrol_ledger")
        with pytest.raises(Retry):
            app.tasks[TASK].apply(kwargs=message, throw=True)
        assert "the batch is tried again in 10 s" in caplog.text

    def test_batch_for_another_account(
        self, app: App, ids: list[str], new_client: Callable[..., Client], caplog: pytest.LogCaptureFixture
    ) -> None:
        """A batch for another account is not carried out."""
        submit(app, new_client(), ids, NOTICE)
        (message,) = messages(app)
        with pytest.raises(Retry):
            app.tasks[TASK].apply(kwargs={**message, "account": "9900124"}, throw=True)
        assert 'a batch is for account "9900124" at voice.bandwidth.com, and this worker uses account "9900123"' in caplog.text

    def test_invalid_document_fails(self, app: App, ids: list[str], new_client: Callable[..., Client]) -> None:
        """A document that this version of the package rejects is not tried again."""
        submit(app, new_client(), ids, NOTICE)
        (message,) = messages(app)
        with pytest.raises(bxml.InvalidDocument):
            app.tasks[TASK].apply(kwargs={**message, "document": base64.b64encode(b"<Bxml><No/></Bxml>").decode()}, throw=True)

    def test_wrong_credentials(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ids: list[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        """If the credentials are wrong, the worker stops itself, and the batch returns to the queue."""

        def client(**settings: Any) -> Client:
            return Client(ACCOUNT, BasicAuth("user", "no"), send=lambda _: Reply(401, Headers(), b""), **settings)

        app = make_app(f"memory://{tmp_path.name}", f"sqlite:///{tmp_path}/l.db", client=client)
        stopped = list[object]()
        monkeypatch.setattr(app.control, "shutdown", lambda **options: stopped.append(options))
        submit(app, client(), ids, NOTICE)
        (message,) = messages(app)
        with pytest.raises(Retry):
            app.tasks[TASK].apply(kwargs=message, throw=True)
        assert len(stopped) == 1
        assert "this worker stops" in caplog.text

    def test_429_delays_all_workers(self, tmp_path: Path, core: Core, ids: list[str], caplog: pytest.LogCaptureFixture) -> None:
        """After a 429 response, the calls of all workers that share the rate are delayed. A failed delay is logged."""
        caplog.set_level(logging.WARNING)
        url = f"sqlite:///{tmp_path}/l.db"
        left = [2]

        def send(request: Request) -> Reply:
            if left[0]:
                left[0] -= 1
                return Reply(429, Headers({"Retry-After": "0.7"}), b"")
            return core.handle(request)

        def client(**settings: Any) -> Client:
            return Client(ACCOUNT, BasicAuth("user", "password"), send=send, **settings)

        app = make_app(f"memory://{tmp_path.name}", url, client=client, rate=1_000)
        begin = time.monotonic()
        for call_id in ids[:2]:  # the second batch uses the same rate
            submit(app, client(), [call_id], NOTICE, rate=2_000)
            work(app)
        waits = list[float]()
        list(SharedRate(url, 1_000, name=f"{ACCOUNT}@voice.bandwidth.com", pause=waits.append).paced([1]))
        assert time.monotonic() - begin >= 0.7
        assert len(core.call(ids[0]).documents) == 1
        with app.ledger._database.connection() as connection:
            moved = connection.exec_driver_sql("SELECT count(*) FROM callcontrol_rate").scalar()
            connection.exec_driver_sql("DROP TABLE callcontrol_rate")
        assert moved == 1
        app.worker._quiet_until = 0.0
        assert app.worker._client
        on_attempt = app.worker._client.retries.on_attempt
        assert on_attempt
        on_attempt(callcontrol.Attempt("UpdateCallBxml", "c-1", 1, 0.1, 429, None, None))
        assert "the rate cannot be kept" in caplog.text
        app.ledger._database.engine.dispose()


class TestCommand:
    """The function behind ``callcontrol bxml --celery``."""

    @pytest.fixture
    def at_each_pause(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        """Return a function that sets what happens in each pause of the command between two queries."""

        def set_steps(*steps: Callable[[], object]) -> None:
            left = iter(steps)
            clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: next(left)())
            monkeypatch.setattr(celery_run, "time", clock)

        return set_steps

    def test_tally(  # noqa: PLR0913, PLR0917
        self,
        app: App,
        core: Core,
        ids: list[str],
        new_client: Callable[..., Client],
        capsys: pytest.CaptureFixture[str],
        at_each_pause: Callable[..., None],
    ) -> None:
        """The command waits for the workers, and prints the tally. Its next run skips the calls that have their outcome."""
        core.call(ids[0]).hang_up()
        at_each_pause(lambda: work(app))
        code = run_on_workers(app, new_client(), ids, NOTICE, rules=RULES, rate=100, as_json=True)
        output, errors = capsys.readouterr()
        assert (code, json.loads(output)["delivered"], json.loads(output)["gone"]) == (REFUSED, 4, 1)
        assert errors.splitlines() == [
            f"callcontrol: 5 calls submitted to the workers; the outcomes are in {app.ledger.name}",
            f"callcontrol: 1 call not reached; to see the reasons, run: callcontrol ledger show {app.ledger.name}",
        ]
        assert run_on_workers(app, new_client(), ids[1:], NOTICE, rules=RULES, as_json=True) == DONE
        output, errors = capsys.readouterr()
        assert json.loads(output)["skipped"] == 4
        assert errors.endswith("; 4 calls skipped\n")

    @pytest.mark.parametrize(("number", "name", "code"), [(signal.SIGINT, "", 130), (signal.SIGTERM, " by SIGTERM", 143)])
    def test_command_is_stopped(  # noqa: PLR0913, PLR0917
        self,
        app: App,
        ids: list[str],
        new_client: Callable[..., Client],
        at_each_pause: Callable[..., None],
        number: int,
        name: str,
        code: int,
    ) -> None:
        """If the command is stopped, the calls stay submitted, and the message says what to do."""
        at_each_pause(lambda: signal.raise_signal(number))
        with pytest.raises(Interrupted) as caught:
            run_on_workers(app, new_client(), ids, NOTICE, rules=RULES)
        assert caught.value.code == code
        assert str(caught.value).startswith(f"interrupted{name}; the workers continue with the calls that were submitted; run")
        assert len(messages(app)) == 1

    def test_no_worker_runs(  # noqa: PLR0913, PLR0917
        self,
        app: App,
        ids: list[str],
        new_client: Callable[..., Client],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        at_each_pause: Callable[..., None],
    ) -> None:
        """If no worker takes the messages, the command says so. If a worker took them and was killed, they are sent again."""
        monkeypatch.setattr(celery_run, "STALLED", 0.0)
        at_each_pause(lambda: messages(app), lambda: work(app))
        assert run_on_workers(app, new_client(), ids, NOTICE, rules=RULES) == DONE
        stalled, again = capsys.readouterr().err.splitlines()[1:]
        assert stalled.endswith("no outcome for 0 s; check that a worker runs: celery -A callcontrol.celery worker")
        assert again.endswith("no outcome for 0 s; 5 calls submitted again")

    def test_calls_of_another_run_are_awaited(
        self,
        app: App,
        ids: list[str],
        new_client: Callable[..., Client],
        monkeypatch: pytest.MonkeyPatch,
        at_each_pause: Callable[..., None],
    ) -> None:
        """If all remaining calls are in progress in another run, they are not submitted again."""
        monkeypatch.setattr(celery_run, "STALLED", 0.0)
        with app.ledger.open(new_client()._account.ledger_key(NOTICE)) as ledger:
            ledger.claim(ids[0])
            at_each_pause(lambda: None, lambda: ledger.finish(Outcome(ids[0], "delivered", 204, None, datetime.now(UTC))))
            assert run_on_workers(app, new_client(), ids[:1], NOTICE, rules=RULES) == DONE
        assert messages(app) == []

    def test_doubtful_calls_count_as_unknown(self, app: App) -> None:
        """A call in doubt counts as unknown."""
        submitted = Submitted(None, [], {"c-1": "in doubt", "c-2": "gone", "c-3": "unknown"}, 2, None)  # type: ignore[arg-type]
        counts = Counter({"in doubt": 1, "unknown": 2, "refused": 3})
        expected = Tally(refused=3, unknown=3, skipped=5, skipped_gone=1, skipped_unknown=2)
        assert tally_of(counts, submitted) == expected  # type: ignore[arg-type]

    def test_row_was_deleted(
        self, app: App, ids: list[str], new_client: Callable[..., Client], at_each_pause: Callable[..., None]
    ) -> None:
        """If the rows of the ledger are deleted, the calls count as unknown."""

        def delete() -> None:
            with app.ledger._database.connection() as connection:
                connection.exec_driver_sql("DELETE FROM callcontrol_ledger")

        at_each_pause(delete)
        assert run_on_workers(app, new_client(), ids, NOTICE, rules=RULES) == REFUSED


class TestSharedRate:
    """Processes share a rate through a database."""

    @pytest.fixture(params=["sqlite", "postgresql"])
    def url(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        """Return the URL of a database."""
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path}/l.db"
        server: PostgresqlServer = request.getfixturevalue("postgresql")
        return server.new_database()

    def test_two_users(self, url: str) -> None:
        """Two users of the same rate together do not exceed the rate."""
        times = list[float]()

        def take() -> None:
            times.extend(time.monotonic() for _ in SharedRate(url, 100).paced(range(50)))

        threads = [threading.Thread(target=take) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 0.9 <= max(times) - min(times) <= 2.0

    def test_turns(self, url: str) -> None:
        """The first item begins at once.

        The next items follow at even intervals. A rate with another name has its own turns.
        """
        waits = list[float]()
        rate = SharedRate(url, 2, pause=waits.append)
        assert list(rate.paced("abc")) == ["a", "b", "c"]
        assert len(waits) == 2
        assert list(SharedRate(url, 2, name="other", pause=waits.append).paced("a")) == ["a"]
        assert len(waits) == 2

    def test_delay(self, url: str) -> None:
        """After a delay, the next turn comes later. A shorter delay changes nothing."""
        waits = list[float]()
        SharedRate(url, 1).delay(100)
        SharedRate(url, 1).delay(5)
        next(SharedRate(url, 1, pause=waits.append).paced("a"))
        assert 90 < waits[0] <= 100

    @pytest.mark.parametrize("rate", [0, -1, True, "5", 2_000_000])
    def test_invalid_rate(self, url: str, rate: Any) -> None:
        """The rate must be a positive number."""
        with pytest.raises(InvalidRequest, match=r"rate=.* is not a number of calls per second from 0\.001 to 1000000"):
            SharedRate(url, rate)

    def test_outage(self, url: str) -> None:
        """If the database cannot be used, the error says that the rate cannot be kept."""
        rate = SharedRate(url, 1)
        rate.delay(0)
        with rate._database.connection() as connection:
            connection.exec_driver_sql("DROP TABLE callcontrol_rate")
        with pytest.raises(CallControlError, match=r"cannot be written: .*; the rate cannot be kept"):
            rate.delay(1)
        rate._database.engine.dispose()
