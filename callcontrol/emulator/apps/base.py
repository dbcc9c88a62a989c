"""The interface of applications that receive webhooks, and functions that return the host and port of a URL."""

from __future__ import annotations

from typing import Final, Protocol
from urllib.parse import urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from bxml import schema
from callcontrol.emulator.generator_tasks import Failed
from callcontrol.http_messages import Reply, Request

MAX_BODY_BYTES: Final = schema.maximum_bytes() + 1
"""Maximum number of bytes to read from a response: one more than a document may have, to detect a larger document."""

MAX_AUDIO_BYTES: Final = 16 * 1024 * 1024
"""Maximum number of bytes to read from a response that carries an audio file."""

AUDIO: Final = "audio/*"
"""The value of the header ``Accept`` in a request for an audio file. A webhook has no such header."""

HOST_OF_OBJECTS: Final = "https://app.example"
"""Base URL of an application given as a WSGI or ASGI object; relative webhook URLs are resolved against it."""


class Application(Protocol):
    """An application that webhooks are sent to."""

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """Send a request and return the response, or a failure if no response arrives.

        Args:
            request: The request that carries an event.
            seconds: The timeout for the whole response, in seconds.
        """
        ...

    def close(self) -> None:
        """Release connections, threads and event loops."""
        ...


def is_for_audio(request: Request) -> bool:
    """Return whether a request is for an audio file, not a webhook."""
    return request.headers.get("Accept") == AUDIO


def max_body_bytes(request: Request) -> int:
    """Return the maximum number of bytes to read from the response to a request."""
    return MAX_AUDIO_BYTES if is_for_audio(request) else MAX_BODY_BYTES


def host_of(url: str) -> str:
    """Return the host and port of a URL as in a ``Host`` header, without user name and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def host_header(url: str) -> str | None:
    """Return the value of the header ``Host`` for a URL, or ``None`` for an invalid host.

    Other letters than those of ASCII are encoded as in IDNA.
    """
    host = host_of(url)
    try:
        return host if host.isascii() else parse_url(f"//{host}").netloc
    except LocationParseError:
        return None


def port_of(url: str) -> int:
    """Return the port of a URL, or the default port of its scheme."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
