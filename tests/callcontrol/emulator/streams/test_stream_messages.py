"""The messages of media streams are written and read as the vendor's pages say."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode

import numpy as np
import pytest

from callcontrol.emulator import audio
from callcontrol.emulator.stream_messages import Clear, InvalidMessage, PlayAudio, StreamMessages, read_message
from tests.callcontrol.emulator.streams.bot_application import play_audio, tone

PCM = "audio/pcm;rate={};channels=1;bit-depth=16;endian=little;encoding=signed"


def messages(**parameters: str) -> StreamMessages:
    return StreamMessages(
        account_id="9900123",
        call_id="c-1",
        stream_id="s-1",
        stream_name="bot",
        tracks=["inbound", "outbound"],
        parameters=parameters,
    )


def test_start_and_stop_have_the_metadata() -> None:
    """Each track has its encoding; parameters are only in the first message."""
    media_format = {"encoding": "audio/PCMU", "sampleRate": 8000}
    metadata = {
        "accountId": "9900123",
        "callId": "c-1",
        "streamId": "s-1",
        "streamName": "bot",
        "tracks": [{"name": "inbound", "mediaFormat": media_format}, {"name": "outbound", "mediaFormat": media_format}],
    }
    start = json.loads(messages(token="secret", room="7").start())
    assert start == {"eventType": "start", "metadata": metadata, "streamParams": {"token": "secret", "room": "7"}}
    assert json.loads(messages().start()) == {"eventType": "start", "metadata": metadata}
    assert json.loads(messages(room="7").stop()) == {"eventType": "stop", "metadata": metadata}


def test_media_messages_are_numbered() -> None:
    """The number of a message is a string, as third parties report. A message of silence lasts 20 ms."""
    stream = messages()
    sound, silence = json.loads(stream.media("inbound", b"\x01\x02")), json.loads(stream.media("outbound", None))
    payload = b64encode(b"\x01\x02").decode()
    assert sound == {"eventType": "media", "track": "inbound", "payload": payload, "sequenceNumber": "1"}
    assert (silence["track"], silence["sequenceNumber"]) == ("outbound", "2")
    assert b64decode(silence["payload"]) == b"\xff" * 160


def test_clear_is_read() -> None:
    """The message needs only its type, but may have further members."""
    assert read_message('{"eventType": "clear", "media": null}') == Clear()


@pytest.mark.parametrize("content_type", ["audio/pcmu", "AUDIO/PCMU", "audio/pcmu;rate=8000"])
def test_mu_law_is_not_changed(content_type: str) -> None:
    """All 256 byte values stay the same."""
    pcmu = bytes(range(256))
    assert read_message(json.dumps(play_audio(pcmu, content_type))) == PlayAudio(pcmu)


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
@pytest.mark.parametrize("content_type", [PCM, "audio/pcm; rate={}", "audio/pcm;Encoding=Signed;rate={}"])
def test_linear_audio_is_converted(rate: int, content_type: str) -> None:
    """The audio has the same length and sound at 8000 samples per second."""
    content = tone(0.5, rate=rate).samples.tobytes()
    played = read_message(json.dumps(play_audio(content, content_type.format(rate))))
    assert isinstance(played, PlayAudio)
    assert len(played.pcmu) == 4000
    heard = audio.decode_pcmu(played.pcmu).samples[:, 0].astype(float)
    assert np.corrcoef(heard, tone(0.5).samples[:, 0])[0, 1] > 0.99


@pytest.mark.parametrize("rate", [16000, 24000])
def test_no_click_between_messages(rate: int) -> None:
    """A bot sends a sound in pieces of 20 ms, and the caller hears it as one sound."""
    heard = b""
    for piece in np.split(tone(1, rate=rate).samples, 50):
        played = read_message(json.dumps(play_audio(piece.tobytes(), PCM.format(rate))))
        assert isinstance(played, PlayAudio)
        heard += played.pcmu
    assert len(heard) == 8000
    difference = audio.decode_pcmu(heard).samples.astype(int) - tone(1).samples
    assert np.abs(difference).max() < 1000  # mu-law alone differs by 512


def test_loud_and_short_pieces_are_converted() -> None:
    """Loud audio is resampled without an error. A single sample becomes no sample at the lower rate."""
    loud = audio.Audio(np.array([[32767], [-32768]] * 240, np.int16), 24000)
    assert len(loud.resampled_piece(8000).samples) == 160
    assert len(audio.Audio(loud.samples[:1], 24000).resampled_piece(8000).samples) == 0


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"{}", "a binary frame; send JSON in a text frame"),
        ("{", "a message that is not JSON"),
        ("[" * 100_000, "a message that is not JSON"),
        ("[]", "a message without an eventType; expected playAudio or clear"),
        ('{"eventType": 1}', "a message without an eventType; expected playAudio or clear"),
        ('{"eventType": "mark"}', 'a message with the eventType "mark"; expected playAudio or clear'),
        ('{"eventType": "\\u001b[2J"}', 'a message with the eventType "\\x1b[2J"; expected playAudio or clear'),
        ({"eventType": "m" * 100_000}, f'a message with the eventType "{"m" * 59}…; expected playAudio or clear'),
        ('{"eventType": "playAudio"}', "a playAudio message without a contentType; expected audio/pcmu, or audio/pcm;rate="),
        (play_audio(b"1", "audio/mp3"), 'a playAudio message with the contentType "audio/mp3"; expected audio/pcmu, or'),
        (play_audio(b"1", "audio/pcmu;rate=16000"), 'a playAudio message with the contentType "audio/pcmu;rate=16000"; '),
        (play_audio(b"12", "audio/pcm"), 'a playAudio message with the contentType "audio/pcm"; expected'),
        (play_audio(b"12", PCM.format(44100)), "rate=44100;"),
        (play_audio(b"12", "audio/pcm;rate=8000;channels=2"), "channels=2"),
        (play_audio(b"12", "audio/pcm;rate=8000;volume=2"), "volume=2"),
        (play_audio(b"", "audio/pcmu"), "a playAudio message without audio"),
        (play_audio(b"123", PCM.format(8000)), "a playAudio message: 3 bytes are not a whole number of 16-bit samples"),
        ({"eventType": "playAudio", "media": {"contentType": "audio/pcmu"}}, "whose payload is not base64"),
        ({"eventType": "playAudio", "media": {"contentType": "audio/pcmu", "payload": "ä"}}, "whose payload is not base64"),
        ({"eventType": "playAudio", "media": {"contentType": "audio/pcmu", "payload": "a b="}}, "whose payload is not base64"),
    ],
)
def test_invalid_messages_are_explained(message: str | bytes | dict[str, object], reason: str) -> None:
    """The error names what was found and what is expected."""
    with pytest.raises(InvalidMessage) as caught:
        read_message(json.dumps(message) if isinstance(message, dict) else message)
    assert reason in str(caught.value)


def test_missing_library_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linear audio needs a library of the extra. Mu-law audio needs no library."""

    def missing(*_: object) -> None:
        raise ModuleNotFoundError("audio needs numpy: install bxml-callcontrol[emulator]")

    monkeypatch.setattr("callcontrol.emulator.stream_messages.decode_pcm", missing)
    assert read_message(json.dumps(play_audio(b"1"))) == PlayAudio(b"1")
    with pytest.raises(InvalidMessage, match="numpy: install"):
        read_message(json.dumps(play_audio(b"12", PCM.format(8000))))
