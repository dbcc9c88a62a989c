"""The bot in ``docs/media-streams.md`` works on uvicorn, over real WebSockets."""

from __future__ import annotations

import asyncio
import logging
import re
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from callcontrol.emulator import Core
from tests.asgi_server import serving
from tests.callcontrol.emulator.streams.bot_application import tone

PAGE: Final = Path(__file__).parents[2] / "docs/media-streams.md"

SPEED: Final = 10

SOON: Final = 10.0 * SPEED
"""Seconds of the emulator's time within which everything happens, even on a busy machine."""


@pytest.fixture(scope="module")
def bot() -> Any:
    """Return the application of the file ``bot.py`` in the page."""
    found = re.search(r"^```python\n(# bot\.py\n.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    module = types.ModuleType("bot")
    exec(compile(found[1], PAGE.name, "exec"), vars(module))
    return module.app


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the messages of the errors in the log, such as those about exceptions in the application."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def test_bot_closes_the_stream(bot: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The bot plays audio, closes its WebSocket after five seconds, and the call continues."""
    with serving(bot) as address:
        to_bot = {"wss://bot.app.example": f"ws://{address}"}
        with Core(f"http://{address}", speed=SPEED, url_map=to_bot) as core:
            call = core.dial("/answer")
            call.say("Hello.", audio=tone(0.5))
            call.expect_audio("bot", within=SOON)
            call.expect_speech("goodbye", within=SOON)
            stopped = [entry for entry in call.timeline if entry.text == 'stream "bot" stopped']
            assert [dict(entry.details) for entry in stopped] == [{"by": "the application"}]
    assert errors(caplog) == []


def test_caller_may_hang_up(bot: Any) -> None:
    """The bot raises no exception if the connection is lost while the bot sends audio."""
    received: list[Mapping[str, str]] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": '{"eventType": "media", "payload": "/w=="}'},
    ]
    sent: list[str] = []

    async def receive() -> Mapping[str, str]:
        return received.pop(0)

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message["type"])
        if message["type"] == "websocket.send":
            raise ConnectionResetError

    scope = {"type": "websocket", "path": "/audio", "headers": [], "query_string": b""}
    asyncio.run(bot(scope, receive, send))
    assert sent == ["websocket.accept", "websocket.send"]
