"""Streams between a call and the ASGI application under test, in virtual time and without a port."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from typing import Literal

import numpy as np
import pytest

from bxml import PhoneNumber, Response, StreamParam
from callcontrol.emulator import Assumptions, Call, Core
from callcontrol.emulator.audio import Audio, encode_pcmu, read_audio, to_wav
from callcontrol.emulator.basic_credentials import Credentials
from callcontrol.emulator.stream_connections import Destination
from callcontrol.emulator.stream_messages import MAX_UNREAD_FRAMES, UNREAD
from callcontrol.events import MediaStreamRejectedEvent, MediaStreamStoppedEvent
from tests.callcontrol.emulator.scripted_application import client, core, entries
from tests.callcontrol.emulator.streams.bot_application import Socket, calling, echo, listen, play_audio, streaming, tone
from tests.callcontrol.emulator.table_application import Answers

SILENCE = b64encode(b"\xff" * 160).decode()


def heard(call: Call) -> Audio:
    """Return the audio that the caller heard."""
    return read_audio(call.audio)


def stream_entries(call: Call) -> list[tuple[float, str]]:
    """The timeline entries about streams, played audio and ignored messages."""
    return entries(call, "stream", "played", "ignored")


class TestMessages:
    """The application receives the audio of the call."""

    def test_stream_starts_sends_audio_and_stops(self) -> None:
        """Each track has 50 messages per second. The messages of all tracks have one series of numbers."""
        voice, bot, call = calling(listen, streaming(tracks="both"))
        voice.advance(1)
        call.hang_up()
        (socket,) = bot.sockets
        start, *media, stop = socket.received
        assert (start["eventType"], stop["eventType"]) == ("start", "stop")
        assert start["metadata"] == stop["metadata"]
        assert start["metadata"]["callId"] == call.call_id
        assert start["metadata"]["accountId"] == "9900123"
        assert [track["name"] for track in start["metadata"]["tracks"]] == ["inbound", "outbound"]
        assert [each["sequenceNumber"] for each in media] == [str(number + 1) for number in range(100)]
        assert [each["track"] for each in media[:4]] == ["inbound", "outbound"] * 2
        assert {each["payload"] for each in media} == {SILENCE}
        assert socket.ended == {"type": "websocket.disconnect", "code": 1000, "reason": ""}

    def test_first_frame_begins_after_the_start(self) -> None:
        """A stream that starts between two multiples of 20 ms sends no audio from before its start."""
        document = Response().pause(duration=0.11).start_stream(name="bot", destination="ws://bot.example").pause(duration=9)
        voice, bot, _ = calling(listen, document)
        voice.advance(0.139)
        assert len(bot.sockets[0].audio()) == 0
        voice.advance(0.001)
        assert len(bot.sockets[0].audio()) == 1

    def test_handshake_has_the_url_and_the_credentials(self) -> None:
        """The credentials of the verb override the credentials of the URL."""
        _, bot, _ = calling(listen, streaming(destination_username="user", destination_password="päss"))
        scope = bot.sockets[0].scope
        headers = dict(scope["headers"])
        assert (scope["path"], scope["query_string"], scope["scheme"]) == ("/audio", b"room=7", "wss")
        assert scope["server"] == ("bot.example", 443)
        assert headers[b"host"] == b"bot.example"
        assert b64decode(headers[b"authorization"].removeprefix(b"Basic ")).decode() == "user:päss"

    @pytest.mark.parametrize(
        ("destination", "expected"),
        [("ws://a%40b:c@bot.example:81", b"a@b:c"), ("ws://bot.example:81/", None)],
    )
    def test_credentials_in_the_url_are_used(self, destination: str, expected: bytes | None) -> None:
        """The credentials are not part of the host."""
        _, bot, _ = calling(listen, streaming(destination=destination))
        headers = dict(bot.sockets[0].scope["headers"])
        assert headers[b"host"] == b"bot.example:81"
        assert bot.sockets[0].scope["server"] == ("bot.example", 81)
        given = headers.get(b"authorization")
        assert (given and b64decode(given.removeprefix(b"Basic "))) == expected

    def test_credentials_of_the_verb_come_first(self) -> None:
        """A separate user name or password overrides both credentials in the URL, as for webhooks."""
        in_url = "ws://a:b@bot.example"
        assert Destination(in_url, "c").credentials == Credentials("c", "")
        assert Destination(in_url, None, "d").credentials == Credentials("", "d")
        assert Destination(in_url, "c").replaced("ws://localhost").headers == {"Authorization": "Basic Yzo="}
        assert Destination("ws://bot.example").replaced("ws://localhost").headers == {}
        assert repr(Destination(in_url).credentials) == "Credentials(username='a')"

    def test_parameters_are_in_the_first_message(self) -> None:
        """An application passes a token in a parameter, because the WebSocket has no signature."""
        parameters = [StreamParam(name="token", value="t-1"), StreamParam(name="room", value="7")]
        document = Response().start_stream(parameters, name="bot", destination="ws://bot.example").pause(duration=1)
        _, bot, _ = calling(listen, document)
        assert bot.sockets[0].received[0]["streamParams"] == {"token": "t-1", "room": "7"}

    def test_words_of_the_caller_are_heard(self) -> None:
        """The audio begins when the caller says the words. Further audio is queued behind it. Keys produce no sound."""
        voice, bot, call = calling(listen)
        voice.advance(1)
        hello, more = tone(0.5), tone(0.2, hertz=1000)
        call.say("Hello.", audio=hello)
        call.plays(to_wav(more))
        call.press("1")
        voice.advance(1)
        received = b"".join(map(b64decode, bot.sockets[0].audio()))
        assert received[:8000] == b"\xff" * 8000
        assert received[8000:13600] == encode_pcmu(hello) + encode_pcmu(more)
        assert received[13600:] == b"\xff" * 2400
        assert entries(call, "said") == [(1, "Hello."), (1, "audio of 0.2 s")]

    def test_files_are_read(self, tmp_path: str) -> None:
        """The timeline names the file. A file that does not exist raises an error in the test."""
        file = f"{tmp_path}/hello.wav"
        with open(file, "wb") as opened:
            opened.write(to_wav(tone(0.1)))
        voice, bot, call = calling(listen)
        call.plays(file)
        voice.advance(0.1)
        assert SILENCE not in bot.sockets[0].audio()
        assert [entry.details.get("file") for entry in call.timeline if entry.kind == "said"] == ["hello.wav"]
        with pytest.raises(ValueError, match="cannot be read"):
            call.say("Hello.", audio=f"{tmp_path}/missing.wav")

    def test_sound_that_nothing_hears_is_noted(self) -> None:
        """A sound that nothing hears is not an error, but the test may have expected an effect."""
        voice = core(Answers(answer=Response().pause(duration=5).start_recording().pause(duration=5).stop_recording().pause()))
        call = voice.dial("/answer")
        voice.advance(1)
        call.plays(tone(0.1))
        voice.advance(5)
        call.plays(tone(0.1))
        call.say("Hello.", audio=tone(0.1))
        voice.advance(4.5)
        call.say("Hello.", audio=tone(0.1))
        call.hang_up()
        call.plays(tone(0.1))
        assert call.timeline.texts("ignored") == [
            "no stream, recording, transcription or other call was listening",
            "no verb was listening for speech",
            "the call has ended",
        ]

    def test_words_without_audio_are_not_heard_by_a_stream(self) -> None:
        """The timeline says what is missing."""
        _, _, call = calling(listen)
        call.say("Hello.")
        assert call.timeline.texts("ignored") == [
            "no verb was listening for speech; streams hear the words if say has audio, or if espeak-ng is installed"
        ]


class TestPlaying:
    """The call hears the audio of the application."""

    def test_echo_comes_back_after_one_frame(self) -> None:
        """The audio of the call is exactly what the application played."""
        voice, _, call = calling(echo)
        voice.advance(1)
        call.say("Hello.", audio=tone(0.5))
        entry = call.expect_audio("bot")
        assert (entry.kind, entry.text) == ("played", 'stream "bot"')
        voice.advance(1)
        samples, said = heard(call).samples, read_audio(to_wav(tone(0.5))).samples
        assert len(samples) == 16_000
        assert np.abs(samples[8160:12160].astype(int) - said).max() < 500
        assert not samples[:8160].any()
        assert not samples[12160:].any()

    def test_queue_is_played_at_its_rate(self) -> None:
        """Pieces of audio that are sent at once are heard one after the other; the timeline has the whole length."""

        async def greet(socket: Socket) -> None:
            await socket.accept()
            for hertz in (440, 1000):
                await socket.send(play_audio(encode_pcmu(tone(2, hertz))))
            await socket.receive_all()

        voice, _, call = calling(greet)
        voice.advance(3)
        assert stream_entries(call) == [(0, 'stream "bot" started'), (0, 'stream "bot"')]
        voice.advance(3)
        assert stream_entries(call)[2:] == [(4.2, 'stream "bot" played 4 s')]
        (entry,) = [entry for entry in call.timeline if "played" in entry.text]
        assert entry.details == {"seconds": 4}
        assert heard(call).samples[:32_000].any(axis=1).mean() > 0.8
        assert not heard(call).samples[32_000:].any()

    def test_barge_in_cuts_the_audio(self) -> None:
        """Clear drops the queue; the timeline says how long the audio was heard and how much was dropped."""

        async def interruptible(socket: Socket) -> None:
            await socket.accept()
            await socket.send(play_audio(encode_pcmu(tone(10))))
            while (message := await socket.receive()) is not None:
                if message.get("payload", SILENCE) != SILENCE:
                    await socket.send({"eventType": "clear"})

        voice, _, call = calling(interruptible)
        call.expect_audio("bot")
        voice.advance(3)
        call.say("Stop.", audio=tone(0.1))
        voice.advance(1)
        assert stream_entries(call)[2:] == [(3.02, 'stream "bot" played 3.02 s, then clear dropped 6.98 s')]
        assert call.timeline[-1].details == {"seconds": 3.02, "dropped": 6.98}
        samples = heard(call).samples
        assert samples[24_100:24_160].any()
        assert not samples[24_160:].any()

    def test_clear_after_the_end_of_the_audio_drops_nothing(self) -> None:
        """The timeline has the audio once, with its whole length, and an entry for the first ``clear`` that drops nothing."""

        async def late(socket: Socket) -> None:
            await socket.accept()
            await socket.send({"eventType": "clear"})
            await socket.send(play_audio(encode_pcmu(tone(0.1001))))  # 801 bytes
            while await socket.receive() is not None:
                if len(socket.audio()) >= 8:
                    await socket.send({"eventType": "clear"})

        voice, _, call = calling(late)
        voice.advance(1)
        nothing = 'stream "bot": clear dropped nothing, because no audio was waiting'
        expected = [(0, nothing), (0, 'stream "bot"'), (0.16, 'stream "bot" played 0.1 s'), (0.16, nothing)]
        assert stream_entries(call)[1:] == expected

    def test_short_gaps_do_not_divide_the_audio(self) -> None:
        """Pieces with gaps of less than 0.2 seconds have one entry, so that a timeline stays short."""

        async def jitter(socket: Socket) -> None:
            await socket.accept()
            while await socket.receive() is not None:
                if len(socket.audio()) % 10 == 1 and len(socket.audio()) < 50:
                    await socket.send(play_audio(encode_pcmu(tone(0.1))))

        voice, _, call = calling(jitter)
        voice.advance(3)
        assert stream_entries(call)[1:] == [(0.02, 'stream "bot"'), (1.12, 'stream "bot" played 0.9 s')]

    def test_recording_has_what_both_sides_of_a_stream_hear(self) -> None:
        """A recording has the caller's audio, and the audio of the application as far as it was heard."""

        async def interruptible(socket: Socket) -> None:
            await socket.accept()
            await socket.send(play_audio(encode_pcmu(tone(1))))
            await socket.send(play_audio(encode_pcmu(tone(1))))
            while (message := await socket.receive()) is not None:
                if message.get("payload", SILENCE) != SILENCE:
                    await socket.send({"eventType": "clear"})

        recorded = Response().start_recording(multi_channel=True) + streaming()
        voice, _, call = calling(interruptible, recorded)
        voice.advance(0.5)
        # The beginning of a passage can be read before its end.
        assert call.outbound.read(0, 4000) is not None
        voice.advance(1)
        call.say("Stop.", audio=tone(0.5))
        call.plays(tone(0.25))
        voice.advance(3)
        call.hang_up()
        audio = call.expect_recording().audio()
        caller, application = audio.samples[:, 0], audio.samples[:, 1]
        assert [bool(caller[at:].any()) for at in (0, 18_000 - 2, 18_000)] == [True, True, False]
        assert not caller[:12_000].any()
        assert (np.abs(caller[12_000:18_000]) > 0).mean() > 0.9
        assert (np.abs(application[:12_000]) > 0).mean() > 0.9
        assert not application[12_400:].any()

    def test_end_of_the_stream_cuts_the_audio(self) -> None:
        """Audio that is still in the queue is not heard."""

        async def short(socket: Socket) -> None:
            await socket.accept()
            await socket.send(play_audio(encode_pcmu(tone(2))))
            while await socket.receive() is not None:
                if len(socket.audio()) == 50:
                    return

        voice, _, call = calling(short)
        voice.advance(3)
        assert stream_entries(call)[2:] == [
            (1, 'stream "bot" played 1 s, then the end of the stream dropped 1 s'),
            (1, 'stream "bot" stopped'),
        ]
        assert not heard(call).samples[8000:].any()

    def test_application_hears_its_own_audio_on_the_outbound_track(self) -> None:
        """Outbound is everything that the platform sends to the call."""

        async def play(socket: Socket) -> None:
            await socket.accept()
            await socket.send(play_audio(encode_pcmu(tone(0.1))))
            await socket.receive_all()

        voice, bot, _ = calling(play, streaming(tracks="outbound"))
        voice.advance(0.2)
        assert b"".join(map(b64decode, bot.sockets[0].audio("outbound"))) == encode_pcmu(tone(0.1)) + b"\xff" * 800
        assert bot.sockets[0].audio("inbound") == []

    @pytest.mark.parametrize("verb", ["transfer", "bridge"])
    def test_connected_party_is_heard(self, verb: str) -> None:
        """The words of the other party are on the outbound track, until the calls are separated."""
        voice, bot, call = calling(listen, Response().pause(duration=1).redirect(redirect_url="/next"))
        other = voice.dial("/answer") if verb == "bridge" else None
        stream = Response().start_stream(name="bot", destination="ws://bot.example", tracks="outbound")
        document = (
            stream.bridge(other.call_id, bridge_target_complete_url="/on")
            if other
            else stream.transfer([PhoneNumber("+12125550199")])
        )
        bot.documents |= {"/next": document.pause(duration=9), "/on": Response().pause(duration=99)}
        if other:
            bot.documents["/answer"] = Response().pause(duration=99)
        voice.advance(1.5)
        party = other or call.legs[0]
        party.plays(tone(0.1))
        voice.advance(0.1)
        assert SILENCE not in bot.sockets[0].audio("outbound")[-5:]
        party.hang_up()
        party.plays(tone(0.1))
        voice.advance(0.1)
        assert set(bot.sockets[0].audio("outbound")[-5:]) == {SILENCE}

    def test_audio_of_a_long_call_is_limited(self) -> None:
        """An assumption limits the seconds of audio that are kept. The audio ends with the call."""
        voice, _, call = calling(listen, assumptions=Assumptions(max_audio_seconds=2))
        voice.advance(5)
        assert heard(call).seconds == 2
        voice, _, call = calling(listen)
        voice.advance(5)
        call.hang_up()
        voice.advance(5)
        assert heard(call).seconds == 5


class TestEnd:
    """A stream ends because of the application, the call or a verb."""

    @pytest.mark.parametrize(
        ("code", "reason", "cause", "message"),
        [
            (1000, "", "closed", None),
            (1001, "", "closed", None),
            (1011, "", "connection-error", "the application closed the connection with code 1011"),
            (4000, "No room.", "connection-error", "the application closed the connection with code 4000 No room."),
        ],
    )
    def test_waiting_call_continues_if_the_application_closes(
        self, code: int, reason: str, cause: str, message: str | None
    ) -> None:
        """StopStream with ``wait`` holds the call until the application closes the stream; the event has the cause."""

        async def leave(socket: Socket) -> None:
            await socket.accept()
            while await socket.receive() is not None:
                if len(socket.audio()) == 100:
                    await socket.close(code, reason)

        voice, bot, call = calling(leave)
        call.expect_speech("Bye.")
        assert voice.seconds == 2
        voice.run()
        stopped = bot.stream_events[-1]
        assert isinstance(stopped, MediaStreamStoppedEvent)
        assert (stopped.cause, stopped.error_message) == (cause, message)
        assert stopped.fields["mediaStream"]["duration"] == "PT2S"
        (entry,) = [entry for entry in call.timeline if entry.text.endswith("stopped")]
        assert entry.details == {"by": "the application"} | ({"error": message} if message else {})
        assert [each["eventType"] for each in bot.sockets[0].received[-1:]] == ["media"]

    def test_application_that_returns_closes_the_connection(self) -> None:
        """The connection is closed when the application returns, as on a server."""

        async def leave(socket: Socket) -> None:
            await socket.accept()

        voice, bot, call = calling(leave)
        call.expect_speech("Bye.")
        voice.run()
        assert bot.stream_events[-1].fields["cause"] == "closed"

    def test_exception_ends_the_stream(self) -> None:
        """The timeline has the traceback. The event has only the first line of the reason."""

        async def fail(socket: Socket) -> None:
            await socket.accept()
            await socket.receive()
            raise LookupError("no model")

        voice, bot, call = calling(fail)
        call.expect_speech("Bye.")
        voice.run()
        (problem,) = call.timeline.texts("problem")
        assert problem.splitlines()[-1] == "LookupError: no model"
        assert "raise LookupError" in problem
        assert bot.stream_events[-1].fields["errorMessage"] == "the application raised LookupError: no model"

    @pytest.mark.parametrize(
        ("error", "message"),
        [
            (SystemExit("no room"), "the application raised SystemExit: no room"),
            (asyncio.CancelledError(), "the application canceled its task"),
        ],
    )
    def test_exit_and_cancellation_end_the_stream(self, error: BaseException, message: str) -> None:
        """Neither stops the event loop, and the call that waits for the stream continues."""

        async def leave(socket: Socket) -> None:
            await socket.accept()
            await asyncio.sleep(1)
            raise error

        voice, bot, call = calling(leave)
        call.expect_speech("Bye.", within=2)
        voice.run()
        assert [event.error_message for event in bot.stream_events if isinstance(event, MediaStreamStoppedEvent)] == [message]

    def test_exception_after_the_end_is_ignored(self) -> None:
        """Frameworks raise an exception if an application sends to a closed connection."""

        async def fail(socket: Socket) -> None:
            await socket.accept()
            await socket.receive_all()
            await socket.send({"eventType": "clear"})
            await socket.close()
            raise LookupError("closed")

        voice, _, call = calling(fail)
        call.hang_up()
        voice.run()
        assert call.timeline.texts("problem") == []

    def test_stopped_stream_closes_the_connection(self) -> None:
        """StopStream without ``wait`` sends the last message."""
        document = Response().start_stream(name="bot", destination="ws://bot.example").pause(duration=1).stop_stream(name="bot")
        voice, bot, call = calling(listen, document.pause(duration=1))
        voice.advance(1.5)
        assert bot.sockets[0].received[-1]["eventType"] == "stop"
        assert len(bot.sockets[0].audio()) == 50
        assert [text for _, text in stream_entries(call)] == ['stream "bot" started', 'stream "bot" stopped']
        assert call.state == "answered"

    def test_application_ends_the_call_with_the_api(self) -> None:
        """The application uses the API while it handles a message; afterwards it receives the last message."""

        async def hang_up(socket: Socket) -> None:
            await socket.accept()
            while await socket.receive() is not None:
                if len(socket.audio()) == 5:
                    client(voice).hang_up(call.call_id)

        voice, bot, call = calling(hang_up)
        assert call.expect_end() == "hangup"
        assert voice.seconds == 0.1
        assert [each["eventType"] for each in bot.sockets[0].received[-2:]] == ["media", "stop"]
        assert bot.sockets[0].ended is not None


def test_last_message_arrives_although_audio_is_unread() -> None:
    """Forty seconds of two tracks are not too much, and the last message counts as less than a frame."""

    async def sleep(socket: Socket) -> None:
        await socket.accept()
        await asyncio.sleep(50)
        await socket.receive_all()

    voice, bot, call = calling(sleep, streaming(tracks="both"))
    voice.advance(40)
    call.hang_up()
    voice.advance(20)
    assert bot.sockets[0].received[-1]["eventType"] == "stop"


def test_stream_that_starts_and_stops_at_once() -> None:
    """The application receives the messages of a WebSocket in their order."""
    kinds: list[str] = []

    async def read(socket: Socket) -> None:
        while not kinds or kinds[-1] != "websocket.disconnect":
            kinds.append((await socket.receive_raw())["type"])

    document = Response().start_stream(name="bot", destination="wss://bot.example").stop_stream(name="bot").pause(duration=1)
    calling(read, document)[0].advance(1)
    assert kinds == ["websocket.connect", "websocket.disconnect"]


@pytest.mark.parametrize("tracks", ["inbound", "both"])
def test_unread_audio_ends_the_stream(tracks: str) -> None:
    """The audio would fill the memory. The application is told that the connection is closed when it reads again."""
    received: list[Socket] = []

    async def sleep(socket: Socket) -> None:
        await socket.accept()
        received.append(socket)
        await asyncio.sleep(90)
        await socket.receive_all()

    voice, bot, call = calling(sleep, streaming(tracks=tracks))
    call.expect_speech("Bye.", within=61)
    assert voice.seconds == pytest.approx(60, abs=0.1)
    voice.advance(60)
    (event,) = [each for each in bot.stream_events if isinstance(each, MediaStreamStoppedEvent)]
    assert (event.fields["cause"], event.fields["errorMessage"]) == ("connection-error", UNREAD)
    assert received[0].ended is not None
    assert len(received[0].audio()) == pytest.approx(MAX_UNREAD_FRAMES, abs=2)


class TestRejections:
    """A stream that cannot be opened is rejected with its cause, and the call continues."""

    def rejected(self, voice: Core, bot: object, call: Call) -> tuple[str, str]:
        """Return the cause and the message of the event."""
        call.expect_speech("Bye.")
        voice.run()
        (event,) = bot.stream_events  # type: ignore[attr-defined]
        assert isinstance(event, MediaStreamRejectedEvent)
        assert event.fields["mediaStream"]["name"] == "bot"
        assert call.timeline.texts("stream") == [f'stream "bot" was rejected: {event.error_message}']
        return str(event.cause), str(event.error_message)

    def test_refused_connection(self) -> None:
        """If an application closes the connection before accepting it, the connection is refused with status 403."""

        async def refuse(socket: Socket) -> None:
            await socket.close()

        cause, message = self.rejected(*calling(refuse))
        assert (cause, message) == ("connection-error", "the application refused the connection with status 403")

    def test_refused_connection_with_a_response(self) -> None:
        """An application can set another status with the ASGI extension for responses."""

        async def refuse(socket: Socket) -> None:
            await socket.send_raw({"type": "websocket.http.response.start", "status": 401, "headers": []})
            await socket.send_raw({"type": "websocket.http.response.body", "body": b"a", "more_body": True})
            await socket.send_raw({"type": "websocket.http.response.body", "body": b"b"})

        assert self.rejected(*calling(refuse))[1] == "the application refused the connection with status 401"

    def test_exception(self) -> None:
        """The timeline has the traceback."""

        async def fail(_: Socket) -> None:
            raise ValueError("only http")

        voice, bot, call = calling(fail)
        assert self.rejected(voice, bot, call)[1] == "the application raised ValueError: only http"
        assert call.timeline.texts("problem")[0].endswith("ValueError: only http")

    @pytest.mark.parametrize("destination", ["ws://[bot", "ws://bot.example:99999/", "wss://bot.example:a/"])
    def test_malformed_destination(self, destination: str) -> None:
        """The application is not called, and not blamed for an exception."""
        voice, bot, call = calling(listen, streaming(destination=destination))
        assert self.rejected(voice, bot, call) == ("connection-error", "the destination is not a valid ws or wss URL")
        assert (bot.sockets, call.timeline.texts("problem")) == ([], [])

    def test_connection_is_not_accepted_in_time(self) -> None:
        """The timeout is in virtual time."""

        async def wait(socket: Socket) -> None:
            await socket.receive_raw()
            await socket.receive_all()
            await socket.accept()

        voice, bot, call = calling(wait)
        voice.advance(9.99)
        assert list(call.streams) == ["bot"]
        assert self.rejected(voice, bot, call) == ("connection-error", "no connection within 10 s")
        assert call.timeline.texts("spoken") == ["Bye."]

    def test_call_ends_before_the_connection_is_open(self) -> None:
        """The stream has not started, so no event is sent. If the application accepts the connection later, nothing happens."""

        async def slow(socket: Socket) -> None:
            await socket.receive_raw()
            await socket.receive_all()
            await socket.send_raw({"type": "websocket.accept"})

        voice, bot, call = calling(slow)
        call.hang_up()
        voice.run()
        assert bot.stream_events == []
        assert call.timeline.texts("stream") == ['stream "bot" stopped before its connection was open']

    def test_duplicate_names_and_more_than_four_tracks(self) -> None:
        """A name is in use as soon as its stream begins to connect."""
        document = Response()
        streams: tuple[tuple[str, Literal["inbound", "outbound", "both"]], ...]
        streams = ("a", "both"), ("a", "inbound"), ("b", "both"), ("c", "outbound")
        for name, tracks in streams:
            document = document.start_stream(
                name=name, tracks=tracks, destination="ws://bot.example", stream_event_url="/events"
            )
        voice, bot, call = calling(listen, document.pause(duration=1))
        voice.advance(0.1)
        causes = [event.fields["cause"] for event in bot.stream_events if event.event_type == "mediaStreamRejected"]
        assert causes == ["duplicate", "track-limit"]
        assert len(bot.sockets) == 2
        assert sorted(call.streams) == ["a", "b"]

    def test_missing_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The reason names the extra."""

        def missing(*_: object) -> None:
            raise ModuleNotFoundError("a media stream needs websockets: install bxml-callcontrol[emulator]")

        monkeypatch.setattr("callcontrol.emulator.stream_destinations.StreamDestinations.connect", missing)
        cause, message = self.rejected(*calling(listen))
        assert (cause, message) == ("error", "a media stream needs websockets: install bxml-callcontrol[emulator]")

    def test_silent_destination(self) -> None:
        """In virtual time, a WSGI application has no WebSocket, so the stream starts and nothing is sent."""
        voice = core(Answers(answer=streaming()))
        call = voice.dial("/answer")
        voice.advance(10)
        (entry,) = [entry for entry in call.timeline if entry.kind == "stream"]
        assert (entry.text, dict(entry.details)) == ('stream "bot" started', {"connection": "none"})
        assert heard(call).seconds == 10
        call.close_stream("bot")
        call.expect_speech("Bye.")


class TestInvalidMessages:
    """Invalid messages are noted and have no effect."""

    def test_invalid_messages_are_noted(self) -> None:
        """The stream continues. The timeline does not show passwords of a message."""

        async def invalid(socket: Socket) -> None:
            await socket.accept()
            await socket.send_raw({"type": "websocket.send", "bytes": b"\x00"})
            await socket.send("{")
            await socket.send(play_audio(b"1", "https://user:secret@bot.example"))
            await socket.receive_all()

        voice, bot, call = calling(invalid)
        voice.advance(1)
        first, second, third = call.timeline.texts("ignored")
        assert first == 'stream "bot": a binary frame; send JSON in a text frame'
        assert second == 'stream "bot": a message that is not JSON'
        assert "secret" not in third
        assert len(bot.sockets[0].audio()) == 50
        call.hang_up()
        assert len(call.timeline.texts("ignored")) == 3

    def test_repeated_faults_are_counted(self) -> None:
        """If each fault had an entry, a timeline of one hour could have 180,000 entries."""

        async def invalid(socket: Socket) -> None:
            await socket.accept()
            while await socket.receive() is not None:
                await socket.send("{")

        voice, _, call = calling(invalid)
        voice.advance(1)
        call.hang_up()
        assert call.timeline.texts("ignored") == [
            'stream "bot": a message that is not JSON',
            'stream "bot": 50 more times: a message that is not JSON',
        ]

    def test_different_faults_are_limited(self) -> None:
        """An application that sends a counter as eventType does not fill the timeline."""

        async def count(socket: Socket) -> None:
            await socket.accept()
            for number in range(1000):
                await socket.send({"eventType": str(number)})

        voice, _, call = calling(count)
        voice.advance(1)
        noted = call.timeline.texts("ignored")
        assert noted[19:] == [
            'stream "bot": a message with the eventType "19"; expected playAudio or clear',
            'stream "bot": a message with yet another fault',
            'stream "bot": 979 more times: a message with yet another fault',
        ]

    def test_queue_of_audio_is_limited(self) -> None:
        """An application that sends audio without end does not fill the memory. After clear, it can play audio again."""

        async def flood(socket: Socket) -> None:
            await socket.accept()
            minute = play_audio(bytes(60 * 8000))
            for _ in range(100):
                await socket.send(minute)
            await socket.send({"eventType": "clear"})
            await socket.send(minute)
            await socket.receive_all()

        voice, _, call = calling(flood)
        voice.advance(1)
        reason = 'stream "bot": a playAudio message, because 3600 s of audio are waiting to be played'
        assert call.timeline.texts("ignored") == [reason]
        assert 'stream "bot" played 0 s, then clear dropped 3660 s' in call.timeline.texts("stream")
        call.hang_up()
        assert call.timeline.texts("ignored")[1:] == ['stream "bot": 38 more times: ' + reason.partition(": ")[2]]

    def test_unidirectional_stream_plays_nothing(self) -> None:
        """Only a bidirectional stream may play audio."""

        async def play(socket: Socket) -> None:
            await socket.accept()
            await socket.send(play_audio(encode_pcmu(tone(1))))
            await socket.receive_all()

        voice, _, call = calling(play, streaming(mode="unidirectional"))
        voice.advance(1)
        assert call.timeline.texts("ignored") == ['stream "bot": a message, although the mode is not "bidirectional"']
        assert not heard(call).samples.any()

    def test_messages_after_the_end_have_no_effect(self) -> None:
        """The application may send before it sees that the connection is closed."""

        async def late(socket: Socket) -> None:
            await socket.accept()
            client(voice).hang_up(call.call_id)
            await socket.send(play_audio(encode_pcmu(tone(1))))
            await socket.send("{")
            await socket.receive_all()

        voice, _, call = calling(listen)
        bot = voice._simulation.application._app  # type: ignore[attr-defined]
        bot.handle = late
        call = voice.dial("/answer")
        voice.advance(1)
        assert call.timeline.texts("ignored") == []
        assert "played" not in {entry.kind for entry in call.timeline}


def test_runs_are_reproducible() -> None:
    """Two runs have equal timelines, even if two streams and timers of the application compete."""
    timelines = []
    for _ in range(2):
        voice, _, call = calling(echo, streaming())
        other = voice.dial("/answer")
        voice.advance(0.5)
        call.say("Hello.", audio=tone(0.3))
        other.plays(tone(0.1))
        voice.advance(1)
        client(voice).hang_up(other.call_id)
        call.hang_up()
        timelines.append((call.timeline, other.timeline, call.audio))
    assert timelines[0] == timelines[1]


def test_open_stream_does_not_keep_time_running() -> None:
    """``run`` returns although the stream sends audio forever, and the emulator counts as idle."""
    voice, bot, _ = calling(listen)
    voice.run()
    assert voice.is_idle
    assert not voice.step()
    assert bot.sockets[0].audio() == []
    voice.advance(0.02)
    assert len(bot.sockets[0].audio()) == 1


def test_messages_are_valid_json() -> None:
    """The formatted messages are equal to what the JSON library would write."""
    voice, bot, _ = calling(listen)
    voice.advance(0.02)
    text = json.dumps(bot.sockets[0].received[1])
    assert json.loads(text) == {"eventType": "media", "track": "inbound", "payload": SILENCE, "sequenceNumber": "1"}
