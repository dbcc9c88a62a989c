"""``examples/interrupt_from_fastapi.py``: handlers interrupt calls, and the event loop serves other requests meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
import uvicorn
from fastapi import HTTPException
from flask import Flask

from bxml import Response
from callcontrol import AsyncClient, BasicAuth, Client, Reply
from callcontrol.emulator import Emulator
from callcontrol.webhooks import flask_answer
from examples import interrupt_from_fastapi as example
from tests.callcontrol.scripted_api import ACCOUNT, NEW_CALL

SOON = 10.0
"""Seconds within which an immediate event happens, even on a busy machine."""


@asynccontextmanager
async def application() -> AsyncIterator[str]:
    """Run the example on a free port, and return its URL."""
    server = uvicorn.Server(uvicorn.Config(example.app, port=0, log_level="error", ws="none"))
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110  uvicorn provides no event to wait for
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def post(url: str, text: str = "We close soon.") -> tuple[int, object]:
    """Send a request to the example, and return the status and the body."""
    async with aiohttp.ClientSession() as session, session.post(url, params={"text": text}) as response:
        return response.status, await response.json()


def test_calls_are_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One call hears a notice. Then every answered call hears another notice and ends."""
    app = Flask(__name__)
    app.add_url_rule("/<path>", "wait", lambda path: flask_answer(Response().pause(duration=3600)), methods=["POST"])

    async def main(call_id: str) -> None:
        async with application() as url:
            delivered = {"call_id": call_id, "outcome": "delivered"}
            assert await post(f"{url}/calls/{call_id}/notice") == (200, delivered)
            assert (await post(f"{url}/calls/c-unknown/notice"))[0] == 404
            assert await post(f"{url}/closing", "Goodbye.") == (200, {"delivered": 1, "others": 0})
            await asyncio.to_thread(voice.call(call_id).expect_end, SOON)
            assert (await post(f"{url}/calls/{call_id}/notice"))[0] == 409

    with Emulator(app) as voice, Client(ACCOUNT, BasicAuth("user", "pass"), base_url=voice.url) as client:
        for name, value in {"ACCOUNT_ID": ACCOUNT, "USERNAME": "user", "PASSWORD": "pass", "VOICE_URL": voice.url}.items():
            monkeypatch.setenv(f"BW_{name}", value)
        monkeypatch.delenv("BW_CLIENT_ID", raising=False)
        call_id = client.create_call(**NEW_CALL).call_id
        client.wait_until_answered(call_id)
        asyncio.run(main(call_id))
        documents = voice.call(call_id).documents
    assert ["We close soon." in documents[-2], "Goodbye." in documents[-1]] == [True, True]


def test_event_loop_is_not_blocked() -> None:
    """A hundred handlers wait for the API at the same time."""
    waiting = 0
    all_wait = asyncio.Event()

    async def send(_: object) -> Reply:
        nonlocal waiting
        waiting += 1
        if waiting == 100:
            all_wait.set()
        await all_wait.wait()
        return Reply(204)

    async def main() -> None:
        api = AsyncClient(ACCOUNT, BasicAuth("user", "pass"), send=send)
        async with asyncio.timeout(SOON):
            await asyncio.gather(*(example.notice(f"c-{n}", "We close soon.", api) for n in range(100)))

    asyncio.run(main())


def test_failure_of_the_api_is_502() -> None:
    """If the API refuses a request, the response of the application has status 502 and names the failure."""

    async def send(_: object) -> Reply:
        return Reply(400)

    api = AsyncClient(ACCOUNT, BasicAuth("user", "pass"), send=send)
    with pytest.raises(HTTPException) as caught:
        asyncio.run(example.notice("c-1", "We close soon.", api))
    assert caught.value.status_code == 502
