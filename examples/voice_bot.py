"""A voice bot, with FastAPI: it talks to a caller over the WebSocket of a media stream.

The bot repeats each sentence of the caller; a real bot would call a speech model instead. It stops when the caller interrupts
it, transfers the call to a person after three sentences, and hangs up if the caller is silent for ten seconds.

Run it with ``python examples/voice_bot.py``. The client reads its account and credentials from the environment.
The example requires the extra ``async`` and a library for WebSockets: ``pip install 'bxml-callcontrol[async]' websockets``.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from secrets import compare_digest, token_urlsafe

import uvicorn
from fastapi import FastAPI, Response, WebSocket, WebSocketDisconnect

import bxml
from bxml import Bxml, PhoneNumber, StreamParam
from callcontrol import AsyncClient, CallNotActive, NotFound

STREAM = "bot"

DESTINATION = "wss://bot.app.example/audio"
"""The public URL of the WebSocket below."""

PERSON = "+13365550142"

TOKEN = token_urlsafe()
"""A secret in each document. A WebSocket has no signature, so the bot accepts only streams that know this token."""

LOUD = 0x40
"""Minimum level of speech, from 0 to 0x7F."""

PAUSE = 25
"""Number of quiet messages after which a sentence is complete; each message has 20 ms of audio."""

PATIENCE = 500
"""Number of quiet messages after which the bot hangs up."""

SENTENCES = 3
"""Number of sentences after which the bot transfers the call."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Keep one client for all calls."""
    async with AsyncClient.from_env() as api:
        app.state.api = api
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/answer")
async def answer() -> Response:
    """Connect the call with the bot, and keep the call until the bot closes the WebSocket."""
    document = (
        bxml.Response()
        .start_stream([StreamParam(name="token", value=TOKEN)], name=STREAM, mode="bidirectional", destination=DESTINATION)
        .stop_stream(name=STREAM, wait=True)
        .speak_sentence("Goodbye.")
    )
    return Response(document.to_bytes(), media_type="application/xml")


@app.websocket("/audio")
async def audio(socket: WebSocket) -> None:
    """Run a bot for one call."""
    await socket.accept()
    with suppress(WebSocketDisconnect):  # the call has ended, perhaps before the first message
        start = await socket.receive_json()
        # Bytes are compared, because compare_digest raises a TypeError for strings beyond ASCII.
        if not compare_digest(start.get("streamParams", {}).get("token", "").encode(), TOKEN.encode()):
            await socket.close(1008, "wrong token")
            return
        bot = Bot(socket, socket.app.state.api, start["metadata"]["callId"])
        async for message in socket.iter_json():
            if message["eventType"] == "media":
                await bot.hear(b64decode(message["payload"]))


class Bot:
    """A bot in a call. Audio is in mu-law, at 8000 bytes per second."""

    def __init__(self, socket: WebSocket, api: AsyncClient, call_id: str) -> None:
        self.socket = socket
        self.api = api
        self.call_id = call_id
        self.sentence = b""
        self.sentences = 0
        self.quiet = 0
        self.plays_until = 0.0

    async def hear(self, audio: bytes) -> None:
        """Handle the audio of one message."""
        is_playing = asyncio.get_running_loop().time() < self.plays_until
        if max(~byte & 0x7F for byte in audio) >= LOUD:
            self.sentence += audio
            self.quiet = 0
            if is_playing:
                await self.stop_talking()
        elif not is_playing:
            self.quiet += 1
            if self.sentence and self.quiet == PAUSE:
                await self.reply()
            elif self.quiet == PATIENCE:
                await self.hang_up()

    async def reply(self) -> None:
        """Reply to the sentence of the caller."""
        sentence, self.sentence = self.sentence, b""
        self.sentences += 1
        self.quiet = 0
        if self.sentences < SENTENCES:
            await self.talk(sentence)
        else:
            await self.transfer()

    async def talk(self, audio: bytes) -> None:
        """Play audio to the caller."""
        media = {"contentType": "audio/pcmu", "payload": b64encode(audio).decode()}
        await self.socket.send_json({"eventType": "playAudio", "media": media})
        self.plays_until = asyncio.get_running_loop().time() + len(audio) / 8000

    async def stop_talking(self) -> None:
        """Drop the audio that is not played yet, because the caller interrupts the bot."""
        await self.socket.send_json({"eventType": "clear"})
        self.plays_until = 0.0

    async def transfer(self) -> None:
        """Stop the stream, and connect the caller with a person."""
        document = Bxml().stop_stream(name=STREAM).speak_sentence("A person will take over.").transfer([PhoneNumber(PERSON)])
        with suppress(NotFound, CallNotActive):  # the call has ended
            await self.api.update_call_bxml(self.call_id, document)

    async def hang_up(self) -> None:
        """End the call."""
        with suppress(NotFound, CallNotActive):  # the call has ended
            await self.api.hang_up(self.call_id)


if __name__ == "__main__":
    uvicorn.run(app, port=5004)
