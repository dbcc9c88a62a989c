"""The worker processes of the command end together with the command, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bxml.command import worker_processes
from tests.bxml.command.conftest import VALID

ROOT = Path(__file__).parents[3]

SCRIPT = """
from bxml.command import checker, main
checker.PARALLEL_THRESHOLD, checker.CHUNK_SIZE, checker.processes = 4, 1, lambda: 2
main()
"""
"""The command, with two worker processes although there are few files."""


def children(process: int) -> list[int]:
    """Return the ids of the child processes of a process."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]


def wait_for_workers(process: subprocess.Popen[bytes]) -> None:
    """Wait until the command has started its workers."""
    for _ in range(200):
        if len(children(process.pid)) == 2:
            return
        time.sleep(0.05)
    raise AssertionError("the workers were not started")


@pytest.fixture
def running() -> Iterator[subprocess.Popen[bytes]]:
    """Run the command. The workers of the command wait for named pipes to which no process writes."""
    for number in range(8):
        Path(f"{number}.bxml").write_text(VALID, encoding="utf-8")
        os.mkfifo(f"{number}.pipe")
    files = [f"{number}.{suffix}" for suffix in ("bxml", "pipe") for number in range(8)]
    command = [sys.executable, "-c", SCRIPT, "validate", *files]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc lists the child processes only on Linux")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda number: number.name)
def test_workers_end_with_the_command(running: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """After a signal has ended the command, the workers end and close the pipe, so its reader does not wait for them."""
    wait_for_workers(running)
    workers = children(running.pid)
    running.send_signal(number)
    assert running.stdout
    began = time.monotonic()
    running.stdout.read()  # returns when every process has closed the pipe
    assert time.monotonic() - began < 5
    assert running.wait() == -number
    assert not any(Path(f"/proc/{worker}/exe").exists() for worker in workers)


def test_worker_ends_when_its_parent_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker looks at its parent repeatedly, and exits at once when the parent has ended."""
    ended = iter([False, False, True])
    exits: list[int] = []
    monkeypatch.setattr(worker_processes, "has_ended", lambda _: next(ended))
    monkeypatch.setattr(worker_processes, "INTERVAL", 0)
    monkeypatch.setattr(os, "_exit", exits.append)
    worker_processes.end_with(1)
    assert exits == [1]


def test_parent_has_ended_if_this_process_has_another_parent() -> None:
    """The id of the parent changes when the parent has ended."""
    assert not worker_processes.has_ended(os.getppid())
    assert worker_processes.has_ended(os.getpid())


def test_parent_has_ended_if_multiprocessing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows the id of the parent does not change, but the parent process is not alive any more."""

    class Ended:
        def is_alive(self) -> bool:
            return False

    monkeypatch.setattr(worker_processes, "parent_process", Ended)
    assert worker_processes.has_ended(os.getppid())


def test_worker_runs_its_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker ignores Ctrl-C, watches its parent, and runs the function that it was started with."""
    watched: list[int] = []
    handlers: list[object] = []
    monkeypatch.setattr(worker_processes, "end_with", watched.append)
    monkeypatch.setattr(signal, "signal", lambda *arguments: handlers.append(arguments))
    worker_processes.initialize(42, str.upper)
    assert worker_processes.run("a") == "A"
    assert handlers == [(signal.SIGINT, signal.SIG_IGN)]
    for _ in range(100):
        if watched:
            break
        time.sleep(0.01)
    assert watched == [42]
