"""Messages of media streams: the messages that the emulator sends to an application, and the messages that it receives.

Each message is a JSON object in a text frame of a WebSocket.

https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/startStream
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from bxml.messages.text import quote
from callcontrol.emulator.audio import SILENCE, TELEPHONE_RATE, decode_pcm, encode_pcmu

FRAME_SECONDS: Final = 0.02
"""Seconds of audio in each ``media`` message. The vendor's pages do not publish this number; 20 ms is usual in telephony."""

FRAME_BYTES: Final = 160
"""Bytes of audio in each ``media`` message: 20 ms at 8000 samples per second, with one byte for each sample."""

MAX_UNREAD_FRAMES: Final = 3000
"""Maximum number of frames that wait for an application that does not read its messages: 60 seconds of audio. Further frames
would only fill the memory.
"""

UNREAD: Final = (
    f"the application left {MAX_UNREAD_FRAMES * FRAME_SECONDS:g} s of audio unread; "
    "receive messages continuously, in a separate task"
)
"""The error message of a stream whose application does not read its messages."""

PCM_RATES: Final = (8000, 16000, 24000)
"""The sample rates of ``audio/pcm`` in a ``playAudio`` message."""

PCM_PARAMETERS: Final = {"channels": "1", "bit-depth": "16", "endian": "little", "encoding": "signed"}
"""The parameters of ``audio/pcm`` besides ``rate``, each with the only value that is allowed."""

EXPECTED: Final = "expected audio/pcmu, or audio/pcm;rate=24000;channels=1;bit-depth=16;endian=little;encoding=signed"
"""End of the messages about a content type."""

_SILENT_PAYLOAD: Final = b64encode(SILENCE * FRAME_BYTES).decode()


@dataclass(frozen=True)
class PlayAudio:
    """A message that plays audio to the call.

    Attributes:
        pcmu: The audio, in mu-law at 8000 samples per second.
    """

    pcmu: bytes


@dataclass(frozen=True)
class Clear:
    """A message that stops the audio that is playing, and drops the queue."""


class InvalidMessage(ValueError):
    """A message of an application is invalid, and has no effect."""


def read_message(message: str | bytes) -> PlayAudio | Clear:
    """Return the content of a message that an application sent.

    Args:
        message: The content of a text frame, or the bytes of a binary frame.

    Raises:
        InvalidMessage: If the message is invalid; the text of the error says why.
    """
    if isinstance(message, bytes):
        raise InvalidMessage("a binary frame; send JSON in a text frame")
    try:
        members = _members(json.loads(message))
    except (ValueError, RecursionError):
        raise InvalidMessage("a message that is not JSON") from None
    kind = members.get("eventType")
    if kind == "clear":
        return Clear()
    if kind == "playAudio":
        return _play_audio(members.get("media"))
    shown = f"a message with the eventType {quote(kind)}" if isinstance(kind, str) else "a message without an eventType"
    raise InvalidMessage(f"{shown}; expected playAudio or clear")


def _members(value: object) -> Mapping[str, object]:
    """Return the members of a JSON object. For any other value, return an empty mapping."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _play_audio(media: object) -> PlayAudio:
    members = _members(media)
    rate = _rate(members.get("contentType"))
    payload = members.get("payload")
    try:
        content = b64decode(cast("str", payload), validate=True)
    except (ValueError, TypeError):
        raise InvalidMessage("a playAudio message whose payload is not base64") from None
    if not content:
        raise InvalidMessage("a playAudio message without audio")
    if rate is None:
        return PlayAudio(content)
    try:
        return PlayAudio(encode_pcmu(decode_pcm(content, rate).resampled_piece(TELEPHONE_RATE)))
    except (ValueError, ModuleNotFoundError) as error:
        raise InvalidMessage(f"a playAudio message: {error}") from None


def _rate(content_type: object) -> int | None:
    """Return the sample rate of a content type; ``None`` for mu-law."""
    if not isinstance(content_type, str):
        raise InvalidMessage(f"a playAudio message without a contentType; {EXPECTED}")
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    named = {name.strip(): value.strip() for name, _, value in (each.partition("=") for each in parameters)}
    if kind == "audio/pcmu" and named.get("rate", "8000") == "8000":
        return None
    rate = named.pop("rate", "")
    is_known = kind == "audio/pcm" and rate in map(str, PCM_RATES)
    if not is_known or any(PCM_PARAMETERS.get(name) != value for name, value in named.items()):
        raise InvalidMessage(f"a playAudio message with the contentType {quote(content_type)}; {EXPECTED}")
    return int(rate)


class StreamMessages:
    """Creates the messages that one stream sends to the application.

    Args:
        account_id: The account of the call.
        call_id: The id of the call.
        stream_id: The id of the stream.
        stream_name: The name of the stream.
        tracks: The tracks of the stream.
        parameters: The names and values of the stream's ``StreamParam`` elements.
    """

    def __init__(  # noqa: PLR0913  the fields of the metadata
        self,
        *,
        account_id: str,
        call_id: str,
        stream_id: str,
        stream_name: str,
        tracks: Sequence[str],
        parameters: Mapping[str, str],
    ) -> None:
        media_format = {"encoding": "audio/PCMU", "sampleRate": TELEPHONE_RATE}
        self._metadata: dict[str, Any] = {
            "accountId": account_id,
            "callId": call_id,
            "streamId": stream_id,
            "streamName": stream_name,
            "tracks": [{"name": track, "mediaFormat": media_format} for track in tracks],
        }
        self._parameters = dict(parameters)
        self._sequence_number = 0

    def start(self) -> str:
        """Return the first message."""
        parameters = {"streamParams": self._parameters} if self._parameters else {}
        return json.dumps({"eventType": "start", "metadata": self._metadata, **parameters})

    def media(self, track: str, pcmu: bytes | None) -> str:
        """Return a message with audio.

        Args:
            track: The track that the audio belongs to.
            pcmu: The audio in mu-law; ``None`` for 20 ms of silence.
        """
        self._sequence_number += 1
        payload = _SILENT_PAYLOAD if pcmu is None else b64encode(pcmu).decode()
        # Formatted without the JSON library, because 100 streams send 5000 of these messages per second.
        return (
            f'{{"eventType": "media", "track": "{track}", "payload": "{payload}", "sequenceNumber": "{self._sequence_number}"}}'
        )

    def stop(self) -> str:
        """Return the last message."""
        return json.dumps({"eventType": "stop", "metadata": self._metadata})
