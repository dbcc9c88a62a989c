"""The interface of WebSocket connections of media streams, and the clock that sends their audio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from callcontrol.emulator.basic_credentials import Credentials, credentials, without_credentials
from callcontrol.emulator.scheduler import Scheduler, Timer
from callcontrol.emulator.stream_messages import FRAME_SECONDS
from callcontrol.emulator.url_map import STREAM_SCHEMES, is_absolute
from callcontrol.redacted_url_repr import redacted

CONNECT_SECONDS: Final = 10.0
"""Seconds in which a connection must be opened, in the emulator's time."""


@redacted
@dataclass(frozen=True)
class Destination:
    """The destination of a stream.

    Attributes:
        url: The URL of the WebSocket.
        username: The user name for Basic authentication.
        password: The password for Basic authentication. Without user name and password, those in the URL are sent, if any.
        is_replaced: Whether the URL is a replacement for the URL of the application.
    """

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    is_replaced: bool = field(default=False, kw_only=True)

    @property
    def is_valid(self) -> bool:
        """True if the URL is an absolute ws or wss URL."""
        return is_absolute(self.url, STREAM_SCHEMES)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the handshake that depend on the destination."""
        found = self.credentials
        return {} if found is None else {"Authorization": found.header}

    @property
    def credentials(self) -> Credentials | None:
        """The credentials of the handshake."""
        return credentials(self.url, self.username, self.password)

    def replaced(self, url: str) -> Destination:
        """Return the same destination with another URL; the credentials in the other URL, if any, are used."""
        found = credentials(url, None, None) or self.credentials
        plain = without_credentials(url)
        user = (None, None) if found is None else (found.username, found.password)
        return Destination(plain, *user, is_replaced=plain != without_credentials(self.url))


class Listener(Protocol):
    """The methods that a connection calls, in any thread."""

    def opened(self) -> None:
        """React to a connection that the application accepted."""

    def failed(self, message: str) -> None:
        """React to a connection that could not be opened."""

    def received(self, message: str | bytes) -> None:
        """Handle a message of the application."""

    def closed(self, message: str | None) -> None:
        """React to a connection that the application closed. The message is ``None`` if the connection was closed normally."""


class Connection(Protocol):
    """A connection to the destination of a stream. The methods return without waiting."""

    def send(self, messages: Sequence[str]) -> None:
        """Send text frames."""

    def close(self) -> None:
        """Close the connection after the remaining frames are sent."""


Connect = Callable[[Destination, Listener], Connection | None]
"""A function that begins to open a connection. For a silent destination, it opens no connection and returns ``None``."""


class FrameClock:
    """Calls functions at every multiple of 20 ms of the emulator's time, as long as there are such functions.

    Args:
        scheduler: The scheduler of the emulator's time.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._ticks: dict[object, Callable[[int], None]] = {}
        self._timer: Timer | None = None

    def add(self, key: object, tick: Callable[[int], None]) -> None:
        """Call a function at every further multiple of 20 ms.

        Args:
            key: The key with which :meth:`remove` finds the function.
            tick: The function; its argument is the number of frames since the start of the emulator's time.
        """
        if not self._ticks:
            self._schedule(int(self._scheduler.now / FRAME_SECONDS) + 1)
        self._ticks[key] = tick

    def remove(self, key: object) -> None:
        """Stop calling a function; do nothing if the key is unknown."""
        self._ticks.pop(key, None)
        if self._timer is not None and not self._ticks:
            # Otherwise a stream that starts before the next frame would set a second timer, and both would repeat.
            self._timer.cancel()

    def _schedule(self, number: int) -> None:
        self._timer = self._scheduler.at(number * FRAME_SECONDS, lambda: self._tick(number), in_background=True)

    def _tick(self, number: int) -> None:
        for tick in tuple(self._ticks.values()):
            tick(number)
        if self._ticks:
            self._schedule(number + 1)
