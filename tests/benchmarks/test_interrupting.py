"""Cost of pushing one document over loopback with callcontrol, with the vendor's package, and with urllib3 alone.

callcontrol checks the document and the call id each time, and knows which requests it may retry. The other packages check
nothing. The server runs in another process, so the processor time of this process is the time of the client.
``python -m tests.benchmarks`` prints ratios.
"""

import multiprocessing
import socketserver
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from multiprocessing.connection import Connection
from time import perf_counter, process_time
from typing import Final

import bandwidth
import pytest
import urllib3
from pytest_benchmark.fixture import BenchmarkFixture

from bxml import Bxml
from callcontrol import BasicAuth, Client
from tests.callcontrol.scripted_api import ACCOUNT, CALL_ID


def notice(minutes: object) -> Bxml:
    """Build a document."""
    spoken = f"The office closes in {minutes} minutes."
    return Bxml().speak_sentence(spoken, voice="julie").redirect(redirect_url="https://app.example/menu")


NOTICE: Final = notice("five")
TEXT: Final = NOTICE.to_bxml()

WORKERS: Final = 16
"""Number of threads that push at the same time."""

Push = Callable[[str], object]
"""Function that pushes the document into a call."""


class NoContent(socketserver.StreamRequestHandler):
    """Responds with status 204 to every request of a connection."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Read each request to its end and respond."""
        while line := self.rfile.readline():
            length = 0
            while line not in {b"\r\n", b""}:
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
                line = self.rfile.readline()
            self.rfile.read(length)
            self.wfile.write(b"HTTP/1.1 204 No Content\r\n\r\n")


class Server(socketserver.ThreadingTCPServer):
    """A server with one thread per connection."""

    daemon_threads = True
    request_queue_size = 128


def serve(ready: Connection) -> None:
    """Run the server until the process is terminated."""
    with Server(("127.0.0.1", 0), NoContent) as server:
        ready.send(server.server_address[1])
        server.serve_forever()


@contextmanager
def client_and_pushes() -> Iterator[tuple[Client, Mapping[str, Push]]]:
    """Yield a client, and a mapping from names of packages to functions that push the document into a call."""
    with ExitStack() as stack:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=serve, args=[theirs], daemon=True)
        process.start()
        stack.callback(process.join)
        stack.callback(process.terminate)
        base = f"http://127.0.0.1:{ours.recv()}/api/v2"
        client = stack.enter_context(Client(ACCOUNT, BasicAuth("user", "pass"), base_url=base))
        configuration = bandwidth.Configuration(host=base, ignore_operation_servers=True, username="user", password="pass")
        configuration.connection_pool_maxsize = WORKERS
        api = bandwidth.CallsApi(stack.enter_context(bandwidth.ApiClient(configuration)))
        pool = stack.enter_context(urllib3.PoolManager(maxsize=WORKERS))
        headers = {
            "Content-Type": "application/xml",
            "Accept": "application/json",
            **urllib3.make_headers(basic_auth="user:pass"),
        }

        def push_with_urllib3(call_id: str) -> None:
            url = f"{base}/accounts/{ACCOUNT}/calls/{call_id}/bxml"
            assert pool.request("PUT", url, body=TEXT.encode(), headers=headers).status == 204

        numbers = count()
        yield (
            client,
            {
                # A different document each time, which is built and validated.
                "bxml": lambda call_id: client.update_call_bxml(call_id, notice(next(numbers))),
                "bxml, constant": lambda call_id: client.update_call_bxml(call_id, NOTICE),
                "bxml, string": lambda call_id: client.update_call_bxml(call_id, TEXT),
                # A different string each time, so no cached validation applies.
                "bxml, new strings": lambda call_id: client.update_call_bxml(call_id, f"{TEXT}<!--{next(numbers)}-->"),
                "bandwidth-sdk": lambda call_id: api.update_call_bxml(ACCOUNT, call_id, TEXT),
                "urllib3": push_with_urllib3,
            },
        )


def seconds_of_processor(push: Push, calls: int) -> float:
    """Return the seconds of processor time that this process takes per interruption."""
    start = process_time()
    for _ in range(calls):
        push(CALL_ID)
    return (process_time() - start) / calls


def seconds_in_bulk(push: Push, calls: int) -> float:
    """Return the seconds per interruption with a pool of threads."""
    with ThreadPoolExecutor(WORKERS) as workers:
        start = perf_counter()
        for _ in workers.map(push, ids(calls)):
            pass
        return (perf_counter() - start) / calls


def seconds_by_workers(client: Client, calls: int, ledger: str | None) -> float:
    """Return the seconds per interruption with ``interrupt_many``."""
    start = perf_counter()
    assert client.interrupt_many(ids(calls), NOTICE, workers=WORKERS, ledger=ledger).delivered == calls
    return (perf_counter() - start) / calls


def ids(calls: int) -> Iterator[str]:
    """Yield the given number of call ids."""
    return (f"c-{number}" for number in range(calls))


@pytest.mark.parametrize("name", ["bxml", "bxml, constant", "bxml, string", "bxml, new strings", "bandwidth-sdk", "urllib3"])
def test_interrupting_a_call(benchmark: BenchmarkFixture, name: str) -> None:
    """Each package pushes the document."""
    with client_and_pushes() as (_, pushes):
        benchmark(pushes[name], CALL_ID)
