"""Interrupting many calls with Celery workers: calls per second, the shared rate, and a worker that is killed.

``python -m tests.benchmarks.test_celery`` compares one process that uses a file, two processes that share an SQLite file, and
one or two Celery workers that share a PostgreSQL database. The server responds after 100 milliseconds, like an API across the
internet, so a process that interrupts 16 calls at once cannot be faster than 160 calls per second.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from callcontrol import BasicAuth, Client, SqlLedger
from callcontrol.celery import make_app
from callcontrol.command.celery_run import run_on_workers
from tests.callcontrol import celery_workers, postgresql_server
from tests.callcontrol.celery_workers import ACCOUNT, NOTICE, FaultyEmulator, Worker, environment, new_queue

CALLS: Final = 3_000
"""Number of calls of each run."""

LATENCY: Final = 0.1
"""Seconds until the server responds."""


def client_of(url: str) -> Client:
    """Return a client of the emulator."""
    return Client(ACCOUNT, BasicAuth("user", "password"), base_url=url)


def interrupt(url: str, ledger: str, ids: Sequence[str]) -> None:
    """Interrupt calls in this process, with a database."""
    with client_of(url) as client:
        client.interrupt_many(ids, NOTICE, ledger=SqlLedger(ledger))


def one_process(emulator: FaultyEmulator, directory: Path) -> None:
    """Interrupt the calls in this process, with a file."""
    with client_of(emulator.url) as client:
        client.interrupt_many(emulator.ids, NOTICE, ledger=directory / "ledger.jsonl")


def processes(number: int) -> Callable[[FaultyEmulator, Path], None]:
    """Return a function that interrupts the calls in several processes, which share an SQLite file."""

    def run(emulator: FaultyEmulator, directory: Path) -> None:
        ledger = f"sqlite:///{directory}/ledger.db"
        spawn = multiprocessing.get_context("spawn")
        parts = [emulator.ids[start::number] for start in range(number)]
        started = [spawn.Process(target=interrupt, args=(emulator.url, ledger, part)) for part in parts]
        for process in started:
            process.start()
        for process in started:
            process.join()
            assert process.exitcode == 0

    return run


class Measured(NamedTuple):
    """The results of a run."""

    rate: float
    deliveries: Counter[int]


def measure(run: Callable[[FaultyEmulator, Path], None], calls: int = CALLS) -> Measured:
    """Interrupt calls, and return the calls per second from the first request to the last."""
    with FaultyEmulator(calls, fault_every=0, seconds=LATENCY) as emulator, tempfile.TemporaryDirectory() as directory:
        run(emulator, Path(directory))
        seconds = emulator.times[-1] - emulator.times[0] + LATENCY
        return Measured(calls / seconds, Counter(emulator.deliveries().values()))


def with_celery(workers: int, rate: float | None = None) -> Callable[[FaultyEmulator, Path], None]:
    """Return a function that interrupts the calls with Celery workers, PostgreSQL and Valkey."""

    def run(emulator: FaultyEmulator, directory: Path) -> None:
        with ExitStack() as stack:
            server = stack.enter_context(postgresql_server.running(is_durable=True))
            broker = new_queue(stack.enter_context(celery_workers.broker()))
            ledger = server.new_database()
            variables = environment(broker, ledger, emulator.url)
            running = [stack.enter_context(Worker(variables, directory / f"{number}.log")) for number in range(workers)]
            for worker in running:
                worker.wait()
            client = stack.enter_context(client_of(emulator.url))
            rules = {"select": (), "ignore": ()}
            run_on_workers(make_app(broker, ledger), client, emulator.ids, NOTICE, rules=rules, rate=rate, as_json=True)

    return run


@pytest.mark.timeout(120)
@pytest.mark.parametrize("run", [one_process, processes(2), with_celery(1)], ids=["file", "SQLite", "Celery"])
def test_each_run_interrupts_every_call_once(run: Callable[[FaultyEmulator, Path], None]) -> None:
    """A short run interrupts each call once."""
    assert measure(run, 100).deliveries == {1: 100}


def report() -> None:
    """Measure every way to interrupt the calls, and print the results."""
    ways = {
        "one process, file": one_process,
        "one process, SQLite": processes(1),
        "two processes, SQLite": processes(2),
        "one Celery worker": with_celery(1),
        "two Celery workers": with_celery(2),
        "two Celery workers, rate 100": with_celery(2, rate=100),
    }
    print(f"Interrupt {CALLS:,} calls of a server that responds after {LATENCY * 1000:.0f} ms")  # noqa: T201
    for name, run in ways.items():
        measured = measure(run)
        print(f"{name:32}{measured.rate:8.0f} calls/s, deliveries: {dict(measured.deliveries)}")  # noqa: T201
    with ExitStack() as stack:
        server = stack.enter_context(postgresql_server.running(is_durable=True))
        broker = new_queue(stack.enter_context(celery_workers.broker()))
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        begin = time.monotonic()
        proof = celery_workers.kill_one_of_two_workers(server.new_database(), broker, directory, calls=5_000)
        print(  # noqa: T201
            f"5,000 calls, 5 % faults, one of two workers killed: {proof.seconds:.0f} s of {time.monotonic() - begin:.0f} s; "
            f"states {dict(Counter(proof.states.values()))}, deliveries {dict(Counter(proof.deliveries.values()))}, "
            f"deliveries of calls in doubt "
            f"{dict(Counter(proof.deliveries[call_id] for call_id, state in proof.states.items() if state == 'in doubt'))}"
        )


if __name__ == "__main__":
    report()
