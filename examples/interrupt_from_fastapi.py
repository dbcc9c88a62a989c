"""A voice bot's back end, with FastAPI: its handlers interrupt live calls without blocking the event loop.

Run it with ``python examples/interrupt_from_fastapi.py``. The client reads its account and credentials from the environment.
The example requires the extra ``async``: ``pip install 'bxml-callcontrol[async]'``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request

from bxml import Bxml
from callcontrol import ApiError, AsyncClient, CallNotActive, NotFound, TransportError

MENU = "https://bot.app.example/menu"
"""The URL at which an interrupted call continues."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Keep one client, so that all requests share its connections, its token and its rate limiter."""
    async with AsyncClient.from_env() as api:
        app.state.api = api
        yield


app = FastAPI(lifespan=lifespan)


def client(request: Request) -> AsyncClient:
    """Return the client of the application."""
    api: AsyncClient = request.app.state.api
    return api


@app.post("/calls/{call_id}/notice")
async def notice(call_id: str, text: str, api: Annotated[AsyncClient, Depends(client)]) -> dict[str, str]:
    """Interrupt a call with a notice; the application handles other requests until the API responds."""
    document = Bxml().speak_sentence(text).redirect(redirect_url=MENU)
    try:
        await api.interrupt(call_id, document)
    except NotFound:
        raise HTTPException(404, "the call does not exist") from None
    except CallNotActive:
        raise HTTPException(409, "the call is not answered yet, or has ended") from None
    except (ApiError, TransportError) as error:
        raise HTTPException(502, str(error)) from None
    return {"call_id": call_id, "outcome": "delivered"}


@app.post("/closing")
async def closing(text: str, api: Annotated[AsyncClient, Depends(client)]) -> dict[str, int]:
    """Interrupt every answered call with a notice, after which the call ends."""
    answered = (call.call_id async for call in api.list_calls() if call.state == "answered")
    tally = await api.interrupt_many(answered, Bxml().speak_sentence(text).hangup())
    return {"delivered": tally.delivered, "others": tally.total - tally.delivered}


if __name__ == "__main__":
    uvicorn.run(app, port=5003)
