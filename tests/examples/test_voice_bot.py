"""``examples/voice_bot.py``: the bot talks over the WebSocket of a media stream, in virtual time and without an account."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np
import pytest

from callcontrol import AsyncClient, BasicAuth, Reply, Request
from callcontrol.emulator import Call, Core
from callcontrol.emulator.audio import Audio, read_audio
from examples import voice_bot as example
from tests.callcontrol.emulator.streams.bot_application import tone
from tests.callcontrol.scripted_api import ACCOUNT


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch) -> Iterator[Core]:
    """An emulator that runs the example. The client of the example sends its requests to the emulator."""

    async def send(request: Request) -> Reply:
        return core.handle(request)

    monkeypatch.setattr(AsyncClient, "from_env", lambda: AsyncClient(ACCOUNT, BasicAuth("user", "pass"), send=send))
    with Core(example.app) as core:
        yield core


def heard(call: Call, start: float, end: float) -> Audio:
    """Return what the caller heard between two times, in seconds."""
    audio = read_audio(call.audio)
    return Audio(audio.samples[round(start * audio.rate) : round(end * audio.rate)], audio.rate)


def test_bot_repeats_a_sentence(voice: Core) -> None:
    """The reply begins when the caller has paused for half a second."""
    call = voice.dial("/answer")
    voice.advance(1)
    call.say("Hello.", audio=tone(0.6))
    call.expect_audio("bot")
    assert voice.seconds == pytest.approx(2.1)
    voice.advance(2)
    assert call.timeline.texts("stream")[1:] == ['stream "bot" played 0.6 s']
    assert np.abs(heard(call, 2.1, 2.7).samples - tone(0.6).samples).max() < 1000
    assert not heard(call, 0, 2.1).samples.any()


def test_caller_interrupts_the_bot(voice: Core) -> None:
    """The bot stops at once, and does not continue its sentence later."""
    call = voice.dial("/answer")
    call.say("A long story.", audio=tone(5))
    call.expect_audio("bot")
    voice.advance(1)
    call.say("Wait!", audio=tone(0.2))
    voice.advance(0.2)
    assert call.timeline.texts("stream")[1:] == ['stream "bot" played 1.02 s, then clear dropped 3.98 s']
    assert not heard(call, voice.seconds - 0.16, voice.seconds).samples.any()


def test_bot_transfers_the_call(voice: Core) -> None:
    """After the third sentence, the bot pushes a document. The stream stops, and the call continues."""
    call = voice.dial("/answer")
    for _ in range(example.SENTENCES - 1):
        call.say("Hello.", audio=tone(0.2))
        call.expect_audio("bot")
        voice.advance(0.2)
    call.say("A person, please.", audio=tone(0.2))
    call.expect_speech("a person will take over")
    voice.advance(5)
    (leg,) = call.legs
    assert (leg.to, leg.state) == (example.PERSON, "answered")
    assert call.timeline.texts("stream")[-1] == 'stream "bot" stopped'


def test_bot_hangs_up_after_silence(voice: Core) -> None:
    """Ten seconds of silence end the call."""
    call = voice.dial("/answer")
    assert call.expect_end() == "hangup"
    assert voice.seconds == 10


def test_bot_ignores_a_call_that_has_ended(voice: Core) -> None:
    """The caller may hang up while the bot decides."""
    call = voice.dial("/answer", status_url="/over")
    voice.fail(404, operation="UpdateCall")
    voice.advance(11)
    assert (call.state, call.timeline.texts("problem")) == ("answered", [])
    call.hang_up()
    voice.run()


def test_streams_without_the_token_are_refused(voice: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream with a wrong token is refused, and the call continues with the next verb."""
    monkeypatch.setattr(example, "compare_digest", lambda *_: False)
    call = voice.dial("/answer")
    call.expect_speech("goodbye")
    (stopped,) = [entry for entry in call.timeline if entry.text.endswith("stopped")]
    assert stopped.details["error"] == "the application closed the connection with code 1008 wrong token"


@pytest.mark.parametrize(
    "messages",
    [[], [{"eventType": "start", "streamParams": {"token": example.TOKEN}, "metadata": {"callId": "c-1"}}]],
    ids=["before the first message", "after the first message"],
)
def test_connection_may_end_at_any_time(messages: list[object]) -> None:
    """The bot raises no exception if the connection ends, for example because the caller hangs up immediately."""
    received: list[MutableMapping[str, Any]] = [
        {"type": "websocket.connect"},
        *({"type": "websocket.receive", "text": json.dumps(message)} for message in messages),
        {"type": "websocket.disconnect", "code": 1006},
    ]
    sent: list[str] = []

    async def receive() -> MutableMapping[str, Any]:
        return received.pop(0)

    async def send(message: Mapping[str, object]) -> None:
        sent.append(str(message["type"]))

    scope = {"type": "websocket", "path": "/audio", "headers": [], "query_string": b"", "app": example.app}
    example.app.state.api = None
    asyncio.run(example.app(scope, receive, send))
    assert sent == ["websocket.accept"]
