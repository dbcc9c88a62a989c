"""Audio files that calls play: their lengths, and their audio if it is a recording or a file that the application serves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from bxml.messages.redaction import redact_urls
from callcontrol.emulator.apps.base import AUDIO, host_of
from callcontrol.emulator.audio import TELEPHONE_RATE, pcmu_of
from callcontrol.emulator.call_audio import Source, unknown
from callcontrol.emulator.call_or_conference import Party
from callcontrol.emulator.error_responses import explanation
from callcontrol.emulator.generator_tasks import CallWebhook, Failed, Steps
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
    If the application fails to serve a file, the timeline says so.

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
    return (yield from _fetched(listener, target, assumed))


def _fetched(listener: Party, target: Target, assumed: AudioFile) -> Steps[AudioFile]:
    """Fetch an audio file, and return it, or else the file with the assumed length."""
    request = target.request({})
    request = replace(request, headers=request.headers.plus("Accept", AUDIO))
    reply = yield CallWebhook(request, listener.callback_timeout)
    try:
        heard = _decoded(_content(reply))
    except ModuleNotFoundError:  # without the libraries for audio, all lengths are assumed
        return assumed
    except ValueError as reason:
        first, *more = str(reason).splitlines()
        problem = f"{redact_urls(target.url)} cannot be played, and is assumed to last {assumed.seconds:g} s: {first}"
        listener.note("problem", "\n".join([problem, *more]))
        return assumed
    return AudioFile(len(heard) / TELEPHONE_RATE, lambda: heard)


def _content(reply: Reply | Failed) -> bytes:
    """Return the content of an audio file.

    Raises:
        ValueError: If the application did not return an audio file.
    """
    if isinstance(reply, Reply) and reply.is_success:
        content_type = reply.headers.get("Content-Type", "").lower()
        # A web server may not know the content type of an audio file.
        if content_type.startswith(("audio/", "application/octet-stream")) or reply.body.startswith(b"RIFF"):
            return reply.body
        reason = f"the response is not an audio file; its content type is {content_type or 'missing'}"
    elif isinstance(reply, Reply):
        reason = explanation(reply) or f"the application returned status {reply.status}"
    else:
        reason = reply.reason
    raise ValueError(reason)


@lru_cache(DECODED)
def _decoded(content: bytes) -> bytes:
    """Return the audio of a file in mu-law, which takes less memory than the samples.

    Raises:
        ValueError: If the audio cannot be decoded.
        ModuleNotFoundError: If a library for audio is not installed.
    """
    return pcmu_of(content)
