"""Sound in the control API: a program in any language speaks to a voice bot, and reads what the bot played."""

from __future__ import annotations

import json
import sys
import time
from base64 import b64decode, b64encode, encodebytes
from typing import Any

import numpy as np
import pytest
import urllib3
from websockets.sync.server import ServerConnection

from bxml import Response
from callcontrol.emulator import Core, read_audio
from callcontrol.emulator.audio import to_mp3, to_wav
from callcontrol.emulator.control_api import LARGEST_AUDIO_REQUEST, MAX_AUDIO, Control, takes_audio
from callcontrol.emulator.server import LARGEST_REQUEST, Server
from tests.callcontrol.emulator.scripted_application import core
from tests.callcontrol.emulator.streams.bot_application import calling, listen, play_audio, streaming, tone
from tests.callcontrol.emulator.streams.test_network_streams import SOON, SPEED, serving
from tests.callcontrol.emulator.table_application import Answers
from tests.callcontrol.emulator.test_control_api import ask, dial, kinds, refusal

SILENT = 'stream "bot" is not connected: in virtual time, streams connect only to an application in the same process'


def in_base64(content: bytes) -> str:
    """Return the content of a file as a request contains it."""
    return b64encode(content).decode()


def echo(server: ServerConnection) -> None:
    """Play all sound of the caller."""
    for text in server:
        heard = b64decode(json.loads(text).get("payload", ""))
        if heard.strip(b"\xff"):
            server.send(json.dumps(play_audio(heard)))


def test_bot_in_another_process_hears_and_is_heard() -> None:
    """Every step of a test of a bot is a request, over real sockets."""
    with (
        serving(echo) as address,
        core(Answers(answer=streaming()), speed=SPEED, url_map={"wss://bot.example": f"ws://{address}"}) as voice,
        Server(Control(voice).handle) as server,
    ):

        def request(method: str, path: str, body: object = None) -> urllib3.BaseHTTPResponse:
            return urllib3.request(method, server.url + path, json=body, timeout=SOON, retries=False)

        call = "/emulator/calls/" + request("POST", "/emulator/calls", {"url": "/answer"}).json()["callId"]
        deadline = time.monotonic() + SOON
        while "stream" not in {entry["kind"] for entry in request("GET", call).json()["timeline"]}:
            assert time.monotonic() < deadline
        for number, (path, body) in enumerate((("say", {"text": "Hello."}), ("plays", {})), 1):
            sound = to_wav(tone(0.5))
            said = request("POST", f"{call}/{path}", {**body, "audio": in_base64(sound)})
            assert (said.status, kinds(said.json(), "ignored")) == (200, [])
            played = request("POST", f"{call}/expect", {"played": "bot", "within": SOON * SPEED})
            assert (played.status, played.json()["text"]) == (200, 'stream "bot"')
            while len(kinds(request("GET", call).json(), "stream")) <= number:  # the last entry is about the end of the audio
                assert time.monotonic() < deadline
            heard = request("GET", f"{call}/audio")
            assert (heard.status, heard.headers["Content-Type"]) == (200, "audio/wav")
            assert np.abs(read_audio(heard.data).samples).max() > 15_000
        assert kinds(request("GET", call).json(), "said") == ["Hello.", "audio of 0.5 s"]


def test_sound_is_heard_in_virtual_time() -> None:
    """An application in the same process hears the sound of a request, as with the methods of a call."""
    voice, bot, call = calling(listen)
    path = f"/emulator/calls/{call.call_id}"
    with_line_breaks = encodebytes(to_wav(tone(0.5))).decode()
    said = ask(voice, "POST", f"{path}/say", {"text": "Hello.", "audio": with_line_breaks})
    assert (kinds(said.json(), "said"), kinds(said.json(), "ignored")) == (["Hello."], [])
    ask(voice, "POST", f"{path}/plays", {"audio": in_base64(to_mp3(tone(0.5)))})
    voice.advance(1)
    assert b"\xff" * 160 not in map(b64decode, bot.sockets[0].audio()[:45])
    assert len(read_audio(ask(voice, "GET", f"{path}/audio").body).samples) == 8000


def test_silent_stream_is_named_in_virtual_time() -> None:
    """A stream over the network is not connected. The timeline and a failed expectation say so."""
    voice = core(Answers(answer=streaming()))
    path = dial(voice)
    voice.advance(0)
    expected = ask(voice, "POST", f"{path}/expect", {"played": "bot", "within": 1})
    assert refusal(expected) == (409, f"'bot' was not played within 1 s; the current verb is StopStream; {SILENT}")
    audio = in_base64(to_wav(tone(0.1)))
    ask(voice, "POST", f"{path}/say", {"text": "Hello.", "audio": audio})
    shown = ask(voice, "POST", f"{path}/plays", {"audio": audio}).json()
    assert kinds(shown, "ignored") == [SILENT, SILENT]
    expected = ask(voice, "POST", f"{path}/expect", {"played": "bot", "within": 1})
    assert refusal(expected)[1].endswith(f"StopStream; {SILENT}")
    assert not read_audio(ask(voice, "GET", f"{path}/audio").body).samples.any()


def test_silent_stream_of_the_other_track_is_not_named() -> None:
    """A stream of the outbound track never has the words of the caller."""
    document = Response().start_stream(name="bot", destination="wss://bot.example", tracks="outbound").pause(duration=1)
    voice = core(Answers(answer=document))
    path = dial(voice)
    voice.advance(0)
    shown = ask(voice, "POST", f"{path}/plays", {"audio": in_base64(to_wav(tone(0.1)))}).json()
    assert kinds(shown, "ignored") == ["no stream, recording, transcription or other call was listening"]


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({}, 400, "audio is missing"),
        ({"audio": 5}, 400, "audio=5 is not a string; expected the content of a file in base64"),
        ({"audio": "hello.wav"}, 400, "audio is not base64; expected the content of a WAV or MP3 file in base64"),
        ({"audio": "ä"}, 400, "audio is not base64; expected the content of a WAV or MP3 file in base64"),
        ({"audio": ""}, 400, "the audio is not an audio file of a known format; convert it to WAV or MP3"),
        ({"audio": "aGVsbG8="}, 400, "the audio is not an audio file of a known format; convert it to WAV or MP3"),
        (
            {"audio": in_base64(bytes(MAX_AUDIO + 1))},
            413,
            f"audio has {MAX_AUDIO + 1} bytes; at most {MAX_AUDIO} are allowed",
        ),
    ],
    ids=["missing", "number", "path", "not ASCII", "empty", "text", "large"],
)
def test_invalid_audio_is_refused(body: dict[str, Any], status: int, sentence: str) -> None:
    """The message says what is expected. Nothing is said."""
    voice = core(Answers(answer=streaming()))
    path = dial(voice)
    assert refusal(ask(voice, "POST", f"{path}/plays", body)) == (status, sentence)
    if body:
        assert refusal(ask(voice, "POST", f"{path}/say", {"text": "Hello.", **body})) == (status, sentence)
    assert voice.calls[0].timeline.texts("said") == []


def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server without the libraries for audio says what to install."""
    voice = core(Answers(answer=streaming()))
    path = dial(voice)
    monkeypatch.setitem(sys.modules, "soundfile", None)
    sentence = "audio needs soundfile: install bxml-callcontrol[emulator]"
    assert refusal(ask(voice, "POST", f"{path}/plays", {"audio": "aGVsbG8="})) == (501, sentence)


def test_only_requests_with_audio_may_be_large(caplog: pytest.LogCaptureFixture) -> None:
    """The limit for all other requests stays as it is."""
    voice = Core(Answers(answer=Response().pause(duration=60)))
    path = dial(voice)
    assert [takes_audio(each) for each in (f"{path}/say", f"{path}/plays", f"{path}/press", "/api/v2/say")] == [
        *(True, True, False, False)
    ]
    with Server(Control(voice).handle) as server:

        def status(path: str, size: int) -> int:
            headers = {"Content-Type": "application/json"}
            return urllib3.request("POST", server.url + path, body=b"x" * size, headers=headers, timeout=SOON).status

        sound = {"audio": in_base64(to_wav(tone(120)))}
        assert len(sound["audio"]) > LARGEST_REQUEST
        said = urllib3.request("POST", f"{server.url}{path}/plays", json=sound, timeout=SOON, retries=False)
        assert (said.status, kinds(said.json(), "said")) == (200, ["audio of 120 s"])
        assert status(f"{path}/press", LARGEST_REQUEST + 1) == 413
        assert status("/api/v2/accounts/9900123/calls", LARGEST_REQUEST + 1) == 413
        assert status(f"{path}/plays", LARGEST_AUDIO_REQUEST) == 400
        assert status(f"{path}/plays", LARGEST_AUDIO_REQUEST + 1) == 413
    assert caplog.messages[-1] == f"POST {path}/plays: 413 the body is larger than {LARGEST_AUDIO_REQUEST} bytes"
