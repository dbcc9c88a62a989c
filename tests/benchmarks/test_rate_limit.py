"""Interrupting many calls at an API that accepts a limited number of requests per second.

``python -m tests.benchmarks.test_rate_limit`` prints, for each client and each number of workers: the number of calls that
received the document, the number of 429 responses, and the duration. All runs take place at the same time,
because each run mostly waits.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Final, NamedTuple

import pytest

from callcontrol import AsyncClient, BasicAuth, Client, Tally
from tests.benchmarks.test_interrupting import NOTICE, ids
from tests.callcontrol.scripted_api import ACCOUNT

LIMIT: Final = 25
"""Number of requests that the API accepts per second. The API starts to count again at each full second of the clock."""

CALLS: Final = 1_000
"""Number of calls that each run interrupts."""

WORKERS: Final = (16, 64)
"""Numbers of workers to compare."""


class LimitedServer(ThreadingHTTPServer):
    """A server that sends 204 to a limited number of requests per second. The other requests get 429."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, limit: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._limit, self._lock = limit, Lock()
        self._second, self._requests = 0, 0
        self.refused = 0

    def status(self) -> int:
        """Count a request and return the status of its response."""
        with self._lock:
            second = int(time.monotonic())
            self._requests = self._requests + 1 if second == self._second else 1
            self._second = second
            is_accepted = self._requests <= self._limit
            self.refused += not is_accepted
            return 204 if is_accepted else 429


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LimitedServer

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.status()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class has this parameter name
        """Print nothing."""


@contextmanager
def serving(limit: int) -> Iterator[LimitedServer]:
    """Run a server in a thread."""
    with LimitedServer(limit) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Run(NamedTuple):
    """The results of a run."""

    tally: Tally
    refused: int
    seconds: float


def with_threads(workers: int, calls: int, **settings: Any) -> Tally:
    """Interrupt calls with Client."""
    with Client(ACCOUNT, BasicAuth("user", "pass"), **settings) as client:
        return client.interrupt_many(ids(calls), NOTICE, workers=workers)


def with_asyncio(workers: int, calls: int, **settings: Any) -> Tally:
    """Interrupt calls with AsyncClient."""

    async def main() -> Tally:
        async with AsyncClient(ACCOUNT, BasicAuth("user", "pass"), **settings) as client:
            return await client.interrupt_many(ids(calls), NOTICE, workers=workers)

    return asyncio.run(main())


CLIENTS: Final = {"Client": with_threads, "AsyncClient": with_asyncio}


def run(name: str, workers: int, *, calls: int = CALLS, limit: int = LIMIT) -> Run:
    """Interrupt calls with a client, and return what the client and the server counted."""
    with serving(limit) as server:
        begin = time.monotonic()
        url = f"http://127.0.0.1:{server.server_address[1]}/api/v2"
        tally = CLIENTS[name](workers, calls, base_url=url)
        return Run(tally, server.refused, time.monotonic() - begin)


@pytest.mark.parametrize("name", CLIENTS)
def test_limited_run(name: str) -> None:
    """A short run delivers the document to every call."""
    assert run(name, 4, calls=12, limit=10).tally.delivered == 12


def report(calls: int = CALLS) -> None:
    """Run every client with every number of workers, and print the results."""
    logging.getLogger("callcontrol").setLevel(logging.ERROR)  # otherwise each retry prints a line
    cells = [(name, workers) for name in CLIENTS for workers in WORKERS]
    print(f"Interrupt {calls} calls with a limit of {LIMIT} requests per second")  # noqa: T201
    print(f"{'':12}{'workers':>8}{'delivered':>11}{'429':>6}{'seconds':>9}")  # noqa: T201
    with ThreadPoolExecutor(len(cells)) as threads:
        for (name, workers), found in zip(cells, threads.map(lambda cell: run(*cell, calls=calls), cells), strict=True):
            print(f"{name:12}{workers:8}{found.tally.delivered:11}{found.refused:6}{found.seconds:9.1f}")  # noqa: T201


if __name__ == "__main__":
    report()
