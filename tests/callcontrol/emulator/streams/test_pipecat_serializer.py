"""The serializer of the package pipecat-bandwidth, which the vendor maintains, talks to the emulator.

These tests are skipped without the extra ``pipecat-tests``.
"""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
import pytest
from fastapi import FastAPI, Response, WebSocket

from callcontrol.emulator import Call, Core, Emulator
from callcontrol.emulator.audio import Audio, read_audio
from tests.callcontrol.emulator.streams.bot_application import streaming, tone

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)  # pipecat imports it
    pytest.importorskip("pipecat_bandwidth")

from pipecat.frames import frames
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.websocket import fastapi as transports
from pipecat.workers.runner import WorkerRunner
from pipecat_bandwidth import BandwidthFrameSerializer

Handler: TypeAlias = Callable[["Conversation", Any], Awaitable[None]]

LOUDEST_DIFFERENCE = 1000
"""The largest difference between a sample and the same sample rounded to mu-law."""


class Conversation:
    """One WebSocket of a bot, whose messages the serializer reads and writes.

    Attributes:
        frames: All frames that the serializer read.
        ignored: The number of messages that the serializer passed over.
    """

    def __init__(self, socket: WebSocket, serializer: Any) -> None:
        self._socket = socket
        self.serializer = serializer
        self.frames: list[Any] = []
        self.ignored = 0

    async def send(self, frame: object) -> None:
        """Send a frame, unless the serializer has no message for it."""
        message = await self.serializer.serialize(frame)
        if message is not None:
            await self._socket.send_text(message)

    async def play(self, audio: Audio) -> None:
        """Send audio in frames of 20 ms, as a speech model does: without waiting for the end of each frame."""
        samples = audio.samples[:, 0]
        for start in range(0, len(samples), audio.rate // 50):
            await self.send(frames.OutputAudioRawFrame(samples[start : start + audio.rate // 50].tobytes(), audio.rate, 1))

    async def converse(self, handle: Handler) -> None:
        """Pass each frame to a function until the connection is closed."""
        async for text in self._socket.iter_text():
            frame = await self.serializer.deserialize(text)
            if frame is None:
                self.ignored += 1
            else:
                self.frames.append(frame)
                await handle(self, frame)

    def audio(self) -> Audio:
        """Return the audio that was read."""
        content = b"".join(frame.audio for frame in self.frames)
        return Audio(np.frombuffer(content, np.int16).reshape(-1, 1), self.frames[0].sample_rate)


class Bot:
    """An application that uses the serializer.

    Args:
        handle: The function that handles each frame.
        rate: Samples per second of the audio that the bot hears.
        tracks: The tracks of the stream.
        settings: Further parameters of the serializer.
    """

    def __init__(self, handle: Handler, *, rate: int = 8000, tracks: str = "inbound", **settings: Any) -> None:
        self.app = FastAPI()
        self.conversations: list[Conversation] = []
        calls: dict[str, str] = {}  # the id of the call comes from the webhook, as the serializer demands

        @self.app.post("/answer")
        async def answer(event: dict[str, Any]) -> Response:
            calls["now"] = event["callId"]
            document = streaming(destination="wss://bot.example/audio", tracks=tracks, stream_event_url=None)
            return Response(document.to_bytes(), media_type="application/xml")

        @self.app.websocket("/audio")
        async def audio(socket: WebSocket) -> None:
            await socket.accept()
            start = await socket.receive_text()
            parameters = BandwidthFrameSerializer.InputParams(**{"auto_hang_up": False, "sample_rate": rate, **settings})
            serializer = BandwidthFrameSerializer("s-1", calls["now"], "9900123", "id", "secret", parameters)
            await serializer.setup(frames.StartFrame())
            assert await serializer.deserialize(start) is None
            self.conversations.append(Conversation(socket, serializer))
            await self.conversations[-1].converse(handle)

    def dial(self) -> tuple[Core, Call]:
        """Return a call whose stream is connected."""
        voice = Core(self.app)
        call = voice.dial("/answer")
        voice.advance(1)
        return voice, call


async def listen(conversation: Conversation, frame: object) -> None:
    """Ignore the frame."""


def first(answer: Callable[[Conversation], Awaitable[None]]) -> Handler:
    """Return a function that answers the first sound of the caller."""
    answered: list[object] = []

    async def handle(conversation: Conversation, frame: Any) -> None:
        if not answered and np.abs(np.frombuffer(frame.audio, np.int16)).max() > LOUDEST_DIFFERENCE:
            answered.append(frame)
            await answer(conversation)

    return handle


def heard(call: Call, start: float, end: float) -> np.ndarray[Any, Any]:
    """Return the samples that the caller heard between two times, in seconds."""
    audio = read_audio(call.audio)
    return audio.samples[round(start * audio.rate) : round(end * audio.rate), 0].astype(int)


def hertz(samples: np.ndarray[Any, Any], rate: int = 8000) -> float:
    """Return the loudest frequency of a sound."""
    return float(np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples))


class TestListening:
    """The serializer reads the messages of the emulator."""

    def test_audio_of_the_caller_is_read(self) -> None:
        """Each message with audio becomes a frame. The serializer passes over the messages ``start`` and ``stop``."""
        bot = Bot(listen)
        voice, call = bot.dial()
        call.plays(tone(0.5))
        voice.advance(1)
        call.hang_up()
        (conversation,) = bot.conversations
        assert len(conversation.frames) == 100
        assert conversation.ignored == 1  # stop
        audio = conversation.audio().samples.astype(int)
        assert not audio[:8000].any()
        assert np.abs(audio[8000:12000] - tone(0.5).samples).max() < LOUDEST_DIFFERENCE
        assert not audio[12000:].any()

    def test_audio_is_read_at_the_rate_of_the_pipeline(self) -> None:
        """The serializer resamples the audio."""
        bot = Bot(listen, rate=16000)
        voice, call = bot.dial()
        call.plays(tone(1))
        voice.advance(1)
        audio = bot.conversations[0].audio()
        assert audio.rate == 16000
        assert hertz(audio.samples[-14000:, 0], 16000) == pytest.approx(440, abs=2)

    def test_only_the_caller_is_heard(self) -> None:
        """The bot does not hear itself if the stream has both tracks."""
        bot = Bot(listen, tracks="both")
        voice, _ = bot.dial()
        voice.advance(1)
        assert len(bot.conversations[0].frames) == bot.conversations[0].ignored == 100


class TestPlaying:
    """The emulator plays what the serializer writes."""

    @pytest.mark.parametrize(
        ("rate", "settings"),
        [
            (8000, {"outbound_encoding": "PCMU"}),
            (8000, {"outbound_encoding": "PCM", "outbound_pcm_sample_rate": 8000}),
            (16000, {"outbound_encoding": "PCM", "outbound_pcm_sample_rate": 16000}),
            (24000, {"outbound_encoding": "PCM"}),
        ],
        ids=["PCMU", "PCM 8 kHz", "PCM 16 kHz", "PCM 24 kHz"],
    )
    def test_each_format_is_played(self, rate: int, settings: dict[str, Any]) -> None:
        """The caller hears the sound at once and without gaps."""
        bot = Bot(first(lambda conversation: conversation.play(tone(1, rate=rate))), **settings)
        voice, call = bot.dial()
        call.say("Hello.", audio=tone(0.1))
        call.expect_audio("bot")
        assert voice.seconds == pytest.approx(1.02)
        voice.advance(2)
        assert call.timeline.texts("stream")[1:] == ['stream "bot" played 1 s']
        assert call.timeline.texts("ignored") == []
        assert not heard(call, 0, 1.02).any()
        assert np.abs(heard(call, 1.04, 2) - tone(1).samples[160:7840, 0]).max() < LOUDEST_DIFFERENCE
        assert not heard(call, 2.02, 3).any()

    @pytest.mark.parametrize("settings", [{}, {"outbound_encoding": "PCM"}], ids=["PCMU", "PCM 24 kHz"])
    def test_resampled_audio_is_played(self, settings: dict[str, Any]) -> None:
        """The serializer's resampler holds back the last few milliseconds, and produces no message for the first frame."""
        bot = Bot(first(lambda conversation: conversation.play(tone(1, rate=16000))), **settings)
        voice, call = bot.dial()
        call.say("Hello.", audio=tone(0.1))
        call.expect_audio("bot")
        voice.advance(2)
        assert call.timeline.texts("ignored") == []
        assert hertz(heard(call, 1.1, 1.9)) == pytest.approx(440, abs=2)

    def test_interruption_clears_the_queue(self) -> None:
        """The caller speaks while the bot plays, and the bot stops at once."""

        async def handle(conversation: Conversation, frame: object) -> None:
            if len(conversation.frames) == 50:
                await conversation.play(tone(5))
            if len(conversation.frames) == 100:
                await conversation.send(frames.InterruptionFrame())

        voice, call = Bot(handle).dial()
        call.expect_audio("bot")
        assert voice.seconds == pytest.approx(1)
        voice.advance(3)
        assert call.timeline.texts("stream")[1:] == ['stream "bot" played 1 s, then clear dropped 4 s']
        assert heard(call, 1.9, 2).any()
        assert not heard(call, 2, 4).any()

    def test_frames_without_audio_send_nothing(self) -> None:
        """The stream stays silent, and no message is ignored."""

        async def handle(conversation: Conversation, frame: object) -> None:
            await conversation.send(frames.OutputAudioRawFrame(b"", 8000, 1))
            await conversation.send(frames.EndFrame())

        _, call = Bot(handle).dial()
        assert call.timeline.texts("ignored") == []
        assert not heard(call, 0, 1).any()


class TestHangingUp:
    """The serializer ends the call with the API."""

    @pytest.fixture
    def api(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
        """An emulator that the serializer sends its requests to."""

        async def handle(conversation: Conversation, frame: object) -> None:
            if len(conversation.frames) == 100:
                await conversation.send(frames.EndFrame())

        with Emulator(Bot(handle, auto_hang_up=True).app, credentials={"id": "secret"}) as voice:
            token_url = voice.url.replace("/api/v2", "/api/v1/oauth2/token")
            monkeypatch.setattr(BandwidthFrameSerializer, "OAUTH_TOKEN_URL", token_url)
            monkeypatch.setattr(BandwidthFrameSerializer, "VOICE_API_BASE_URL", voice.url)
            yield voice

    # The serializer passes its credentials in the old way of aiohttp.
    @pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
    @pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning")
    def test_end_of_the_pipeline_ends_the_call(self, api: Emulator) -> None:
        """The serializer fetches a token, and completes the call."""
        call = api.dial("/answer")
        assert call.expect_end(within=3) == "hangup"
        assert api.seconds >= 2


def pipeline_app() -> FastAPI:
    """Return an application whose bot is a pipeline of pipecat that repeats what it hears."""
    app = FastAPI()

    class Repeat(FrameProcessor):  # type: ignore[misc, unused-ignore]  # Any without pipecat
        async def process_frame(self, frame: Any, direction: Any) -> None:
            await super().process_frame(frame, direction)
            is_heard = isinstance(frame, frames.InputAudioRawFrame)
            reply = frames.OutputAudioRawFrame(frame.audio, frame.sample_rate, 1) if is_heard else frame
            await self.push_frame(reply, direction)

    @app.post("/answer")
    async def answer() -> Response:
        document = streaming(destination="wss://bot.example/audio", stream_event_url=None)
        return Response(document.to_bytes(), media_type="application/xml")

    @app.websocket("/audio")
    async def audio(socket: WebSocket) -> None:
        await socket.accept()
        start = json.loads(await socket.receive_text())
        parameters = BandwidthFrameSerializer.InputParams(auto_hang_up=False)
        transport = transports.FastAPIWebsocketTransport(
            socket,
            transports.FastAPIWebsocketParams(
                audio_in_enabled=True,
                audio_out_enabled=True,
                serializer=BandwidthFrameSerializer(start["metadata"]["streamId"], params=parameters),
            ),
        )
        worker = PipelineWorker(
            Pipeline([transport.input(), Repeat(), transport.output()]),
            params=PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000),
        )

        async def stop(*_: object) -> None:
            await worker.cancel()

        transport.add_event_handler("on_client_disconnected", stop)
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()

    return app


def test_pipeline_runs_in_virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The transport waits between frames and measures the time with the computer's clock, so the test replaces this clock."""
    virtual = SimpleNamespace(monotonic=lambda: asyncio.get_running_loop().time())
    monkeypatch.setattr(transports, "time", virtual)
    with Core(pipeline_app()) as voice:
        call = voice.dial("/answer")
        voice.advance(1)
        call.say("Hello.", audio=tone(1))
        voice.advance(2)
        (delay,) = np.nonzero(heard(call, 1, 2) > LOUDEST_DIFFERENCE)[0][:1] / 8000
        assert 0.02 < delay < 0.1
        repeated = heard(call, 1.1, 1.9)
        assert hertz(repeated) == pytest.approx(440, abs=2)
        assert np.abs(repeated).reshape(-1, 160).max(axis=1).min() > 10_000  # no gaps
        call.hang_up()
        voice.advance(1)
        assert call.disconnect_cause == "hangup"
