"""The event loop of an ASGI application in virtual time."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi import Response as FastApiResponse

from bxml import Response
from callcontrol.emulator import Call, Core, simulation
from callcontrol.emulator.apps.asgi import AsgiApplication
from callcontrol.emulator.apps.virtual_time_loop import VirtualTimeLoop
from callcontrol.emulator.audio import silence
from callcontrol.emulator.generator_tasks import too_late
from callcontrol.emulator.media_streams import MediaStream
from callcontrol.http_messages import Reply
from tests.callcontrol.emulator.apps.test_apps import EVENT
from tests.callcontrol.emulator.streams.bot_application import Bot, Socket, calling, echo, listen, streaming

SOON = 10.0
"""Seconds within which an immediate event happens, even on a busy machine."""

BYE = Response().speak_sentence("Bye.")

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


def after(act: Callable[[], Awaitable[object]], *, document: Response = BYE) -> Any:
    """Return an application that responds to webhooks after it has called a coroutine function."""

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await act()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": document.to_bytes()})

    return app


def dialed(app: object) -> tuple[Core, Call]:
    """Return a call of an application."""
    voice = Core(app)
    return voice, voice.dial("/answer")


class TestWebhooks:
    """The application handles a webhook."""

    def test_sleep_takes_virtual_time(self) -> None:
        """A handler that sleeps responds later, and other calls continue meanwhile."""
        voice, call = dialed(after(lambda: asyncio.sleep(3)))
        began = time.monotonic()
        call.expect_speech("Bye.")
        assert voice.seconds == 3
        assert time.monotonic() - began < 1

    def test_late_response_times_out(self) -> None:
        """The timeout is in virtual time too, and cancels the handler."""
        canceled = []

        async def act() -> None:
            try:
                await asyncio.sleep(100)
            finally:
                canceled.append(voice.seconds)

        voice, call = dialed(after(act))
        voice.run()
        assert call.disconnect_cause == "callback-error"
        assert canceled == [15]

    def test_sleep_is_added_to_the_delay_of_a_rule(self) -> None:
        """The delay of a rule starts when the application has responded."""
        voice = Core(after(lambda: asyncio.sleep(3)))
        voice.delay_webhooks(2)
        call = voice.dial("/answer")
        call.expect_speech("Bye.")
        assert voice.seconds == 5

    def test_canceled_handler_is_a_failure(self) -> None:
        """An application may cancel its own task."""

        async def act() -> None:
            await asyncio.sleep(1)
            raise asyncio.CancelledError

        voice, call = dialed(after(act))
        voice.run()
        assert call.disconnect_cause == "callback-error"
        assert "the application canceled the request before it responded" in str(call.timeline)

    def test_failed_startup_fails_webhooks_and_streams(self) -> None:
        """Each failed webhook and each rejected stream has the reason."""

        async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await receive()
                await send({"type": "lifespan.startup.failed", "message": "no database"})

        voice, call = dialed(app)
        voice.run()
        assert call.disconnect_cause == "callback-error"
        assert "no database" in str(call.timeline)
        voice, _, call = calling(listen, streaming().redirect(redirect_url="/answer"))
        other = AsgiApplication(app)
        other.use_virtual_time(lambda: voice.seconds)
        voice._simulation.connect = other.connect
        call.close_stream("bot")
        voice.advance(5)
        other.settle()
        other.close()
        assert 'stream "bot" was rejected: the application failed to start' in call.timeline.texts("stream")

    def test_functions_in_threads_are_waited_for(self) -> None:
        """Functions in threads take real time, during which virtual time stands still."""
        voice, call = dialed(after(lambda: asyncio.to_thread(time.sleep, 0.1)))
        call.expect_speech("Bye.")
        assert voice.seconds == 0

    def test_endpoints_that_are_no_coroutines_are_waited_for(self) -> None:
        """FastAPI runs such endpoints in threads of AnyIO."""
        app = FastAPI()

        @app.post("/answer")
        def answer() -> FastApiResponse:
            time.sleep(0.1)
            return FastApiResponse(BYE.to_bytes(), media_type="application/xml")

        voice, call = dialed(app)
        call.expect_speech("Bye.")
        assert voice.seconds == 0

    def test_network_is_waited_for(self) -> None:
        """The handler waits for another server; the emulator waits for the handler."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.settimeout(0)

            async def act() -> None:
                await asyncio.get_running_loop().sock_recv(ours, 1)

            _, call = dialed(after(act))
            threading.Timer(0.05, theirs.sendall, [b"1"]).start()
            call.expect_speech("Bye.")

    def test_blocked_event_loop_times_out(self) -> None:
        """If an application blocks its event loop, the webhook times out in real time."""
        handled: list[float] = []

        async def act() -> None:
            handled.append(time.monotonic())

        with Core(after(act)) as voice:
            application = voice._simulation.application
            assert isinstance(application, AsgiApplication)
            assert isinstance(application.begin(EVENT, SOON).result(), Reply)
            application._started().post(lambda: time.sleep(0.2))
            assert application.begin(EVENT, 0.1).result() == too_late(0.1)
            application.settle()
        assert len(handled) == 1  # the canceled request has not begun


def test_exception_after_the_end_of_a_stream_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The exception is not in the timeline, because the stream has ended."""

    async def fail(socket: Socket) -> None:
        await socket.accept()
        await socket.close()
        raise LookupError("no such room")

    voice, _, call = calling(fail)
    voice.run()
    (record,) = caplog.records
    assert record.getMessage() == "the application raised an exception after the end of its WebSocket"
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "no such room"
    assert "problem" not in {entry.kind for entry in call.timeline}


class TestTimers:
    """Timers of the application, and streams, in the same call."""

    def test_timers_between_messages_are_exact(self) -> None:
        """A bot that sleeps runs at its own times, not with the next message."""
        times = []

        async def sleepy(socket: Socket) -> None:
            await socket.accept()
            for _ in range(3):
                await asyncio.sleep(0.05)
                times.append((voice.seconds, len(socket.received)))
                while len(socket.received) < len(times) * 2:
                    await socket.receive()
            await socket.receive_all()

        voice, _, _ = calling(listen, streaming(name="other"))
        bot = voice._simulation.application._app  # type: ignore[attr-defined]
        bot.handle = sleepy
        voice.dial("/answer")
        voice.advance(1)
        assert [received for _, received in times] == [0, 2, 4]
        assert [moment for moment, _ in times] == pytest.approx([0.05, 0.1, 0.15])

    def test_slow_webhook_is_answered_while_a_stream_is_open(self) -> None:
        """The response takes effect when the application sends it, and the stream of another call continues."""

        async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            if scope["path"] == "/slow":
                await asyncio.sleep(0.05)
                document = BYE
            else:
                document = streaming()
            await bot_of(document)(scope, receive, send)

        def bot_of(document: Response) -> Bot:
            return Bot(listen, answer=document, slow=document)

        voice = Core(app)
        voice.dial("/answer")
        voice.advance(0.1)
        call = voice.dial("/slow")
        call.expect_speech("Bye.")
        assert voice.seconds == pytest.approx(0.15)

    def test_expectation_stops_time_while_a_stream_is_open(self) -> None:
        """Time does not run ahead, although many messages are sent in one step."""
        voice, _, call = calling(echo)
        voice.advance(1)
        call.expect_audio("bot")
        assert voice.seconds == 1
        call.say("Hello.", audio=silence(0.1))
        other = voice.dial("/answer")
        other.expect_audio("bot")
        assert voice.seconds == pytest.approx(1.02)

    def test_run_ends_with_the_last_timer_although_a_stream_is_open(self) -> None:
        """``run`` returns when the other call has ended. The last messages of that call do not advance the open stream."""
        voice, bot, _ = calling(listen)
        bot.documents["/answer"] = Response().start_stream(name="short", destination="ws://bot.example").pause(duration=1)
        voice.dial("/answer")
        voice.run()
        assert voice.seconds == 1
        assert [each["eventType"] for each in bot.sockets[1].received[-1:]] == ["stop"]
        assert len(bot.sockets[0].audio()) == 49  # the next one, which is due now, is sent when time advances

    def test_exception_in_a_timer_is_raised_by_the_emulator(self) -> None:
        """The timer runs in the thread of the application, which continues."""

        def fail() -> None:
            raise LookupError("in a timer")

        voice, bot, _ = calling(listen)
        voice._simulation.scheduler.at(0.5, fail, in_background=True)
        with pytest.raises(LookupError, match="in a timer"):
            voice.advance(1)
        assert len(bot.sockets[0].audio()) in {24, 25}
        voice.advance(0.5)
        assert len(bot.sockets[0].audio()) >= 49

    def test_late_reports_of_a_connection_have_no_effect(self) -> None:
        """A connection over the network may report something after the end of the stream."""
        voice, _, call = calling(listen)
        (stream,) = call.streams.values()
        assert isinstance(stream, MediaStream)
        call.hang_up()
        before = str(call.timeline)
        stream.opened()
        stream.failed("late")
        stream.closed("late")
        voice.advance(1)
        assert str(call.timeline).startswith(before)
        assert "late" not in str(call.timeline)


class TestLoop:
    """The loop itself."""

    def test_application_without_requests_has_no_timers(self) -> None:
        """The thread starts with the first request."""

        async def app(*_: object) -> None: ...

        application = AsgiApplication(app)
        application.wake()
        assert (application.deadline, application.settle()) == (None, False)

    def test_startup_takes_real_time(self) -> None:
        """The emulator waits for the startup, so timers of the startup cannot take virtual time."""
        times = []

        async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await receive()
                times.append(asyncio.get_running_loop().time())
                await asyncio.sleep(0.1)
                await asyncio.to_thread(time.sleep, 0.05)
                times.append(asyncio.get_running_loop().time())
                await send({"type": "lifespan.startup.complete"})
                await receive()
                await send({"type": "lifespan.shutdown.complete"})
            else:
                await after(lambda: asyncio.sleep(0))(scope, receive, send)

        with Core(app) as voice:
            voice.dial("/answer").expect_speech("Bye.")
            assert voice.seconds == 0
        assert times[1] - times[0] == pytest.approx(0.1, abs=0.04)

    def test_readers_of_files_can_be_changed(self) -> None:
        """The selector supports everything that asyncio uses."""
        loop = VirtualTimeLoop(time.monotonic)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            for socket_ in (ours, theirs):
                socket_.settimeout(0)

            async def main() -> bytes:
                loop.add_reader(ours, lambda: None)
                assert loop.has_outside_work
                loop.add_writer(ours, lambda: None)
                loop.remove_writer(ours)
                loop.remove_reader(ours)
                await loop.sock_sendall(theirs, b"1")
                return await loop.sock_recv(ours, 1)

            assert loop.run_until_complete(main()) == b"1"
        loop.close()

    def test_blocked_loop_raises_while_audio_is_sent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The error names the time."""
        monkeypatch.setattr(VirtualTimeLoop.settle, "__defaults__", (0.1, None))

        async def block(socket: Any) -> None:
            await socket.accept()
            await socket.receive()
            await socket.receive()
            time.sleep(0.3)  # noqa: ASYNC251  the fault under test
            await socket.receive_all()

        voice, _, _ = calling(block)
        with voice, pytest.raises(TimeoutError, match=r"the application has blocked its event loop for 0\.1 s"):
            voice.advance(1)

    def test_slow_application_has_not_blocked_its_loop(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An application that takes long for each message returns to its loop after each of them."""
        monkeypatch.setattr(VirtualTimeLoop.settle, "__defaults__", (0.6, None))
        monkeypatch.setattr(simulation, "STREAM_SECONDS", 0.1)

        async def work(socket: Socket) -> None:
            await socket.accept()
            while socket.ended is None:
                await socket.receive()
                time.sleep(0.02)  # noqa: ASYNC251  the work

        voice, bot, _ = calling(work)
        with voice:
            voice.advance(1)
            assert len(bot.sockets[0].audio()) == 50
