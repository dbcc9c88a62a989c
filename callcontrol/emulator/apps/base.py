"""The interface of every application, and the parts of a request's URL that all of them need."""

from __future__ import annotations

from typing import Final, Protocol
from urllib.parse import urlsplit

from bxml import schema
from callcontrol.emulator.tasks import Failed
from callcontrol.http_messages import Reply, Request

READ_AT_MOST: Final = schema.maximum_bytes() + 1
"""Bytes of an answer that are read: one more than a document may have tells that it is too large."""

HOST_OF_OBJECTS: Final = "https://app.example"
"""Where an application is that was given as an object, for URLs that are relative."""


class Application(Protocol):
    """What webhooks are sent to."""

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """The answer to a request, if it comes within so many seconds."""
        ...

    def close(self) -> None:
        """Give back what is held."""
        ...


def host_of(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def port_of(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
