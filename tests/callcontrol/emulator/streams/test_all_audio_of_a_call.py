"""Media streams, ``call.audio`` and recordings have the same sounds: sentences, files, other parties and streams."""

from __future__ import annotations

import gc
import tracemalloc
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest

from bxml import Bxml, PhoneNumber, PlayAudio, Response, SpeakSentence
from callcontrol.emulator import Assumptions, Call, Core
from callcontrol.emulator.audio import SILENCE, Audio, decode_pcmu, encode_pcmu, read_audio, to_wav
from callcontrol.emulator.call_audio import PlayQueue
from callcontrol.emulator.media_streams import MediaStream
from callcontrol.emulator.tones import key_tones, ringing_tone
from tests.callcontrol.emulator.api_requests import ask
from tests.callcontrol.emulator.scripted_application import TODAY, client
from tests.callcontrol.emulator.streams.bot_application import (
    Bot,
    Handler,
    Socket,
    calling,
    echo,
    listen,
    play_audio,
    streaming,
    tone,
)

SECOND = SILENCE * 8000


def pcmu(audio: Audio) -> bytes:
    """Return audio in mu-law. Mu-law has two zeros, of which only the positive one is used here."""
    return encode_pcmu(audio).replace(b"\x7f", b"\xff")


TONE = pcmu(tone(1))

HELLO = pcmu(tone(2, 700))
"""The audio of a file that each application serves."""

BOTH = Response().start_stream(name="both", destination="wss://bot.example/listen", tracks="both")
"""The beginning of a document whose call is heard by an application."""


def streamed(socket: Socket, track: str = "outbound") -> bytes:
    """Return the audio of a track that the application has received, in mu-law."""
    return b"".join(map(b64decode, socket.audio(track))).replace(b"\x7f", b"\xff")


def recorded(call: Call, side: int = 1) -> bytes:
    """Return the audio of one side in a recording with two channels, in mu-law: 0 is the phone, 1 the application."""
    return pcmu(Audio(call.expect_recording().audio().samples[:, side : side + 1], 8000))


def heard(call: Call) -> bytes:
    """Return the audio that the caller heard, in mu-law."""
    return pcmu(read_audio(call.audio))


def everywhere(call: Call, socket: Socket) -> bytes:
    """Return the audio that the caller heard, which is the same in the stream and in the recording.

    The call is hung up if it is active, and time advances until the recording is available.
    """
    call.hang_up()
    audio, received = heard(call), streamed(socket)
    assert recorded(call) == audio
    assert received == audio[: len(received)]
    assert len(audio) - len(received) < 160  # each message has 20 ms of audio
    return audio


def listening(document: Response | Bxml) -> Response:
    """Return a document whose call is recorded, and heard by an application."""
    return Response([*Response().start_recording(multi_channel=True), *BOTH, *document])


def application(document: Response | Bxml, handle: Handler = listen, **documents: Response) -> tuple[Core, Bot, Call]:
    """Return a call that is recorded and heard by an application, with the emulator and the application."""
    bot = Bot(handle, answer=listening(document), **documents)
    bot.files["/hello.wav"] = to_wav(decode_pcmu(HELLO))
    voice = Core(bot, clock=lambda: TODAY)
    call = voice.dial("/answer")
    voice.advance(0)
    return voice, bot, call


class TestPrompts:
    """Prompts are heard where the timeline shows them."""

    def test_sentence_is_synthesized(self, speech: bytes) -> None:
        """The sentence takes the time that the emulator assumes, although the synthesized speech is longer."""
        voice, bot, call = application(Response().pause(duration=1).speak_sentence("Ten chars.").pause(duration=9))
        voice.advance(2)
        assert everywhere(call, bot.sockets[0]) == SECOND + speech[:4800] + SILENCE * 3200

    def test_sentence_is_silent_without_speech_synthesis(self) -> None:
        """Silence takes the place of the words."""
        voice, bot, call = application(Response().speak_sentence("Ten chars.").pause(duration=9))
        voice.advance(1)
        assert everywhere(call, bot.sockets[0]) == SECOND

    def test_file_of_the_application(self) -> None:
        """The file may have any rate. It is heard after the response with the file."""
        voice, bot, call = application(Response().pause(duration=1).play_audio("/hello.wav").pause(duration=9))
        file = tone(0.5, rate=24_000)
        bot.files["/hello.wav"] = to_wav(file)
        voice.advance(2)
        assert everywhere(call, bot.sockets[0]) == SECOND + pcmu(file) + SILENCE * 4000

    def test_file_whose_audio_is_not_known(self) -> None:
        """A file on another host is silent, and has its assumed or declared length."""
        voice, bot, call = application(Response().play_audio("https://cdn.example/a.wav").pause(duration=9))
        voice.advance(6)
        assert everywhere(call, bot.sockets[0]) == SECOND * 6

    def test_recording_is_played(self) -> None:
        """The caller of the second call hears what the first caller said."""
        voice, bot, first = calling(listen, Response().record(max_duration=1, terminating_digits=""))
        first.plays(tone(1))
        url = f"{first.url}/recordings/{first.expect_recording().recording_id}/media"
        bot.documents["/answer"] = listening(Response().play_audio(url).pause(duration=9))
        call = voice.dial("/answer")
        voice.advance(2)
        assert everywhere(call, bot.sockets[0]) == TONE + SECOND

    def test_tones_of_keys(self) -> None:
        """Each tone has its length, and is followed by silence."""
        verb = Response().send_dtmf("1w#", tone_duration=100, tone_interval=200)
        voice, bot, call = application(Response().pause(duration=1) + verb.pause(duration=9))
        voice.advance(2)
        expected = [(None, 1.0), ("1", 0.1), (None, 0.5), ("#", 0.1), (None, 0.3)]
        assert everywhere(call, bot.sockets[0]) == (key_tones(expected) or b"").replace(b"\x7f", b"\xff")

    def test_ringing(self) -> None:
        """The tone lasts two of every six seconds. The end of the verb cuts the tone."""
        voice, bot, call = application(Response().ring(duration=7).pause(duration=9))
        voice.advance(8)
        ringing = (ringing_tone() or b"").replace(b"\x7f", b"\xff")
        assert everywhere(call, bot.sockets[0]) == ringing + SECOND * 4 + ringing[:8000] + SECOND

    def test_stream_and_prompt_at_once(self) -> None:
        """An application plays audio while the call plays the same file. The caller hears twice the amplitude."""

        async def play(socket: Socket) -> None:
            await socket.accept()
            if socket.scope["path"] == "/bot":
                await socket.send(play_audio(HELLO))
            await socket.receive_all()

        stream = Response().start_stream(name="bot", mode="bidirectional", destination="wss://bot.example/bot")
        voice, bot, call = application(stream.play_audio("/hello.wav").pause(duration=9), play)
        voice.advance(3)
        samples, single = (decode_pcmu(each).samples[:, 0].astype(int) for each in (everywhere(call, bot.sockets[0]), HELLO))
        assert abs(samples[:16_000] - 2 * single).max() < 1000
        assert not samples[16_000:].any()


class TestCaller:
    """The caller's words are on the inbound track and in recordings, but not in ``call.audio``."""

    def test_words_and_sounds(self, speech: bytes) -> None:
        """Words without audio are synthesized. The caller says one thing after the other."""
        voice, bot, call = application(Response().pause(duration=9))
        call.say("Ten chars.")
        call.say("Stop.", audio=tone(1))
        call.plays(tone(0.4))
        voice.advance(3)
        call.hang_up()
        expected = speech[:4800] + TONE + pcmu(tone(0.4)) + SECOND
        assert recorded(call, 0) == streamed(bot.sockets[0], "inbound") == expected
        assert heard(call) == streamed(bot.sockets[0]) == SECOND * 3
        assert call.timeline.texts("ignored") == []


class TestOtherParties:
    """Parties of a Transfer, a Bridge or a conference hear each other, from the moment of the connection to its end."""

    def test_words_of_a_transferred_call(self) -> None:
        """A sound that began before the connection is heard from the connection on. The separation cuts it."""
        leg = PhoneNumber("+12125550199", transfer_answer_url="/alone")
        voice, bot, call = application(Response().transfer([leg]).pause(duration=9), alone=Response().pause(duration=1))
        (other,) = call.legs
        other.plays(tone(3))
        voice.advance(1.5)
        call.plays(tone(1))
        voice.advance(0.5)
        assert heard(other) == SILENCE * 12_000 + TONE[:4000]
        other.hang_up()
        voice.advance(1)
        assert everywhere(call, bot.sockets[0]) == SECOND + pcmu(tone(3))[8000:16_000] + SECOND

    def test_words_of_a_bridged_call(self) -> None:
        """The call that the other one is bridged with continues with a document of its own."""
        voice, bot, other = application(Response().pause(duration=99))
        joined = Response().pause(duration=1).bridge(other.call_id, bridge_target_complete_url="/on")
        bot.documents |= {"/answer": listening(joined), "/on": Response().pause(duration=99)}
        call = voice.dial("/answer")
        other.plays(tone(3))
        voice.advance(1.5)
        call.plays(tone(1))
        voice.advance(0.5)
        call.hang_up()
        voice.advance(1)
        other.hang_up()
        assert everywhere(call, bot.sockets[1]) == SECOND + pcmu(tone(3))[8000:16_000]
        assert everywhere(other, bot.sockets[0]) == SILENCE * 12_000 + TONE[:4000] + SECOND

    def conference(self, *options: dict[str, Any]) -> tuple[Core, Bot, list[Call]]:
        """Return the members of a conference, whose streams are in the same order. The members joined a second ago."""
        bot = Bot(listen)
        voice = Core(bot, clock=lambda: TODAY)
        calls = []
        for each in options:
            bot.documents["/answer"] = listening(Response().conference("standup", **each).pause(duration=9))
            calls.append(voice.dial("/answer"))
            voice.advance(0)
        voice.advance(1)
        return voice, bot, calls

    def test_members_hear_the_others_but_not_themselves(self) -> None:
        """A muted member hears, but is not heard."""
        voice, bot, (first, second, muted) = self.conference({}, {}, {"mute": True})
        first.plays(tone(1))
        voice.advance(1)
        second.plays(tone(1, 600))
        voice.advance(1)
        muted.plays(tone(1, 1000))
        voice.advance(1)
        expected = [
            SECOND * 2 + pcmu(tone(1, 600)) + SECOND,
            SECOND + TONE + SECOND * 2,
            SECOND + TONE + pcmu(tone(1, 600)) + SECOND,
        ]
        for call in (first, second, muted):
            call.hang_up()
        for call, socket, audio in zip((first, second, muted), bot.sockets, expected, strict=True):
            assert everywhere(call, socket) == audio

    def test_prompts_of_the_conference(self, speech: bytes) -> None:
        """A prompt ends for a member that leaves, and for all members if the conference ends."""
        voice, bot, (first, second) = self.conference({}, {})
        conference = voice.conferences[0]
        document = Response().speak_sentence("This takes two seconds at least.")
        client(voice).update_conference_bxml(conference.conference_id, document)
        voice.advance(1)
        first.hang_up()
        voice.advance(0.5)
        conference.complete()
        voice.advance(1)
        second.hang_up()
        assert everywhere(first, bot.sockets[0]) == SECOND + speech[:8000]
        assert everywhere(second, bot.sockets[1]) == SECOND + speech[:12_000] + SECOND

    def test_member_on_hold(self) -> None:
        """A member that is put on hold hears nothing from that moment on, and is not heard."""
        voice, bot, (first, second) = self.conference({}, {})
        first.plays(tone(3))
        second.plays(tone(3))
        voice.advance(1)
        path = f"conferences/{voice.conferences[0].conference_id}/members/{first.call_id}"
        ask(voice, "PUT", path, {"hold": True})
        voice.advance(1)
        ask(voice, "PUT", path, {"hold": False})
        voice.advance(1)
        for call in (first, second):
            call.hang_up()
        said = pcmu(tone(3))
        expected = SECOND + said[:8000] + SECOND + said[16_000:]
        assert everywhere(first, bot.sockets[0]) == everywhere(second, bot.sockets[1]) == expected


def _push(voice: Core, call: Call) -> None:
    client(voice).update_call_bxml(call.call_id, Response().pause(duration=9))


def _redirect(voice: Core, call: Call) -> None:
    client(voice).update_call(call.call_id, redirect_url="https://bot.example/next")


def _press(_: Core, call: Call) -> None:
    call.press("1")


def _hang_up(_: Core, call: Call) -> None:
    call.hang_up()


class TestInterruptions:
    """An interruption cuts a sound everywhere at the same moment, even within a message of a stream."""

    @pytest.mark.parametrize("interrupt", [_push, _redirect, _press, _hang_up])
    @pytest.mark.parametrize("prompt", [SpeakSentence("This takes two seconds at least."), PlayAudio("/hello.wav")], ids=str)
    def test_prompt_is_cut(
        self, speech: bytes, prompt: SpeakSentence | PlayAudio, interrupt: Callable[[Core, Call], None]
    ) -> None:
        """The caller or the application interrupts a Gather."""
        voice, bot, call = application(Response().gather([prompt], max_digits=1).pause(duration=9))
        bot.documents["/next"] = Response().pause(duration=9)
        voice.advance(1.005)
        interrupt(voice, call)
        voice.advance(0.995)
        audio = everywhere(call, bot.sockets[0])
        expected = speech if isinstance(prompt, SpeakSentence) else HELLO
        assert audio == expected[:8040].ljust(8040 if interrupt is _hang_up else 16_000, SILENCE)

    @pytest.mark.parametrize("verbs", [Response().ring(duration=60), Response().send_dtmf("123")], ids=["ring", "tones"])
    def test_tones_are_cut(self, verbs: Response) -> None:
        """The application interrupts the call in the middle of a tone."""
        voice, bot, call = application(verbs.pause(duration=9))
        voice.advance(0.105)
        _push(voice, call)
        voice.advance(8.895)
        audio = everywhere(call, bot.sockets[0])
        assert audio[840:] == SILENCE * (9 * 8000 - 840)
        assert audio[:840].count(SILENCE) < 20

    @pytest.mark.parametrize("end", ["clear", "close", "stop"])
    def test_audio_of_a_stream_is_cut(self, end: str) -> None:
        """The application plays two seconds. After one second, it or the call ends them."""

        async def play(socket: Socket) -> None:
            await socket.accept()
            for hertz in (440, 600):
                await socket.send(play_audio(pcmu(tone(1, hertz))))
            if socket.scope["path"] == "/listen":
                await socket.receive_all()
            while await socket.receive() is not None:
                if len(socket.audio()) == 55 and end != "stop":
                    await (socket.send({"eventType": "clear"}) if end == "clear" else socket.close())

        document = Response().start_stream(name="bot", mode="bidirectional", destination="wss://bot.example/")
        stopped = document.pause(duration=1.1).stop_stream(name="bot") if end == "stop" else document
        voice, bot, call = application(stopped.pause(duration=9), play)
        voice.advance(3)
        audio = everywhere(call, next(socket for socket in bot.sockets if socket.scope["path"] == "/listen"))
        assert audio == TONE + pcmu(tone(0.1, 600)) + SILENCE * 15_200


class TestMemory:
    """Audio is kept only as long as something needs it."""

    def test_long_stream(self) -> None:
        """The tracks of a call keep the seconds of the assumption, and forget the rest."""
        voice, _, call = calling(echo, assumptions=Assumptions(max_audio_seconds=10))
        for _ in range(10):
            call.plays(tone(8))
            voice.advance(60)
        for track in (call.inbound, call.outbound):
            assert sum(len(sound.pcmu or b"") for sound in track.sounds) <= 8000 * (10 + 8)

    def test_recording_keeps_its_audio(self) -> None:
        """The recording has all of its audio, but the call forgets the audio after some seconds."""
        document = Response().start_recording(multi_channel=True) + streaming()
        voice, _, call = calling(echo, document, assumptions=Assumptions(max_audio_seconds=2))
        for _ in range(20):
            call.plays(tone(1))
            voice.advance(1)
        voice.advance(1)
        assert len(call.outbound.sounds) < 6
        call.hang_up()
        recording = call.expect_recording()
        samples = recording.audio().samples
        phone, application = (pcmu(Audio(samples[:, side : side + 1], 8000)) for side in (0, 1))
        said = TONE * 20
        assert phone == said + SECOND
        assert application == SILENCE * 160 + said + SILENCE * 7840

    def test_later_audio_is_not_kept(self) -> None:
        """A recording or a transcription keeps sounds only while it is active, and only those of its tracks."""
        document = Response().start_recording().start_transcription(name="text").record(max_duration=1).pause(duration=1)
        document = document.stop_transcription().pause_recording().pause(duration=1).stop_recording().pause(duration=9)
        voice, _, call = calling(listen, document)
        counts = []
        for _ in range(4):
            counts.append([len(track._listeners) for track in (call.inbound, call.outbound)])
            voice.advance(1)
        assert counts == [[3, 1], [2, 1], [0, 0], [0, 0]]

    def test_ended_streams_are_released(self) -> None:
        """A long call may have many streams, one after the other."""

        async def play(socket: Socket) -> None:
            await socket.accept()
            await socket.send(play_audio(TONE))
            await socket.receive()

        stream = Response().start_stream(name="bot", mode="bidirectional", destination="wss://bot.example")
        document = stream.stop_stream(name="bot", wait=True).pause(duration=3).redirect(redirect_url="/answer")
        voice, bot, call = calling(play, document, assumptions=Assumptions(max_audio_seconds=5))
        voice.advance(100)
        assert len(bot.sockets) == 34
        bot.sockets.clear()
        gc.collect()
        streams = [each for each in gc.get_objects() if type(each) is MediaStream and each.party is call]
        queues = [each for each in gc.get_objects() if type(each) is PlayQueue and each._track is call.outbound]
        assert len(streams) + len(queues) == 0
        assert len(call.outbound.sounds) <= 3

    def test_long_recording_is_downloaded_in_blocks(self) -> None:
        """The memory is about that of the file, even if the recording has many sounds and two channels."""
        voice, _, call = calling(listen, Response().start_recording(multi_channel=True).pause(duration=3600))
        for _ in range(10):
            call.plays(tone(300))
            voice.advance(400)
        voice.run()
        (recording,) = call.recordings
        path = f"calls/{call.call_id}/recordings/{recording.recording_id}/media"
        ask(voice, "GET", path)
        tracemalloc.start()
        try:
            size = len(ask(voice, "GET", path).body)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert size > 3600 * 8000 * 4
        assert peak < 1.3 * size
