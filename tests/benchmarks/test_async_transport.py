"""Cost per request if many requests are sent at once, with the asynchronous transport, aiohttp alone, or the whole client.

The server is another process, so the processor time of this process is the time of the client.
``python -m tests.benchmarks.test_async_transport`` prints microseconds of processor time and requests per second.
"""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from multiprocessing.connection import Connection
from statistics import median
from time import perf_counter, process_time
from typing import Final

import aiohttp
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from callcontrol import AsyncClient, BasicAuth
from callcontrol.async_transport import AsyncTransport
from callcontrol.http_messages import Headers, Request
from tests.benchmarks.test_interrupting import NOTICE, TEXT

AT_A_TIME: Final = 100
"""Number of simultaneous requests."""

REQUESTS: Final = 1_000
"""Number of requests in one turn."""

TURNS: Final = 15
"""Number of turns. The first turn is a warm-up, and its results are left out."""

HEADERS: Final = {"Content-Type": "application/xml", "Accept": "application/json", "Authorization": "Basic dXNlcjpwYXNz"}

Send = Callable[[str], Awaitable[int]]
"""Function that sends the document to a URL and returns the status of the response."""

SendMany = Callable[[str, int, int], Awaitable[None]]
"""Function that sends the document to many calls.

Its arguments are the URL of the list of calls, the number of calls, and the number of simultaneous requests.
"""

Way = Callable[[str], AbstractAsyncContextManager[SendMany]]
"""Function that opens one of the compared clients. Its argument is the URL of the list of calls."""


class NoContent(asyncio.Protocol):
    """Responds with status 204 to every request of a connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Send one response for each document received, because a document is the end of a request."""
        self._received += data
        count = self._received.count(b"</Bxml>")
        if count:
            self._received = self._received.rpartition(b"</Bxml>")[2]
            self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n" * count)


def serve(ready: Connection) -> None:
    """Run the server until the process is terminated."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(NoContent, "127.0.0.1", 0, backlog=1024)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def server() -> Iterator[str]:
    """Run the server in another process, and return its URL."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=[theirs], daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/api/v2/accounts/1/calls"
    finally:
        process.terminate()
        process.join()


@asynccontextmanager
async def with_aiohttp(_: str) -> AsyncIterator[Send]:
    """Yield a function that sends with aiohttp alone."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def send(url: str) -> int:
            async with session.put(url, data=TEXT.encode(), headers=HEADERS) as response:
                await response.read()
                return response.status

        yield send


@asynccontextmanager
async def with_transport(_: str) -> AsyncIterator[Send]:
    """Yield a function that sends with the transport of the asynchronous client."""
    transport = AsyncTransport(30.0)
    headers = Headers(HEADERS)

    async def send(url: str) -> int:
        return (await transport(Request("PUT", url, headers, TEXT.encode()))).status

    yield send
    await transport.close()


@asynccontextmanager
async def with_client(url: str) -> AsyncIterator[Send]:
    """Yield a function that interrupts a call with the asynchronous client, which validates the document once."""
    async with AsyncClient("1", BasicAuth("user", "pass"), base_url=url.partition("/accounts/")[0]) as client:

        async def send(url: str) -> int:
            return (await client.update_call_bxml(url.split("/")[-2], NOTICE)).status

        yield send


@asynccontextmanager
async def with_interrupt_many(url: str) -> AsyncIterator[SendMany]:
    """Yield a function that interrupts many calls by running ``interrupt_many`` once, without a ledger."""
    async with AsyncClient("1", BasicAuth("user", "pass"), base_url=url.partition("/accounts/")[0]) as client:

        async def send_many(_: str, requests: int, at_a_time: int) -> None:
            tally = await client.interrupt_many((f"c-{number}" for number in range(requests)), NOTICE, workers=at_a_time)
            assert tally.delivered == requests

        yield send_many


def one_by_one(sending: Callable[[str], AbstractAsyncContextManager[Send]]) -> Way:
    """Return a way to send many requests, given a way to send one request."""

    @asynccontextmanager
    async def way(url: str) -> AsyncIterator[SendMany]:
        async with sending(url) as send:

            async def send_many(url: str, requests: int, at_a_time: int) -> None:
                urls = (f"{url}/c-{number}/bxml" for number in range(requests))

                async def work() -> None:
                    for each in urls:
                        assert await send(each) == 204

                await asyncio.gather(*(work() for _ in range(at_a_time)))

            yield send_many

    return way


WAYS: Final[dict[str, Way]] = {
    "aiohttp": one_by_one(with_aiohttp),
    "transport": one_by_one(with_transport),
    "client": one_by_one(with_client),
    "interrupt_many": with_interrupt_many,
}


async def compare(url: str, turns: int, requests: int, at_a_time: int) -> dict[str, list[tuple[float, float]]]:
    """Return the seconds of processor time and of real time per request, for each way to send in each turn except the first."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    for _ in range(turns):
        for name, way in WAYS.items():
            async with way(url) as send_many:
                await send_many(url, at_a_time, at_a_time)  # opens the connections
                processor, real = process_time(), perf_counter()
                await send_many(url, requests, at_a_time)
                taken[name].append(((process_time() - processor) / requests, (perf_counter() - real) / requests))
    return {name: each[1:] for name, each in taken.items()}


@pytest.mark.parametrize("name", WAYS)
def test_sending(benchmark: BenchmarkFixture, name: str) -> None:
    """Each way can send requests, ten at a time."""

    async def main(url: str) -> None:
        async with WAYS[name](url) as send_many:
            await send_many(url, 20, 10)

    with server() as url:
        benchmark(lambda: asyncio.run(main(url)))


if __name__ == "__main__":
    with server() as base:
        for at_a_time in (1, AT_A_TIME):
            taken = asyncio.run(compare(base, TURNS, REQUESTS, at_a_time))
            print(f"{at_a_time} at a time{'':10}{'processor':>12}{'median':>10}{'requests/s':>12}{'throughput':>12}")  # noqa: T201
            for name, each in taken.items():
                processor, real = zip(*each, strict=True)
                bare = min(real for _, real in taken["aiohttp"])
                print(  # noqa: T201
                    f"{name:22}{min(processor) * 1e6:10.0f}µs{median(processor) * 1e6:8.0f}µs"
                    f"{1 / min(real):12,.0f}{bare / min(real):11.2f}x"
                )
