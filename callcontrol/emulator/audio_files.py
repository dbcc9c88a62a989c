"""Audio files that calls play: their lengths, and their audio if it is a recording or a file that the application serves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from callcontrol.emulator.apps.base import AUDIO, host_of
from callcontrol.emulator.audio import TELEPHONE_RATE, pcmu_of
from callcontrol.emulator.call_audio import Source, unknown
from callcontrol.emulator.call_or_conference import Party
from callcontrol.emulator.generator_tasks import CallWebhook, Steps
from callcontrol.emulator.webhook_requests import Target
from callcontrol.http_messages import Reply

THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""The hosts from which audio is always fetched."""

DECODED: Final = 8
"""Maximum number of files whose audio is kept, because applications often play the same files."""


@dataclass(frozen=True)
class AudioFile:
    """An audio file that a call plays.

    Attributes:
        seconds: The length in seconds.
        source: Function that returns the audio.
    """

    seconds: float
    source: Source = unknown


def audio_file(listener: Party, target: Target, document_url: str) -> Steps[AudioFile]:
    """Return the audio file at a URL.

    A length that a test has set is always used. The audio of a recording is known. Other files are fetched only from this
    machine and from the host of the document, so that a test sends no requests to other hosts. Otherwise the length is assumed.

    Args:
        listener: The call or conference that hears the file.
        target: The URL, with the credentials of the verb.
        document_url: The URL of the document that plays the file.
    """
    simulation = listener.simulation
    if target.url in simulation.lengths:
        return AudioFile(simulation.lengths[target.url])
    recording = simulation.recordings.get(target.url)
    if recording is not None and recording.is_playable:
        return AudioFile(recording.seconds, recording.pcmu)
    assumed = AudioFile(simulation.assumptions.audio_seconds)
    if recording is not None:
        listener.note("problem", "the recording cannot be played: it is not available yet, or was deleted")
        return assumed
    is_near = urlsplit(target.url).hostname in THIS_MACHINE or host_of(target.url) == host_of(document_url)
    if not is_near or target.url.startswith(simulation.base_url):
        return assumed
    request = target.request({})
    request = replace(request, headers=request.headers.plus("Accept", AUDIO))
    reply = yield CallWebhook(request, listener.callback_timeout)
    heard = _decoded(reply.body) if isinstance(reply, Reply) and reply.is_success and _is_audio(reply) else None
    return assumed if heard is None else AudioFile(len(heard) / TELEPHONE_RATE, lambda: heard)


def _is_audio(reply: Reply) -> bool:
    """Return whether a response is likely to be an audio file; a web server may not know the content type."""
    content_type = reply.headers.get("Content-Type", "").lower()
    return content_type.startswith(("audio/", "application/octet-stream")) or reply.body.startswith(b"RIFF")


@lru_cache(DECODED)
def _decoded(content: bytes) -> bytes | None:
    """Return the audio of a file in mu-law, which takes less memory than the samples; ``None`` if it cannot be decoded."""
    try:
        return pcmu_of(content)
    except (ValueError, ModuleNotFoundError):  # without the libraries for audio, the length is assumed
        return None
