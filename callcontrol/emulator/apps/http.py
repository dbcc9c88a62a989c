"""An application behind a URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError, NameResolutionError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as NoAnswer

from callcontrol.deadlines import Pool, SecurePool
from callcontrol.emulator.apps.base import READ_AT_MOST, host_of
from callcontrol.emulator.tasks import Failed, too_late
from callcontrol.http_messages import Headers, Reply, Request

CONNECTIONS: Final = 256
"""Connections kept open to each host; in real time, as many applications are asked at once."""


class HttpApplication:
    """An application on whatever host a URL names."""

    def __init__(self) -> None:
        """Hold no connection yet. Redirections are not followed, and nothing is repeated."""
        self._pool = urllib3.PoolManager(retries=False, maxsize=CONNECTIONS)
        # What the library's own types allow here is less than what it documents.
        self._pool.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}  # pyright: ignore[reportAttributeAccessIssue]

    def __call__(self, request: Request, seconds: float, /) -> Reply | Failed:
        """The answer over HTTP, if it is there as a whole in time."""
        try:
            with self._pool.request(
                request.method,
                request.url,
                body=request.body,
                headers=request.headers.as_dict(),
                timeout=urllib3.Timeout(seconds),
                preload_content=False,
            ) as response:
                body = bytearray()
                while len(body) < READ_AT_MOST and (part := response.read1(READ_AT_MOST - len(body))):
                    body += part
                return Reply(response.status, Headers(dict(response.headers)), bytes(body))
        except (HTTPError, OSError) as error:
            host = host_of(request.url)
            return next((failed(host, seconds) for cls, failed in _FAILURES if isinstance(error, cls)), _broken_off(host))

    def close(self) -> None:
        """End the connections."""
        self._pool.clear()


def _broken_off(host: str) -> Failed:
    return Failed(f"{host} broke the connection off, or does not speak HTTP", is_unreachable=True)


_FAILURES: Final[tuple[tuple[type[Exception], Callable[[str, float], Failed]], ...]] = (
    (LocationParseError, lambda host, _: Failed(f"there can be no host {host}")),
    (NameResolutionError, lambda host, _: Failed(f"there is no host {host}", is_unreachable=True)),
    (NewConnectionError, lambda host, _: Failed(f"nothing listens at {host}", is_unreachable=True)),
    (NoAnswer, lambda _, seconds: too_late(seconds)),
    (SSLError, lambda host, _: Failed(f"{host} speaks no TLS, or has a certificate that is not trusted", is_unreachable=True)),
)
"""What kept an answer from coming, by the first class that fits; some of these classes are kinds of others below them."""
