"""Runs with a ledger object that other runs use at the same time, with both clients."""

from __future__ import annotations

import asyncio
import threading

import pytest

from callcontrol import AsyncClient, BasicAuth, Ledger, Reply, Request, Tally
from tests.callcontrol.blocking_async_client import BOTH, ClientType
from tests.callcontrol.ledger_files import DOCUMENT, KEY
from tests.callcontrol.memory_ledger import MemoryLedger
from tests.callcontrol.scripted_api import ACCOUNT

URL = f"https://{KEY.host}"


@pytest.mark.parametrize("make", BOTH.values(), ids=BOTH)
def test_calls_of_other_runs_are_skipped(make: ClientType) -> None:
    """A call that another run claims in the meantime is skipped and counted by its state, and nothing is sent for it."""
    ledger = MemoryLedger({"c-1": "in progress", "c-2": "delivered", "c-3": "gone", "c-4": "in doubt"})
    sent: list[str] = []

    def send(request: Request) -> Reply:
        sent.append(request.url)
        return Reply(204)

    with make(ACCOUNT, BasicAuth("user", "pass"), base_url=URL, send=send) as client:
        tally = client.interrupt_many(["c-1", "c-2", "c-3", "c-4", "c-5"], DOCUMENT, ledger=ledger, workers=1)
    assert tally == Tally(delivered=1, skipped=4, skipped_gone=1, skipped_unknown=2)
    assert [url.rpartition("/calls/")[2] for url in sent] == ["c-5/bxml"]
    assert ledger.written == [("c-5", "claimed"), ("c-5", "delivered")]
    assert (ledger.keys, ledger.is_open) == ([KEY], False)
    assert isinstance(ledger, Ledger)


def test_ledger_does_not_block_the_event_loop() -> None:
    """On an event loop, the methods of a ledger run in other threads, so other tasks go on while a ledger waits."""
    ledger, ticks = MemoryLedger(seconds=0.1), 0

    async def send(_: Request) -> Reply:
        return Reply(204)

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async def main() -> Tally:
        ticking = asyncio.create_task(tick())
        async with AsyncClient(ACCOUNT, BasicAuth("user", "pass"), base_url=URL, send=send) as client:
            tally = await client.interrupt_many(["c-1"], DOCUMENT, ledger=ledger)
        ticking.cancel()
        return tally

    assert asyncio.run(main()) == Tally(delivered=1)
    assert threading.current_thread() not in ledger.threads
    assert ticks > 10


@pytest.mark.parametrize("after", [0.05, 0.15, 0.25])
def test_canceled_run_waits_for_its_ledger(after: float) -> None:
    """If a run is canceled while its ledger opens, reads or claims, the ledger is closed, and no request is sent afterwards."""
    ledger = MemoryLedger(seconds=0.1)
    sent: list[Request] = []

    async def send(request: Request) -> Reply:
        sent.append(request)
        await asyncio.sleep(10)
        return Reply(204)

    async def main() -> None:
        async with AsyncClient(ACCOUNT, BasicAuth("user", "pass"), base_url=URL, send=send) as client:
            task = asyncio.create_task(client.interrupt_many(["c-1"], DOCUMENT, ledger=ledger, workers=1))
            await asyncio.sleep(after)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert not sent
    assert not ledger.is_open
    assert ledger.written in ([], [("c-1", "claimed"), ("c-1", "refused")])
