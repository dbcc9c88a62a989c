"""A voice bot: it bridges a call to a speech model, stops when the caller speaks, and hands the call to a person."""

from __future__ import annotations

import json
from base64 import b64encode

from bandwidth.models import CallStateEnum, UpdateCall
from bandwidth.models.bxml import Bxml, PhoneNumber, SpeakSentence, StartStream, StopStream, StreamParam, Transfer
from fastapi import FastAPI, Response, WebSocket

from tests.applications.vendor_api import ACCOUNT, calls_api

PERSON = "+13365550142"

SILENT = "/" * 212 + "/w=="
"""The payload of 20 ms of silence."""


def application(greeting: bytes) -> FastAPI:
    """Return the application.

    Args:
        greeting: The audio of the bot's greeting, in PCM at 24000 samples per second.
    """
    app = FastAPI()

    @app.post("/answer")
    async def answer(event: dict[str, str]) -> Response:
        stream = StartStream(
            destination="wss://bot.example/audio",
            name=event["callId"],
            mode="bidirectional",
            tracks="inbound",
            stream_params=[StreamParam(name="token", value="secret")],
            destination_username="bot",
            destination_password="pass",
        )
        document = Bxml([SpeakSentence("Hello."), stream, StopStream(name=event["callId"], wait=True)])
        return Response(document.to_bxml(), media_type="application/xml")

    @app.websocket("/audio")
    async def audio(socket: WebSocket) -> None:
        await socket.accept()
        started = json.loads(await socket.receive_text())
        assert started["streamParams"] == {"token": "secret"}
        call_id = started["metadata"]["callId"]
        media = {
            "contentType": "audio/pcm;rate=24000;channels=1;bit-depth=16;endian=little;encoding=signed",
            "payload": b64encode(greeting).decode(),
        }
        await socket.send_text(json.dumps({"eventType": "playAudio", "media": media}))
        heard = 0
        async for text in socket.iter_text():
            message = json.loads(text)
            if message["eventType"] == "media" and message["payload"] != SILENT:
                if heard == 0:
                    await socket.send_text(json.dumps({"eventType": "clear"}))
                heard += 1
            elif heard >= 50:  # the caller has spoken for a second
                hand_over(call_id)
                heard = 0

    return app


def hand_over(call_id: str) -> None:
    """Hand a call to a person. The SDK blocks the event loop until it has the response."""
    document = Bxml([Transfer([PhoneNumber(PERSON)], transfer_caller_id="+19195550100")])
    calls_api().update_call_bxml(ACCOUNT, call_id, document.to_bxml())


def hang_up(call_id: str) -> None:
    """End a call."""
    calls_api().update_call(ACCOUNT, call_id, UpdateCall(state=CallStateEnum.COMPLETED))
