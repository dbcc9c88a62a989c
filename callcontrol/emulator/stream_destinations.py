"""Chooses how a media stream connects to its destination."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from callcontrol.emulator.apps.asgi import AsgiApplication
from callcontrol.emulator.apps.base import Application
from callcontrol.emulator.basic_credentials import without_credentials
from callcontrol.emulator.stream_connections import Connection, Destination, Listener
from callcontrol.emulator.url_map import has_streams, mapped

if TYPE_CHECKING:
    from callcontrol.emulator.websocket_client import WebSocketClient


class StreamDestinations:
    """Connects streams: to the ASGI application in this process, or over the network.

    In virtual time, destinations that are not in this process are silent: no connection is opened, and they send nothing.

    Args:
        application: The application that receives webhooks.
        prefixes: Replacements for the beginnings of URLs; a replaced destination is on the network.
        is_virtual: Whether time is virtual.

    Raises:
        ValueError: If a destination is replaced although time is virtual.
    """

    def __init__(self, application: Application, prefixes: Mapping[str, str], *, is_virtual: bool) -> None:
        if has_streams(prefixes) and is_virtual:
            raise ValueError("a ws or wss URL in url_map requires real time, because the stream uses the network; add speed=1")
        self._application = application
        self._prefixes = dict(prefixes)
        self._is_virtual = is_virtual
        self._client: WebSocketClient | None = None

    def connect(self, destination: Destination, listener: Listener) -> Connection | None:
        """Begin to connect; return ``None`` for a silent destination."""
        plain = without_credentials(destination.url)
        url = mapped(plain, self._prefixes)
        if url == plain and isinstance(self._application, AsgiApplication):
            return self._application.connect(destination, listener)
        if self._is_virtual:
            return None
        if self._client is None:
            self._client = _new_client()
        return self._client.connect(destination.replaced(url), listener)

    def close(self) -> None:
        """Close all connections over the network."""
        if self._client is not None:
            self._client.close()
        self._client = None


def _new_client() -> WebSocketClient:
    """Return a client; its library is imported when the first stream is connected over the network.

    Raises:
        ModuleNotFoundError: If the extra ``emulator`` is not installed.
    """
    try:
        from callcontrol.emulator.websocket_client import WebSocketClient
    except ModuleNotFoundError as missing:
        message = f"a media stream needs {missing.name}: install bxml-callcontrol[emulator]"
        raise ModuleNotFoundError(message, name=missing.name) from None
    return WebSocketClient()
